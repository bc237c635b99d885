/* What is posted in C++: where it runs, and where it is destroyed. */
#include "harness.hpp"

static const Kind kinds[] = {IN_NONE, IN_MTA, IN_STA};

/* The bridge of all tests, which are on a thread that is not its home. */
static Scene scene;
static sitebridge::bridge bridge;

static void begin()
{
    scene_begin(&scene, bridge);
}

static void end()
{
    scene_end(&scene, bridge);
}

/* What home has run, in its order: only home writes it. */
struct Runs
{
    int count = 0;
    bool elsewhere = false;
    void note(IServiceProvider *site)
    {
        count++;
        elsewhere = elsewhere || GetCurrentThreadId() != scene.home.id || site != host_site(&scene.site);
    }
};

/* Until home has run what was posted before. */
static void catch_up()
{
    HANDLE done = CreateEventW(nullptr, TRUE, FALSE, nullptr);

    assert_hr(S_OK, bridge.post([done](IServiceProvider *) { SetEvent(done); }));
    wait_for(done, "what was posted");
    CloseHandle(done);
}

static void a_posted_lambda_runs_on_home(void **)
{
    HRESULT with = E_PENDING, without = E_PENDING;
    Runs runs;

    begin();
    auto post = [&] {
        with = bridge.post([&runs](IServiceProvider *site) {
            runs.note(site);
            return E_ABORT;
        });
        without = bridge.post([&runs](IServiceProvider *site) { runs.note(site); });
    };
    on_home(&scene.home, post);
    for (Kind kind : kinds)
        on_thread(kind, post);
    catch_up();
    assert_hr(S_OK, with);
    assert_hr(S_OK, without);
    assert_int_equal(2 * 4, runs.count);
    assert_false(runs.elsewhere);
    end();
}

static void a_posted_lambda_is_destroyed_on_home_when_it_has_run(void **)
{
    LONG ended_before = -1, ended_when_next_ran = -1;
    Fate fate;

    begin();
    home_block(&scene.home);
    assert_hr(S_OK, bridge.post([&, cargo = Cargo(fate)](IServiceProvider *) { ended_before = fate.ended; }));
    assert_hr(S_OK, bridge.post([&](IServiceProvider *) { ended_when_next_ran = fate.ended; }));
    assert_int_equal(0, fate.ended);
    home_unblock(&scene.home);
    catch_up();
    assert_int_equal(0, ended_before);
    assert_int_equal(1, ended_when_next_ran);
    assert_int_equal(scene.home.id, fate.thread);
    end();
    assert_int_equal(1, fate.ended);
}

static void unsite(void *)
{
    bridge.set_site(nullptr);
}

static void a_posted_lambda_that_never_runs_is_destroyed_in_the_mta(void **)
{
    bool ran = false;
    Fate fate;

    begin();
    home_block_before(&scene.home, unsite, nullptr);
    assert_hr(S_OK, bridge.post([&ran, cargo = Cargo(fate)](IServiceProvider *) { ran = true; }));
    assert_int_equal(0, fate.ended);
    home_unblock(&scene.home);
    wait_for(fate.end, "the lambda's end");
    assert_false(ran);
    assert_int_equal(1, fate.ended);
    assert_true(fate.was_in_mta);
    assert_true(fate.thread != scene.home.id && fate.thread != GetCurrentThreadId());
    end();
    assert_int_equal(1, fate.ended);
}

static void a_lambda_that_is_refused_is_destroyed_at_once(void **)
{
    sitebridge::bridge empty;
    Fate unsited, unmade;

    assert_hr(E_INVALIDARG, empty.post([cargo = Cargo(unmade)](IServiceProvider *) {}));
    assert_int_equal(1, unmade.ended);
    begin();
    on_home(&scene.home, [] { unsite(nullptr); });
    assert_hr(E_UNEXPECTED, bridge.post([cargo = Cargo(unsited)](IServiceProvider *) {}));
    assert_int_equal(1, unsited.ended);
    assert_int_equal(GetCurrentThreadId(), unsited.thread);
    end();
}

static void no_exception_leaves_a_posted_lambda(void **)
{
    Runs runs;

    begin();
    for (Outcome outcome : {THROWS_BAD_ALLOC, THROWS}) {
        Fate fate;

        assert_hr(S_OK, bridge.post([&runs, outcome, cargo = Cargo(fate)](IServiceProvider *site) {
            runs.note(site);
            behave(outcome);
        }));
        wait_for(fate.end, "the lambda's end");
        assert_int_equal(scene.home.id, fate.thread);
        assert_hr(told(outcome), bridge.post(Stubborn(outcome)));
    }
    catch_up();
    assert_int_equal(2, runs.count);
    end();
}

static void what_a_posted_lambda_throws_in_its_end_goes_nowhere(void **)
{
    bool thrown_on_home = false, thrown_in_mta = false;

    begin();
    assert_hr(S_OK, bridge.post([explosive = Explosive(&thrown_on_home)](IServiceProvider *) {}));
    catch_up();
    assert_true(thrown_on_home);
    home_block_before(&scene.home, unsite, nullptr);
    assert_hr(S_OK, bridge.post([explosive = Explosive(&thrown_in_mta)](IServiceProvider *) {}));
    home_unblock(&scene.home);
    end();
    assert_true(thrown_in_mta);
}

static void a_lambda_that_is_not_a_temporary_is_copied(void **)
{
    Runs runs;
    auto work = [&runs](IServiceProvider *site) { runs.note(site); };

    begin();
    assert_hr(S_OK, bridge.post(work));
    assert_hr(S_OK, bridge.post(static_cast<const decltype(work) &>(work)));
    catch_up();
    assert_int_equal(2, runs.count);
    end();
}

/* Its last reference goes on home, when the lambda has run, and in the MTA where it never does. */
static void a_posted_lambda_may_keep_its_bridge(void **)
{
    Fate ran, never;

    begin();
    assert_hr(S_OK, bridge.post([kept = bridge, cargo = Cargo(ran)](IServiceProvider *) {}));
    bridge = sitebridge::bridge();
    wait_for(ran.end, "the lambda's end");
    scene_end_home(&scene);

    begin();
    home_block(&scene.home);
    assert_hr(S_OK, bridge.post([kept = bridge, cargo = Cargo(never)](IServiceProvider *) {}));
    bridge = sitebridge::bridge();
    home_let_end(&scene.home);
    scene_end_home(&scene);
    wait_for(never.end, "the lambda's end");
    assert_int_equal(1, never.ended);
}

int main()
{
    static const Test tests[] = {
        TEST(a_posted_lambda_runs_on_home),
        TEST(a_posted_lambda_is_destroyed_on_home_when_it_has_run),
        TEST(a_posted_lambda_that_never_runs_is_destroyed_in_the_mta),
        TEST(a_lambda_that_is_refused_is_destroyed_at_once),
        TEST(no_exception_leaves_a_posted_lambda),
        TEST(what_a_posted_lambda_throws_in_its_end_goes_nowhere),
        TEST(a_lambda_that_is_not_a_temporary_is_copied),
        TEST(a_posted_lambda_may_keep_its_bridge),
    };

    warm_up_exceptions();
    return RUN("cpp_post", tests);
}
