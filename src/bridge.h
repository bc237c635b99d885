/*
 * The bridge: its site, if it has one, and who is using it.
 *
 * A call puts the session it uses into one of the bridge's slots, each in a cache line of its own, so
 * that threads do not write what others read, and looks again whether it is still the bridge's. Whoever
 * ends the session looks through the slots afterwards, and marks those he finds with a reference that
 * the caller gives back when it leaves. So a session lives as long as a call uses it, and neither
 * side waits for the other.
 */
#ifndef SITEBRIDGE_BRIDGE_H
#define SITEBRIDGE_BRIDGE_H

#include <ocidl.h>

#include <sitebridge/sitebridge.h>

typedef struct Session Session;

enum { BRIDGE_SLOTS = 16, CACHE_LINE = 64 };

typedef struct Slot {
    void *volatile session;     /* Session *, its lowest bit set where it has been marked */
    char padding[CACHE_LINE - sizeof(void *)];
} Slot;

struct SiteBridge {
    void *volatile session;     /* Session *: counted; changed with lock held */
    SRWLOCK lock;               /* nothing is called with it held */
    volatile LONG refs;         /* the users' */
    volatile LONG holds;        /* the users' together, sessions', remotes': keep the memory */
    volatile LONG packets_marshaled, packets_unmarshaled, packets_reclaimed;
    volatile LONG proxies_cached;
    volatile LONG calls_beside; /* in flight without a slot */
    struct BridgeObject {       /* SiteBridgeQueryInterface */
        IServiceProvider provider;
        IObjectWithSite with_site;
        IAgileObject agile;
        void *volatile marshaler;
    } object;
    Slot slots[BRIDGE_SLOTS];
};

/* A background call, or one of home's until it is known as such. */
typedef struct Call {
    SiteBridge *bridge;
    Session *session;           /* good until bridge_leave */
    Slot *slot;                 /* NULL where all were taken */
} Call;

/* FALSE where there is no site. */
BOOL bridge_enter(SiteBridge *bridge, Call *call);
void bridge_leave(Call *call);

/* The memory, not the site. */
void bridge_hold(SiteBridge *bridge);
void bridge_drop(SiteBridge *bridge);

/* Takes session away from the bridge, if it is still the bridge's, and marks the calls inside. */
void bridge_retire(SiteBridge *bridge, Session *session);

/* S_OK on home, RPC_E_WRONG_THREAD elsewhere, E_UNEXPECTED without a site. */
HRESULT bridge_check_home(SiteBridge *bridge);

void bridge_object_init(SiteBridge *bridge);
void bridge_object_destroy(SiteBridge *bridge);

#endif
