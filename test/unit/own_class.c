/*
 * A package class of the author's own, which has its background threads from a package object that it keeps
 * inside, as package.h says: SetSite, Close and the last release are forwarded to that.
 */
#include "harness.h"

#include <stdlib.h>

#include <sitebridge/package.h>

static const GUID service = { 0xb02f7d60, 0x1c3a, 0x4e57, { 0x8b, 1, 2, 3, 4, 5, 6, 7 } };
static const HRESULT refused = (HRESULT)0x80047777;

/* The class. It is what its threads use, and stays until the package object inside is destroyed. */
typedef struct Own {
    IVsPackage object;
    volatile LONG refs;
    IVsPackage *inner;                  /* counted, until its own last release */
    HRESULT siting;                     /* how what it does itself in SetSite ends */
} Own;

static Home home;
static Host site;
static volatile LONG alive;
static volatile DWORD freed_on;

static Own *own_from(IVsPackage *object)
{
    return CONTAINING_RECORD(object, Own, object);
}

static HRESULT STDMETHODCALLTYPE own_QueryInterface(IVsPackage *object, REFIID riid, void **ppv)
{
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IVsPackage))
        return E_NOINTERFACE;
    IVsPackage_AddRef(object);
    *ppv = object;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE own_AddRef(IVsPackage *object)
{
    return (ULONG)InterlockedIncrement(&own_from(object)->refs);
}

static ULONG STDMETHODCALLTYPE own_Release(IVsPackage *object)
{
    Own *self = own_from(object);
    ULONG refs = (ULONG)InterlockedDecrement(&self->refs);

    if (refs == 0)
        IVsPackage_Release(self->inner);
    return refs;
}

static void CALLBACK own_free(void *context)
{
    freed_on = GetCurrentThreadId();
    InterlockedDecrement(&alive);
    free(context);
}

/* The wait for the threads lets calls in, and one of them may be the shell's last release. */
static HRESULT STDMETHODCALLTYPE own_Close(IVsPackage *object)
{
    HRESULT hr;

    IVsPackage_AddRef(object);
    hr = IVsPackage_Close(own_from(object)->inner);
    IVsPackage_Release(object);
    return hr;
}

static HRESULT STDMETHODCALLTYPE own_SetSite(IVsPackage *object, IServiceProvider *given)
{
    Own *self = own_from(object);
    HRESULT hr;

    if (!given)
        return own_Close(object);
    hr = IVsPackage_SetSite(self->inner, given);
    if (FAILED(hr))
        return hr;
    if (FAILED(self->siting))
        IVsPackage_Close(self->inner);
    return self->siting;
}

static HRESULT STDMETHODCALLTYPE own_QueryClose(IVsPackage *object, BOOL *can_close)
{
    (void)object;
    *can_close = TRUE;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE own_GetAutomationObject(IVsPackage *object, LPCOLESTR name, IDispatch **result)
{
    (void)object, (void)name;
    *result = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE own_CreateTool(IVsPackage *object, REFGUID slot)
{
    (void)object, (void)slot;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE own_ResetDefaults(IVsPackage *object, VSPKGRESETFLAGS flags)
{
    (void)object, (void)flags;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE own_GetPropertyPage(IVsPackage *object, REFGUID page_id, VSPROPSHEETPAGE *page)
{
    (void)object, (void)page_id, (void)page;
    return E_NOTIMPL;
}

static IVsPackageVtbl own_vtbl = {
    own_QueryInterface, own_AddRef, own_Release, own_SetSite, own_QueryClose, own_Close, own_GetAutomationObject,
    own_CreateTool, own_ResetDefaults, own_GetPropertyPage,
};

static HRESULT own_create(Own **result)
{
    static const SitePackageEvents events = { .size = sizeof events, .destroyed = own_free };
    Own *self = calloc(1, sizeof *self);
    HRESULT hr = E_OUTOFMEMORY;

    *result = NULL;
    if (!self)
        return hr;
    self->object.lpVtbl = &own_vtbl;
    self->refs = 1;
    hr = SitePackageCreate(&events, self, &IID_IVsPackage, (void **)&self->inner);
    if (FAILED(hr)) {
        free(self);
        return hr;
    }
    InterlockedIncrement(&alive);
    *result = self;
    return S_OK;
}

/* The shell */

static Own *own;

static void site_it(void *context)
{
    *(HRESULT *)context = IVsPackage_SetSite(&own->object, host_site(&site));
}

static void close_it(void *context)
{
    *(HRESULT *)context = IVsPackage_Close(&own->object);
}

static HRESULT on_home(Work work)
{
    HRESULT hr = E_PENDING;

    home_run(&home, work, &hr);
    return hr;
}

static void create(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    freed_on = 0;
    assert_hr(S_OK, own_create(&own));
}

static void begin(void)
{
    create();
    assert_hr(S_OK, on_home(site_it));
}

static void end(void)
{
    home_stop(&home);
    assert_idle();
    assert_int_equal(0, alive);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
}

static void close_and_end(void)
{
    assert_hr(S_OK, on_home(close_it));
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, IVsPackage_Release(&own->object));
    end();
}

/* A thread of the class's: it is told to stop, waits for leave to go on, and asks for a service. */
typedef struct Worker {
    HANDLE begun, go_on;
    HRESULT before, after, closed;      /* the queries before and after `stop`, and its Close */
    BOOL stopped;
    LONG alive;                         /* when it has been told to go on */
    DWORD thread;
} Worker;
static Worker worker;                   /* one that a failed test leaves behind must not find another's stack */

static HRESULT query(Own *from)
{
    IUnknown *object = NULL;
    HRESULT hr = SitePackageQueryServiceFromBackgroundThread(from->inner, &service, &IID_IServiceProvider,
                                                             (void **)&object);

    if (object)
        IUnknown_Release(object);
    return hr;
}

static DWORD CALLBACK work(IVsPackage *package, HANDLE stop, void *context)
{
    Own *its = context;

    worker.thread = GetCurrentThreadId();
    worker.before = package == its->inner ? query(its) : E_UNEXPECTED;
    if (worker.closed != E_PENDING)
        worker.closed = IVsPackage_Close(&its->object);
    SetEvent(worker.begun);
    worker.stopped = WaitForSingleObject(stop, PATIENCE) == WAIT_OBJECT_0;
    WaitForSingleObject(worker.go_on, PATIENCE);
    worker.alive = alive;
    worker.after = query(its);
    return 0;
}

static void worker_begin(BOOL closes)
{
    ZeroMemory(&worker, sizeof worker);
    worker.closed = closes ? S_OK : E_PENDING;
    worker.begun = CreateEventW(NULL, TRUE, FALSE, NULL);
    worker.go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_hr(S_OK, SitePackageRunInBackground(own->inner, work, own));
    wait_for(worker.begun, "the worker's start");
}

static void worker_end(void)
{
    assert_true(worker.stopped);
    assert_int_equal(1, worker.alive);
    CloseHandle(worker.begun);
    CloseHandle(worker.go_on);
}

static void its_threads_have_the_sites_services(void **state)
{
    SiteBridge *bridge;
    IUnknown *object;
    (void)state;
    begin();
    worker_begin(FALSE);
    SetEvent(worker.go_on);
    assert_hr(S_OK, worker.before);
    assert_int_equal(home.id, site.last_thread);
    assert_hr(S_OK, SitePackageGetBridge(own->inner, &bridge));
    assert_hr(S_OK, SiteBridgeQueryService(bridge, &service, &IID_IServiceProvider, (void **)&object));
    IUnknown_Release(object);
    SiteBridgeRelease(bridge);
    close_and_end();
    worker_end();
}

/* The worker asks home when Close waits for it already. */
static void close_waits_for_its_threads_without_deadlock(void **state)
{
    HRESULT hr = E_PENDING;
    (void)state;
    begin();
    worker_begin(FALSE);
    home_begin(&home, close_it, &hr);
    assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(home.done, 50));
    SetEvent(worker.go_on);
    home_finish(&home);
    assert_hr(S_OK, hr);
    assert_hr(S_OK, worker.after);
    worker_end();
    assert_hr(E_UNEXPECTED, query(own));
    close_and_end();
}

static HRESULT release_inside(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    host->query = NULL;
    IVsPackage_Release(&own->object);
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void the_last_release_may_come_while_close_waits(void **state)
{
    (void)state;
    begin();
    worker_begin(FALSE);
    site.query = release_inside;
    SetEvent(worker.go_on);
    assert_hr(S_OK, on_home(close_it));
    worker_end();
    assert_int_equal(home.id, freed_on);
    end();
}

static void a_close_on_one_of_its_threads_is_refused(void **state)
{
    (void)state;
    begin();
    worker_begin(TRUE);
    assert_hr(RPC_E_WRONG_THREAD, worker.closed);
    SetEvent(worker.go_on);
    close_and_end();
    worker_end();
}

static BOOL it_is_freed(void *context)
{
    (void)context;
    return alive == 0;
}

/* Its threads are told to stop, home lets go of the site, and what they use stays for as long as they do. */
static void without_close_it_stays_until_its_threads_have_left(void **state)
{
    (void)state;
    begin();
    worker_begin(FALSE);
    assert_int_equal(0, IVsPackage_Release(&own->object));
    assert_let_go(&site);
    assert_int_equal(1, alive);
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    SetEvent(worker.go_on);
    assert_true(eventually(it_is_freed, NULL));
    assert_int_equal(worker.thread, freed_on);
    assert_hr(E_UNEXPECTED, worker.after);
    worker_end();
    end();
}

static void without_close_and_threads_it_goes_at_once(void **state)
{
    (void)state;
    begin();
    assert_int_equal(0, IVsPackage_Release(&own->object));
    assert_int_equal(0, alive);
    assert_int_equal(GetCurrentThreadId(), freed_on);
    assert_let_go(&site);
    end();
}

/* The shell drops it then, without Close. */
static void where_it_cannot_be_sited_it_closes_what_is_inside(void **state)
{
    (void)state;
    create();
    own->siting = refused;
    assert_hr(refused, on_home(site_it));
    assert_int_equal(1, host_refs(&site));
    assert_hr(E_UNEXPECTED, SitePackageRunInBackground(own->inner, work, NULL));
    assert_int_equal(0, IVsPackage_Release(&own->object));
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(its_threads_have_the_sites_services),
        TEST(close_waits_for_its_threads_without_deadlock),
        TEST(the_last_release_may_come_while_close_waits),
        TEST(a_close_on_one_of_its_threads_is_refused),
        TEST(without_close_it_stays_until_its_threads_have_left),
        TEST(without_close_and_threads_it_goes_at_once),
        TEST(where_it_cannot_be_sited_it_closes_what_is_inside),
    };

    return RUN("own_class", tests);
}
