/* The library's threads are its own, are there for whoever waits, and are no more than that takes. */
#include "import.h"
#include "pool.h"
#include "raw.h"

#include <tlhelp32.h>

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

#define TIMED_OUT HRESULT_FROM_WIN32(ERROR_TIMEOUT)

static Scene scene;

static void release_bridge(void *context)
{
    (void)context;
    SiteBridgeRelease(scene.bridge);
}

static HRESULT CALLBACK count_work(IServiceProvider *site, void *context)
{
    (void)site;
    ++*(LONG *)context;
    return S_OK;
}

/* How many threads this process has. */
static LONG count_threads(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry;
    LONG count = 0;
    BOOL found;

    entry.dwSize = sizeof entry;
    for (found = Thread32First(snapshot, &entry); found; found = Thread32Next(snapshot, &entry))
        count += entry.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(snapshot);
    return count;
}

/*
 * What an STA gets of what was fetched ahead is a proxy of the MTA's. Wine makes calls into the MTA by threads of
 * the pool (test/platform: on_wine_a_call_into_the_mta_takes_a_thread_of_the_pool).
 */
static BOOL needs_the_pool(Kind kind)
{
    return kind == IN_STA && on_wine();
}

static void ask_everything_everywhere(SiteBridge *bridge, BOOL without_pool)
{
    int i;

    for (i = 0; i < KINDS; i++) {
        Everything everything = { 0 };

        everything.bridge = bridge;
        everything.not_fetched = without_pool && needs_the_pool(kinds[i]);
        thread_run(kinds[i], ask_everything, &everything);
        assert_everything_answered(&everything);
    }
}

/* A home that hangs */

enum { ABANDONERS = 8, ABANDONED = 1000, WAITERS = 100, IN_TURN = 50 };

static void abandon(void *context)
{
    Ask *question = context;
    int i;

    for (i = 0; i < ABANDONED / ABANDONERS; i++) {
        ask(question);
        if (question->hr != TIMED_OUT)
            break;
    }
}

static void abandon_many(void)
{
    Thread threads[ABANDONERS];
    Ask questions[ABANDONERS] = { 0 };
    int i;

    for (i = 0; i < ABANDONERS; i++) {
        questions[i].bridge = scene.bridge;
        questions[i].has_deadline = TRUE;
        questions[i].milliseconds = 1 + (DWORD)i % 4;
        thread_start(&threads[i], kinds[i % KINDS], abandon, &questions[i]);
    }
    for (i = 0; i < ABANDONERS; i++) {
        thread_join(&threads[i]);
        assert_hr(TIMED_OUT, questions[i].hr);
    }
}

static void a_home_that_hangs_takes_nothing_from_another(void **state)
{
    static Thread waiters[WAITERS];
    static Ask questions[WAITERS];
    static Scene another;
    Keeper keeper;
    DWORD abandoned;
    LONG before;
    int i;

    (void)state;
    scene_begin(&another, IN_STA);
    assert_hr(S_OK, home_prefetch(&another.home, another.bridge, &fetched_id, &IID_IServiceProvider));
    scene_begin(&scene, IN_STA);
    keeper_begin(&keeper, scene.bridge);
    scene.site.queries = 0;
    home_block(&scene.home);
    before = count_threads();
    abandon_many();
    abandoned = statistics_of(scene.bridge).calls_in_flight;
    print_message("%lu abandoned calls and %ld threads are left of %d\n", (unsigned long)abandoned,
                  (long)(count_threads() - before), ABANDONED);
    assert_in_range(abandoned, 1, ABANDONED / 10);
    assert_true(count_threads() - before < ABANDONED / 10);
    ZeroMemory(questions, sizeof questions);
    for (i = 0; i < WAITERS; i++) {
        questions[i].bridge = scene.bridge;
        thread_start(&waiters[i], IN_STA, ask, &questions[i]);
    }
    assert_calls(scene.bridge, abandoned + WAITERS);
    ask_everything_everywhere(another.bridge, FALSE);
    assert_int_equal(0, scene.site.queries);

    home_unblock(&scene.home);
    for (i = 0; i < WAITERS; i++) {
        thread_join(&waiters[i]);
        assert_answered(&questions[i]);
    }
    assert_calls(scene.bridge, 0);
    keeper_end(&keeper);
    assert_let_go(&scene.service);
    assert_in_range(scene.site.queries, WAITERS, WAITERS + abandoned);
    SiteBridgeRelease(another.bridge);
    home_stop(&another.home);
    scene_end(&scene);
}

/* Those that have a deadline wait for those that were abandoned before them, while home hangs and no longer. */
static void once_home_answers_every_call_has_its_turn(void **state)
{
    static Thread threads[IN_TURN];
    static Ask questions[IN_TURN];
    Keeper keeper;
    DWORD abandoned;
    int i;

    (void)state;
    scene_begin(&scene, IN_STA);
    keeper_begin(&keeper, scene.bridge);
    home_block(&scene.home);
    abandon_many();
    abandoned = statistics_of(scene.bridge).calls_in_flight;
    ZeroMemory(questions, sizeof questions);
    for (i = 0; i < IN_TURN; i++) {
        questions[i].bridge = scene.bridge;
        questions[i].has_deadline = TRUE;
        questions[i].milliseconds = PATIENCE / 2;
        thread_start(&threads[i], kinds[i % KINDS], ask, &questions[i]);
    }
    assert_calls(scene.bridge, abandoned + IN_TURN);
    home_unblock(&scene.home);
    for (i = 0; i < IN_TURN; i++) {
        thread_join(&threads[i]);
        assert_answered(&questions[i]);
    }
    assert_calls(scene.bridge, 0);
    keeper_end(&keeper);
    scene_end(&scene);
}

static HANDLE freed;

/* The site: one pair frees those who asked for another, and whose calls are waiting here, one inside the other. */
static HRESULT wait_until_freed(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    if (IsEqualGUID(rsid, &fetched_id))
        SetEvent(freed);
    while (MsgWaitForMultipleObjectsEx(1, &freed, PATIENCE, QS_ALLINPUT, MWMO_INPUTAVAILABLE) ==
           WAIT_OBJECT_0 + 1)
        pump();
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

/* Home waits for just that call. */
static void who_waits_does_not_stand_behind_what_was_abandoned(void **state)
{
    Ask question = { 0 };
    Keeper keeper;

    (void)state;
    freed = CreateEventW(NULL, TRUE, FALSE, NULL);
    scene_begin(&scene, IN_STA);
    keeper_begin(&keeper, scene.bridge);
    scene.site.query = wait_until_freed;
    abandon_many();
    assert_true(statistics_of(scene.bridge).calls_in_flight > 0);
    question.bridge = scene.bridge;
    question.service = &fetched_id;
    thread_run(IN_STA, ask, &question);
    assert_true(question.answered);
    assert_hr(S_OK, question.hr);
    assert_calls(scene.bridge, 0);
    keeper_end(&keeper);
    scene_end(&scene);
    CloseHandle(freed);
}

/* The library's one thread is at home, and there is no other to be had. */

typedef HANDLE (WINAPI *CreateThreadFunction)(SECURITY_ATTRIBUTES *, SIZE_T, LPTHREAD_START_ROUTINE, void *, DWORD,
                                              DWORD *);
static CreateThreadFunction create_thread;
static DWORD tester;            /* starts those that call */
static HANDLE asked;

static HRESULT ask_until_freed(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    SetEvent(asked);
    return wait_until_freed(host, rsid, riid, ppv);
}

static HANDLE WINAPI no_thread(SECURITY_ATTRIBUTES *security, SIZE_T stack, LPTHREAD_START_ROUTINE start,
                               void *parameter, DWORD flags, DWORD *id)
{
    return GetCurrentThreadId() == tester ? create_thread(security, stack, start, parameter, flags, id) : NULL;
}

static void release_other(void *context)
{
    SiteBridgeRelease(context);
}

static void without_another_thread_a_call_fails_and_an_end_waits_for_one(void **state)
{
    Ask first = { 0 }, second = { 0 };
    HMODULE library = import_source("SiteBridgeCreate");
    SiteBridge *other;
    Thread caller;
    Host next;

    (void)state;
    asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    freed = CreateEventW(NULL, TRUE, FALSE, NULL);
    scene_begin(&scene, IN_STA);
    host_init(&next, scene.home.id);
    assert_hr(S_OK, SiteBridgeCreate(&other));
    assert_hr(S_OK, home_set_site(&scene.home, other, &next));
    scene.site.query = ask_until_freed;
    first.bridge = second.bridge = scene.bridge;
    thread_start(&caller, IN_STA, ask, &first);
    wait_for(asked, "the first call");
    tester = GetCurrentThreadId();
    create_thread = (CreateThreadFunction)import_patch(library, NULL, "CreateThread", (ImportedFunction)no_thread);
    thread_run(IN_STA, ask, &second);
    thread_run(IN_MTA, release_other, other);
    import_patch(library, NULL, "CreateThread", (ImportedFunction)create_thread);
    assert_true(second.answered);
    assert_hr(E_OUTOFMEMORY, second.hr);
    assert_int_equal(2, host_refs(&next));
    SetEvent(freed);
    thread_join(&caller);
    assert_answered(&first);
    scene_end(&scene);
    assert_int_equal(1, host_refs(&next));
    CloseHandle(asked);
    CloseHandle(freed);
}

/* Mixed load */

/*
 * SLACK: what is abandoned is limited for each home, and whoever is let in below the limit may pass it. FEW: the
 * program's own threads, and COM's.
 */
enum { LOADERS = 9, ROUNDS = 40, SLACK = 2 * LOADERS, FEW = 12 };

static volatile LONG cease, load_wrong;
static HANDLE round_over;

/* Most of these are abandoned while a home hangs: as many as can be. */
static void load(void *context)
{
    Ask question = { 0 };
    LONG i, works = 0, invoked = 0;
    Scene *scenes = context;

    for (i = 0; !cease; i++) {
        question.bridge = scenes[i % 2].bridge;
        question.has_deadline = i % 64 != 0;
        question.milliseconds = (DWORD)i % 4;
        ask(&question);
        if (!question.answered || (question.hr != S_OK && question.hr != TIMED_OUT))
            InterlockedIncrement(&load_wrong);
        if (i % 64 == 32 && SiteBridgeInvoke(scenes[i % 2].bridge, count_work, &works) == S_OK)
            invoked++;
    }
    if (works != invoked)
        InterlockedIncrement(&load_wrong);
}

/* Both homes hang for some milliseconds, and dispatch for some; the threads are counted while they hang. */
static LONG load_round(Scene *scenes)
{
    LONG count;
    int i;

    for (i = 0; i < 2; i++)
        home_block(&scenes[i].home);
    WaitForSingleObject(round_over, 60);
    count = count_threads();
    for (i = 0; i < 2; i++)
        home_unblock(&scenes[i].home);
    WaitForSingleObject(round_over, 60);
    return count;
}

static BOOL threads_are_few(void *context)
{
    (void)context;
    return count_threads() <= FEW;
}

static void the_number_of_threads_is_level(void **state)
{
    static Scene scenes[2];
    Keeper keepers[2];
    Thread loaders[LOADERS];
    LONG early = 0, late = 0, count;
    int i;

    (void)state;
    assert_true(eventually(threads_are_few, NULL));
    round_over = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (i = 0; i < 2; i++) {
        scene_begin(&scenes[i], IN_STA);
        keeper_begin(&keepers[i], scenes[i].bridge);
    }
    cease = load_wrong = 0;
    for (i = 0; i < LOADERS; i++)
        thread_start(&loaders[i], kinds[i % KINDS], load, scenes);
    for (i = 0; i < ROUNDS; i++) {
        count = load_round(scenes);
        if (i < ROUNDS / 2 && count > early)
            early = count;
        if (i >= ROUNDS / 2 && count > late)
            late = count;
    }
    InterlockedExchange(&cease, 1);
    for (i = 0; i < LOADERS; i++)
        thread_join(&loaders[i]);
    print_message("at most %ld threads early, and %ld late\n", (long)early, (long)late);
    for (i = 0; i < 2; i++)
        keeper_end(&keepers[i]);
    assert_int_equal(0, load_wrong);
    assert_true(late <= early + SLACK);
    SiteBridgeRelease(scenes[1].bridge);
    home_stop(&scenes[1].home);
    scene_end(&scenes[0]);
    assert_true(eventually(threads_are_few, NULL));
    CloseHandle(round_over);
}

/* The process's pool */

static void CALLBACK note_waiting(const SiteBridgeTraceRecord *record, void *context)
{
    if (record->event == SITEBRIDGE_TRACE_CALL_WAITING)
        ReleaseSemaphore(context, 1, NULL);
}

/* From the site to the last release, which comes off home, and the end of the library's threads. */
static void use_everything(void)
{
    int i;

    for (i = 0; i < KINDS; i++) {
        scene_begin(&scene, IN_STA);
        assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
        ask_everything_everywhere(scene.bridge, TRUE);
        assert_int_equal(0, scene.site.wrong_threads);
        thread_run(kinds[i], release_bridge, NULL);
        assert_idle();
        assert_int_equal(1, host_refs(&scene.site));
        assert_int_equal(1, host_refs(&scene.service));
        home_stop(&scene.home);
    }
}

typedef struct PoolCall {
    Everything everything;
    HANDLE done;
} PoolCall;

static void CALLBACK ask_from_the_pool(PTP_CALLBACK_INSTANCE instance, void *context)
{
    PoolCall *call = context;

    (void)instance;
    ask_everything(&call->everything);
    SetEvent(call->done);
}

static void with_the_pools_threads_left_in_an_sta_every_call_works(void **state)
{
    PoolCall call = { 0 };

    (void)state;
    pool_leave_in_sta();
    use_everything();
    scene_begin(&scene, IN_STA);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    call.done = CreateEventW(NULL, TRUE, FALSE, NULL);
    call.everything.bridge = scene.bridge;
    call.everything.not_fetched = needs_the_pool(IN_STA);
    assert_true(TrySubmitThreadpoolCallback(ask_from_the_pool, &call, NULL));
    wait_for(call.done, "a thread of the pool");
    assert_everything_answered(&call.everything);
    CloseHandle(call.done);
    scene_end(&scene);
}

static void with_the_process_pool_full_every_call_works(void **state)
{
    (void)state;
    pool_fill();
    use_everything();
    pool_empty();
}

static void calls_that_wait_are_reported_without_the_pool(void **state)
{
    HANDLE reports = CreateSemaphoreW(NULL, 0, KINDS, NULL);
    Thread threads[KINDS];
    Ask questions[KINDS] = { 0 };
    int i;

    (void)state;
    pool_fill();
    scene_begin(&scene, IN_STA);
    assert_hr(S_OK, SiteBridgeSetTrace(note_waiting, reports, 1));
    home_block(&scene.home);
    for (i = 0; i < KINDS; i++) {
        questions[i].bridge = scene.bridge;
        thread_start(&threads[i], kinds[i], ask, &questions[i]);
    }
    for (i = 0; i < KINDS; i++)
        wait_for(reports, "a report");
    home_unblock(&scene.home);
    for (i = 0; i < KINDS; i++) {
        thread_join(&threads[i]);
        assert_answered(&questions[i]);
    }
    assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
    scene_end(&scene);
    pool_empty();
    CloseHandle(reports);
}

typedef struct Works {
    LONG done;
    HRESULT hr;
} Works;

static void invoke_here(void *context)
{
    Works *works = context;

    works->hr = SiteBridgeInvoke(scene.bridge, count_work, &works->done);
}

/* The answers would be proxies of the MTA's again. */
static void nor_does_a_home_that_is_the_mta_need_the_pool(void **state)
{
    Ask question = { 0 };
    Works works = { 0, E_PENDING };

    (void)state;
    pool_fill();
    scene_begin(&scene, IN_MTA);
    scene.site.result = E_ABORT;
    question.bridge = scene.bridge;
    thread_run(IN_STA, ask, &question);
    assert_hr(E_ABORT, question.hr);
    thread_run(IN_STA, invoke_here, &works);
    assert_hr(S_OK, works.hr);
    assert_int_equal(1, works.done);
    scene_end(&scene);
    pool_empty();
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_home_that_hangs_takes_nothing_from_another),
        TEST(once_home_answers_every_call_has_its_turn),
        TEST(who_waits_does_not_stand_behind_what_was_abandoned),
        TEST(without_another_thread_a_call_fails_and_an_end_waits_for_one),
        TEST(the_number_of_threads_is_level),
        /* The pool's threads stay for a while: those of the full one come last. */
        TEST(with_the_pools_threads_left_in_an_sta_every_call_works),
        TEST(with_the_process_pool_full_every_call_works),
        TEST(nor_does_a_home_that_is_the_mta_need_the_pool),
        TEST(calls_that_wait_are_reported_without_the_pool),
    };

    return RUN("threads", tests);
}
