#include "invocation.h"

#include <stdlib.h>
#include <string.h>

typedef enum InvocationState { INVOCATION_SENT, INVOCATION_RUNNING, INVOCATION_DONE } InvocationState;

/* Home finds it by its number each time: it is the sender's, who may have been killed or gone on. */
typedef struct Invocation {
    struct Invocation *next;
    ULONGLONG number;
    SiteBridgeWork work;
    void *context;
    InvocationState state;      /* these two with the list's lock held */
    HRESULT result;
} Invocation;

/* {A9C5B2F4-6E1D-4B7A-....-............}, and the number, which is 0 for none. */
const GUID invocation_of_nothing = { 0xA9C5B2F4, 0x6E1D, 0x4B7A, { 0 } };

/* With the lock held. */
static Invocation **invocation_find(Invocations *invocations, ULONGLONG number)
{
    Invocation **link;

    for (link = &invocations->first; *link && (*link)->number != number; link = &(*link)->next)
        ;
    return link;
}

BOOL invocation_is(REFGUID service)
{
    return memcmp(service, &invocation_of_nothing, FIELD_OFFSET(GUID, Data4)) == 0;
}

HRESULT invocation_run(Invocations *invocations, REFGUID service, IServiceProvider *site)
{
    SiteBridgeWork work = NULL;
    Invocation *invocation;
    void *context = NULL;
    ULONGLONG number;
    HRESULT hr;

    memcpy(&number, service->Data4, sizeof number);
    AcquireSRWLockExclusive(&invocations->lock);
    invocation = *invocation_find(invocations, number);
    if (invocation && invocation->state == INVOCATION_SENT) {
        invocation->state = INVOCATION_RUNNING;
        work = invocation->work;
        context = invocation->context;
    }
    ReleaseSRWLockExclusive(&invocations->lock);
    if (!work)
        return E_UNEXPECTED;
    hr = work(site, context);
    AcquireSRWLockExclusive(&invocations->lock);
    invocation = *invocation_find(invocations, number);
    if (invocation) {
        invocation->state = INVOCATION_DONE;
        invocation->result = hr;
    }
    ReleaseSRWLockExclusive(&invocations->lock);
    return S_OK;
}

static BOOL invocation_is_running(Invocations *invocations, const Invocation *invocation)
{
    BOOL running;

    AcquireSRWLockShared(&invocations->lock);
    running = invocation->state == INVOCATION_RUNNING;
    ReleaseSRWLockShared(&invocations->lock);
    return running;
}

/*
 * Whether COM has ended the call before home answered: such codes are RPC's or the system's. What work
 * crashed with is RPC_E_SERVERFAULT on Windows and the exception's own code on Wine.
 */
static BOOL invocation_was_cut_off(HRESULT hr)
{
    return hr != RPC_E_SERVERFAULT && ((ULONG)hr >> 16 == 0x8001 || (ULONG)hr >> 16 == 0x8007);
}

enum { RUNNING_SLICE = 20 };

HRESULT invocation_send(Invocations *invocations, Home *home, IServiceProvider *proxy, SiteBridgeWork work,
                        void *context, BOOL *ran)
{
    Invocation *invocation = calloc(1, sizeof *invocation);
    GUID service = invocation_of_nothing;
    IUnknown *nothing = NULL;
    HRESULT hr;

    *ran = FALSE;
    if (!invocation)
        return E_OUTOFMEMORY;
    invocation->work = work;
    invocation->context = context;
    AcquireSRWLockExclusive(&invocations->lock);
    invocation->number = ++invocations->last_number;
    invocation->next = invocations->first;
    invocations->first = invocation;
    ReleaseSRWLockExclusive(&invocations->lock);
    memcpy(service.Data4, &invocation->number, sizeof invocation->number);

    hr = IServiceProvider_QueryService(proxy, &service, &IID_IUnknown, (void **)&nothing);

    while (invocation_is_running(invocations, invocation) && invocation_was_cut_off(hr) && !home_is_lost(home))
        Sleep(RUNNING_SLICE);
    AcquireSRWLockExclusive(&invocations->lock);
    *invocation_find(invocations, invocation->number) = invocation->next;
    ReleaseSRWLockExclusive(&invocations->lock);
    *ran = invocation->state != INVOCATION_SENT;
    if (invocation->state == INVOCATION_DONE)
        hr = invocation->result;
    else if (SUCCEEDED(hr))
        hr = E_UNEXPECTED;
    free(invocation);
    return hr;
}
