#include "harness.h"

/* The host's object */

static volatile LONG references, lost;

LONG host_references(void)
{
    return InterlockedCompareExchange(&references, 0, 0);
}

LONG hosts_lost(void)
{
    return InterlockedCompareExchange(&lost, 0, 0);
}

static Host *host_from(IServiceProvider *provider)
{
    return CONTAINING_RECORD(provider, Host, provider);
}

static void host_check(Host *host)
{
    if (host->thread && GetCurrentThreadId() != host->thread)
        InterlockedIncrement(&host->wrong_threads);
}

static HRESULT STDMETHODCALLTYPE host_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    Host *host = host_from(provider);

    host_check(host);
    if (host->marshaler && IsEqualIID(riid, &IID_IMarshal))
        return IUnknown_QueryInterface(host->marshaler, riid, ppv);
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider) &&
        !(host->agile && IsEqualIID(riid, &IID_IAgileObject))) {
        *ppv = NULL;
        return E_NOINTERFACE;
    }
    InterlockedIncrement(&references);
    InterlockedIncrement(&host->refs);
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE host_AddRef(IServiceProvider *provider)
{
    host_check(host_from(provider));
    InterlockedIncrement(&references);
    return (ULONG)InterlockedIncrement(&host_from(provider)->refs);
}

static ULONG STDMETHODCALLTYPE host_Release(IServiceProvider *provider)
{
    host_check(host_from(provider));
    InterlockedDecrement(&references);
    return (ULONG)InterlockedDecrement(&host_from(provider)->refs);
}

static HRESULT STDMETHODCALLTYPE host_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                   void **ppv)
{
    Host *host = host_from(provider);

    host_check(host);
    host->last_thread = GetCurrentThreadId();
    InterlockedIncrement(&host->queries);
    if (host->query)
        return host->query(host, rsid, riid, ppv);
    *ppv = NULL;
    if (host->result != S_OK)
        return host->result;
    return IServiceProvider_QueryInterface(host_site(host->service ? host->service : host), riid, ppv);
}

static IServiceProviderVtbl host_vtbl = {
    host_QueryInterface, host_AddRef, host_Release, host_QueryService,
};

void host_init(Host *host, DWORD thread)
{
    ZeroMemory(host, sizeof *host);
    host->provider.lpVtbl = &host_vtbl;
    host->refs = 1;
    host->thread = thread;
}

IServiceProvider *host_site(Host *host)
{
    return &host->provider;
}

LONG host_refs(Host *host)
{
    return InterlockedCompareExchange(&host->refs, 0, 0);
}

/* Waiting */

void pump(void)
{
    MSG message;

    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageW(&message);
}

BOOL eventually(BOOL (*condition)(void *context), void *context)
{
    ULONGLONG start = GetTickCount64();

    while (!condition(context)) {
        if (GetTickCount64() - start > PATIENCE)
            return FALSE;
        pump();
        MsgWaitForMultipleObjectsEx(0, NULL, 5, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
    }
    return TRUE;
}

void pump_until(HANDLE handle, const char *what)
{
    ULONGLONG start = GetTickCount64();
    MSG message;

    while (MsgWaitForMultipleObjectsEx(1, &handle, PATIENCE, QS_ALLINPUT, MWMO_INPUTAVAILABLE) !=
           WAIT_OBJECT_0) {
        if (GetTickCount64() - start > PATIENCE)
            fail_msg("%s hung", what);
        if (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
            DispatchMessageW(&message);
    }
}

void wait_for(HANDLE handle, const char *what)
{
    if (WaitForSingleObject(handle, PATIENCE) != WAIT_OBJECT_0)
        fail_msg("%s hung", what);
}

static BOOL host_is_let_go(void *context)
{
    return host_refs(context) == 1;
}

void assert_let_go(Host *host)
{
    if (!eventually(host_is_let_go, host))
        fail_msg("%ld references are left on a host's object", (long)host_refs(host) - 1);
}

/* Threads */

static void enter_apartment(Kind kind)
{
    if (kind != IN_NONE)
        CoInitializeEx(NULL, kind == IN_STA ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
}

static void leave_apartment(Kind kind)
{
    if (kind != IN_NONE)
        CoUninitialize();
}

static DWORD WINAPI thread_main(void *context)
{
    Thread *thread = context;

    enter_apartment(thread->kind);
    thread->work(thread->context);
    leave_apartment(thread->kind);
    return 0;
}

void thread_start(Thread *thread, Kind kind, Work work, void *context)
{
    thread->kind = kind;
    thread->work = work;
    thread->context = context;
    thread->handle = CreateThread(NULL, 0, thread_main, thread, 0, &thread->id);
    if (!thread->handle)
        fail_msg("%s", "no thread");
}

void thread_join(Thread *thread)
{
    wait_for(thread->handle, "a background thread");
    CloseHandle(thread->handle);
}

void thread_join_pumping(Thread *thread)
{
    pump_until(thread->handle, "a background thread");
    CloseHandle(thread->handle);
}

void thread_run(Kind kind, Work work, void *context)
{
    Thread thread;

    thread_start(&thread, kind, work, context);
    thread_join_pumping(&thread);
}

/* Home */

static DWORD WINAPI home_main(void *context)
{
    Home *home = context;
    MSG message;

    enter_apartment(home->kind);
    PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
    SetEvent(home->done);
    while (!home->quit) {
        if (MsgWaitForMultipleObjectsEx(1, &home->wake, INFINITE, QS_ALLINPUT, MWMO_INPUTAVAILABLE) ==
            WAIT_OBJECT_0) {
            if (home->work)
                home->work(home->context);
            SetEvent(home->done);
        } else if (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) {
            DispatchMessageW(&message);
        }
    }
    if (home->uninitialize)
        leave_apartment(home->kind);
    return 0;
}

void home_start(Home *home, Kind kind)
{
    ZeroMemory(home, sizeof *home);
    home->kind = kind;
    home->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    home->done = CreateEventW(NULL, FALSE, FALSE, NULL);
    home->release = CreateEventW(NULL, FALSE, FALSE, NULL);
    home->blocked = CreateEventW(NULL, FALSE, FALSE, NULL);
    home->thread = CreateThread(NULL, 0, home_main, home, 0, &home->id);
    if (!home->thread)
        fail_msg("%s", "no home");
    wait_for(home->done, "home's start");
}

void home_begin(Home *home, Work work, void *context)
{
    home->work = work;
    home->context = context;
    SetEvent(home->wake);
}

void home_finish(Home *home)
{
    wait_for(home->done, "home");
}

void home_run(Home *home, Work work, void *context)
{
    home_begin(home, work, context);
    home_finish(home);
}

static void home_wait_plainly(void *context)
{
    Home *home = context;

    SetEvent(home->blocked);
    WaitForSingleObject(home->release, INFINITE);
    if (home->next)
        home->next(home->next_context);
}

void home_block_before(Home *home, Work next, void *context)
{
    home->next = next;
    home->next_context = context;
    home_begin(home, home_wait_plainly, home);
    wait_for(home->blocked, "home");
}

void home_block(Home *home)
{
    home_block_before(home, NULL, NULL);
}

void home_unblock(Home *home)
{
    SetEvent(home->release);
    wait_for(home->done, "home");
}

void home_let_end(Home *home)
{
    home->work = NULL;
    home->quit = home->uninitialize = TRUE;
    SetEvent(home->release);
}

static void home_close(Home *home)
{
    wait_for(home->thread, "home's end");
    CloseHandle(home->thread);
    CloseHandle(home->wake);
    CloseHandle(home->done);
    CloseHandle(home->release);
    CloseHandle(home->blocked);
}

static void home_end(Home *home, BOOL uninitialize)
{
    home->work = NULL;
    home->uninitialize = uninitialize;
    home->quit = TRUE;
    SetEvent(home->wake);
    home_close(home);
}

void home_stop(Home *home)
{
    home_end(home, TRUE);
}

void home_vanish(Home *home)
{
    InterlockedIncrement(&lost);
    home_end(home, FALSE);
}

/* It waits, and so has no lock of the process's. */
void home_kill(Home *home)
{
    InterlockedIncrement(&lost);
    TerminateThread(home->thread, 0);
    home_close(home);
}

typedef struct HomeCall {
    SiteBridge *bridge;
    Host *host;
    const GUID *rsid;
    const IID *riid;
    HRESULT hr;
} HomeCall;

static void call_set_site(void *context)
{
    HomeCall *call = context;

    call->hr = SiteBridgeSetSite(call->bridge, call->host ? host_site(call->host) : NULL);
}

HRESULT home_set_site(Home *home, SiteBridge *bridge, Host *host)
{
    HomeCall call = { bridge, host, NULL, NULL, E_FAIL };

    home_run(home, call_set_site, &call);
    return call.hr;
}

static void call_prefetch(void *context)
{
    HomeCall *call = context;

    call->hr = SiteBridgePrefetch(call->bridge, call->rsid, call->riid);
}

HRESULT home_prefetch(Home *home, SiteBridge *bridge, REFGUID rsid, REFIID riid)
{
    HomeCall call = { bridge, NULL, rsid, riid, E_FAIL };

    home_run(home, call_prefetch, &call);
    return call.hr;
}

BOOL on_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

/* The library */

void ask(void *context)
{
    static const GUID service = { 0x6f3b1a52, 0x0f0e, 0x4c7d, { 0x8a, 7, 6, 5, 4, 3, 2, 1 } };
    Ask *question = context;
    const GUID *wanted = question->service ? question->service : &service;
    IServiceProvider *object = (IServiceProvider *)&service, *again;

    question->used = E_PENDING;
    if (question->has_deadline)
        question->hr = SiteBridgeQueryServiceWithin(question->bridge, question->milliseconds, wanted,
                                                    &IID_IServiceProvider, (void **)&object);
    else
        question->hr = SiteBridgeQueryService(question->bridge, wanted, &IID_IServiceProvider,
                                              (void **)&object);
    question->answered = SUCCEEDED(question->hr) == (object != NULL);
    question->object = object;
    if (!object || !question->answered)
        return;
    question->used = IServiceProvider_QueryService(object, &service, &IID_IServiceProvider,
                                                   (void **)&again);
    if (SUCCEEDED(question->used))
        IServiceProvider_Release(again);
    if (!question->keep)
        IServiceProvider_Release(object);
}

void assert_answered(const Ask *question)
{
    assert_true(question->answered);
    assert_hr(S_OK, question->hr);
    assert_hr(S_OK, question->used);
}

void scene_begin_home(Scene *scene, Kind kind)
{
    ZeroMemory(scene, sizeof *scene);
    home_start(&scene->home, kind);
    host_init(&scene->site, kind == IN_STA ? scene->home.id : 0);
    host_init(&scene->service, kind == IN_STA ? scene->home.id : 0);
    scene->site.service = &scene->service;
}

void scene_begin(Scene *scene, Kind kind)
{
    scene_begin_home(scene, kind);
    assert_hr(S_OK, SiteBridgeCreate(&scene->bridge));
    assert_hr(S_OK, home_set_site(&scene->home, scene->bridge, &scene->site));
}

void scene_end_home(Scene *scene)
{
    home_stop(&scene->home);
    assert_int_equal(1, host_refs(&scene->site));
    assert_int_equal(1, host_refs(&scene->service));
    assert_int_equal(0, scene->site.wrong_threads);
    assert_int_equal(0, scene->service.wrong_threads);
    assert_idle();
}

void scene_end(Scene *scene)
{
    SiteBridgeRelease(scene->bridge);
    scene_end_home(scene);
}

void listener_marshal(void *context)
{
    Listener *listener = context;

    host_init(&listener->host, GetCurrentThreadId());
    listener->hr = CoMarshalInterThreadInterfaceInStream(
        &IID_IServiceProvider, (IUnknown *)host_site(&listener->host), &listener->packet);
}

void listener_unmarshal(void *context)
{
    Listener *listener = context;

    listener->hr = CoGetInterfaceAndReleaseStream(listener->packet, &IID_IServiceProvider,
                                                  (void **)&listener->proxy);
}

void listener_release(void *context)
{
    IServiceProvider_Release(((Listener *)context)->proxy);
}

HRESULT query_after_calling_listener(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Listener *listener = host->context;
    IUnknown *nothing;

    host->query = NULL;
    listener->hr = IServiceProvider_QueryService(listener->proxy, rsid, riid, (void **)&nothing);
    if (SUCCEEDED(listener->hr))
        IUnknown_Release(nothing);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

/* It lives on its thread's stack, between being put on and taken off. */

static HRESULT STDMETHODCALLTYPE hook_QueryInterface(IInitializeSpy *spy, REFIID riid, void **ppv)
{
    (void)riid;
    *ppv = spy;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE hook_count(IInitializeSpy *spy)
{
    (void)spy;
    return 1;
}

static HRESULT STDMETHODCALLTYPE hook_PreInitialize(IInitializeSpy *spy, DWORD flags, DWORD count)
{
    (void)spy, (void)flags, (void)count;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE hook_PostInitialize(IInitializeSpy *spy, HRESULT hr, DWORD flags,
                                                     DWORD count)
{
    (void)spy, (void)flags, (void)count;
    return hr;
}

static HRESULT STDMETHODCALLTYPE hook_PreUninitialize(IInitializeSpy *spy, DWORD count)
{
    EndHook *hook = CONTAINING_RECORD(spy, EndHook, spy);

    if (count == 1 && hook->before)
        hook->before(hook->context);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE hook_PostUninitialize(IInitializeSpy *spy, DWORD count)
{
    EndHook *hook = CONTAINING_RECORD(spy, EndHook, spy);

    if (count == 0 && hook->after)
        hook->after(hook->context);
    return S_OK;
}

static IInitializeSpyVtbl hook_vtbl = {
    hook_QueryInterface, hook_count, hook_count,
    hook_PreInitialize, hook_PostInitialize, hook_PreUninitialize, hook_PostUninitialize,
};

HRESULT end_hook_put_on(EndHook *hook, Work before, Work after, void *context)
{
    hook->spy.lpVtbl = &hook_vtbl;
    hook->before = before;
    hook->after = after;
    hook->context = context;
    return CoRegisterInitializeSpy(&hook->spy, &hook->cookie);
}

void end_hook_take_off(EndHook *hook)
{
    CoRevokeInitializeSpy(hook->cookie);
}

/* COM's references on a filter are not counted: it is static. */

static HRESULT STDMETHODCALLTYPE filter_QueryInterface(IMessageFilter *filter, REFIID riid, void **ppv)
{
    (void)riid;
    *ppv = filter;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE filter_count(IMessageFilter *filter)
{
    (void)filter;
    return 2;
}

static DWORD STDMETHODCALLTYPE filter_HandleInComingCall(IMessageFilter *from, DWORD type, HTASK task,
                                                         DWORD ticks, LPINTERFACEINFO info)
{
    Filter *filter = CONTAINING_RECORD(from, Filter, filter);

    (void)task, (void)ticks, (void)info;
    InterlockedCompareExchange(&filter->first_type, (LONG)type, -1);
    InterlockedIncrement(&filter->calls);
    return filter->answer;
}

static DWORD STDMETHODCALLTYPE filter_RetryRejectedCall(IMessageFilter *filter, HTASK task, DWORD ticks,
                                                        DWORD type)
{
    (void)filter, (void)task, (void)ticks, (void)type;
    return (DWORD)-1;
}

static DWORD STDMETHODCALLTYPE filter_MessagePending(IMessageFilter *filter, HTASK task, DWORD ticks,
                                                     DWORD type)
{
    (void)filter, (void)task, (void)ticks, (void)type;
    return PENDINGMSG_WAITDEFPROCESS;
}

static IMessageFilterVtbl filter_vtbl = {
    filter_QueryInterface, filter_count, filter_count, filter_HandleInComingCall,
    filter_RetryRejectedCall, filter_MessagePending,
};

typedef struct FilterChange {
    IMessageFilter *filter;
    HRESULT hr;
} FilterChange;

static void change_filter(void *context)
{
    FilterChange *change = context;

    change->hr = CoRegisterMessageFilter(change->filter, NULL);
}

static void home_set_filter(Home *home, IMessageFilter *filter)
{
    FilterChange change = { filter, E_FAIL };

    home_run(home, change_filter, &change);
    assert_hr(S_OK, change.hr);
}

void filter_put_on(Filter *filter, Home *home, DWORD answer)
{
    filter->filter.lpVtbl = &filter_vtbl;
    filter->answer = answer;
    filter->calls = 0;
    filter->first_type = -1;
    home_set_filter(home, &filter->filter);
}

void filter_take_off(Home *home)
{
    home_set_filter(home, NULL);
}

const GUID fetched_id = { 0x6f3b1a53, 0x0f0e, 0x4c7d, { 0x8a, 7, 6, 5, 4, 3, 2, 1 } };

static HRESULT CALLBACK note_thread(IServiceProvider *site, void *context)
{
    (void)site;
    *(DWORD *)context = GetCurrentThreadId();
    return S_OK;
}

void ask_everything(void *context)
{
    Everything *everything = context;

    everything->query.bridge = everything->within.bridge = everything->fetched.bridge =
        everything->bridge;
    everything->within.has_deadline = TRUE;
    everything->within.milliseconds = PATIENCE;
    everything->fetched.service = &fetched_id;
    ask(&everything->query);
    ask(&everything->within);
    if (!everything->not_fetched)
        ask(&everything->fetched);
    everything->invoked = SiteBridgeInvoke(everything->bridge, note_thread, &everything->invoked_on);
}

void assert_everything_answered(const Everything *everything)
{
    assert_answered(&everything->query);
    assert_answered(&everything->within);
    if (!everything->not_fetched)
        assert_answered(&everything->fetched);
    assert_hr(S_OK, everything->invoked);
}

static void release_kept(void *context)
{
    const Ask *kept = context;

    IServiceProvider_Release(kept->object);
}

void keeper_begin(Keeper *keeper, SiteBridge *bridge)
{
    ZeroMemory(keeper, sizeof *keeper);
    keeper->kept.bridge = bridge;
    keeper->kept.keep = TRUE;
    home_start(&keeper->mta, IN_MTA);
    home_run(&keeper->mta, ask, &keeper->kept);
    assert_hr(S_OK, keeper->kept.hr);
}

void keeper_end(Keeper *keeper)
{
    home_run(&keeper->mta, release_kept, &keeper->kept);
    home_stop(&keeper->mta);
}

typedef struct Count {
    SiteBridge *bridge;
    DWORD wanted;
} Count;

static BOOL proxies_are(void *context)
{
    Count *count = context;

    return statistics_of(count->bridge).proxies_cached == count->wanted;
}

static BOOL calls_are(void *context)
{
    Count *count = context;

    return statistics_of(count->bridge).calls_in_flight == count->wanted;
}

void assert_proxies(SiteBridge *bridge, DWORD wanted)
{
    Count count = { bridge, wanted };

    if (!eventually(proxies_are, &count))
        fail_msg("%lu proxies instead of %lu",
                 (unsigned long)statistics_of(bridge).proxies_cached, (unsigned long)wanted);
}

void assert_calls(SiteBridge *bridge, DWORD wanted)
{
    Count count = { bridge, wanted };

    if (!eventually(calls_are, &count))
        fail_msg("%lu calls in flight instead of %lu",
                 (unsigned long)statistics_of(bridge).calls_in_flight, (unsigned long)wanted);
}

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

void assert_everybody_is_answered(SiteBridge *bridge, const Host *site, BOOL fetched)
{
    Keeper keeper;
    int i;

    keeper_begin(&keeper, bridge);
    for (i = 0; i < KINDS; i++) {
        Everything everything = { 0 };

        everything.bridge = bridge;
        everything.not_fetched = !fetched;
        thread_run(kinds[i], ask_everything, &everything);
        assert_everything_answered(&everything);
        assert_int_equal(site->thread, site->last_thread);
        assert_int_equal(site->thread, everything.invoked_on);
    }
    keeper_end(&keeper);
}

void assert_nobody_is_answered(SiteBridge *bridge)
{
    int i;

    for (i = 0; i < KINDS; i++) {
        Everything everything = { 0 };

        everything.bridge = bridge;
        thread_run(kinds[i], ask_everything, &everything);
        assert_true(everything.query.answered && everything.within.answered && everything.fetched.answered);
        assert_failed(everything.query.hr);
        assert_failed(everything.within.hr);
        assert_failed(everything.invoked);
        assert_int_equal(0, everything.invoked_on);
    }
}

void callers_start(Callers *callers, SiteBridge *bridge)
{
    int i;

    ZeroMemory(callers, sizeof *callers);
    for (i = 0; i < CALLERS; i++) {
        callers->questions[i].bridge = bridge;
        thread_start(&callers->threads[i], kinds[i % KINDS], ask, &callers->questions[i]);
    }
    assert_calls(bridge, CALLERS);
    assert_proxies(bridge, 1);
}

void callers_join(Callers *callers)
{
    int i;

    for (i = 0; i < CALLERS; i++) {
        thread_join(&callers->threads[i]);
        assert_true(callers->questions[i].answered);
    }
}

SiteBridgeStatistics statistics_of(SiteBridge *bridge)
{
    SiteBridgeStatistics statistics = { sizeof statistics, 0, 0, 0, 0, 0 };

    assert_hr(S_OK, SiteBridgeGetStatistics(bridge, &statistics));
    return statistics;
}

static BOOL can_unload(void *context)
{
    (void)context;
    return SiteBridgeCanUnloadNow() == S_OK;
}

void assert_idle(void)
{
    if (!eventually(can_unload, NULL))
        fail_msg("%s", "the library still holds something");
}
