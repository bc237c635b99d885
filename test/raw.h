/*
 * COM by hand, without a bridge: what the how-to does, and what the tests of the platform look at.
 * Only raw_marshal and raw_marshal_at check what they do, on the test's own thread.
 */
#ifndef TEST_RAW_H
#define TEST_RAW_H

#include "harness.h"

/* A packet of the host, marshaled on home. */
IStream *raw_marshal_at(Home *home, Host *host);
/* The same on the calling thread. */
IStream *raw_marshal(Host *host);

/* Releases the packet, as CoGetInterfaceAndReleaseStream always does; *provider is NULL on failure.
 */
HRESULT raw_unmarshal(IStream *packet, IServiceProvider **provider);

void raw_rewind(IStream *packet);

/* Asks for something, and releases what comes back. */
HRESULT raw_call(IServiceProvider *provider);

/* Something has been queued to the calling thread, and stays there. FALSE where nothing was. */
BOOL raw_wait_until_queued(void);

/* CoIncrementMTAUsage and CoDecrementMTAUsage, which mingw-w64 cannot link for x86. */
HRESULT raw_increment_mta_usage(CO_MTA_USAGE_COOKIE *cookie);
HRESULT raw_decrement_mta_usage(CO_MTA_USAGE_COOKIE cookie);

/* Whether the calling thread is in an apartment of that type. */
BOOL raw_is_in(APTTYPE wanted);

#endif
