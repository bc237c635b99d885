/*
 * Keeps a proxy of an object of home's in the MTA, and what COM asks that home with. Wine 8.0 may hand out
 * one that another thread of the MTA is just releasing for the last time: the one crashes and the other is
 * not connected, without the library as well.
 */
#ifndef TEST_STRESS_HOLD_H
#define TEST_STRESS_HOLD_H

#include "actor.h"

typedef struct Hold {
    IStream *packet;
    IServiceProvider *proxy;    /* the MTA's */
} Hold;

/* Both on home, an STA, which dispatches meanwhile. */
void hold_begin(Hold *hold, IServiceProvider *object);
void hold_end(Hold *hold);

#endif
