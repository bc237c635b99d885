#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include <objsafe.h>

enum {
    PATIENCE = 20000,       /* of home with a background thread, in milliseconds */
    HUNG = 99,              /* the process's exit code where that was not enough */
    MOST = 8                /* questions */
};

/* Asking */

static HRESULT use(IUnknown *answer, REFIID riid)
{
    DWORD supported, enabled;
    UINT count;

    if (IsEqualIID(riid, &IID_IDispatch))
        return IDispatch_GetTypeInfoCount((IDispatch *)answer, &count);
    if (IsEqualIID(riid, &IID_IObjectSafety))
        return IObjectSafety_GetInterfaceSafetyOptions((IObjectSafety *)answer, &IID_IDispatch,
                                                       &supported, &enabled);
    return S_OK;
}

/* S_FALSE: a success without an interface. */
static HRESULT asked(HRESULT hr, IUnknown *answer, REFIID riid)
{
    if (FAILED(hr))
        return hr;
    if (!answer)
        return S_FALSE;
    hr = use(answer, riid);
    IUnknown_Release(answer);
    return hr;
}

static HRESULT ask_site(IServiceProvider *site, const Question *question)
{
    IUnknown *answer = NULL;
    HRESULT hr = IServiceProvider_QueryService(site, question->service, question->iid, (void **)&answer);

    return asked(hr, answer, question->iid);
}

static HRESULT ask_bridge(SiteBridge *bridge, const Question *question)
{
    IUnknown *answer;
    HRESULT hr = SiteBridgeQueryService(bridge, question->service, question->iid, (void **)&answer);

    return asked(hr, answer, question->iid);
}

typedef struct Asker {
    SiteBridge *bridge;
    const Question *questions;
    DWORD apartment;
    HRESULT results[MOST];
} Asker;

static void ask_all(Asker *asker)
{
    int i;

    for (i = 0; asker->questions[i].name; i++)
        asker->results[i] = ask_bridge(asker->bridge, &asker->questions[i]);
}

static DWORD WINAPI ask_in_background(void *context)
{
    Asker *asker = context;

    if (FAILED(CoInitializeEx(NULL, asker->apartment)))
        return 1;
    ask_all(asker);
    CoUninitialize();
    return 0;
}

/* A thread that does not come back still uses what is on this one's stack. */
static HRESULT ask_elsewhere(Asker *asker)
{
    HANDLE thread = CreateThread(NULL, 0, ask_in_background, asker, 0, NULL);
    DWORD index, result = 1;

    if (!thread)
        return E_OUTOFMEMORY;
    if (CoWaitForMultipleHandles(0, PATIENCE, 1, &thread, &index) != S_OK)
        TerminateProcess(GetCurrentProcess(), HUNG);
    GetExitCodeThread(thread, &result);
    CloseHandle(thread);
    return result == 0 ? S_OK : E_FAIL;
}

/* Telling */

static void text_add(Text *text, const wchar_t *words)
{
    size_t length = wcslen(words);

    if (text->length + length >= sizeof text->characters / sizeof text->characters[0])
        abort();
    wcscpy(text->characters + text->length, words);
    text->length += length;
}

static void text_add_result(Text *text, HRESULT hr)
{
    wchar_t words[20];

    swprintf(words, sizeof words / sizeof words[0], L" %08lx", (unsigned long)hr);
    text_add(text, hr == S_FALSE ? L" nothing" : words);
}

static BOOL has_proxy(REFIID riid)
{
    CLSID clsid;

    return IsEqualIID(riid, &IID_IUnknown) || SUCCEEDED(CoGetPSClsid(riid, &clsid));
}

HRESULT compare(IServiceProvider *site, SiteBridge *bridge, const Question *questions, Text *text)
{
    Asker home = {bridge, questions, 0, {0}};
    Asker mta = {bridge, questions, COINIT_MULTITHREADED, {0}};
    Asker sta = {bridge, questions, COINIT_APARTMENTTHREADED, {0}};
    HRESULT hr;
    int i;

    ask_all(&home);
    hr = ask_elsewhere(&mta);
    if (SUCCEEDED(hr))
        hr = ask_elsewhere(&sta);
    for (i = 0; SUCCEEDED(hr) && questions[i].name; i++) {
        text_add(text, questions[i].name);
        text_add(text, has_proxy(questions[i].iid) ? L" proxy" : L" none");
        text_add_result(text, ask_site(site, &questions[i]));
        text_add_result(text, home.results[i]);
        text_add_result(text, mta.results[i]);
        text_add_result(text, sta.results[i]);
        text_add(text, L"\n");
    }
    return hr;
}

HRESULT compare_once(IServiceProvider *site, const Question *questions, Text *text)
{
    SiteBridge *bridge;
    HRESULT hr = SiteBridgeCreate(&bridge);

    if (FAILED(hr))
        return hr;
    hr = SiteBridgeSetSite(bridge, site);
    if (SUCCEEDED(hr))
        hr = compare(site, bridge, questions, text);
    SiteBridgeSetSite(bridge, NULL);
    SiteBridgeRelease(bridge);
    return hr;
}
