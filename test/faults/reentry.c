/* A site that calls back into the bridge in any of its methods, whenever the library calls one. */
#include "../harness.h"

static const GUID service = { 0x90c2d7aa, 0x2b1f, 0x4e55, { 0x97, 1, 2, 3, 4, 5, 6, 7 } };

/* It does something in one of its methods, once. */
typedef enum Method { IN_QUERY_INTERFACE, IN_ADD_REF, IN_RELEASE, IN_QUERY_SERVICE, METHODS } Method;

typedef struct Beast {
    IServiceProvider provider;
    volatile LONG refs;
    Method method;
    BOOL armed;
    void (*act)(void);
} Beast;

static Home home;
static SiteBridge *bridge;
static Host other;
static Beast beast;

static void beast_act(Method method)
{
    if (!beast.armed || beast.method != method || GetCurrentThreadId() != home.id)
        return;
    beast.armed = FALSE;
    beast.act();
}

static HRESULT STDMETHODCALLTYPE beast_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    beast_act(IN_QUERY_INTERFACE);
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider))
        return E_NOINTERFACE;
    InterlockedIncrement(&beast.refs);
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE beast_AddRef(IServiceProvider *provider)
{
    ULONG refs = (ULONG)InterlockedIncrement(&beast.refs);

    (void)provider;
    beast_act(IN_ADD_REF);
    return refs;
}

static ULONG STDMETHODCALLTYPE beast_Release(IServiceProvider *provider)
{
    ULONG refs = (ULONG)InterlockedDecrement(&beast.refs);

    (void)provider;
    beast_act(IN_RELEASE);
    return refs;
}

static HRESULT STDMETHODCALLTYPE beast_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                    void **ppv)
{
    (void)rsid;
    beast_act(IN_QUERY_SERVICE);
    return IServiceProvider_QueryInterface(provider, riid, ppv);
}

static IServiceProviderVtbl beast_vtbl = {
    beast_QueryInterface, beast_AddRef, beast_Release, beast_QueryService,
};

/* What it does */

static void query(void)
{
    IUnknown *object = (IUnknown *)1;
    HRESULT hr = SiteBridgeQueryService(bridge, &service, &IID_IUnknown, (void **)&object);

    assert_true(SUCCEEDED(hr) == (object != NULL));
    if (object)
        IUnknown_Release(object);
}

static void unsite(void)
{
    assert_hr(S_OK, SiteBridgeSetSite(bridge, NULL));
}

static void replace(void)
{
    assert_hr(S_OK, SiteBridgeSetSite(bridge, host_site(&other)));
}

static void site_again(void)
{
    assert_hr(S_OK, SiteBridgeSetSite(bridge, &beast.provider));
}

static void unsite_and_site_again(void)
{
    unsite();
    site_again();
}

static void prefetch(void)
{
    SiteBridgePrefetch(bridge, &service, &IID_IServiceProvider);
}

static HRESULT CALLBACK unsite_from_work(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    unsite();
    return S_OK;
}

static void unsite_in_an_invocation(void)
{
    SiteBridgeInvoke(bridge, unsite_from_work, NULL);
}

static void let_go_and_come_back(void)
{
    SiteBridge *again;

    SiteBridgeAddRef(bridge);
    SiteBridgeCanUnloadNow();
    assert_hr(S_OK, SiteBridgeCreate(&again));
    assert_hr(S_OK, SiteBridgeSetSite(again, host_site(&other)));
    SiteBridgeRelease(again);
    SiteBridgeRelease(bridge);
}

static void dispatch(void)
{
    pump();
}

/* When it does it */

static void set_the_beast(void *context)
{
    *(HRESULT *)context = SiteBridgeSetSite(bridge, &beast.provider);
}

static void set_nothing(void *context)
{
    *(HRESULT *)context = SiteBridgeSetSite(bridge, NULL);
}

static void query_service(void *context)
{
    (void)context;
    query();
}

static void fetch(void *context)
{
    (void)context;
    prefetch();
}

static void release_bridge(void *context)
{
    (void)context;
    SiteBridgeRelease(bridge);
}

/* The library gives back what it had of an STA's answer when the STA has gone on. */
static BOOL sites_are_free(void *context)
{
    (void)context;
    return beast.refs == 1 && host_refs(&other) == 1;
}

/* Whoever does what in the midst of what: everyone gets an answer, and in the end nothing is left. */
static void let_it(Method method, void (*act)(void))
{
    HRESULT hr = E_PENDING;
    int moment;

    /* While it is sited, asked on home, asked from elsewhere, fetched from, replaced and unsited. */
    for (moment = 0; moment < 6; moment++) {
        host_init(&other, home.id);
        beast.provider.lpVtbl = &beast_vtbl;
        beast.refs = 1;
        beast.method = method;
        beast.act = act;
        beast.armed = moment == 0;
        assert_hr(S_OK, SiteBridgeCreate(&bridge));
        home_run(&home, set_the_beast, &hr);
        assert_hr(S_OK, hr);
        beast.armed = moment == 1;
        home_run(&home, query_service, NULL);
        beast.armed = moment == 2;
        thread_run(IN_MTA, query_service, NULL);
        thread_run(IN_STA, query_service, NULL);
        beast.armed = moment == 3;
        home_run(&home, fetch, NULL);
        thread_run(IN_NONE, query_service, NULL);
        beast.armed = moment == 4;
        hr = home_set_site(&home, bridge, &other);
        assert_hr(S_OK, hr);
        beast.armed = moment == 5;
        home_run(&home, set_the_beast, &hr);
        home_run(&home, set_nothing, &hr);
        assert_hr(S_OK, hr);
        beast.armed = FALSE;
        home_run(&home, set_nothing, &hr);
        assert_hr(S_OK, hr);
        assert_true(eventually(sites_are_free, NULL));
        home_run(&home, release_bridge, NULL);
        assert_idle();
        assert_int_equal(0, other.wrong_threads);
    }
}

static void in_every_method(void (*act)(void))
{
    Method method;

    home_start(&home, IN_STA);
    for (method = 0; method < METHODS; method++)
        let_it(method, act);
    home_stop(&home);
}

#define IN_EVERY_METHOD(name, act) \
    static void name(void **state) \
    { \
        (void)state; \
        in_every_method(act); \
    }

IN_EVERY_METHOD(a_site_that_asks_the_bridge, query)
IN_EVERY_METHOD(a_site_that_unsites_the_bridge, unsite)
IN_EVERY_METHOD(a_site_that_replaces_itself, replace)
IN_EVERY_METHOD(a_site_that_sets_itself_again, site_again)
IN_EVERY_METHOD(a_site_that_goes_and_comes_back, unsite_and_site_again)
IN_EVERY_METHOD(a_site_that_fetches_from_itself, prefetch)
IN_EVERY_METHOD(a_site_that_unsites_in_an_invocation, unsite_in_an_invocation)
IN_EVERY_METHOD(a_site_that_makes_another_bridge, let_go_and_come_back)
IN_EVERY_METHOD(a_site_that_dispatches, dispatch)

int main(void)
{
    static const Test tests[] = {
        TEST(a_site_that_asks_the_bridge),
        TEST(a_site_that_unsites_the_bridge),
        TEST(a_site_that_replaces_itself),
        TEST(a_site_that_sets_itself_again),
        TEST(a_site_that_goes_and_comes_back),
        TEST(a_site_that_fetches_from_itself),
        TEST(a_site_that_unsites_in_an_invocation),
        TEST(a_site_that_makes_another_bridge),
        TEST(a_site_that_dispatches),
    };

    return RUN("reentry", tests);
}
