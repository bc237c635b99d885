/* The package object, its threads, and its class. */
#include "scenario.h"

static const GUID service = { 0x7b3e9d15, 0x61f8, 0x4a02, { 0xa4, 1, 2, 3, 4, 5, 6, 7 } };
static const CLSID class_id = { 0x7b3e9d16, 0x61f8, 0x4a02, { 0xa4, 1, 2, 3, 4, 5, 6, 7 } };

static IVsPackage *package;
static volatile int made, destroyed;

static void CALLBACK count_destroyed(void *context)
{
    (void)context;
    destroyed++;
}

static HRESULT query_package(void)
{
    IServiceProvider *object = (IServiceProvider *)1;
    HRESULT hr = SitePackageQueryServiceFromBackgroundThread(package, &service, &IID_IServiceProvider,
                                                             (void **)&object);

    if (SUCCEEDED(hr) != (object != NULL))
        return STRAY;
    if (object)
        IServiceProvider_Release(object);
    return hr;
}

static HRESULT CALLBACK initialize(IVsPackage *object, IAsyncServiceProvider *provider,
                                   IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                   void *context)
{
    (void)object, (void)provider, (void)proffer, (void)progress, (void)context;
    return query_package();
}

static HRESULT create_package(const IID *iid, void **ppv)
{
    SitePackageEvents events = { 0 };
    HRESULT hr;

    events.size = sizeof events;
    events.destroyed = count_destroyed;
    events.initialize = initialize;
    hr = SitePackageCreate(&events, NULL, iid, ppv);
    if (SUCCEEDED(hr))
        made++;
    return hr;
}

/* What cannot be made does not own its context. */
static HRESULT create(const IID *iid)
{
    IUnknown *object = (IUnknown *)1;
    int before = destroyed;
    HRESULT hr = create_package(iid, (void **)&object);

    if (SUCCEEDED(hr) != (object != NULL))
        return STRAY;
    if (object)
        IUnknown_Release(object);
    return destroyed - before == (SUCCEEDED(hr) ? 1 : 0) ? hr : STRAY;
}

static HRESULT create_plainly(void)
{
    return create(&IID_IVsPackage);
}

static HRESULT create_agile(void)
{
    return create(&IID_IMarshal);
}

static void nothing(void)
{
}

/* On home */

static void begin(void)
{
    stage.bridge = NULL;
    host_init(&stage.site, stage.home.id);
    assert_hr(S_OK, create_package(&IID_IVsPackage, (void **)&package));
}

typedef struct Method {
    IServiceProvider *site;     /* NULL: Close */
    HRESULT hr;
} Method;

static void call_method(void *context)
{
    Method *method = context;

    method->hr = method->site ? IVsPackage_SetSite(package, method->site) : IVsPackage_Close(package);
}

static HRESULT site_package(void)
{
    Method method = { host_site(&stage.site), E_PENDING };

    home_run(&stage.home, call_method, &method);
    return method.hr;
}

static BOOL site_is_free(void *context)
{
    (void)context;
    return host_refs(&stage.site) == 1;
}

/* Closed is closed: no reference on the site is left, but for an answer's, which an STA has just got. */
static HRESULT close_package(void)
{
    Method method = { NULL, E_PENDING };

    home_run(&stage.home, call_method, &method);
    return SUCCEEDED(method.hr) && !eventually(site_is_free, NULL) ? STRAY : method.hr;
}

static void begin_sited(void)
{
    begin();
    assert_hr(S_OK, site_package());
}

static void end(void)
{
    assert_hr(S_OK, close_package());
    assert_int_equal(0, IVsPackage_Release(package));
}

/* Its threads */

typedef struct Worker {
    HANDLE finished;
    BOOL wait;
    HRESULT hr;
} Worker;
static Worker worker;

static DWORD CALLBACK work(IVsPackage *object, HANDLE stop, void *context)
{
    (void)object, (void)context;
    if (worker.wait)
        WaitForSingleObject(stop, PATIENCE);
    worker.hr = query_package();
    SetEvent(worker.finished);
    return 0;
}

static HRESULT run(void)
{
    HRESULT hr;

    worker.wait = FALSE;
    worker.finished = CreateEventW(NULL, TRUE, FALSE, NULL);
    hr = SitePackageRunInBackground(package, work, NULL);
    if (SUCCEEDED(hr)) {
        wait_for(worker.finished, "a worker");
        hr = worker.hr;
    }
    CloseHandle(worker.finished);
    return hr;
}

static void begin_working(void)
{
    begin_sited();
    worker.wait = TRUE;
    worker.hr = E_PENDING;
    worker.finished = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_hr(S_OK, SitePackageRunInBackground(package, work, NULL));
}

static void end_working(void)
{
    end();
    CloseHandle(worker.finished);
}

/* The worker asks home while home waits for the worker. */
static HRESULT close_while_working(void)
{
    HRESULT hr = close_package();

    return hr == S_OK && worker.hr == E_PENDING ? STRAY : hr;
}

/* Without Close: the worker is told to stop, and home lets go of the site. */
static HRESULT release_while_working(void)
{
    return IVsPackage_Release(package) == 0 ? S_OK : STRAY;
}

static BOOL packages_are_gone(void *context)
{
    (void)context;
    return destroyed == made;
}

static void end_released(void)
{
    assert_true(eventually(site_is_free, NULL));
    assert_true(eventually(packages_are_gone, NULL));
    CloseHandle(worker.finished);
}

static void close_into(void *context)
{
    *(HRESULT *)context = IVsPackage_Close(package);
}

static HRESULT close_off_home(void)
{
    HRESULT hr = E_PENDING;

    thread_run(IN_MTA, close_into, &hr);
    return hr;
}

static void query_into(void *context)
{
    *(HRESULT *)context = query_package();
}

static HRESULT query_in_sta(void)
{
    HRESULT hr = E_PENDING;

    thread_run(IN_STA, query_into, &hr);
    return hr;
}

static void load_into(void *context)
{
    IAsyncLoadablePackageInitialize *async = NULL;
    IVsTask *task = (IVsTask *)1;
    HRESULT *hr = context;

    *hr = IVsPackage_QueryInterface(package, &IID_IAsyncLoadablePackageInitialize, (void **)&async);
    if (FAILED(*hr))
        return;
    *hr = IAsyncLoadablePackageInitialize_Initialize(async, NULL, NULL, NULL, &task);
    IAsyncLoadablePackageInitialize_Release(async);
    if (task)
        *hr = STRAY;
}

static HRESULT load_asynchronously(void)
{
    HRESULT hr = E_PENDING;

    thread_run(IN_MTA, load_into, &hr);
    return hr;
}

/* Its bridge and its class */

static HRESULT get_bridge(void)
{
    SiteBridge *bridge = (SiteBridge *)1;
    HRESULT hr = SitePackageGetBridge(package, &bridge);

    if (SUCCEEDED(hr) != (bridge != NULL))
        return STRAY;
    SiteBridgeRelease(bridge);
    return hr;
}

static HRESULT CALLBACK create_instance(REFIID riid, void **ppv)
{
    return create_package(riid, ppv);
}

static HRESULT class_object(void)
{
    static const SitePackageClass classes[] = { { &class_id, create_instance } };
    IClassFactory *factory = (IClassFactory *)1;
    IUnknown *object = (IUnknown *)1;
    HRESULT hr = SitePackageGetClassObject(classes, 1, &class_id, &IID_IClassFactory, (void **)&factory);

    if (SUCCEEDED(hr) != (factory != NULL))
        return STRAY;
    if (FAILED(hr))
        return hr;
    hr = IClassFactory_LockServer(factory, TRUE);
    if (SUCCEEDED(hr)) {
        IClassFactory_LockServer(factory, FALSE);
        hr = IClassFactory_CreateInstance(factory, NULL, &IID_IUnknown, (void **)&object);
        if (SUCCEEDED(hr) != (object != NULL))
            hr = STRAY;
        else if (object)
            IUnknown_Release(object);
    }
    IClassFactory_Release(factory);
    return hr;
}

const Scenario package_scenarios[] = {
    { "package", nothing, create_plainly, nothing, S_OK, S_OK, AGAIN, FALSE },
    { "agile package", nothing, create_agile, nothing, S_OK, S_OK, AGAIN, FALSE },
    { "package's site", begin, site_package, end, S_OK, S_OK, AGAIN_AFTER_FAILURE, FALSE },
    { "package's query", begin_sited, query_in_sta, end, S_OK, S_OK, AGAIN, FALSE },
    { "package's thread", begin_sited, run, end, S_OK, S_OK, AGAIN, FALSE },
    { "package's asynchronous load", begin_sited, load_asynchronously, end, S_OK, S_OK, AGAIN, FALSE },
    { "package's bridge", begin_sited, get_bridge, end, S_OK, S_OK, AGAIN, FALSE },
    { "package's close", begin_sited, close_package, end, S_OK, S_OK, AGAIN, TRUE },
    { "close while working", begin_working, close_while_working, end_working, S_OK, S_OK, AGAIN, TRUE },
    { "release while working", begin_working, release_while_working, end_released, S_OK, S_OK, NOT_AGAIN, TRUE },
    { "close off home", begin_sited, close_off_home, end, RPC_E_WRONG_THREAD, RPC_E_WRONG_THREAD, AGAIN, FALSE },
    { "class object", nothing, class_object, nothing, S_OK, S_OK, AGAIN, FALSE },
};
const size_t package_scenario_count = sizeof package_scenarios / sizeof package_scenarios[0];
