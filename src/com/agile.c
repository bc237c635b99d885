#include "agile.h"

#include "../atomic.h"

/* {0000033A-0000-0000-C000-000000000046}, which is not in every SDK's import library. */
static const CLSID free_threaded_marshaler = { 0x0000033A, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } };

static BOOL agile_answers(IUnknown *object, REFIID riid)
{
    IUnknown *answer = NULL;

    if (FAILED(IUnknown_QueryInterface(object, riid, (void **)&answer)) || !answer)
        return FALSE;
    IUnknown_Release(answer);
    return TRUE;
}

BOOL agile_is(IUnknown *object)
{
    IMarshal *marshal = NULL;
    CLSID class_;
    HRESULT hr;

    /* A proxy answers this by itself; everything else would be a call to its apartment. */
    if (agile_answers(object, &IID_IClientSecurity))
        return FALSE;
    if (agile_answers(object, &IID_IAgileObject))
        return TRUE;
    if (FAILED(IUnknown_QueryInterface(object, &IID_IMarshal, (void **)&marshal)) || !marshal)
        return FALSE;
    hr = IMarshal_GetUnmarshalClass(marshal, &IID_IUnknown, object, MSHCTX_INPROC, NULL, MSHLFLAGS_NORMAL,
                                    &class_);
    IMarshal_Release(marshal);
    return SUCCEEDED(hr) && IsEqualCLSID(&class_, &free_threaded_marshaler);
}

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
