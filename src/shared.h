/* Something that several have, counted: whoever lets go of it last destroys it. Any thread. */
#ifndef SITEBRIDGE_SHARED_H
#define SITEBRIDGE_SHARED_H

#include <windows.h>

typedef struct Shared {
    volatile LONG refs;
    void (*destroy)(struct Shared *shared);
} Shared;

/* One reference. */
static inline void shared_init(Shared *shared, void (*destroy)(Shared *shared))
{
    shared->refs = 1;
    shared->destroy = destroy;
}

static inline ULONG shared_addref(Shared *shared)
{
    return (ULONG)InterlockedIncrement(&shared->refs);
}

static inline ULONG shared_release(Shared *shared)
{
    ULONG refs = (ULONG)InterlockedDecrement(&shared->refs);

    if (refs == 0)
        shared->destroy(shared);
    return refs;
}

#endif
