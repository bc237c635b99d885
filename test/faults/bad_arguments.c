/*
 * A table of every parameter of every public function and method, with every wrong value that can be
 * told from a right one, and what comes of it. Each is tried; out-pointers point to garbage before.
 */
#include "../harness.h"

#include <stdio.h>

#include <ocidl.h>

#include <sitebridge/package.h>

static const GUID service = { 0x0c4bd6e2, 0x8f71, 0x4d39, { 0xb0, 1, 2, 3, 4, 5, 6, 7 } };
static const GUID unknown = { 0x0c4bd6e3, 0x8f71, 0x4d39, { 0xb0, 1, 2, 3, 4, 5, 6, 7 } };

/* What the arguments are taken from. */
static Home home;
static Host host, other;
static SiteBridge *sited, *unsited;
static IVsPackage *sited_package, *new_package, *closed_package, *package_with_events, *no_package;
static IObjectWithSite *object, *unsited_object;
static IClassFactory *factory;
static IAsyncLoadablePackageInitialize *async, *unsited_async;
static SiteBridgeStatistics statistics;
static SitePackageEvents events;
static VSPROPSHEETPAGE page;

static HRESULT CALLBACK work(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    return E_ABORT;
}

static DWORD CALLBACK package_work(IVsPackage *package, HANDLE stop, void *context)
{
    (void)package, (void)stop, (void)context;
    return 0;
}

static HRESULT CALLBACK initialize(IVsPackage *package, IAsyncServiceProvider *provider,
                                   IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                   void *context)
{
    (void)package, (void)provider, (void)proffer, (void)progress, (void)context;
    return S_OK;
}

/* They are not to be called with what is wrong: what they return is not what is expected then. */
static HRESULT CALLBACK query_interface(IVsPackage *package, REFIID riid, void **ppv, void *context)
{
    (void)package, (void)context;
    if (IsEqualIID(riid, &service))
        return S_OK;
    *ppv = (void *)1;
    return E_NOINTERFACE;
}

static HRESULT CALLBACK get_automation_object(IVsPackage *package, LPCOLESTR name, IDispatch **result, void *context)
{
    (void)package, (void)name, (void)result, (void)context;
    return S_FALSE;
}

static HRESULT CALLBACK create_tool(IVsPackage *package, REFGUID slot, void *context)
{
    (void)package, (void)slot, (void)context;
    return S_FALSE;
}

static HRESULT CALLBACK get_property_page(IVsPackage *package, REFGUID page_id, VSPROPSHEETPAGE *to, void *context)
{
    (void)package, (void)page_id, (void)to, (void)context;
    return S_FALSE;
}

static HRESULT CALLBACK make(REFIID riid, void **ppv)
{
    return SitePackageCreate(NULL, NULL, riid, ppv);
}

static const SitePackageClass classes[] = { { &service, make } };
static const SitePackageClass nameless[] = { { NULL, make }, { &service, NULL } };

/* Whatever it is asked for, it says yes and gives nothing. */
static HRESULT STDMETHODCALLTYPE liar_QueryInterface(IVsPackage *package, REFIID riid, void **ppv)
{
    (void)package, (void)riid;
    *ppv = NULL;
    return S_OK;
}

static IVsPackageVtbl liar_vtbl = { .QueryInterface = liar_QueryInterface };
static IVsPackage liar = { &liar_vtbl };

static HRESULT statistics_of_size(DWORD size)
{
    statistics.size = size;
    return SiteBridgeGetStatistics(unsited, &statistics);
}

static HRESULT events_of_size(DWORD size, void **out)
{
    events.size = size;
    return SitePackageCreate(&events, NULL, &IID_IVsPackage, out);
}

/*
 * TRIED(name, where, result, expression): out is an out-pointer, and NULL afterwards.
 * PLAIN: there is none, or it is the wrong value.
 */
enum { AT_HOME = 3, IN_NO_APARTMENT = IN_NONE };
#define TABLE \
    PLAIN(create_bridge, IN_NONE, E_POINTER, SiteBridgeCreate(NULL)) \
    PLAIN(addref_bridge, IN_NONE, 0, (HRESULT)SiteBridgeAddRef(NULL)) \
    PLAIN(release_bridge, IN_NONE, 0, (HRESULT)SiteBridgeRelease(NULL)) \
    TRIED(qi_bridge, IN_NONE, E_INVALIDARG, SiteBridgeQueryInterface(NULL, &IID_IUnknown, out)) \
    TRIED(qi_riid, IN_NONE, E_INVALIDARG, SiteBridgeQueryInterface(sited, NULL, out)) \
    TRIED(qi_unknown, IN_NONE, E_NOINTERFACE, SiteBridgeQueryInterface(sited, &unknown, out)) \
    PLAIN(qi_ppv, IN_NONE, E_POINTER, SiteBridgeQueryInterface(sited, &IID_IUnknown, NULL)) \
    PLAIN(site_bridge, AT_HOME, E_INVALIDARG, SiteBridgeSetSite(NULL, host_site(&host))) \
    PLAIN(site_no_bridge, AT_HOME, E_INVALIDARG, SiteBridgeSetSite(NULL, NULL)) \
    PLAIN(site_nowhere, IN_NO_APARTMENT, CO_E_NOTINITIALIZED, \
          SiteBridgeSetSite(unsited, host_site(&other))) \
    PLAIN(object_bridge, AT_HOME, E_INVALIDARG, SiteBridgeSetObject(NULL, (IUnknown *)host_site(&host))) \
    PLAIN(object_in_mta, IN_MTA, RPC_E_WRONG_THREAD, SiteBridgeSetObject(sited, (IUnknown *)host_site(&other))) \
    PLAIN(unset_in_mta, IN_MTA, RPC_E_WRONG_THREAD, SiteBridgeSetObject(sited, NULL)) \
    PLAIN(site_in_mta, IN_MTA, RPC_E_WRONG_THREAD, SiteBridgeSetSite(sited, host_site(&other))) \
    PLAIN(site_in_sta, IN_STA, RPC_E_WRONG_THREAD, SiteBridgeSetSite(sited, host_site(&other))) \
    PLAIN(unsite_in_mta, IN_MTA, RPC_E_WRONG_THREAD, SiteBridgeSetSite(sited, NULL)) \
    PLAIN(unsite_in_sta, IN_STA, RPC_E_WRONG_THREAD, SiteBridgeSetSite(sited, NULL)) \
    TRIED(query_bridge, IN_MTA, E_INVALIDARG, \
        SiteBridgeQueryService(NULL, &service, &IID_IUnknown, out)) \
    TRIED(query_rsid, IN_MTA, E_INVALIDARG, SiteBridgeQueryService(sited, NULL, &IID_IUnknown, out)) \
    TRIED(query_riid, IN_MTA, E_INVALIDARG, SiteBridgeQueryService(sited, &service, NULL, out)) \
    TRIED(query_rsid_at_home, AT_HOME, E_INVALIDARG, \
        SiteBridgeQueryService(sited, NULL, &IID_IUnknown, out)) \
    PLAIN(query_ppv, IN_MTA, E_POINTER, \
          SiteBridgeQueryService(sited, &service, &IID_IUnknown, NULL)) \
    TRIED(query_unsited, IN_MTA, E_UNEXPECTED, \
        SiteBridgeQueryService(unsited, &service, &IID_IUnknown, out)) \
    TRIED(within_bridge, IN_MTA, E_INVALIDARG, \
        SiteBridgeQueryServiceWithin(NULL, 9, &service, &IID_IUnknown, out)) \
    TRIED(within_rsid, IN_MTA, E_INVALIDARG, \
        SiteBridgeQueryServiceWithin(sited, 9, NULL, &IID_IUnknown, out)) \
    TRIED(within_riid, IN_MTA, E_INVALIDARG, \
        SiteBridgeQueryServiceWithin(sited, 9, &service, NULL, out)) \
    PLAIN(within_ppv, IN_MTA, E_POINTER, \
          SiteBridgeQueryServiceWithin(sited, 9, &service, &IID_IUnknown, NULL)) \
    TRIED(within_unsited, IN_MTA, E_UNEXPECTED, \
        SiteBridgeQueryServiceWithin(unsited, 9, &service, &IID_IUnknown, out)) \
    PLAIN(prefetch_bridge, AT_HOME, E_INVALIDARG, SiteBridgePrefetch(NULL, &service, &IID_IUnknown)) \
    PLAIN(prefetch_rsid, AT_HOME, E_INVALIDARG, SiteBridgePrefetch(sited, NULL, &IID_IUnknown)) \
    PLAIN(prefetch_riid, AT_HOME, E_INVALIDARG, SiteBridgePrefetch(sited, &service, NULL)) \
    PLAIN(prefetch_unsited, AT_HOME, E_UNEXPECTED, \
          SiteBridgePrefetch(unsited, &service, &IID_IUnknown)) \
    PLAIN(prefetch_in_mta, IN_MTA, RPC_E_WRONG_THREAD, \
          SiteBridgePrefetch(sited, &service, &IID_IUnknown)) \
    PLAIN(prefetch_in_sta, IN_STA, RPC_E_WRONG_THREAD, \
          SiteBridgePrefetch(sited, &service, &IID_IUnknown)) \
    PLAIN(prefetch_nowhere, IN_NONE, RPC_E_WRONG_THREAD, \
          SiteBridgePrefetch(sited, &service, &IID_IUnknown)) \
    PLAIN(invoke_bridge, IN_MTA, E_INVALIDARG, SiteBridgeInvoke(NULL, work, NULL)) \
    PLAIN(invoke_work, IN_MTA, E_POINTER, SiteBridgeInvoke(sited, NULL, NULL)) \
    PLAIN(invoke_unsited, IN_MTA, E_UNEXPECTED, SiteBridgeInvoke(unsited, work, NULL)) \
    PLAIN(invoke_within_bridge, IN_MTA, E_INVALIDARG, SiteBridgeInvokeWithin(NULL, 9, work, NULL)) \
    PLAIN(invoke_within_work, IN_MTA, E_POINTER, SiteBridgeInvokeWithin(sited, 9, NULL, NULL)) \
    PLAIN(invoke_within_unsited, IN_MTA, E_UNEXPECTED, SiteBridgeInvokeWithin(unsited, 9, work, NULL)) \
    PLAIN(post_bridge, IN_MTA, E_INVALIDARG, SiteBridgePost(NULL, work, NULL, NULL)) \
    PLAIN(post_work, IN_MTA, E_POINTER, SiteBridgePost(sited, NULL, NULL, NULL)) \
    PLAIN(post_unsited, IN_MTA, E_UNEXPECTED, SiteBridgePost(unsited, work, NULL, NULL)) \
    PLAIN(statistics_bridge, IN_NONE, E_INVALIDARG, SiteBridgeGetStatistics(NULL, &statistics)) \
    PLAIN(statistics_pointer, IN_NONE, E_POINTER, SiteBridgeGetStatistics(sited, NULL)) \
    PLAIN(statistics_zero, IN_NONE, E_INVALIDARG, statistics_of_size(0)) \
    PLAIN(statistics_less, IN_NONE, E_INVALIDARG, statistics_of_size(sizeof statistics - 1)) \
    PLAIN(statistics_more, IN_NONE, E_INVALIDARG, statistics_of_size(sizeof statistics + 1)) \
    TRIED(events_zero, IN_NONE, E_INVALIDARG, events_of_size(0, out)) \
    TRIED(events_less, IN_NONE, E_INVALIDARG, events_of_size(sizeof events - 1, out)) \
    TRIED(events_before_destroyed, IN_NONE, E_INVALIDARG, \
        events_of_size(FIELD_OFFSET(SitePackageEvents, destroyed), out)) \
    TRIED(events_in_destroyed, IN_NONE, E_INVALIDARG, \
        events_of_size(FIELD_OFFSET(SitePackageEvents, initialize) - 1, out)) \
    TRIED(events_in_initialize, IN_NONE, E_INVALIDARG, \
        events_of_size(FIELD_OFFSET(SitePackageEvents, initialize) + 1, out)) \
    TRIED(events_a_member_more, IN_NONE, E_INVALIDARG, events_of_size(sizeof events + sizeof(void *), out)) \
    TRIED(events_more, IN_NONE, E_INVALIDARG, events_of_size(sizeof events + 1, out)) \
    TRIED(package_riid, IN_NONE, E_INVALIDARG, SitePackageCreate(NULL, NULL, NULL, out)) \
    TRIED(package_unknown, IN_NONE, E_NOINTERFACE, SitePackageCreate(NULL, NULL, &unknown, out)) \
    PLAIN(package_ppv, IN_NONE, E_POINTER, SitePackageCreate(NULL, NULL, &IID_IVsPackage, NULL)) \
    TRIED(ask_null, IN_MTA, E_INVALIDARG, \
        SitePackageQueryServiceFromBackgroundThread(NULL, &service, &IID_IUnknown, out)) \
    TRIED(ask_foreign, IN_MTA, E_INVALIDARG, \
        SitePackageQueryServiceFromBackgroundThread(no_package, &service, &IID_IUnknown, out)) \
    TRIED(ask_liar, IN_MTA, E_INVALIDARG, \
        SitePackageQueryServiceFromBackgroundThread(&liar, &service, &IID_IUnknown, out)) \
    TRIED(ask_rsid, IN_MTA, E_INVALIDARG, \
        SitePackageQueryServiceFromBackgroundThread(sited_package, NULL, &IID_IUnknown, out)) \
    TRIED(ask_riid, IN_MTA, E_INVALIDARG, \
        SitePackageQueryServiceFromBackgroundThread(sited_package, &service, NULL, out)) \
    PLAIN(ask_ppv, IN_MTA, E_POINTER, \
          SitePackageQueryServiceFromBackgroundThread(sited_package, &service, &IID_IUnknown, NULL)) \
    TRIED(ask_unsited, IN_MTA, E_UNEXPECTED, \
        SitePackageQueryServiceFromBackgroundThread(new_package, &service, &IID_IUnknown, out)) \
    TRIED(ask_closed, IN_MTA, E_UNEXPECTED, \
        SitePackageQueryServiceFromBackgroundThread(closed_package, &service, &IID_IUnknown, out)) \
    TRIED(bridge_of_null, IN_NONE, E_INVALIDARG, SitePackageGetBridge(NULL, (SiteBridge **)out)) \
    TRIED(bridge_of_foreign, IN_NONE, E_INVALIDARG, \
        SitePackageGetBridge(no_package, (SiteBridge **)out)) \
    PLAIN(bridge_to_null, IN_NONE, E_POINTER, SitePackageGetBridge(new_package, NULL)) \
    PLAIN(run_null, IN_NONE, E_INVALIDARG, SitePackageRunInBackground(NULL, package_work, NULL)) \
    PLAIN(run_foreign, IN_NONE, E_INVALIDARG, \
          SitePackageRunInBackground(no_package, package_work, NULL)) \
    PLAIN(run_nothing, IN_NONE, E_POINTER, SitePackageRunInBackground(sited_package, NULL, NULL)) \
    PLAIN(run_unsited, IN_NONE, E_UNEXPECTED, \
          SitePackageRunInBackground(new_package, package_work, NULL)) \
    PLAIN(run_closed, IN_NONE, E_UNEXPECTED, \
          SitePackageRunInBackground(closed_package, package_work, NULL)) \
    TRIED(class_null, IN_NONE, CLASS_E_CLASSNOTAVAILABLE, \
        SitePackageGetClassObject(NULL, 1, &service, &IID_IClassFactory, out)) \
    TRIED(class_none, IN_NONE, CLASS_E_CLASSNOTAVAILABLE, \
        SitePackageGetClassObject(classes, 0, &service, &IID_IClassFactory, out)) \
    TRIED(class_nameless, IN_NONE, CLASS_E_CLASSNOTAVAILABLE, \
        SitePackageGetClassObject(nameless, 2, &service, &IID_IClassFactory, out)) \
    TRIED(class_rclsid, IN_NONE, E_INVALIDARG, \
        SitePackageGetClassObject(classes, 1, NULL, &IID_IClassFactory, out)) \
    TRIED(class_unknown, IN_NONE, CLASS_E_CLASSNOTAVAILABLE, \
        SitePackageGetClassObject(classes, 1, &unknown, &IID_IClassFactory, out)) \
    TRIED(class_riid, IN_NONE, E_INVALIDARG, \
        SitePackageGetClassObject(classes, 1, &service, NULL, out)) \
    TRIED(class_unknown_iid, IN_NONE, E_NOINTERFACE, \
        SitePackageGetClassObject(classes, 1, &service, &unknown, out)) \
    PLAIN(class_ppv, IN_NONE, E_POINTER, \
          SitePackageGetClassObject(classes, 1, &service, &IID_IClassFactory, NULL)) \
    TRIED(factory_unknown, IN_NONE, E_NOINTERFACE, \
        IClassFactory_QueryInterface(factory, &unknown, out)) \
    PLAIN(factory_ppv, IN_NONE, E_POINTER, \
          IClassFactory_QueryInterface(factory, &IID_IUnknown, NULL)) \
    TRIED(instance_outer, IN_NONE, CLASS_E_NOAGGREGATION, \
        IClassFactory_CreateInstance(factory, (IUnknown *)host_site(&host), &IID_IUnknown, out)) \
    TRIED(instance_unknown, IN_NONE, E_NOINTERFACE, \
        IClassFactory_CreateInstance(factory, NULL, &unknown, out)) \
    PLAIN(instance_ppv, IN_NONE, E_POINTER, \
          IClassFactory_CreateInstance(factory, NULL, &IID_IUnknown, NULL)) \
    TRIED(object_unknown, IN_NONE, E_NOINTERFACE, \
        IObjectWithSite_QueryInterface(object, &unknown, out)) \
    PLAIN(object_ppv, IN_NONE, E_POINTER, \
          IObjectWithSite_QueryInterface(object, &IID_IUnknown, NULL)) \
    PLAIN(object_site, AT_HOME, E_NOINTERFACE, \
          IObjectWithSite_SetSite(object, (IUnknown *)factory)) \
    PLAIN(object_site_in_mta, IN_MTA, RPC_E_WRONG_THREAD, \
          IObjectWithSite_SetSite(object, (IUnknown *)host_site(&other))) \
    TRIED(object_site_unknown, AT_HOME, E_NOINTERFACE, IObjectWithSite_GetSite(object, &unknown, out)) \
    TRIED(object_site_unsited, AT_HOME, E_FAIL, \
        IObjectWithSite_GetSite(unsited_object, &IID_IUnknown, out)) \
    TRIED(object_site_elsewhere, IN_MTA, RPC_E_WRONG_THREAD, \
        IObjectWithSite_GetSite(object, &IID_IUnknown, out)) \
    PLAIN(object_site_ppv, AT_HOME, E_POINTER, \
          IObjectWithSite_GetSite(object, &IID_IUnknown, NULL)) \
    TRIED(vspackage_unknown, AT_HOME, E_NOINTERFACE, \
        IVsPackage_QueryInterface(new_package, &unknown, out)) \
    PLAIN(vspackage_ppv, AT_HOME, E_POINTER, \
          IVsPackage_QueryInterface(new_package, &IID_IUnknown, NULL)) \
    PLAIN(vspackage_site_nowhere, IN_NO_APARTMENT, CO_E_NOTINITIALIZED, \
          IVsPackage_SetSite(new_package, host_site(&other))) \
    PLAIN(vspackage_site_twice, AT_HOME, E_UNEXPECTED, \
          IVsPackage_SetSite(sited_package, host_site(&other))) \
    PLAIN(vspackage_site_closed, AT_HOME, E_UNEXPECTED, \
          IVsPackage_SetSite(closed_package, host_site(&other))) \
    PLAIN(vspackage_close_in_mta, IN_MTA, RPC_E_WRONG_THREAD, IVsPackage_Close(sited_package)) \
    PLAIN(vspackage_close_in_sta, IN_STA, RPC_E_WRONG_THREAD, IVsPackage_Close(sited_package)) \
    PLAIN(vspackage_unsite_in_mta, IN_MTA, RPC_E_WRONG_THREAD, \
          IVsPackage_SetSite(sited_package, NULL)) \
    PLAIN(vspackage_query_close, AT_HOME, E_POINTER, IVsPackage_QueryClose(sited_package, NULL)) \
    TRIED(vspackage_automation, AT_HOME, E_NOTIMPL, \
        IVsPackage_GetAutomationObject(sited_package, NULL, (IDispatch **)out)) \
    PLAIN(vspackage_automation_null, AT_HOME, E_NOTIMPL, \
          IVsPackage_GetAutomationObject(sited_package, NULL, NULL)) \
    PLAIN(vspackage_tool, AT_HOME, E_NOTIMPL, IVsPackage_CreateTool(sited_package, NULL)) \
    PLAIN(vspackage_page, AT_HOME, E_NOTIMPL, \
          IVsPackage_GetPropertyPage(sited_package, NULL, NULL)) \
    TRIED(event_unknown, IN_MTA, E_NOINTERFACE, \
        IVsPackage_QueryInterface(package_with_events, &unknown, out)) \
    TRIED(event_nothing, IN_MTA, E_NOINTERFACE, \
        IVsPackage_QueryInterface(package_with_events, &service, out)) \
    PLAIN(event_ppv, IN_MTA, E_POINTER, IVsPackage_QueryInterface(package_with_events, &service, NULL)) \
    TRIED(event_automation_name, AT_HOME, E_INVALIDARG, \
        IVsPackage_GetAutomationObject(package_with_events, NULL, (IDispatch **)out)) \
    PLAIN(event_automation_null, AT_HOME, E_POINTER, \
          IVsPackage_GetAutomationObject(package_with_events, L"name", NULL)) \
    PLAIN(event_tool, AT_HOME, E_INVALIDARG, IVsPackage_CreateTool(package_with_events, NULL)) \
    PLAIN(event_page_id, AT_HOME, E_INVALIDARG, \
          IVsPackage_GetPropertyPage(package_with_events, NULL, &page)) \
    PLAIN(event_page, AT_HOME, E_POINTER, \
          IVsPackage_GetPropertyPage(package_with_events, &service, NULL)) \
    PLAIN(load_task, IN_MTA, E_POINTER, \
          IAsyncLoadablePackageInitialize_Initialize(async, NULL, NULL, NULL, NULL)) \
    TRIED(load_unsited, IN_MTA, E_UNEXPECTED, \
        IAsyncLoadablePackageInitialize_Initialize(unsited_async, NULL, NULL, NULL, (IVsTask **)out)) \
    TRIED(load_unknown, IN_MTA, E_NOINTERFACE, \
        IAsyncLoadablePackageInitialize_QueryInterface(async, &unknown, out))

#define TRIED(name, where, result, ...) \
    static HRESULT name(void **out) \
    { \
        return __VA_ARGS__; \
    }
#define PLAIN(name, where, result, ...) \
    static HRESULT name(void **out) \
    { \
        *out = NULL; \
        return __VA_ARGS__; \
    }
TABLE
#undef TRIED
#undef PLAIN

static const struct Row {
    const char *name, *call;
    int where;
    HRESULT expected;
    HRESULT (*call_it)(void **out);
} rows[] = {
#define TRIED(name, where, result, ...) { #name, #__VA_ARGS__, where, result, name },
#define PLAIN TRIED
    TABLE
};

typedef struct Trial {
    const struct Row *row;
    HRESULT hr;
    void *out;
} Trial;

static void try_row(void *context)
{
    Trial *trial = context;

    trial->out = (void *)1;
    trial->hr = trial->row->call_it(&trial->out);
}

static void every_wrong_argument_is_refused(void **state)
{
    int failed = 0;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Trial trial = { &rows[i], S_OK, NULL };

        if (rows[i].where == AT_HOME)
            home_run(&home, try_row, &trial);
        else
            thread_run((Kind)rows[i].where, try_row, &trial);
        if (trial.hr == rows[i].expected && trial.out == NULL)
            continue;
        failed++;
        print_error("%s: %s is 0x%08lx instead of 0x%08lx, and leaves %p\n", rows[i].name, rows[i].call,
                    (unsigned long)trial.hr, (unsigned long)rows[i].expected, trial.out);
    }
    printf("%lu calls with wrong arguments\n", (unsigned long)i);
    assert_int_equal(0, failed);
    /* Nobody asked the site, or took it away. */
    assert_int_equal(0, host.queries);
    assert_int_equal(1, host_refs(&other));
}

static void make_everything(void *context)
{
    (void)context;
    assert_hr(S_OK, SiteBridgeSetSite(sited, host_site(&host)));
    assert_hr(S_OK, IVsPackage_SetSite(sited_package, host_site(&host)));
    assert_hr(S_OK, IVsPackage_SetSite(closed_package, host_site(&host)));
    assert_hr(S_OK, IVsPackage_Close(closed_package));
}

static void close_everything(void *context)
{
    (void)context;
    assert_hr(S_OK, IVsPackage_Close(sited_package));
    SiteBridgeRelease(sited);
}

static IVsPackage *make_package(void)
{
    IVsPackage *package;

    events.size = sizeof events;
    events.initialize = initialize;
    assert_hr(S_OK, SitePackageCreate(&events, NULL, &IID_IVsPackage, (void **)&package));
    return package;
}

static IVsPackage *make_package_with_events(void)
{
    SitePackageEvents all = { 0 };
    IVsPackage *package;

    all.size = sizeof all;
    all.query_interface = query_interface;
    all.get_automation_object = get_automation_object;
    all.create_tool = create_tool;
    all.get_property_page = get_property_page;
    assert_hr(S_OK, SitePackageCreate(&all, NULL, &IID_IVsPackage, (void **)&package));
    return package;
}

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&host, home.id);
    host_init(&other, home.id);
    no_package = (IVsPackage *)host_site(&other);
    other.thread = 0;
    assert_hr(S_OK, SiteBridgeCreate(&sited));
    assert_hr(S_OK, SiteBridgeCreate(&unsited));
    sited_package = make_package();
    new_package = make_package();
    closed_package = make_package();
    package_with_events = make_package_with_events();
    home_run(&home, make_everything, NULL);
    assert_hr(S_OK, SiteBridgeQueryInterface(sited, &IID_IObjectWithSite, (void **)&object));
    assert_hr(S_OK, SiteBridgeQueryInterface(unsited, &IID_IObjectWithSite, (void **)&unsited_object));
    assert_hr(S_OK, SitePackageGetClassObject(classes, 1, &service, &IID_IClassFactory,
                                              (void **)&factory));
    assert_hr(S_OK, IVsPackage_QueryInterface(sited_package, &IID_IAsyncLoadablePackageInitialize,
                                              (void **)&async));
    assert_hr(S_OK, IVsPackage_QueryInterface(new_package, &IID_IAsyncLoadablePackageInitialize,
                                              (void **)&unsited_async));
}

static void end(void)
{
    IObjectWithSite_Release(object);
    IObjectWithSite_Release(unsited_object);
    IClassFactory_Release(factory);
    IAsyncLoadablePackageInitialize_Release(async);
    IAsyncLoadablePackageInitialize_Release(unsited_async);
    home_run(&home, close_everything, NULL);
    SiteBridgeRelease(unsited);
    IVsPackage_Release(sited_package);
    IVsPackage_Release(new_package);
    IVsPackage_Release(closed_package);
    IVsPackage_Release(package_with_events);
    assert_idle();
    home_stop(&home);
    assert_int_equal(1, host_refs(&host));
    assert_int_equal(0, host.wrong_threads);
}

static void the_table(void **state)
{
    begin();
    every_wrong_argument_is_refused(state);
    end();
}

int main(void)
{
    static const Test tests[] = { { "every_wrong_argument_is_refused", the_table, 0 } };

    return RUN("bad_arguments", tests);
}
