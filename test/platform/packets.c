/* What CoMarshalInterThreadInterfaceInStream writes, and what becomes of it. */
#include "raw.h"

static Home home;
static Host host;

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&host, home.id);
}

static void end(void)
{
    home_stop(&home);
    assert_int_equal(1, host_refs(&host));
    assert_int_equal(0, host.wrong_threads);
}

typedef struct Unmarshaling {
    IStream *packet;
    HRESULT hr, called;
    BOOL call;
} Unmarshaling;

static void unmarshal(void *context)
{
    Unmarshaling *u = context;
    IServiceProvider *provider;

    u->hr = raw_unmarshal(u->packet, &provider);
    if (FAILED(u->hr))
        return;
    u->called = u->call ? raw_call(provider) : S_FALSE;
    IServiceProvider_Release(provider);
}

static void release_marshal_data(void *context)
{
    Unmarshaling *u = context;

    u->hr = CoReleaseMarshalData(u->packet);
    IStream_Release(u->packet);
}

/* A thread in no apartment is one that cannot unmarshal. */
static void a_stream_is_released_even_when_unmarshaling_fails(void **state)
{
    Unmarshaling u = {0};
    ULONG refs;

    (void)state;
    accounts_excuse();
    begin();
    u.packet = raw_marshal_at(&home, &host);
    refs = IStream_AddRef(u.packet);
    thread_run(IN_NONE, unmarshal, &u);
    assert_hr(CO_E_NOTINITIALIZED, u.hr);
    assert_int_equal(refs - 2, IStream_Release(u.packet));
    end();
}

/* What the stream held is not: the object keeps its references as long as home lives. */
static void a_packet_whose_stream_is_released_leaks(void **state)
{
    Unmarshaling u = {0};

    (void)state;
    accounts_excuse();
    begin();
    u.packet = raw_marshal_at(&home, &host);
    thread_run(IN_NONE, unmarshal, &u);
    assert_failed(u.hr);
    assert_true(host_refs(&host) > 1);
    end();
}

static void a_failed_unmarshal_of_a_kept_stream_can_be_repeated(void **state)
{
    Unmarshaling u = {0};

    (void)state;
    begin();
    u.call = TRUE;
    u.packet = raw_marshal_at(&home, &host);
    IStream_AddRef(u.packet);
    thread_run(IN_NONE, unmarshal, &u);
    assert_failed(u.hr);
    raw_rewind(u.packet);
    thread_run(IN_MTA, unmarshal, &u);
    assert_hr(S_OK, u.hr);
    assert_hr(S_OK, u.called);
    assert_int_equal(home.id, host.last_thread);
    end();
}

static void co_release_marshal_data_gives_the_reference_back(void **state)
{
    Unmarshaling u = {0};

    (void)state;
    begin();
    u.packet = raw_marshal_at(&home, &host);
    assert_true(host_refs(&host) > 1);
    home_run(&home, release_marshal_data, &u);
    assert_hr(S_OK, u.hr);
    assert_int_equal(1, host_refs(&host));
    end();
}

/* Also where an unmarshal has failed before. */
static void a_packet_that_failed_to_unmarshal_can_be_given_back(void **state)
{
    Unmarshaling u = {0};

    (void)state;
    begin();
    u.packet = raw_marshal_at(&home, &host);
    IStream_AddRef(u.packet);
    thread_run(IN_NONE, unmarshal, &u);
    assert_failed(u.hr);
    raw_rewind(u.packet);
    home_run(&home, release_marshal_data, &u);
    assert_hr(S_OK, u.hr);
    assert_int_equal(1, host_refs(&host));
    end();
}

static void marshal_again_and_give_back(void *context)
{
    Unmarshaling *u = context;
    IServiceProvider *provider;

    u->hr = raw_unmarshal(u->packet, &provider);
    if (FAILED(u->hr))
        return;
    u->hr = CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, (IUnknown *)provider,
                                                  &u->packet);
    IServiceProvider_Release(provider);
    if (SUCCEEDED(u->hr))
        release_marshal_data(u);
}

/*
 * Wine does not ask home to give the last references back, where a proxy's Release does. Windows wants
 * this call in the apartment that marshaled, which it is here, and does not say where the object is
 * released.
 */
static void a_reclaimed_packet_releases_on_the_calling_thread(void **state)
{
    Unmarshaling u = {0};

    (void)state;
    begin();
    u.packet = raw_marshal_at(&home, &host);
    thread_run(IN_MTA, marshal_again_and_give_back, &u);
    assert_hr(S_OK, u.hr);
    if (on_wine())
        assert_true(host.wrong_threads > 0);
    host.wrong_threads = 0;
    end();
}

typedef struct Keeping {
    IStream *packet;
    HANDLE unmarshaled;
    HRESULT hr, called;
} Keeping;

static void unmarshal_and_say_so(void *context)
{
    Keeping *k = context;
    IServiceProvider *provider;

    k->hr = raw_unmarshal(k->packet, &provider);
    SetEvent(k->unmarshaled);
    if (FAILED(k->hr))
        return;
    k->called = raw_call(provider);
    IServiceProvider_Release(provider);
}

/* The call through the proxy waits until home dispatches; getting the proxy does not. */
static void a_packet_unmarshals_while_home_does_not_dispatch(void **state)
{
    static const Kind kinds[] = {IN_MTA, IN_STA};
    Keeping k = {0};
    Thread thread;
    size_t i;

    (void)state;
    begin();
    k.unmarshaled = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        k.packet = raw_marshal_at(&home, &host);
        home_block(&home);
        host.queries = 0;
        thread_start(&thread, kinds[i], unmarshal_and_say_so, &k);
        wait_for(k.unmarshaled, "unmarshaling while home is blocked");
        assert_hr(S_OK, k.hr);
        assert_int_equal(0, host.queries);
        home_unblock(&home);
        thread_join(&thread);
        assert_hr(S_OK, k.called);
        assert_int_equal(1, host.queries);
    }
    CloseHandle(k.unmarshaled);
    end();
}

static HRESULT answer_nothing(Host *asked, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)asked, (void)rsid, (void)riid;
    *ppv = NULL;
    return S_OK;
}

static HRESULT answer_s_false(Host *asked, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    IServiceProvider_QueryInterface(host_site(asked), riid, ppv);
    return S_FALSE;
}

typedef struct Asking {
    IStream *packet;
    HRESULT hr;
    IUnknown *object;
} Asking;

static void ask_for_anything(void *context)
{
    Asking *a = context;
    IServiceProvider *provider;

    a->hr = raw_unmarshal(a->packet, &provider);
    if (FAILED(a->hr))
        return;
    a->object = (IUnknown *)1;
    a->hr = IServiceProvider_QueryService(provider, &IID_IServiceProvider, &IID_IUnknown,
                                          (void **)&a->object);
    if (SUCCEEDED(a->hr) && a->object)
        IUnknown_Release(a->object);
    IServiceProvider_Release(provider);
}

static void success_without_an_object_passes_through_a_proxy(void **state)
{
    Asking a = {0};

    (void)state;
    begin();
    host.query = answer_nothing;
    a.packet = raw_marshal_at(&home, &host);
    thread_run(IN_MTA, ask_for_anything, &a);
    assert_hr(S_OK, a.hr);
    assert_null(a.object);
    end();
}

static void another_success_passes_through_a_proxy(void **state)
{
    Asking a = {0};

    (void)state;
    begin();
    host.query = answer_s_false;
    a.packet = raw_marshal_at(&home, &host);
    thread_run(IN_MTA, ask_for_anything, &a);
    assert_hr(S_FALSE, a.hr);
    assert_non_null(a.object);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_stream_is_released_even_when_unmarshaling_fails),
        TEST(a_packet_whose_stream_is_released_leaks),
        TEST(a_failed_unmarshal_of_a_kept_stream_can_be_repeated),
        TEST(co_release_marshal_data_gives_the_reference_back),
        TEST(a_packet_that_failed_to_unmarshal_can_be_given_back),
        TEST(a_reclaimed_packet_releases_on_the_calling_thread),
        TEST(a_packet_unmarshals_while_home_does_not_dispatch),
        TEST(success_without_an_object_passes_through_a_proxy),
        TEST(another_success_passes_through_a_proxy),
    };

    return RUN("packets", tests);
}
