/* What may be called from every apartment: what COM would hand over as it is. */
#ifndef SITEBRIDGE_AGILE_H
#define SITEBRIDGE_AGILE_H

#include <windows.h>
#include <objbase.h>

/* Whether object says so, or its marshaler is the free-threaded one. A proxy is asked nothing. */
BOOL agile_is(IUnknown *object);

/*
 * Answers riid, IMarshal, for outer with the free-threaded marshaler, which is aggregated when it is first
 * asked for. *kept is outer's, who releases it last; any thread.
 */
HRESULT agile_query_marshal(IUnknown *outer, void *volatile *kept, REFIID riid, void **ppv);

void agile_release(void *volatile *kept);

#endif
