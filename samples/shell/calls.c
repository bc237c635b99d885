#define COBJMACROS
#include "calls.h"

#include <servprov.h>

#include "console.h"

static DWORD main_thread;
static DWORD ran_on;    /* the thread of the last call */
static BOOL delivering; /* COM is about to enter a method of this interface */
static IID delivered;

static LONG queries;           /* from the background: QueryService */
static LONG calls;             /* from the background: all else */
static LONG direct;            /* from the main thread itself */
static LONG brought;           /* of the first two: by the service itself */
static LONG on_another_thread; /* entered on a thread that is not the main one */

static BOOL is_busy, rejects_all;
static ULONG asked;   /* how often, where it is busy */
static LONG rejected; /* calls that the filter has turned away */

static HRESULT STDMETHODCALLTYPE filter_QueryInterface(IMessageFilter *This, REFIID riid,
                                                       void **ppv)
{
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IMessageFilter)) {
        *ppv = NULL;
        return E_NOINTERFACE;
    }
    *ppv = This;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE filter_AddRef(IMessageFilter *This)
{
    (void)This;
    return 2;
}

static ULONG STDMETHODCALLTYPE filter_Release(IMessageFilter *This)
{
    (void)This;
    return 1;
}

/*
 * What COM itself calls in the apartment of an object: IRemUnknown and its successors, by which
 * proxies are released. Such calls are let in always, since a release that is rejected is lost, and
 * the reference with it.
 */
static BOOL is_of_com(const INTERFACEINFO *information)
{
    return information && (information->iid.Data1 == 0x131 || information->iid.Data1 == 0x134 ||
                           information->iid.Data1 == 0x143);
}

/* Half of the calls, some in a row, so that trying once more is not enough. */
static DWORD busy_answer(void)
{
    if (rejects_all)
        return SERVERCALL_REJECTED;
    switch (asked++ % 6) {
    case 0:
    case 1: return SERVERCALL_REJECTED;
    case 2: return SERVERCALL_RETRYLATER;
    default: return SERVERCALL_ISHANDLED;
    }
}

static DWORD STDMETHODCALLTYPE filter_HandleInComingCall(IMessageFilter *This, DWORD type,
                                                         HTASK caller, DWORD ticks,
                                                         LPINTERFACEINFO information)
{
    BOOL busy = (is_busy || rejects_all) && !is_of_com(information);
    DWORD answer = busy ? busy_answer() : SERVERCALL_ISHANDLED;

    (void)This;
    (void)type;
    (void)caller;
    (void)ticks;
    if (answer != SERVERCALL_ISHANDLED)
        rejected++;
    /* Wine delivers what is to be tried again later. */
    if (information && answer != SERVERCALL_REJECTED) {
        delivering = TRUE;
        delivered = information->iid;
    }
    return answer;
}

static DWORD STDMETHODCALLTYPE filter_RetryRejectedCall(IMessageFilter *This, HTASK callee,
                                                        DWORD ticks, DWORD type)
{
    (void)This;
    (void)callee;
    (void)ticks;
    (void)type;
    return (DWORD)-1;
}

static DWORD STDMETHODCALLTYPE filter_MessagePending(IMessageFilter *This, HTASK callee,
                                                     DWORD ticks, DWORD type)
{
    (void)This;
    (void)callee;
    (void)ticks;
    (void)type;
    return PENDINGMSG_WAITDEFPROCESS;
}

static IMessageFilterVtbl filter_vtbl = {
    filter_QueryInterface,    filter_AddRef,         filter_Release, filter_HandleInComingCall,
    filter_RetryRejectedCall, filter_MessagePending,
};
static IMessageFilter filter = {&filter_vtbl};

HRESULT calls_begin(BOOL busy)
{
    is_busy = busy;
    main_thread = GetCurrentThreadId();
    return CoRegisterMessageFilter(&filter, NULL);
}

void calls_reject_all(BOOL all)
{
    rejects_all = all;
}

void calls_end(void)
{
    CoRegisterMessageFilter(NULL, NULL);
}

void calls_entered(REFIID iid)
{
    ran_on = GetCurrentThreadId();
    if (ran_on != main_thread) {
        InterlockedIncrement(&on_another_thread);
        return;
    }
    if (delivering && IsEqualIID(iid, &delivered))
        InterlockedIncrement(IsEqualIID(iid, &IID_IServiceProvider) ? &queries : &calls);
    else
        InterlockedIncrement(&direct);
    delivering = FALSE;
}

void calls_brought(REFIID iid)
{
    delivering = TRUE;
    delivered = *iid;
    brought++;
}

void calls_reset(void)
{
    queries = calls = direct = brought = on_another_thread = rejected = 0;
    delivering = FALSE;
}

void calls_say(void)
{
    console_say(L"%ld service calls arrived from the background: %ld QueryService, %ld others; "
                L"they ran on thread %lu, the main thread is %lu",
                queries + calls, queries, calls, ran_on, main_thread);
    if (brought != 0)
        console_say(L"%ld of them were brought to the main thread by the services themselves",
                    brought);
    if (direct != 0)
        console_say(L"%ld service calls came from the main thread itself", direct);
    if (rejected != 0)
        console_say(L"%ld calls were rejected, because the shell was busy", rejected);
    if (on_another_thread != 0)
        console_say(L"%ld service calls ran on a thread that is not the main one",
                    on_another_thread);
}

BOOL calls_all_on_main_thread(void)
{
    return on_another_thread == 0;
}
