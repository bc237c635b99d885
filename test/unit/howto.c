/*
 * What "How to: Get a Service from a Background Thread (C++)" promises and does not keep, and the
 * bridge does: each test does first what the how-to does, and then the same with a bridge. samples/howto shows more of
 * it; these are about proxies of STAs, and a failure that does not come by itself.
 */
#include "import.h"
#include "raw.h"

/* The how-to: one packet, unmarshaled by who comes first, and one proxy for everybody. */
static struct HowTo {
    IStream *packet;
    IServiceProvider *proxy;
} howto;

static HRESULT howto_query(void)
{
    IStream *packet;

    if (!howto.proxy) {
        packet = howto.packet;
        howto.packet = NULL;
        if (!packet)
            return E_POINTER;
        raw_unmarshal(packet, &howto.proxy);
        if (!howto.proxy)
            return E_NOINTERFACE;
    }
    return raw_call(howto.proxy);
}

static Home home;
static Host site;
static SiteBridge *bridge;

static void begin_howto(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    howto.packet = raw_marshal_at(&home, &site);
    howto.proxy = NULL;
}

static void begin_bridge(void)
{
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
}

static void begin(void)
{
    begin_howto();
    begin_bridge();
}

/* The how-to gives nothing back; the tests do it for it, where they can. */
static void give_back_the_packet(void *context)
{
    IStream *packet = context;

    CoReleaseMarshalData(packet);
    IStream_Release(packet);
}

static void end(void)
{
    if (howto.packet)
        home_run(&home, give_back_the_packet, howto.packet);
    SiteBridgeRelease(bridge);
    assert_idle();
    home_stop(&home);
}

/* One query of each, in an apartment that stays until it is told to go. */
typedef struct Asker {
    Thread thread;
    HANDLE asked, leave;
    HRESULT by_howto;
    Ask by_bridge;
} Asker;

static void ask_both(void *context)
{
    Asker *asker = context;

    asker->by_howto = howto_query();
    asker->by_bridge.bridge = bridge;
    ask(&asker->by_bridge);
    SetEvent(asker->asked);
    WaitForSingleObject(asker->leave, PATIENCE);
}

static void asker_start(Asker *asker, Kind kind)
{
    ZeroMemory(asker, sizeof *asker);
    asker->asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    asker->leave = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread_start(&asker->thread, kind, ask_both, asker);
    wait_for(asker->asked, "a background query");
}

static void asker_end(Asker *asker)
{
    SetEvent(asker->leave);
    thread_join(&asker->thread);
    CloseHandle(asker->asked);
    CloseHandle(asker->leave);
}

static void assert_first_is_served_and_second_refused(Kind first_kind, Kind second_kind)
{
    Asker first, second;

    begin();
    asker_start(&first, first_kind);
    asker_start(&second, second_kind);
    assert_hr(S_OK, first.by_howto);
    assert_hr(RPC_E_WRONG_THREAD, second.by_howto);
    assert_hr(S_OK, first.by_bridge.hr);
    assert_hr(S_OK, first.by_bridge.used);
    assert_hr(S_OK, second.by_bridge.hr);
    assert_hr(S_OK, second.by_bridge.used);
    asker_end(&second);
    asker_end(&first);
    end();
    assert_int_equal(0, site.wrong_threads);
}

static void a_proxy_of_an_sta_is_refused_in_the_mta(void **state)
{
    (void)state;
    assert_first_is_served_and_second_refused(IN_STA, IN_MTA);
}

static void a_proxy_of_an_sta_is_refused_in_another_sta(void **state)
{
    (void)state;
    assert_first_is_served_and_second_refused(IN_STA, IN_STA);
}

static void query_by_howto(void *context)
{
    *(HRESULT *)context = howto_query();
}

typedef HRESULT(WINAPI *Unmarshal)(IStream *stream, REFIID riid, void **object);
static Unmarshal genuine_unmarshal;
static BOOL fail_once;

static HRESULT WINAPI unmarshal_that_fails_once(IStream *stream, REFIID riid, void **object)
{
    if (!fail_once)
        return genuine_unmarshal(stream, riid, object);
    fail_once = FALSE;
    IStream_Release(stream);
    return E_OUTOFMEMORY;
}

/* The stream is gone, and the packet's reference on the site with it. */
static void a_failed_unmarshal_is_final(void **state)
{
    Ask question = {0};
    HRESULT hr = E_PENDING;

    (void)state;
    accounts_excuse();
    begin();
    genuine_unmarshal = (Unmarshal)import_patch(NULL, "ole32.dll", "CoGetInterfaceAndReleaseStream",
                                                (ImportedFunction)unmarshal_that_fails_once);
    assert_non_null(genuine_unmarshal);
    fail_once = TRUE;
    thread_run(IN_MTA, query_by_howto, &hr);
    assert_failed(hr);
    thread_run(IN_MTA, query_by_howto, &hr);
    assert_failed(hr);

    question.bridge = bridge;
    fail_once = TRUE;
    thread_run(IN_MTA, ask, &question);
    assert_hr(E_OUTOFMEMORY, question.hr);
    thread_run(IN_MTA, ask, &question);
    assert_hr(S_OK, question.hr);
    import_patch(NULL, "ole32.dll", "CoGetInterfaceAndReleaseStream",
                 (ImportedFunction)genuine_unmarshal);
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    assert_true(host_refs(&site) > 1);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_proxy_of_an_sta_is_refused_in_the_mta),
        TEST(a_proxy_of_an_sta_is_refused_in_another_sta),
        TEST(a_failed_unmarshal_is_final),
    };

    return RUN("howto", tests);
}
