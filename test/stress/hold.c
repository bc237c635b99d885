#include "hold.h"

/* In the MTA. */
static void hold_take(void *context)
{
    Hold *hold = context;
    void *none;

    CoGetInterfaceAndReleaseStream(hold->packet, &IID_IServiceProvider, (void **)&hold->proxy);
    /* Asks home, and so makes COM keep what it asks home with. */
    if (hold->proxy)
        IServiceProvider_QueryInterface(hold->proxy, &IID_IPersist, &none);
}

static void hold_give_back(void *context)
{
    Hold *hold = context;

    if (hold->proxy)
        IServiceProvider_Release(hold->proxy);
}

void hold_begin(Hold *hold, IServiceProvider *object)
{
    hold->proxy = NULL;
    if (SUCCEEDED(CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, (IUnknown *)object,
                                                        &hold->packet)))
        run_elsewhere(IN_MTA, hold_take, hold);
}

void hold_end(Hold *hold)
{
    run_elsewhere(IN_MTA, hold_give_back, hold);
}
