#include "actor.h"

#include <stdio.h>

enum { HUNG = 45000 };  /* milliseconds in one step */

void actor_seed(Actor *actor, unsigned seed, unsigned number)
{
    unsigned x = seed + number * 0x9e3779b9u;

    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    x ^= x >> 16;
    actor->random = x ? x : 1;
}

unsigned chance(Actor *actor, unsigned of)
{
    unsigned x = actor->random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    actor->random = x;
    return x % of;
}

void does(Actor *actor, const char *what)
{
    actor->since = GetTickCount64();
    actor->doing = what;
}

BOOL actor_is_hung(const Actor *actor, const char *role, int number)
{
    const char *doing = actor->doing;
    ULONGLONG now = GetTickCount64(), since = actor->since;

    if (!doing || now < since + HUNG)
        return FALSE;
    fprintf(stderr, "watchdog: %s %d, thread %04lx, hung in %s\n", role, number,
            (unsigned long)actor->id, doing);
    return TRUE;
}

void dispatch(HANDLE handle, DWORD milliseconds)
{
    MSG message;
    int i;

    MsgWaitForMultipleObjectsEx(1, &handle, milliseconds, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
    for (i = 0; i < 200 && PeekMessageW(&message, NULL, 0, 0, PM_REMOVE); i++)
        DispatchMessageW(&message);
}

void join_dispatching(const Thread *thread)
{
    while (WaitForSingleObject(thread->handle, 0) != WAIT_OBJECT_0)
        dispatch(thread->handle, 1);
    CloseHandle(thread->handle);
}

void run_elsewhere(Kind kind, Work work, void *context)
{
    Thread thread;

    thread_start(&thread, kind, work, context);
    join_dispatching(&thread);
}
