/*
 * The parts of the program of random schedules: who calls, what is called, and the hosts' objects behind it.
 *
 *   schedules.c       the threads, and the run
 *   asking.c          what every thread does, and whether each answer was possible
 *   posting.c         what is posted, and what becomes of it
 *   siting.c          sites given and taken, and apartments that end
 *   packages.c        packages, and the ways in which they are closed
 *   package_calls.c   what every thread does with them, and their own threads
 *   objects.c         the hosts' sites and services
 */
#ifndef TEST_STRESS_SCHEDULES_H
#define TEST_STRESS_SCHEDULES_H

#include "hold.h"
#include "oracle.h"

#include <ocidl.h>

#include <sitebridge/package.h>

enum {
    HOMES = 3,              /* an STA, an STA that ends and begins again, a thread of the MTA */
    ENDING_HOME = 1,
    MTA_HOME = 2,
    BACKGROUND = 12,
    WORKERS = 8,            /* of packages */
    GUESTS = 6,             /* threads of the library's, in what was posted and in who is told */
    FIRST_WORKER = HOMES + BACKGROUND,
    FIRST_GUEST = FIRST_WORKER + WORKERS,
    ALL_CALLERS = FIRST_GUEST + GUESTS,
    BRIDGES = 4,
    TARGETS = BRIDGES + HOMES,  /* the last are the homes' packages */
    REMEMBERED = 64         /* of a caller's questions and functions */
};

/* What was posted to a target. Its works run in places: each STA that is a home, and the MTA. */
typedef struct Posts {
    volatile LONG inside[HOMES], telling;       /* how many are */
    volatile LONG begun[HOMES][ALL_CALLERS];    /* each caller's last there */
    Moment told[HOMES];                         /* when the last that was told had begun */
} Posts;

/* What is called: a bridge, alone or a package's. */
typedef struct Package Package;
typedef struct Target {
    volatile LONG refs;
    SiteBridge *bridge;
    Package *package;       /* NULL: a bridge alone */
    Register site;          /* the identity of its site; 0: it has none */
    Register fetched;       /* the identity of what was fetched ahead; 0: nothing */
    Posts posts;
} Target;

/* A function that home is to run. */
typedef struct Invocation {
    Target *target;
    volatile LONG runs, over;
    LONG identity;          /* of the site it was given */
    HRESULT result;
} Invocation;

/* A question to a site, which knows it by its number. */
typedef struct Asked {
    volatile LONG number, times, over;
} Asked;

/* Who calls: a thread, with a place of its own. */
typedef struct Caller {
    Actor actor;
    int number;
    HANDLE thread;
    Kind kind;
    int depth;              /* of calls that it is executing for others, or that a site of its own is in */
    BOOL ending;            /* its apartment's last CoUninitialize is under way */
    BOOL idle;              /* home's, while it dispatches between its steps */
    Hold hold;              /* these two are a home's in an STA */
    Host host;
    LONG fetching;          /* the identity that the next service is to have, or 0 */
    LONG questions, functions, posts;
    Asked asked[REMEMBERED];
    Invocation invocations[REMEMBERED];
    Package *works_for;     /* NULL: it is none of a package's workers */
    Package *closes;        /* home's, while its Close is at work there */
    volatile LONG taken;    /* a worker's place, or a guest's */
} Caller;

extern Caller callers[ALL_CALLERS];

/* The calling thread's, or NULL. */
Caller *caller_current(void);
void caller_enter(Caller *caller);      /* as the calling thread; NULL: it is none any more */
BOOL caller_is_home(const Caller *caller);
BOOL caller_is_sta_home(const Caller *caller);
BOOL caller_is_guest(const Caller *caller);

/* A place that nobody has, of those from first on; NULL: there is none. */
Caller *caller_find(int first, int count);
void caller_free(Caller *caller);

/* The calling thread of the library's as a caller; NULL: there is no place. */
Caller *guest_enter(void);
void guest_leave(Caller *guest);

/* Set when homes are to end. */
extern HANDLE homes_stop;

/* Targets. One that was taken has a reference on its bridge, and on its package. */
Target *target_create(SiteBridge *bridge, Package *package);
Target *target_take(Caller *caller);    /* any */
Target *target_take_from(int slot);     /* NULL: none there */
Target *target_take_again(Caller *caller, const Target *target);    /* another, where it has been replaced */
void target_let_go(Caller *caller, Target *target);
void target_put(Caller *caller, int slot, Target *target);  /* in place of what is there; takes it over */
void target_addref(Target *target);     /* these two keep its memory alone */
void target_release(Target *target);
LONG targets_alive(void);

/* The hosts' objects (objects.c) */

typedef enum Nature { PLAIN, AGILE, FREE_THREADED, NATURES } Nature;

/*
 * A site, which is used for one siting, or a service, of which there is a new one for each question. Asked
 * who it is, it fails with its identity: a service has its site's, unless it was fetched ahead.
 */
typedef struct Object {
    IServiceProvider provider;
    volatile LONG refs;
    Nature nature;
    DWORD thread;           /* whose STA it is of; 0: the MTA's */
    LONG identity;
    IUnknown *marshaler;    /* a free-threaded one's */
    struct Site *site;      /* that it is a service of, or that it is */
} Object;

/* What a site is asked for. PLAIN and AGILE services are proxies where they are not at home. */
typedef enum Wanted { WHO = 1, WANTED_PLAIN, WANTED_AGILE, WANTED_FREE_THREADED, FETCHED } Wanted;
Asked *question_make(Caller *caller, Wanted wanted, BOOL has_deadline, GUID *service);
extern const GUID fetched_question;

/* An answer's identity, or 0. The first is for a failure, the second asks. */
LONG identity_from(HRESULT hr);
LONG identity_of(IServiceProvider *object);

typedef struct Site {
    Object object;          /* keeps its memory until the end of the run */
    Target *target;         /* counted until the site is gone, and for comparing from then on */
    Caller *by;             /* whose apartment's end is the site's, until then */
    DWORD home;             /* the thread, or 0 for the MTA */
    BOOL retired;           /* it has been taken away, by its home */
    volatile LONG gone;     /* nobody has a reference any more */
    struct Site *next;
} Site;

Site *site_create(Caller *home, Target *target, Nature nature);
IServiceProvider *site_provider(Site *site);
Site *site_with(LONG identity);         /* its own, or a fetched service's of it */
void site_is_called(const Site *site);  /* on home */
LONG identity_reserve(void);            /* for what will be fetched */
LONG services_alive(void);
LONG sites_destroy(void);               /* how many were still in use */

/* Whether the calling thread is in this home: the thread, or 0 for the MTA. */
BOOL is_in(DWORD home);

/* In the midst of a call of target's site, or of a function: the thread may do something else first. */
void caller_interlude(const Target *target);

/* What every thread does (asking.c) */

void ask_something(Caller *caller, Target *target);
void query(Caller *caller, Target *target);
void invoke(Caller *caller, Target *target);

/* Whether no site was possible, where a call that began at since says so. */
void judge_refusal(Target *target, Moment since, const char *what);
void judge_answer(const Caller *caller, Target *target, Moment since, LONG identity, const char *what);
void judged_print(void);

/* The hosts' services that are proxies: between these two, homes do not end. FALSE while one does. */
BOOL services_begin(void);
void services_end(void);
void services_shut_out(Caller *home);   /* home dispatches until nobody uses one */
void services_let_in(void);

/* What is posted (posting.c) */

void post(Caller *caller, Target *target);
LONG posts_alive(void);
void posts_destroy(void);
void posts_print(void);

/* Sites (siting.c) */

void change_site(Caller *caller, Target *target);
void fetch_ahead(Caller *caller, Target *target);
void get_site(Caller *caller, Target *target);

/* Notes that home has given target a site, and what becomes of those it had. */
void site_keep(Caller *home, Site *site);
void sites_retire(Caller *home, const Target *target, const Site *except);
void sites_look_after(Caller *home);    /* those that were taken away are to have been released */

void apartment_enter(Caller *caller);
void apartment_leave(Caller *caller);

/* Packages (packages.c, package_calls.c) */

struct Package {
    IVsPackage *object;     /* counted by whoever takes the target */
    Target *target;         /* counted until it is destroyed */
    Caller *home;
    Site *site;
    const struct Closing *closing;
    BOOL closed_by_workers; /* who are refused */
    Thread beside;          /* closes it as well */
    Change *siting, *unsiting;
    volatile LONG promised, begun, at_work; /* workers, and threads in `initialize` */
    volatile LONG stopping; /* its closing has begun, or may have */
    volatile LONG closed, closings, destroyed;
    volatile LONG home_ended;   /* while it was sited */
};

/* Home's next step with its package, and the package's end. */
void package_step(Caller *home);
void package_end(Caller *home);
LONG packages_alive(void);

/* Any thread's. */
void package_call(Caller *caller, Target *target);
HRESULT package_query(Package *package, REFGUID service, REFIID iid, void **object);

void close_again(Package *package);     /* in a call that its Close dispatches */
void run_in_background(Package *package);
void at_work_begin(Package *package);
void at_work_end(Package *package);

#endif
