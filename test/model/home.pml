/*
 * Home: calls on their way to it, its end, and the bridge's last release.
 *
 * Stands for:
 *   src/com/calls.c: calls_join calls_begin calls_end calls_close calls_run_down calls_find_open
 *   src/com/calls.c: calls_are_over calls_send calls_go_on calls_run_jobs calls_suspend calls_resume
 *   src/com/home.c: home_enter home_export home_unexport home_call_arrives home_call_returns home_arrivals
 *   src/com/home.c: home_sweep home_detach home_drain home_unsite home_set_ended home_lose
 *   src/com/home.c: hook_PostInitialize hook_PreUninitialize hook_PostUninitialize hook_Release
 *   src/com/gate.c: gate_create gate_begin gate_end gate_take_site gate_close gate_keep gate_give_back
 *   src/com/gate.c: gate_given_back gate_AddRef gate_Release gate_QueryService
 *   src/com/export.c: export_unmarshal export_make_proxy export_reach export_close
 *   src/com/export.c: export_give_back export_await_home export_run_give_back
 *   src/com/road.c: trip_work trip_settle trip_abandon trip_take trip_go
 *   src/bridge/request.c: request_make request_travel errand_destroy
 *   src/bridge/session.c: session_create session_end session_end_work session_run_farewell
 *   src/bridge/session.c: session_end_at_home session_unsite session_run_down session_destroy
 *   src/bridge/bridge.c: bridge_session bridge_exchange bridge_retire bridge_unsite
 *   src/bridge/site.c: SiteBridgeSetSite SiteBridgeRelease
 *
 * Home is an STA. COM's part is Wine's: a call that is queued to an apartment when it ends is never answered,
 * one that comes later fails. The host's part: where its site is called, it may unsite, or end home's
 * apartment; where its site is released, it may end that as well.
 *
 * A step is one access to what threads share, with what follows from it alone.
 *
 * Shown: nobody waits for ever, nobody goes on for ever, nothing is used after it is freed, everything is
 * given back, the site on home, and what COM has of home's before home ends.
 */
#ifndef SESSIONS
#define SESSIONS    1
#endif
#ifndef CALLERS
#define CALLERS     1
#endif
#ifndef DEADLINES
#define DEADLINES   0
#endif
#define NO_SESSION  SESSIONS
#define CLOSED      -16

typedef Session {
    byte refs;
    bool ended, told_to_end;
    bool sent;                      /* its farewell is among the jobs */
    short calls;                    /* Member */
    bool listed;
    byte gate;                      /* Gate: COM's while it is in_com, the session's, the keeper's */
    bool closed;
    byte executing;
    bool site;
    bool packet, proxy, in_com;     /* Export */
    bool unmarshaling;
}
Session sessions[SESSIONS];

byte site = NO_SESSION;             /* SiteBridge: session, refs, counts.shared */
byte bridge_refs = 1 + CALLERS + DEADLINES;
byte counts_refs = 1;

bool hook, closing, ended;          /* Home: hook is whether it is on */
byte home_refs;
byte nested;
byte abandoned;

mtype = { GIVE_BACK, FAREWELL };
chan jobs = [4] of { mtype, byte }; /* Calls */
bool running, suspended;
bool thread_runs_jobs;

/* COM: home's apartment, and the calls to it. The last call of each thread is answered, or it waits. */
mtype = { QUERY, END_SESSION, NOTHING, RELEASE_PROXY, RELEASE_ANSWER };
bool apartment = true;
chan queue = [4] of { byte, mtype, byte };
bool waiting[6];
bool answer[6];

bool vanished;                      /* home's thread has ended without a word */
byte finished;                      /* how many users of the bridge have gone */

#define is_open(s)      (sessions[s].listed && sessions[s].calls >= 0)
#define is_over(s)      (!sessions[s].listed || sessions[s].calls == CLOSED)
#define outstanding(s)  (!sessions[s].listed -> 0 : (sessions[s].calls == CLOSED -> 1 : \
                            (sessions[s].calls < 0 -> sessions[s].calls - CLOSED : sessions[s].calls)))
#if SESSIONS == 1
#define all_over        is_over(0)
#define all_outstanding outstanding(0)
#define none_in_com     !sessions[0].in_com
#define none_used       !sessions[0].refs
#define any_open        is_open(0)
#define first_open      0
#else
#define all_over        (is_over(0) && is_over(1))
#define all_outstanding (outstanding(0) + outstanding(1))
#define none_in_com     (!sessions[0].in_com && !sessions[1].in_com)
#define none_used       (!sessions[0].refs && !sessions[1].refs)
#define any_open        (is_open(0) || is_open(1))
#define first_open      (is_open(0) -> 0 : 1)
#endif

/* What is counted. These are parts of a step. */

inline home_release()
{
    assert(home_refs);
    home_refs--;
    assert(home_refs || (!hook && !running && empty(jobs)))
}

inline gate_release(s)
{
    assert(sessions[s].gate);
    sessions[s].gate--;
    if
    :: !sessions[s].gate ->
        assert(!sessions[s].site && !sessions[s].packet && !sessions[s].proxy && !sessions[s].in_com);
        counts_refs--;
        home_release()
    :: else
    fi
}

inline session_addref(s) { assert(sessions[s].refs); sessions[s].refs++ }

inline session_release(s)
{
    assert(sessions[s].refs);
    sessions[s].refs--;
    if
    :: !sessions[s].refs -> assert(!sessions[s].listed); gate_release(s)
    :: else
    fi
}

/* Calls */

inline calls_go_on()
{
    if
    :: nempty(jobs) && !running && !suspended ->
        running = true;
        home_refs++;
        thread_runs_jobs = true
    :: empty(jobs) || running || suspended
    fi
}

inline calls_send(job, s) { assert(home_refs); jobs!job(s); calls_go_on() }
inline calls_resume() { suspended = false; calls_go_on() }

inline calls_begin(s, begun)
{
    d_step {
        assert(sessions[s].refs);
        begun = sessions[s].calls >= 0;
#ifndef BROKEN_CALL_NOT_COUNTED
        if
        :: begun -> sessions[s].calls++
        :: else
        fi
#endif
    }
}

inline calls_unlist(s) { atomic { assert(sessions[s].refs); sessions[s].listed = false } }

inline calls_run_down(s)
{
#ifdef BROKEN_UNLISTED_FIRST
    calls_unlist(s);
#endif
    atomic {
        assert(sessions[s].gate);
        if
        :: sessions[s].proxy -> calls_send(GIVE_BACK, s)
        :: else ->
#ifndef BROKEN_LATE_PACKET_KEPT
            export_close(s);
#endif
            gate_release(s)
        fi
    }
#ifndef BROKEN_UNLISTED_FIRST
    calls_unlist(s)
#endif
}

inline calls_end(s)
{
    atomic {
        assert(sessions[s].refs);
        sessions[s].calls--;
        over = sessions[s].calls == CLOSED
    }
    if
    :: over -> calls_run_down(s)
    :: else
    fi
}

/* What COM has of home's. These two are parts of a step. */

#define at_home (_pid > CALLERS + 2 * DEADLINES)

inline home_sweep()
{
    if
#ifndef BROKEN_SWEEP_IGNORES_EXPORTS
    :: at_home && hook && !closing && none_in_com && all_over ->
#else
    :: at_home && hook && !closing && all_over ->
#endif
        hook = false;
        home_refs = home_refs - 2
    :: else
    fi
}

/* Once; COM itself does it where the apartment goes first. */
inline provider_release(s)
{
    if
    :: sessions[s].in_com ->
        sessions[s].in_com = false;
        home_sweep();
        home_release();
        gate_release(s)
    :: else
    fi
}

inline export_close(s)
{
    if
    :: sessions[s].packet ->
        sessions[s].packet = false;
        if
        :: !ended -> provider_release(s)
        :: else
        fi
    :: else
    fi
}

/* In the MTA, by one thread at a time, and not with success each time. */
bool failed;
inline export_reach(s, reached)
{
    if
    :: sessions[s].proxy
    :: atomic { !sessions[s].proxy && !sessions[s].unmarshaling ->
            if
            :: sessions[s].packet -> sessions[s].packet = false; sessions[s].unmarshaling = true
            :: else
            fi
        }
        if
        :: atomic { sessions[s].unmarshaling -> sessions[s].unmarshaling = false; sessions[s].proxy = true }
        :: atomic { sessions[s].unmarshaling && !failed ->
                sessions[s].unmarshaling = false; sessions[s].packet = true; failed = true }
        :: else
        fi
    fi;
    reached = sessions[s].proxy
}

inline call_home(what, s)
{
    atomic {
        answer[_pid] = false;
        if
        :: apartment -> waiting[_pid] = true; queue!_pid,what,s
        :: else
        fi
    }
    !waiting[_pid]
}

/* Part of a step. goes: the site goes now. */
inline gate_take_site(s)
{
#ifndef BROKEN_GOES_DURING_A_CALL
    goes = sessions[s].closed && !sessions[s].executing && sessions[s].site;
#else
    goes = sessions[s].closed && sessions[s].site;
#endif
    if
    :: goes -> sessions[s].site = false
    :: else
    fi
}

/* The end of a session, in two halves: the host may do something in between, where the site goes. */

inline session_end_begins(s, first, goes)
{
    atomic {
        assert(sessions[s].refs);
        first = !sessions[s].ended;
        sessions[s].ended = true;
#ifndef BROKEN_CLOSED_LAST
        if
        :: first -> sessions[s].calls = sessions[s].calls + CLOSED + 1
        :: else
        fi;
#endif
        goes = false
    }
    if
    :: first ->
        atomic {
            home_refs++;
#ifndef BROKEN_CLOSED_LAST
            nested = nested + at_home;
#endif
            if
            :: site == s -> site = NO_SESSION
            :: else
            fi
        }
        atomic {
            sessions[s].closed = true;
            if
            :: ended && !at_home -> assert(vanished); sessions[s].site = false
            :: else
            fi;
            gate_take_site(s);
            assert(!goes || (at_home && !vanished))
        }
        atomic { export_close(s) }
    :: else
    fi
}

inline session_end_ends(s)
{
#ifndef BROKEN_CLOSED_LAST
    nested = nested - at_home;
#else
    sessions[s].calls = sessions[s].calls + CLOSED + 1;
#endif
    calls_end(s);
    atomic { session_release(s); home_sweep(); home_release() }
}

/* Where the host does nothing. */
inline session_end(s)
{
    session_end_begins(s, first, goes);
    if
    :: first -> session_end_ends(s)
    :: else
    fi
}

/* bridge_enter, for what slots.pml is about. */
inline bridge_session(s)
{
    s = site;
    if
    :: s != NO_SESSION -> session_addref(s)
    :: else
    fi
}

inline farewell_send(s)
{
    assert(!sessions[s].sent);
    sessions[s].sent = true;
    session_addref(s);
    calls_send(FAREWELL, s)
}

/* s may be none. */
inline session_end_at_home(s)
{
    if
    :: s == NO_SESSION
#ifndef BROKEN_ENDED_ANYWHERE
    :: s != NO_SESSION && (at_home || ended) -> session_end(s)
    :: atomic { s != NO_SESSION && !at_home && !ended ->
            if
#ifndef BROKEN_SENT_TWICE
            :: sessions[s].told_to_end
            :: !sessions[s].told_to_end -> sessions[s].told_to_end = true; farewell_send(s)
#else
            :: true -> farewell_send(s)
#endif
            fi
        }
#else
    :: s != NO_SESSION -> session_end(s)
#endif
    fi
}

inline bridge_unsite(s)
{
    atomic { bridge_session(s) }
    session_end_at_home(s);
    atomic {
        if
        :: s != NO_SESSION -> session_release(s)
        :: else
        fi
    }
}

/* Two halves for the same reason. */

inline bridge_release_begins()
{
    atomic {
        bridge_refs--;
        last = !bridge_refs;
        if
        :: last -> bridge_session(s)
        :: else -> s = NO_SESSION
        fi
    }
}

inline bridge_release_ends()
{
    atomic {
        if
        :: s != NO_SESSION -> session_release(s)
        :: else
        fi;
        counts_refs = counts_refs - last;
        finished++
    }
}

inline bridge_release()
{
    bridge_release_begins();
    session_end_at_home(s);
    bridge_release_ends()
}

/* Threads of the MTA */

active [CALLERS] proctype caller()
{
    byte s;
    bool begun, reached, over, first, goes, last;

    if
    :: atomic { true -> bridge_session(s) }
    :: _pid == 0 -> bridge_unsite(s); s = NO_SESSION
    fi;
    if
    :: s != NO_SESSION ->
        calls_begin(s, begun);
        if
        :: begun ->
            export_reach(s, reached);
            if
            :: reached -> call_home(QUERY, s)
            :: else
            fi;
#ifndef BROKEN_CALL_NOT_COUNTED
            calls_end(s)
#endif
        :: else
        fi;
        atomic { session_release(s); begun = false; reached = false; over = false }
    :: else
    fi;
    bridge_release()
}

#if DEADLINES
mtype = { AWAITED, DONE, ABANDONED };
mtype trip = AWAITED;
byte trip_refs;
byte trip_session;
bool trip_goes, trip_kept, trip_counted, trip_busy, trip_event, trip_object;

inline trip_settle(how, settled)
{
    assert(trip_refs);
    settled = trip == AWAITED;
    if
    :: settled -> trip = how
    :: else
    fi
}

inline trip_let_go()
{
    if
    :: trip_kept -> trip_kept = false; session_release(trip_session)
    :: else
    fi
}

inline trip_release()
{
    assert(trip_refs);
    trip_refs--;
    if
    :: !trip_refs -> assert(!trip_object); trip_let_go()
    :: else
    fi
}

/* A caller with a deadline, which may pass at any time. */
active proctype waiter()
{
    byte s;
    bool settled, over, first, goes, last;

    atomic { bridge_session(s) }
    if
    :: s != NO_SESSION ->
        atomic {
            session_addref(s);
            trip_session = s;
            trip_kept = true;
            trip_refs = 2;
            trip_goes = true
        }
        if
        :: trip_event -> settled = false
        :: atomic { true -> abandoned++ }
#ifndef BROKEN_LEFT_WITHOUT_A_LOOK
            atomic { trip_settle(ABANDONED, settled); abandoned = abandoned - !settled }
#else
            atomic { trip = ABANDONED; settled = true }
#endif
#ifndef BROKEN_BACK_TOO_SOON
            if
            :: settled
            :: !settled -> trip_event
            fi
#endif
        fi;
        atomic {
            if
            :: !settled -> assert(trip == DONE && (!trip_kept || trip_busy)); trip_object = false
            :: else
            fi;
            trip_release();
            session_release(s)
        }
    :: else
    fi;
    bridge_release()
}

inline trip_call_ends()
{
#ifndef BROKEN_CALL_NOT_COUNTED
    calls_end(s);
#endif
    trip_counted = false
}

/* Its call, on a thread of the library's. */
active proctype worker()
{
    byte s;
    bool reached, object, to_sta, done, over;

end:
    trip_goes;
    atomic {
        s = trip_session;
        if
        :: to_sta = true
        :: to_sta = false
        fi
    }
    if
    :: trip == AWAITED -> calls_begin(s, trip_counted)
    :: else
    fi;
    if
    :: trip_counted ->
        export_reach(s, reached);
        if
        :: reached -> call_home(QUERY, s); object = answer[_pid]
        :: else
        fi
    :: else
    fi;
    atomic {
        trip_settle(DONE, done);
        trip_object = done && !to_sta && object;
        object = object && !trip_object
    }
#ifndef BROKEN_COUNTED_TOO_SHORT
    if
    :: trip_counted && !object -> trip_call_ends()
    :: else
    fi;
#else
    if
    :: trip_counted -> trip_call_ends()
    :: else
    fi;
#endif
    atomic {
        if
#ifndef BROKEN_LET_GO_TOO_SOON
        :: done && !trip_counted -> trip_let_go()
        :: !done || trip_counted
#else
        :: done -> trip_let_go()
        :: else
#endif
        fi
    }
    atomic { trip_event = done; trip_busy = trip_counted }
    if
    :: object -> call_home(RELEASE_ANSWER, s)
    :: else
    fi;
    if
    :: trip_counted -> trip_call_ends()
    :: else
    fi;
    atomic { assert(done || home_refs); abandoned = abandoned - !done; trip_release() }
}
#else
#define trip_refs 0
#endif

/* The jobs */

/* A try that cannot do more than the last one is left out. */
inline session_run_farewell(s)
{
    do
    :: ended -> session_end(s); break
    :: !ended && (apartment || sessions[s].ended) ->
        calls_begin(s, begun);
        if
        :: begun ->
            export_reach(s, reached);
            if
            :: reached -> call_home(END_SESSION, s)
            :: else
            fi;
            calls_end(s)
        :: else
        fi;
#ifndef BROKEN_FAREWELL_ONCE
        if
        :: sessions[s].ended -> break
        :: else
        fi
#else
        break
#endif
    od;
    atomic { session_release(s) }
}

inline export_run_give_back(s)
{
    atomic { export_close(s) }
    if
    :: closing || ended
    :: !closing && !ended -> call_home(NOTHING, s)
    fi;
    atomic { sessions[s].proxy = false }
    call_home(RELEASE_PROXY, s);
    atomic { gate_release(s) }
}

active proctype runner()
{
    byte s;
    mtype job;
    bool begun, reached, over, first, goes;

end:
    do
    :: atomic { thread_runs_jobs -> thread_runs_jobs = false }
        do
        :: atomic { !suspended && nempty(jobs) ->
                jobs?job(s);
                if
                :: job == FAREWELL -> sessions[s].sent = false
                :: job == GIVE_BACK
                fi
            }
            if
            :: job == GIVE_BACK -> export_run_give_back(s)
            :: job == FAREWELL -> session_run_farewell(s)
            fi
        :: atomic { suspended || empty(jobs) -> running = false; s = 0; job = 0 }
            break
        od;
        atomic {
            home_release();
            s = 0; job = 0; begun = false; reached = false; over = false; first = false; goes = false
        }
    od
}

/* Home's thread. What it does inside CoUninitialize is a process of its own, as one more of its stack. */

bool uninitializes;
bool in_farewell;                   /* home is in a call that a job waits for */
bool lived_on;
bool ending;                        /* home is letting go of a site, in session_end */

/* home_call_arrives and gate_begin. */
inline call_arrives()
{
    called = what == QUERY || what == END_SESSION || what == NOTHING;
    nested = nested + called;
    open = called && !sessions[s].closed;
    assert(!open || what != NOTHING);
    if
    :: open -> assert(sessions[s].site); sessions[s].executing++
    :: else
    fi;
    if
    :: what == RELEASE_PROXY -> provider_release(s)
    :: else
    fi
}

/* gate_end */
inline call_ends()
{
    assert(sessions[s].site);
    sessions[s].executing--;
    gate_take_site(s)
}

inline call_returns()
{
    nested = nested - called;
    waiting[thread] = false
}

/* A call, while the host does nothing. */
inline dispatch()
{
    atomic { queue?thread,what,s; call_arrives() }
    if
    :: open && what == END_SESSION -> session_end(s)
    :: open && what == QUERY -> answer[thread] = true
    :: !open
    fi;
    atomic {
        if
        :: open -> call_ends()
        :: else
        fi;
        call_returns()
    }
}

inline home_unsite()
{
    do
    :: atomic { any_open -> s = first_open; session_addref(s) }
        session_end(s);
        atomic { session_release(s) }
    :: else -> break
    od
}

#ifndef BROKEN_DRAIN_IGNORES_CALLS
#define calls_are_answered  (all_outstanding <= nested && !any_open)
#else
#define calls_are_answered  true
#endif
#ifndef BROKEN_DRAIN_IGNORES_JOBS
#define jobs_are_done       ((empty(jobs) && !running) || in_farewell)
#else
#define jobs_are_done       true
#endif

/*
 * calls_suspend is the step that ends it. Where a job waits for a call that home is in, patience does, after
 * PATIENCE_NESTED. What is dispatched may initialize COM once more.
 */
inline home_drain()
{
    do
    :: closing = true;
        home_unsite();
        if
        :: atomic { calls_are_answered && jobs_are_done -> suspended = true }
            break
        :: nempty(queue) -> dispatch()
        fi;
        if
        :: true
        :: atomic { !lived_on -> lived_on = true; lives_on = true }
            break
        fi
    od
}

inline apartment_goes()
{
    apartment = false;
    provider_release(0);
#if SESSIONS == 2
    provider_release(1)
#endif
}

/* Another spy may initialize COM once more as well. */
active proctype uninitialize()
{
    byte s, thread;
    mtype what;
    bool over, first, goes, called, open, lives_on;

end:
    do
    :: atomic { uninitializes -> lives_on = false }
        if
        :: hook ->
            atomic { home_refs++ }
            home_drain();
            if
            :: true
            :: atomic { !lives_on && !lived_on -> lived_on = true; lives_on = true }
            fi;
            atomic { home_release() }
        :: else
        fi;
        if
        :: lives_on ->
            closing = false;
#ifndef BROKEN_STAYS_SUSPENDED
            atomic { calls_resume() }
#endif
        :: else ->
            atomic { assert(nested || ending || none_in_com); apartment_goes() }
            if
            :: hook ->
                atomic { home_refs++; ended = true }
#ifndef BROKEN_ENDS_SUSPENDED
                atomic { calls_resume() }
#endif
                home_unsite();
                atomic { hook = false; home_refs = home_refs - 2; home_release() }
            :: else
            fi
        fi;
        atomic {
            s = 0; thread = 0; what = 0;
            over = false; first = false; goes = false; called = false; open = false;
            uninitializes = false
        }
    od
}

inline CoUninitialize()
{
    uninitializes = true;
    !uninitializes
}

inline host_is_called()
{
    if
    :: true
    :: has_bridge && site != NO_SESSION -> unsite()
    :: apartment -> CoUninitialize()
    fi
}

inline host_is_released()
{
    if
    :: true
    :: apartment -> CoUninitialize()
    fi
}

/* So that states which differ in nothing that matters are one. */
inline forget()
{
    over = false; first = false; goes = false; called = false; open = false; previous = 0; new = 0
}

inline unsite()
{
    atomic { bridge_session(previous); site = NO_SESSION }
    session_end_at_hosts(previous);
    atomic { session_release(previous) }
}

inline session_end_at_hosts(s)
{
    session_end_begins(s, first, goes);
    if
    :: first ->
        if
        :: goes -> ending = true; host_is_released(); ending = false
        :: else
        fi;
        session_end_ends(s)
    :: else
    fi
}

inline dispatch_to_host()
{
    atomic { queue?thread,what,s; call_arrives(); in_farewell = what == END_SESSION }
    if
    :: open && what == END_SESSION -> session_end_at_hosts(s)
    :: open && what == QUERY -> answer[thread] = true; host_is_called()
    :: !open
    fi;
    if
    :: open ->
        atomic { call_ends() }
        if
        :: goes -> host_is_released()
        :: else
        fi
    :: else
    fi;
    atomic { call_returns(); in_farewell = false; thread = 0; what = 0; s = 0; forget() }
}

/* SiteBridgeSetSite with the next site, or with none. The first makes home. */
inline set_site()
{
    atomic {
        bridge_session(previous);
        new = NO_SESSION;
        if
        :: hook && !closing && next < SESSIONS -> new = next
        :: !next -> new = next; hook = true; home_refs = 2
        :: previous != NO_SESSION
        fi;
        if
        :: new != NO_SESSION ->
            next++;
            home_refs = home_refs + 2;
            counts_refs++;
            sessions[new].refs = 1;
            sessions[new].gate = 3;
            sessions[new].site = true;
            sessions[new].packet = true;
            sessions[new].in_com = true;
            sessions[new].listed = true
        :: else
        fi
    }
    atomic { assert(site == previous); site = new }
    if
    :: previous != NO_SESSION ->
        session_end_at_hosts(previous);
        atomic { session_release(previous) }
    :: else
    fi;
    atomic { forget() }
}

/*
 * The thread ends without a word, with nothing in the queue: what is there is COM's to fail. Left out: a
 * thread that is killed, of which COM does not know either.
 */
inline vanish()
{
    if
    :: hook ->
        hook = false;
        ended = true;
        atomic { calls_resume(); home_refs = home_refs - 2 }
    :: else
    fi
}

active proctype home()
{
    byte s, thread, previous, new, next;
    mtype what;
    bool over, first, goes, called, open, last;
    bool has_bridge = true;

    assert(at_home);
    do
    :: apartment && nempty(queue) -> dispatch_to_host()
    :: apartment && has_bridge &&
        (!next || (hook && !closing && next < SESSIONS) || site != NO_SESSION) -> set_site()
    :: next && has_bridge ->
        has_bridge = false;
        bridge_release_begins();
        if
        :: s != NO_SESSION -> session_end_at_hosts(s)
        :: else
        fi;
        bridge_release_ends();
        s = 0
    :: next && apartment -> CoUninitialize()
    :: atomic { next && apartment && !has_bridge && empty(queue) -> vanished = true; apartment_goes() }
        vanish()
    :: !apartment && !has_bridge -> break
    :: atomic { apartment && finished == 1 + CALLERS + DEADLINES && none_used && !running && empty(jobs) ->
            home_sweep(); assert(!hook) }
        break
    od
}

/* Waits until everything has been given back. */
active proctype audit()
{
    finished == 1 + CALLERS + DEADLINES && !running && empty(jobs) && empty(queue) && none_used &&
        !trip_refs && !counts_refs && !home_refs && !nested && !abandoned && !suspended && site == NO_SESSION
}
