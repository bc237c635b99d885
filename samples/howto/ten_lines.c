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
    if (!site)
        return S_OK;
    return CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, (IUnknown *)site, &stream);
}

static HRESULT query(REFGUID rsid, REFIID riid, void **ppv)
{
    HRESULT hr;

    *ppv = NULL;
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
    return IServiceProvider_QueryService(background_site, rsid, riid, ppv);
}

/* There is only the proxy to use. */
static HRESULT use_site(Use use, void *context)
{
    IUnknown *nothing;
    HRESULT hr = query(&IID_NULL, &IID_IUnknown, (void **)&nothing);

    if (FAILED(hr))
        return hr;
    IUnknown_Release(nothing);
    return use(background_site, context);
}

static DWORD CALLBACK run(void *context)
{
    HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);

    if (FAILED(hr))
        return (DWORD)hr;
    hr = (*(Function *)context)();
    CoUninitialize();
    return (DWORD)hr;
}

/* A package must not be unloaded while its thread runs; so it waits. Here the wait has an end. */
static HRESULT close_while(Function work)
{
    HANDLE thread = CreateThread(NULL, 0, run, &work, 0, NULL);
    DWORD result = (DWORD)HOWTO_HANGS;

    if (!thread)
        return E_OUTOFMEMORY;
    if (WaitForSingleObject(thread, 3000) == WAIT_OBJECT_0)
        GetExitCodeThread(thread, &result);
    CloseHandle(thread);
    return (HRESULT)result;
}

const Way ten_lines = {set_site, query, use_site, close_while};
