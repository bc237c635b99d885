/*
 * The trace. Off, each of these is one predictable branch.
 */
#ifndef SITEBRIDGE_TRACE_H
#define SITEBRIDGE_TRACE_H

#include <sitebridge/sitebridge.h>

#include "atomic.h"

/* Not zero while there is a callback. */
extern volatile LONG trace_is_on;

void trace_report(SiteBridgeTraceEvent event, const SiteBridge *bridge, DWORD home_thread, DWORD thread,
                  DWORD milliseconds);
DWORD trace_read_patience(void);

static inline void trace_event(SiteBridgeTraceEvent event, const SiteBridge *bridge, DWORD home_thread)
{
    if (long_read(&trace_is_on))
        trace_report(event, bridge, home_thread, GetCurrentThreadId(), 0);
}

/* How long a wait lasts until it is to be reported; INFINITE where nobody wants to know. */
static inline DWORD trace_patience(void)
{
    return long_read(&trace_is_on) ? trace_read_patience() : INFINITE;
}

#endif
