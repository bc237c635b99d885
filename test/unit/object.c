/* The bridge is a COM object that works in every apartment, for callers who know nothing of it. */
#include "harness.h"

#include <ocidl.h>
#include <shlwapi.h>

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const GUID service_id = { 0x77d2c0a1, 0x3b5e, 0x4f60, { 0xa2, 2, 7, 1, 8, 2, 8, 1 } };

static Home home;
static Host site, service;
static SiteBridge *bridge;
static IUnknown *object;

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    host_init(&service, home.id);
    site.service = &service;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, SiteBridgeQueryInterface(bridge, &IID_IUnknown, (void **)&object));
}

static void end(void)
{
    IUnknown_Release(object);
    SiteBridgeRelease(bridge);
    home_stop(&home);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(1, host_refs(&service));
    assert_int_equal(0, site.wrong_threads);
    assert_int_equal(0, service.wrong_threads);
    assert_idle();
}

static void its_interfaces_are_one_object(void **state)
{
    static const IID *const iids[] = {
        &IID_IUnknown, &IID_IServiceProvider, &IID_IObjectWithSite, &IID_IAgileObject, &IID_IMarshal,
    };
    enum { IIDS = sizeof iids / sizeof iids[0] };
    IUnknown *from, *to, *identity;
    size_t i, j;

    (void)state;
    begin();
    for (i = 0; i < IIDS; i++) {
        assert_hr(S_OK, SiteBridgeQueryInterface(bridge, iids[i], (void **)&from));
        IUnknown_AddRef(from);
        IUnknown_Release(from);
        for (j = 0; j < IIDS; j++) {
            assert_hr(S_OK, IUnknown_QueryInterface(from, iids[j], (void **)&to));
            assert_hr(S_OK, IUnknown_QueryInterface(to, &IID_IUnknown, (void **)&identity));
            assert_ptr_equal(object, identity);
            IUnknown_Release(identity);
            IUnknown_Release(to);
        }
        to = (IUnknown *)&site;
        assert_hr(E_NOINTERFACE, IUnknown_QueryInterface(from, &service_id, (void **)&to));
        assert_null(to);
        IUnknown_Release(from);
    }
    to = (IUnknown *)&site;
    assert_hr(E_INVALIDARG, SiteBridgeQueryInterface(NULL, &IID_IUnknown, (void **)&to));
    assert_null(to);
    assert_hr(E_POINTER, SiteBridgeQueryInterface(bridge, &IID_IUnknown, NULL));
    assert_hr(E_POINTER, IUnknown_QueryInterface(object, &IID_IUnknown, NULL));
    end();
}

static void its_references_are_the_bridges(void **state)
{
    ULONG refs;

    (void)state;
    begin();
    refs = SiteBridgeAddRef(bridge);
    assert_int_equal(refs + 1, IUnknown_AddRef(object));
    assert_int_equal(refs, IUnknown_Release(object));
    assert_int_equal(refs - 1, SiteBridgeRelease(bridge));
    /* The object alone keeps the bridge. */
    SiteBridgeRelease(bridge);
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    assert_int_equal(0, statistics_of(bridge).proxies_cached);
    SiteBridgeAddRef(bridge);
    end();
}

/* IServiceProvider */

typedef struct Use {
    HRESULT hr, used;
    void *result;
    IUnknown *given;
} Use;

static void use_service(Use *use)
{
    IUnknown *again;

    use->used = E_PENDING;
    if (FAILED(use->hr) || !use->result)
        return;
    use->used = IServiceProvider_QueryService((IServiceProvider *)use->result, &service_id,
                                              &IID_IServiceProvider, (void **)&again);
    if (SUCCEEDED(use->used))
        IUnknown_Release(again);
    IUnknown_Release((IUnknown *)use->result);
}

static void query_service(void *context)
{
    Use *use = context;
    IServiceProvider *provider;

    use->hr = IUnknown_QueryInterface(object, &IID_IServiceProvider, (void **)&provider);
    if (FAILED(use->hr))
        return;
    use->hr = IServiceProvider_QueryService(provider, &service_id, &IID_IServiceProvider, &use->result);
    use_service(use);
    IServiceProvider_Release(provider);
}

static void a_query_by_its_interface_works_on_any_thread(void **state)
{
    Use use = { 0 };
    size_t i;

    (void)state;
    begin();
    thread_run(IN_MTA, query_service, &use);
    assert_hr(E_UNEXPECTED, use.hr);
    assert_null(use.result);
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], query_service, &use);
        assert_hr(S_OK, use.hr);
        assert_hr(S_OK, use.used);
        assert_int_equal(home.id, site.last_thread);
    }
    home_run(&home, query_service, &use);
    assert_hr(S_OK, use.hr);
    assert_ptr_equal(host_site(&service), use.result);
    end();
}

/* IObjectWithSite */

static void set_site(void *context)
{
    Use *use = context;
    IObjectWithSite *with_site;

    use->hr = IUnknown_QueryInterface(object, &IID_IObjectWithSite, (void **)&with_site);
    if (FAILED(use->hr))
        return;
    use->hr = IObjectWithSite_SetSite(with_site, use->given);
    IObjectWithSite_Release(with_site);
}

static void get_site(void *context)
{
    Use *use = context;
    IObjectWithSite *with_site;

    use->hr = IUnknown_QueryInterface(object, &IID_IObjectWithSite, (void **)&with_site);
    if (FAILED(use->hr))
        return;
    use->result = &site;
    use->hr = IObjectWithSite_GetSite(with_site, &IID_IServiceProvider, &use->result);
    if (SUCCEEDED(use->hr))
        IUnknown_Release((IUnknown *)use->result);
    IObjectWithSite_Release(with_site);
}

static HRESULT STDMETHODCALLTYPE bare_QueryInterface(IUnknown *bare, REFIID riid, void **ppv)
{
    *ppv = IsEqualIID(riid, &IID_IUnknown) ? bare : NULL;
    return *ppv ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE bare_count(IUnknown *bare)
{
    (void)bare;
    return 1;
}

static void a_site_is_set_and_got_by_its_interface(void **state)
{
    static IUnknownVtbl bare_vtbl = { bare_QueryInterface, bare_count, bare_count };
    IUnknown bare = { &bare_vtbl };
    Host elsewhere;
    Use use = { 0 };
    size_t i;

    (void)state;
    begin();
    host_init(&elsewhere, 0);
    home_run(&home, get_site, &use);
    assert_hr(E_FAIL, use.hr);
    assert_null(use.result);
    use.given = &bare;
    home_run(&home, set_site, &use);
    assert_hr(E_NOINTERFACE, use.hr);
    use.given = (IUnknown *)host_site(&elsewhere);
    thread_run(IN_NONE, set_site, &use);
    assert_hr(CO_E_NOTINITIALIZED, use.hr);
    use.given = (IUnknown *)host_site(&site);
    home_run(&home, set_site, &use);
    assert_hr(S_OK, use.hr);
    home_run(&home, get_site, &use);
    assert_hr(S_OK, use.hr);
    assert_ptr_equal(host_site(&site), use.result);
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], get_site, &use);
        assert_hr(RPC_E_WRONG_THREAD, use.hr);
        assert_null(use.result);
    }
    thread_run(IN_STA, query_service, &use);
    assert_hr(S_OK, use.hr);
    use.given = (IUnknown *)host_site(&elsewhere);
    thread_run(IN_STA, set_site, &use);
    assert_hr(RPC_E_WRONG_THREAD, use.hr);
    use.given = NULL;
    thread_run(IN_STA, set_site, &use);
    assert_hr(RPC_E_WRONG_THREAD, use.hr);
    home_run(&home, set_site, &use);
    assert_hr(S_OK, use.hr);
    assert_int_equal(1, host_refs(&site));
    end();
    assert_int_equal(1, host_refs(&elsewhere));
}

/* The system's own callers */

static void unknown_set_site(void *context)
{
    Use *use = context;

    use->hr = IUnknown_SetSite(object, use->given);
}

static void unknown_query_service(void *context)
{
    Use *use = context;

    use->hr = IUnknown_QueryService(object, &service_id, &IID_IServiceProvider, &use->result);
    use_service(use);
}

static void the_shells_callers_know_no_difference(void **state)
{
    Use use = { 0 };
    size_t i;

    (void)state;
    begin();
    use.given = (IUnknown *)host_site(&site);
    home_run(&home, unknown_set_site, &use);
    assert_hr(S_OK, use.hr);
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], unknown_query_service, &use);
        assert_hr(S_OK, use.hr);
        assert_hr(S_OK, use.used);
        assert_int_equal(home.id, site.last_thread);
    }
    home_run(&home, unknown_query_service, &use);
    assert_hr(S_OK, use.hr);
    assert_ptr_equal(host_site(&service), use.result);
    use.given = NULL;
    home_run(&home, unknown_set_site, &use);
    assert_hr(S_OK, use.hr);
    assert_int_equal(1, host_refs(&site));
    thread_run(IN_MTA, unknown_query_service, &use);
    assert_failed(use.hr);
    end();
}

/* Agility */

typedef struct Passage {
    IStream *packet;
    IUnknown *object;
    HRESULT hr;
} Passage;

static void pass_in(void *context)
{
    Passage *passage = context;

    passage->hr = CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, object,
                                                        &passage->packet);
}

static void pass_out(void *context)
{
    Passage *passage = context;

    passage->hr = CoGetInterfaceAndReleaseStream(passage->packet, &IID_IServiceProvider,
                                                 (void **)&passage->object);
    if (SUCCEEDED(passage->hr))
        IUnknown_Release(passage->object);
}

static void marshaled_anywhere_it_is_the_same_pointer(void **state)
{
    Home into;
    size_t i;

    (void)state;
    begin();
    home_start(&into, IN_MTA);      /* so that there is an MTA for a thread in none */
    for (i = 0; i < KINDS; i++) {
        Passage passage = { 0 };

        home_run(&home, pass_in, &passage);
        assert_hr(S_OK, passage.hr);
        thread_run(kinds[i], pass_out, &passage);
        assert_hr(S_OK, passage.hr);
        assert_ptr_equal(object, passage.object);
        thread_run(IN_STA, pass_in, &passage);
        assert_hr(S_OK, passage.hr);
        thread_run(kinds[i], pass_out, &passage);
        assert_hr(S_OK, passage.hr);
        assert_ptr_equal(object, passage.object);
    }
    home_stop(&into);
    end();
}

/* Home is blocked. With a deadline it is called on a thread of the library's, which can be left alone. */
static void an_agile_site_is_called_without_home_from_every_thread(void **state)
{
    Home thread;
    Ask question = { 0 }, in_time = { 0 };
    size_t i;

    (void)state;
    begin();
    site.agile = TRUE;
    site.thread = service.thread = 0;
    question.bridge = in_time.bridge = bridge;
    in_time.has_deadline = TRUE;
    in_time.milliseconds = PATIENCE;
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    home_block(&home);
    for (i = 0; i < KINDS; i++) {
        home_start(&thread, kinds[i]);
        home_run(&thread, ask, &question);
        assert_answered(&question);
        assert_ptr_equal(host_site(&service), question.object);
        assert_int_equal(thread.id, site.last_thread);
        home_run(&thread, ask, &in_time);
        assert_answered(&in_time);
        assert_int_not_equal(thread.id, site.last_thread);
        assert_int_not_equal(home.id, site.last_thread);
        home_stop(&thread);
    }
    assert_int_equal(0, statistics_of(bridge).packets_unmarshaled);
    assert_int_equal(0, statistics_of(bridge).proxies_cached);
    home_unblock(&home);
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    assert_int_equal(1, host_refs(&site));
    thread_run(IN_MTA, ask, &question);
    assert_hr(E_UNEXPECTED, question.hr);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(its_interfaces_are_one_object),
        TEST(its_references_are_the_bridges),
        TEST(a_query_by_its_interface_works_on_any_thread),
        TEST(a_site_is_set_and_got_by_its_interface),
        TEST(the_shells_callers_know_no_difference),
        TEST(marshaled_anywhere_it_is_the_same_pointer),
        TEST(an_agile_site_is_called_without_home_from_every_thread),
    };

    return RUN("object", tests);
}
