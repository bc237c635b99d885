#include "schedules.h"

#include <stdlib.h>
#include <string.h>

/* What is posted: a work, and what is known of it. Whoever is told of its end frees it. */
typedef struct Posted {
    Target *target;             /* counted */
    const Caller *by;
    LONG number;                /* of the caller's */
    Moment since;
    HRESULT result;
    volatile LONG runs, refused;
    Moment began;
    int place;
    BOOL closes;                /* a package: the end of this one may come later than that */
    struct Posted *next;        /* refused */
} Posted;

static volatile LONG posted_alive, ran, dropped, refused_ones;
static SRWLOCK refused_lock = SRWLOCK_INIT;
static Posted *refused;         /* kept until the end of the run: nobody may be called */

LONG posts_alive(void)
{
    return InterlockedCompareExchange(&posted_alive, 0, 0);
}

void posts_print(void)
{
    print_message("%ld posts ran, %ld never did, and %ld were refused\n", (long)ran, (long)dropped,
                  (long)refused_ones);
}

void posts_destroy(void)
{
    Posted *posted;

    while ((posted = refused) != NULL) {
        refused = posted->next;
        target_release(posted->target);
        free(posted);
    }
}

/* The works */

static int place_of(const Site *site)
{
    int home;

    for (home = 0; home < MTA_HOME; home++)
        if (site->home == callers[home].actor.id)
            return home;
    return MTA_HOME;
}

/*
 * Where home is an STA nobody else may change the site. In the MTA a work that has begun may see it gone, and
 * works of a later site's, on another home, begin first.
 */
static void work_judge(const Posted *posted, const Site *site)
{
    const Posts *posts = &posted->target->posts;
    int caller = posted->by->number, place;
    LONG begun;

    judge_answer(posted->by, posted->target, posted->place == MTA_HOME ? posted->since : posted->began,
                 site->object.identity, "a posted work");
    for (place = 0; place < HOMES; place++) {
        begun = posts->begun[place][caller];
        if (posted->number <= begun && (place == posted->place || posted->place != MTA_HOME))
            wrong("work %ld of caller %d begins after %ld", (long)posted->number, caller, (long)begun);
    }
}

/* In the midst of a work. A package that home begins or closes here is not one that is closed further up. */
static void act_in_work(Caller *caller, Posted *posted)
{
    unsigned what = chance(&caller->actor, 40);
    Target *taken;

    if (caller->depth || what >= 12) {
        caller_interlude(posted->target);
        return;
    }
    caller->depth++;
    if (what == 0 && caller->idle) {
        posted->closes = TRUE;
        package_step(caller);
    } else if (what == 1 && caller->kind == IN_STA) {
        dispatch(homes_stop, 0);
    } else {
        taken = target_take_again(caller, posted->target);
        if (what < 6)
            post(caller, taken);
        else if (what < 9)
            change_site(caller, taken);
        else
            ask_something(caller, taken);
        target_let_go(caller, taken);
    }
    caller->depth--;
}

static HRESULT CALLBACK posted_work(IServiceProvider *provider, void *context)
{
    Site *site = CONTAINING_RECORD(provider, Object, provider)->site;
    Posted *posted = context;
    Posts *posts = &posted->target->posts;
    Caller *caller = caller_current(), *guest = NULL;

    if (InterlockedIncrement(&posted->runs) != 1 || posted->refused)
        wrong("%s", "a posted work runs twice, or was refused");
    posted->began = oracle_now();
    posted->place = place_of(site);
    if (InterlockedIncrement(&posts->inside[posted->place]) != 1)
        wrong("%s", "a posted work begins inside another");
    if (!is_in(site->home))
        wrong("a posted work for thread %04lx runs elsewhere", (unsigned long)site->home);
    site_is_called(site);
    work_judge(posted, site);
    posts->begun[posted->place][posted->by->number] = posted->number;
    if (!caller)
        caller = guest = guest_enter();
    if (caller)
        act_in_work(caller, posted);
    if (guest)
        guest_leave(guest);
    InterlockedDecrement(&posts->inside[posted->place]);
    return posted->result;
}

/* Their ends */

static void act_when_told(Caller *caller, const Target *target)
{
    unsigned what = chance(&caller->actor, 40);
    Target *taken;

    if (what >= 4)
        return;
    taken = target_take_again(caller, target);
    if (what < 3)
        post(caller, taken);
    else
        ask_something(caller, taken);
    target_let_go(caller, taken);
}

static void done_judge(Posted *posted, HRESULT result)
{
    const Target *target = posted->target;
    const Package *package = target->package;
    Moment *told = &posted->target->posts.told[posted->place];

    if (posted->refused)
        wrong("%s", "the end of a post that was refused is told");
    if (result != (posted->runs ? posted->result : E_UNEXPECTED))
        wrong("%08lx is told of a posted work that ran %ld times and gave %08lx", (unsigned long)result,
              (long)posted->runs, (unsigned long)posted->result);
    if (!is_in(0))
        wrong("%s", "the end of a post is told outside the MTA");
    if (package && package->closed && caller_is_sta_home(package->home) && !posted->closes)
        wrong("%s", "the end of a post is told when its package is closed");
    if (!posted->runs)
        return;
    if (posted->began < *told)
        wrong("%s", "the end of a post is told after a later one's");
    *told = posted->began;
}

static void CALLBACK posted_done(HRESULT result, void *context)
{
    Posted *posted = context;
    Target *target = posted->target;
    Caller *guest;

    if (InterlockedIncrement(&target->posts.telling) != 1)
        wrong("%s", "the ends of two posts are told at once");
    done_judge(posted, result);
    InterlockedIncrement(posted->runs ? &ran : &dropped);
    memset(posted, 0xDD, sizeof *posted);
    free(posted);
    guest = guest_enter();
    if (guest) {
        act_when_told(guest, target);
        guest_leave(guest);
    }
    InterlockedDecrement(&target->posts.telling);
    target_release(target);
    InterlockedDecrement(&posted_alive);
}

/* Posting */

static BOOL fits_some(LONG value, const void *nothing)
{
    (void)nothing;
    return value != 0;
}

static void keep_refused(Posted *posted)
{
    if (posted->runs)
        wrong("%s", "a posted work has run, and was refused");
    posted->refused = TRUE;
    InterlockedIncrement(&refused_ones);
    InterlockedDecrement(&posted_alive);
    AcquireSRWLockExclusive(&refused_lock);
    posted->next = refused;
    refused = posted;
    ReleaseSRWLockExclusive(&refused_lock);
}

void post(Caller *caller, Target *target)
{
    static const HRESULT results[] = { S_OK, S_FALSE, E_FAIL, E_UNEXPECTED, RPC_E_CALL_REJECTED };
    Posted *posted = calloc(1, sizeof *posted);
    Moment since = oracle_now();
    HRESULT hr;

    if (!posted)
        return;
    posted->target = target;
    target_addref(target);
    posted->by = caller;
    posted->number = ++caller->posts;
    posted->since = since;
    posted->result = results[chance(&caller->actor, sizeof results / sizeof results[0])];
    InterlockedIncrement(&posted_alive);
    does(&caller->actor, "SiteBridgePost");
    hr = SiteBridgePost(target->bridge, posted_work, posted_done, posted);
    if (hr == E_UNEXPECTED) {
        keep_refused(posted);
        judge_refusal(target, since, "SiteBridgePost");
    } else if (hr != S_OK) {
        wrong("SiteBridgePost gives %08lx", (unsigned long)hr);
    } else if (!register_allows(&target->site, since, NULL, fits_some, NULL)) {
        wrong("SiteBridgePost that began at %lld is accepted, and there was no site", (long long)since);
        register_print(&target->site);
    }
}
