/*
 * An actor: a thread of a stress program's. It has a generator of its own, so that a run can be had again, or
 * one much like it, and says what it is doing, so that a hang is found and named.
 */
#ifndef TEST_STRESS_ACTOR_H
#define TEST_STRESS_ACTOR_H

#include "harness.h"

typedef struct Actor {
    DWORD id;
    unsigned random;
    const char *volatile doing;
    volatile ULONGLONG since;
} Actor;

/* From the seed of the run and the actor's number. */
void actor_seed(Actor *actor, unsigned seed, unsigned number);

/* 0 to of - 1. */
unsigned chance(Actor *actor, unsigned of);

/* The step it is in now; NULL for none. */
void does(Actor *actor, const char *what);

/* Whether it has been in one step for too long, which is printed. */
BOOL actor_is_hung(const Actor *actor, const char *role, int number);

/* Waits for handle, up to milliseconds, or for something to dispatch, and dispatches a part of that. */
void dispatch(HANDLE handle, DWORD milliseconds);

/* Waits until thread has ended, and dispatches meanwhile. */
void join_dispatching(const Thread *thread);

/* The same with a thread of its own, which runs work. */
void run_elsewhere(Kind kind, Work work, void *context);

#endif
