/*
 * Invocations: functions on their way to home. Each travels as a service ID that holds its number, so that
 * the one interface which is marshaled carries queries and functions.
 */
#ifndef SITEBRIDGE_INVOCATION_H
#define SITEBRIDGE_INVOCATION_H

#include <sitebridge/sitebridge.h>

typedef struct Invocations {
    SRWLOCK lock;               /* guards what follows; nothing is called with it held */
    ULONGLONG last_number;
    struct Invocation *first;
} Invocations;

void invocations_init(Invocations *invocations);

/* In the MTA, through the proxy of what calls invocation_run. *ran: whether work has been called. */
HRESULT invocation_send(Invocations *invocations, IServiceProvider *proxy, SiteBridgeWork work,
                        void *context, BOOL *ran);

/* On home. */
BOOL invocation_is(REFGUID service);
HRESULT invocation_run(Invocations *invocations, REFGUID service, IServiceProvider *site);

#endif
