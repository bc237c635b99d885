/*
 * The library's own lifetime: a count of what needs the code to stay mapped, for SiteBridgeCanUnloadNow. While
 * anything but a bridge that never had a site is there, so is a thread of the library's, which holds the module:
 * a host that unloads too early unloads nothing.
 */
#ifndef SITEBRIDGE_MODULE_H
#define SITEBRIDGE_MODULE_H

#include <windows.h>

void module_lock(void);
void module_unlock(void);
BOOL module_is_needed(void);

/*
 * A reference on the module that code is in, for FreeLibrary; NULL where it has none, or is in this one, which the
 * library's threads hold.
 */
HMODULE module_hold(const void *code);

/* Embedded in what the thread is about, which main frees. */
typedef struct ModuleThread {
    DWORD (*main)(struct ModuleThread *thread);
    HMODULE module;
} ModuleThread;

/*
 * Starts a thread that counts until main has returned, and holds the module that this code is in a little
 * longer: until whoever has let go of something last is on the way out of it. E_OUTOFMEMORY.
 */
HRESULT module_start_thread(ModuleThread *thread);

#endif
