/* The bridge as a COM object, behind SiteBridgeQueryInterface. */
#ifndef SITEBRIDGE_OBJECT_H
#define SITEBRIDGE_OBJECT_H

#include "bridge.h"

void object_init(SiteBridge *bridge);
void object_destroy(SiteBridge *bridge);

#endif
