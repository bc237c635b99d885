#define COBJMACROS
#include "output.h"

#include <stdlib.h>
#include <oleauto.h>

#include "calls.h"
#include "console.h"
#include "window.h"

typedef struct Pane {
    IVsOutputWindowPane IVsOutputWindowPane_iface;
    LONG references; /* one is the window's */
    GUID guid;
    BSTR name;
    struct Pane *next;
} Pane;

static struct {
    IVsOutputWindow IVsOutputWindow_iface;
    LONG references;
    HANDLE broken;
    Pane *panes;
} window;

static Pane *pane_of(IVsOutputWindowPane *iface)
{
    return CONTAINING_RECORD(iface, Pane, IVsOutputWindowPane_iface);
}

static HRESULT STDMETHODCALLTYPE pane_QueryInterface(IVsOutputWindowPane *This, REFIID riid,
                                                     void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IVsOutputWindowPane))
        return E_NOINTERFACE;
    *ppv = This;
    IVsOutputWindowPane_AddRef(This);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE pane_AddRef(IVsOutputWindowPane *This)
{
    return (ULONG)InterlockedIncrement(&pane_of(This)->references);
}

static ULONG STDMETHODCALLTYPE pane_Release(IVsOutputWindowPane *This)
{
    Pane *pane = pane_of(This);
    LONG left = InterlockedDecrement(&pane->references);

    if (left == 0) {
        SysFreeString(pane->name);
        free(pane);
    }
    return (ULONG)left;
}

static HRESULT pane_write(LPCOLESTR text)
{
    calls_entered(&IID_IVsOutputWindowPane);
    if (!text)
        return E_POINTER;
    window_write(text);
    if (!console_write(text) && !window_is_there()) {
        SetEvent(window.broken);
        return E_FAIL;
    }
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE pane_OutputString(IVsOutputWindowPane *This, LPCOLESTR text)
{
    (void)This;
    return pane_write(text);
}

/* There is one place for all panes, and nothing in it to hide, clear or list. */
static HRESULT STDMETHODCALLTYPE pane_done(IVsOutputWindowPane *This)
{
    (void)This;
    calls_entered(&IID_IVsOutputWindowPane);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE pane_OutputTaskItemString(IVsOutputWindowPane *This,
                                                           LPCOLESTR text, int priority,
                                                           int category, LPCOLESTR subcategory,
                                                           LONG bitmap, LPCOLESTR file, ULONG line,
                                                           LPCOLESTR task)
{
    (void)This;
    (void)priority;
    (void)category;
    (void)subcategory;
    (void)bitmap;
    (void)file;
    (void)line;
    (void)task;
    return pane_write(text);
}

static HRESULT STDMETHODCALLTYPE pane_OutputTaskItemStringEx(
    IVsOutputWindowPane *This, LPCOLESTR text, int priority, int category, LPCOLESTR subcategory,
    LONG bitmap, LPCOLESTR file, ULONG line, LPCOLESTR task, LPCOLESTR keyword)
{
    (void)keyword;
    return pane_OutputTaskItemString(This, text, priority, category, subcategory, bitmap, file,
                                     line, task);
}

static HRESULT STDMETHODCALLTYPE pane_GetName(IVsOutputWindowPane *This, BSTR *name)
{
    calls_entered(&IID_IVsOutputWindowPane);
    if (!name)
        return E_POINTER;
    *name = SysAllocString(pane_of(This)->name);
    return *name ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE pane_SetName(IVsOutputWindowPane *This, LPCOLESTR name)
{
    calls_entered(&IID_IVsOutputWindowPane);
    if (!name)
        return E_POINTER;
    return SysReAllocString(&pane_of(This)->name, name) ? S_OK : E_OUTOFMEMORY;
}

static CONST_VTBL IVsOutputWindowPaneVtbl pane_vtbl = {
    pane_QueryInterface,
    pane_AddRef,
    pane_Release,
    pane_OutputString,
    pane_done,
    pane_done,
    pane_done,
    pane_done,
    pane_OutputTaskItemString,
    pane_OutputTaskItemStringEx,
    pane_GetName,
    pane_SetName,
    pane_OutputString,
};

static Pane *pane_create(REFGUID guid, LPCOLESTR name)
{
    Pane *pane = calloc(1, sizeof *pane);

    if (!pane)
        return NULL;
    pane->IVsOutputWindowPane_iface.lpVtbl = &pane_vtbl;
    pane->references = 1;
    pane->guid = *guid;
    pane->name = SysAllocString(name);
    if (!pane->name) {
        free(pane);
        return NULL;
    }
    return pane;
}

/* Where the pane of that GUID hangs, or where one would. */
static Pane **pane_find(REFGUID guid)
{
    Pane **link = &window.panes;

    while (*link && !IsEqualGUID(&(*link)->guid, guid))
        link = &(*link)->next;
    return link;
}

static HRESULT STDMETHODCALLTYPE window_QueryInterface(IVsOutputWindow *This, REFIID riid,
                                                       void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IVsOutputWindow))
        return E_NOINTERFACE;
    *ppv = This;
    IVsOutputWindow_AddRef(This);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE window_AddRef(IVsOutputWindow *This)
{
    (void)This;
    return (ULONG)InterlockedIncrement(&window.references);
}

static ULONG STDMETHODCALLTYPE window_Release(IVsOutputWindow *This)
{
    (void)This;
    return (ULONG)InterlockedDecrement(&window.references);
}

static HRESULT STDMETHODCALLTYPE window_GetPane(IVsOutputWindow *This, REFGUID guid,
                                                IVsOutputWindowPane **out)
{
    Pane *pane;

    (void)This;
    calls_entered(&IID_IVsOutputWindow);
    if (!out)
        return E_POINTER;
    *out = NULL;
    pane = *pane_find(guid);
    if (!pane)
        return E_INVALIDARG;
    *out = &pane->IVsOutputWindowPane_iface;
    IVsOutputWindowPane_AddRef(*out);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE window_CreatePane(IVsOutputWindow *This, REFGUID guid,
                                                   LPCOLESTR name, BOOL visible, BOOL clear)
{
    Pane **link = pane_find(guid);

    (void)This;
    (void)visible;
    (void)clear;
    calls_entered(&IID_IVsOutputWindow);
    if (!name)
        return E_POINTER;
    if (!*link)
        *link = pane_create(guid, name);
    return *link ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE window_DeletePane(IVsOutputWindow *This, REFGUID guid)
{
    Pane **link = pane_find(guid);
    Pane *pane = *link;

    (void)This;
    calls_entered(&IID_IVsOutputWindow);
    if (!pane)
        return E_INVALIDARG;
    *link = pane->next;
    IVsOutputWindowPane_Release(&pane->IVsOutputWindowPane_iface);
    return S_OK;
}

static CONST_VTBL IVsOutputWindowVtbl window_vtbl = {
    window_QueryInterface, window_AddRef,     window_Release,
    window_GetPane,        window_CreatePane, window_DeletePane,
};

IVsOutputWindow *output_begin(HANDLE broken)
{
    window.IVsOutputWindow_iface.lpVtbl = &window_vtbl;
    window.references = 1;
    window.broken = broken;
    return &window.IVsOutputWindow_iface;
}

ULONG output_references(void)
{
    LONG references = window.references;

    for (const Pane *pane = window.panes; pane; pane = pane->next)
        references += pane->references - 1;
    return (ULONG)references;
}

void output_end(void)
{
    while (window.panes)
        window_DeletePane(&window.IVsOutputWindow_iface, &window.panes->guid);
    IVsOutputWindow_Release(&window.IVsOutputWindow_iface);
}
