#include "schedules.h"

#define TIMED_OUT HRESULT_FROM_WIN32(ERROR_TIMEOUT)

enum { DEEPEST = 3 };

static volatile LONG answers, answers_at_rest, refusals, refusals_at_rest;

void judged_print(void)
{
    print_message("%ld answers and %ld refusals; while no site changed, %ld and %ld\n", (long)answers,
                  (long)refusals, (long)answers_at_rest, (long)refusals_at_rest);
}

/* Counts, and says whether the site was not changed meanwhile. */
static BOOL note_judged(Target *target, Moment since, volatile LONG *all, volatile LONG *at_rest)
{
    BOOL rest = !register_was_in_motion(&target->site, since, NULL);

    InterlockedIncrement(all);
    if (rest)
        InterlockedIncrement(at_rest);
    return rest;
}

void judge_refusal(Target *target, Moment since, const char *what)
{
    if (note_judged(target, since, &refusals, &refusals_at_rest) &&
        !register_allows(&target->site, since, NULL, fits_none, NULL)) {
        wrong("%s that began at %lld finds no site, and there was one", what, (long long)since);
        register_print(&target->site);
    }
    /* Leaves the processors to those who give sites. */
    Sleep(1);
}

void judge_answer(const Caller *caller, Target *target, Moment since, LONG identity, const char *what)
{
    Site *site = site_with(identity);

    note_judged(target, since, &answers, &answers_at_rest);
    if (!site || site->target != target) {
        wrong("%s: another bridge's site answers, %ld", what, (long)identity);
    } else if (!register_allows(&target->site, since, NULL, fits_this, &site->object.identity)) {
        wrong("%s that began at %lld: site %ld answers caller %d, and was not there any more", what,
              (long long)since, (long)site->object.identity, caller->number);
        register_print(&target->site);
    }
}

/* Hosts' services */

static SRWLOCK services_lock = SRWLOCK_INIT;
static volatile LONG services_shut;

BOOL services_begin(void)
{
    return !services_shut && TryAcquireSRWLockShared(&services_lock);
}

void services_end(void)
{
    ReleaseSRWLockShared(&services_lock);
}

void services_shut_out(Caller *home)
{
    does(&home->actor, "waiting until nobody uses a service");
    InterlockedIncrement(&services_shut);
    while (!TryAcquireSRWLockExclusive(&services_lock))
        dispatch(homes_stop, 1);
}

void services_let_in(void)
{
    ReleaseSRWLockExclusive(&services_lock);
    InterlockedDecrement(&services_shut);
}

/* Queries */

typedef struct Query {
    Wanted wanted;
    GUID service;
    DWORD milliseconds;
    BOOL has_deadline;
    Moment since;
    HRESULT hr;
    IServiceProvider *object;
    Asked *asked;           /* NULL: what is fetched ahead has no number */
} Query;

static HRESULT query_object(Target *target, const GUID *service, void **object)
{
    IServiceProvider *provider;
    HRESULT hr = SiteBridgeQueryInterface(target->bridge, &IID_IServiceProvider, (void **)&provider);

    if (FAILED(hr))
        return hr;
    hr = IServiceProvider_QueryService(provider, service, &IID_IServiceProvider, object);
    IServiceProvider_Release(provider);
    return hr;
}

static void query_make(Query *query, Caller *caller, Target *target)
{
    static const DWORD deadlines[] = { 0, 1, 5, 20, PATIENCE, INFINITE };
    void **object = (void **)&query->object;
    unsigned way = chance(&caller->actor, 4);

    query->object = (IServiceProvider *)query;
    if (way == 0) {
        query->milliseconds = deadlines[chance(&caller->actor, sizeof deadlines / sizeof deadlines[0])];
        query->has_deadline = query->milliseconds < PATIENCE;
    }
    query->asked = question_make(caller, query->wanted, query->has_deadline, &query->service);
    query->since = oracle_now();
    does(&caller->actor, "a query");
    if (way == 0)
        query->hr = SiteBridgeQueryServiceWithin(target->bridge, query->milliseconds, &query->service,
                                                 &IID_IServiceProvider, object);
    else if (way == 1 && target->package)
        query->hr = package_query(target->package, &query->service, &IID_IServiceProvider, object);
    else if (way == 1)
        query->hr = query_object(target, &query->service, object);
    else
        query->hr = SiteBridgeQueryService(target->bridge, &query->service, &IID_IServiceProvider, object);
}

/* A site that was asked has been asked once, and one that answers has been asked. */
static void query_count(const Query *query, Caller *caller)
{
    BOOL answered = query->object || identity_from(query->hr);
    Asked *asked = query->asked;

    if (!asked)
        return;
    asked->over = TRUE;
    if (asked->times > 1 || (answered && asked->times != 1))
        wrong("question %ld of caller %d has come %ld times, with %08lx", (long)asked->number, caller->number,
              (long)asked->times, (unsigned long)query->hr);
}

/* What was fetched ahead is the answer everywhere but at home. */
static void query_judge_fetched(const Query *query, Target *target, LONG identity)
{
    const Site *site = site_with(identity);
    LONG fetched = site && site->object.identity != identity ? identity : 0;

    if (!site)
        return;
    if (is_in(site->home) && fetched)
        wrong("home itself is answered by what was fetched ahead, %ld", (long)fetched);
    if (!is_in(site->home) && !register_allows(&target->fetched, query->since, NULL, fits_this, &fetched)) {
        wrong("%ld answers, which is not what was fetched ahead", (long)identity);
        register_print(&target->fetched);
    }
}

static void query_judge(const Query *query, Caller *caller, Target *target)
{
    LONG identity = query->object ? identity_of(query->object) : identity_from(query->hr);

    if (SUCCEEDED(query->hr) != (query->object != NULL))
        wrong("a query gives %08lx and %p", (unsigned long)query->hr, (void *)query->object);
    else if (identity)
        judge_answer(caller, target, query->since, identity, "a query");
    else if (query->hr == E_UNEXPECTED)
        judge_refusal(target, query->since, "a query");
    else if (query->hr != TIMED_OUT || !query->has_deadline)
        wrong("a query gives %08lx", (unsigned long)query->hr);
    if (identity && query->wanted == FETCHED)
        query_judge_fetched(query, target, identity);
}

void query(Caller *caller, Target *target)
{
    BOOL uses_proxies;
    Query query;

    ZeroMemory(&query, sizeof query);
    query.wanted = (Wanted)(WHO + chance(&caller->actor, FETCHED));
    uses_proxies = query.wanted != WHO && query.wanted != WANTED_FREE_THREADED;
    if (uses_proxies && !services_begin()) {
        uses_proxies = FALSE;
        query.wanted = WHO;
    }
    query_make(&query, caller, target);
    query_count(&query, caller);
    does(&caller->actor, "a service");
    query_judge(&query, caller, target);
    does(&caller->actor, "a service's release");
    if (query.object)
        IServiceProvider_Release(query.object);
    if (uses_proxies)
        services_end();
}

/* Functions */

static HRESULT CALLBACK invoked(IServiceProvider *provider, void *context)
{
    Invocation *invocation = context;
    Site *site = CONTAINING_RECORD(provider, Object, provider)->site;

    if (InterlockedIncrement(&invocation->runs) != 1 || invocation->over)
        wrong("%s", "a function runs twice, or when its call has returned");
    if (!is_in(site->home))
        wrong("a function for thread %04lx runs elsewhere", (unsigned long)site->home);
    site_is_called(site);
    invocation->identity = site->object.identity;
    caller_interlude(invocation->target);
    return invocation->result;
}

void invoke(Caller *caller, Target *target)
{
    static const HRESULT results[] = {
        S_OK, S_FALSE, E_FAIL, E_UNEXPECTED, CO_E_OBJNOTCONNECTED,
        RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER
    };
    Invocation *invocation = &caller->invocations[++caller->functions % REMEMBERED];
    Moment since;
    HRESULT hr;

    ZeroMemory(invocation, sizeof *invocation);
    invocation->target = target;
    invocation->result = results[chance(&caller->actor, sizeof results / sizeof results[0])];
    since = oracle_now();
    does(&caller->actor, "SiteBridgeInvoke");
    hr = SiteBridgeInvoke(target->bridge, invoked, invocation);
    invocation->over = TRUE;
    if (hr != (invocation->runs ? invocation->result : E_UNEXPECTED))
        wrong("SiteBridgeInvoke gives %08lx, and the function has run %ld times", (unsigned long)hr,
              (long)invocation->runs);
    else if (invocation->runs)
        judge_answer(caller, target, since, invocation->identity, "SiteBridgeInvoke");
    else
        judge_refusal(target, since, "SiteBridgeInvoke");
}

/* What needs no site */

static void CALLBACK traced(const SiteBridgeTraceRecord *record, void *context)
{
    BOOL sited = record->event == SITEBRIDGE_TRACE_SITED;

    (void)context;
    if (record->size != sizeof *record || !record->thread ||
        (sited && record->home_thread && record->home_thread != record->thread))
        wrong("a trace of event %d is not right", (int)record->event);
}

static void look_around(Caller *caller, Target *target)
{
    SiteBridgeStatistics statistics = { sizeof statistics, 0, 0, 0, 0, 0 };
    IUnknown *object;

    does(&caller->actor, "something small");
    switch (chance(&caller->actor, 5)) {
    case 0:
        if (SiteBridgeGetStatistics(target->bridge, &statistics) != S_OK)
            wrong("%s", "SiteBridgeGetStatistics fails");
        break;
    case 1:
        if (SiteBridgeCanUnloadNow() != S_FALSE || SitePackageCanUnloadNow() != S_FALSE)
            wrong("%s", "the library could be unloaded");
        break;
    case 2:
        SiteBridgeSetTrace(chance(&caller->actor, 2) ? traced : NULL, NULL, chance(&caller->actor, 3) * 10);
        break;
    case 3:
        SiteBridgeAddRef(target->bridge);
        SiteBridgeRelease(target->bridge);
        break;
    default:
        if (SiteBridgeQueryInterface(target->bridge, &IID_IAgileObject, (void **)&object) != S_OK)
            wrong("%s", "a bridge is not agile");
        else
            IUnknown_Release(object);
    }
}

/* A new bridge in the place of one of which others may still have a reference, sited or not. */
static void exchange_bridge(Caller *caller)
{
    SiteBridge *bridge;

    does(&caller->actor, "a bridge's exchange");
    if (SiteBridgeCreate(&bridge) == S_OK)
        target_put(caller, (int)chance(&caller->actor, BRIDGES), target_create(bridge, NULL));
    else
        wrong("%s", "SiteBridgeCreate fails");
}

void ask_something(Caller *caller, Target *target)
{
    unsigned what = chance(&caller->actor, 200);

    if (what < 100)
        query(caller, target);
    else if (what < 130)
        post(caller, target);
    else if (what < 160)
        invoke(caller, target);
    else if (what < 170)
        look_around(caller, target);
    else if (what < 180)
        get_site(caller, target);
    else if (what < 184)
        fetch_ahead(caller, target);
    else if (what < 186)
        change_site(caller, target);
    else if (what < 199)
        package_call(caller, target);
    else
        exchange_bridge(caller);
}

/* Who has called may have let go of target since. */
void caller_interlude(const Target *target)
{
    Caller *caller = caller_current();
    Target *taken;
    unsigned what;

    if (!caller || caller->depth >= DEEPEST)
        return;
    caller->depth++;
    what = chance(&caller->actor, 40);
    if (caller->closes)
        close_again(caller->closes);
    if (what < 2) {
        taken = target_take_again(caller, target);
        if (what == 0)
            ask_something(caller, taken);
        else
            change_site(caller, taken);
        target_let_go(caller, taken);
    } else if (what == 2 && caller->kind == IN_STA) {
        dispatch(homes_stop, 0);
    }
    caller->depth--;
}
