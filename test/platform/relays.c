/*
 * An object of the MTA that hands out a proxy's interfaces and hides how the proxy marshals itself:
 * COM marshals that object, and not what is behind the proxy. src/com/relay.c rests on this.
 *
 * What COM asks an object for while it marshals it is nowhere documented, and differs: it is printed.
 */
#include "raw.h"

#include <stdio.h>

#include "questions.h"

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
    if (question_name(riid) || FAILED(CoGetPSClsid(riid, &proxy_stub)))
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
        name = question_name(&relay.asked[i]);
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

int main(void)
{
    static const Test tests[] = {
        TEST(a_relay_is_marshaled_instead_of_the_proxy_behind_it),
        TEST(what_com_asks_a_relay_for_is_hidden),
        TEST(a_call_through_a_relay_runs_on_home),
        TEST(an_sta_gets_and_gives_back_a_relay_while_home_is_blocked),
        TEST(any_number_of_stas_get_a_relay_while_home_is_blocked),
    };

    return RUN("relays", tests);
}
