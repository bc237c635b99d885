/* A background call: one that is not made on home. */
#ifndef SITEBRIDGE_BACKGROUND_H
#define SITEBRIDGE_BACKGROUND_H

#include "bridge.h"

/* What home is asked for: a service, or to run a function. */
typedef struct Request {
    GUID service;
    IID iid;
    SiteBridgeWork work;        /* NULL for a service */
    void *context;
    BOOL tries_again;           /* while home's message filter rejects the call */
} Request;

/* In any apartment. Once the site has gone any failure is E_UNEXPECTED, unless work has been called. */
HRESULT background_call(Session *session, DWORD milliseconds, const Request *request, void **ppv);

/* The same for an agile site, right here. */
static inline HRESULT background_query_agile(Session *session, REFGUID rsid, REFIID riid, void **ppv)
{
    return gate_tidy(IServiceProvider_QueryService(session->agile, rsid, riid, ppv), ppv);
}

#endif
