#include "oracle.h"

#include <stdarg.h>
#include <stdio.h>

enum { REPORTED = 20 };

static volatile LONG64 moment = 1;
static volatile LONG wrongs;
static unsigned run_seed;

Moment oracle_now(void)
{
    return InterlockedIncrement64(&moment);
}

void oracle_begin(unsigned seed)
{
    run_seed = seed;
    wrongs = 0;
}

void wrong(const char *format, ...)
{
    char text[256];
    va_list arguments;

    if (InterlockedIncrement(&wrongs) > REPORTED)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "seed %u, moment %lld, thread %04lx: %s\n", run_seed, (long long)oracle_now(),
            (unsigned long)GetCurrentThreadId(), text);
    fflush(stderr);
}

LONG oracle_wrongs(void)
{
    return InterlockedCompareExchange(&wrongs, 0, 0);
}

/* Registers. What follows is called with the lock held, but for the public functions. */

/* Whether another change has surely taken change's place before then; which is the end of that one, or 0. */
static Moment change_overwritten(const Register *record, const Change *change, Moment then)
{
    const Change *other;

    for (other = record->changes; other < record->changes + CHANGES; other++)
        if (change->end && other->certain && other->begin > change->end && other->end < then)
            return other->end;
    return 0;
}

static void register_forget(Register *record)
{
    Change *change;
    Moment then;

    for (change = record->changes; change < record->changes + CHANGES; change++) {
        then = change->begin ? change_overwritten(record, change, MAXLONGLONG) : 0;
        if (then > record->horizon)
            record->horizon = then;
        if (then)
            change->begin = -1;
    }
    for (change = record->changes; change < record->changes + CHANGES; change++)
        if (change->begin == -1)
            ZeroMemory(change, sizeof *change);
}

static Change *register_find_free(Register *record)
{
    Change *change;

    for (change = record->changes; change < record->changes + CHANGES; change++)
        if (!change->begin)
            return change;
    return NULL;
}

void register_init(Register *record)
{
    ZeroMemory(record, sizeof *record);
    InitializeSRWLock(&record->lock);
    register_end(record, register_begin(record, 0), HAPPENED);
}

Change *register_begin(Register *record, LONG value)
{
    Change *change;

    AcquireSRWLockExclusive(&record->lock);
    change = register_find_free(record);
    if (!change) {
        register_forget(record);
        change = register_find_free(record);
    }
    if (change) {
        change->end = 0;
        change->value = value;
        change->thread = GetCurrentThreadId();
        change->certain = FALSE;
        change->begin = oracle_now();
    }
    ReleaseSRWLockExclusive(&record->lock);
    if (!change)
        wrong("%s", "the oracle is overwhelmed");
    return change;
}

void register_end(Register *record, Change *change, Outcome outcome)
{
    if (!change)
        return;
    AcquireSRWLockExclusive(&record->lock);
    change->end = oracle_now();
    change->certain = outcome == HAPPENED;
    if (outcome == DID_NOT_HAPPEN)
        ZeroMemory(change, sizeof *change);
    ReleaseSRWLockExclusive(&record->lock);
}

BOOL register_allows(Register *record, Moment since, const Change *own, Fits fits, const void *context)
{
    const Change *change;
    BOOL allowed;

    AcquireSRWLockShared(&record->lock);
    allowed = since <= record->horizon;
    for (change = record->changes; change < record->changes + CHANGES && !allowed; change++)
        allowed = change->begin && change != own && fits(change->value, context) &&
                  !change_overwritten(record, change, since);
    ReleaseSRWLockShared(&record->lock);
    return allowed;
}

BOOL register_was_in_motion(Register *record, Moment since, const Change *own)
{
    const Change *change;
    BOOL moving;

    AcquireSRWLockShared(&record->lock);
    moving = since <= record->horizon;
    for (change = record->changes; change < record->changes + CHANGES && !moving; change++)
        moving = change->begin && change != own && (!change->end || change->end > since);
    ReleaseSRWLockShared(&record->lock);
    return moving;
}

void register_print(Register *record)
{
    const Change *change;

    if (oracle_wrongs() > REPORTED)
        return;
    AcquireSRWLockShared(&record->lock);
    for (change = record->changes; change < record->changes + CHANGES; change++)
        if (change->begin)
            fprintf(stderr, "    from %lld to %lld thread %04lx %s it to %ld\n", (long long)change->begin,
                    (long long)change->end, (unsigned long)change->thread,
                    change->certain ? "changed" : "may have changed", (long)change->value);
    ReleaseSRWLockShared(&record->lock);
    fflush(stderr);
}

BOOL fits_this(LONG value, const void *number)
{
    return value == *(const LONG *)number;
}

BOOL fits_none(LONG value, const void *nothing)
{
    (void)nothing;
    return value == 0;
}
