/* Where the calling thread is. */
#ifndef SITEBRIDGE_PLACE_H
#define SITEBRIDGE_PLACE_H

#include <windows.h>
#include <objbase.h>

typedef enum Place {
    PLACE_NONE,         /* in no apartment */
    PLACE_IMPLICIT_MTA, /* in the MTA, without having initialized COM */
    PLACE_MTA,
    PLACE_STA,
    PLACE_OTHER         /* the neutral apartment, or COM does not say: nothing can be done here */
} Place;

Place place_current(void);

#endif
