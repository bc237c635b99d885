/*
 * The library's record of a thread's apartment, kept while the library has something in it: the
 * sessions it is home to, and the proxies it holds.
 *
 * An initialize spy tells when the apartment ends. Then it releases its proxies, unsites what is
 * sited, and dispatches until no background call waits for it any more: Wine drops calls that are
 * queued to an apartment which ends, and their callers would wait for ever (test/platform:
 * a_call_queued_to_an_ending_sta). Where the thread ends without CoUninitialize, the spy is released, and
 * the record is marked as ended.
 *
 * A record belongs to one thread; the functions that take one are for that thread only unless they
 * say otherwise. In the MTA it belongs to the thread that set the site.
 */
#ifndef SITEBRIDGE_APARTMENT_H
#define SITEBRIDGE_APARTMENT_H

#include <windows.h>
#include <objidl.h>

typedef struct Apartment Apartment;
typedef struct Remote Remote;
typedef struct Session Session;

/* Something to be done in the MTA that may have to wait for an apartment to dispatch. */
typedef struct Errand {
    struct Errand *next;
    void (*run)(struct Errand *errand);
} Errand;

/* Where the calling thread is. */
typedef enum Place {
    PLACE_NONE,
    PLACE_MTA,
    PLACE_STA,
    PLACE_OTHER     /* the neutral apartment, or COM does not say: nothing can be done here */
} Place;
Place place_current(void);

/* The calling thread's record, made where there is none, with a reference. */
HRESULT apartment_enter(Apartment **apartment);

/* The calling STA's record without a reference, or NULL where it has none. */
Apartment *apartment_current_sta(void);

/* Any thread. */
void apartment_addref(Apartment *apartment);
void apartment_release(Apartment *apartment);
BOOL apartment_is_current(Apartment *home);
BOOL apartment_is_mta(const Apartment *apartment);
DWORD apartment_thread(const Apartment *apartment);

/* Any thread: whether the apartment has ended, and nothing in it can be called or released. */
BOOL apartment_has_ended(Apartment *apartment);

/*
 * Any thread. Runs errand in the MTA, after those sent before it, when the apartment is not about to
 * end; cannot fail and does not wait. The errand must keep a reference on the apartment itself.
 */
void apartment_send(Apartment *home, Errand *errand);

/*
 * Any thread: on the record's own, takes the hook off where the library has nothing in the apartment
 * any more.
 */
void apartment_sweep(Apartment *apartment);

/*
 * The proxy that this STA has for remote, borrowed, or NULL; keeping one takes the caller's
 * reference, and gives the one back that was kept first where there is one already.
 */
IUnknown *apartment_find_proxy(Apartment *apartment, Remote *remote);
HRESULT apartment_keep_proxy(Apartment *apartment, Remote *remote, IUnknown **proxy);

/* The sessions this apartment is home to. Any thread. */
void apartment_add_session(Apartment *home, Session *session);
void apartment_end_session(Apartment *home, Session *session);      /* it may still be in use */
void apartment_forget_session(Apartment *home, Session *session);   /* an ended one no more */

/*
 * Reasons to keep the hook that the record does not show: what was exported from here and is to be
 * released here, and a proxy on its way. Any thread.
 */
void apartment_need_hook(Apartment *home);
void apartment_spare_hook(Apartment *home);

/* How many threads of the pool wait for this apartment. Any thread. */
volatile LONG *apartment_askers(Apartment *home);

/* Around a call that a background thread has made into this apartment. Any thread. */
void apartment_begin_call(Apartment *home);
void apartment_end_call(Apartment *home);

#endif
