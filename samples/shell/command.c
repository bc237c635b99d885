#define COBJMACROS
#include "command.h"

#include <docobj.h>

#include "../todo_package/commands.h"

static IOleCommandTarget *target; /* counted; NULL: the package has none */

void command_begin(IUnknown *package)
{
    if (FAILED(IUnknown_QueryInterface(package, &IID_IOleCommandTarget, (void **)&target)))
        target = NULL;
}

void command_end(void)
{
    if (target)
        IOleCommandTarget_Release(target);
    target = NULL;
}

BOOL command_is_enabled(void)
{
    OLECMD command = {.cmdID = TODO_SCAN_AGAIN};

    return target &&
           SUCCEEDED(
               IOleCommandTarget_QueryStatus(target, &todo_commands, 1, &command, NULL)) &&
           (command.cmdf & OLECMDF_ENABLED);
}

HRESULT command_carry_out(void)
{
    if (!command_is_enabled())
        return OLECMDERR_E_NOTSUPPORTED;
    return IOleCommandTarget_Exec(target, &todo_commands, TODO_SCAN_AGAIN,
                                  OLECMDEXECOPT_DODEFAULT, NULL, NULL);
}
