#include "relay.h"

#include <stdlib.h>

#include "../atomic.h"

typedef struct Relay {
    IUnknown unknown;
    Shared shared;          /* COM's, and the job's */
    volatile LONG refs;     /* COM's of these */
    Member member;          /* until COM's last goes, or home ends */
    Home *home;             /* counted */
    IID iid;
    IUnknown *object;       /* owner's */
    Shared *owner;          /* counted */
    Job job;
} Relay;

static Relay *relay_of(IUnknown *unknown)
{
    return CONTAINING_RECORD(unknown, Relay, unknown);
}

static Relay *relay_of_member(Member *member)
{
    return CONTAINING_RECORD(member, Relay, member);
}

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

static ULONG STDMETHODCALLTYPE relay_AddRef(IUnknown *unknown)
{
    shared_addref(&relay_of(unknown)->shared);
    return (ULONG)InterlockedIncrement(&relay_of(unknown)->refs);
}

static HRESULT STDMETHODCALLTYPE relay_QueryInterface(IUnknown *unknown, REFIID riid, void **ppv)
{
    Relay *relay = relay_of(unknown);
    CLSID proxy_stub;
    HRESULT hr;

    *ppv = NULL;
    if (IsEqualIID(riid, &IID_IUnknown)) {
        relay_AddRef(unknown);
        *ppv = unknown;
        return S_OK;
    }
    if (!IsEqualIID(riid, &relay->iid) && (relay_hides(riid) || FAILED(CoGetPSClsid(riid, &proxy_stub))))
        return E_NOINTERFACE;
    if (!calls_begin(&relay->member))
        return CO_E_OBJNOTCONNECTED;
    hr = IUnknown_QueryInterface(relay->object, riid, ppv);
    calls_end(&relay->member);
    return hr;
}

/* COM's last reference goes, or home ends. */
static void relay_unsite(Member *member)
{
    if (calls_close(member))
        calls_end(member);
}

static ULONG STDMETHODCALLTYPE relay_Release(IUnknown *unknown)
{
    Relay *relay = relay_of(unknown);
    ULONG refs = (ULONG)InterlockedDecrement(&relay->refs);

    if (refs == 0)
        relay_unsite(&relay->member);
    shared_release(&relay->shared);
    return refs;
}

static IUnknownVtbl relay_vtbl = { relay_QueryInterface, relay_AddRef, relay_Release };

/* Where home ends, what STAs still have of it is cut off. */
static void relay_run_give_back(Job *job)
{
    Relay *relay = CONTAINING_RECORD(job, Relay, job);

    if (long_read(&relay->refs))
        CoDisconnectObject(&relay->unknown, 0);
    shared_release(relay->owner);
    shared_release(&relay->shared);
}

static void relay_run_down(Member *member)
{
    Relay *relay = relay_of_member(member);

    calls_send(&relay->home->calls, &relay->job);
}

static void relay_destroy(Shared *shared)
{
    Relay *relay = CONTAINING_RECORD(shared, Relay, shared);

    shared_release(&relay->home->shared);
    free(relay);
}

HRESULT relay_create(Home *home, REFIID iid, IUnknown *object, Shared *owner, IUnknown **result)
{
    Relay *relay = calloc(1, sizeof *relay);

    *result = NULL;
    if (!relay)
        return E_OUTOFMEMORY;
    relay->unknown.lpVtbl = &relay_vtbl;
    shared_init(&relay->shared, relay_destroy);
    relay->job.run = relay_run_give_back;
    relay->home = home;
    shared_addref(&home->shared);
    relay->iid = *iid;
    relay->object = object;
    relay->owner = owner;
    shared_addref(owner);
    relay->member.shared = &relay->shared;
    relay->member.unsite = relay_unsite;
    relay->member.run_down = relay_run_down;
    relay_AddRef(&relay->unknown);
    calls_join(&home->calls, &relay->member);
    *result = &relay->unknown;
    return S_OK;
}
