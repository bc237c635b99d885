/*
 * The gate: what a bridge marshals in the site's place. It lives on home, and forwards to the site until it is
 * closed. So unsiting lets go of the site whoever holds packets, proxies or queued calls: those are the gate's.
 * Checked by test/model/home.pml.
 */
#ifndef SITEBRIDGE_GATE_H
#define SITEBRIDGE_GATE_H

#include <sitebridge/sitebridge.h>

#include "export.h"
#include "invocation.h"

typedef struct Gate {
    Shared shared;              /* COM's, the session's, the keepers' */
    IServiceProvider provider;
    volatile LONG com_refs;     /* those of provider */
    volatile LONG keepers;      /* of the proxy: the session, and what was fetched ahead */
    Home *home;                 /* counted */
    Counts *counts;             /* counted */
    Export export;
    Invocations invocations;
    SRWLOCK lock;               /* guards what follows; nothing is called with it held */
    IServiceProvider *site;     /* released on home */
    LONG calls;                 /* of the site, executing */
    BOOL closed;
} Gate;

/* On home. One reference; the gate has been marshaled. */
HRESULT gate_create(Home *home, Counts *counts, IServiceProvider *site, Gate **gate);

/*
 * On home: lets go of the site, at once or when the call that is executing returns. Anywhere once home
 * has ended: forgets the site, which cannot be released any more.
 */
void gate_close(Gate *gate);

/*
 * Any thread: its proxy is kept, with a reference, and released when nobody keeps it any more. Who makes the gate
 * does, until it is closed and no call is outstanding. FALSE where nobody does any more.
 */
BOOL gate_keep(Gate *gate);
void gate_give_back(Gate *gate);

/* On home. */
HRESULT gate_query_service(Gate *gate, REFGUID rsid, REFIID riid, void **ppv);
HRESULT gate_invoke(Gate *gate, SiteBridgeWork work, void *context);

/*
 * The same in the MTA, while the call is counted as one of home's; the first unmarshals the proxy. *rejected:
 * home's message filter did not let the call in. *ran: whether work has been called.
 */
HRESULT gate_query_through(Gate *gate, REFGUID rsid, REFIID riid, void **ppv, BOOL *rejected);
HRESULT gate_invoke_through(Gate *gate, SiteBridgeWork work, void *context, BOOL *ran, BOOL *rejected);

/* S_OK is an interface, and a failure is none. */
static inline HRESULT gate_tidy(HRESULT hr, void **ppv)
{
    if (FAILED(hr))
        *ppv = NULL;
    else if (!*ppv)
        hr = E_NOINTERFACE;
    return hr;
}

#endif
