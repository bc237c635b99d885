/* An object in the site's place: what a host like Office hands out. */
#include "raw.h"

#include <ocidl.h>
#include <oleauto.h>

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const GUID anything = { 0x2ee0c4d7, 0x83a6, 0x4f0b, { 0xb1, 1, 2, 3, 5, 8, 13, 21 } };

/* An application's object: an IDispatch that is described by type information. */

typedef struct Application Application;
typedef struct ApplicationVtbl {
    IDispatchVtbl dispatch;
    LONG (STDMETHODCALLTYPE *twice)(Application *application, LONG value);
} ApplicationVtbl;
struct Application {
    const ApplicationVtbl *vtbl;
    volatile LONG refs;
    DWORD home, last_thread;
    volatile LONG wrong_threads;
    ITypeInfo *info;
};

static Application *application_of(IDispatch *dispatch)
{
    Application *application = (Application *)dispatch;

    application->last_thread = GetCurrentThreadId();
    if (application->last_thread != application->home)
        InterlockedIncrement(&application->wrong_threads);
    return application;
}

static HRESULT STDMETHODCALLTYPE application_QueryInterface(IDispatch *dispatch, REFIID riid, void **ppv)
{
    Application *application = application_of(dispatch);

    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IDispatch))
        return E_NOINTERFACE;
    InterlockedIncrement(&application->refs);
    *ppv = dispatch;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE application_AddRef(IDispatch *dispatch)
{
    return (ULONG)InterlockedIncrement(&application_of(dispatch)->refs);
}

static ULONG STDMETHODCALLTYPE application_Release(IDispatch *dispatch)
{
    return (ULONG)InterlockedDecrement(&application_of(dispatch)->refs);
}

static HRESULT STDMETHODCALLTYPE application_GetTypeInfoCount(IDispatch *dispatch, UINT *count)
{
    (void)dispatch;
    *count = 1;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE application_GetTypeInfo(IDispatch *dispatch, UINT index, LCID locale, ITypeInfo **info)
{
    (void)index, (void)locale;
    *info = application_of(dispatch)->info;
    ITypeInfo_AddRef(*info);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE application_GetIDsOfNames(IDispatch *dispatch, REFIID riid, LPOLESTR *names,
                                                           UINT count, LCID locale, DISPID *ids)
{
    (void)riid, (void)locale;
    return DispGetIDsOfNames(application_of(dispatch)->info, names, count, ids);
}

static HRESULT STDMETHODCALLTYPE application_Invoke(IDispatch *dispatch, DISPID id, REFIID riid, LCID locale,
                                                    WORD flags, DISPPARAMS *arguments, VARIANT *result,
                                                    EXCEPINFO *exception, UINT *wrong)
{
    (void)riid, (void)locale;
    return DispInvoke(dispatch, application_of(dispatch)->info, id, flags, arguments, result, exception, wrong);
}

static LONG STDMETHODCALLTYPE application_twice(Application *application, LONG value)
{
    (void)application;
    return 2 * value;
}

static const ApplicationVtbl application_vtbl = {
    { application_QueryInterface, application_AddRef, application_Release, application_GetTypeInfoCount,
      application_GetTypeInfo, application_GetIDsOfNames, application_Invoke },
    application_twice,
};

static HRESULT describe(ITypeInfo **info)
{
    static OLECHAR value[] = L"value", twice[] = L"Twice";
    static PARAMDATA parameters[] = { { value, VT_I4 } };
    static METHODDATA methods[] = {
        { twice, parameters, 1, sizeof(IDispatchVtbl) / sizeof(void *), CC_STDCALL, 1, DISPATCH_METHOD, VT_I4 },
    };
    static INTERFACEDATA data = { methods, 1 };
    ITypeInfo *class_;
    HREFTYPE interface_;
    HRESULT hr = CreateDispTypeInfo(&data, LOCALE_USER_DEFAULT, &class_);

    if (FAILED(hr))
        return hr;
    hr = ITypeInfo_GetRefTypeOfImplType(class_, 0, &interface_);
    if (SUCCEEDED(hr))
        hr = ITypeInfo_GetRefTypeInfo(class_, interface_, info);
    ITypeInfo_Release(class_);
    return hr;
}

static HRESULT call_twice(IDispatch *dispatch, LONG value, LONG *result)
{
    OLECHAR name[] = L"Twice";
    LPOLESTR names = name;
    VARIANTARG argument;
    DISPPARAMS arguments = { &argument, NULL, 1, 0 };
    VARIANT answer;
    DISPID id;
    HRESULT hr = IDispatch_GetIDsOfNames(dispatch, &IID_NULL, &names, 1, LOCALE_USER_DEFAULT, &id);

    if (FAILED(hr))
        return hr;
    V_VT(&argument) = VT_I4;
    V_I4(&argument) = value;
    V_VT(&answer) = VT_EMPTY;
    hr = IDispatch_Invoke(dispatch, id, &IID_NULL, LOCALE_USER_DEFAULT, DISPATCH_METHOD, &arguments, &answer, NULL, NULL);
    *result = V_VT(&answer) == VT_I4 ? V_I4(&answer) : 0;
    return hr;
}

/* The tests */

static Home home;
static SiteBridge *bridge;
static Application app;

typedef struct Setting {
    IUnknown *object;
    HRESULT hr;
} Setting;

static void set_object(void *context)
{
    Setting *setting = context;

    setting->hr = SiteBridgeSetObject(bridge, setting->object);
}

static HRESULT set_at_home(void *object)
{
    Setting setting = { object, E_PENDING };

    home_run(&home, set_object, &setting);
    return setting.hr;
}

static void begin(void)
{
    home_start(&home, IN_STA);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
}

static void end(void)
{
    SiteBridgeRelease(bridge);
    home_stop(&home);
    assert_idle();
}

static void begin_application(void)
{
    begin();
    app.vtbl = &application_vtbl;
    app.refs = 1;
    app.home = home.id;
    app.wrong_threads = 0;
    assert_hr(S_OK, describe(&app.info));
}

static void end_application(void)
{
    end();
    assert_int_equal(1, app.refs);
    assert_int_equal(0, app.wrong_threads);
    ITypeInfo_Release(app.info);
}

typedef struct Doubling {
    HRESULT asked, called;
    LONG result;
} Doubling;

static void double_it(void *context)
{
    Doubling *doubling = context;
    IDispatch *dispatch;

    doubling->asked = SiteBridgeQueryService(bridge, &anything, &IID_IDispatch, (void **)&dispatch);
    if (FAILED(doubling->asked))
        return;
    doubling->called = call_twice(dispatch, 21, &doubling->result);
    IDispatch_Release(dispatch);
}

static BOOL application_is_let_go(void *context)
{
    (void)context;
    return app.refs == 1;
}

static void an_applications_object_is_used_from_every_thread(void **state)
{
    size_t i;

    (void)state;
    /* What automation keeps for itself from the first object on is nobody's leak. */
    accounts_excuse();
    begin_application();
    assert_hr(S_OK, set_at_home(&app));
    for (i = 0; i <= KINDS; i++) {
        Doubling doubling = { E_PENDING, E_PENDING, 0 };

        if (i < KINDS)
            thread_run(kinds[i], double_it, &doubling);
        else
            home_run(&home, double_it, &doubling);
        assert_hr(S_OK, doubling.asked);
        assert_hr(S_OK, doubling.called);
        assert_int_equal(app.vtbl->twice(&app, 21), doubling.result);
        assert_int_equal(home.id, app.last_thread);
    }
    assert_hr(S_OK, set_at_home(NULL));
    assert_true(eventually(application_is_let_go, NULL));
    end_application();
}

static HRESULT CALLBACK look_at_the_site(IServiceProvider *site, void *context)
{
    IUnknown *object = NULL, *site_too = NULL;
    HRESULT hr = IServiceProvider_QueryService(site, &anything, &IID_IUnknown, (void **)&object);
    BOOL same = object == (IUnknown *)&app;

    (void)context;
    if (object)
        IUnknown_Release(object);
    if (FAILED(hr) || !same)
        return E_FAIL;
    hr = IServiceProvider_QueryInterface(site, &IID_IServiceProvider, (void **)&site_too);
    if (SUCCEEDED(hr))
        IUnknown_Release(site_too);
    return hr;
}

static void invoke(void *context)
{
    *(HRESULT *)context = SiteBridgeInvoke(bridge, look_at_the_site, NULL);
}

static void get_site(void *context)
{
    IObjectWithSite *with_site = NULL;
    IUnknown *site = NULL;
    HRESULT hr = SiteBridgeQueryInterface(bridge, &IID_IObjectWithSite, (void **)&with_site);

    if (SUCCEEDED(hr)) {
        hr = IObjectWithSite_GetSite(with_site, &IID_IUnknown, (void **)&site);
        IObjectWithSite_Release(with_site);
    }
    if (SUCCEEDED(hr) && site != (IUnknown *)&app)
        hr = E_FAIL;
    if (site)
        IUnknown_Release(site);
    *(HRESULT *)context = hr;
}

static void a_function_and_getsite_see_the_object(void **state)
{
    HRESULT hr = E_PENDING;
    size_t i;

    (void)state;
    begin_application();
    assert_hr(S_OK, set_at_home(&app));
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], invoke, &hr);
        assert_hr(S_OK, hr);
    }
    home_run(&home, get_site, &hr);
    assert_hr(S_OK, hr);
    end_application();
}

/* An object that is agile is called where the caller is, one that is a proxy is not called by setting it. */

static void an_agile_object_is_asked_on_the_callers_thread(void **state)
{
    Ask question = { 0 };
    Host host;
    size_t i;

    (void)state;
    begin();
    host_init(&host, 0);
    host.agile = TRUE;
    assert_hr(S_OK, set_at_home(host_site(&host)));
    home_block(&home);
    question.bridge = bridge;
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
    }
    home_unblock(&home);
    assert_hr(S_OK, set_at_home(NULL));
    assert_int_equal(1, host_refs(&host));
    end();
}

static void unmarshal_and_set(void *context)
{
    Setting *setting = context;
    IServiceProvider *proxy;

    setting->hr = raw_unmarshal((IStream *)(void *)setting->object, &proxy);
    if (FAILED(setting->hr))
        return;
    setting->hr = SiteBridgeSetObject(bridge, (IUnknown *)proxy);
    setting->object = (IUnknown *)proxy;
}

static void release_proxy(void *context)
{
    SiteBridgeSetObject(bridge, NULL);
    IUnknown_Release(((Setting *)context)->object);
}

static void a_proxy_is_not_called_while_it_is_set(void **state)
{
    Setting setting;
    Home owner;
    Host host;

    (void)state;
    begin();
    home_start(&owner, IN_STA);
    host_init(&host, owner.id);
    setting.object = (IUnknown *)(void *)raw_marshal_at(&owner, &host);
    home_block(&owner);
    home_run(&home, unmarshal_and_set, &setting);
    assert_hr(S_OK, setting.hr);
    home_unblock(&owner);
    home_run(&home, release_proxy, &setting);
    home_stop(&owner);
    assert_int_equal(1, host_refs(&host));
    end();
}

static void a_failure_leaves_the_object_and_the_bridge_alone(void **state)
{
    Setting setting = { NULL, E_PENDING };
    Ask question = { 0 };
    Host first, second;

    (void)state;
    begin();
    host_init(&first, home.id);
    host_init(&second, 0);
    assert_hr(E_INVALIDARG, SiteBridgeSetObject(NULL, (IUnknown *)host_site(&second)));
    setting.object = (IUnknown *)host_site(&second);
    thread_run(IN_NONE, set_object, &setting);
    assert_hr(CO_E_NOTINITIALIZED, setting.hr);
    assert_hr(S_OK, set_at_home(host_site(&first)));
    thread_run(IN_STA, set_object, &setting);
    assert_hr(RPC_E_WRONG_THREAD, setting.hr);
    assert_int_equal(1, host_refs(&second));
    question.bridge = bridge;
    thread_run(IN_MTA, ask, &question);
    assert_answered(&question);
    end();
    assert_int_equal(1, host_refs(&first));
}

int main(void)
{
    static const Test tests[] = {
        TEST(an_applications_object_is_used_from_every_thread),
        TEST(a_function_and_getsite_see_the_object),
        TEST(an_agile_object_is_asked_on_the_callers_thread),
        TEST(a_proxy_is_not_called_while_it_is_set),
        TEST(a_failure_leaves_the_object_and_the_bridge_alone),
    };

    return RUN("set_object", tests);
}
