/* What threads read and change without a lock. */
#ifndef SITEBRIDGE_ATOMIC_H
#define SITEBRIDGE_ATOMIC_H

#include <windows.h>

static inline void *pointer_read(void *volatile *from)
{
#if defined(_MSC_VER) && !defined(__clang__)
    return ReadPointerAcquire(from);
#else
    return __atomic_load_n(from, __ATOMIC_ACQUIRE);
#endif
}

static inline void pointer_publish(void *volatile *to, void *value)
{
    InterlockedExchangePointer(to, value);
}

static inline LONG long_read(const volatile LONG *from)
{
#if defined(_MSC_VER) && !defined(__clang__)
    return ReadAcquire(from);
#else
    return __atomic_load_n(from, __ATOMIC_ACQUIRE);
#endif
}

/* Adds amount, unless the value is less than least. */
static inline BOOL long_add(volatile LONG *value, LONG amount, LONG least)
{
    LONG found = long_read(value), before;

    for (; found >= least; found = before) {
        before = InterlockedCompareExchange(value, found + amount, found);
        if (before == found)
            return TRUE;
    }
    return FALSE;
}

#endif
