/*
 * A remote: the one proxy that the library has, in the MTA, of something on home, and the relay
 * through which the other apartments use it.
 *
 * Every STA has a proxy of the relay, which lives in the MTA, instead of one of home's object. So an
 * STA gets its proxy without home, however many there are (a packet from home carries a few
 * references only, and more have to be asked for on home), and gives it back without home: a thread
 * that ends its apartment never waits for home, which may be waiting for that thread.
 *
 * The last reference sends the proxy to be released by an errand of home, since that is a call
 * which waits until home dispatches it.
 */
#ifndef SITEBRIDGE_RELAY_H
#define SITEBRIDGE_RELAY_H

#include "apartment.h"
#include "bridge.h"

/*
 * Unmarshals *packet, in the MTA, which it keeps alive from then on. See packet_unmarshal. counted:
 * home needs its hook until the proxy is released.
 */
HRESULT remote_unmarshal(SiteBridge *bridge, Apartment *home, REFIID iid, IStream **packet,
                         BOOL counted, Remote **remote);

/* For an object of the MTA, or an agile one: there is no proxy, and the object itself is used. */
HRESULT remote_wrap(SiteBridge *bridge, Apartment *home, REFIID iid, IUnknown *object, BOOL agile,
                    Remote **remote);

/* Any thread. */
void remote_addref(Remote *remote);
void remote_release(Remote *remote);

/* What to call in the MTA, or from anywhere where it is agile. Borrowed. */
IUnknown *remote_object(const Remote *remote);
BOOL remote_is_agile(const Remote *remote);

/* A thread of the MTA uses it for itself: the MTA's proxy counts from then on. */
void remote_use(Remote *remote);

/* The site is gone, and nobody is calling: apartments let go of their proxies when they next can. */
void remote_close(Remote *remote);
BOOL remote_is_closed(Remote *remote);

/* Marshals the relay for another apartment, in the MTA. */
HRESULT remote_lend(Remote *remote, IStream **packet);

/* An apartment has got, or released, its proxy of the relay. */
void remote_count_proxy(Remote *remote);
void remote_forget_proxy(Remote *remote);

#endif
