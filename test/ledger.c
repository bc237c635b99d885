#include "ledger.h"

#include <objidl.h>

#include <stdio.h>

enum { BUCKETS = 4096 };

typedef struct Entry {
    struct Entry *next;
    LedgerKind kind;
    ULONGLONG key, serial;
    size_t size;
    void *extra;                /* a thread: a handle of our own; a packet: the stream */
    const void *caller;         /* who got it */
} Entry;

static SRWLOCK lock = SRWLOCK_INIT;
static struct Bucket {
    Entry *first, **last;               /* the oldest first; last is NULL before there was one */
} buckets[BUCKETS + 1];                 /* the last is for what goes by itself */
static ULONGLONG last_serial;
static HANDLE heap;

static struct Bucket *bucket_of(LedgerKind kind, ULONGLONG key)
{
    if (kind == LEDGER_THREAD || kind == LEDGER_SPY || kind == LEDGER_PACKET)
        return &buckets[BUCKETS];
    return &buckets[(key / 16 + key / 65536 + (ULONGLONG)kind * 61) % BUCKETS];
}

void ledger_add(LedgerKind kind, ULONGLONG key, size_t size, void *extra, const void *caller)
{
    struct Bucket *bucket = bucket_of(kind, key);
    Entry *entry;

    AcquireSRWLockExclusive(&lock);
    if (!heap)
        heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    entry = heap ? HeapAlloc(heap, HEAP_ZERO_MEMORY, sizeof *entry) : NULL;
    if (entry) {
        entry->kind = kind;
        entry->key = key;
        entry->size = size;
        entry->extra = extra;
        entry->serial = ++last_serial;
        entry->caller = caller;
        if (!bucket->first)
            bucket->last = &bucket->first;
        *bucket->last = entry;
        bucket->last = &entry->next;
    }
    ReleaseSRWLockExclusive(&lock);
}

static void entry_discard(Entry *entry)
{
    if (entry->kind == LEDGER_THREAD || entry->kind == LEDGER_SPY)
        CloseHandle(entry->extra);
    AcquireSRWLockExclusive(&lock);
    HeapFree(heap, 0, entry);
    ReleaseSRWLockExclusive(&lock);
}

/* With the lock held: takes out what link points to. */
static void bucket_take(struct Bucket *bucket, Entry **link)
{
    Entry *entry = *link;

    *link = entry->next;
    if (bucket->last == &entry->next)
        bucket->last = link;
}

/* Of several references on one module the oldest: those that are lost should count as the last. */
BOOL ledger_remove(LedgerKind kind, ULONGLONG key)
{
    struct Bucket *bucket = bucket_of(kind, key);
    Entry **link, *entry;

    AcquireSRWLockExclusive(&lock);
    for (link = &bucket->first; (entry = *link) != NULL; link = &entry->next)
        if (entry->kind == kind && entry->key == key)
            break;
    if (entry)
        bucket_take(bucket, link);
    ReleaseSRWLockExclusive(&lock);
    if (!entry)
        return FALSE;
    entry_discard(entry);
    return TRUE;
}

/* Whether it has gone by itself. */
static BOOL entry_is_over(const Entry *entry)
{
    IStream *stream = entry->extra;

    switch (entry->kind) {
    case LEDGER_THREAD:
    case LEDGER_SPY:            /* COM lets go of a thread's spies at its end */
        return WaitForSingleObject(entry->extra, 0) == WAIT_OBJECT_0;
    case LEDGER_PACKET:         /* the ledger has one reference */
        stream->lpVtbl->AddRef(stream);
        return stream->lpVtbl->Release(stream) == 1;
    default:
        return FALSE;
    }
}

static Entry *ledger_take_over(void)
{
    Entry **link, *entry;

    AcquireSRWLockExclusive(&lock);
    for (link = &buckets[BUCKETS].first; (entry = *link) != NULL; link = &entry->next) {
        if (entry_is_over(entry)) {
            bucket_take(&buckets[BUCKETS], link);
            break;
        }
    }
    ReleaseSRWLockExclusive(&lock);
    return entry;
}

void ledger_sweep(void)
{
    IStream *stream;
    Entry *entry;

    while ((entry = ledger_take_over()) != NULL) {
        stream = entry->kind == LEDGER_PACKET ? entry->extra : NULL;
        entry_discard(entry);
        if (stream)
            stream->lpVtbl->Release(stream);
    }
}

LedgerMark ledger_mark(void)
{
    LedgerMark mark;

    AcquireSRWLockShared(&lock);
    mark = last_serial;
    ReleaseSRWLockShared(&lock);
    return mark;
}

static BOOL entry_is_between(const Entry *entry, LedgerMark from, LedgerMark to)
{
    return entry->serial > from && entry->serial <= to;
}

BOOL ledger_is_even(LedgerMark from, LedgerMark to)
{
    const Entry *entry;
    BOOL even = TRUE;
    int i;

    ledger_sweep();
    AcquireSRWLockShared(&lock);
    for (i = 0; even && i <= BUCKETS; i++)
        for (entry = buckets[i].first; even && entry; entry = entry->next)
            even = !entry_is_between(entry, from, to);
    ReleaseSRWLockShared(&lock);
    return even;
}

void code_print(const void *code)
{
    char path[MAX_PATH], *name, *slash;
    HMODULE module;

    if (!GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            code, &module))
        return;
    path[GetModuleFileNameA(module, path, MAX_PATH - 1)] = '\0';
    for (name = slash = path; *slash; slash++)
        if (*slash == '\\')
            name = slash + 1;
    fprintf(stderr, " %s+0x%lx", name, (unsigned long)((const char *)code - (const char *)module));
}

void ledger_print(LedgerMark from, LedgerMark to)
{
    static const char *const names[LEDGER_KINDS] = {
        "a block", "a handle", "a running thread",
        "a reference on a module", "a use of the MTA", "an initialize spy", "a packet",
    };
    const Entry *entry;
    int i;

    AcquireSRWLockShared(&lock);
    for (i = 0; i <= BUCKETS; i++) {
        for (entry = buckets[i].first; entry; entry = entry->next) {
            if (!entry_is_between(entry, from, to))
                continue;
            fprintf(stderr, "leaked: %s", names[entry->kind]);
            if (entry->kind == LEDGER_BLOCK)
                fprintf(stderr, " of %lu bytes", (unsigned long)entry->size);
            fprintf(stderr, ", got by");
            code_print(entry->caller);
            fprintf(stderr, "\n");
        }
    }
    ReleaseSRWLockShared(&lock);
}
