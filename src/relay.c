#include "relay.h"

#include <stdlib.h>

#include "atomic.h"
#include "module.h"
#include "packet.h"
#include "trace.h"

typedef HRESULT (STDAPICALLTYPE *DecrementUsage)(CO_MTA_USAGE_COOKIE cookie);

struct Remote {
    IUnknown relay;
    Errand errand;              /* releases it all */
    Errand cut;                 /* unlocks the relay, and takes it from the apartments that still have it */
    volatile LONG used;         /* in the MTA, which has its proxy for itself from then on */
    volatile LONG refs;         /* of the relay's stub as well */
    volatile LONG closed;
    IUnknown *object;           /* released in the MTA */
    IID iid;
    BOOL agile;
    BOOL proxy;                 /* object is one, and cookie keeps the MTA alive for it */
    BOOL counted;               /* as an export of home */
    BOOL locked;                /* the relay's stub */
    CO_MTA_USAGE_COOKIE cookie;
    DecrementUsage drop_mta;
    Apartment *home;            /* counted */
    SiteBridge *bridge;         /* held */
};

/*
 * What COM asks an object for to learn how to marshal it. A proxy answers some of these for itself,
 * and then COM would marshal the proxy and not the relay.
 */
static BOOL relay_hides(REFIID riid)
{
    static const GUID hidden[] = {
        { 0x00000003, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IMarshal */
        { 0x000001CF, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IMarshal2 */
        { 0x00000008, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IProxyManager */
        { 0x00000018, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IStdMarshalInfo */
        { 0x00000019, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IExternalConnection */
        { 0x0000001B, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* the standard identity */
        { 0x00000020, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IMultiQI */
        { 0x0000013D, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IClientSecurity */
        { 0x00000144, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } },  /* IRpcOptions */
        /* IAgileObject */
        { 0x94EA2B94, 0xE9CC, 0x49E0, { 0xC0, 0xFF, 0xEE, 0x64, 0xCA, 0x8F, 0x5B, 0x90 } },
        /* INoMarshal */
        { 0xECC8691B, 0xC1DB, 0x4DC0, { 0x85, 0x5E, 0x65, 0xF6, 0xC5, 0x51, 0xAF, 0x49 } },
    };
    size_t i;

    for (i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (IsEqualIID(riid, &hidden[i]))
            return TRUE;
    return FALSE;
}

static HRESULT STDMETHODCALLTYPE relay_QueryInterface(IUnknown *relay, REFIID riid, void **ppv)
{
    Remote *remote = CONTAINING_RECORD(relay, Remote, relay);

    *ppv = NULL;
    if (relay_hides(riid))
        return E_NOINTERFACE;
    if (!IsEqualIID(riid, &IID_IUnknown))
        return !remote->object ? CO_E_OBJNOTCONNECTED : IUnknown_QueryInterface(remote->object, riid, ppv);
    remote_addref(remote);
    *ppv = relay;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE relay_AddRef(IUnknown *relay)
{
    return (ULONG)InterlockedIncrement(&CONTAINING_RECORD(relay, Remote, relay)->refs);
}

static ULONG STDMETHODCALLTYPE relay_Release(IUnknown *relay)
{
    Remote *remote = CONTAINING_RECORD(relay, Remote, relay);
    LONG refs = InterlockedDecrement(&remote->refs);

    if (refs == 0)
        apartment_send(remote->home, &remote->errand);
    return (ULONG)refs;
}

static IUnknownVtbl relay_vtbl = { relay_QueryInterface, relay_AddRef, relay_Release };

void remote_addref(Remote *remote)
{
    relay_AddRef(&remote->relay);
}

void remote_release(Remote *remote)
{
    relay_Release(&remote->relay);
}

/*
 * These two are found at run time: they are in no i686 import library of mingw-w64 before version 11.
 * Windows has them since version 8. What is held can be dropped: both are found before.
 */
typedef HRESULT (STDAPICALLTYPE *IncrementUsage)(CO_MTA_USAGE_COOKIE *cookie);

static FARPROC mta_function(const char *name)
{
    HMODULE ole32 = GetModuleHandleW(L"ole32.dll");

    return ole32 ? GetProcAddress(ole32, name) : NULL;
}

static HRESULT remote_hold_mta(Remote *remote)
{
    IncrementUsage hold = (IncrementUsage)(void (*)(void))mta_function("CoIncrementMTAUsage");

    remote->drop_mta = (DecrementUsage)(void (*)(void))mta_function("CoDecrementMTAUsage");
    return hold && remote->drop_mta ? hold(&remote->cookie) : E_NOTIMPL;
}

static void remote_release_object(Remote *remote)
{
    IUnknown *object = remote->object;

    remote->object = NULL;
    if (!object)
        return;
    IUnknown_Release(object);
    if (remote->used)
        remote_forget_proxy(remote);
}

static void remote_destroy(Errand *errand)
{
    Remote *remote = CONTAINING_RECORD(errand, Remote, errand);
    Apartment *home = remote->home;

    remote_release_object(remote);
    if (remote->proxy)
        /* After the proxy: the MTA's end would leave its references on home (facts of Wine). */
        remote->drop_mta(remote->cookie);
    if (remote->counted)
        apartment_spare_hook(home);
    bridge_drop(remote->bridge);
    free(remote);
    apartment_release(home);
}

/*
 * An apartment may keep its proxy of the relay for long, and so home's in the MTA. On Wine that one
 * would be taken for one of what home's thread exports in its next apartment (test/unit:
 * what_others_have_of_its_last_apartment_does_not_confuse_home). Services may have been handed out.
 */
static void remote_cut(Errand *errand)
{
    Remote *remote = CONTAINING_RECORD(errand, Remote, cut);

    if (remote->locked)
        CoLockObjectExternal(&remote->relay, FALSE, TRUE);
    if (remote->proxy && !remote->counted) {
        CoDisconnectObject(&remote->relay, 0);
        remote_release_object(remote);
    }
    /* Not as an errand of its own, behind those that have been sent since. */
    if (InterlockedDecrement(&remote->refs) == 0)
        remote_destroy(&remote->errand);
}

static Remote *remote_create(SiteBridge *bridge, Apartment *home, REFIID iid)
{
    Remote *remote = calloc(1, sizeof *remote);

    if (!remote)
        return NULL;
    remote->relay.lpVtbl = &relay_vtbl;
    remote->errand.run = remote_destroy;
    remote->cut.run = remote_cut;
    remote->refs = 1;
    remote->iid = *iid;
    remote->home = home;
    remote->bridge = bridge;
    return remote;
}

/*
 * In the MTA. The stub lives as long as the remote is open: Wine may give it up for the last apartment's
 * release just when it is marshaled for the next, whose packet is then good for nothing.
 */
static void remote_begin(Remote *remote)
{
    bridge_hold(remote->bridge);
    apartment_addref(remote->home);
    if (!remote->agile)
        remote->locked = SUCCEEDED(CoLockObjectExternal(&remote->relay, TRUE, TRUE));
}

HRESULT remote_unmarshal(SiteBridge *bridge, Apartment *home, REFIID iid, IStream **packet,
                         BOOL counted, Remote **result)
{
    Remote *remote = remote_create(bridge, home, iid);
    HRESULT hr;

    *result = NULL;
    if (!remote)
        return E_OUTOFMEMORY;
    /* First, so that there is an MTA on a thread that has not initialized COM. */
    hr = remote_hold_mta(remote);
    if (SUCCEEDED(hr)) {
        hr = packet_unmarshal(bridge, packet, iid, (void **)&remote->object);
        if (FAILED(hr))
            remote->drop_mta(remote->cookie);
    }
    if (FAILED(hr)) {
        free(remote);
        return hr;
    }
    remote->proxy = TRUE;
    remote->counted = counted;
    if (counted)
        apartment_need_hook(home);
    remote_begin(remote);
    *result = remote;
    return S_OK;
}

HRESULT remote_wrap(SiteBridge *bridge, Apartment *home, REFIID iid, IUnknown *object, BOOL agile,
                    Remote **result)
{
    Remote *remote = remote_create(bridge, home, iid);

    *result = remote;
    if (!remote)
        return E_OUTOFMEMORY;
    remote->agile = agile;
    remote->object = object;
    IUnknown_AddRef(object);
    remote_begin(remote);
    return S_OK;
}

IUnknown *remote_object(const Remote *remote)
{
    return remote->object;
}

void remote_use(Remote *remote)
{
    if (remote->proxy && !long_read(&remote->used) && !InterlockedExchange(&remote->used, TRUE))
        remote_count_proxy(remote);
}

BOOL remote_is_agile(const Remote *remote)
{
    return remote->agile;
}

void remote_close(Remote *remote)
{
    InterlockedExchange(&remote->closed, TRUE);
    if (!remote->agile) {
        remote_addref(remote);
        apartment_send(remote->home, &remote->cut);
    }
}

BOOL remote_is_closed(Remote *remote)
{
    return long_read(&remote->closed) != 0;
}

HRESULT remote_lend(Remote *remote, IStream **packet)
{
    return packet_marshal(remote->bridge, &remote->iid, &remote->relay, packet);
}

void remote_count_proxy(Remote *remote)
{
    InterlockedIncrement(&remote->bridge->proxies_cached);
    trace_proxy(remote->bridge, remote->home, TRUE);
}

void remote_forget_proxy(Remote *remote)
{
    InterlockedDecrement(&remote->bridge->proxies_cached);
    trace_proxy(remote->bridge, remote->home, FALSE);
}
