/* What one bridge counts, for its statistics, and what a trace names it by. Keeps the bridge's memory. */
#ifndef SITEBRIDGE_COUNTS_H
#define SITEBRIDGE_COUNTS_H

#include <sitebridge/sitebridge.h>

#include "../shared.h"

typedef struct Counts {
    Shared shared;
    const SiteBridge *bridge;
    volatile LONG packets_marshaled, packets_unmarshaled, packets_reclaimed;
    volatile LONG proxies_cached;
    volatile LONG calls;        /* in flight, but for those that have a slot */
} Counts;

#endif
