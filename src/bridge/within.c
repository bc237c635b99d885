/* The same with a deadline, for who uses it. */
#include "request.h"

STDAPI SiteBridgeQueryServiceWithin(SiteBridge *bridge, DWORD milliseconds,
                                    REFGUID rsid, REFIID riid, void **ppvObj)
{
    return request_query(bridge, milliseconds, TRUE, rsid, riid, ppvObj);
}

STDAPI SiteBridgeInvokeWithin(SiteBridge *bridge, DWORD milliseconds, SiteBridgeWork work, void *context)
{
    return request_invoke(bridge, milliseconds, TRUE, work, context);
}
