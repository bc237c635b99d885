#include "agile.h"

#include "atomic.h"

HRESULT agile_query_marshal(IUnknown *outer, void *volatile *kept, REFIID riid, void **ppv)
{
    IUnknown *marshaler = pointer_read(kept), *made;
    HRESULT hr;

    if (!marshaler) {
        hr = CoCreateFreeThreadedMarshaler(outer, &made);
        if (FAILED(hr))
            return hr;
        marshaler = InterlockedCompareExchangePointer(kept, made, NULL);
        if (marshaler)
            IUnknown_Release(made);
        else
            marshaler = made;
    }
    return IUnknown_QueryInterface(marshaler, riid, ppv);
}

void agile_release(void *volatile *kept)
{
    IUnknown *marshaler = *kept;

    *kept = NULL;
    if (marshaler)
        IUnknown_Release(marshaler);
}
