#include "schedules.h"

enum { ENDING_MOST = 64 };

/*
 * The sites that somebody may still use: one list for each STA that is a home, and one for the MTA, in which
 * every thread may be home.
 */
static struct {
    SRWLOCK lock;
    Site *sites;
} lists[HOMES] = { { SRWLOCK_INIT, NULL }, { SRWLOCK_INIT, NULL }, { SRWLOCK_INIT, NULL } };

static int list_of(const Caller *home)
{
    return caller_is_sta_home(home) ? home->number : MTA_HOME;
}

void site_keep(Caller *home, Site *site)
{
    int list = list_of(home);

    AcquireSRWLockExclusive(&lists[list].lock);
    site->next = lists[list].sites;
    lists[list].sites = site;
    ReleaseSRWLockExclusive(&lists[list].lock);
}

/* In the MTA another thread may have been quicker: what is in use there cannot be known at once. */
void sites_retire(Caller *home, const Target *target, const Site *except)
{
    Site *site;

    if (!home || !caller_is_sta_home(home))
        return;
    for (site = lists[home->number].sites; site; site = site->next)
        if (site != except && (!target || site->target == target))
            site->retired = TRUE;
}

/* With the list's lock held: whether nothing more is to be expected of it. */
static BOOL site_is_done(Site *site)
{
    LONG refs = InterlockedCompareExchange(&site->object.refs, 0, 0);

    if (refs == 1) {
        site->gone = TRUE;
        target_release(site->target);
        return TRUE;
    }
    /* What is agile is let go of by whoever uses it last. */
    if (!site->retired || site->object.nature != PLAIN)
        return FALSE;
    wrong("site %ld was taken away, and there are %ld references on it", (long)site->object.identity,
          (long)refs - 1);
    return TRUE;
}

void sites_look_after(Caller *home)
{
    int list = list_of(home);
    Site **link, *site;

    AcquireSRWLockExclusive(&lists[list].lock);
    for (link = &lists[list].sites; (site = *link) != NULL;) {
        if (site_is_done(site))
            *link = site->next;
        else
            link = &site->next;
    }
    ReleaseSRWLockExclusive(&lists[list].lock);
}

/* Giving and taking sites */

static BOOL fits_home_here(LONG value, const void *nothing)
{
    (void)nothing;
    return value && is_in(site_with(value)->home);
}

static BOOL fits_home_elsewhere(LONG value, const void *nothing)
{
    return value && !fits_home_here(value, nothing);
}

static BOOL fits_no_other_home(LONG value, const void *nothing)
{
    return !value || fits_home_here(value, nothing);
}

static HRESULT set_site(Caller *caller, SiteBridge *bridge, IServiceProvider *site)
{
    IObjectWithSite *object;
    HRESULT hr;

    does(&caller->actor, "SiteBridgeSetSite");
    if (chance(&caller->actor, 4))
        return SiteBridgeSetSite(bridge, site);
    hr = SiteBridgeQueryInterface(bridge, &IID_IObjectWithSite, (void **)&object);
    if (FAILED(hr))
        return hr;
    hr = IObjectWithSite_SetSite(object, (IUnknown *)site);
    IObjectWithSite_Release(object);
    return hr;
}

static BOOL change_was_possible(const Caller *caller, Target *target, HRESULT hr, Moment since,
                                const Change *change, BOOL with_site)
{
    switch (hr) {
    case S_OK:
        return (!with_site || caller->kind != IN_NONE) &&
               register_allows(&target->site, since, change, fits_no_other_home, NULL);
    case RPC_E_WRONG_THREAD:
        return register_allows(&target->site, since, change, fits_home_elsewhere, NULL);
    case CO_E_NOTINITIALIZED:
        return with_site && (caller->kind == IN_NONE || caller->ending) &&
               register_allows(&target->site, since, change, fits_no_other_home, NULL);
    default:
        return FALSE;
    }
}

/* Of the STAs only homes: Wine has room for few that export. A worker or a guest ends without being seen. */
static BOOL may_give_site(const Caller *caller)
{
    return caller_is_home(caller) || (caller->kind != IN_STA && !caller->works_for && !caller_is_guest(caller));
}

void change_site(Caller *caller, Target *target)
{
    Nature nature = (Nature)chance(&caller->actor, NATURES);
    Change *change, *forgotten;
    Site *site = NULL;
    Moment since;
    HRESULT hr;

    if (target->package)
        return;
    if (may_give_site(caller) && chance(&caller->actor, 8))
        site = site_create(caller, target, nature);
    since = oracle_now();
    change = register_begin(&target->site, site ? site->object.identity : 0);
    forgotten = register_begin(&target->fetched, 0);
    hr = set_site(caller, target->bridge, site ? site_provider(site) : NULL);
    if (!change_was_possible(caller, target, hr, since, change, site != NULL))
        wrong("SiteBridgeSetSite gives %08lx", (unsigned long)hr);
    register_end(&target->site, change, SUCCEEDED(hr) ? HAPPENED : DID_NOT_HAPPEN);
    register_end(&target->fetched, forgotten, SUCCEEDED(hr) ? HAPPENED : DID_NOT_HAPPEN);
    if (site) {
        site_keep(caller, site);
        site->retired = FAILED(hr);
    }
    if (SUCCEEDED(hr))
        sites_retire(caller, target, site);
    if (!caller->depth)
        sites_look_after(caller);
}

void get_site(Caller *caller, Target *target)
{
    IServiceProvider *site = NULL;
    Moment since = oracle_now();
    IObjectWithSite *object;
    HRESULT hr;

    does(&caller->actor, "GetSite");
    if (FAILED(SiteBridgeQueryInterface(target->bridge, &IID_IObjectWithSite, (void **)&object)))
        return;
    hr = IObjectWithSite_GetSite(object, &IID_IServiceProvider, (void **)&site);
    IObjectWithSite_Release(object);
    if (SUCCEEDED(hr) != (site != NULL)) {
        wrong("GetSite gives %08lx and %p", (unsigned long)hr, (void *)site);
    } else if (site) {
        judge_answer(caller, target, since, CONTAINING_RECORD(site, Object, provider)->identity, "GetSite");
        IServiceProvider_Release(site);
    } else if (hr == RPC_E_WRONG_THREAD) {
        if (!register_allows(&target->site, since, NULL, fits_home_elsewhere, NULL))
            wrong("%s", "GetSite is told that this is not home");
    } else if (hr == E_FAIL || hr == E_UNEXPECTED) {
        judge_refusal(target, since, "GetSite");
    } else {
        wrong("GetSite gives %08lx", (unsigned long)hr);
    }
}

void fetch_ahead(Caller *caller, Target *target)
{
    LONG identity = identity_reserve();
    Moment since = oracle_now();
    Change *change = register_begin(&target->fetched, identity);
    HRESULT hr;

    does(&caller->actor, "SiteBridgePrefetch");
    caller->fetching = identity;
    hr = SiteBridgePrefetch(target->bridge, &fetched_question, &IID_IServiceProvider);
    caller->fetching = 0;
    register_end(&target->fetched, change, SUCCEEDED(hr) ? HAPPENED : DID_NOT_HAPPEN);
    if (hr == E_UNEXPECTED)
        judge_refusal(target, since, "SiteBridgePrefetch");
    else if (hr == S_OK)
        judge_answer(caller, target, since, identity, "SiteBridgePrefetch");
    else if (hr != RPC_E_WRONG_THREAD ||
             !register_allows(&target->site, since, NULL, fits_home_elsewhere, NULL))
        wrong("SiteBridgePrefetch gives %08lx", (unsigned long)hr);
}

/* Apartments */

/* What the end of an apartment takes a site from. */
typedef struct Ending {
    Target *targets[ENDING_MOST];       /* counted */
    Change *changes[ENDING_MOST], *forgotten[ENDING_MOST];
    int count;
} Ending;

static void ending_begin(Ending *ending, const Caller *caller)
{
    int list = list_of(caller), i;
    Site *site;

    ending->count = 0;
    AcquireSRWLockExclusive(&lists[list].lock);
    for (site = lists[list].sites; site && ending->count < ENDING_MOST; site = site->next) {
        if (site->by != caller || site->retired)
            continue;
        site->by = NULL;
        target_addref(site->target);
        ending->targets[ending->count++] = site->target;
    }
    ReleaseSRWLockExclusive(&lists[list].lock);
    if (site)
        wrong("%s", "too many sites of one home are still in use");
    for (i = 0; i < ending->count; i++) {
        ending->changes[i] = register_begin(&ending->targets[i]->site, 0);
        ending->forgotten[i] = register_begin(&ending->targets[i]->fetched, 0);
        if (ending->targets[i]->package)
            InterlockedExchange(&ending->targets[i]->package->home_ended, TRUE);
    }
}

/* In the MTA the site may have been another's by then. */
static void ending_end(const Ending *ending, const Caller *caller)
{
    Outcome outcome = caller_is_sta_home(caller) ? HAPPENED : MAY_HAVE_HAPPENED;
    int i;

    for (i = 0; i < ending->count; i++) {
        register_end(&ending->targets[i]->site, ending->changes[i], outcome);
        register_end(&ending->targets[i]->fetched, ending->forgotten[i], outcome);
        target_release(ending->targets[i]);
    }
}

void apartment_enter(Caller *caller)
{
    does(&caller->actor, "CoInitializeEx");
    if (caller->kind != IN_NONE)
        CoInitializeEx(NULL, caller->kind == IN_STA ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
}

void apartment_leave(Caller *caller)
{
    Ending ending;

    if (caller->kind == IN_NONE)
        return;
    caller->ending = TRUE;
    ending_begin(&ending, caller);
    does(&caller->actor, "CoUninitialize");
    CoUninitialize();
    ending_end(&ending, caller);
    caller->ending = FALSE;
    sites_retire(caller, NULL, NULL);
    sites_look_after(caller);
}
