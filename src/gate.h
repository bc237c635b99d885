/*
 * The gate: what a bridge marshals in the site's place. It lives on home, forwards to the site while
 * it is open, and refuses when it has been closed. So unsiting needs nobody's help to let go of the site,
 * whoever holds packets, proxies or queued calls: all of those are the gate's.
 */
#ifndef SITEBRIDGE_GATE_H
#define SITEBRIDGE_GATE_H

#include <sitebridge/sitebridge.h>

#include "apartment.h"

typedef struct Gate Gate;

/* On home. One reference. */
HRESULT gate_create(Apartment *home, IServiceProvider *site, Gate **gate);

/* Any thread. */
void gate_addref(Gate *gate);
void gate_release(Gate *gate);
IUnknown *gate_object(Gate *gate);

/* On home: lets go of the site, at once or when the call that is executing returns. */
void gate_close(Gate *gate);

/* Home has ended: forgets the site, which cannot be released any more. */
void gate_abandon(Gate *gate);

/* On home. */
HRESULT gate_query_service(Gate *gate, REFGUID rsid, REFIID riid, void **ppv);
HRESULT gate_invoke(Gate *gate, SiteBridgeWork work, void *context);

/*
 * Off home: the same through provider, which is the calling apartment's proxy of gate. *ran says
 * whether work has been called; ran may be NULL.
 */
HRESULT gate_invoke_through(Gate *gate, IServiceProvider *provider, SiteBridgeWork work,
                            void *context, BOOL *ran);

/* S_OK is an interface, and a failure is none. */
HRESULT gate_tidy(HRESULT hr, void **ppv);

#endif
