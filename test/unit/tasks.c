/*
 * What Visual Studio passes to a package that it loads asynchronously, and the tasks that come from there, as
 * vspackage.h declares them: against a small shell, which gives out each.
 */
#include "harness.h"

#include <stdio.h>

#include <sitebridge/package.h>

static const GUID service = { 0x91b7c3a0, 0x4d20, 0x4f88, { 0xa7, 1, 2, 3, 4, 5, 6, 7 } };

/* The slots */

/* Where each method is, after IUnknown's three. */
static const struct Method {
    const char *name;
    size_t offset, slot;
} methods[] = {
#define METHOD(interface, method, slot) { #interface "::" #method, offsetof(interface##Vtbl, method), slot }
    METHOD(IVsTask, ContinueWith, 3),
    METHOD(IVsTask, ContinueWithEx, 4),
    METHOD(IVsTask, Start, 5),
    METHOD(IVsTask, Cancel, 6),
    METHOD(IVsTask, GetResult, 7),
    METHOD(IVsTask, AbortIfCanceled, 8),
    METHOD(IVsTask, Wait, 9),
    METHOD(IVsTask, WaitEx, 10),
    METHOD(IVsTask, get_IsFaulted, 11),
    METHOD(IVsTask, get_IsCompleted, 12),
    METHOD(IVsTask, get_IsCanceled, 13),
    METHOD(IVsTask, get_AsyncState, 14),
    METHOD(IVsTask, get_Description, 15),
    METHOD(IVsTask, put_Description, 16),
    METHOD(IVsTaskBody, DoWork, 3),
    METHOD(IProfferAsyncService, ProfferAsyncService, 3),
    METHOD(IProfferAsyncService, RevokeAsyncService, 4),
    METHOD(IProfferAsyncService, GetServiceProgressCallback, 5),
    METHOD(IAsyncProgressCallback, ReportProgress, 3),
    METHOD(IAsyncServiceProvider, QueryServiceAsync, 3),
    METHOD(IAsyncLoadablePackageInitialize, Initialize, 3),
};

static void every_method_has_its_slot(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (methods[i].offset != methods[i].slot * sizeof(void *))
            print_error("%s\n", methods[i].name);
        assert_int_equal(methods[i].slot * sizeof(void *), methods[i].offset);
    }
    assert_int_equal(17 * sizeof(void *), sizeof(IVsTaskVtbl));
    assert_int_equal(4 * sizeof(void *), sizeof(IVsTaskBodyVtbl));
}

static void every_interface_has_its_iid(void **state)
{
    static const struct {
        const IID *iid;
        const WCHAR *text;
    } iids[] = {
        { &IID_IVsTask, L"{0B98EAB8-00BB-45D0-AE2F-3DE35CD68235}" },
        { &IID_IVsTaskBody, L"{05A07459-551F-4CDF-B38A-16089D083110}" },
        { &IID_IProfferAsyncService, L"{5FDD1FE6-898B-4D51-B2BC-4C936760C572}" },
        { &IID_IAsyncProgressCallback, L"{C3A2D62E-64BE-4008-924F-7E303E2B0001}" },
        { &IID_IAsyncServiceProvider, L"{257B63FA-8388-4FEB-9DB8-3DB22F4405DE}" },
    };
    WCHAR text[40];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof iids / sizeof iids[0]; i++) {
        assert_true(StringFromGUID2(iids[i].iid, text, sizeof text / sizeof text[0]) != 0);
        assert_int_equal(0, lstrcmpW(iids[i].text, text));
    }
}

/* The shell: one static object with an interface for each */

enum { TEXT_MOST = 32 };

static struct Shell {
    IAsyncServiceProvider provider;
    IProfferAsyncService proffer;
    IAsyncProgressCallback progress;
    IVsTask task;
    IUnknown *result;                   /* the task's */
    IVsTaskBody *continuation;
    LONG number;                        /* the asyncState's */
    WCHAR description[TEXT_MOST], reported[TEXT_MOST];
    LONG step, steps;
    IAsyncServiceProvider *proffered;
    volatile LONG references, calls;
} shell;

#define SHELL_UNKNOWN(part, Interface) \
    static HRESULT STDMETHODCALLTYPE part##_QueryInterface(Interface *self, REFIID riid, void **ppv) \
    { \
        *ppv = NULL; \
        if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_##Interface)) \
            return E_NOINTERFACE; \
        *ppv = self; \
        InterlockedIncrement(&shell.references); \
        return S_OK; \
    } \
    static ULONG STDMETHODCALLTYPE part##_AddRef(Interface *self) \
    { \
        (void)self; \
        return (ULONG)InterlockedIncrement(&shell.references); \
    } \
    static ULONG STDMETHODCALLTYPE part##_Release(Interface *self) \
    { \
        (void)self; \
        return (ULONG)InterlockedDecrement(&shell.references); \
    }

SHELL_UNKNOWN(task, IVsTask)

static HRESULT STDMETHODCALLTYPE task_ContinueWithEx(IVsTask *self, DWORD context, DWORD options, IVsTaskBody *body,
                                                     VARIANT async_state, IVsTask **task)
{
    assert_int_equal(4, context);
    assert_int_equal(2, options);
    assert_int_equal(VT_I4, V_VT(&async_state));
    shell.number = V_I4(&async_state);
    shell.continuation = body;
    *task = self;
    task_AddRef(self);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE task_ContinueWith(IVsTask *self, DWORD context, IVsTaskBody *body, IVsTask **task)
{
    VARIANT number;

    V_VT(&number) = VT_I4;
    V_I4(&number) = 1;
    return task_ContinueWithEx(self, context, 2, body, number, task);
}

static HRESULT task_call(IVsTask *self)
{
    assert_ptr_equal(&shell.task, self);
    shell.calls++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE task_Start(IVsTask *self)
{
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_Cancel(IVsTask *self)
{
    return task_call(self);
}

/* The continuation has run by the time that a result can be had. */
static HRESULT STDMETHODCALLTYPE task_GetResult(IVsTask *self, VARIANT *result)
{
    IVsTask *parents[1] = { self };

    V_VT(result) = VT_UNKNOWN;
    V_UNKNOWN(result) = shell.result;
    IUnknown_AddRef(shell.result);
    return shell.continuation ? IVsTaskBody_DoWork(shell.continuation, self, 1, parents, result) : S_OK;
}

static HRESULT STDMETHODCALLTYPE task_AbortIfCanceled(IVsTask *self)
{
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_Wait(IVsTask *self)
{
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_WaitEx(IVsTask *self, int milliseconds, DWORD options, VARIANT_BOOL *completed)
{
    assert_int_equal(-1, milliseconds);
    assert_int_equal(3, options);
    *completed = VARIANT_TRUE;
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_get_IsFaulted(IVsTask *self, VARIANT_BOOL *faulted)
{
    *faulted = VARIANT_FALSE;
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_get_IsCompleted(IVsTask *self, VARIANT_BOOL *completed)
{
    *completed = VARIANT_TRUE;
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_get_IsCanceled(IVsTask *self, VARIANT_BOOL *canceled)
{
    *canceled = VARIANT_FALSE;
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_get_AsyncState(IVsTask *self, VARIANT *async_state)
{
    V_VT(async_state) = VT_I4;
    V_I4(async_state) = shell.number;
    return task_call(self);
}

static HRESULT STDMETHODCALLTYPE task_get_Description(IVsTask *self, BSTR *description)
{
    *description = shell.description;
    return task_call(self);
}

static void keep_text(WCHAR *to, LPCOLESTR from)
{
    int i;

    for (i = 0; i < TEXT_MOST - 1 && from[i]; i++)
        to[i] = from[i];
    to[i] = L'\0';
}

static HRESULT STDMETHODCALLTYPE task_put_Description(IVsTask *self, LPCOLESTR description)
{
    keep_text(shell.description, description);
    return task_call(self);
}

static IVsTaskVtbl task_vtbl = {
    task_QueryInterface, task_AddRef, task_Release, task_ContinueWith, task_ContinueWithEx, task_Start, task_Cancel,
    task_GetResult, task_AbortIfCanceled, task_Wait, task_WaitEx, task_get_IsFaulted, task_get_IsCompleted,
    task_get_IsCanceled, task_get_AsyncState, task_get_Description, task_put_Description,
};

SHELL_UNKNOWN(provider, IAsyncServiceProvider)

static HRESULT STDMETHODCALLTYPE provider_QueryServiceAsync(IAsyncServiceProvider *self, REFGUID rsid, IVsTask **task)
{
    (void)self;
    *task = NULL;
    if (!IsEqualGUID(rsid, &service))
        return E_NOINTERFACE;
    *task = &shell.task;
    task_AddRef(*task);
    return S_OK;
}

static IAsyncServiceProviderVtbl provider_vtbl = {
    provider_QueryInterface, provider_AddRef, provider_Release, provider_QueryServiceAsync,
};

SHELL_UNKNOWN(progress, IAsyncProgressCallback)

static HRESULT STDMETHODCALLTYPE progress_ReportProgress(IAsyncProgressCallback *self, REFGUID about, LPCWSTR message,
                                                         LPCWSTR text, LONG step, LONG steps)
{
    (void)self, (void)text;
    assert_ptr_equal(&service, about);
    keep_text(shell.reported, message);
    shell.step = step;
    shell.steps = steps;
    return S_OK;
}

static IAsyncProgressCallbackVtbl progress_vtbl = {
    progress_QueryInterface, progress_AddRef, progress_Release, progress_ReportProgress,
};

SHELL_UNKNOWN(proffer, IProfferAsyncService)

static HRESULT STDMETHODCALLTYPE proffer_ProfferAsyncService(IProfferAsyncService *self, REFGUID rsid,
                                                             IAsyncServiceProvider *provider, DWORD *cookie)
{
    (void)self;
    assert_ptr_equal(&service, rsid);
    shell.proffered = provider;
    *cookie = 42;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE proffer_RevokeAsyncService(IProfferAsyncService *self, DWORD cookie)
{
    (void)self;
    shell.proffered = NULL;
    return cookie == 42 ? S_OK : E_INVALIDARG;
}

static HRESULT STDMETHODCALLTYPE proffer_GetServiceProgressCallback(IProfferAsyncService *self,
                                                                    IAsyncProgressCallback **progress)
{
    (void)self;
    *progress = &shell.progress;
    progress_AddRef(*progress);
    return S_OK;
}

static IProfferAsyncServiceVtbl proffer_vtbl = {
    proffer_QueryInterface, proffer_AddRef, proffer_Release, proffer_ProfferAsyncService, proffer_RevokeAsyncService,
    proffer_GetServiceProgressCallback,
};

static Home home;
static Host site, result;

static void shell_begin(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    host_init(&result, 0);
    ZeroMemory(&shell, sizeof shell);
    shell.provider.lpVtbl = &provider_vtbl;
    shell.proffer.lpVtbl = &proffer_vtbl;
    shell.progress.lpVtbl = &progress_vtbl;
    shell.task.lpVtbl = &task_vtbl;
    shell.result = (IUnknown *)host_site(&result);
}

static void shell_end(void)
{
    home_stop(&home);
    assert_int_equal(0, shell.references);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(1, host_refs(&result));
}

/* The package */

static HRESULT STDMETHODCALLTYPE body_QueryInterface(IVsTaskBody *body, REFIID riid, void **ppv)
{
    *ppv = IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IVsTaskBody) ? body : NULL;
    return *ppv ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE body_count(IVsTaskBody *body)
{
    (void)body;
    return 1;
}

static int worked;

static HRESULT STDMETHODCALLTYPE body_DoWork(IVsTaskBody *body, IVsTask *task, DWORD count, IVsTask *parents[],
                                             VARIANT *value)
{
    (void)body;
    assert_int_equal(1, count);
    assert_ptr_equal(task, parents[0]);
    assert_int_equal(VT_UNKNOWN, V_VT(value));
    worked++;
    return S_OK;
}

static IVsTaskBodyVtbl body_vtbl = { body_QueryInterface, body_count, body_count, body_DoWork };

/* A service by way of its task, which has no IID of its own for it. */
static HRESULT get_service(IAsyncServiceProvider *provider, void **object)
{
    VARIANT value;
    IVsTask *task;
    HRESULT hr = IAsyncServiceProvider_QueryServiceAsync(provider, &service, &task);

    if (FAILED(hr))
        return hr;
    hr = IVsTask_GetResult(task, &value);
    IVsTask_Release(task);
    if (FAILED(hr))
        return hr;
    hr = IUnknown_QueryInterface(V_UNKNOWN(&value), &IID_IServiceProvider, object);
    IUnknown_Release(V_UNKNOWN(&value));
    return hr;
}

static HRESULT CALLBACK initialize(IVsPackage *package, IAsyncServiceProvider *provider, IProfferAsyncService *proffer,
                                   IAsyncProgressCallback *progress, void *context)
{
    IAsyncProgressCallback *own = NULL;
    void *object = NULL;
    DWORD cookie = 0;
    HRESULT hr;

    (void)package, (void)context;
    hr = IProfferAsyncService_ProfferAsyncService(proffer, &service, provider, &cookie);
    assert_ptr_equal(provider, shell.proffered);
    if (SUCCEEDED(hr))
        hr = IProfferAsyncService_GetServiceProgressCallback(proffer, &own);
    assert_ptr_equal(progress, own);
    if (own)
        IAsyncProgressCallback_Release(own);
    if (SUCCEEDED(hr))
        hr = IAsyncProgressCallback_ReportProgress(progress, &service, L"half", L"", 1, 2);
    if (SUCCEEDED(hr))
        hr = get_service(provider, &object);
    if (object)
        IUnknown_Release((IUnknown *)object);
    assert_ptr_equal(host_site(&result), object);
    return SUCCEEDED(hr) ? IProfferAsyncService_RevokeAsyncService(proffer, cookie) : hr;
}

static IVsPackage *package;

static void set_site(void *context)
{
    *(HRESULT *)context = IVsPackage_SetSite(package, host_site(&site));
}

static void close_package(void *context)
{
    *(HRESULT *)context = IVsPackage_Close(package);
}

static void load(void *context)
{
    IAsyncLoadablePackageInitialize *async;
    HRESULT *hr = context;
    IVsTask *task;

    *hr = IVsPackage_QueryInterface(package, &IID_IAsyncLoadablePackageInitialize, (void **)&async);
    if (FAILED(*hr))
        return;
    *hr = IAsyncLoadablePackageInitialize_Initialize(async, &shell.provider, &shell.proffer, &shell.progress, &task);
    IAsyncLoadablePackageInitialize_Release(async);
}

static void a_package_uses_what_initialize_is_passed(void **state)
{
    static const SitePackageEvents events = { .size = sizeof events, .initialize = initialize };
    HRESULT hr = E_PENDING;

    (void)state;
    shell_begin();
    assert_hr(S_OK, SitePackageCreate(&events, NULL, &IID_IVsPackage, (void **)&package));
    home_run(&home, set_site, &hr);
    assert_hr(S_OK, hr);
    hr = E_PENDING;
    thread_run(IN_MTA, load, &hr);
    assert_hr(S_OK, hr);
    assert_int_equal(0, lstrcmpW(L"half", shell.reported));
    assert_int_equal(1, shell.step);
    assert_int_equal(2, shell.steps);
    assert_null(shell.proffered);
    home_run(&home, close_package, &hr);
    assert_hr(S_OK, hr);
    IVsPackage_Release(package);
    shell_end();
    assert_idle();
}

static void a_task_says_how_it_is(IVsTask *task)
{
    VARIANT_BOOL faulted = VARIANT_TRUE, completed = VARIANT_FALSE, canceled = VARIANT_TRUE;
    BSTR description = NULL;

    assert_hr(S_OK, IVsTask_get_IsFaulted(task, &faulted));
    assert_hr(S_OK, IVsTask_get_IsCompleted(task, &completed));
    assert_hr(S_OK, IVsTask_get_IsCanceled(task, &canceled));
    assert_int_equal(VARIANT_FALSE, faulted);
    assert_int_equal(VARIANT_TRUE, completed);
    assert_int_equal(VARIANT_FALSE, canceled);
    assert_hr(S_OK, IVsTask_put_Description(task, L"a task"));
    assert_hr(S_OK, IVsTask_get_Description(task, &description));
    assert_int_equal(0, lstrcmpW(L"a task", description));
}

/* A VARIANT goes by value there, and comes as it was. */
static void a_task_can_be_continued_waited_for_and_asked(void **state)
{
    IVsTaskBody body = { &body_vtbl };
    VARIANT_BOOL completed = VARIANT_FALSE;
    VARIANT number, value;
    IVsTask *task, *next;

    (void)state;
    shell_begin();
    worked = 0;
    assert_hr(S_OK, IAsyncServiceProvider_QueryServiceAsync(&shell.provider, &service, &task));
    V_VT(&number) = VT_I4;
    V_I4(&number) = 0x12345678;
    assert_hr(S_OK, IVsTask_ContinueWithEx(task, 4, 2, &body, number, &next));
    V_I4(&number) = 0;
    assert_hr(S_OK, IVsTask_get_AsyncState(next, &number));
    assert_int_equal(0x12345678, V_I4(&number));
    IVsTask_Release(next);
    assert_hr(S_OK, IVsTask_ContinueWith(task, 4, &body, &next));
    assert_int_equal(1, shell.number);
    assert_hr(S_OK, IVsTask_Start(next));
    assert_hr(S_OK, IVsTask_Wait(next));
    assert_hr(S_OK, IVsTask_WaitEx(next, -1, 3, &completed));
    assert_int_equal(VARIANT_TRUE, completed);
    assert_hr(S_OK, IVsTask_GetResult(next, &value));
    assert_int_equal(1, worked);
    assert_ptr_equal(shell.result, V_UNKNOWN(&value));
    IUnknown_Release(V_UNKNOWN(&value));
    assert_hr(S_OK, IVsTask_AbortIfCanceled(next));
    assert_hr(S_OK, IVsTask_Cancel(next));
    a_task_says_how_it_is(next);
    assert_int_equal(11, shell.calls);
    IVsTask_Release(next);
    IVsTask_Release(task);
    shell_end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(every_method_has_its_slot),
        TEST(every_interface_has_its_iid),
        TEST(a_package_uses_what_initialize_is_passed),
        TEST(a_task_can_be_continued_waited_for_and_asked),
    };

    return RUN("tasks", tests);
}
