/*
 * An object for scripts, which the script's engine makes and sites. Its methods ask what nobody here wrote,
 * and return what compare.h says:
 *
 *   compare()               the engine's site, and the service provider that it hands to what it calls
 *   compareObject(object)   an object of the host's
 */
#include <sitebridge/package.h>

#include <stdlib.h>
#include <wchar.h>

#include <ocidl.h>

#include <initguid.h>
#include <dispex.h>
#include <activscp.h>
#include <objsafe.h>

#include "compare.h"

enum { COMPARE = 1, COMPARE_OBJECT };   /* the methods' DISPIDs */

/* WScript's own interface, of which no header tells. */
static const IID wscript_iid = {
    0x91afbd1b, 0x5feb, 0x43f5, {0xb0, 0x28, 0xe2, 0xca, 0x96, 0x06, 0x17, 0xec}};

static const Question site_questions[] = {
    {L"site/IActiveScriptSite", &IID_IActiveScriptSite, &IID_IActiveScriptSite},
    {L"site/IServiceProvider", &IID_IServiceProvider, &IID_IServiceProvider},
    {L"site/IUnknown", &IID_IUnknown, &IID_IUnknown},
    {NULL, NULL, NULL}};

static const Question caller_questions[] = {
    {L"caller/IUnknown", &SID_VariantConversion, &IID_IUnknown},
    {L"caller/IVariantChangeType", &SID_VariantConversion, &IID_IVariantChangeType},
    {L"caller/IActiveScript", &SID_VariantConversion, &IID_IActiveScript},
    {L"caller/IObjectSafety", &SID_VariantConversion, &IID_IObjectSafety},
    {L"caller/IConnectionPoint", &SID_VariantConversion, &IID_IConnectionPoint},
    {L"caller/GetCaller", &SID_GetCaller, &IID_IServiceProvider},
    {L"caller/unknown", &IID_IConnectionPoint, &IID_IUnknown},
    {NULL, NULL, NULL}};

static const Question object_questions[] = {
    {L"object/IUnknown", &IID_IUnknown, &IID_IUnknown},
    {L"object/IDispatch", &IID_IUnknown, &IID_IDispatch},
    {L"object/IHost", &IID_IUnknown, &wscript_iid},
    {L"object/IViewObjectEx", &IID_IUnknown, &IID_IViewObjectEx},
    {NULL, NULL, NULL}};

/* A service provider that asks an object. It counts no references: the bridge has none when it is unsited. */

typedef struct Proffer {
    IServiceProvider provider;
    IDispatch *object;
} Proffer;

static HRESULT STDMETHODCALLTYPE proffer_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider))
        return E_NOINTERFACE;
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE proffer_AddRef(IServiceProvider *provider)
{
    (void)provider;
    return 2;
}

static ULONG STDMETHODCALLTYPE proffer_Release(IServiceProvider *provider)
{
    (void)provider;
    return 1;
}

static HRESULT STDMETHODCALLTYPE proffer_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                      void **ppv)
{
    (void)rsid;
    return IDispatch_QueryInterface(CONTAINING_RECORD(provider, Proffer, provider)->object, riid, ppv);
}

static IServiceProviderVtbl proffer_vtbl = {
    proffer_QueryInterface, proffer_AddRef, proffer_Release, proffer_QueryService};

/* The object */

typedef struct Scriptable {
    IDispatchEx dispatch;
    IObjectWithSite with_site;
    volatile LONG refs;
    SiteBridge *bridge;
    IObjectWithSite *sited;     /* the bridge's own */
} Scriptable;

static Scriptable *scriptable_from_dispatch(IDispatchEx *dispatch)
{
    return CONTAINING_RECORD(dispatch, Scriptable, dispatch);
}

static Scriptable *scriptable_from_with_site(IObjectWithSite *with_site)
{
    return CONTAINING_RECORD(with_site, Scriptable, with_site);
}

static HRESULT STDMETHODCALLTYPE dispatch_QueryInterface(IDispatchEx *dispatch, REFIID riid, void **ppv)
{
    Scriptable *object = scriptable_from_dispatch(dispatch);

    *ppv = NULL;
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IDispatch) ||
        IsEqualIID(riid, &IID_IDispatchEx))
        *ppv = &object->dispatch;
    else if (IsEqualIID(riid, &IID_IObjectWithSite))
        *ppv = &object->with_site;
    else
        return E_NOINTERFACE;
    InterlockedIncrement(&object->refs);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE dispatch_AddRef(IDispatchEx *dispatch)
{
    return (ULONG)InterlockedIncrement(&scriptable_from_dispatch(dispatch)->refs);
}

static ULONG STDMETHODCALLTYPE dispatch_Release(IDispatchEx *dispatch)
{
    Scriptable *object = scriptable_from_dispatch(dispatch);
    ULONG refs = (ULONG)InterlockedDecrement(&object->refs);

    if (refs == 0) {
        if (object->sited)
            IObjectWithSite_Release(object->sited);
        SiteBridgeRelease(object->bridge);
        free(object);
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetTypeInfoCount(IDispatchEx *dispatch, UINT *count)
{
    (void)dispatch;
    *count = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetTypeInfo(IDispatchEx *dispatch, UINT index, LCID locale,
                                                      ITypeInfo **info)
{
    (void)dispatch;
    (void)index;
    (void)locale;
    *info = NULL;
    return DISP_E_BADINDEX;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetDispID(IDispatchEx *dispatch, BSTR name, DWORD flags, DISPID *id)
{
    (void)dispatch;
    (void)flags;
    if (wcscmp(name, L"compare") == 0)
        *id = COMPARE;
    else if (wcscmp(name, L"compareObject") == 0)
        *id = COMPARE_OBJECT;
    else
        *id = DISPID_UNKNOWN;
    return *id == DISPID_UNKNOWN ? DISP_E_UNKNOWNNAME : S_OK;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetIDsOfNames(IDispatchEx *dispatch, REFIID riid, LPOLESTR *names,
                                                        UINT count, LCID locale, DISPID *ids)
{
    (void)riid;
    (void)locale;
    return count == 1 ? dispatch_GetDispID(dispatch, names[0], 0, ids) : DISP_E_UNKNOWNNAME;
}

/* Where nobody sited it, that is a failure. */
static HRESULT scriptable_compare(Scriptable *object, IServiceProvider *caller, Text *text)
{
    IServiceProvider *site;
    HRESULT hr = IObjectWithSite_GetSite(object->sited, &IID_IServiceProvider, (void **)&site);

    if (FAILED(hr))
        return hr;
    hr = compare(site, object->bridge, site_questions, text);
    IServiceProvider_Release(site);
    return SUCCEEDED(hr) ? compare_once(caller, caller_questions, text) : hr;
}

static HRESULT scriptable_compare_object(IDispatch *argument, Text *text)
{
    Proffer proffer;

    proffer.provider.lpVtbl = &proffer_vtbl;
    proffer.object = argument;
    return compare_once(&proffer.provider, object_questions, text);
}

static HRESULT STDMETHODCALLTYPE dispatch_InvokeEx(IDispatchEx *dispatch, DISPID id, LCID locale, WORD flags,
                                                   DISPPARAMS *arguments, VARIANT *result,
                                                   EXCEPINFO *exception, IServiceProvider *caller)
{
    const VARIANT *argument = arguments->rgvarg;
    Text text = {{0}, 0};
    HRESULT hr;

    (void)locale;
    (void)exception;
    if (!(flags & DISPATCH_METHOD) || !result)
        return DISP_E_MEMBERNOTFOUND;
    if (id == COMPARE && arguments->cArgs == 0 && caller)
        hr = scriptable_compare(scriptable_from_dispatch(dispatch), caller, &text);
    else if (id == COMPARE_OBJECT && arguments->cArgs == 1 && V_VT(argument) == VT_DISPATCH)
        hr = scriptable_compare_object(V_DISPATCH(argument), &text);
    else
        hr = DISP_E_BADPARAMCOUNT;
    if (FAILED(hr))
        return hr;
    V_VT(result) = VT_BSTR;
    V_BSTR(result) = SysAllocString(text.characters);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE dispatch_Invoke(IDispatchEx *dispatch, DISPID id, REFIID riid, LCID locale,
                                                 WORD flags, DISPPARAMS *arguments, VARIANT *result,
                                                 EXCEPINFO *exception, UINT *argument)
{
    (void)riid;
    (void)argument;
    return dispatch_InvokeEx(dispatch, id, locale, flags, arguments, result, exception, NULL);
}

static HRESULT STDMETHODCALLTYPE dispatch_DeleteMemberByName(IDispatchEx *dispatch, BSTR name, DWORD flags)
{
    (void)dispatch;
    (void)name;
    (void)flags;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE dispatch_DeleteMemberByDispID(IDispatchEx *dispatch, DISPID id)
{
    (void)dispatch;
    (void)id;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetMemberProperties(IDispatchEx *dispatch, DISPID id, DWORD fetch,
                                                              DWORD *properties)
{
    (void)dispatch;
    (void)id;
    (void)fetch;
    *properties = 0;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetMemberName(IDispatchEx *dispatch, DISPID id, BSTR *name)
{
    (void)dispatch;
    (void)id;
    *name = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetNextDispID(IDispatchEx *dispatch, DWORD flags, DISPID id,
                                                        DISPID *next)
{
    (void)dispatch;
    (void)flags;
    (void)id;
    *next = DISPID_UNKNOWN;
    return S_FALSE;
}

static HRESULT STDMETHODCALLTYPE dispatch_GetNameSpaceParent(IDispatchEx *dispatch, IUnknown **parent)
{
    (void)dispatch;
    *parent = NULL;
    return E_NOTIMPL;
}

static IDispatchExVtbl dispatch_vtbl = {
    dispatch_QueryInterface,
    dispatch_AddRef,
    dispatch_Release,
    dispatch_GetTypeInfoCount,
    dispatch_GetTypeInfo,
    dispatch_GetIDsOfNames,
    dispatch_Invoke,
    dispatch_GetDispID,
    dispatch_InvokeEx,
    dispatch_DeleteMemberByName,
    dispatch_DeleteMemberByDispID,
    dispatch_GetMemberProperties,
    dispatch_GetMemberName,
    dispatch_GetNextDispID,
    dispatch_GetNameSpaceParent,
};

static HRESULT STDMETHODCALLTYPE with_site_QueryInterface(IObjectWithSite *with_site, REFIID riid, void **ppv)
{
    return dispatch_QueryInterface(&scriptable_from_with_site(with_site)->dispatch, riid, ppv);
}

static ULONG STDMETHODCALLTYPE with_site_AddRef(IObjectWithSite *with_site)
{
    return dispatch_AddRef(&scriptable_from_with_site(with_site)->dispatch);
}

static ULONG STDMETHODCALLTYPE with_site_Release(IObjectWithSite *with_site)
{
    return dispatch_Release(&scriptable_from_with_site(with_site)->dispatch);
}

static HRESULT STDMETHODCALLTYPE with_site_SetSite(IObjectWithSite *with_site, IUnknown *site)
{
    return IObjectWithSite_SetSite(scriptable_from_with_site(with_site)->sited, site);
}

static HRESULT STDMETHODCALLTYPE with_site_GetSite(IObjectWithSite *with_site, REFIID riid, void **ppv)
{
    return IObjectWithSite_GetSite(scriptable_from_with_site(with_site)->sited, riid, ppv);
}

static IObjectWithSiteVtbl with_site_vtbl = {
    with_site_QueryInterface, with_site_AddRef, with_site_Release, with_site_SetSite, with_site_GetSite};

static HRESULT CALLBACK scriptable_create(REFIID riid, void **ppv)
{
    Scriptable *object = calloc(1, sizeof *object);
    HRESULT hr;

    if (!object)
        return E_OUTOFMEMORY;
    object->dispatch.lpVtbl = &dispatch_vtbl;
    object->with_site.lpVtbl = &with_site_vtbl;
    object->refs = 1;
    hr = SiteBridgeCreate(&object->bridge);
    if (SUCCEEDED(hr))
        hr = SiteBridgeQueryInterface(object->bridge, &IID_IObjectWithSite, (void **)&object->sited);
    if (SUCCEEDED(hr))
        hr = IDispatchEx_QueryInterface(&object->dispatch, riid, ppv);
    IDispatchEx_Release(&object->dispatch);
    return hr;
}

/* Whatever class it has been registered as. */
STDAPI DllGetClassObject(REFCLSID rclsid, REFIID riid, void **ppv)
{
    static CLSID clsid;
    static const SitePackageClass class_ = {&clsid, scriptable_create};

    clsid = *rclsid;
    return SitePackageGetClassObject(&class_, 1, rclsid, riid, ppv);
}

STDAPI DllCanUnloadNow(void)
{
    return SitePackageCanUnloadNow();
}
