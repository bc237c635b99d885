/*
 * The command of the package that is loaded, where it has the sample's: what Visual Studio would
 * show in a menu. Main thread.
 */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include <windows.h>

/* Between these two the package has its site. */
void command_begin(IUnknown *package);
void command_end(void);

/* Whether the package has the command, and lets it be carried out now. */
BOOL command_is_enabled(void);

/* What the package said. */
HRESULT command_carry_out(void);

#endif
