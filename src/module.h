/*
 * The library's own lifetime.
 *
 * Everything that needs the code to stay mapped counts itself here, and SiteBridgeCanUnloadNow
 * reads the count. What can run without a caller (a hook, a pool callback, a thread) holds a
 * reference on the module besides, so that a host that unloads too early unloads nothing.
 */
#ifndef SITEBRIDGE_MODULE_H
#define SITEBRIDGE_MODULE_H

#include <windows.h>

/* Counts one object. E_OUTOFMEMORY where it is the first and the thread-local slot is not to be had. */
HRESULT module_lock(void);

/* As module_lock, by someone who has counted one already: cannot fail. */
void module_lock_again(void);

void module_unlock(void);

/* A reference on the module that holds this code, or NULL. */
HMODULE module_hold(void);

/*
 * The calling thread's value, kept while the count is not zero; NULL on a thread that set none. Setting
 * one may need memory: FALSE.
 */
void *module_thread_value(void);
BOOL module_set_thread_value(void *value);

#endif
