/* Wine makes calls into the MTA by threads of the process's pool; Windows has threads of its own for them. */
#include "pool.h"
#include "raw.h"

static Home mta;
static Host host;
static volatile LONG called_in_mta, called_in_sta;

static HRESULT note_apartment(Host *object, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)object, (void)rsid, (void)riid;
    InterlockedIncrement(raw_is_in(APTTYPE_MTA) ? &called_in_mta : &called_in_sta);
    *ppv = NULL;
    return E_ABORT;
}

typedef struct Calling {
    IStream *packet;
    HRESULT unmarshaled, called;
} Calling;

static void call_object(void *context)
{
    Calling *c = context;
    IServiceProvider *provider;

    c->unmarshaled = raw_unmarshal(c->packet, &provider);
    if (FAILED(c->unmarshaled))
        return;
    c->called = raw_call(provider);
    IServiceProvider_Release(provider);
}

static Calling begin(void)
{
    Calling c = { NULL, E_PENDING, E_PENDING };

    called_in_mta = called_in_sta = 0;
    home_start(&mta, IN_MTA);
    host_init(&host, 0);
    host.query = note_apartment;
    c.packet = raw_marshal_at(&mta, &host);
    return c;
}

static void end(const Calling *c)
{
    assert_hr(S_OK, c->unmarshaled);
    assert_hr(E_ABORT, c->called);
    home_stop(&mta);
    assert_int_equal(1, host_refs(&host));
}

/* In the apartment that somebody has left the pool's thread in. */
static void on_wine_a_call_into_the_mta_may_be_made_in_an_sta(void **state)
{
    Calling c = begin();

    (void)state;
    pool_leave_in_sta();
    thread_run(IN_STA, call_object, &c);
    assert_int_equal(on_wine(), called_in_sta);
    assert_int_equal(!on_wine(), called_in_mta);
    end(&c);
}

static void on_wine_a_call_into_the_mta_takes_a_thread_of_the_pool(void **state)
{
    Calling c = begin();
    Thread caller;

    (void)state;
    pool_fill();
    thread_start(&caller, IN_STA, call_object, &c);
    if (on_wine()) {
        assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(caller.handle, 200));
        assert_int_equal(0, called_in_mta + called_in_sta);
        pool_empty();
        thread_join(&caller);
    } else {
        thread_join(&caller);
        pool_empty();
    }
    assert_int_equal(1, called_in_mta + called_in_sta);
    end(&c);
}

int main(void)
{
    static const Test tests[] = {
        /* The threads of the full pool stay for a while: that one is last. */
        TEST(on_wine_a_call_into_the_mta_may_be_made_in_an_sta),
        TEST(on_wine_a_call_into_the_mta_takes_a_thread_of_the_pool),
    };

    return RUN("platform_pool", tests);
}
