/* IInitializeSpy: how a library learns that the apartment it has something in is about to end. */
#include "raw.h"

#include <string.h>

/* Writes down what it is told: a letter each, and the count that came with it. */
typedef struct Spy {
    IInitializeSpy spy;
    volatile LONG refs;
    ULARGE_INTEGER cookie;
    char log[64];
    BOOL apartment_at_pre, apartment_at_post; /* whether there was one */
    BOOL revoke_at_pre, revoke_at_post;
    HRESULT revoked;
    DWORD released_on;
} Spy;

static void spy_log(Spy *spy, char letter, DWORD count)
{
    size_t end = strlen(spy->log);

    if (end + 3 < sizeof spy->log) {
        spy->log[end] = letter;
        spy->log[end + 1] = (char)('0' + count);
    }
}

static Spy *spy_from(IInitializeSpy *spy)
{
    return CONTAINING_RECORD(spy, Spy, spy);
}

static HRESULT STDMETHODCALLTYPE spy_QueryInterface(IInitializeSpy *spy, REFIID riid, void **ppv)
{
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IInitializeSpy))
        return E_NOINTERFACE;
    IInitializeSpy_AddRef(spy);
    *ppv = spy;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE spy_AddRef(IInitializeSpy *spy)
{
    return (ULONG)InterlockedIncrement(&spy_from(spy)->refs);
}

static ULONG STDMETHODCALLTYPE spy_Release(IInitializeSpy *spy)
{
    spy_from(spy)->released_on = GetCurrentThreadId();
    return (ULONG)InterlockedDecrement(&spy_from(spy)->refs);
}

static HRESULT STDMETHODCALLTYPE spy_PreInitialize(IInitializeSpy *spy, DWORD flags, DWORD count)
{
    (void)flags;
    spy_log(spy_from(spy), 'i', count);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE spy_PostInitialize(IInitializeSpy *spy, HRESULT hr, DWORD flags,
                                                    DWORD count)
{
    (void)flags;
    spy_log(spy_from(spy), 'I', count);
    return hr;
}

static BOOL there_is_an_apartment(void)
{
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    return SUCCEEDED(CoGetApartmentType(&type, &qualifier));
}

static HRESULT STDMETHODCALLTYPE spy_PreUninitialize(IInitializeSpy *from, DWORD count)
{
    Spy *spy = spy_from(from);

    spy_log(spy, 'u', count);
    spy->apartment_at_pre = there_is_an_apartment();
    if (spy->revoke_at_pre)
        spy->revoked = CoRevokeInitializeSpy(spy->cookie);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE spy_PostUninitialize(IInitializeSpy *from, DWORD count)
{
    Spy *spy = spy_from(from);

    spy_log(spy, 'U', count);
    spy->apartment_at_post = there_is_an_apartment();
    if (spy->revoke_at_post)
        spy->revoked = CoRevokeInitializeSpy(spy->cookie);
    return S_OK;
}

static IInitializeSpyVtbl spy_vtbl = {
    spy_QueryInterface, spy_AddRef,          spy_Release,          spy_PreInitialize,
    spy_PostInitialize, spy_PreUninitialize, spy_PostUninitialize,
};

static void spy_init(Spy *spy)
{
    ZeroMemory(spy, sizeof *spy);
    spy->spy.lpVtbl = &spy_vtbl;
    spy->refs = 1;
    spy->revoked = E_PENDING;
}

typedef struct Plan {
    Spy spy;
    HRESULT registered;
    int nested;      /* CoInitializeEx inside the first one */
    int rounds;      /* apartments one after the other */
    BOOL leave_open; /* no last CoUninitialize */
} Plan;

/* On a thread that has not initialized COM. */
static void live(void *context)
{
    Plan *plan = context;
    int i, round;

    for (round = 0; round < plan->rounds; round++) {
        CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
        if (round == 0)
            plan->registered = CoRegisterInitializeSpy(&plan->spy.spy, &plan->spy.cookie);
        for (i = 0; i < plan->nested; i++)
            CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
        for (i = 0; i < plan->nested; i++)
            CoUninitialize();
        if (!plan->leave_open)
            CoUninitialize();
    }
}

static void plan_init(Plan *plan)
{
    ZeroMemory(plan, sizeof *plan);
    spy_init(&plan->spy);
    plan->rounds = 1;
    plan->registered = E_PENDING;
}

/* 1 before the last CoUninitialize, while the apartment is still there, and 0 after it. */
static void a_spy_tells_the_end_of_an_apartment(void **state)
{
    Plan plan;

    (void)state;
    plan_init(&plan);
    thread_run(IN_NONE, live, &plan);
    assert_hr(S_OK, plan.registered);
    assert_string_equal("u1U0", plan.spy.log);
    assert_true(plan.spy.apartment_at_pre);
    assert_false(plan.spy.apartment_at_post);
    assert_int_equal(1, plan.spy.refs);
}

static void a_nested_couninitialize_has_another_count(void **state)
{
    Plan plan;

    (void)state;
    plan_init(&plan);
    plan.nested = 1;
    thread_run(IN_NONE, live, &plan);
    assert_string_equal("i1I2u2U1u1U0", plan.spy.log);
}

/* It belongs to the thread, not to the apartment. */
static void a_spy_survives_the_apartment(void **state)
{
    Plan plan;

    (void)state;
    plan_init(&plan);
    plan.rounds = 2;
    thread_run(IN_NONE, live, &plan);
    assert_string_equal("u1U0i0I1u1U0", plan.spy.log);
}

/* Nothing says so before: the release is the only word of it. */
static void a_spy_is_released_when_its_thread_ends_without_couninitialize(void **state)
{
    Thread thread;
    Plan plan;

    (void)state;
    plan_init(&plan);
    plan.leave_open = TRUE;
    thread_start(&thread, IN_NONE, live, &plan);
    thread_join(&thread);
    assert_string_equal("", plan.spy.log);
    assert_int_equal(1, plan.spy.refs);
    assert_int_equal(thread.id, plan.spy.released_on);
}

static void a_spy_may_be_revoked_while_it_is_told_of_the_end(void **state)
{
    Plan plan;

    (void)state;
    plan_init(&plan);
    plan.spy.revoke_at_pre = TRUE;
    plan.rounds = 2;
    thread_run(IN_NONE, live, &plan);
    assert_hr(S_OK, plan.spy.revoked);
    assert_string_equal("u1", plan.spy.log);
    assert_int_equal(1, plan.spy.refs);
}

static void a_spy_may_be_revoked_while_it_is_told_that_it_was_the_end(void **state)
{
    Plan plan;

    (void)state;
    plan_init(&plan);
    plan.spy.revoke_at_post = TRUE;
    plan.rounds = 2;
    thread_run(IN_NONE, live, &plan);
    assert_hr(S_OK, plan.spy.revoked);
    assert_string_equal("u1U0", plan.spy.log);
    assert_int_equal(1, plan.spy.refs);
}

static void live_here_too(void *context)
{
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    CoUninitialize();
    (void)context;
}

static void revoke(void *context)
{
    Spy *spy = context;

    spy->revoked = CoRevokeInitializeSpy(spy->cookie);
}

static void a_spy_sees_its_own_thread_only(void **state)
{
    Spy spy;

    (void)state;
    spy_init(&spy);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    assert_hr(S_OK, CoRegisterInitializeSpy(&spy.spy, &spy.cookie));
    thread_run(IN_NONE, live_here_too, NULL);
    assert_string_equal("", spy.log);
    thread_run(IN_NONE, revoke, &spy);
    assert_hr(E_INVALIDARG, spy.revoked);
    assert_hr(S_OK, CoRevokeInitializeSpy(spy.cookie));
    assert_int_equal(1, spy.refs);
    CoUninitialize();
    assert_string_equal("", spy.log);
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_spy_tells_the_end_of_an_apartment),
        TEST(a_nested_couninitialize_has_another_count),
        TEST(a_spy_survives_the_apartment),
        TEST(a_spy_is_released_when_its_thread_ends_without_couninitialize),
        TEST(a_spy_may_be_revoked_while_it_is_told_of_the_end),
        TEST(a_spy_may_be_revoked_while_it_is_told_that_it_was_the_end),
        TEST(a_spy_sees_its_own_thread_only),
    };

    return RUN("spies", tests);
}
