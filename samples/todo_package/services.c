#define COBJMACROS
#include "services.h"

#include <oleauto.h>
#include <stdlib.h>
#include <wchar.h>

#include "retry.h"
#include "vsservices.h"

/* {E0C8FA85-7C1D-42A3-A0F3-F4809328253E}, for the life of the extension. */
static const GUID todo_pane = {
    0xe0c8fa85, 0x7c1d, 0x42a3, {0xa0, 0xf3, 0xf4, 0x80, 0x93, 0x28, 0x25, 0x3e}};

enum { MOMENT = 1000 /* ms */ };

/* What is shown. */
typedef struct Progress {
    DWORD *cookie;
    BOOL goes_on;
    ULONG done, total;
} Progress;

typedef struct Showing {
    Services *services;
    Progress progress;
    WCHAR text[]; /* of the pane, or the progress's label */
} Showing;

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
    const Showing *showing = context;
    return IVsOutputWindowPane_OutputString((IVsOutputWindowPane *)object, showing->text);
}

static HRESULT set_progress(void *object, void *context)
{
    const Showing *showing = context;
    const Progress *progress = &showing->progress;

    return IVsStatusbar_Progress((IVsStatusbar *)object, progress->cookie, progress->goes_on,
                                 showing->text, progress->done, progress->total);
}

static HRESULT end_progress(void *object, void *context)
{
    return IVsStatusbar_Progress((IVsStatusbar *)object, context, FALSE, L"", 0, 0);
}

static HRESULT set_text(void *object, void *context)
{
    return IVsStatusbar_SetText((IVsStatusbar *)object, (const WCHAR *)context);
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

Services *services_create(HANDLE stop)
{
    Services *services = calloc(1, sizeof *services);

    if (!services)
        return NULL;
    services->stop = stop;
    services->on_their_way = 1;
    services->owners = 2;
    services->told = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!services->told) {
        free(services);
        return NULL;
    }
    return services;
}

HRESULT services_fetch(Services *services, IVsPackage *package)
{
    HANDLE stop = services->stop;
    HRESULT hr = service_begin(&services->status, package, stop, find_status);

    if (SUCCEEDED(hr))
        hr = service_begin(&services->pane, package, stop, find_pane);
    if (SUCCEEDED(hr))
        hr = fetch_folder(package, stop, &services->folder);
    return hr;
}

static void disown(Services *services)
{
    if (InterlockedDecrement(&services->owners) == 0) {
        CloseHandle(services->told);
        free(services);
    }
}

void services_release(Services *services)
{
    service_end(&services->status);
    service_end(&services->pane);
    SysFreeString(services->folder);
    services->folder = NULL;
    disown(services);
}

static void one_was_told(Services *services)
{
    if (InterlockedDecrement(&services->on_their_way) == 0) {
        SetEvent(services->told);
        disown(services);
    }
}

static void CALLBACK told_of_text(HRESULT result, void *context)
{
    Showing *showing = context;

    if (FAILED(result))
        InterlockedCompareExchange(&showing->services->result, result, S_OK);
    one_was_told(showing->services);
    free(showing);
}

static void CALLBACK told_of_progress(HRESULT result, void *context)
{
    Showing *showing = context;

    /* Without a status bar there is nowhere to say so. */
    (void)result;
    one_was_told(showing->services);
    free(showing);
}

static HRESULT post(Services *services, const Service *service, ServiceUse use,
                    const Progress *progress, const WCHAR *text, SiteBridgeDone told)
{
    size_t size = (wcslen(text) + 1) * sizeof *text;
    Showing *showing = malloc(sizeof *showing + size);
    HRESULT hr;

    if (!showing)
        return E_OUTOFMEMORY;
    showing->services = services;
    showing->progress = *progress;
    CopyMemory(showing->text, text, size);
    InterlockedIncrement(&services->on_their_way);
    hr = service_post(service, use, showing, told);
    if (FAILED(hr)) {
        InterlockedDecrement(&services->on_their_way);
        free(showing);
    }
    return hr;
}

BOOL services_write(Services *services, const WCHAR *text)
{
    Progress none = {0};
    HRESULT hr = post(services, &services->pane, write_text, &none, text, told_of_text);

    if (FAILED(hr))
        InterlockedCompareExchange(&services->result, hr, S_OK);
    return services->result == S_OK;
}

void services_show_progress(Services *services, const WCHAR *label, ULONG done, ULONG total)
{
    Progress progress = {&services->cookie, TRUE, done, total};

    post(services, &services->status, set_progress, &progress, label, told_of_progress);
}

void services_end_progress(Services *services, const WCHAR *text)
{
    HANDLE events[] = {services->told, services->stop};

    /* Where nothing is on its way, this thread alone has the services. */
    if (InterlockedDecrement(&services->on_their_way) == 0)
        InterlockedDecrement(&services->owners);
    else if (WaitForMultipleObjects(2, events, FALSE, INFINITE) == WAIT_OBJECT_0 + 1)
        WaitForSingleObject(services->told, MOMENT);
    service_use(&services->status, end_progress, &services->cookie);
    service_use(&services->status, set_text, (void *)text);
}
