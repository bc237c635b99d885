#include "relay.h"

#include <stdlib.h>

typedef struct Relay {
    IUnknown unknown;
    Shared shared;
    Home *home;             /* exported from */
    IID iid;
    IUnknown *object;       /* released in the MTA, which may wait for home */
    Job job;
} Relay;

/* What COM asks an object for, whatever the registry says of it: documented, and seen in traces. */
static BOOL relay_hides(REFIID riid)
{
    /* {........-0000-0000-C000-000000000046} */
    static const DWORD of_com[] = {
        0x003 /* IMarshal */, 0x008 /* IProxyManager */, 0x018 /* IStdMarshalInfo */,
        0x019 /* IExternalConnection */, 0x01B /* the standard identity */, 0x020 /* IMultiQI */,
        0x040 /* IFastRundown */, 0x13D /* IClientSecurity */, 0x144 /* IRpcOptions */, 0x1CF /* IMarshal2 */,
    };
    static const GUID others[] = {
        /* IMarshalOptions, IAgileObject, INoMarshal, and five without a public name */
        { 0x4C1E39E1, 0xE3E3, 0x4296, { 0xAA, 0x86, 0xEC, 0x93, 0x8D, 0x89, 0x6E, 0x92 } },
        { 0x94EA2B94, 0xE9CC, 0x49E0, { 0xC0, 0xFF, 0xEE, 0x64, 0xCA, 0x8F, 0x5B, 0x90 } },
        { 0xECC8691B, 0xC1DB, 0x4DC0, { 0x85, 0x5E, 0x65, 0xF6, 0xC5, 0x51, 0xAF, 0x49 } },
        { 0x334D391F, 0x0E79, 0x3B15, { 0xC9, 0xFF, 0xEA, 0xC6, 0x5D, 0xD0, 0x7C, 0x42 } },
        { 0x77DD1250, 0x139C, 0x2BC3, { 0xBD, 0x95, 0x90, 0x0A, 0xCE, 0xD6, 0x1B, 0xE5 } },
        { 0xBFD60505, 0x5A1F, 0x4E41, { 0x88, 0xBA, 0xA6, 0xFB, 0x07, 0x20, 0x2D, 0xA9 } },
        { 0x03FB5C57, 0xD534, 0x45F5, { 0xA1, 0xF4, 0xD3, 0x95, 0x56, 0x98, 0x38, 0x75 } },
        { 0x2C258AE7, 0x50DC, 0x49FF, { 0x9D, 0x1D, 0x2E, 0xCB, 0x9A, 0x52, 0xCD, 0xD7 } },
    };
    GUID standard = IID_IUnknown;
    size_t i;

    standard.Data1 = riid->Data1;
    for (i = 0; i < sizeof of_com / sizeof of_com[0]; i++)
        if (riid->Data1 == of_com[i] && IsEqualIID(riid, &standard))
            return TRUE;
    for (i = 0; i < sizeof others / sizeof others[0]; i++)
        if (IsEqualIID(riid, &others[i]))
            return TRUE;
    return FALSE;
}

static HRESULT STDMETHODCALLTYPE relay_QueryInterface(IUnknown *unknown, REFIID riid, void **ppv)
{
    Relay *relay = CONTAINING_RECORD(unknown, Relay, unknown);
    CLSID proxy_stub;

    *ppv = NULL;
    if (IsEqualIID(riid, &IID_IUnknown)) {
        IUnknown_AddRef(unknown);
        *ppv = unknown;
    } else if (IsEqualIID(riid, &relay->iid)) {
        IUnknown_AddRef(relay->object);
        *ppv = relay->object;
    } else if (relay_hides(riid) || FAILED(CoGetPSClsid(riid, &proxy_stub))) {
        return E_NOINTERFACE;
    } else {
        return IUnknown_QueryInterface(relay->object, riid, ppv);
    }
    return S_OK;
}

static ULONG STDMETHODCALLTYPE relay_AddRef(IUnknown *unknown)
{
    return shared_addref(&CONTAINING_RECORD(unknown, Relay, unknown)->shared);
}

static ULONG STDMETHODCALLTYPE relay_Release(IUnknown *unknown)
{
    return shared_release(&CONTAINING_RECORD(unknown, Relay, unknown)->shared);
}

static void relay_run_destroy(Job *job)
{
    Relay *relay = CONTAINING_RECORD(job, Relay, job);

    IUnknown_Release(relay->object);
    home_unexport(relay->home);
    free(relay);
}

static void relay_destroy(Shared *shared)
{
    Relay *relay = CONTAINING_RECORD(shared, Relay, shared);

    relay->job.run = relay_run_destroy;
    calls_send(&relay->home->calls, &relay->job);
}

static IUnknownVtbl relay_vtbl = { relay_QueryInterface, relay_AddRef, relay_Release };

HRESULT relay_create(Home *home, REFIID iid, IUnknown *object, IUnknown **result)
{
    Relay *relay = calloc(1, sizeof *relay);

    *result = NULL;
    if (!relay)
        return E_OUTOFMEMORY;
    relay->unknown.lpVtbl = &relay_vtbl;
    shared_init(&relay->shared, relay_destroy);
    relay->home = home;
    home_export(home);
    relay->iid = *iid;
    relay->object = object;
    IUnknown_AddRef(object);
    *result = (IUnknown *)relay;
    return S_OK;
}
