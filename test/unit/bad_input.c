/* Every NULL, size and object that is none: a clear failure, and the out-pointer NULL. */
#include "harness.h"

#include <sitebridge/package.h>

static const GUID service = {0x42c6f1a0, 0x3e0d, 0x4f6b, {0xb1, 8, 7, 6, 5, 4, 3, 2}};

static void *const garbage = (void *)1;

static HRESULT CALLBACK do_nothing(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    return S_OK;
}

static DWORD CALLBACK work_on_nothing(IVsPackage *package, HANDLE stop, void *context)
{
    (void)package, (void)stop, (void)context;
    return 0;
}

static void a_null_bridge_is_refused(void **state)
{
    SiteBridgeStatistics statistics = {sizeof statistics, 0, 0, 0, 0, 0};
    void *object = garbage;
    Host site;

    (void)state;
    host_init(&site, 0);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    assert_hr(E_INVALIDARG, SiteBridgeSetSite(NULL, host_site(&site)));
    assert_hr(E_INVALIDARG, SiteBridgeSetSite(NULL, NULL));
    assert_hr(E_INVALIDARG, SiteBridgeQueryService(NULL, &service, &IID_IUnknown, &object));
    assert_null(object);
    object = garbage;
    assert_hr(E_INVALIDARG,
              SiteBridgeQueryServiceWithin(NULL, 1, &service, &IID_IUnknown, &object));
    assert_null(object);
    object = garbage;
    assert_hr(E_INVALIDARG, SiteBridgeQueryInterface(NULL, &IID_IUnknown, &object));
    assert_null(object);
    assert_hr(E_INVALIDARG, SiteBridgePrefetch(NULL, &service, &IID_IUnknown));
    assert_hr(E_INVALIDARG, SiteBridgeInvoke(NULL, do_nothing, NULL));
    assert_hr(E_INVALIDARG, SiteBridgePost(NULL, do_nothing, NULL, NULL));
    assert_hr(E_INVALIDARG, SiteBridgeGetStatistics(NULL, &statistics));
    assert_int_equal(0, SiteBridgeAddRef(NULL));
    assert_int_equal(0, SiteBridgeRelease(NULL));
    assert_int_equal(1, host_refs(&site));
    CoUninitialize();
    assert_idle();
}

static void a_null_out_pointer_is_refused(void **state)
{
    IVsPackage *package;
    SiteBridge *bridge;
    Host site;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    host_init(&site, GetCurrentThreadId());
    assert_hr(E_POINTER, SiteBridgeCreate(NULL));
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, SiteBridgeSetSite(bridge, host_site(&site)));
    assert_hr(E_POINTER, SiteBridgeQueryService(bridge, &service, &IID_IUnknown, NULL));
    assert_hr(E_POINTER, SiteBridgeQueryServiceWithin(bridge, 1, &service, &IID_IUnknown, NULL));
    assert_hr(E_POINTER, SiteBridgeQueryInterface(bridge, &IID_IUnknown, NULL));
    assert_hr(E_POINTER, SiteBridgeInvoke(bridge, NULL, NULL));
    assert_hr(E_POINTER, SiteBridgeGetStatistics(bridge, NULL));
    assert_int_equal(0, site.queries);
    SiteBridgeRelease(bridge);

    assert_hr(E_POINTER, SitePackageCreate(NULL, NULL, &IID_IVsPackage, NULL));
    assert_hr(S_OK, SitePackageCreate(NULL, NULL, &IID_IVsPackage, (void **)&package));
    assert_hr(E_POINTER,
              SitePackageQueryServiceFromBackgroundThread(package, &service, &IID_IUnknown, NULL));
    assert_hr(E_POINTER, SitePackageGetBridge(package, NULL));
    assert_hr(E_POINTER, SitePackageRunInBackground(package, NULL, NULL));
    assert_hr(E_POINTER, IVsPackage_QueryClose(package, NULL));
    assert_hr(E_POINTER, IVsPackage_QueryInterface(package, &IID_IUnknown, NULL));
    IVsPackage_Release(package);
    assert_hr(E_POINTER, SitePackageGetClassObject(NULL, 0, &service, &IID_IClassFactory, NULL));
    CoUninitialize();
    assert_int_equal(1, host_refs(&site));
    assert_idle();
}

static void an_unsited_bridge_is_none_to_ask(void **state)
{
    void *object = garbage;
    SiteBridge *bridge;

    (void)state;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(E_UNEXPECTED, SiteBridgeQueryService(bridge, &service, &IID_IUnknown, &object));
    assert_null(object);
    object = garbage;
    assert_hr(E_UNEXPECTED,
              SiteBridgeQueryServiceWithin(bridge, 1, &service, &IID_IUnknown, &object));
    assert_null(object);
    assert_hr(E_UNEXPECTED, SiteBridgePrefetch(bridge, &service, &IID_IUnknown));
    assert_hr(E_UNEXPECTED, SiteBridgeInvoke(bridge, do_nothing, NULL));
    SiteBridgeRelease(bridge);
    assert_idle();
}

static void an_interface_that_is_none_is_refused(void **state)
{
    void *object = garbage;
    SiteBridge *bridge;

    (void)state;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(E_NOINTERFACE, SiteBridgeQueryInterface(bridge, &service, &object));
    assert_null(object);
    SiteBridgeRelease(bridge);
    object = garbage;
    assert_hr(E_NOINTERFACE, SitePackageCreate(NULL, NULL, &service, &object));
    assert_null(object);
    assert_idle();
}

static void statistics_of_another_size_are_refused(void **state)
{
    static const DWORD sizes[] = {0, 1, sizeof(SiteBridgeStatistics) - 1,
                                  sizeof(SiteBridgeStatistics) + 1, 0xFFFFFFFF};
    SiteBridgeStatistics statistics, before;
    SiteBridge *bridge;
    size_t i;

    (void)state;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(&statistics, 0x5A, sizeof statistics);
        statistics.size = sizes[i];
        before = statistics;
        assert_hr(E_INVALIDARG, SiteBridgeGetStatistics(bridge, &statistics));
        assert_memory_equal(&before, &statistics, sizeof statistics);
    }
    SiteBridgeRelease(bridge);
    assert_idle();
}

static LONG destroyed_calls;

static void CALLBACK count_destroyed(void *context)
{
    (void)context;
    destroyed_calls++;
}

static BOOL ends_after_a_member(DWORD size)
{
    static const DWORD sizes[] = {
        FIELD_OFFSET(SitePackageEvents, initialize),
        FIELD_OFFSET(SitePackageEvents, query_interface),
        FIELD_OFFSET(SitePackageEvents, get_automation_object),
        FIELD_OFFSET(SitePackageEvents, create_tool),
        FIELD_OFFSET(SitePackageEvents, reset_defaults),
        FIELD_OFFSET(SitePackageEvents, get_property_page),
        sizeof(SitePackageEvents),
    };
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (size == sizes[i])
            return TRUE;
    return FALSE;
}

/*
 * All but those that end after a member, from `destroyed` on. A package that could not be made does not own its
 * context, and destroys nothing.
 */
static void events_of_another_size_are_refused(void **state)
{
    SitePackageEvents events = {0};
    void *object;

    (void)state;
    events.destroyed = count_destroyed;
    for (events.size = 0; events.size < 2 * sizeof events; events.size++) {
        if (ends_after_a_member(events.size))
            continue;
        object = garbage;
        assert_hr(E_INVALIDARG, SitePackageCreate(&events, NULL, &IID_IVsPackage, &object));
        assert_null(object);
    }
    events.size = sizeof events;
    object = garbage;
    assert_hr(E_NOINTERFACE, SitePackageCreate(&events, NULL, &service, &object));
    assert_null(object);
    assert_int_equal(0, destroyed_calls);
    assert_idle();
}

static void assert_no_package(IVsPackage *object)
{
    SiteBridge *bridge = garbage;
    void *service_object = garbage;

    assert_hr(E_INVALIDARG, SitePackageQueryServiceFromBackgroundThread(
                                object, &service, &IID_IUnknown, &service_object));
    assert_null(service_object);
    assert_hr(E_INVALIDARG, SitePackageGetBridge(object, &bridge));
    assert_null(bridge);
    assert_hr(E_INVALIDARG, SitePackageRunInBackground(object, work_on_nothing, NULL));
}

/* What is asked is QueryInterface, and nothing else of it is touched. */
static void another_com_object_is_no_package(void **state)
{
    Host other;

    (void)state;
    host_init(&other, 0);
    assert_no_package(NULL);
    assert_no_package((IVsPackage *)host_site(&other));
    assert_int_equal(1, host_refs(&other));
    assert_int_equal(0, other.queries);
    assert_idle();
}

typedef struct Stranger {
    IStream *packet;
    HRESULT unmarshaled, asked, got, ran;
    void *object;
    SiteBridge *bridge;
} Stranger;

static void use_the_proxy_as_a_package(void *context)
{
    Stranger *stranger = context;
    IUnknown *proxy = NULL;
    IVsPackage *package;

    stranger->unmarshaled =
        CoGetInterfaceAndReleaseStream(stranger->packet, &IID_IUnknown, (void **)&proxy);
    if (FAILED(stranger->unmarshaled))
        return;
    package = (IVsPackage *)proxy;
    stranger->object = garbage;
    stranger->bridge = garbage;
    stranger->asked = SitePackageQueryServiceFromBackgroundThread(package, &service, &IID_IUnknown,
                                                                  &stranger->object);
    stranger->got = SitePackageGetBridge(package, &stranger->bridge);
    stranger->ran = SitePackageRunInBackground(package, work_on_nothing, NULL);
    IUnknown_Release(proxy);
}

/* A proxy says that it is the same object, and is not: the package's memory is not behind it. */
static void a_proxy_of_a_package_is_no_package(void **state)
{
    Stranger stranger = {0};
    IVsPackage *package;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    assert_hr(S_OK, SitePackageCreate(NULL, NULL, &IID_IVsPackage, (void **)&package));
    assert_hr(S_OK, CoMarshalInterThreadInterfaceInStream(&IID_IUnknown, (IUnknown *)package,
                                                          &stranger.packet));
    thread_run(IN_MTA, use_the_proxy_as_a_package, &stranger);
    assert_hr(S_OK, stranger.unmarshaled);
    assert_hr(E_INVALIDARG, stranger.asked);
    assert_null(stranger.object);
    assert_hr(E_INVALIDARG, stranger.got);
    assert_null(stranger.bridge);
    assert_hr(E_INVALIDARG, stranger.ran);
    assert_int_equal(0, IVsPackage_Release(package));
    CoUninitialize();
    assert_idle();
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_null_bridge_is_refused),
        TEST(a_null_out_pointer_is_refused),
        TEST(an_unsited_bridge_is_none_to_ask),
        TEST(an_interface_that_is_none_is_refused),
        TEST(statistics_of_another_size_are_refused),
        TEST(events_of_another_size_are_refused),
        TEST(another_com_object_is_no_package),
        TEST(a_proxy_of_a_package_is_no_package),
    };

    return RUN("bad_input", tests);
}
