/* The package in C++: its events are virtual functions, and its workers are lambdas. */
#include "harness.hpp"

#include <docobj.h>
#include <string.h>

#include <sitebridge/package.h>

#include "import.h"

static const GUID service = {0x4d2f9b71, 0x08e3, 0x4b1f, {0x9c, 3, 5, 7, 9, 11, 13, 15}};
static const GUID other_clsid = {0x5e30ac82, 0x19f4, 0x4c20, {0xad, 4, 6, 8, 10, 12, 14, 16}};

/* The test's own thread is the shell's main thread, and the site belongs to it. */
static Host site;
static IVsPackage *package;

/* How the virtual functions behave. */
static struct Plan
{
    Outcome constructor, sited, query_close, closing, query_interface, initialize;
    bool can_close;
    HRESULT sited_result;
} plan;

static struct Log
{
    char calls[16];             /* a letter each, from the constructor to the destructor */
    size_t count;
    IServiceProvider *site;
    bool could_close;
    IVsPackage *object_when_sited, *object_when_closing, *object_when_made, *object_when_destroyed;
    SiteBridge *bridge_when_made, *bridge_when_destroyed;
    HRESULT run_when_made, run_when_destroyed, query_when_sited, query_when_closing;
    IAsyncServiceProvider *provider;
    IProfferAsyncService *proffer;
    IAsyncProgressCallback *progress;
    DWORD initialized_on, destroyed_on;
} logged;

static void log_call(char letter)
{
    if (logged.count < sizeof logged.calls - 1)
        logged.calls[logged.count++] = letter;
}

static HRESULT query(const sitebridge::bridge &bridge)
{
    IServiceProvider *provider;
    HRESULT hr = bridge.query_service(service, &provider);

    if (SUCCEEDED(hr))
        provider->Release();
    return hr;
}

class Tested;
static Tested *made;

class Tested final : public sitebridge::package, public IOleCommandTarget
{
  public:
    int number = 42;

    Tested()
    {
        log_call('(');
        logged.object_when_made = object();
        logged.bridge_when_made = bridge().get();
        logged.run_when_made = run([](HANDLE) {});
        behave(plan.constructor);
        made = this;
    }
    ~Tested() override
    {
        log_call(')');
        logged.object_when_destroyed = object();
        logged.bridge_when_destroyed = bridge().get();
        logged.run_when_destroyed = run([](HANDLE) {});
        logged.destroyed_on = GetCurrentThreadId();
        number = 0;
    }

    HRESULT sited(IServiceProvider *given) override
    {
        log_call('s');
        logged.site = given;
        logged.object_when_sited = object();
        logged.query_when_sited = query(bridge());
        behave(plan.sited);
        return plan.sited_result;
    }
    HRESULT query_close(bool &can_close) override
    {
        log_call('q');
        logged.could_close = can_close;
        can_close = plan.can_close;
        behave(plan.query_close);
        return S_OK;
    }
    void closing() override
    {
        log_call('c');
        logged.object_when_closing = object();
        logged.query_when_closing = query(bridge());
        behave(plan.closing);
    }
    HRESULT query_interface(REFIID riid, void **result) override
    {
        behave(plan.query_interface);
        if (riid != __uuidof(IOleCommandTarget))
            return E_NOINTERFACE;
        *result = static_cast<IOleCommandTarget *>(this);
        AddRef();
        return S_OK;
    }

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **result) override
    {
        return object()->QueryInterface(riid, result);
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return object()->AddRef();
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return object()->Release();
    }
    HRESULT STDMETHODCALLTYPE QueryStatus(const GUID *, ULONG, OLECMD[], OLECMDTEXT *) override
    {
        return OLECMDERR_E_UNKNOWNGROUP;
    }
    HRESULT STDMETHODCALLTYPE Exec(const GUID *, DWORD, DWORD, VARIANT *, VARIANT *) override
    {
        return OLECMDERR_E_DISABLED;
    }
};

/* Its base of COM's comes first, so that the package is not where the object is. */
class Async final : public IUnknown, public sitebridge::async_package
{
  public:
    ~Async() override
    {
        log_call(')');
    }
    HRESULT initialize(IAsyncServiceProvider *provider, IProfferAsyncService *proffer,
                       IAsyncProgressCallback *progress) override
    {
        log_call('i');
        logged.provider = provider;
        logged.proffer = proffer;
        logged.progress = progress;
        logged.initialized_on = GetCurrentThreadId();
        behave(plan.initialize);
        return S_FALSE;
    }
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **result) override
    {
        return object()->QueryInterface(riid, result);
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return object()->AddRef();
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return object()->Release();
    }
};

class Silent final : public sitebridge::package
{
};

class SilentAsync final : public sitebridge::async_package
{
};

static const SitePackageClass classes[] = {
    {&other_clsid, sitebridge::create_package<Silent>},
    {&IID_IVsPackage, sitebridge::create_package<Tested>},
};

static void prepare()
{
    CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED);
    host_init(&site, GetCurrentThreadId());
    plan = Plan();
    plan.can_close = true;
    logged = Log();
    made = nullptr;
}

template <class P> static void create()
{
    prepare();
    assert_hr(S_OK, sitebridge::create_package<P>(IID_IVsPackage, reinterpret_cast<void **>(&package)));
}

static void begin()
{
    create<Tested>();
    assert_hr(S_OK, package->SetSite(host_site(&site)));
}

static void leave()
{
    assert_idle();
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
    CoUninitialize();
    assert_idle();
}

static void end()
{
    assert_hr(S_OK, package->Close());
    package->Release();
    leave();
}

/* The object */

static void the_events_are_virtual_functions(void **)
{
    IClassFactory *factory;
    BOOL can_close = FALSE;

    prepare();
    assert_hr(S_OK, SitePackageGetClassObject(classes, 2, IID_IVsPackage, IID_IClassFactory,
                                              reinterpret_cast<void **>(&factory)));
    assert_hr(S_OK, factory->CreateInstance(nullptr, IID_IVsPackage, reinterpret_cast<void **>(&package)));
    factory->Release();
    assert_ptr_equal(package, made->object());
    assert_hr(S_OK, package->SetSite(host_site(&site)));
    assert_ptr_equal(host_site(&site), logged.site);
    assert_hr(S_OK, package->QueryClose(&can_close));
    assert_true(logged.could_close);
    assert_int_equal(TRUE, can_close);
    plan.can_close = false;
    assert_hr(S_OK, package->QueryClose(&can_close));
    assert_int_equal(FALSE, can_close);
    assert_hr(S_OK, package->Close());
    assert_int_equal(0, package->Release());
    assert_string_equal("(sqqc)", logged.calls);
    assert_hr(S_OK, logged.query_when_sited);
    assert_hr(S_OK, logged.query_when_closing);
    assert_ptr_equal(package, logged.object_when_sited);
    assert_ptr_equal(package, logged.object_when_closing);
    leave();
}

static void what_is_not_overridden_stands_in_nobodys_way(void **)
{
    IAsyncLoadablePackageInitialize *async;
    BOOL can_close = FALSE;
    IVsTask *task;
    void *none = &site;

    create<Silent>();
    assert_hr(S_OK, package->SetSite(host_site(&site)));
    assert_hr(S_OK, package->QueryClose(&can_close));
    assert_int_equal(TRUE, can_close);
    assert_hr(E_NOINTERFACE, package->QueryInterface(IID_IOleCommandTarget, &none));
    assert_null(none);
    assert_hr(E_NOINTERFACE, package->QueryInterface(IID_IAsyncLoadablePackageInitialize, &none));
    end();

    create<SilentAsync>();
    assert_hr(S_OK, package->SetSite(host_site(&site)));
    assert_hr(S_OK, package->QueryInterface(IID_IAsyncLoadablePackageInitialize, reinterpret_cast<void **>(&async)));
    assert_hr(S_OK, async->Initialize(nullptr, nullptr, nullptr, &task));
    async->Release();
    end();
}

static void no_exception_leaves_an_event(void **)
{
    BOOL can_close;
    void *none;

    for (Outcome outcome : {THROWS_BAD_ALLOC, THROWS}) {
        create<Tested>();
        plan.sited = outcome;
        assert_hr(told(outcome), package->SetSite(host_site(&site)));
        assert_int_equal(1, host_refs(&site));
        plan.sited = SUCCEEDS;
        plan.sited_result = E_ACCESSDENIED;
        assert_hr(E_ACCESSDENIED, package->SetSite(host_site(&site)));
        plan.sited_result = S_OK;
        assert_hr(S_OK, package->SetSite(host_site(&site)));

        plan.query_close = outcome;
        assert_hr(told(outcome), package->QueryClose(&can_close));
        plan.query_interface = outcome;
        none = &site;
        assert_hr(told(outcome), package->QueryInterface(IID_IOleCommandTarget, &none));
        assert_null(none);
        plan.query_interface = SUCCEEDS;
        plan.closing = outcome;
        assert_hr(S_OK, package->Close());
        assert_int_equal(1, host_refs(&site));
        end();
    }
}

static void a_package_whose_constructor_throws_is_none(void **)
{
    prepare();
    for (Outcome outcome : {THROWS_BAD_ALLOC, THROWS}) {
        void *none = &site;

        logged = Log();
        plan.constructor = outcome;
        assert_hr(told(outcome), sitebridge::create_package<Tested>(IID_IVsPackage, &none));
        assert_null(none);
        assert_string_equal("(", logged.calls);
    }
    assert_hr(E_POINTER, sitebridge::create_package<Tested>(IID_IVsPackage, nullptr));
    assert_string_equal("(", logged.calls);
    leave();
}

/* Lets the library have no memory, where what it calls for that can be reached. */
typedef void *(__cdecl *Calloc)(size_t count, size_t size);
static void *__cdecl calloc_in_vain(size_t, size_t)
{
    return nullptr;
}

static void a_package_that_cannot_be_had_is_deleted(void **)
{
    HMODULE library = import_source("SiteBridgeCreate");
    ImportedFunction before;
    void *none = &site;

    prepare();
    assert_hr(E_NOINTERFACE, sitebridge::create_package<Tested>(IID_IDispatch, &none));
    assert_null(none);
    assert_string_equal("()", logged.calls);

    logged = Log();
    plan.query_interface = THROWS;
    assert_hr(E_FAIL, sitebridge::create_package<Tested>(IID_IOleCommandTarget, &none));
    assert_string_equal("()", logged.calls);

    logged = Log();
    before = import_patch(library, nullptr, "calloc", reinterpret_cast<ImportedFunction>(calloc_in_vain));
    if (before) {
        none = &site;
        HRESULT hr = sitebridge::create_package<Tested>(IID_IVsPackage, &none);
        import_patch(library, nullptr, "calloc", before);
        assert_hr(E_OUTOFMEMORY, hr);
        assert_null(none);
        assert_string_equal("()", logged.calls);
    }
    leave();
}

static void a_package_has_no_object_before_and_after_its_life(void **)
{
    begin();
    end();
    assert_null(logged.object_when_made);
    assert_null(logged.bridge_when_made);
    assert_hr(E_INVALIDARG, logged.run_when_made);
    assert_null(logged.object_when_destroyed);
    assert_null(logged.bridge_when_destroyed);
    assert_hr(E_INVALIDARG, logged.run_when_destroyed);
}

static void an_interface_of_the_packages_own_is_a_part_of_it(void **)
{
    IUnknown *identity, *its_identity;
    IOleCommandTarget *commands;
    IVsPackage *again;

    /* It can be what the package is first asked for. */
    prepare();
    assert_hr(S_OK, sitebridge::create_package<Tested>(IID_IOleCommandTarget, reinterpret_cast<void **>(&commands)));
    assert_hr(S_OK, commands->QueryInterface(IID_IVsPackage, reinterpret_cast<void **>(&package)));
    assert_int_equal(1, commands->Release());
    assert_hr(S_OK, package->SetSite(host_site(&site)));

    assert_hr(S_OK, package->QueryInterface(IID_IOleCommandTarget, reinterpret_cast<void **>(&commands)));
    assert_hr(OLECMDERR_E_DISABLED, commands->Exec(nullptr, 0, 0, nullptr, nullptr));
    assert_hr(S_OK, commands->QueryInterface(IID_IVsPackage, reinterpret_cast<void **>(&again)));
    assert_ptr_equal(package, again);
    assert_hr(S_OK, commands->QueryInterface(IID_IUnknown, reinterpret_cast<void **>(&its_identity)));
    assert_hr(S_OK, package->QueryInterface(IID_IUnknown, reinterpret_cast<void **>(&identity)));
    assert_ptr_equal(identity, its_identity);
    identity->Release();
    its_identity->Release();
    again->Release();
    assert_hr(S_OK, package->Close());
    assert_int_equal(1, package->Release());
    assert_int_equal(0, commands->Release());
    assert_string_equal("(sc)", logged.calls);
    leave();
}

static void a_packages_bridge_is_a_reference_of_the_callers_own(void **)
{
    sitebridge::bridge bridge;
    HRESULT hr = E_PENDING;

    begin();
    bridge = made->bridge();
    on_thread(IN_STA, [&] { hr = query(bridge); });
    assert_hr(S_OK, hr);
    assert_hr(S_OK, package->Close());
    assert_int_equal(0, package->Release());
    assert_hr(E_UNEXPECTED, query(bridge));
    bridge = sitebridge::bridge();
    leave();
}

static void an_async_package_gets_what_the_shell_passes(void **)
{
    auto provider = reinterpret_cast<IAsyncServiceProvider *>(&site);
    auto proffer = reinterpret_cast<IProfferAsyncService *>(&plan);
    auto progress = reinterpret_cast<IAsyncProgressCallback *>(&logged);
    HRESULT hr = E_PENDING;
    DWORD thread = 0;

    create<Async>();
    assert_hr(S_OK, package->SetSite(host_site(&site)));
    for (Outcome outcome : {SUCCEEDS, THROWS_BAD_ALLOC, THROWS}) {
        plan.initialize = outcome;
        on_thread(IN_MTA, [&] {
            IAsyncLoadablePackageInitialize *async;
            IVsTask *task;

            thread = GetCurrentThreadId();
            hr = package->QueryInterface(IID_IAsyncLoadablePackageInitialize, reinterpret_cast<void **>(&async));
            if (FAILED(hr))
                return;
            hr = async->Initialize(provider, proffer, progress, &task);
            async->Release();
        });
        assert_hr(outcome == SUCCEEDS ? S_FALSE : told(outcome), hr);
        assert_int_equal(thread, logged.initialized_on);
    }
    assert_ptr_equal(provider, logged.provider);
    assert_ptr_equal(proffer, logged.proffer);
    assert_ptr_equal(progress, logged.progress);
    end();
    assert_string_equal("iii)", logged.calls);
}

/* Workers */

/* Has a worker do the work, and returns its exit code when its thread has ended. */
template <class F> static DWORD exit_code_of(F &&work)
{
    HANDLE begun = CreateEventW(nullptr, TRUE, FALSE, nullptr), thread = nullptr;
    DWORD code = 0;

    assert_hr(S_OK, made->run([&thread, begun, work = std::forward<F>(work)](HANDLE stop) mutable {
        thread = OpenThread(SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentThreadId());
        SetEvent(begun);
        return work(stop);
    }));
    wait_for(begun, "the worker's start");
    pump_until(thread, "the worker's end");
    GetExitCodeThread(thread, &code);
    CloseHandle(begun);
    CloseHandle(thread);
    return code;
}

static void a_workers_exit_code_is_what_the_lambda_returns(void **)
{
    begin();
    assert_int_equal(7, exit_code_of([](HANDLE) -> DWORD { return 7; }));
    assert_int_equal(8, exit_code_of([](HANDLE) { return 8; }));
    assert_int_equal(0, exit_code_of([](HANDLE) {}));
    assert_hr(E_ABORT, exit_code_of([](HANDLE) { return E_ABORT; }));
    end();
}

static void no_exception_leaves_a_worker(void **)
{
    begin();
    for (Outcome outcome : {THROWS_BAD_ALLOC, THROWS}) {
        Fate fate;

        assert_hr(told(outcome), exit_code_of([outcome, cargo = Cargo(fate)](HANDLE) { behave(outcome); }));
        assert_hr(told(outcome), exit_code_of([outcome](HANDLE) {
            behave(outcome);
            return 0;
        }));
        assert_int_equal(1, fate.ended);
    }
    end();
}

static void a_worker_destroys_what_it_was_given(void **)
{
    DWORD thread = 0;
    Fate fate;

    begin();
    assert_int_equal(0, exit_code_of([&thread, cargo = Cargo(fate)](HANDLE) { thread = GetCurrentThreadId(); }));
    assert_int_equal(1, fate.ended);
    assert_int_equal(thread, fate.thread);
    assert_true(fate.was_in_mta);
    end();
}

static void a_worker_that_is_refused_is_destroyed_at_once(void **)
{
    bool ran = false;
    Fate early, late;

    create<Tested>();
    assert_hr(E_UNEXPECTED, made->run([&ran, cargo = Cargo(early)](HANDLE) { ran = true; }));
    assert_int_equal(1, early.ended);
    assert_int_equal(GetCurrentThreadId(), early.thread);
    assert_hr(S_OK, package->SetSite(host_site(&site)));
    assert_hr(S_OK, package->Close());
    assert_hr(E_UNEXPECTED, made->run([&ran, cargo = Cargo(late)](HANDLE) { ran = true; }));
    assert_int_equal(1, late.ended);
    assert_int_equal(GetCurrentThreadId(), late.thread);
    end();
    assert_false(ran);
}

static void a_worker_that_does_not_let_itself_be_moved_is_none(void **)
{
    begin();
    assert_hr(E_OUTOFMEMORY, made->run(Stubborn(THROWS_BAD_ALLOC)));
    assert_hr(E_FAIL, made->run(Stubborn(THROWS)));
    end();
}

static void a_worker_that_is_not_a_temporary_is_copied(void **)
{
    volatile LONG runs = 0;
    auto work = [&runs](HANDLE) { InterlockedIncrement(&runs); };

    begin();
    assert_hr(S_OK, made->run(work));
    assert_hr(S_OK, made->run(static_cast<const decltype(work) &>(work)));
    end();
    assert_int_equal(2, runs);
}

static void what_a_workers_cargo_throws_in_its_end_goes_nowhere(void **)
{
    bool thrown = false;

    begin();
    assert_int_equal(7, exit_code_of([explosive = Explosive(&thrown)](HANDLE) { return 7; }));
    assert_true(thrown);
    end();
}

static void closing_stops_the_workers(void **)
{
    DWORD stopped = WAIT_FAILED;
    HRESULT hr = E_PENDING;

    begin();
    assert_hr(S_OK, made->run([&](HANDLE stop) {
        stopped = WaitForSingleObject(stop, PATIENCE);
        hr = query(made->bridge());
    }));
    end();
    assert_int_equal(WAIT_OBJECT_0, stopped);
    assert_hr(S_OK, hr);
}

/* Its lambda, too, is gone before the package is. */
static void a_package_is_there_until_its_last_worker_is_gone(void **)
{
    HANDLE go_on = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    int number = 0;
    Fate fate;

    begin();
    assert_hr(S_OK, made->run([&number, go_on, cargo = Cargo(fate), self = made](HANDLE) {
        WaitForSingleObject(go_on, PATIENCE);
        number = self->number;
    }));
    assert_int_equal(0, package->Release());
    assert_string_equal("(s", logged.calls);
    SetEvent(go_on);
    pump_until(fate.end, "the worker's end");
    leave();
    CloseHandle(go_on);
    assert_int_equal(42, number);
    assert_string_equal("(s)", logged.calls);
    assert_int_equal(fate.thread, logged.destroyed_on);
}

int main()
{
    static const Test tests[] = {
        TEST(the_events_are_virtual_functions),
        TEST(what_is_not_overridden_stands_in_nobodys_way),
        TEST(no_exception_leaves_an_event),
        TEST(a_package_whose_constructor_throws_is_none),
        TEST(a_package_that_cannot_be_had_is_deleted),
        TEST(a_package_has_no_object_before_and_after_its_life),
        TEST(an_interface_of_the_packages_own_is_a_part_of_it),
        TEST(a_packages_bridge_is_a_reference_of_the_callers_own),
        TEST(an_async_package_gets_what_the_shell_passes),
        TEST(a_workers_exit_code_is_what_the_lambda_returns),
        TEST(no_exception_leaves_a_worker),
        TEST(a_worker_destroys_what_it_was_given),
        TEST(a_worker_that_is_refused_is_destroyed_at_once),
        TEST(a_worker_that_does_not_let_itself_be_moved_is_none),
        TEST(a_worker_that_is_not_a_temporary_is_copied),
        TEST(what_a_workers_cargo_throws_in_its_end_goes_nowhere),
        TEST(closing_stops_the_workers),
        TEST(a_package_is_there_until_its_last_worker_is_gone),
    };

    warm_up_exceptions();
    return RUN("cpp_package", tests);
}
