/* The library keeps the MTA alive while it is in use, for threads that never initialized COM. */
#include "raw.h"

static Scene scene;

/* What one thread got, and does with it later. */
typedef struct Holder {
    Home thread;
    Ask kept;
    HRESULT used;
} Holder;

static void holder_use(void *context)
{
    Holder *holder = context;

    holder->used = raw_call(holder->kept.object);
}

static void holder_release(void *context)
{
    Holder *holder = context;

    IServiceProvider_Release(holder->kept.object);
}

static void holder_begin(Holder *holder, Kind kind, const GUID *service)
{
    ZeroMemory(holder, sizeof *holder);
    holder->kept.bridge = scene.bridge;
    holder->kept.keep = TRUE;
    holder->kept.service = service;
    home_start(&holder->thread, kind);
    home_run(&holder->thread, ask, &holder->kept);
    assert_answered(&holder->kept);
}

static void holder_assert_good(Holder *holder)
{
    holder->used = E_PENDING;
    home_run(&holder->thread, holder_use, holder);
    assert_hr(S_OK, holder->used);
}

static void holder_end(Holder *holder)
{
    home_run(&holder->thread, holder_release, holder);
    home_stop(&holder->thread);
}

static void look(void *context)
{
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    *(HRESULT *)context = CoGetApartmentType(&type, &qualifier);
}

static HRESULT apartment_of_a_plain_thread(void)
{
    HRESULT hr = E_PENDING;

    thread_run(IN_NONE, look, &hr);
    return hr;
}

static BOOL there_is_no_mta(void *context)
{
    (void)context;
    return apartment_of_a_plain_thread() == CO_E_NOTINITIALIZED;
}

/* For longer than the library would take to let go of it. */
static void assert_mta_stays(void)
{
    int i;

    for (i = 0; i < 100; i++)
        assert_hr(S_OK, apartment_of_a_plain_thread());
}

/* No thread of the process has initialized COM for the MTA, but the library's own. */
static void a_thread_that_never_initialized_com_keeps_what_it_was_given(void **state)
{
    Holder asked, fetched;

    (void)state;
    scene_begin(&scene, IN_STA);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    holder_begin(&asked, IN_NONE, NULL);
    holder_begin(&fetched, IN_NONE, &fetched_id);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&scene.site));
    assert_proxies(scene.bridge, 0);
    assert_mta_stays();
    holder_assert_good(&asked);
    holder_assert_good(&fetched);
    holder_end(&asked);
    holder_end(&fetched);
    /* The releases have arrived at home, which has not ended. */
    assert_let_go(&scene.service);
    scene_end(&scene);
}

static void it_keeps_it_while_homes_come_and_go(void **state)
{
    Holder holder;
    Home other;
    Host site;

    (void)state;
    scene_begin(&scene, IN_STA);
    holder_begin(&holder, IN_NONE, NULL);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    home_start(&other, IN_STA);
    host_init(&site, other.id);
    assert_hr(S_OK, home_set_site(&other, scene.bridge, &site));
    home_stop(&other);
    assert_int_equal(1, host_refs(&site));
    assert_mta_stays();
    holder_assert_good(&holder);
    holder_end(&holder);
    assert_let_go(&scene.service);
    scene_end(&scene);
}

static void a_bridge_without_a_site_needs_no_mta(void **state)
{
    SiteBridge *bridge;

    (void)state;
    assert_true(eventually(there_is_no_mta, NULL));
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(CO_E_NOTINITIALIZED, apartment_of_a_plain_thread());
    SiteBridgeRelease(bridge);
}

static void the_mta_goes_with_the_last_bridge(void **state)
{
    SiteBridge *second;

    (void)state;
    scene_begin(&scene, IN_STA);
    assert_hr(S_OK, apartment_of_a_plain_thread());
    assert_hr(S_OK, SiteBridgeCreate(&second));
    assert_hr(S_OK, home_set_site(&scene.home, second, &scene.site));
    SiteBridgeRelease(second);
    assert_mta_stays();
    scene_end(&scene);
    assert_true(eventually(there_is_no_mta, NULL));
}

/* The implicit MTA, which a thread is in that never initialized COM, is no home. */
static void a_thread_that_never_initialized_com_cannot_be_home(void **state)
{
    SiteBridge *other;
    Home none;
    Host site;

    (void)state;
    scene_begin(&scene, IN_STA);
    home_start(&none, IN_NONE);
    host_init(&site, 0);
    assert_hr(S_OK, SiteBridgeCreate(&other));
    assert_hr(S_OK, apartment_of_a_plain_thread());
    assert_hr(CO_E_NOTINITIALIZED, home_set_site(&none, other, &site));
    assert_int_equal(1, host_refs(&site));
    home_stop(&none);
    SiteBridgeRelease(other);
    scene_end(&scene);
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_thread_that_never_initialized_com_keeps_what_it_was_given),
        TEST(it_keeps_it_while_homes_come_and_go),
        TEST(a_bridge_without_a_site_needs_no_mta),
        TEST(the_mta_goes_with_the_last_bridge),
        TEST(a_thread_that_never_initialized_com_cannot_be_home),
    };

    return RUN("mta", tests);
}
