/*
 * What the tests have in common: a host's site that counts, a home thread that does what it is told,
 * background threads of each kind, and a watchdog. Every wait is bounded and says what hung.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>
#include <ole2.h>
#include <servprov.h>

#include <sitebridge/sitebridge.h>

#ifdef __cplusplus
extern "C" {
#endif

#include <cmocka.h>

/* An object with the interface's vtable, and nothing more: in C++ an interface is a class that has none. */
#ifdef __cplusplus
#define BARE(Interface) struct { void *vtable; }
#else
#define BARE(Interface) Interface
#endif

enum { PATIENCE = 20000 };  /* of one wait, in milliseconds */

#define assert_hr(expected, hr) assert_int_equal((uint32_t)(expected), (uint32_t)(hr))
#define assert_failed(hr) assert_true(FAILED(hr))

/*
 * Runs tests each under a watchdog, which ends the process with the name of what hung, and fails those
 * that leave something behind: see ledger.h, and the references on hosts. The first argument of RUN is
 * the group's name.
 */
typedef struct Test {
    const char *name;
    void (*run)(void **state);
    DWORD seconds;                      /* it may take, instead of 60 */
} Test;
#define TEST(function) { #function, function, 0 }
int run_group(const char *group, const Test *tests, size_t count);
#define RUN(group, tests) run_group(group, tests, sizeof tests / sizeof tests[0])

/* For a test that shows what the system itself loses: leaves this one's accounts open. */
void accounts_excuse(void);

/*
 * A host's object: an IServiceProvider which counts its references, and remembers who called. It is
 * static; a count of 1 is the test's own.
 */
typedef struct Host Host;
struct Host {
    BARE(IServiceProvider) provider;
    volatile LONG refs;
    volatile LONG queries;
    volatile LONG wrong_threads;        /* calls, AddRefs and Releases that came from elsewhere */
    volatile DWORD last_thread;
    DWORD thread;                       /* where calls may come from; 0: anywhere */
    BOOL agile;                         /* answers IAgileObject */
    IUnknown *marshaler;                /* answers IMarshal; NULL: none */
    Host *service;                      /* what QueryService gives; NULL: this object */
    HRESULT result;                     /* S_OK, or what QueryService returns with NULL */
    /* Instead of the above, where it is set. */
    HRESULT (*query)(Host *host, REFGUID rsid, REFIID riid, void **ppv);
    void *context;                      /* query's */
};
void host_init(Host *host, DWORD thread);
IServiceProvider *host_site(Host *host);
LONG host_refs(Host *host);

/*
 * Waits until nobody but the test has a reference on it: what an STA was given as a service, the library lets go of
 * when that has it, and may be a moment late.
 */
void assert_let_go(Host *host);

/* Over all hosts: references that have been added and not released. */
LONG host_references(void);

/* How often home_vanish and home_kill have been called, which may lose references. */
LONG hosts_lost(void);

/* Waits until the condition is true, dispatching on an STA; FALSE where it never was. */
BOOL eventually(BOOL (*condition)(void *context), void *context);

/* Dispatches on the calling STA for as long as there is something. */
void pump(void);

/* Waits for handle while dispatching everything; fails the test, naming what, when it takes too long. */
void pump_until(HANDLE handle, const char *what);
void wait_for(HANDLE handle, const char *what);

/* A thread in an apartment of some kind. */
typedef enum Kind { IN_NONE, IN_MTA, IN_STA } Kind;
typedef void (*Work)(void *context);
typedef struct Thread {
    HANDLE handle;
    DWORD id;
    Kind kind;
    Work work;
    void *context;
} Thread;
void thread_start(Thread *thread, Kind kind, Work work, void *context);
void thread_join(Thread *thread);                       /* plain wait */
void thread_join_pumping(Thread *thread);               /* dispatches on the calling STA */
void thread_run(Kind kind, Work work, void *context);   /* start and join pumping */

/*
 * A home: an STA (or MTA) thread that dispatches, and runs what it is given. home_run waits plainly for
 * it. While it is blocked it does not dispatch.
 */
typedef struct Home {
    HANDLE thread, wake, done, release, blocked;
    DWORD id;
    Kind kind;
    Work work, next;
    void *context, *next_context;
    BOOL quit, uninitialize;
} Home;
void home_start(Home *home, Kind kind);
void home_run(Home *home, Work work, void *context);
void home_begin(Home *home, Work work, void *context);  /* home_run in two halves */
void home_finish(Home *home);
void home_block(Home *home);
void home_block_before(Home *home, Work next, void *context);   /* unblocked, it does next before it dispatches */
void home_unblock(Home *home);
void home_let_end(Home *home);          /* blocked, it goes on to its end at once: home_stop waits for that */
void home_stop(Home *home);             /* its last CoUninitialize, then its end */
void home_vanish(Home *home);           /* its end, without CoUninitialize */
void home_kill(Home *home);             /* the same of a blocked one, and nobody is told: its thread is terminated */

/* The common cases of home_run, with their results. */
HRESULT home_set_site(Home *home, SiteBridge *bridge, Host *host);
HRESULT home_prefetch(Home *home, SiteBridge *bridge, REFGUID rsid, REFIID riid);

/*
 * A query for the given thread to make: asks, uses what came back, and releases it unless it is to be
 * kept. The site answers with an IServiceProvider that answers in turn.
 */
typedef struct Ask {
    SiteBridge *bridge;
    BOOL keep;
    BOOL has_deadline;
    DWORD milliseconds;
    HRESULT hr;
    HRESULT used;           /* E_PENDING where nothing came back */
    IServiceProvider *object;
    BOOL answered;          /* by an interface for a success, and NULL for a failure */
    const GUID *service;    /* NULL: one of the harness's own */
} Ask;
void ask(void *context);
void assert_answered(const Ask *question);

BOOL on_wine(void);

/* What most tests begin with: a home, its site, which gives out a service, and a bridge that has the site. */
typedef struct Scene {
    Home home;
    Host site, service;
    SiteBridge *bridge;
} Scene;
void scene_begin(Scene *scene, Kind kind);
void scene_begin_home(Scene *scene, Kind kind);     /* without a bridge */
void scene_end(Scene *scene);       /* the bridge goes, home ends, and nothing is left of either */
void scene_end_home(Scene *scene);  /* the same, where the bridge has gone already */

/* An object of an STA's, for another apartment to call. */
typedef struct Listener {
    Host host;
    IStream *packet;
    IServiceProvider *proxy;            /* its caller's */
    HRESULT hr;                         /* of the last that was done with it */
} Listener;
void listener_marshal(void *context);   /* in its STA */
void listener_unmarshal(void *context); /* these two by its caller */
void listener_release(void *context);

/* A Host's query, with a listener for its context: calls that, once, and then gives what it always does. */
HRESULT query_after_calling_listener(Host *host, REFGUID rsid, REFIID riid, void **ppv);

/*
 * A hook of somebody else's, which does something when its thread's apartment is about to end, and when it
 * has ended. Either may be NULL.
 */
typedef struct EndHook {
    BARE(IInitializeSpy) spy;
    ULARGE_INTEGER cookie;
    Work before, after;
    void *context;
} EndHook;
HRESULT end_hook_put_on(EndHook *hook, Work before, Work after, void *context);
void end_hook_take_off(EndHook *hook);

/* A message filter, which lets a home's calls in or not, and notes them. */
typedef struct Filter {
    BARE(IMessageFilter) filter;
    DWORD answer;                       /* a SERVERCALL */
    volatile LONG calls;
    volatile LONG first_type;           /* the first one's CALLTYPE, or -1 */
} Filter;
void filter_put_on(Filter *filter, Home *home, DWORD answer);
void filter_take_off(Home *home);

/*
 * One of each background call, for the given thread to make. fetched_id is to have been fetched ahead, unless
 * it is not to be asked for.
 */
extern const GUID fetched_id;
typedef struct Everything {
    SiteBridge *bridge;
    BOOL not_fetched;
    Ask query, within, fetched;
    HRESULT invoked;
    DWORD invoked_on;
} Everything;
void ask_everything(void *context);
void assert_everything_answered(const Everything *everything);

/*
 * Keeps one answer of the bridge in the MTA, for tests whose threads ask there at the same time: Wine 8.0
 * may hand one of them a proxy that another is just releasing for the last time, and crash, without the
 * library as well.
 */
typedef struct Keeper {
    Home mta;
    Ask kept;
} Keeper;
void keeper_begin(Keeper *keeper, SiteBridge *bridge);
void keeper_end(Keeper *keeper);

/*
 * Threads of each kind ask everything, one after the other: that they are answered, by site on its own thread,
 * and that they are not.
 */
void assert_everybody_is_answered(SiteBridge *bridge, const Host *site, BOOL fetched);
void assert_nobody_is_answered(SiteBridge *bridge);

/* Waits until the bridge has so many proxies, or calls in flight, dispatching on an STA. */
void assert_proxies(SiteBridge *bridge, DWORD count);
void assert_calls(SiteBridge *bridge, DWORD count);

SiteBridgeStatistics statistics_of(SiteBridge *bridge);

/* Threads of each kind, which ask at the same time. */
enum { CALLERS = 6 };
typedef struct Callers {
    Thread threads[CALLERS];
    Ask questions[CALLERS];
} Callers;
void callers_start(Callers *callers, SiteBridge *bridge);  /* waits until they are on their way to a blocked home */
void callers_join(Callers *callers);

/* The library has nothing left: waits, since proxies are released behind the caller's back. */
void assert_idle(void);

#ifdef __cplusplus
}
#endif

#endif
