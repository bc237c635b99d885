#define COBJMACROS
#include "agile.h"

#include <objbase.h>

#include "calls.h"

#define WINDOW_CLASS L"SiteBridge.Shell.MainThread"
enum { WM_ERRAND = WM_APP };

typedef HRESULT (*Work)(void *context);

typedef struct Errand {
    const IID *iid; /* whose method it is */
    Work work;
    void *context;
    HRESULT result;
} Errand;

static struct {
    HWND window;
    IServiceProvider IServiceProvider_iface;
    IServiceProvider *site;
    IVsStatusbar IVsStatusbar_iface;
    IVsStatusbar *bar;
} agile;

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    Errand *errand = (Errand *)lparam;

    if (message != WM_ERRAND)
        return DefWindowProcW(window, message, wparam, lparam);
    calls_brought(errand->iid);
    errand->result = errand->work(errand->context);
    return 0;
}

static BOOL is_main_thread(void)
{
    return GetWindowThreadProcessId(agile.window, NULL) == GetCurrentThreadId();
}

static HRESULT run_on_main_thread(REFIID iid, Work work, void *context)
{
    Errand errand = {iid, work, context, RPC_E_DISCONNECTED};

    if (is_main_thread())
        return work(context);
    SendMessageW(agile.window, WM_ERRAND, 0, (LPARAM)&errand);
    return errand.result;
}

static HRESULT query(IUnknown *inner, void *outer, REFIID own, REFIID riid, void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IAgileObject) &&
        !IsEqualIID(riid, own))
        return E_NOINTERFACE;
    *ppv = outer;
    IUnknown_AddRef(inner);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE site_QueryInterface(IServiceProvider *This, REFIID riid,
                                                     void **ppv)
{
    return query((IUnknown *)agile.site, This, &IID_IServiceProvider, riid, ppv);
}

static ULONG STDMETHODCALLTYPE site_AddRef(IServiceProvider *This)
{
    (void)This;
    return IServiceProvider_AddRef(agile.site);
}

static ULONG STDMETHODCALLTYPE site_Release(IServiceProvider *This)
{
    (void)This;
    return IServiceProvider_Release(agile.site);
}

typedef struct Query {
    REFGUID sid;
    REFIID riid;
    IUnknown *object; /* may be called on every thread */
    IStream *packet;  /* where it may not */
} Query;

static HRESULT find_service(void *context)
{
    Query *found = context;
    IUnknown *agile_object;
    HRESULT hr =
        IServiceProvider_QueryService(agile.site, found->sid, found->riid, (void **)&found->object);

    if (FAILED(hr))
        return hr;
    if (SUCCEEDED(
            IUnknown_QueryInterface(found->object, &IID_IAgileObject, (void **)&agile_object))) {
        IUnknown_Release(agile_object);
        return hr;
    }
    hr = CoMarshalInterThreadInterfaceInStream(found->riid, found->object, &found->packet);
    IUnknown_Release(found->object);
    found->object = NULL;
    return hr;
}

static HRESULT STDMETHODCALLTYPE site_QueryService(IServiceProvider *This, REFGUID sid, REFIID riid,
                                                   void **ppv)
{
    Query found = {sid, riid, NULL, NULL};
    HRESULT hr;

    (void)This;
    if (is_main_thread())
        return IServiceProvider_QueryService(agile.site, sid, riid, ppv);
    if (!ppv)
        return E_POINTER;
    hr = run_on_main_thread(&IID_IServiceProvider, find_service, &found);
    *ppv = found.object;
    return found.packet ? CoGetInterfaceAndReleaseStream(found.packet, riid, ppv) : hr;
}

static IServiceProviderVtbl site_vtbl = {
    site_QueryInterface,
    site_AddRef,
    site_Release,
    site_QueryService,
};

IServiceProvider *agile_site(IServiceProvider *site)
{
    agile.IServiceProvider_iface.lpVtbl = &site_vtbl;
    agile.site = site;
    return &agile.IServiceProvider_iface;
}

static HRESULT STDMETHODCALLTYPE bar_QueryInterface(IVsStatusbar *This, REFIID riid, void **ppv)
{
    return query((IUnknown *)agile.bar, This, &IID_IVsStatusbar, riid, ppv);
}

static ULONG STDMETHODCALLTYPE bar_AddRef(IVsStatusbar *This)
{
    (void)This;
    return IVsStatusbar_AddRef(agile.bar);
}

static ULONG STDMETHODCALLTYPE bar_Release(IVsStatusbar *This)
{
    (void)This;
    return IVsStatusbar_Release(agile.bar);
}

static HRESULT set_text(void *context)
{
    return IVsStatusbar_SetText(agile.bar, (const WCHAR *)context);
}

static HRESULT STDMETHODCALLTYPE bar_SetText(IVsStatusbar *This, LPCOLESTR text)
{
    (void)This;
    return run_on_main_thread(&IID_IVsStatusbar, set_text, (void *)text);
}

typedef struct Progress {
    DWORD *cookie;
    BOOL in_progress;
    LPCOLESTR label;
    ULONG complete, total;
} Progress;

static HRESULT show_progress(void *context)
{
    const Progress *progress = context;

    return IVsStatusbar_Progress(agile.bar, progress->cookie, progress->in_progress,
                                 progress->label, progress->complete, progress->total);
}

static HRESULT STDMETHODCALLTYPE bar_Progress(IVsStatusbar *This, DWORD *cookie, BOOL in_progress,
                                              LPCOLESTR label, ULONG complete, ULONG total)
{
    Progress progress = {cookie, in_progress, label, complete, total};

    (void)This;
    return run_on_main_thread(&IID_IVsStatusbar, show_progress, &progress);
}

/* Two methods are enough to show it. */
static HRESULT STDMETHODCALLTYPE bar_none(IVsStatusbar *This)
{
    (void)This;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE bar_SetColorText(IVsStatusbar *This, LPCOLESTR text,
                                                  DWORD foreground, DWORD background)
{
    (void)foreground;
    (void)background;
    return bar_SetText(This, text);
}

static HRESULT STDMETHODCALLTYPE bar_GetText(IVsStatusbar *This, BSTR *text)
{
    (void)This;
    *text = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE bar_FreezeOutput(IVsStatusbar *This, BOOL freeze)
{
    (void)This;
    (void)freeze;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE bar_IsFrozen(IVsStatusbar *This, BOOL *frozen)
{
    (void)This;
    *frozen = FALSE;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE bar_GetFreezeCount(IVsStatusbar *This, LONG *count)
{
    (void)This;
    *count = 0;
    return E_NOTIMPL;
}

static CONST_VTBL IVsStatusbarVtbl bar_vtbl = {
    bar_QueryInterface, bar_AddRef,   bar_Release,        bar_none,         bar_SetText,
    bar_Progress,       bar_none,     bar_none,           bar_none,         bar_none,
    bar_none,           bar_none,     bar_none,           bar_SetColorText, bar_GetText,
    bar_FreezeOutput,   bar_IsFrozen, bar_GetFreezeCount,
};

IVsStatusbar *agile_status(IVsStatusbar *bar)
{
    agile.IVsStatusbar_iface.lpVtbl = &bar_vtbl;
    agile.bar = bar;
    return &agile.IVsStatusbar_iface;
}

BOOL agile_begin(void)
{
    WNDCLASSEXW description = {.cbSize = sizeof description,
                               .lpfnWndProc = on_message,
                               .hInstance = GetModuleHandleW(NULL),
                               .lpszClassName = WINDOW_CLASS};

    if (RegisterClassExW(&description))
        agile.window = CreateWindowExW(0, WINDOW_CLASS, NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL,
                                       description.hInstance, NULL);
    return agile.window != NULL;
}

void agile_end(void)
{
    if (agile.window)
        DestroyWindow(agile.window);
    agile.window = NULL;
}
