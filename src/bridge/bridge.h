/*
 * The bridge: its site, if it has one, and who is using it.
 *
 * A call puts the session it uses into one of the bridge's slots, each in a cache line of its own, and looks
 * again whether it is still the bridge's. Whoever ends the session looks through the slots afterwards, and
 * marks those he finds with a reference that the caller gives back when it leaves. So a session lives as long as a
 * call uses it, and neither side waits for the other. Checked by test/model/slots.pml, home.pml and posts.pml.
 */
#ifndef SITEBRIDGE_BRIDGE_H
#define SITEBRIDGE_BRIDGE_H

#include <ocidl.h>

#include <sitebridge/sitebridge.h>

#include "session.h"

enum { BRIDGE_SLOTS = 16, CACHE_LINE = 64 };

typedef struct Slot {
    void *volatile session;     /* Session *, its lowest bit set where it has been marked */
    char padding[CACHE_LINE - sizeof(void *)];
} Slot;

/* A `done` is due; the calling thread is about to call it; it has returned, and none is due any more. */
typedef enum TellerStep { TELLER_DUE, TELLER_HERE, TELLER_GONE } TellerStep;

/* Who is told what happens to a bridge. */
typedef struct Watcher {
    Shared shared;
    void (*unsited)(struct Watcher *watcher);   /* it has no site any more */
    void (*tells)(struct Watcher *watcher, TellerStep step);    /* DUE and GONE with the bridge's lock held */
} Watcher;

/* What was posted, whichever its session. */
typedef struct BridgePosts {
    void (*drop)(Session *session);     /* NULL before the first, so that it is linked only where it is used */
    Posts *entered;             /* those that home is in */
    Jobs ended;
    BOOL telling;
    Job teller;                 /* calls the `done`s of those that have ended */
} BridgePosts;

struct SiteBridge {
    void *volatile session;     /* Session *: counted; changed with lock held */
    SRWLOCK lock;               /* nothing that leaves the library is called with it held */
    volatile LONG refs;         /* the users', who together hold the counts */
    volatile LONG in_use;       /* it has had a site, and has the library's threads and the MTA kept */
    Watcher *watcher;           /* counted, or NULL */
    Counts counts;
    struct BridgeObject {       /* SiteBridgeQueryInterface */
        IServiceProvider provider;
        IObjectWithSite with_site;
        void *volatile marshaler;
    } object;
    BridgePosts posts;          /* guarded by lock */
    Slot slots[BRIDGE_SLOTS];
};

/* A background call, or one of home's until it is known as such. */
typedef struct Call {
    SiteBridge *bridge;
    Session *session;           /* good until bridge_leave */
    Slot *slot;                 /* NULL where all were taken */
} Call;

static inline SiteBridge *bridge_of(const Session *session)
{
    return CONTAINING_RECORD(session->counts, SiteBridge, counts);
}

/* FALSE where there is no site. */
BOOL bridge_enter(SiteBridge *bridge, Call *call);
void bridge_leave(Call *call);

/* The session, with a reference, or NULL. */
Session *bridge_session(SiteBridge *bridge);

/* Makes session the bridge's. FALSE where the present one is not previous any more. Either may be NULL. */
BOOL bridge_exchange(SiteBridge *bridge, Session *previous, Session *session);

/* Any thread: has home let go of the site; at once, where this is home. */
void bridge_unsite(SiteBridge *bridge);

/* Takes session away from its bridge, if it is still the bridge's, and marks the calls inside. */
void bridge_retire(Session *session);

/* How many calls are inside. */
DWORD bridge_calls(SiteBridge *bridge);

#endif
