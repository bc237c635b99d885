#define COBJMACROS
#include "target.h"

#include "commands.h"

static Target *target_of(IOleCommandTarget *commands)
{
    return CONTAINING_RECORD(commands, Target, commands);
}

static HRESULT STDMETHODCALLTYPE target_QueryInterface(IOleCommandTarget *commands, REFIID riid,
                                                       void **ppv)
{
    return IVsPackage_QueryInterface(target_of(commands)->package, riid, ppv);
}

static ULONG STDMETHODCALLTYPE target_AddRef(IOleCommandTarget *commands)
{
    return IVsPackage_AddRef(target_of(commands)->package);
}

static ULONG STDMETHODCALLTYPE target_Release(IOleCommandTarget *commands)
{
    return IVsPackage_Release(target_of(commands)->package);
}

static HRESULT STDMETHODCALLTYPE target_QueryStatus(IOleCommandTarget *commands, const GUID *group,
                                                    ULONG count, OLECMD *asked, OLECMDTEXT *text)
{
    (void)commands;
    (void)text;
    if (!asked)
        return E_POINTER;
    if (!group || !IsEqualGUID(group, &todo_commands))
        return OLECMDERR_E_UNKNOWNGROUP;
    for (ULONG i = 0; i < count; i++)
        asked[i].cmdf =
            asked[i].cmdID == TODO_SCAN_AGAIN ? OLECMDF_SUPPORTED | OLECMDF_ENABLED : 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE target_Exec(IOleCommandTarget *commands, const GUID *group,
                                             DWORD command, DWORD option, VARIANT *in, VARIANT *out)
{
    Target *target = target_of(commands);

    (void)option;
    (void)in;
    (void)out;
    if (!group || !IsEqualGUID(group, &todo_commands))
        return OLECMDERR_E_UNKNOWNGROUP;
    return command == TODO_SCAN_AGAIN ? target->scan_again(target) : OLECMDERR_E_NOTSUPPORTED;
}

static IOleCommandTargetVtbl target_vtbl = {
    target_QueryInterface, target_AddRef, target_Release, target_QueryStatus, target_Exec,
};

void target_init(Target *target, HRESULT (*scan_again)(Target *target))
{
    target->commands.lpVtbl = &target_vtbl;
    target->scan_again = scan_again;
}
