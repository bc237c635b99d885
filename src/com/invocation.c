#include "invocation.h"

#include <stdlib.h>
#include <string.h>

typedef struct Invocation {
    struct Invocation *next;
    volatile LONG refs;     /* the sender's, and the list's, which home takes over */
    ULONGLONG number;
    SiteBridgeWork work;
    void *context;
    BOOL done;              /* these two with the list's lock held */
    HRESULT result;
} Invocation;

/* {A9C5B2F4-6E1D-4B7A-....-............}, and the number. */
static const GUID invocation_service = { 0xA9C5B2F4, 0x6E1D, 0x4B7A, { 0 } };

void invocations_init(Invocations *invocations)
{
    InitializeSRWLock(&invocations->lock);
}

static void invocation_release(Invocation *invocation)
{
    if (InterlockedDecrement(&invocation->refs) == 0)
        free(invocation);
}

/* The list's reference on the invocation, which is then the caller's; NULL where it has gone. */
static Invocation *invocation_take(Invocations *invocations, ULONGLONG number)
{
    Invocation **link, *invocation;

    AcquireSRWLockExclusive(&invocations->lock);
    for (link = &invocations->first; (invocation = *link) != NULL; link = &invocation->next) {
        if (invocation->number == number) {
            *link = invocation->next;
            break;
        }
    }
    ReleaseSRWLockExclusive(&invocations->lock);
    return invocation;
}

BOOL invocation_is(REFGUID service)
{
    return memcmp(service, &invocation_service, FIELD_OFFSET(GUID, Data4)) == 0;
}

HRESULT invocation_run(Invocations *invocations, REFGUID service, IServiceProvider *site)
{
    Invocation *invocation;
    ULONGLONG number;
    HRESULT hr;

    memcpy(&number, service->Data4, sizeof number);
    invocation = invocation_take(invocations, number);
    if (!invocation)
        return E_UNEXPECTED;
    hr = invocation->work(site, invocation->context);
    AcquireSRWLockExclusive(&invocations->lock);
    invocation->result = hr;
    invocation->done = TRUE;
    ReleaseSRWLockExclusive(&invocations->lock);
    invocation_release(invocation);
    return S_OK;
}

HRESULT invocation_send(Invocations *invocations, IServiceProvider *proxy, SiteBridgeWork work,
                        void *context, BOOL *ran)
{
    Invocation *invocation = calloc(1, sizeof *invocation);
    GUID service = invocation_service;
    IUnknown *nothing = NULL;
    HRESULT hr;

    *ran = FALSE;
    if (!invocation)
        return E_OUTOFMEMORY;
    invocation->refs = 2;
    invocation->work = work;
    invocation->context = context;
    AcquireSRWLockExclusive(&invocations->lock);
    invocation->number = ++invocations->last_number;
    invocation->next = invocations->first;
    invocations->first = invocation;
    ReleaseSRWLockExclusive(&invocations->lock);
    memcpy(service.Data4, &invocation->number, sizeof invocation->number);

    hr = IServiceProvider_QueryService(proxy, &service, &IID_IUnknown, (void **)&nothing);

    /* Where it has not been taken by now, it never will be. */
    if (invocation_take(invocations, invocation->number))
        invocation_release(invocation);
    else
        *ran = TRUE;
    AcquireSRWLockExclusive(&invocations->lock);
    if (invocation->done)
        hr = invocation->result;
    else if (SUCCEEDED(hr))
        hr = E_UNEXPECTED;
    ReleaseSRWLockExclusive(&invocations->lock);
    invocation_release(invocation);
    return hr;
}
