/*
 * The slots: who uses which session, and when its memory goes.
 *
 * Stands for:
 *   src/bridge/bridge.c: bridge_enter bridge_enter_beside bridge_leave bridge_retire
 *   src/bridge/bridge.c: bridge_session bridge_exchange bridge_unsite
 *   src/bridge/session.c: session_create session_end session_unsite session_destroy
 *   src/bridge/site.c: SiteBridgeSetSite SiteBridgeRelease
 *   src/com/home.c: home_unsite
 *
 * There are fewer slots than threads, and what is freed is the next session's memory. A step is one access to
 * what threads share, with what follows from it alone, or what is done with the lock held. All see the steps
 * in one order: the Interlocked functions are full barriers.
 *
 * Shown: nobody uses a session after it is freed, everything is freed in the end, nobody waits or goes on for
 * ever.
 */
#ifndef CALLERS
#define CALLERS     2
#endif
#ifndef HOMES
#define HOMES       1
#endif
#ifndef SITES
#define SITES       3           /* changes that the first home makes, the second one less */
#endif
#ifndef SLOTS
#define SLOTS       2
#endif
#define SESSIONS    4           /* pieces of memory, numbered from 1: 0 is NULL */
#define MARK        8

byte session;                   /* SiteBridge: session, slots, counts.calls, refs */
byte slots[SLOTS];
byte beside;
byte refs = CALLERS + HOMES;

typedef Session {
    byte refs;                  /* 0: this memory is free */
    bool ended;
    byte thread;                /* home's */
    byte reign;                 /* for assertions: how many sessions this memory has been */
}
Session sessions[SESSIONS + 1];

/* These two are parts of a step. */
inline shared_addref(s) { assert(sessions[s].refs); sessions[s].refs++ }
inline shared_release(s)
{
    assert(sessions[s].refs);
    sessions[s].refs--;
    if
    :: !sessions[s].refs -> sessions[s].ended = false; sessions[s].thread = 0
    :: else
    fi
}

/* slot is SLOTS for a call that has none. */
inline bridge_enter_beside()
{
    atomic {
        call = session;
        slot = SLOTS;
#ifdef BROKEN_BESIDE_WITHOUT_LOCK
    }
    atomic {
#endif
        if
        :: call -> shared_addref(call); beside++
        :: else
        fi;
        reign = sessions[call].reign
    }
}

/* call is 0 where there is no site. */
inline bridge_enter()
{
    i = 0;
    do
    :: atomic { i < SLOTS -> call = session }
        if
        :: !call -> break
        :: else
        fi;
        atomic {
            slot = (_pid + i) % SLOTS;
            i++;
            if
            :: !slots[slot] -> slots[slot] = call; mine = true
            :: else -> mine = false
            fi
        }
        if
        :: !mine
#ifndef BROKEN_NO_SECOND_LOOK
        :: atomic { mine && session == call -> reign = sessions[call].reign }
            break
        :: mine && session != call -> bridge_leave()
#else
        :: atomic { mine -> reign = sessions[call].reign }
            break
#endif
        fi
    :: i == SLOTS ->
        bridge_enter_beside();
        break
    od
}

inline bridge_leave()
{
    atomic {
        if
        :: slot == SLOTS -> beside--; shared_release(call)
        :: else ->
#ifndef BROKEN_MARK_NOT_GIVEN_BACK
            if
            :: slots[slot] != call -> shared_release(call)
            :: else
            fi;
#endif
            slots[slot] = 0
        fi
    }
}

inline bridge_lose(s)
{
    atomic {
        if
        :: session == s -> session = 0
        :: else
        fi
    }
}

inline bridge_retire(s)
{
#ifndef BROKEN_MARKED_FIRST
    bridge_lose(s);
#endif
    i = 0;
    do
    :: atomic { i < SLOTS -> mine = slots[i] == s; i++ }
        if
        :: mine ->
#ifndef BROKEN_MARK_NOT_COUNTED
            atomic { shared_addref(s) }
#endif
            atomic {
                if
#ifndef BROKEN_MARK_WITHOUT_A_LOOK
                :: slots[i - 1] == s -> slots[i - 1] = s + MARK
                :: else -> shared_release(s)
#else
                :: true -> slots[i - 1] = s + MARK
#endif
                fi
            }
        :: else
        fi
    :: i == SLOTS -> break
    od;
#ifdef BROKEN_MARKED_FIRST
    bridge_lose(s)
#endif
}

/* With a reference, or 0. */
inline bridge_session(s)
{
    bridge_enter();
    s = call;
    if
    :: s ->
        atomic { shared_addref(s) }
        bridge_leave()
    :: else
    fi
}

inline bridge_exchange(before, after, done)
{
    atomic {
        done = session == before;
        if
        :: done -> session = after
        :: else
        fi
    }
}

/* In the first memory that is free: so it is soon used again. */
inline session_create(s)
{
    d_step {
        s = 1;
        do
        :: sessions[s].refs -> s++
        :: else -> break
        od;
        sessions[s].refs = 1;
        sessions[s].thread = _pid;
        sessions[s].reign++
    }
}

inline session_end(s)
{
    atomic { assert(sessions[s].refs); mine = !sessions[s].ended; sessions[s].ended = true }
    if
    :: mine ->
        bridge_retire(s);
        atomic { shared_release(s) }
    :: else
    fi
}

inline set_site(site)
{
    made = 0;
    done = false;
    do
    :: !done ->
        bridge_session(previous);
        if
        :: previous && sessions[previous].thread != _pid -> break      /* RPC_E_WRONG_THREAD */
        :: else
        fi;
        if
        :: site && !made -> session_create(made)
        :: else
        fi;
        bridge_exchange(previous, made, done);
        if
        :: !done && previous -> atomic { shared_release(previous) }
        :: else
        fi
    :: else -> break
    od;
    if
    :: !done && made -> session_end(made)
    :: else
    fi;
    if
    :: done && previous -> session_end(previous)
    :: else
    fi;
    if
    :: previous -> atomic { shared_release(previous) }
    :: else
    fi
}

/* Home's end: its session is still the bridge's. */
inline home_unsite()
{
    if
    :: atomic { session && sessions[session].thread == _pid -> previous = session; shared_addref(previous) }
        session_end(previous);
        atomic { shared_release(previous) }
    :: else
    fi
}

/* Whoever is last ends the session; where that may be is home.pml's. */
inline bridge_release()
{
    atomic { refs--; mine = !refs }
    if
    :: mine ->
        bridge_session(previous);
        if
        :: previous ->
            session_end(previous);
            atomic { shared_release(previous) }
        :: else
        fi;
        assert(!session && !beside);
        for (i : 0 .. SLOTS - 1) { assert(!slots[i]) }
        for (i : 1 .. SESSIONS) { assert(!sessions[i].refs) }
    :: else
    fi
}

active [CALLERS] proctype caller()
{
    byte call, slot, reign, i, previous;
    bool mine;

    bridge_enter();
    if
    :: call ->
        assert(sessions[call].refs && sessions[call].reign == reign);
        bridge_leave()
    :: else
    fi;
    bridge_release()
}

active [HOMES] proctype setter()
{
    byte call, slot, reign, i, previous, made, times;
    bool mine, done;

    do
    :: times < SITES - (_pid > CALLERS) ->
        times++;
        if
        :: set_site(true)
        :: set_site(false)
        :: home_unsite()
        fi
    :: else -> break
    od;
    bridge_release()
}
