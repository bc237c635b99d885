/*
 * An export: an object of home's that other apartments can reach. It begins as the packet that home
 * marshaled, and becomes a remote with the first use.
 *
 * The first thread that needs the remote makes it, with no lock held; the others wait for that one,
 * which waits for nobody. An STA has the MTA make it, and dispatches meanwhile.
 */
#ifndef SITEBRIDGE_EXPORT_H
#define SITEBRIDGE_EXPORT_H

#include "apartment.h"
#include "bridge.h"

typedef struct Export {
    SiteBridge *bridge;             /* the session's */
    Apartment *home;                /* the session's */
    IID iid;
    BOOL counted;                   /* see remote_unmarshal */
    void *volatile remote;          /* Remote *: counted; set once */
    SRWLOCK lock;                   /* guards what follows; nothing is called with it held */
    CONDITION_VARIABLE settled;
    IStream *packet;                /* reclaimed on home */
    DWORD unmarshaling;             /* the thread that is at it */
} Export;

/* On home: marshals object, unless it is agile. */
HRESULT export_init(Export *export, SiteBridge *bridge, Apartment *home, REFIID iid,
                    IUnknown *object, BOOL counted);

/*
 * The interface as the calling apartment, which is not home, may use it, borrowed for as long as the
 * session is in use. RPC_E_CANTCALLOUT_INEXTERNALCALL where this very thread is unmarshaling it.
 */
HRESULT export_reach(Export *export, IUnknown **object);

/* The same for a thread of the pool. */
HRESULT export_reach_in_mta(Export *export, IUnknown **object);

/* On home: gives an unused packet back; where home has ended, just its memory. */
void export_close(Export *export);

/* Any thread, when nobody uses it any more. */
void export_destroy(Export *export);

#endif
