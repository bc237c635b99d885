/*
 * Posted works: each one's end, whoever posts, and whatever becomes of the site meanwhile.
 *
 * Stands for:
 *   src/bridge/post.c: SiteBridgePost session_post session_send_posts session_leave_posts session_drop_posts
 *   src/bridge/post.c: session_enter_posts session_begin_post session_end_post session_run_posts
 *   src/bridge/post.c: post_end bridge_start_teller bridge_tell bridge_next_to_tell bridge_teller_steps
 *   src/bridge/bridge.c: bridge_drop_posts bridge_retire bridge_unsite
 *
 * Home is an STA, or with MTA the other threads of the MTA are home as well: one runs what was posted, and
 * another changes the site meanwhile. In a work, and beside it, home may change the site, let go of the bridge
 * and dispatch; with TROUBLE a work crashes, home rejects a call, and ends or is killed. A batch may be over after
 * each work. With UNSITES a poster unsites, as a package does, in the midst of the other's posting.
 *
 * How a session is used while it goes is slots.pml's, how home ends and is told to end a session home.pml's.
 * The line that the calls stand in is left out.
 *
 * A step is one access to what threads share, with what follows from it alone, or what is done with the lock
 * held. To start a thread belongs to the step before: it begins as late as it likes. A work begins when it is
 * taken.
 *
 * Shown: what was accepted has one end and is told of it, by one teller at a time and in the order of the
 * ends; what was refused has none. A poster's works begin in their order, none inside another, and none when its
 * session has ended. Who waits for the ends that are due sees them. Nobody waits for ever, nothing is used after
 * it is freed, nothing is left.
 */
#ifndef POSTERS
#define POSTERS     1
#endif
#ifndef POSTS
#define POSTS       1           /* of each poster's */
#endif
#ifndef SESSIONS
#define SESSIONS    1
#endif
#ifndef MTA
#define MTA         0
#endif
#ifndef UNSITES
#define UNSITES     0
#endif
#ifndef PATIENT
#define PATIENT     0
#endif
#ifndef TROUBLE
#define TROUBLE     0
#endif
#define ALL         (POSTERS * POSTS)
#define NONE        15

mtype = { NOT_POSTED, REFUSED, QUEUED, RUNNING, ENDED, TOLD };
mtype state[ALL] = NOT_POSTED;

typedef Session {
    byte refs;                  /* 0: there is none yet, or none any more */
    bool ended, told_to_end;    /* Member, and the farewell's */
    bool farewell;              /* is on its way */
    bool over;                  /* for assertions: nothing may begin any more */
    bool sent, entered;         /* Posts */
    byte running;               /* and one more; 0: none */
    bool job;                   /* a thread is about to run it */
}
Session sessions[SESSIONS];
chan queued[SESSIONS] = [ALL] of { byte };

byte site = NONE;               /* SiteBridge: session, refs, counts.shared, posts, watcher */
byte bridge_refs = POSTERS + 1;
byte counts_refs = 1;
chan ended = [ALL] of { byte };
bool drop;                      /* is set */
bool telling, present;
byte tellers;                   /* that are to begin */

/* COM: the calls that run what was posted. */
mtype = { FAILED, IN_VAIN, RAN };
chan calls = [SESSIONS] of { byte };
bool waiting[SESSIONS];
mtype answer[SESSIONS] = FAILED;

bool lost;                      /* home has ended, or was killed */
bool crashed, rejected;         /* once is enough */
byte next;                      /* site */

/* For assertions. */
bool inside, in_done, teller_busy;
#if POSTS > 1
byte begun[POSTERS];            /* the last, of each poster's, and one more */
#endif
chan order = [ALL] of { byte };

#if SESSIONS == 1
#define entered_beside(s)   false
#define none_used           (!sessions[0].refs)
#define any_farewell        sessions[0].farewell
#define first_farewell      0
#else
#define entered_beside(s)   sessions[1 - s].entered
#define none_used           (!sessions[0].refs && !sessions[1].refs)
#define any_farewell        (sessions[0].farewell || sessions[1].farewell)
#define first_farewell      (sessions[0].farewell -> 0 : 1)
#endif

/* Whether a site may go: with PATIENT not before all are told, since its end would hide that they never are. */
#if PATIENT
#define may_end     (empty(queued[0]) && !sessions[0].running && empty(order))
#else
#define may_end     true
#endif

/* These are parts of a step. */

inline counts_release()
{
    assert(counts_refs);
    counts_refs--;
    assert(counts_refs || (!telling && !present && empty(ended)))
}

inline session_addref(s) { assert(sessions[s].refs); sessions[s].refs++ }

inline session_release(s)
{
    assert(sessions[s].refs);
    sessions[s].refs--;
    if
    :: !sessions[s].refs ->
        assert(empty(queued[s]) && !sessions[s].running && !sessions[s].sent && !sessions[s].entered);
        counts_release()
    :: else
    fi
}

inline lock_held(s) { assert(sessions[s].refs && counts_refs) }
inline watcher_joins() { assert(!present); present = true }

inline post_end(p)
{
    assert(state[p] == RUNNING || state[p] == QUEUED);
    state[p] = ENDED;
    ended!p;
    order!p;
    if
    :: !telling ->
        telling = true;
#ifndef BROKEN_TELLER_KEEPS_NOTHING
        counts_refs++;
#endif
#ifndef BROKEN_TELLER_JOINS_ITSELF
        watcher_joins();
#endif
        tellers++
    :: else
    fi
}

inline session_end_running(s)
{
    if
    :: sessions[s].running ->
        p = sessions[s].running - 1;
        post_end(p);
        sessions[s].running = 0;
        p = 0
    :: else
    fi
}

inline session_drop_posts(s)
{
    lock_held(s);
    do
    :: queued[s]?p -> post_end(p)
    :: empty(queued[s]) -> break
    od;
    p = 0
}

inline bridge_drop_posts(s)
{
    if
    :: drop -> session_drop_posts(s)
    :: else
    fi;
    sessions[s].over = true
}

/* The end of a session */

inline session_end(s)
{
    atomic { assert(sessions[s].refs); first = !sessions[s].ended; sessions[s].ended = true }
    if
    :: first ->
        if
        :: atomic { site == s -> lock_held(s); site = NONE }
        :: else
        fi;
        atomic { bridge_drop_posts(s); session_release(s); first = false }
    :: else
    fi
}

inline bridge_session(s)
{
    assert(counts_refs);
    s = site;
    if
    :: s != NONE -> session_addref(s)
    :: else
    fi
}

inline session_let_go(s)
{
    atomic {
        if
        :: s != NONE -> session_release(s)
        :: else
        fi;
        s = 0
    }
}

inline bridge_unsite(s, at_home)
{
    atomic { bridge_session(s) }
    if
    :: s == NONE
    :: s != NONE && (at_home || lost) -> session_end(s)
    :: s != NONE && !(at_home || lost) ->
        atomic {
            if
            :: !sessions[s].told_to_end ->
                sessions[s].told_to_end = true;
                session_addref(s);
                sessions[s].farewell = true
            :: else
            fi
        }
#ifndef BROKEN_TOLD_TO_END_ONLY
        atomic { bridge_drop_posts(s) }
#else
        atomic { sessions[s].over = true }
#endif
    fi;
    session_let_go(s)
}

inline bridge_release(s, at_home)
{
    atomic { bridge_refs--; last = !bridge_refs }
    if
    :: last ->
        bridge_unsite(s, at_home);
        atomic { counts_release(); last = false }
    :: else
    fi
}

/* Posting */

#define is_open(s) (!sessions[s].ended && !sessions[s].told_to_end)

/* number is this thread's next. */
inline session_post(s, number)
{
#ifdef BROKEN_LOOKED_WITHOUT_LOCK
    open = is_open(s);
#endif
    atomic {
        lock_held(s);
#ifndef BROKEN_DROP_SET_LATER
        drop = true;
#endif
#ifndef BROKEN_LOOKED_WITHOUT_LOCK
        open = is_open(s);
#endif
        if
        :: open ->
            assert(state[number] == NOT_POSTED);
            state[number] = QUEUED;
            queued[s]!number;
            if
            :: !sessions[s].sent ->
                sessions[s].sent = true;
                session_addref(s);
                assert(!sessions[s].job);
                sessions[s].job = true
            :: else
            fi;
            session_release(s)
        :: else
        fi
    }
#ifdef BROKEN_DROP_SET_LATER
    drop = true
#endif
}

/* It leaves the bridge with its last step there. */
inline SiteBridgePost(s, number)
{
    do
    :: atomic {
            bridge_session(s);
            if
            :: s == NONE -> state[number] = REFUSED; s = 0; break
            :: else
            fi
        }
        session_post(s, number);
        if
        :: atomic { open -> open = false; s = 0 }
            break
        :: atomic { !open && site == s -> session_release(s); state[number] = REFUSED; s = 0 }
            break
        :: atomic { !open && site != s -> session_release(s); s = 0 }
        fi
    od
}

active [POSTERS] proctype poster()
{
    byte s, p, mine = _pid * POSTS;
    bool open, first, last;

    do
    :: mine < (_pid + 1) * POSTS ->
        SiteBridgePost(s, mine);
        mine++
    :: else -> break
    od;
    if
    :: true
    :: UNSITES && _pid == 0 -> bridge_unsite(s, MTA)
    fi;
    may_end;
    bridge_release(s, MTA)
}

/* Where it runs. count is 0 where there is nothing to do, or it is in vain. */

#ifndef BROKEN_RUNS_WHEN_REPLACED
#define is_the_bridges(s)   (site == s)
#else
#define is_the_bridges(s)   true
#endif
#ifndef BROKEN_ENTERED_INSIDE
#define may_enter(s)    (!entered_beside(s) && is_the_bridges(s))
#else
#define may_enter(s)    is_the_bridges(s)
#endif

inline session_enter_posts(s)
{
    atomic {
        lock_held(s);
        entered = may_enter(s);
        if
        :: entered -> sessions[s].entered = true; count = len(queued[s])
        :: else -> count = 0
        fi
    }
}

inline session_begin_post(s)
{
    atomic {
        lock_held(s);
        if
        :: is_the_bridges(s) && nempty(queued[s]) ->
            queued[s]?p;
            assert(!sessions[s].over && !inside && state[p] == QUEUED);
#if POSTS > 1
            assert(p >= begun[p / POSTS]);
            begun[p / POSTS] = p + 1;
#endif
            inside = true;
            state[p] = RUNNING;
            sessions[s].running = p + 1;
            p = 0
        :: else -> count = 0
        fi
    }
}

inline session_end_post(s)
{
    atomic {
        lock_held(s);
        inside = false;
        session_end_running(s);
        if
        :: count > 1 -> count--
        :: true -> count = 0
        fi
    }
}

inline crash()
{
    atomic { TROUBLE && !crashed && count && inside -> crashed = true; inside = false; count = 0 }
}

/* The library's threads */

#ifndef BROKEN_KILLED_HOME_KEEPS_THEM
#define drops_when_lost lost
#else
#define drops_when_lost false
#endif
#define can_run(s)      (!sessions[s].ended && !lost && may_enter(s))
#define is_dropped(s)   (drops_when_lost || empty(queued[s]))

inline session_leave_posts(s)
{
    atomic {
        lock_held(s);
        sessions[s].entered = false;
        more = nempty(queued[s]);
#ifdef BROKEN_SENT_RESET_WITHOUT_LOCK
    }
    atomic {
#endif
#ifdef BROKEN_NOT_SENT_AGAIN
        more = false;
#endif
        sessions[s].sent = more;
        sessions[s].job = more;
        if
        :: !more -> in_vain = false; session_release(s)
        :: else
        fi;
        ran = false;
        more = false;
        entered = false
    }
}

active [SESSIONS] proctype sender()
{
    byte s = _pid - POSTERS, p, count;
    bool ran, in_vain, more, entered;

end:
    do
    /* Again where it has been in vain, only when it may not be: who waits for ever is found. */
    :: atomic { sessions[s].job && (!in_vain || can_run(s) || is_dropped(s)) ->
            sessions[s].job = false;
            ran = false;
            in_vain = true;
#if MTA
        }
        if
        :: !sessions[s].ended ->
            session_enter_posts(s);
            ran = true;
            in_vain = !entered;
            do
            :: count ->
                session_begin_post(s);
                if
                :: count -> session_end_post(s)
                :: crash()
                :: else
                fi
            :: else -> break
            od
        :: else
        fi;
        atomic {
#else
            if
            :: !sessions[s].ended && !lost -> waiting[s] = true; calls!s
            :: else
            fi
        }
        atomic {
            !waiting[s];
            ran = answer[s] == RAN || answer[s] == IN_VAIN;
            in_vain = answer[s] != RAN;
            answer[s] = FAILED;
#endif
#ifndef BROKEN_CRASH_IS_NO_END
            lock_held(s);
            session_end_running(s)
#endif
        }
        if
        :: atomic { !ran && drops_when_lost -> session_drop_posts(s) }
        :: else
        fi;
        session_leave_posts(s)
    od
}

/* A second one is there to be found. */
active [2] proctype teller()
{
    byte p;

end:
    do
    :: atomic { tellers && (teller_busy || _pid == POSTERS + SESSIONS) ->
            tellers--;
            teller_busy = true;
#ifdef BROKEN_TELLER_JOINS_ITSELF
            watcher_joins()
#endif
        }
        do
        :: atomic {
                assert(counts_refs);
                if
                :: ended?p -> assert(!in_done); in_done = true
                :: empty(ended) -> p = NONE
                fi;
#ifdef BROKEN_TELLING_RESET_WITHOUT_LOCK
            }
            atomic {
#endif
                if
                :: p == NONE ->
                    assert(telling && present);
                    telling = false;
                    present = false;
                    p = 0;
                    teller_busy = false;
#ifndef BROKEN_TELLER_KEEPS_NOTHING
                    counts_release();
#endif
                    break
                :: else
                fi
            }
            atomic {
                assert(state[p] == ENDED && order?[eval(p)]);
                order?_;
                state[p] = TOLD;
                in_done = false;
                p = 0
            }
        od
    od
}

/* Who looks, as Close does, whether an end is due. */
active proctype onlooker()
{
end:
    atomic { !present && (nempty(ended) || in_done) -> assert(false) }
}

/* Home's thread */

#define may_set_site    (!lost && has_bridge && (next < SESSIONS || site != NONE) && may_end)

/* The next site, or none; t is what there was. */
inline set_site(t)
{
    atomic {
        bridge_session(t);
        if
        :: next < SESSIONS ->
            sessions[next].refs = 1;
            counts_refs++;
            site = next;
            next++
        :: t != NONE -> site = NONE
        :: else
        fi
    }
    if
    :: t != NONE -> session_end(t)
    :: else
    fi;
    session_let_go(t)
}

inline let_go(t)
{
    has_bridge = false;
    bridge_release(t, true)
}

inline farewell_arrives(t)
{
    atomic { t = first_farewell; sessions[t].farewell = false }
    session_end(t);
    session_let_go(t)
}

inline call_returns(s, what) { answer[s] = what; waiting[s] = false }

/* Whoever waits for an answer gets one. */
inline lose_home(t)
{
    atomic {
        lost = true;
        s = NONE;
        inside = false;
        count = 0;
        do
        :: calls?t
        :: empty(calls) -> break
        od;
        for (t : 0 .. SESSIONS - 1) { waiting[t] = false }
        t = 0
    }
}

/* s is the session whose call home is in, or none. */
#define is_free (s == NONE || count && inside)

active proctype home()
{
    byte s = NONE, t, p, count;
    bool has_bridge = true, first, last, entered;

    do
    :: is_free && may_set_site -> set_site(t)
    :: is_free && has_bridge && next && may_end -> let_go(t)
    :: is_free && any_farewell -> farewell_arrives(t)
#if !MTA
    :: s == NONE && nempty(calls) ->
        atomic { calls?s; answer[s] = RAN }
        session_enter_posts(s)
    :: s != NONE && count && !inside -> session_begin_post(s)
    :: s != NONE && count && inside && nempty(calls) ->
        atomic {
            calls?t;
            /* It would begin here. */
            assert(!may_enter(t) || empty(queued[t]));
            call_returns(t, IN_VAIN);
            t = 0
        }
    :: s != NONE && count && inside -> session_end_post(s)
    :: crash()
    :: s != NONE && !count ->
        atomic {
            if
            :: !entered -> answer[s] = IN_VAIN
            :: else
            fi;
            waiting[s] = false;
            s = NONE;
            entered = false
        }
    :: is_free && TROUBLE && next && !lost -> lose_home(t)
    :: atomic { s == NONE && TROUBLE && nempty(calls) && !rejected ->
            rejected = true;
            calls?t;
            call_returns(t, FAILED);
            t = 0
        }
    :: s == NONE && TROUBLE && site != NONE && may_end && !lost ->
        bridge_unsite(t, true);
        lose_home(t)
#endif
    :: atomic { !bridge_refs && none_used && !counts_refs ->
            assert(empty(ended) && !tellers && site == NONE);
            for (t : 0 .. ALL - 1) { assert(state[t] == NOT_POSTED || state[t] == REFUSED || state[t] == TOLD) }
        }
        break
    od
}
