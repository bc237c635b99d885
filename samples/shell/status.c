#define COBJMACROS
#include "status.h"

#include <oleauto.h>

#include "calls.h"
#include "console.h"
#include "window.h"

enum { PROGRESSES = 32 /* at a time */, BLOCKED_SLICE = 10 /* ms */ };

static struct {
    IVsStatusbar IVsStatusbar_iface;
    LONG references;
    HANDLE begun, idle;
    BSTR text;
    LONG frozen;
    DWORD last_cookie;
    DWORD active; /* how many cookies */
    DWORD cookies[PROGRESSES];
    const WCHAR *blocked_until;
} bar;

static HRESULT STDMETHODCALLTYPE bar_QueryInterface(IVsStatusbar *This, REFIID riid, void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IVsStatusbar))
        return E_NOINTERFACE;
    *ppv = This;
    IVsStatusbar_AddRef(This);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE bar_AddRef(IVsStatusbar *This)
{
    (void)This;
    return (ULONG)InterlockedIncrement(&bar.references);
}

static ULONG STDMETHODCALLTYPE bar_Release(IVsStatusbar *This)
{
    (void)This;
    return (ULONG)InterlockedDecrement(&bar.references);
}

static HRESULT set_text(LPCOLESTR text)
{
    if (bar.frozen > 0)
        return S_OK;
    if (!SysReAllocString(&bar.text, text))
        return E_OUTOFMEMORY;
    window_set_status(text);
    if (*text != L'\0') {
        console_say(L"status bar: %ls", text);
        SetEvent(bar.begun);
    }
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE bar_Clear(IVsStatusbar *This)
{
    (void)This;
    calls_entered(&IID_IVsStatusbar);
    return set_text(L"");
}

static HRESULT STDMETHODCALLTYPE bar_SetText(IVsStatusbar *This, LPCOLESTR text)
{
    (void)This;
    calls_entered(&IID_IVsStatusbar);
    return text ? set_text(text) : E_POINTER;
}

static DWORD *find_cookie(DWORD cookie)
{
    for (DWORD i = 0; i < bar.active; i++) {
        if (bar.cookies[i] == cookie)
            return &bar.cookies[i];
    }
    return NULL;
}

static HRESULT progress_begin(DWORD *cookie)
{
    if (bar.active == PROGRESSES)
        return E_OUTOFMEMORY;
    *cookie = ++bar.last_cookie;
    bar.cookies[bar.active++] = *cookie;
    ResetEvent(bar.idle);
    SetEvent(bar.begun);
    return S_OK;
}

static void progress_end(DWORD *place)
{
    *place = bar.cookies[--bar.active];
    if (bar.active == 0)
        SetEvent(bar.idle);
}

/* Once, as long as it takes. */
static void block(void)
{
    const WCHAR *file = bar.blocked_until;

    bar.blocked_until = NULL;
    while (file && GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES)
        Sleep(BLOCKED_SLICE);
}

static HRESULT STDMETHODCALLTYPE bar_Progress(IVsStatusbar *This, DWORD *cookie, BOOL in_progress,
                                              LPCOLESTR label, ULONG complete, ULONG total)
{
    DWORD *place;
    HRESULT hr = S_OK;

    (void)This;
    calls_entered(&IID_IVsStatusbar);
    if (!cookie)
        return E_POINTER;
    place = find_cookie(*cookie);
    if (*cookie != 0 && !place)
        return E_INVALIDARG;
    if (!in_progress) {
        if (place)
            progress_end(place);
        *cookie = 0;
    } else if (!place) {
        hr = progress_begin(cookie);
    }
    if (!in_progress)
        label = NULL;
    block();
    console_progress(label, complete, total);
    window_set_progress(label, complete, total);
    return hr;
}

/* There is no selection mode, insert mode, line, column or user here. */
static HRESULT STDMETHODCALLTYPE bar_none(IVsStatusbar *This)
{
    (void)This;
    calls_entered(&IID_IVsStatusbar);
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
    calls_entered(&IID_IVsStatusbar);
    if (!text)
        return E_POINTER;
    *text = SysAllocString(bar.text ? bar.text : L"");
    return *text ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE bar_FreezeOutput(IVsStatusbar *This, BOOL freeze)
{
    (void)This;
    calls_entered(&IID_IVsStatusbar);
    if (freeze)
        bar.frozen++;
    else if (bar.frozen > 0)
        bar.frozen--;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE bar_IsFrozen(IVsStatusbar *This, BOOL *frozen)
{
    (void)This;
    calls_entered(&IID_IVsStatusbar);
    if (!frozen)
        return E_POINTER;
    *frozen = bar.frozen > 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE bar_GetFreezeCount(IVsStatusbar *This, LONG *count)
{
    (void)This;
    calls_entered(&IID_IVsStatusbar);
    if (!count)
        return E_POINTER;
    *count = bar.frozen;
    return S_OK;
}

static CONST_VTBL IVsStatusbarVtbl bar_vtbl = {
    bar_QueryInterface, bar_AddRef,   bar_Release,        bar_Clear,        bar_SetText,
    bar_Progress,       bar_none,     bar_none,           bar_none,         bar_none,
    bar_none,           bar_none,     bar_none,           bar_SetColorText, bar_GetText,
    bar_FreezeOutput,   bar_IsFrozen, bar_GetFreezeCount,
};

IVsStatusbar *status_begin(HANDLE begun, HANDLE idle, const WCHAR *blocked_until)
{
    bar.IVsStatusbar_iface.lpVtbl = &bar_vtbl;
    bar.references = 1;
    bar.begun = begun;
    bar.idle = idle;
    bar.blocked_until = blocked_until;
    return &bar.IVsStatusbar_iface;
}

BOOL status_is_in_progress(void)
{
    return bar.active != 0;
}

ULONG status_references(void)
{
    return (ULONG)bar.references;
}

void status_end(void)
{
    SysFreeString(bar.text);
    bar.text = NULL;
    IVsStatusbar_Release(&bar.IVsStatusbar_iface);
}
