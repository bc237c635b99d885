/*
 * Invocations: functions on their way to home. Each travels as a service ID that holds its number, so that
 * the one interface which is marshaled carries queries and functions.
 */
#ifndef SITEBRIDGE_INVOCATION_H
#define SITEBRIDGE_INVOCATION_H

#include <sitebridge/sitebridge.h>

#include "home.h"

typedef struct Invocations {
    SRWLOCK lock;               /* guards what follows; nothing is called with it held */
    ULONGLONG last_number;
    struct Invocation *first;   /* freed by whoever sends it */
} Invocations;

/*
 * In the MTA, through the proxy of what calls invocation_run on home. Returns when work has, though COM ends the
 * call earlier, unless work crashed or home's thread is gone. *ran: whether work has been called.
 */
HRESULT invocation_send(Invocations *invocations, Home *home, IServiceProvider *proxy, SiteBridgeWork work,
                        void *context, BOOL *ran);

/* A service ID that only asks whether home lets calls in. */
extern const GUID invocation_of_nothing;

/* On home. */
BOOL invocation_is(REFGUID service);
HRESULT invocation_run(Invocations *invocations, REFGUID service, IServiceProvider *site);

#endif
