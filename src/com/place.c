#include "place.h"

Place place_current(void)
{
    APTTYPE type;
    APTTYPEQUALIFIER qualifier;
    HRESULT hr = CoGetApartmentType(&type, &qualifier);

    if (FAILED(hr))
        return hr == CO_E_NOTINITIALIZED ? PLACE_NONE : PLACE_OTHER;
    switch (type) {
    case APTTYPE_MTA:
        return qualifier == APTTYPEQUALIFIER_IMPLICIT_MTA ? PLACE_IMPLICIT_MTA : PLACE_MTA;
    case APTTYPE_STA:
    case APTTYPE_MAINSTA:
        return PLACE_STA;
    default:
        return PLACE_OTHER;
    }
}
