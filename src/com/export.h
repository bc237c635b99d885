/*
 * An export: an object of home's that the MTA can reach. It begins as the packet that home marshaled, and
 * becomes the MTA's one proxy with the first use; where home is the MTA, the object itself.
 *
 * The first thread that needs the proxy makes it, with no lock held; the others wait for that one, which
 * waits for nobody. What is agile is used as it is. Checked by test/model/home.pml.
 */
#ifndef SITEBRIDGE_EXPORT_H
#define SITEBRIDGE_EXPORT_H

#include "counts.h"
#include "home.h"

typedef struct Export {
    Home *home;                     /* these two are counted by whoever has the export */
    Counts *counts;
    IID iid;
    BOOL agile;                     /* object may be called from anywhere */
    void *volatile object;          /* IUnknown *: released in the MTA; set once */
    void *volatile packet;          /* IStream *: reclaimed on home; whoever takes it out has it */
    INIT_ONCE once;
    volatile LONG unmarshaling;     /* the thread that is at it */
    struct Export *gate;            /* these two are its owner's to set */
    void (*given_back)(struct Export *export);
    Job job;
} Export;

/* On home: marshals object, unless it is agile. */
HRESULT export_init(Export *export, Home *home, Counts *counts, REFIID iid, IUnknown *object);

/*
 * In the MTA: what to call, borrowed until export_give_back. RPC_E_CANTCALLOUT_INEXTERNALCALL where this very
 * thread is unmarshaling it.
 */
HRESULT export_reach(Export *export, IUnknown **object);

/* On home: gives an unused packet back; where home has ended, just its memory. */
void export_close(Export *export);

/* Whether what is called in the MTA is a proxy of something at home. */
BOOL export_is_proxy(const Export *export);

/*
 * When nobody uses it any more: has what the MTA has released, and then given_back called. A release that home's
 * message filter rejects is lost; so it waits until home lets calls in, where gate has a proxy to find out.
 */
void export_give_back(Export *export);

/* Whether home's message filter did not let a call in. */
static inline BOOL export_is_rejection(HRESULT hr)
{
    return hr == RPC_E_CALL_REJECTED || hr == RPC_E_SERVERCALL_RETRYLATER;
}

#endif
