/*
 * The trace. Off, each of these is one predictable branch.
 */
#ifndef SITEBRIDGE_TRACE_H
#define SITEBRIDGE_TRACE_H

#include <sitebridge/sitebridge.h>

#include "apartment.h"
#include "atomic.h"

/* Not zero while there is a callback. */
extern volatile LONG trace_is_on;

/* A background call that may have to wait for home. */
typedef struct Watch {
    PTP_TIMER timer;            /* NULL where nobody wants to know */
    ULONGLONG start;
    DWORD thread, home_thread;
    const SiteBridge *bridge;
} Watch;

void trace_report(SiteBridgeTraceEvent event, const SiteBridge *bridge, DWORD home_thread);
void trace_watch(Watch *watch, const SiteBridge *bridge, DWORD home_thread, DWORD thread);
void trace_unwatch(Watch *watch);

static inline void trace_site(const SiteBridge *bridge, const Apartment *home, BOOL sited)
{
    if (long_read(&trace_is_on))
        trace_report(sited ? SITEBRIDGE_TRACE_SITED : SITEBRIDGE_TRACE_UNSITED, bridge,
                     apartment_thread(home));
}

static inline void trace_proxy(const SiteBridge *bridge, const Apartment *home, BOOL made)
{
    if (long_read(&trace_is_on))
        trace_report(made ? SITEBRIDGE_TRACE_PROXY_MADE : SITEBRIDGE_TRACE_PROXY_GONE, bridge,
                     apartment_thread(home));
}

static inline void trace_home_ended(DWORD home_thread)
{
    if (long_read(&trace_is_on))
        trace_report(SITEBRIDGE_TRACE_HOME_ENDED, NULL, home_thread);
}

/* thread: the one whose call it is, which may have another make it. */
static inline void watch_begin(Watch *watch, const SiteBridge *bridge, const Apartment *home,
                               DWORD thread)
{
    watch->timer = NULL;
    if (long_read(&trace_is_on))
        trace_watch(watch, bridge, apartment_thread(home), thread);
}

static inline void watch_end(Watch *watch)
{
    if (watch->timer)
        trace_unwatch(watch);
}

#endif
