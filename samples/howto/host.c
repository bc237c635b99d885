#include "host.h"

const IID private_id = {0x2b9d1c7e, 0x51f0, 0x4f0c, {0x8a, 0x6e, 0x37, 0xd2, 0x90, 0xb4, 0x1c, 0x65}};

static DWORD main_thread;
static volatile LONG references, elsewhere;

static void note_thread(void)
{
    if (GetCurrentThreadId() != main_thread)
        InterlockedIncrement(&elsewhere);
}

static HRESULT STDMETHODCALLTYPE site_QueryInterface(IServiceProvider *site, REFIID riid, void **ppv)
{
    note_thread();
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider) &&
        !IsEqualIID(riid, &private_id))
        return E_NOINTERFACE;
    IServiceProvider_AddRef(site);
    *ppv = site;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE site_AddRef(IServiceProvider *site)
{
    (void)site;
    return (ULONG)InterlockedIncrement(&references) + 1;
}

static ULONG STDMETHODCALLTYPE site_Release(IServiceProvider *site)
{
    (void)site;
    return (ULONG)InterlockedDecrement(&references) + 1;
}

static HRESULT STDMETHODCALLTYPE site_QueryService(IServiceProvider *site, REFGUID rsid, REFIID riid,
                                                   void **ppv)
{
    (void)rsid;
    note_thread();
    return IServiceProvider_QueryInterface(site, riid, ppv);
}

static const IServiceProviderVtbl site_vtbl = {
    site_QueryInterface,
    site_AddRef,
    site_Release,
    site_QueryService,
};
static IServiceProvider the_site = {(IServiceProviderVtbl *)&site_vtbl};

void host_begin(void)
{
    main_thread = GetCurrentThreadId();
}

IServiceProvider *host_site(void)
{
    return &the_site;
}

LONG host_references(void)
{
    return references;
}

BOOL host_called_elsewhere(void)
{
    return elsewhere != 0;
}

/* Who has started the program ends it where this takes too long. */
static void wait_dispatching(HANDLE handle)
{
    MSG message;

    while (MsgWaitForMultipleObjects(1, &handle, FALSE, INFINITE, QS_ALLINPUT) == WAIT_OBJECT_0 + 1)
        while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
            DispatchMessageW(&message);
}

static DWORD CALLBACK run(void *context)
{
    Thread *thread = context;
    BOOL initialized = FALSE;

    thread->hr = S_OK;
    if (thread->apartment != NO_APARTMENT) {
        thread->hr = CoInitializeEx(NULL, thread->apartment == STA ? COINIT_APARTMENTTHREADED
                                                                   : COINIT_MULTITHREADED);
        initialized = SUCCEEDED(thread->hr);
    }
    if (SUCCEEDED(thread->hr))
        thread->hr = thread->work();
    SetEvent(thread->done);
    WaitForSingleObject(thread->leave, INFINITE);
    if (initialized)
        CoUninitialize();
    return 0;
}

void thread_start(Thread *thread, Apartment apartment, Function work)
{
    thread->apartment = apartment;
    thread->work = work;
    thread->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread->leave = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread->handle = CreateThread(NULL, 0, run, thread, 0, NULL);
    if (!thread->done || !thread->leave || !thread->handle)
        ExitProcess((UINT)E_OUTOFMEMORY);
}

void thread_wait(Thread *thread)
{
    wait_dispatching(thread->done);
}

void thread_end(Thread *thread)
{
    SetEvent(thread->leave);
    wait_dispatching(thread->handle);
    CloseHandle(thread->handle);
    CloseHandle(thread->leave);
    CloseHandle(thread->done);
}

HRESULT thread_run(Apartment apartment, Function work)
{
    Thread thread;

    thread_start(&thread, apartment, work);
    thread_wait(&thread);
    thread_end(&thread);
    return thread.hr;
}
