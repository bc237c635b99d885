/* The bridge in C++: one reference, services by their types, and lambdas on home. */
#include "harness.hpp"

static const GUID service = {0x3c1f8a60, 0x97d2, 0x4a0e, {0x8b, 2, 4, 6, 8, 10, 12, 14}};
static const Kind kinds[] = {IN_NONE, IN_MTA, IN_STA};

/* The smallest class of COM pointers. */
template <class T> class Pointer
{
  public:
    Pointer() = default;
    Pointer(const Pointer &) = delete;
    Pointer &operator=(const Pointer &) = delete;
    ~Pointer()
    {
        if (object)
            object->Release();
    }
    T **operator&()
    {
        return &object;
    }
    T *object = nullptr;
};

static ULONG references(const sitebridge::bridge &bridge)
{
    SiteBridgeAddRef(bridge.get());
    return SiteBridgeRelease(bridge.get());
}

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

/* On home, and on a thread of each kind. */
template <class F> static void everywhere(F &&work)
{
    on_home(&scene.home, work);
    for (Kind kind : kinds)
        on_thread(kind, work);
}

static void an_empty_bridge_takes_nothing(void **)
{
    const sitebridge::bridge empty;
    void *untyped = &scene;
    auto typed = reinterpret_cast<IUnknown *>(&scene), within = typed;
    bool ran = false;

    assert_null(empty.get());
    assert_hr(E_INVALIDARG, empty.set_site(nullptr));
    assert_hr(E_INVALIDARG, empty.set_object(nullptr));
    assert_hr(E_INVALIDARG, empty.query_service(service, IID_IUnknown, &untyped));
    assert_hr(E_INVALIDARG, empty.query_service(service, &typed));
    assert_hr(E_INVALIDARG, empty.query_service_within(1000, service, &within));
    assert_null(untyped);
    assert_null(typed);
    assert_null(within);
    assert_hr(E_INVALIDARG, empty.prefetch<IUnknown>(service));
    assert_hr(E_INVALIDARG, empty.invoke([&](IServiceProvider *) { ran = true; }));
    assert_hr(E_INVALIDARG, empty.invoke_within(1000, [&](IServiceProvider *) { ran = true; }));
    assert_false(ran);
    assert_idle();
}

static void a_copy_adds_a_reference_and_a_move_takes_it(void **)
{
    sitebridge::bridge one, other;
    SiteBridge *first, *second;

    assert_hr(S_OK, sitebridge::bridge::create(one));
    first = one.get();
    assert_non_null(first);
    assert_int_equal(1, references(one));
    {
        sitebridge::bridge copy(one);
        assert_ptr_equal(first, copy.get());
        assert_int_equal(2, references(one));
        sitebridge::bridge moved(std::move(copy));
        assert_ptr_equal(first, moved.get());
        assert_null(copy.get());
        assert_int_equal(2, references(one));
        other = moved;
        assert_int_equal(3, references(one));
        copy = std::move(moved);
        assert_null(moved.get());
        assert_ptr_equal(first, copy.get());
        assert_int_equal(3, references(one));
    }
    assert_int_equal(2, references(one));

    /* What an assignment replaces is given back, and so is what create and attach replace. */
    assert_hr(S_OK, sitebridge::bridge::create(other));
    second = other.get();
    assert_ptr_not_equal(first, second);
    assert_int_equal(1, references(one));
    other = one;
    SiteBridgeAddRef(first);
    other.attach(first);
    assert_int_equal(2, references(one));
    other.attach(nullptr);
    assert_null(other.get());
    assert_int_equal(1, references(one));

    sitebridge::bridge empty(other);
    assert_null(empty.get());
    one = empty;
    assert_null(one.get());
    assert_idle();
}

static void a_bridge_may_be_assigned_to_itself(void **)
{
    sitebridge::bridge one;
    sitebridge::bridge &same = one;

    assert_hr(S_OK, sitebridge::bridge::create(one));
    one = same;
    assert_int_equal(1, references(one));
    one = std::move(same);
    assert_int_equal(1, references(one));
    SiteBridgeAddRef(one.get());
    one.attach(same.get());
    assert_int_equal(1, references(one));
    one.attach(nullptr);
    assert_idle();
}

/* Nothing of a bridge throws, and it can be kept where things are moved about. */
static_assert(std::is_nothrow_default_constructible_v<sitebridge::bridge>);
static_assert(std::is_nothrow_copy_constructible_v<sitebridge::bridge>);
static_assert(std::is_nothrow_move_constructible_v<sitebridge::bridge>);
static_assert(std::is_nothrow_copy_assignable_v<sitebridge::bridge>);
static_assert(std::is_nothrow_move_assignable_v<sitebridge::bridge>);
static_assert(std::is_nothrow_destructible_v<sitebridge::bridge>);

static void a_service_comes_by_its_type_on_every_thread(void **)
{
    HRESULT typed = E_PENDING, untyped = E_PENDING, within = E_PENDING;
    int answers = 0;

    begin();
    everywhere([&] {
        Pointer<IServiceProvider> by_type, by_deadline;
        Pointer<IUnknown> by_iid;

        typed = bridge.query_service(service, &by_type);
        untyped = bridge.query_service(service, IID_IUnknown, reinterpret_cast<void **>(&by_iid));
        within = bridge.query_service_within(PATIENCE, service, &by_deadline);
        /* An interface that is what it is taken for: its last method is called. */
        if (FAILED(typed) || FAILED(untyped) || FAILED(within))
            return;
        for (IServiceProvider *provider : {by_type.object, by_deadline.object}) {
            Pointer<IUnknown> next;
            if (SUCCEEDED(provider->QueryService(service, IID_IUnknown, reinterpret_cast<void **>(&next))))
                answers++;
        }
    });
    assert_hr(S_OK, typed);
    assert_hr(S_OK, untyped);
    assert_hr(S_OK, within);
    assert_int_equal(2 * 4, answers);
    end();
}

static void a_service_that_is_not_there_is_null(void **)
{
    auto typed = reinterpret_cast<IDispatch *>(&scene), within = typed;

    begin();
    assert_hr(E_NOINTERFACE, bridge.query_service(service, &typed));
    assert_hr(E_NOINTERFACE, bridge.query_service_within(PATIENCE, service, &within));
    assert_null(typed);
    assert_null(within);
    assert_hr(E_POINTER, bridge.query_service(service, static_cast<IUnknown **>(nullptr)));
    assert_hr(E_POINTER, bridge.query_service_within(PATIENCE, service, static_cast<IUnknown **>(nullptr)));
    end();
}

static void what_was_prefetched_by_its_type_is_answered_without_home(void **)
{
    HRESULT fetched = E_PENDING, got = E_PENDING, other = E_PENDING;

    begin();
    on_home(&scene.home, [&] { fetched = bridge.prefetch<IServiceProvider>(service); });
    assert_hr(S_OK, fetched);
    home_block(&scene.home);
    on_thread(IN_MTA, [&] {
        IServiceProvider *provider;
        IUnknown *unknown;

        got = bridge.query_service(service, &provider);
        if (SUCCEEDED(got))
            provider->Release();
        other = bridge.query_service_within(0, service, &unknown);
    });
    assert_hr(S_OK, got);
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), other);
    home_unblock(&scene.home);
    end();
}

static void an_object_stands_in_the_sites_place(void **)
{
    HRESULT hr = E_PENDING, got = E_PENDING;

    scene_begin_home(&scene, IN_STA);
    assert_hr(S_OK, sitebridge::bridge::create(bridge));
    on_home(&scene.home, [&] { hr = bridge.set_object(host_site(&scene.site)); });
    assert_hr(S_OK, hr);
    on_thread(IN_MTA, [&] {
        Pointer<IServiceProvider> provider;
        got = bridge.query_service(service, &provider);
    });
    assert_hr(S_OK, got);
    end();
}

static void invoke_returns_what_the_lambda_does(void **)
{
    HRESULT with = E_PENDING, without = E_PENDING, deadline = E_PENDING, deadline_without = E_PENDING;
    bool at_home = true;
    int runs = 0;

    begin();
    everywhere([&] {
        auto look = [&](IServiceProvider *) {
            at_home = at_home && GetCurrentThreadId() == scene.home.id;
            runs++;
        };
        auto ask = [&](IServiceProvider *site) {
            Pointer<IServiceProvider> provider;

            look(site);
            HRESULT hr = site->QueryService(service, IID_IServiceProvider, reinterpret_cast<void **>(&provider));
            return SUCCEEDED(hr) ? DISP_E_BADINDEX : hr;
        };

        with = bridge.invoke(ask);
        without = bridge.invoke(look);
        deadline = bridge.invoke_within(PATIENCE, ask);
        deadline_without = bridge.invoke_within(PATIENCE, look);
    });
    assert_hr(DISP_E_BADINDEX, with);
    assert_hr(S_OK, without);
    assert_hr(DISP_E_BADINDEX, deadline);
    assert_hr(S_OK, deadline_without);
    assert_true(at_home);
    assert_int_equal(4 * 4, runs);
    end();
}

static void no_exception_leaves_a_lambda_on_home(void **)
{
    begin();
    for (Outcome outcome : {THROWS_BAD_ALLOC, THROWS}) {
        HRESULT with = E_PENDING, without = E_PENDING, deadline = E_PENDING;

        everywhere([&] {
            with = bridge.invoke([&](IServiceProvider *) {
                behave(outcome);
                return S_OK;
            });
            without = bridge.invoke([&](IServiceProvider *) { behave(outcome); });
            deadline = bridge.invoke_within(PATIENCE, [&](IServiceProvider *) { behave(outcome); });
        });
        assert_hr(told(outcome), with);
        assert_hr(told(outcome), without);
        assert_hr(told(outcome), deadline);
    }
    end();
}

static int function_runs;
static HRESULT function(IServiceProvider *)
{
    function_runs++;
    return S_FALSE;
}

/* It is neither copied nor moved: it may be what can be neither, and it keeps what it did. */
static void what_is_invoked_is_called_where_it_is(void **)
{
    struct Pinned
    {
        int runs = 0;
        Pinned() = default;
        Pinned(const Pinned &) = delete;
        Pinned &operator=(const Pinned &) = delete;
        void operator()(IServiceProvider *)
        {
            runs++;
        }
    } pinned;
    HRESULT constant = E_PENDING, plain = E_PENDING, moved = E_PENDING;
    Fate fate;

    begin();
    everywhere([&] {
        const auto unchanging = [](IServiceProvider *) { return S_FALSE; };

        bridge.invoke(pinned);
        bridge.invoke_within(PATIENCE, pinned);
        constant = bridge.invoke(unchanging);
        plain = bridge.invoke(function);
    });
    on_thread(IN_MTA, [&] {
        moved = bridge.invoke([cargo = Cargo(fate)](IServiceProvider *) { return S_FALSE; });
    });
    assert_int_equal(8, pinned.runs);
    assert_int_equal(4, function_runs);
    assert_hr(S_FALSE, constant);
    assert_hr(S_FALSE, plain);
    assert_hr(S_FALSE, moved);
    assert_int_equal(1, fate.ended);
    assert_true(fate.thread != scene.home.id);
    end();
}

static void a_lambda_that_is_late_does_not_run(void **)
{
    HRESULT hr = E_PENDING;
    bool ran = false;

    begin();
    home_block(&scene.home);
    on_thread(IN_MTA, [&] { hr = bridge.invoke_within(0, [&](IServiceProvider *) { ran = true; }); });
    home_unblock(&scene.home);
    end();
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), hr);
    assert_false(ran);
}

int main()
{
    static const Test tests[] = {
        TEST(an_empty_bridge_takes_nothing),
        TEST(a_copy_adds_a_reference_and_a_move_takes_it),
        TEST(a_bridge_may_be_assigned_to_itself),
        TEST(a_service_comes_by_its_type_on_every_thread),
        TEST(a_service_that_is_not_there_is_null),
        TEST(what_was_prefetched_by_its_type_is_answered_without_home),
        TEST(an_object_stands_in_the_sites_place),
        TEST(invoke_returns_what_the_lambda_does),
        TEST(no_exception_leaves_a_lambda_on_home),
        TEST(what_is_invoked_is_called_where_it_is),
        TEST(a_lambda_that_is_late_does_not_run),
    };

    /* With the first exception the compiler's unwinder gets itself memory, which it keeps. */
    try {
        throw 0;
    } catch (int) {
    }
    return RUN("cpp_bridge", tests);
}
