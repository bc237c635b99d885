#include "module.h"

#include <sitebridge/sitebridge.h>

#include "apartment.h"

static SRWLOCK lock = SRWLOCK_INIT;
static DWORD objects;
static DWORD slot;      /* good while objects is not zero */

HRESULT module_lock(void)
{
    HRESULT hr = S_OK;

    AcquireSRWLockExclusive(&lock);
    if (objects == 0 && (slot = TlsAlloc()) == TLS_OUT_OF_INDEXES)
        hr = E_OUTOFMEMORY;
    else
        objects++;
    ReleaseSRWLockExclusive(&lock);
    return hr;
}

void module_lock_again(void)
{
    AcquireSRWLockExclusive(&lock);
    objects++;
    ReleaseSRWLockExclusive(&lock);
}

void module_unlock(void)
{
    AcquireSRWLockExclusive(&lock);
    /* Given back with the last object, since nobody tells the library that it is being unloaded. */
    if (--objects == 0)
        TlsFree(slot);
    ReleaseSRWLockExclusive(&lock);
}

HMODULE module_hold(void)
{
    HMODULE module;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)&lock, &module))
        return NULL;
    return module;
}

void *module_thread_value(void)
{
    return TlsGetValue(slot);
}

BOOL module_set_thread_value(void *value)
{
    return TlsSetValue(slot, value);
}

STDAPI SiteBridgeCanUnloadNow(void)
{
    Apartment *apartment = NULL;
    DWORD count;

    AcquireSRWLockShared(&lock);
    if (objects != 0)
        apartment = TlsGetValue(slot);
    ReleaseSRWLockShared(&lock);

    /* A hook can be taken off on its own thread only, and this may be the one call that comes here. */
    if (apartment)
        apartment_sweep(apartment);

    AcquireSRWLockShared(&lock);
    count = objects;
    ReleaseSRWLockShared(&lock);
    return count == 0 ? S_OK : S_FALSE;
}
