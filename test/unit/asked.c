/*
 * What COM has of the library's is asked what Windows asks objects, and what nobody has heard of, while home is
 * blocked: nothing is passed on, and nothing waits.
 */
#include "import.h"
#include "questions.h"
#include "raw.h"

#include <sitebridge/package.h>

typedef HRESULT (WINAPI *Marshal)(REFIID riid, IUnknown *object, IStream **packet);

static Scene scene;
static Marshal true_marshal;
static volatile LONG objects_asked;
static LONG answered, made_up, passed_on;
static BOOL locked;
static IUnknown *asked;         /* the last of them */

/* The site says how often it has been asked for an interface. */
static const IServiceProviderVtbl *host_vtbl;
static volatile LONG site_asked;

static HRESULT STDMETHODCALLTYPE count_and_query(IServiceProvider *provider, REFIID riid, void **ppv)
{
    InterlockedIncrement(&site_asked);
    return host_vtbl->QueryInterface(provider, riid, ppv);
}

static HRESULT WINAPI marshal_after_asking(REFIID riid, IUnknown *object, IStream **packet)
{
    LONG before = site_asked;

    locked = questions_ask(object, &answered, &made_up) && SUCCEEDED(CoDisconnectObject(object, 0));
    passed_on = site_asked - before;
    asked = object;
    InterlockedIncrement(&objects_asked);
    return true_marshal(riid, object, packet);
}

static void ask_what_is_marshaled(BOOL on)
{
    ImportedFunction replacement = (ImportedFunction)(on ? marshal_after_asking : true_marshal);
    ImportedFunction before = import_patch(import_source("SiteBridgeCreate"), NULL,
                                           "CoMarshalInterThreadInterfaceInStream", replacement);

    assert_non_null(before);
    if (!on)
        return;
    true_marshal = (Marshal)before;
    objects_asked = 0;
}

static void assert_nothing_answered(void)
{
    assert_int_equal(1, objects_asked);
    assert_true(locked);
    assert_int_equal(0, answered);
    assert_int_equal(0, made_up);
    assert_int_equal(0, passed_on);
}

static void disconnect(void *context)
{
    *(HRESULT *)context = CoDisconnectObject(asked, 0);
}

static void the_gate_answers_for_itself(void **state)
{
    IServiceProviderVtbl vtbl;
    Ask question = { 0 };
    HRESULT hr;

    (void)state;
    scene_begin_home(&scene, IN_STA);
    host_vtbl = scene.site.provider.lpVtbl;
    vtbl = *host_vtbl;
    vtbl.QueryInterface = count_and_query;
    scene.site.provider.lpVtbl = &vtbl;
    assert_hr(S_OK, SiteBridgeCreate(&scene.bridge));
    ask_what_is_marshaled(TRUE);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    ask_what_is_marshaled(FALSE);
    assert_nothing_answered();
    question.bridge = scene.bridge;
    thread_run(IN_MTA, ask, &question);
    assert_answered(&question);
    home_run(&scene.home, disconnect, &hr);
    assert_hr(S_OK, hr);
    thread_run(IN_MTA, ask, &question);
    assert_true(question.answered && FAILED(question.hr));
    thread_run(IN_STA, ask, &question);
    assert_true(question.answered && FAILED(question.hr));
    scene_end(&scene);
}

/* What was fetched ahead, on its way to an STA. */

typedef struct Taker {
    HANDLE taken, go_on;
    HRESULT hr, used;
} Taker;

static void take(void *context)
{
    Taker *taker = context;
    IServiceProvider *service;

    taker->hr = SiteBridgeQueryService(scene.bridge, &fetched_id, &IID_IServiceProvider, (void **)&service);
    SetEvent(taker->taken);
    WaitForSingleObject(taker->go_on, PATIENCE);
    if (FAILED(taker->hr))
        return;
    taker->used = raw_call(service);
    IServiceProvider_Release(service);
}

/* As a registry may have it: there would be a proxy for what the service answered. */
static void register_proxy_of_last_question(void *context)
{
    static const CLSID automation = { 0x00020424, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } };

    *(HRESULT *)context = CoRegisterPSClsid(&questions[QUESTIONS - 1].iid, &automation);
}

static void a_relay_answers_for_itself(void **state)
{
    Taker taker = { NULL, NULL, E_PENDING, E_PENDING };
    Thread thread;
    HRESULT hr;

    (void)state;
    taker.taken = CreateEventW(NULL, TRUE, FALSE, NULL);
    taker.go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    scene_begin(&scene, IN_STA);
    home_run(&scene.home, register_proxy_of_last_question, &hr);
    assert_hr(S_OK, hr);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    ask_what_is_marshaled(TRUE);
    home_block(&scene.home);
    thread_start(&thread, IN_STA, take, &taker);
    wait_for(taker.taken, "an STA's answer");
    ask_what_is_marshaled(FALSE);
    home_unblock(&scene.home);
    SetEvent(taker.go_on);
    thread_join(&thread);
    assert_hr(S_OK, taker.hr);
    assert_hr(S_OK, taker.used);
    assert_nothing_answered();
    scene_end(&scene);
    CloseHandle(taker.taken);
    CloseHandle(taker.go_on);
}

/* What others may marshal. These are agile, and have answers for some of COM's own. */

typedef struct Thing {
    IUnknown *object;
    HRESULT marshaled, unmarshaled, disconnected;
} Thing;

static void ask_and_marshal(void *context)
{
    IUnknown *object = NULL;
    IStream *packet = NULL;
    Thing *thing = context;

    locked = questions_ask(thing->object, &answered, &made_up);
    thing->marshaled = CoMarshalInterThreadInterfaceInStream(&IID_IUnknown, thing->object, &packet);
    if (SUCCEEDED(thing->marshaled))
        thing->unmarshaled = CoGetInterfaceAndReleaseStream(packet, &IID_IUnknown, (void **)&object);
    if (object)
        IUnknown_Release(object);
    thing->disconnected = CoDisconnectObject(thing->object, 0);
}

static void assert_answers_without_home(IUnknown *object)
{
    static const Kind kinds[] = { IN_MTA, IN_STA };
    Thing thing = { NULL, E_PENDING, E_PENDING, E_PENDING };
    int i;

    thing.object = object;
    home_block(&scene.home);
    for (i = 0; i < 2; i++) {
        thread_run(kinds[i], ask_and_marshal, &thing);
        assert_true(locked);
        assert_int_equal(0, made_up);
        assert_hr(S_OK, thing.marshaled);
        assert_hr(S_OK, thing.unmarshaled);
        assert_hr(S_OK, thing.disconnected);
    }
    home_unblock(&scene.home);
}

static void the_object_of_a_bridge_answers_for_itself(void **state)
{
    IUnknown *object;

    (void)state;
    scene_begin(&scene, IN_STA);
    assert_hr(S_OK, SiteBridgeQueryInterface(scene.bridge, &IID_IUnknown, (void **)&object));
    assert_answers_without_home(object);
    IUnknown_Release(object);
    scene_end(&scene);
}

typedef struct PackageCall {
    IVsPackage *package;
    HRESULT hr;
} PackageCall;

static void site_package(void *context)
{
    PackageCall *call = context;

    call->hr = IVsPackage_SetSite(call->package, host_site(&scene.site));
}

static void close_package(void *context)
{
    PackageCall *call = context;

    call->hr = IVsPackage_Close(call->package);
    IVsPackage_Release(call->package);
}

static void a_package_answers_for_itself(void **state)
{
    SitePackageEvents events = { 0 };
    PackageCall call;

    (void)state;
    events.size = sizeof events;
    scene_begin_home(&scene, IN_STA);
    assert_hr(S_OK, SitePackageCreate(&events, NULL, &IID_IVsPackage, (void **)&call.package));
    home_run(&scene.home, site_package, &call);
    assert_hr(S_OK, call.hr);
    assert_answers_without_home((IUnknown *)call.package);
    home_run(&scene.home, close_package, &call);
    assert_hr(S_OK, call.hr);
    scene_end_home(&scene);
}

int main(void)
{
    static const Test tests[] = {
        TEST(the_gate_answers_for_itself),
        TEST(a_relay_answers_for_itself),
        TEST(the_object_of_a_bridge_answers_for_itself),
        TEST(a_package_answers_for_itself),
    };

    return RUN("asked", tests);
}
