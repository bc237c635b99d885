/* A host that is busy refuses what comes in, as Visual Studio does behind a dialog. */
#include "../harness.h"

static Home home;
static Host site;
static SiteBridge *bridge;

static void release_bridge(void *context)
{
    (void)context;
    SiteBridgeRelease(bridge);
}

static HRESULT ask_in_mta(void)
{
    Ask question = { 0 };

    question.bridge = bridge;
    thread_run(IN_MTA, ask, &question);
    assert_true(question.answered);
    return question.hr;
}

static volatile LONG refused;

static HRESULT STDMETHODCALLTYPE filter_QueryInterface(IMessageFilter *filter, REFIID riid, void **ppv)
{
    (void)riid;
    *ppv = filter;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE filter_AddRef(IMessageFilter *filter)
{
    (void)filter;
    return 2;
}

static DWORD STDMETHODCALLTYPE filter_HandleInComingCall(IMessageFilter *filter, DWORD type, HTASK task,
                                                         DWORD ticks, LPINTERFACEINFO info)
{
    (void)filter, (void)type, (void)task, (void)ticks, (void)info;
    InterlockedIncrement(&refused);
    return SERVERCALL_REJECTED;
}

static DWORD STDMETHODCALLTYPE filter_RetryRejectedCall(IMessageFilter *filter, HTASK task, DWORD ticks,
                                                        DWORD type)
{
    (void)filter, (void)task, (void)ticks, (void)type;
    return (DWORD)-1;
}

static DWORD STDMETHODCALLTYPE filter_MessagePending(IMessageFilter *filter, HTASK task, DWORD ticks,
                                                     DWORD type)
{
    (void)filter, (void)task, (void)ticks, (void)type;
    return PENDINGMSG_WAITDEFPROCESS;
}

static IMessageFilterVtbl filter_vtbl = {
    filter_QueryInterface, filter_AddRef, filter_AddRef, filter_HandleInComingCall,
    filter_RetryRejectedCall, filter_MessagePending,
};
static IMessageFilter filter = { &filter_vtbl };

static void be_busy(void *context)
{
    assert_hr(S_OK, CoRegisterMessageFilter(*(BOOL *)context ? &filter : NULL, NULL));
}

static BOOL one_was_refused(void *context)
{
    (void)context;
    return refused != 0;
}

/* The last user of the bridge has gone by then: the library itself sees to it that the site is freed. */
static void a_busy_host_frees_its_site_later(void **state)
{
    BOOL busy = TRUE;

    (void)state;
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    assert_hr(S_OK, ask_in_mta());
    home_run(&home, be_busy, &busy);
    assert_hr(RPC_E_CALL_REJECTED, ask_in_mta());
    refused = 0;
    thread_run(IN_MTA, release_bridge, NULL);
    assert_true(eventually(one_was_refused, NULL));
    assert_int_equal(2, host_refs(&site));
    busy = FALSE;
    home_run(&home, be_busy, &busy);
    assert_idle();
    assert_int_equal(1, host_refs(&site));
    home_stop(&home);
    assert_int_equal(0, site.wrong_threads);
}

int main(void)
{
    static const Test tests[] = { TEST(a_busy_host_frees_its_site_later) };

    return RUN("busy", tests);
}
