/* The free-threaded marshaler, aggregated when it is first asked for. */
#ifndef SITEBRIDGE_AGILE_H
#define SITEBRIDGE_AGILE_H

#include <windows.h>
#include <objbase.h>

/* Answers riid, IMarshal, for outer. *kept is outer's, who releases it last; any thread. */
HRESULT agile_query_marshal(IUnknown *outer, void *volatile *kept, REFIID riid, void **ppv);

void agile_release(void *volatile *kept);

#endif
