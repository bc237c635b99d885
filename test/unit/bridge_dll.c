#include "bridge_dll.h"

__declspec(dllexport) void get_bridge_functions(BridgeFunctions *functions);

void get_bridge_functions(BridgeFunctions *functions)
{
    functions->create = SiteBridgeCreate;
    functions->release = SiteBridgeRelease;
    functions->set_site = SiteBridgeSetSite;
    functions->query_service = SiteBridgeQueryService;
    functions->query_service_within = SiteBridgeQueryServiceWithin;
    functions->can_unload_now = SiteBridgeCanUnloadNow;
}
