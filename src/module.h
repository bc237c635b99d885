/*
 * The library's own lifetime.
 *
 * Everything that needs the code to stay mapped counts itself here, and SiteBridgeCanUnloadNow
 * reads the count. While anything but a bridge that never had a site is there, so is a thread of the
 * library's, which holds the module besides: a host that unloads too early unloads nothing.
 */
#ifndef SITEBRIDGE_MODULE_H
#define SITEBRIDGE_MODULE_H

#include <windows.h>

void module_lock(void);
void module_unlock(void);
BOOL module_is_needed(void);

/*
 * Starts a thread that counts until main has returned, and holds the module that this code is in a little
 * longer: until whoever has let go of something last is on the way out of it. E_OUTOFMEMORY.
 */
HRESULT module_start_thread(DWORD (*main)(void *context), void *context);

#endif
