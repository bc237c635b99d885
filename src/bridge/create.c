#include <stdlib.h>

#include "../module.h"
#include "object.h"

static void bridge_destroy(Shared *shared)
{
    SiteBridge *bridge = CONTAINING_RECORD(shared, SiteBridge, counts.shared);

    object_destroy(bridge);
    if (bridge->in_use)
        threads_release();
    free(bridge);
    module_unlock();
}

STDAPI SiteBridgeCreate(SiteBridge **result)
{
    SiteBridge *bridge;

    if (!result)
        return E_POINTER;
    *result = NULL;
    bridge = calloc(1, sizeof *bridge);
    if (!bridge)
        return E_OUTOFMEMORY;
    module_lock();
    InitializeSRWLock(&bridge->lock);
    bridge->refs = 1;
    bridge->counts.bridge = bridge;
    shared_init(&bridge->counts.shared, bridge_destroy);
    object_init(bridge);
    *result = bridge;
    return S_OK;
}
