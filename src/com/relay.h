/*
 * A relay: what an STA gets instead of the MTA's proxy of a service that was fetched ahead. To marshal the proxy,
 * and to give a packet of it back, takes home; the relay lives in the MTA, and takes nobody.
 *
 * It lets the service's interfaces through to the proxy, and hides what COM asks an object for to learn
 * how to marshal it: a proxy answers some of that for itself, and would have to ask home for the rest.
 */
#ifndef SITEBRIDGE_RELAY_H
#define SITEBRIDGE_RELAY_H

#include "home.h"

/*
 * In the MTA. object is iid's proxy, which lives as long as owner does. One reference, of which the last may go on
 * any thread; home's end cuts it off.
 */
HRESULT relay_create(Home *home, REFIID iid, IUnknown *object, Shared *owner, IUnknown **relay);

#endif
