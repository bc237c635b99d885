/* What is posted runs on home, once and in order, or its end is told all the same: SiteBridgePost, by sentences. */
#define Home LibrarysHome     /* the harness has one, too */
#include "bridge/bridge.h"
#undef Home
#include "harness.h"

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0], FEW = 40, MANY = 3000, VERY_MANY = 100000 };

static Scene scene;
static volatile LONG moments;       /* counts what happens to items */
static volatile LONG inside, telling;

/* Something that is posted, and what has become of it. Moments are 0 for what has not happened. */
typedef struct Item {
    HRESULT result;                 /* work's */
    Work act, act_when_told;        /* with the item; may be NULL */
    SiteBridge *bridge;             /* which it is posted to */
    struct Item *next;              /* for act */
    HRESULT posted;
    LONG ran, told;
    DWORD ran_on, told_on;
    HRESULT end;
    IServiceProvider *site;
    BOOL nested;                    /* it began inside another */
    BOOL ran_at_once;               /* before its post had returned */
    BOOL told_beside_another, told_in_mta;
    HANDLE was_told, may_go_on;
} Item;

static LONG moment(void)
{
    return InterlockedIncrement(&moments);
}

static BOOL in_mta(void)
{
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && type == APTTYPE_MTA;
}

static HRESULT CALLBACK item_work(IServiceProvider *site, void *context)
{
    Item *item = context;

    item->nested = InterlockedIncrement(&inside) != 1;
    item->ran_on = GetCurrentThreadId();
    item->site = site;
    item->ran = item->ran ? -1 : moment();
    if (item->act)
        item->act(item);
    InterlockedDecrement(&inside);
    return item->result;
}

static void CALLBACK item_done(HRESULT result, void *context)
{
    Item *item = context;

    item->told_beside_another = InterlockedIncrement(&telling) != 1;
    item->told_in_mta = in_mta();
    item->told_on = GetCurrentThreadId();
    item->end = result;
    if (item->act_when_told)
        item->act_when_told(item);
    InterlockedDecrement(&telling);
    item->told = item->told ? -1 : moment();
    SetEvent(item->was_told);
}

static void item_init(Item *item)
{
    ZeroMemory(item, sizeof *item);
    item->bridge = scene.bridge;
    item->was_told = CreateEventW(NULL, TRUE, FALSE, NULL);
    item->may_go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
}

static void item_end(Item *item)
{
    CloseHandle(item->was_told);
    CloseHandle(item->may_go_on);
}

static void item_post(void *context)
{
    Item *item = context;

    item->posted = SiteBridgePost(item->bridge, item_work, item_done, item);
    item->ran_at_once = item->ran != 0;
}

static void item_wait(Item *item)
{
    wait_for(item->was_told, "a posted work");
}

/* It ran once, was told once and after that, as it should be. */
static void assert_item_ran(const Item *item)
{
    assert_hr(S_OK, item->posted);
    assert_true(item->ran > 0);
    assert_true(item->told > item->ran);
    assert_hr(item->result, item->end);
    assert_false(item->nested);
    assert_false(item->told_beside_another);
    assert_true(item->told_in_mta);
    assert_int_not_equal(item->ran_on, item->told_on);
}

static void assert_item_was_dropped(const Item *item)
{
    assert_hr(S_OK, item->posted);
    assert_int_equal(0, item->ran);
    assert_true(item->told > 0);
    assert_hr(E_UNEXPECTED, item->end);
    assert_true(item->told_in_mta);
}

static void begin(Kind kind)
{
    moments = inside = telling = 0;
    scene_begin(&scene, kind);
}

static void end(void)
{
    scene_end(&scene);
}

static void items_init(Item *items, int count)
{
    int i;

    for (i = 0; i < count; i++)
        item_init(&items[i]);
}

static void items_end(Item *items, int count)
{
    int i;

    for (i = 0; i < count; i++)
        item_end(&items[i]);
}

typedef struct Batch {
    Item *items;
    int count;
} Batch;

static void batch_post(void *context)
{
    const Batch *batch = context;
    int i;

    for (i = 0; i < batch->count; i++)
        item_post(&batch->items[i]);
}

static void items_post(Item *items, int count, Kind kind)
{
    Batch batch = { items, count };

    thread_run(kind, batch_post, &batch);
}

/* Where, and in what order */

static void a_posted_work_runs_on_home_and_its_end_is_told(void **state)
{
    static const HRESULT results[] = { S_OK, S_FALSE, E_FAIL, RPC_E_CALL_REJECTED };
    size_t i;
    Item item;

    (void)state;
    begin(IN_STA);
    for (i = 0; i < 4 * KINDS; i++) {
        item_init(&item);
        item.result = results[i / KINDS];
        thread_run(kinds[i % KINDS], item_post, &item);
        item_wait(&item);
        assert_item_ran(&item);
        assert_int_equal(scene.home.id, item.ran_on);
        assert_ptr_equal(host_site(&scene.site), item.site);
        item_end(&item);
    }
    end();
}

static void home_posts_too_and_it_runs_when_home_dispatches(void **state)
{
    Item items[FEW];
    int i;

    (void)state;
    begin(IN_STA);
    items_init(items, FEW);
    home_block_before(&scene.home, batch_post, &(Batch){ items, FEW });
    home_unblock(&scene.home);
    for (i = 0; i < FEW; i++)
        item_wait(&items[i]);
    for (i = 0; i < FEW; i++)
        assert_item_ran(&items[i]);
    items_end(items, FEW);
    end();
}

static void nothing_runs_before_home_dispatches(void **state)
{
    Item from_home, from_elsewhere;

    (void)state;
    begin(IN_STA);
    item_init(&from_home);
    item_init(&from_elsewhere);
    home_run(&scene.home, item_post, &from_home);
    item_wait(&from_home);
    assert_false(from_home.ran_at_once);
    home_block(&scene.home);
    thread_run(IN_MTA, item_post, &from_elsewhere);
    assert_hr(S_OK, from_elsewhere.posted);
    assert_int_equal(0, from_elsewhere.ran);
    home_unblock(&scene.home);
    item_wait(&from_elsewhere);
    assert_item_ran(&from_home);
    assert_item_ran(&from_elsewhere);
    item_end(&from_home);
    item_end(&from_elsewhere);
    end();
}

static void assert_in_order(const Item *items, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        assert_item_ran(&items[i]);
        assert_true(i == 0 || items[i].ran > items[i - 1].ran);
        assert_true(i == 0 || items[i].told > items[i - 1].told);
    }
}

static void the_works_of_one_thread_run_and_are_told_in_their_order(void **state)
{
    static Item items[KINDS][MANY];
    Batch batches[KINDS];
    Thread threads[KINDS];
    size_t i;

    (void)state;
    begin(IN_STA);
    for (i = 0; i < KINDS; i++) {
        items_init(items[i], MANY);
        batches[i] = (Batch){ items[i], MANY };
        thread_start(&threads[i], kinds[i], batch_post, &batches[i]);
    }
    for (i = 0; i < KINDS; i++)
        thread_join(&threads[i]);
    for (i = 0; i < KINDS; i++) {
        item_wait(&items[i][MANY - 1]);
        assert_in_order(items[i], MANY);
        items_end(items[i], MANY);
    }
    end();
}

static void many_works_take_few_calls(void **state)
{
    static Item items[MANY];
    Filter filter;

    (void)state;
    begin(IN_STA);
    items_init(items, MANY);
    filter_put_on(&filter, &scene.home, SERVERCALL_ISHANDLED);
    home_block(&scene.home);
    items_post(items, MANY, IN_MTA);
    home_unblock(&scene.home);
    item_wait(&items[MANY - 1]);
    assert_in_order(items, MANY);
    assert_true(filter.calls < MANY / 10);
    filter_take_off(&scene.home);
    items_end(items, MANY);
    end();
}

static void take_long(void *context)
{
    (void)context;
    Sleep(50);
}

static void works_that_take_long_have_a_call_each(void **state)
{
    enum { SLOW = 5 };
    Item items[SLOW];
    Filter filter;
    int i;

    (void)state;
    begin(IN_STA);
    items_init(items, SLOW);
    for (i = 0; i < SLOW; i++)
        items[i].act = take_long;
    filter_put_on(&filter, &scene.home, SERVERCALL_ISHANDLED);
    home_block(&scene.home);
    items_post(items, SLOW, IN_MTA);
    home_unblock(&scene.home);
    item_wait(&items[SLOW - 1]);
    assert_in_order(items, SLOW);
    assert_true(filter.calls >= SLOW);
    filter_take_off(&scene.home);
    items_end(items, SLOW);
    end();
}

/* More than have a thread at the same time. */
static void bridges_whose_home_is_blocked_wait_for_their_turn(void **state)
{
    SiteBridge *bridges[FEW];
    Item items[FEW];
    int i;

    (void)state;
    begin(IN_STA);
    items_init(items, FEW);
    for (i = 0; i < FEW; i++) {
        assert_hr(S_OK, SiteBridgeCreate(&bridges[i]));
        assert_hr(S_OK, home_set_site(&scene.home, bridges[i], &scene.site));
        items[i].bridge = bridges[i];
    }
    home_block(&scene.home);
    items_post(items, FEW, IN_MTA);
    home_unblock(&scene.home);
    for (i = 0; i < FEW; i++) {
        item_wait(&items[i]);
        assert_true(items[i].ran > 0);
        assert_hr(S_OK, items[i].end);
        SiteBridgeRelease(bridges[i]);
    }
    items_end(items, FEW);
    end();
}

static volatile LONG counted;

static HRESULT CALLBACK count_work(IServiceProvider *site, void *context)
{
    (void)site;
    InterlockedIncrement(context);
    return S_OK;
}

static void CALLBACK count_done(HRESULT result, void *context)
{
    (void)context;
    if (result == S_OK)
        InterlockedIncrement(&counted);
}

static BOOL all_are_counted(void *context)
{
    return counted == *(LONG *)context;
}

static void a_hundred_thousand_wait_for_a_blocked_home(void **state)
{
    LONG all = VERY_MANY, i, ran = 0;

    (void)state;
    begin(IN_STA);
    counted = 0;
    home_block(&scene.home);
    for (i = 0; i < VERY_MANY; i++)
        assert_hr(S_OK, SiteBridgePost(scene.bridge, count_work, count_done, &ran));
    assert_int_equal(0, ran);
    home_unblock(&scene.home);
    assert_true(eventually(all_are_counted, &all));
    assert_int_equal(VERY_MANY, ran);
    end();
}

static HRESULT CALLBACK set_event(IServiceProvider *site, void *context)
{
    (void)site;
    SetEvent(context);
    return S_OK;
}

static void nobody_has_to_be_told(void **state)
{
    HANDLE ran;

    (void)state;
    begin(IN_STA);
    ran = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_hr(S_OK, SiteBridgePost(scene.bridge, set_event, NULL, ran));
    wait_for(ran, "a posted work");
    home_block(&scene.home);
    assert_hr(S_OK, SiteBridgePost(scene.bridge, set_event, NULL, ran));
    SiteBridgeRelease(scene.bridge);
    home_unblock(&scene.home);
    scene_end_home(&scene);
    CloseHandle(ran);
}

/* Works that post, dispatch, wait and crash */

static void post_next(void *context)
{
    Item *item = context;

    item_post(item->next);
}

static void a_work_and_its_end_may_post(void **state)
{
    Item items[3];

    (void)state;
    begin(IN_STA);
    items_init(items, 3);
    items[0].act = post_next;
    items[0].next = &items[1];
    items[1].act_when_told = post_next;
    items[1].next = &items[2];
    items_post(items, 1, IN_MTA);
    item_wait(&items[2]);
    assert_in_order(items, 3);
    items_end(items, 3);
    end();
}

static HRESULT CALLBACK post_itself(IServiceProvider *site, void *context)
{
    volatile LONG *rounds = context;

    (void)site;
    if (*rounds >= 0)
        SiteBridgePost(scene.bridge, post_itself, NULL, context);
    InterlockedIncrement(rounds);
    return S_OK;
}

static HRESULT CALLBACK stop_posting(IServiceProvider *site, void *context)
{
    (void)site;
    InterlockedExchange(context, LONG_MIN);
    return S_OK;
}

/* That it is still at it is sure: only the call that gets through has it stop. */
static void a_work_that_posts_itself_leaves_home_to_others(void **state)
{
    volatile LONG rounds = 0;

    (void)state;
    begin(IN_STA);
    assert_hr(S_OK, SiteBridgePost(scene.bridge, post_itself, NULL, (void *)&rounds));
    assert_hr(S_OK, SiteBridgeInvoke(scene.bridge, stop_posting, (void *)&rounds));
    end();
}

static HRESULT CALLBACK do_nothing(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    return S_OK;
}

static void invoke_some(void *context)
{
    int i;

    for (i = 0; i < FEW; i++)
        SiteBridgeInvoke(context, do_nothing, NULL);
}

/* On home: posts the next one, and dispatches until others have got through. */
static void post_and_dispatch(void *context)
{
    Item *item = context;

    item_post(item->next);
    thread_run(IN_MTA, invoke_some, item->bridge);
}

static void no_work_begins_inside_another(void **state)
{
    Item items[2];

    (void)state;
    begin(IN_STA);
    items_init(items, 2);
    items[0].act = post_and_dispatch;
    items[0].next = &items[1];
    items_post(items, 1, IN_MTA);
    item_wait(&items[1]);
    assert_in_order(items, 2);
    items_end(items, 2);
    end();
}

static Host next_site;

static void replace_the_site_and_dispatch(void *context)
{
    Item *item = context;

    item->posted = SiteBridgeSetSite(item->bridge, host_site(&next_site));
    post_and_dispatch(context);
}

/* The next site's works have a call of their own, which arrives while home is in the first's. */
static void assert_none_begins_inside_another_sites(Kind kind)
{
    Item items[2];

    begin(kind);
    host_init(&next_site, kind == IN_STA ? scene.home.id : 0);
    items_init(items, 2);
    items[0].act = replace_the_site_and_dispatch;
    items[0].next = &items[1];
    items_post(items, 1, IN_MTA);
    item_wait(&items[1]);
    assert_in_order(items, 2);
    assert_ptr_equal(host_site(&next_site), items[1].site);
    items_end(items, 2);
    end();
    assert_int_equal(1, host_refs(&next_site));
}

static void no_work_begins_inside_one_of_a_site_that_was_replaced(void **state)
{
    (void)state;
    assert_none_begins_inside_another_sites(IN_STA);
    assert_none_begins_inside_another_sites(IN_MTA);
}

static void wait_dispatching_for_the_next(void *context)
{
    Item *item = context;

    pump_until(item->next->was_told, "another bridge's work");
}

static void set_next_site(void *context)
{
    Item *item = context;

    item->result = SiteBridgeSetSite(item->bridge, host_site(&next_site));
}

/*
 * A thread of the library's that has become home, where that is the MTA, is home as long as there is a site; and
 * not any longer, though it is the last. Those that have nothing to do leave after five seconds.
 */
static void a_work_in_the_mta_may_set_the_site_for_good(void **state)
{
    Ask question = { 0 };
    Item item;

    (void)state;
    begin(IN_MTA);
    host_init(&next_site, 0);
    next_site.service = &scene.service;
    item_init(&item);
    item.act = set_next_site;
    item_post(&item);
    item_wait(&item);
    assert_item_ran(&item);
    item_end(&item);
    assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(scene.home.thread, 7000));
    question.bridge = scene.bridge;
    thread_run(IN_STA, ask, &question);
    assert_answered(&question);
    assert_int_equal(1, next_site.queries);
    SiteBridgeRelease(scene.bridge);
    scene_end_home(&scene);
    assert_int_equal(1, host_refs(&next_site));
}

static void a_work_that_waits_keeps_no_other_bridges_waiting(void **state)
{
    SiteBridge *other;
    Item items[2];

    (void)state;
    begin(IN_STA);
    assert_hr(S_OK, SiteBridgeCreate(&other));
    assert_hr(S_OK, home_set_site(&scene.home, other, &scene.site));
    items_init(items, 2);
    items[0].act = wait_dispatching_for_the_next;
    items[0].next = &items[1];
    items[1].bridge = other;
    items_post(items, 2, IN_MTA);
    item_wait(&items[0]);
    items[1].nested = FALSE;
    assert_item_ran(&items[0]);
    assert_item_ran(&items[1]);
    SiteBridgeRelease(other);
    items_end(items, 2);
    end();
}

static void crash(void *context)
{
    (void)context;
    InterlockedDecrement(&inside);
    RaiseException(0xE0001234, 0, 0, NULL);
}

static void a_work_that_crashes_has_an_end_and_the_next_one_runs(void **state)
{
    Item items[2];

    (void)state;
    begin(IN_STA);
    items_init(items, 2);
    items[0].act = crash;
    items_post(items, 2, IN_MTA);
    item_wait(&items[1]);
    assert_true(items[0].ran > 0);
    assert_true(items[0].told > items[0].ran);
    assert_failed(items[0].end);
    assert_item_ran(&items[1]);
    items_end(items, 2);
    /* Nobody gives back what the call had when it crashed. */
    accounts_excuse();
    SiteBridgeRelease(scene.bridge);
    home_stop(&scene.home);
}

/* The ends of sites */

static BOOL three_calls_have_come(void *context)
{
    return ((Filter *)context)->calls >= 3;
}

static void take_away(void *context)
{
    SiteBridgeSetSite(context, NULL);
}

static void replace(void *context)
{
    SiteBridgeSetSite(context, host_site(&next_site));
}

static void release(void *context)
{
    SiteBridgeRelease(context);
}

static void what_is_queued_when_the_site_goes_never_runs(void **state)
{
    static const Work goings[] = { take_away, replace };
    static Item items[FEW];
    size_t g, k;
    int i;

    (void)state;
    for (g = 0; g < 2; g++) {
        for (k = 0; k < KINDS; k++) {
            begin(IN_STA);
            host_init(&next_site, scene.home.id);
            items_init(items, FEW);
            home_block_before(&scene.home, goings[g], scene.bridge);
            items_post(items, FEW, kinds[k]);
            home_unblock(&scene.home);
            for (i = 0; i < FEW; i++) {
                item_wait(&items[i]);
                assert_item_was_dropped(&items[i]);
                assert_true(i == 0 || items[i].told > items[i - 1].told);
            }
            items_end(items, FEW);
            end();
            assert_int_equal(1, host_refs(&next_site));
        }
    }
}

static void what_is_queued_keeps_neither_the_bridge_nor_its_site(void **state)
{
    Item item;
    size_t k;

    (void)state;
    for (k = 0; k < KINDS; k++) {
        begin(IN_STA);
        item_init(&item);
        home_block(&scene.home);
        item_post(&item);
        /* Its end is told at once: home is not waited for. */
        thread_run(kinds[k], release, scene.bridge);
        item_wait(&item);
        assert_item_was_dropped(&item);
        home_unblock(&scene.home);
        scene_end_home(&scene);
        item_end(&item);
    }
}

static void what_is_queued_when_home_ends_never_runs(void **state)
{
    Item item;

    (void)state;
    begin(IN_STA);
    item_init(&item);
    home_block(&scene.home);
    item_post(&item);
    home_let_end(&scene.home);
    item_wait(&item);
    assert_item_was_dropped(&item);
    item_end(&item);
    end();
}

static void what_is_posted_to_a_home_that_was_killed_has_an_end(void **state)
{
    Item item;

    (void)state;
    begin(IN_STA);
    item_init(&item);
    home_block(&scene.home);
    home_kill(&scene.home);
    thread_run(IN_MTA, item_post, &item);
    item_wait(&item);
    assert_item_was_dropped(&item);
    item_end(&item);
    thread_run(IN_MTA, release, scene.bridge);
    assert_idle();
}

static void take_the_site_away_and_post(void *context)
{
    Item *item = context;

    take_away(item->bridge);
    item_post(item->next);
}

static void after_a_work_that_takes_the_site_away_none_runs(void **state)
{
    Item items[2], refused;

    (void)state;
    begin(IN_STA);
    items_init(items, 2);
    item_init(&refused);
    items[0].act = take_the_site_away_and_post;
    items[0].next = &refused;
    home_block(&scene.home);
    items_post(items, 2, IN_MTA);
    home_unblock(&scene.home);
    item_wait(&items[0]);
    item_wait(&items[1]);
    assert_item_ran(&items[0]);
    assert_item_was_dropped(&items[1]);
    assert_true(items[1].told < items[0].told);
    assert_hr(E_UNEXPECTED, refused.posted);
    assert_int_equal(0, refused.ran + refused.told);
    items_end(items, 2);
    item_end(&refused);
    end();
}

static Session *first_session;

/* What SiteBridgeSetSite does first. */
static void take_the_site_away_in_part(void *context)
{
    bridge_exchange(((Item *)context)->bridge, first_session, NULL);
}

static void end_first_session(void *context)
{
    (void)context;
    session_end(first_session);
}

/* Where home is the MTA, works of the next site's may run before the session of the last one has ended. */
static void nothing_of_a_site_that_was_replaced_begins_before_its_session_has_ended(void **state)
{
    Filter filter;
    Item items[2];

    (void)state;
    begin(IN_STA);
    items_init(items, 2);
    items[0].act = take_the_site_away_in_part;
    first_session = bridge_session(scene.bridge);
    filter_put_on(&filter, &scene.home, SERVERCALL_ISHANDLED);
    home_block(&scene.home);
    items_post(items, 2, IN_MTA);
    home_unblock(&scene.home);
    item_wait(&items[0]);
    assert_true(eventually(three_calls_have_come, &filter));
    assert_int_equal(0, items[1].ran + items[1].told);
    home_run(&scene.home, end_first_session, NULL);
    shared_release(&first_session->shared);
    item_wait(&items[1]);
    assert_item_ran(&items[0]);
    assert_item_was_dropped(&items[1]);
    filter_take_off(&scene.home);
    items_end(items, 2);
    end();
}

static void without_a_site_nothing_is_ever_called(void **state)
{
    Item item;
    size_t k;

    (void)state;
    begin(IN_STA);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    item_init(&item);
    for (k = 0; k < KINDS; k++) {
        thread_run(kinds[k], item_post, &item);
        assert_hr(E_UNEXPECTED, item.posted);
    }
    home_run(&scene.home, item_post, &item);
    assert_hr(E_UNEXPECTED, item.posted);
    assert_hr(E_POINTER, SiteBridgePost(scene.bridge, NULL, item_done, &item));
    assert_hr(E_INVALIDARG, SiteBridgePost(NULL, item_work, item_done, &item));
    end();
    assert_int_equal(0, item.ran + item.told);
    item_end(&item);
}

/* Homes that reject calls */

static void a_home_that_rejects_gets_it_again(void **state)
{
    static Item items[FEW];
    Filter filter;

    (void)state;
    begin(IN_STA);
    items_init(items, FEW);
    filter_put_on(&filter, &scene.home, SERVERCALL_REJECTED);
    items_post(items, FEW, IN_MTA);
    assert_true(eventually(three_calls_have_come, &filter));
    assert_int_equal(0, items[0].ran);
    filter.answer = SERVERCALL_ISHANDLED;
    item_wait(&items[FEW - 1]);
    assert_in_order(items, FEW);
    filter_take_off(&scene.home);
    items_end(items, FEW);
    end();
}

static void a_home_that_rejects_until_the_site_goes(void **state)
{
    Filter filter;
    Item item;

    (void)state;
    begin(IN_STA);
    item_init(&item);
    filter_put_on(&filter, &scene.home, SERVERCALL_REJECTED);
    item_post(&item);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    item_wait(&item);
    assert_item_was_dropped(&item);
    filter_take_off(&scene.home);
    item_end(&item);
    end();
}

/* The ends that are told */

static void wait_until_it_may_go_on(void *context)
{
    WaitForSingleObject(((Item *)context)->may_go_on, PATIENCE);
}

static void who_is_slow_to_be_told_keeps_no_work_and_no_other_bridge_waiting(void **state)
{
    SiteBridge *other;
    Item items[3];
    HANDLE ran;

    (void)state;
    begin(IN_STA);
    assert_hr(S_OK, SiteBridgeCreate(&other));
    assert_hr(S_OK, home_set_site(&scene.home, other, &scene.site));
    items_init(items, 3);
    items[0].act_when_told = wait_until_it_may_go_on;
    items[2].bridge = other;
    items_post(items, 2, IN_MTA);
    ran = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_hr(S_OK, SiteBridgePost(scene.bridge, set_event, NULL, ran));
    wait_for(ran, "a posted work");
    items_post(items + 2, 1, IN_MTA);
    item_wait(&items[2]);
    assert_int_equal(0, items[1].told);
    SetEvent(items[0].may_go_on);
    item_wait(&items[1]);
    assert_in_order(items, 2);
    SiteBridgeRelease(other);
    CloseHandle(ran);
    items_end(items, 3);
    end();
}

static void the_library_is_needed_until_the_last_has_been_told(void **state)
{
    Item item;

    (void)state;
    begin(IN_STA);
    item_init(&item);
    item.act_when_told = wait_until_it_may_go_on;
    item_post(&item);
    SiteBridgeRelease(scene.bridge);
    home_stop(&scene.home);
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    SetEvent(item.may_go_on);
    item_wait(&item);
    assert_idle();
    item_end(&item);
}

static void *dll_function(HMODULE module, const char *const *names)
{
    void *function = NULL;
    int i;

    for (i = 0; i < 3 && !function; i++)
        function = (void *)(ULONG_PTR)GetProcAddress(module, names[i]);
    return function;
}

static BOOL dll_is_gone(void *context)
{
    (void)context;
    return GetModuleHandleW(L"test_worker.dll") == NULL;
}

/* As mingw-w64 and x64 export them, or MSVC for x86. */
static const char *const works[] = { "work_in_a_dll", "work_in_a_dll@8", "_work_in_a_dll@8" };
static const char *const dones[] = { "done_in_a_dll", "done_in_a_dll@8", "_done_in_a_dll@8" };

/* The shell lets go of a DLL while home has yet to come to what was posted. */
static void assert_module_is_held(BOOL of_work)
{
    HMODULE module = LoadLibraryW(L"test_worker.dll");
    SiteBridgeWork work = set_event;
    SiteBridgeDone done = NULL;
    HANDLE ran;

    assert_non_null(module);
    if (of_work)
        work = (SiteBridgeWork)(ULONG_PTR)dll_function(module, works);
    else
        done = (SiteBridgeDone)(ULONG_PTR)dll_function(module, dones);
    begin(IN_STA);
    ran = CreateEventW(NULL, TRUE, FALSE, NULL);
    home_block(&scene.home);
    assert_hr(S_OK, SiteBridgePost(scene.bridge, work, done, ran));
    FreeLibrary(module);
    assert_ptr_equal(module, GetModuleHandleW(L"test_worker.dll"));
    home_unblock(&scene.home);
    wait_for(ran, "a posted work");
    assert_true(eventually(dll_is_gone, NULL));
    end();
    CloseHandle(ran);
}

static void the_modules_of_both_stay_until_it_has_been_told(void **state)
{
    (void)state;
    assert_module_is_held(TRUE);
    assert_module_is_held(FALSE);
}

/* Other homes and sites */

static void where_home_is_the_mta_they_run_one_after_another(void **state)
{
    static Item items[FEW];

    (void)state;
    begin(IN_MTA);
    items_init(items, FEW);
    items_post(items, FEW, IN_STA);
    item_wait(&items[FEW - 1]);
    assert_in_order(items, FEW);
    items_end(items, FEW);
    end();
}

static void for_a_site_that_is_agile_they_run_on_home_all_the_same(void **state)
{
    Item item;

    (void)state;
    begin(IN_STA);
    host_init(&next_site, 0);
    next_site.agile = TRUE;
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &next_site));
    item_init(&item);
    thread_run(IN_MTA, item_post, &item);
    item_wait(&item);
    assert_item_ran(&item);
    assert_int_equal(scene.home.id, item.ran_on);
    item_end(&item);
    end();
}

static volatile LONG waits_reported;

static void CALLBACK count_waits(const SiteBridgeTraceRecord *record, void *context)
{
    (void)context;
    if (record->event == SITEBRIDGE_TRACE_CALL_WAITING && record->home_thread == scene.home.id)
        InterlockedIncrement(&waits_reported);
}

static BOOL a_wait_is_reported(void *context)
{
    (void)context;
    return waits_reported != 0;
}

static void the_trace_reports_what_waits_for_home(void **state)
{
    Item item;

    (void)state;
    begin(IN_STA);
    item_init(&item);
    waits_reported = 0;
    SiteBridgeSetTrace(count_waits, NULL, 20);
    home_block(&scene.home);
    item_post(&item);
    assert_true(eventually(a_wait_is_reported, NULL));
    home_unblock(&scene.home);
    item_wait(&item);
    SiteBridgeSetTrace(NULL, NULL, 0);
    assert_item_ran(&item);
    item_end(&item);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_posted_work_runs_on_home_and_its_end_is_told),
        TEST(home_posts_too_and_it_runs_when_home_dispatches),
        TEST(nothing_runs_before_home_dispatches),
        TEST(the_works_of_one_thread_run_and_are_told_in_their_order),
        TEST(many_works_take_few_calls),
        TEST(works_that_take_long_have_a_call_each),
        TEST(bridges_whose_home_is_blocked_wait_for_their_turn),
        TEST(a_hundred_thousand_wait_for_a_blocked_home),
        TEST(nobody_has_to_be_told),
        TEST(a_work_and_its_end_may_post),
        TEST(a_work_that_posts_itself_leaves_home_to_others),
        TEST(no_work_begins_inside_another),
        TEST(no_work_begins_inside_one_of_a_site_that_was_replaced),
        TEST(a_work_in_the_mta_may_set_the_site_for_good),
        TEST(a_work_that_waits_keeps_no_other_bridges_waiting),
        TEST(a_work_that_crashes_has_an_end_and_the_next_one_runs),
        TEST(what_is_queued_when_the_site_goes_never_runs),
        TEST(what_is_queued_keeps_neither_the_bridge_nor_its_site),
        TEST(what_is_queued_when_home_ends_never_runs),
        TEST(what_is_posted_to_a_home_that_was_killed_has_an_end),
        TEST(after_a_work_that_takes_the_site_away_none_runs),
        TEST(nothing_of_a_site_that_was_replaced_begins_before_its_session_has_ended),
        TEST(without_a_site_nothing_is_ever_called),
        TEST(a_home_that_rejects_gets_it_again),
        TEST(a_home_that_rejects_until_the_site_goes),
        TEST(who_is_slow_to_be_told_keeps_no_work_and_no_other_bridge_waiting),
        TEST(the_library_is_needed_until_the_last_has_been_told),
        TEST(the_modules_of_both_stay_until_it_has_been_told),
        TEST(where_home_is_the_mta_they_run_one_after_another),
        TEST(for_a_site_that_is_agile_they_run_on_home_all_the_same),
        TEST(the_trace_reports_what_waits_for_home),
    };

    return RUN("post", tests);
}
