/*
 * Random schedules with an oracle: threads of every kind call every function in any order, three homes give
 * and take sites, and after each answer it is checked whether that answer was possible.
 *
 *   test_schedules [seconds [seed]]
 *
 * The seed is printed, and with every failure. With the same one each thread does much the same again;
 * which of them meet is the system's. A thread that is in one step for too long is named, and ends the
 * program.
 */
#include "schedules.h"

#include <stdio.h>
#include <stdlib.h>

static DWORD run_seconds = 50;
static unsigned run_seed;

Caller callers[ALL_CALLERS];
HANDLE homes_stop;

static DWORD current = TLS_OUT_OF_INDEXES;
static volatile LONG cease;     /* only homes go on, and dispatch */

Caller *caller_current(void)
{
    return TlsGetValue(current);
}

void caller_enter(Caller *caller)
{
    if (caller)
        caller->actor.id = GetCurrentThreadId();
    TlsSetValue(current, caller);
}

BOOL caller_is_home(const Caller *caller)
{
    return caller->number < HOMES;
}

BOOL caller_is_sta_home(const Caller *caller)
{
    return caller->number < MTA_HOME;
}

BOOL caller_is_guest(const Caller *caller)
{
    return caller->number >= FIRST_GUEST;
}

Caller *caller_find(int first, int count)
{
    Caller *caller;

    for (caller = callers + first; caller < callers + first + count; caller++)
        if (!InterlockedExchange(&caller->taken, TRUE))
            return caller;
    return NULL;
}

void caller_free(Caller *caller)
{
    does(&caller->actor, NULL);
    InterlockedExchange(&caller->taken, FALSE);
}

Caller *guest_enter(void)
{
    Caller *guest = caller_find(FIRST_GUEST, GUESTS);

    if (guest)
        caller_enter(guest);
    return guest;
}

void guest_leave(Caller *guest)
{
    caller_enter(NULL);
    caller_free(guest);
}

/* Targets */

static SRWLOCK slots_lock = SRWLOCK_INIT;
static Target *slots[TARGETS];
static volatile LONG targets;

LONG targets_alive(void)
{
    return InterlockedCompareExchange(&targets, 0, 0);
}

Target *target_create(SiteBridge *bridge, Package *package)
{
    Target *target = calloc(1, sizeof *target);

    if (!target) {
        wrong("%s", "no memory");
        exit(1);
    }
    InterlockedIncrement(&targets);
    target->refs = 1;
    target->bridge = bridge;
    target->package = package;
    register_init(&target->site);
    register_init(&target->fetched);
    return target;
}

void target_addref(Target *target)
{
    InterlockedIncrement(&target->refs);
}

void target_release(Target *target)
{
    if (InterlockedDecrement(&target->refs))
        return;
    InterlockedDecrement(&targets);
    free(target->package);
    free(target);
}

Target *target_take_from(int slot)
{
    Target *target;

    AcquireSRWLockShared(&slots_lock);
    target = slots[slot];
    if (target) {
        target_addref(target);
        SiteBridgeAddRef(target->bridge);
        if (target->package)
            IVsPackage_AddRef(target->package->object);
    }
    ReleaseSRWLockShared(&slots_lock);
    return target;
}

Target *target_take(Caller *caller)
{
    Target *target = target_take_from((int)chance(&caller->actor, TARGETS));

    /* There is always a bridge. */
    return target ? target : target_take_from((int)chance(&caller->actor, BRIDGES));
}

Target *target_take_again(Caller *caller, const Target *target)
{
    Target *taken;
    int slot;

    AcquireSRWLockShared(&slots_lock);
    for (slot = 0; slot < TARGETS && slots[slot] != target; slot++)
        ;
    ReleaseSRWLockShared(&slots_lock);
    taken = slot < TARGETS ? target_take_from(slot) : NULL;
    return taken ? taken : target_take(caller);
}

void target_let_go(Caller *caller, Target *target)
{
    if (caller)
        does(&caller->actor, "a release");
    if (SiteBridgeRelease(target->bridge) == 0)
        sites_retire(caller, target, NULL);
    if (target->package && IVsPackage_Release(target->package->object) == 0)
        sites_retire(caller, target, NULL);
    target_release(target);
}

void target_put(Caller *caller, int slot, Target *target)
{
    Target *previous;

    AcquireSRWLockExclusive(&slots_lock);
    previous = slots[slot];
    slots[slot] = target;
    ReleaseSRWLockExclusive(&slots_lock);
    if (previous)
        target_let_go(caller, previous);
}

/* Threads of the background, of which each is in one apartment after another */

static void act_on_any(Caller *caller)
{
    Target *target = target_take(caller);

    ask_something(caller, target);
    target_let_go(caller, target);
}

static DWORD WINAPI background_main(void *context)
{
    Caller *caller = context;
    unsigned steps;

    caller_enter(caller);
    while (!cease) {
        caller->kind = (Kind)chance(&caller->actor, 3);
        apartment_enter(caller);
        for (steps = chance(&caller->actor, 200); steps && !cease; steps--)
            act_on_any(caller);
        apartment_leave(caller);
    }
    does(&caller->actor, NULL);
    return 0;
}

/* Homes */

static void home_enter(Caller *home)
{
    apartment_enter(home);
    if (home->kind != IN_STA)
        return;
    host_init(&home->host, home->actor.id);
    hold_begin(&home->hold, host_site(&home->host));
}

/*
 * While nobody has an interface of a service's: Wine drops the calls on it that are queued when home's
 * apartment ends, and only the bridge's own are the library's to look after. These go on.
 */
static void home_leave(Caller *home)
{
    if (home->kind == IN_STA) {
        services_shut_out(home);
        hold_end(&home->hold);
    }
    apartment_leave(home);
}

static void home_step(Caller *home)
{
    unsigned what = chance(&home->actor, 1000), times;
    Target *target;

    if (what < 25 && home->number == ENDING_HOME) {
        home_leave(home);
        home_enter(home);
        services_let_in();
        return;
    }
    if (what < 100) {
        package_step(home);
        return;
    }
    target = target_take(home);
    if (what < 400)
        /* Again and again, so that the others meet a site's first moments and its end. */
        for (times = what < 160 ? 20 : 1; times; times--)
            change_site(home, target);
    else if (what < 500)
        fetch_ahead(home, target);
    else if (what < 700)
        ask_something(home, target);
    target_let_go(home, target);
}

static DWORD WINAPI home_main(void *context)
{
    Caller *home = context;

    caller_enter(home);
    home_enter(home);
    while (WaitForSingleObject(homes_stop, 0) != WAIT_OBJECT_0) {
        does(&home->actor, "dispatching");
        home->idle = TRUE;
        dispatch(homes_stop, 3);
        home->idle = FALSE;
        sites_look_after(home);
        if (!cease)
            home_step(home);
    }
    package_end(home);
    home_leave(home);
    if (home->kind == IN_STA)
        services_let_in();
    does(&home->actor, NULL);
    return 0;
}

/* The run */

static void look_for_the_hung(void)
{
    BOOL hung = FALSE;
    int i;

    for (i = 0; i < ALL_CALLERS; i++)
        hung |= actor_is_hung(&callers[i].actor, i < HOMES ? "home" : "caller", i);
    if (hung) {
        fprintf(stderr, "seed %u\n", run_seed);
        fflush(stderr);
        TerminateProcess(GetCurrentProcess(), 3);
    }
}

static void join(HANDLE thread)
{
    while (WaitForSingleObject(thread, 500) != WAIT_OBJECT_0)
        look_for_the_hung();
    CloseHandle(thread);
}

static void caller_start(int number)
{
    Caller *caller = &callers[number];

    ZeroMemory(caller, sizeof *caller);
    caller->number = number;
    caller->kind = number < MTA_HOME ? IN_STA : IN_MTA;
    actor_seed(&caller->actor, run_seed, (unsigned)number);
    if (number >= FIRST_WORKER)
        return;
    does(&caller->actor, "starting");
    caller->thread = CreateThread(NULL, 0, number < HOMES ? home_main : background_main, caller, 0, NULL);
    if (!caller->thread)
        fail_msg("%s", "no thread");
}

static void watch(DWORD seconds)
{
    ULONGLONG began = GetTickCount64();

    while (GetTickCount64() - began < seconds * 1000ull && oracle_wrongs() == 0) {
        Sleep(500);
        look_for_the_hung();
    }
}

static BOOL packages_and_posts_are_gone(void *context)
{
    (void)context;
    return packages_alive() == 0 && posts_alive() == 0;
}

static BOOL services_are_gone(void *context)
{
    (void)context;
    return services_alive() == 0;
}

static void run_begin(void)
{
    SiteBridge *bridge;
    int i;

    homes_stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    current = TlsAlloc();
    for (i = 0; i < BRIDGES; i++) {
        assert_hr(S_OK, SiteBridgeCreate(&bridge));
        slots[i] = target_create(bridge, NULL);
    }
    for (i = ALL_CALLERS - 1; i >= 0; i--)
        caller_start(i);
}

static void run_end(void)
{
    int i;

    InterlockedExchange(&cease, TRUE);
    for (i = HOMES; i < FIRST_WORKER; i++)
        join(callers[i].thread);
    SetEvent(homes_stop);
    for (i = 0; i < HOMES; i++)
        join(callers[i].thread);
    /* Workers, works and who is told use the bridges. */
    if (!eventually(packages_and_posts_are_gone, NULL)) {
        wrong("%ld packages and %ld posts are left", (long)packages_alive(), (long)posts_alive());
        return;
    }
    SiteBridgeSetTrace(NULL, NULL, 0);
    posts_destroy();
    for (i = 0; i < BRIDGES; i++)
        target_put(NULL, i, NULL);
    if (!eventually(services_are_gone, NULL))
        wrong("%ld services are left", (long)services_alive());
    assert_idle();
    if (sites_destroy())
        wrong("%s", "sites are left");
    CloseHandle(homes_stop);
    TlsFree(current);
}

static void every_answer_was_possible(void **state)
{
    (void)state;
    print_message("seed %u\n", run_seed);
    oracle_begin(run_seed);
    run_begin();
    watch(run_seconds);
    run_end();
    judged_print();
    posts_print();
    assert_int_equal(0, oracle_wrongs());
    assert_int_equal(0, targets_alive());
}

int main(int argc, char **argv)
{
    static Test tests[] = { TEST(every_answer_was_possible) };

    run_seed = GetTickCount() ^ GetCurrentProcessId() << 16;
    if (argc > 1)
        run_seconds = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        run_seed = (unsigned)strtoul(argv[2], NULL, 10);
    tests[0].seconds = run_seconds + 120;
    return RUN("schedules", tests);
}
