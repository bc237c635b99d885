/*
 * A session: what there is between SiteBridgeSetSite with a site and the next.
 *
 * Its memory lives as long as a call uses it. Its calls at home are counted apart from that: when it has ended,
 * and the last of them is over, what it has in the MTA is given back, whoever still uses the memory.
 * Checked by test/model/slots.pml and home.pml.
 */
#ifndef SITEBRIDGE_SESSION_H
#define SITEBRIDGE_SESSION_H

#include "../com/gate.h"

typedef struct Session Session;

/* A service that was fetched ahead. */
typedef struct Service {
    Shared shared;              /* the session's list's, its users', and relays' */
    struct Service *next;
    Gate *gate;                 /* kept, with all that export needs */
    GUID service;
    Export export;
} Service;

/* What was posted to a session, and has not begun, or is running. The bridge's lock guards it. */
typedef struct Posts {
    Jobs queued;
    DWORD count;                /* of those */
    BOOL sent;                  /* job, which has home run them */
    Job job;
    Job *running;
    struct Posts *next;         /* of those that home is in */
    BOOL entered;
} Posts;

struct Session {
    Shared shared;              /* the bridge's, marked calls', trips', the farewell's */
    Member member;
    Home *home;                 /* these two are the gate's */
    Counts *counts;
    void (*retire)(Session *session);   /* it has ended: the bridge is to look for it in its slots */
    Gate *gate;                 /* counted */
    IServiceProvider *agile;    /* the site, where it may be called from anywhere; counted */
    volatile LONG told_to_end;
    Job farewell;
    SRWLOCK lock;               /* guards the list; nothing is called with it held */
    void *volatile services;    /* Service * */
    Posts posts;
};

/* On the thread that becomes home. One reference, which session_end gives up. */
HRESULT session_create(Counts *counts, void (*retire)(Session *session), IServiceProvider *site,
                       Session **session);

/* On home, or anywhere once home has ended. */
void session_end(Session *session);

/* Any thread, any number of times: has home end the session; at once, where this is home. */
void session_end_at_home(Session *session);

/* Any thread. */
BOOL session_has_ended(Session *session);

/* Whether the calling thread is home's, or home has ended and any thread will do. May ask the system. */
BOOL session_is_at_home(Session *session);

/* The service that was fetched for this pair, with a reference, or NULL. While a call is counted. */
Service *session_find_service(Session *session, REFGUID rsid, REFIID riid);

/* On home: keeps object for this pair, in place of what was kept for it. */
HRESULT session_keep_service(Session *session, REFGUID rsid, REFIID riid, IUnknown *object);

#endif
