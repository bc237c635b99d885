#define COBJMACROS
#include "services.h"

#include <oleauto.h>

#include "retry.h"
#include "vsservices.h"

/* {E0C8FA85-7C1D-42A3-A0F3-F4809328253E}, for the life of the extension. */
static const GUID todo_pane = {
    0xe0c8fa85, 0x7c1d, 0x42a3, {0xa0, 0xf3, 0xf4, 0x80, 0x93, 0x28, 0x25, 0x3e}};

typedef struct Progress {
    DWORD *cookie;
    const WCHAR *label; /* NULL: the progress has ended */
    ULONG done, total;
} Progress;

static HRESULT find(IVsPackage *package, HANDLE stop, REFIID iid, void **object)
{
    Retry retry = {.stop = stop};
    HRESULT hr;

    /* Each of these services has its interface's IID for its service ID. */
    do
        hr = SitePackageQueryServiceFromBackgroundThread(package, iid, iid, object);
    while (retry_rejected(&retry, hr));
    return hr;
}

static HRESULT find_status(IVsPackage *package, HANDLE stop, void **object)
{
    return find(package, stop, &IID_IVsStatusbar, object);
}

static HRESULT find_solution(IVsPackage *package, HANDLE stop, void **object)
{
    return find(package, stop, &IID_IVsSolution, object);
}

static HRESULT get_pane(IVsOutputWindow *window, HANDLE stop, void **pane)
{
    Retry retry = {.stop = stop};
    HRESULT hr;

    do
        hr = IVsOutputWindow_GetPane(window, &todo_pane, (IVsOutputWindowPane **)pane);
    while (retry_rejected(&retry, hr));
    return SUCCEEDED(hr) && !*pane ? E_FAIL : hr;
}

static HRESULT create_pane(IVsOutputWindow *window, HANDLE stop)
{
    Retry retry = {.stop = stop};
    HRESULT hr;

    do
        hr = IVsOutputWindow_CreatePane(window, &todo_pane, L"TODO", TRUE, FALSE);
    while (retry_rejected(&retry, hr));
    return hr;
}

static HRESULT find_pane(IVsPackage *package, HANDLE stop, void **object)
{
    IVsOutputWindow *window;
    HRESULT hr = find(package, stop, &IID_IVsOutputWindow, (void **)&window);

    *object = NULL;
    if (FAILED(hr))
        return hr;
    hr = get_pane(window, stop, object);
    if (FAILED(hr)) {
        hr = create_pane(window, stop);
        if (SUCCEEDED(hr))
            hr = get_pane(window, stop, object);
    }
    IVsOutputWindow_Release(window);
    return hr;
}

static HRESULT get_folder(void *object, void *context)
{
    BSTR *folder = context;
    BSTR file = NULL, options = NULL;
    HRESULT hr = IVsSolution_GetSolutionInfo((IVsSolution *)object, folder, &file, &options);

    SysFreeString(file);
    SysFreeString(options);
    return hr;
}

static HRESULT write_text(void *object, void *context)
{
    return IVsOutputWindowPane_OutputString((IVsOutputWindowPane *)object, (const WCHAR *)context);
}

static HRESULT set_text(void *object, void *context)
{
    return IVsStatusbar_SetText((IVsStatusbar *)object, (const WCHAR *)context);
}

static HRESULT set_progress(void *object, void *context)
{
    const Progress *progress = context;

    return IVsStatusbar_Progress((IVsStatusbar *)object, progress->cookie, progress->label != NULL,
                                 progress->label ? progress->label : L"", progress->done,
                                 progress->total);
}

static HRESULT fetch_folder(IVsPackage *package, HANDLE stop, BSTR *folder)
{
    Service solution;
    HRESULT hr = service_begin(&solution, package, stop, find_solution);

    if (SUCCEEDED(hr)) {
        hr = service_use(&solution, get_folder, folder);
        service_end(&solution);
    }
    return hr;
}

HRESULT services_fetch(IVsPackage *package, HANDLE stop, Services *services)
{
    HRESULT hr;

    ZeroMemory(services, sizeof *services);
    hr = service_begin(&services->status, package, stop, find_status);
    if (SUCCEEDED(hr))
        hr = service_begin(&services->pane, package, stop, find_pane);
    if (SUCCEEDED(hr))
        hr = fetch_folder(package, stop, &services->folder);
    return hr;
}

void services_release(Services *services)
{
    service_end(&services->status);
    service_end(&services->pane);
    SysFreeString(services->folder);
    services->folder = NULL;
}

HRESULT services_write(Services *services, const WCHAR *text)
{
    return service_use(&services->pane, write_text, (void *)text);
}

HRESULT services_show_progress(Services *services, const WCHAR *label, ULONG done, ULONG total)
{
    Progress progress = {&services->cookie, label, done, total};

    return service_use(&services->status, set_progress, &progress);
}

HRESULT services_end_progress(Services *services, const WCHAR *text)
{
    HRESULT hr = services_show_progress(services, NULL, 0, 0);

    service_use(&services->status, set_text, (void *)text);
    return hr;
}
