/*
 * The ledger: what the program and the library have got from the system, and not given back yet.
 *
 * It stands between them and the functions that they import: memory, handles, threads, pool objects, modules,
 * uses of the MTA, initialize spies, packets. So it is exact, and what the system keeps for itself
 * (apartments, pool threads, endpoints, heaps) is not in it. What COM's task allocator gives to
 * anybody is counted beside it, by a malloc spy.
 *
 * The process's own count of handles would say less: Wine answers 0, and keeps an endpoint's handles
 * for every STA that has ever exported an object.
 */
#ifndef TEST_LEDGER_H
#define TEST_LEDGER_H

#include <windows.h>

typedef enum LedgerKind {
    LEDGER_BLOCK, LEDGER_HANDLE, LEDGER_THREAD, LEDGER_MODULE,
    LEDGER_MTA, LEDGER_SPY, LEDGER_PACKET, LEDGER_KINDS
} LedgerKind;

/* Begins to keep the ledger of module's imports; NULL is the program. Once for each module. */
void ledger_watch(HMODULE module);

/* A moment. What is got after it has a higher number. */
typedef ULONGLONG LedgerMark;
LedgerMark ledger_mark(void);

/*
 * Whether everything that was got between the two has been given back, or has ended by itself.
 * LEDGER_NOW: up to now.
 */
#define LEDGER_NOW MAXULONGLONG
BOOL ledger_is_even(LedgerMark from, LedgerMark to);

/* Prints what has not been. */
void ledger_print(LedgerMark from, LedgerMark to);

/* Prints where code is: a module, and how far from its beginning. */
void code_print(const void *code);

/* For the functions in between. Sweeping forgets the threads that have ended, and their numbers. */
void ledger_sweep(void);
void ledger_add(LedgerKind kind, ULONGLONG key, size_t size, void *extra, const void *caller);
BOOL ledger_remove(LedgerKind kind, ULONGLONG key);

/* COM's task allocator: blocks of it that are in use, since the spy has been there. */
void com_spy_begin(void);
LONG com_spy_blocks(void);

#endif
