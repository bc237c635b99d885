/*
 * A session: what there is between SiteBridgeSetSite with a site and the next.
 *
 * It lives as long as a call uses it; ending it takes it away from the bridge and lets go of
 * the site. Whoever uses it last destroys it, on whichever thread that is.
 */
#ifndef SITEBRIDGE_SESSION_H
#define SITEBRIDGE_SESSION_H

#include "bridge.h"
#include "export.h"
#include "gate.h"

/* A service that was fetched ahead. */
typedef struct Service {
    struct Service *next;
    GUID service;
    Export export;
} Service;

struct Session {
    volatile LONG refs;         /* the bridge's, marked calls', jobs' */
    volatile LONG ended;
    BOOL sited;                 /* it has been the bridge's */
    BOOL needs_home;            /* home's: it has ended, and those inside may be waiting for home */
    SiteBridge *bridge;         /* held */
    Apartment *home;            /* counted */
    Session *next_at_home;      /* home's */
    Gate *gate;                 /* counted */
    IServiceProvider *agile;    /* the site, where it may be called from anywhere; counted */
    Export site;                /* the gate's */
    void *volatile services;    /* Service *: grows at its head */
    Errand errand;              /* home's: the bridge's farewell, and then the end */
};

/* On the thread that becomes home. Changes nothing but home's record. One reference. */
HRESULT session_create(SiteBridge *bridge, IServiceProvider *site, Session **session);

/* On home, or anywhere once home has ended. Gives up the creator's reference. Once. */
void session_end(Session *session);

/* Any thread. */
void session_addref(Session *session);
void session_release(Session *session);
BOOL session_has_ended(Session *session);

#endif
