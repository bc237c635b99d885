/* A DLL that contains the library, as a package does: what it exports, as `get_bridge_functions`. */
#ifndef TEST_BRIDGE_DLL_H
#define TEST_BRIDGE_DLL_H

#include <sitebridge/sitebridge.h>

typedef struct BridgeFunctions {
    HRESULT (STDAPICALLTYPE *create)(SiteBridge **bridge);
    ULONG (STDAPICALLTYPE *release)(SiteBridge *bridge);
    HRESULT (STDAPICALLTYPE *set_site)(SiteBridge *bridge, IServiceProvider *site);
    HRESULT (STDAPICALLTYPE *query_service)(SiteBridge *bridge, REFGUID rsid, REFIID riid, void **ppv);
    HRESULT (STDAPICALLTYPE *query_service_within)(SiteBridge *bridge, DWORD milliseconds, REFGUID rsid,
                                                   REFIID riid, void **ppv);
    HRESULT (STDAPICALLTYPE *can_unload_now)(void);
} BridgeFunctions;

typedef void (*GetBridgeFunctions)(BridgeFunctions *functions);

#endif
