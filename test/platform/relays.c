/*
 * An object of the MTA that hands out a proxy's interfaces and hides how the proxy marshals itself:
 * COM marshals that object, and not what is behind the proxy. src/com/relay.c rests on this.
 *
 * What COM asks an object for while it marshals it is nowhere documented, and differs: it is printed. What
 * it was seen to ask for on Windows 10 and Server 2016 is asked of the library's relay.
 */
#include "raw.h"

#include <stdio.h>

#include "import.h"

#define COMS(number) { number, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } }

/* COM's own: documented, seen in traces of Windows, or asked for by Wine. */
static const struct {
    IID iid;
    const char *name;
} hidden[] = {
    { COMS(0x00000003), "IMarshal" },
    { COMS(0x000001CF), "IMarshal2" },
    { COMS(0x00000008), "IProxyManager" },
    { COMS(0x00000018), "IStdMarshalInfo" },
    { COMS(0x00000019), "IExternalConnection" },
    { COMS(0x0000001B), "the standard identity" },
    { COMS(0x00000020), "IMultiQI" },
    { COMS(0x00000040), "IFastRundown" },
    { COMS(0x0000013D), "IClientSecurity" },
    { COMS(0x00000144), "IRpcOptions" },
    { { 0x4C1E39E1, 0xE3E3, 0x4296, { 0xAA, 0x86, 0xEC, 0x93, 0x8D, 0x89, 0x6E, 0x92 } }, "IMarshalOptions" },
    { { 0x94EA2B94, 0xE9CC, 0x49E0, { 0xC0, 0xFF, 0xEE, 0x64, 0xCA, 0x8F, 0x5B, 0x90 } }, "IAgileObject" },
    { { 0xECC8691B, 0xC1DB, 0x4DC0, { 0x85, 0x5E, 0x65, 0xF6, 0xC5, 0x51, 0xAF, 0x49 } }, "INoMarshal" },
    { { 0x334D391F, 0x0E79, 0x3B15, { 0xC9, 0xFF, 0xEA, 0xC6, 0x5D, 0xD0, 0x7C, 0x42 } }, "no name" },
    { { 0x77DD1250, 0x139C, 0x2BC3, { 0xBD, 0x95, 0x90, 0x0A, 0xCE, 0xD6, 0x1B, 0xE5 } }, "no name" },
    { { 0xBFD60505, 0x5A1F, 0x4E41, { 0x88, 0xBA, 0xA6, 0xFB, 0x07, 0x20, 0x2D, 0xA9 } }, "no name" },
    { { 0x03FB5C57, 0xD534, 0x45F5, { 0xA1, 0xF4, 0xD3, 0x95, 0x56, 0x98, 0x38, 0x75 } }, "no name" },
    { { 0x2C258AE7, 0x50DC, 0x49FF, { 0x9D, 0x1D, 0x2E, 0xCB, 0x9A, 0x52, 0xCD, 0xD7 } }, "no name" },
};
enum { HIDDEN = sizeof hidden / sizeof hidden[0] };

static const char *name_of_hidden(REFIID riid)
{
    size_t i;

    for (i = 0; i < HIDDEN; i++)
        if (IsEqualIID(riid, &hidden[i].iid))
            return hidden[i].name;
    return NULL;
}

enum { ASKED_MOST = 64 };

typedef struct Relay {
    IUnknown unknown;
    volatile LONG refs;
    IServiceProvider *proxy;
    IID asked[ASKED_MOST];
    volatile LONG count;
    volatile LONG let_through;          /* questions that went to the proxy, and so to home */
} Relay;

static Home home;
static Host host;
static Relay relay;
static CO_MTA_USAGE_COOKIE cookie;

static ULONG STDMETHODCALLTYPE relay_AddRef(IUnknown *unknown)
{
    return (ULONG)InterlockedIncrement(&CONTAINING_RECORD(unknown, Relay, unknown)->refs);
}

static ULONG STDMETHODCALLTYPE relay_Release(IUnknown *unknown)
{
    return (ULONG)InterlockedDecrement(&CONTAINING_RECORD(unknown, Relay, unknown)->refs);
}

/* As the library's. */
static HRESULT STDMETHODCALLTYPE relay_QueryInterface(IUnknown *unknown, REFIID riid, void **ppv)
{
    LONG index = InterlockedIncrement(&relay.count) - 1;
    CLSID proxy_stub;

    if (index < ASKED_MOST)
        relay.asked[index] = *riid;
    *ppv = NULL;
    if (IsEqualIID(riid, &IID_IServiceProvider))
        return IServiceProvider_QueryInterface(relay.proxy, riid, ppv);
    if (IsEqualIID(riid, &IID_IUnknown)) {
        relay_AddRef(unknown);
        *ppv = unknown;
        return S_OK;
    }
    if (name_of_hidden(riid) || FAILED(CoGetPSClsid(riid, &proxy_stub)))
        return E_NOINTERFACE;
    InterlockedIncrement(&relay.let_through);
    return IServiceProvider_QueryInterface(relay.proxy, riid, ppv);
}

static IUnknownVtbl relay_vtbl = {relay_QueryInterface, relay_AddRef, relay_Release};

typedef struct Step {
    IStream *packet;
    HRESULT hr;
} Step;

static void make_relay(void *context)
{
    Step *step = context;

    step->hr = raw_unmarshal(step->packet, &relay.proxy);
}

static void lend_relay(void *context)
{
    Step *step = context;

    step->hr =
        CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, &relay.unknown, &step->packet);
}

static void release_proxy(void *context)
{
    (void)context;
    IServiceProvider_Release(relay.proxy);
}

static void begin(void)
{
    Step step;

    home_start(&home, IN_STA);
    host_init(&host, home.id);
    assert_hr(S_OK, raw_increment_mta_usage(&cookie));
    ZeroMemory(&relay, sizeof relay);
    relay.unknown.lpVtbl = &relay_vtbl;
    relay.refs = 1;
    step.packet = raw_marshal_at(&home, &host);
    thread_run(IN_NONE, make_relay, &step);
    assert_hr(S_OK, step.hr);
}

static void end(void)
{
    assert_int_equal(1, relay.refs);
    thread_run(IN_NONE, release_proxy, NULL);
    raw_decrement_mta_usage(cookie);
    assert_int_equal(1, host_refs(&host));
    home_stop(&home);
    assert_int_equal(0, host.wrong_threads);
}

static IStream *lend(void)
{
    Step step = {NULL, E_PENDING};

    thread_run(IN_NONE, lend_relay, &step);
    assert_hr(S_OK, step.hr);
    return step.packet;
}

typedef struct Borrower {
    IStream *packet;
    HRESULT unmarshaled, called;
    HANDLE has_it; /* where it is not NULL, waits for go_on before it calls */
    HANDLE go_on;
    BOOL call;
} Borrower;

static void borrow(void *context)
{
    Borrower *b = context;
    IServiceProvider *provider;

    b->unmarshaled = raw_unmarshal(b->packet, &provider);
    if (b->has_it) {
        SetEvent(b->has_it);
        WaitForSingleObject(b->go_on, PATIENCE);
    }
    if (FAILED(b->unmarshaled))
        return;
    if (b->call)
        b->called = raw_call(provider);
    IServiceProvider_Release(provider);
}

static void a_relay_is_marshaled_instead_of_the_proxy_behind_it(void **state)
{
    IStream *packet;

    (void)state;
    begin();
    packet = lend();
    assert_true(relay.refs > 1);
    assert_hr(S_OK, CoReleaseMarshalData(packet));
    IStream_Release(packet);
    end();
}

static void print_asked(void)
{
    const char *name;
    OLECHAR text[40];
    LONG i;

    for (i = 0; i < relay.count && i < ASKED_MOST; i++) {
        name = name_of_hidden(&relay.asked[i]);
        if (IsEqualIID(&relay.asked[i], &IID_IUnknown))
            name = "IUnknown";
        else if (IsEqualIID(&relay.asked[i], &IID_IServiceProvider))
            name = "its interface";
        StringFromGUID2(&relay.asked[i], text, sizeof text / sizeof text[0]);
        printf("asked for %ls %s\n", text, name ? name : "WHICH IS NOT KNOWN");
    }
}

/* Nothing that COM asks it for may go to the proxy: that would be a call to home. */
static void what_com_asks_a_relay_for_is_hidden(void **state)
{
    IStream *packet;

    (void)state;
    begin();
    home_block(&home);
    packet = lend();
    assert_hr(S_OK, CoLockObjectExternal(&relay.unknown, TRUE, FALSE));
    assert_hr(S_OK, CoLockObjectExternal(&relay.unknown, FALSE, TRUE));
    home_unblock(&home);
    print_asked();
    assert_int_equal(0, relay.let_through);
    assert_in_range(relay.count, 1, ASKED_MOST);
    assert_hr(S_OK, CoReleaseMarshalData(packet));
    IStream_Release(packet);
    end();
}

static void a_call_through_a_relay_runs_on_home(void **state)
{
    Borrower b = {0};

    (void)state;
    begin();
    b.packet = lend();
    b.call = TRUE;
    thread_run(IN_STA, borrow, &b);
    assert_hr(S_OK, b.unmarshaled);
    assert_hr(S_OK, b.called);
    assert_int_equal(1, host.queries);
    assert_int_equal(home.id, host.last_thread);
    end();
}

/* The end of the STA included, with its proxy released before. */
static void an_sta_gets_and_gives_back_a_relay_while_home_is_blocked(void **state)
{
    Borrower b = {0};

    (void)state;
    begin();
    home_block(&home);
    b.packet = lend();
    thread_run(IN_STA, borrow, &b);
    assert_hr(S_OK, b.unmarshaled);
    assert_int_equal(1, relay.refs);
    home_unblock(&home);
    end();
}

/* A packet of home's own carries a few references, and more have to be asked for on home. */
static void any_number_of_stas_get_a_relay_while_home_is_blocked(void **state)
{
    enum { BORROWERS = 12 };
    Borrower borrowers[BORROWERS] = {0};
    Thread threads[BORROWERS];
    HANDLE go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    int i;

    (void)state;
    begin();
    home_block(&home);
    for (i = 0; i < BORROWERS; i++) {
        borrowers[i].packet = lend();
        borrowers[i].has_it = CreateEventW(NULL, TRUE, FALSE, NULL);
        borrowers[i].go_on = go_on;
        borrowers[i].call = TRUE;
        thread_start(&threads[i], IN_STA, borrow, &borrowers[i]);
        wait_for(borrowers[i].has_it, "an STA's proxy");
        assert_hr(S_OK, borrowers[i].unmarshaled);
    }
    home_unblock(&home);
    SetEvent(go_on);
    for (i = 0; i < BORROWERS; i++) {
        thread_join(&threads[i]);
        assert_hr(S_OK, borrowers[i].called);
        CloseHandle(borrowers[i].has_it);
    }
    CloseHandle(go_on);
    end();
}

/* The library's, on its way to COM */

typedef HRESULT(WINAPI *Marshal)(REFIID riid, IUnknown *object, IStream **stream);

static Marshal genuine_marshal;
static volatile LONG relays_asked, relays_answered;

/* On a thread of the library's, in the MTA. */
static HRESULT WINAPI marshal_after_asking(REFIID riid, IUnknown *object, IStream **stream)
{
    IUnknown *answer;
    size_t i;

    for (i = 0; i < HIDDEN; i++) {
        answer = NULL;
        if (IUnknown_QueryInterface(object, &hidden[i].iid, (void **)&answer) != E_NOINTERFACE || answer)
            InterlockedIncrement(&relays_answered);
        if (answer)
            IUnknown_Release(answer);
    }
    if (FAILED(CoLockObjectExternal(object, TRUE, FALSE)) ||
        FAILED(CoLockObjectExternal(object, FALSE, TRUE)))
        InterlockedIncrement(&relays_answered);
    InterlockedIncrement(&relays_asked);
    return genuine_marshal(riid, object, stream);
}

typedef struct Fetched {
    SiteBridge *bridge;
    HANDLE taken, go_on;
    HRESULT hr, used;
} Fetched;

static const GUID service = { 0x5d1b7a90, 0x3c42, 0x4f0e, { 0x9b, 1, 2, 3, 4, 5, 6, 7 } };

static void take_fetched(void *context)
{
    IServiceProvider *provider = NULL;
    Fetched *fetched = context;

    fetched->hr = SiteBridgeQueryService(fetched->bridge, &service, &IID_IServiceProvider,
                                         (void **)&provider);
    SetEvent(fetched->taken);
    WaitForSingleObject(fetched->go_on, PATIENCE);
    if (FAILED(fetched->hr))
        return;
    fetched->used = raw_call(provider);
    IServiceProvider_Release(provider);
}

static void release_bridge(void *context)
{
    SiteBridgeRelease(context);
}

static void the_librarys_relay_answers_without_home_what_windows_asks(void **state)
{
    HMODULE library = import_source("SiteBridgeCreate");
    Fetched fetched = { NULL, NULL, NULL, E_PENDING, E_PENDING };
    Thread thread;

    (void)state;
    home_start(&home, IN_STA);
    host_init(&host, home.id);
    assert_hr(S_OK, SiteBridgeCreate(&fetched.bridge));
    assert_hr(S_OK, home_set_site(&home, fetched.bridge, &host));
    assert_hr(S_OK, home_prefetch(&home, fetched.bridge, &service, &IID_IServiceProvider));
    fetched.taken = CreateEventW(NULL, TRUE, FALSE, NULL);
    fetched.go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    genuine_marshal = (Marshal)import_patch(library, NULL, "CoMarshalInterThreadInterfaceInStream",
                                            (ImportedFunction)marshal_after_asking);
    assert_non_null(genuine_marshal);
    home_block(&home);
    thread_start(&thread, IN_STA, take_fetched, &fetched);
    wait_for(fetched.taken, "an STA's answer");
    import_patch(library, NULL, "CoMarshalInterThreadInterfaceInStream", (ImportedFunction)genuine_marshal);
    home_unblock(&home);
    SetEvent(fetched.go_on);
    thread_join(&thread);
    assert_hr(S_OK, fetched.hr);
    assert_hr(S_OK, fetched.used);
    assert_int_equal(1, relays_asked);
    assert_int_equal(0, relays_answered);
    home_run(&home, release_bridge, fetched.bridge);
    assert_idle();
    home_stop(&home);
    CloseHandle(fetched.taken);
    CloseHandle(fetched.go_on);
    assert_int_equal(1, host_refs(&host));
    assert_int_equal(0, host.wrong_threads);
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_relay_is_marshaled_instead_of_the_proxy_behind_it),
        TEST(what_com_asks_a_relay_for_is_hidden),
        TEST(a_call_through_a_relay_runs_on_home),
        TEST(an_sta_gets_and_gives_back_a_relay_while_home_is_blocked),
        TEST(any_number_of_stas_get_a_relay_while_home_is_blocked),
        TEST(the_librarys_relay_answers_without_home_what_windows_asks),
    };

    return RUN("relays", tests);
}
