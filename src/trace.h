/*
 * The trace. Off, each of these is one predictable branch.
 */
#ifndef SITEBRIDGE_TRACE_H
#define SITEBRIDGE_TRACE_H

#include <sitebridge/sitebridge.h>

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

static inline void trace_event(SiteBridgeTraceEvent event, const SiteBridge *bridge, DWORD home_thread)
{
    if (long_read(&trace_is_on))
        trace_report(event, bridge, home_thread);
}

/* thread: the one whose call it is, which may have another make it. */
static inline void watch_begin(Watch *watch, const SiteBridge *bridge, DWORD home_thread, DWORD thread)
{
    watch->timer = NULL;
    if (long_read(&trace_is_on))
        trace_watch(watch, bridge, home_thread, thread);
}

static inline void watch_end(Watch *watch)
{
    if (watch->timer)
        trace_unwatch(watch);
}

#endif
