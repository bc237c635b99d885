/*
 * What "How to: Get a Service from a Background Thread (C++)" does, and what follows from it for a package
 * that has no more than that.
 */
#include "way.h"

void (*ten_lines_between)(void);

static IStream *stream;
static IServiceProvider *background_site;

static HRESULT set_site(IServiceProvider *site)
{
    if (!site) {
        /* As the destructor of the how-to's class would: its members are CComPtrs. */
        if (stream)
            IStream_Release(stream);
        if (background_site)
            IServiceProvider_Release(background_site);
        stream = NULL;
        background_site = NULL;
        return S_OK;
    }
    return CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, (IUnknown *)site, &stream);
}

static HRESULT get_background_site(void)
{
    HRESULT hr;

    if (!background_site) {
        if (!stream)
            return E_UNEXPECTED;
        if (ten_lines_between)
            ten_lines_between();
        hr = CoGetInterfaceAndReleaseStream(stream, &IID_IServiceProvider, (void **)&background_site);
        stream = NULL;
        if (FAILED(hr))
            return hr;
    }
    return S_OK;
}

static HRESULT query(REFGUID rsid, REFIID riid, void **ppv)
{
    HRESULT hr = get_background_site();

    *ppv = NULL;
    return FAILED(hr) ? hr : IServiceProvider_QueryService(background_site, rsid, riid, ppv);
}

/* There is only the proxy to use. */
static HRESULT use_site(Use use, void *context)
{
    HRESULT hr = get_background_site();

    return FAILED(hr) ? hr : use(background_site, context);
}

/* It outlives a wait that is given up. */
static Function closing_work;

static DWORD CALLBACK run(void *unused)
{
    HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);

    (void)unused;
    if (FAILED(hr))
        return (DWORD)hr;
    hr = closing_work();
    CoUninitialize();
    return (DWORD)hr;
}

/*
 * A package must not be unloaded while its thread runs, and the how-to says nothing of that. This is the wait
 * that one writes first; CoWaitForMultipleHandles would do. Here it has an end.
 */
static HRESULT close_while(Function work)
{
    DWORD result = (DWORD)HOWTO_HANGS;
    HANDLE thread;

    closing_work = work;
    thread = CreateThread(NULL, 0, run, NULL, 0, NULL);
    if (!thread)
        return E_OUTOFMEMORY;
    if (WaitForSingleObject(thread, 3000) == WAIT_OBJECT_0)
        GetExitCodeThread(thread, &result);
    CloseHandle(thread);
    return (HRESULT)result;
}

const Way ten_lines = {set_site, query, use_site, close_while};
