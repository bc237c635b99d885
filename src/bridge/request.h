/* A request: what home is asked for, wherever the caller is. Checked by test/model/home.pml. */
#ifndef SITEBRIDGE_REQUEST_H
#define SITEBRIDGE_REQUEST_H

#include "bridge.h"

/* Until what home did not let in is tried again. */
enum { RETRY_INTERVAL = 20 };

/* A service, or that a function be run. */
typedef struct Request {
    GUID service;
    IID iid;
    SiteBridgeWork work;        /* NULL for a service */
    void *context;
    DWORD milliseconds;         /* INFINITE: no deadline */
    BOOL tries_again;           /* while home's message filter rejects the call */
} Request;

/*
 * Has it answered, and leaves the bridge. Once the site has gone any failure is E_UNEXPECTED, unless work has
 * been called.
 */
HRESULT request_answer(const Request *request, Call *call, void **ppv);

/*
 * In the background, in the MTA, without leaving the bridge or being in it: runs the function. *ran: whether it has
 * been called.
 */
HRESULT request_make(Session *session, const Request *request, BOOL *ran, void **ppv);

/* What the public functions are, with a deadline and without. */
HRESULT request_query(SiteBridge *bridge, DWORD milliseconds, BOOL tries_again, REFGUID rsid, REFIID riid,
                      void **ppv);
HRESULT request_invoke(SiteBridge *bridge, DWORD milliseconds, BOOL tries_again, SiteBridgeWork work,
                       void *context);

/* A query of an agile site, right here. */
static inline HRESULT request_answer_agile(Session *session, REFGUID rsid, REFIID riid, void **ppv)
{
    return gate_tidy(IServiceProvider_QueryService(session->agile, rsid, riid, ppv), ppv);
}

#endif
