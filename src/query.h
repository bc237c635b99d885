/* What the kinds of background call have in common. */
#ifndef SITEBRIDGE_QUERY_H
#define SITEBRIDGE_QUERY_H

#include "session.h"

/* Answers from what was fetched ahead, in the calling apartment. FALSE where it cannot. */
BOOL query_fetched(Session *session, REFGUID rsid, REFIID riid, void **ppv);

/* What to return for hr: E_UNEXPECTED for any failure once the site has gone. ppv may be NULL. */
HRESULT query_result(Session *session, HRESULT hr, void **ppv);

#endif
