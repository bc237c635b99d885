/*
 * Ends that are not what they seem: an apartment that lives on after all, and the very end of one.
 */
#include "raw.h"

static Scene scene;
static Host next;               /* the site after the scene's, on the same home unless it says otherwise */

static void set_next(void *context)
{
    *(HRESULT *)context = SiteBridgeSetSite(scene.bridge, host_site(&next));
}

static void begin(Kind kind)
{
    scene_begin(&scene, kind);
    host_init(&next, scene.home.id);
}

static void end(void)
{
    scene_end(&scene);
    assert_int_equal(1, host_refs(&next));
    assert_int_equal(0, next.wrong_threads);
}

/* An apartment that lives on: somebody has initialized COM once more while it was to end. */

static void initialize_once_more(void *context)
{
    (void)context;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
}

static EndHook other_hook;

static void put_on_other_hook(void *context)
{
    *(HRESULT *)context = end_hook_put_on(&other_hook, initialize_once_more, NULL, NULL);
}

static void uninitialize_and_site_again(void *context)
{
    CoUninitialize();
    end_hook_take_off(&other_hook);
    set_next(context);
}

/* The other hook was there before the library's, or came after it; with or without calls in the queue. */
static void an_apartment_that_anothers_hook_keeps_can_be_sited_again_at_once(void **state)
{
    static Callers callers;
    HRESULT hr = E_PENDING;
    int i, caller;

    (void)state;
    for (i = 0; i < 4; i++) {
        BOOL before = i & 1, busy = i & 2;

        scene_begin_home(&scene, IN_STA);
        host_init(&next, scene.home.id);
        assert_hr(S_OK, SiteBridgeCreate(&scene.bridge));
        if (before)
            home_run(&scene.home, put_on_other_hook, &hr);
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
        if (!before)
            home_run(&scene.home, put_on_other_hook, &hr);
        assert_hr(S_OK, hr);
        hr = E_PENDING;
        home_block_before(&scene.home, uninitialize_and_site_again, &hr);
        if (busy)
            callers_start(&callers, scene.bridge);
        home_unblock(&scene.home);
        assert_hr(S_OK, hr);
        if (busy)
            callers_join(&callers);
        for (caller = 0; busy && caller < CALLERS; caller++)
            assert_hr(E_UNEXPECTED, callers.questions[caller].hr);
        assert_everybody_is_answered(scene.bridge, &next, FALSE);
        end();
    }
}

static void initialize_and_site_again(void *context)
{
    initialize_once_more(NULL);
    set_next(context);
}

static void uninitialize_under_a_hook_that_sites_again(void *context)
{
    end_hook_put_on(&other_hook, initialize_and_site_again, NULL, context);
    CoUninitialize();
    end_hook_take_off(&other_hook);
}

/* The library's hook, which is older, has unsited by then; or will be told that this is not the end. */
static void anothers_hook_may_itself_site_again(void **state)
{
    HRESULT hr = E_PENDING;

    (void)state;
    begin(IN_STA);
    home_run(&scene.home, uninitialize_under_a_hook_that_sites_again, &hr);
    assert_hr(S_OK, hr);
    assert_everybody_is_answered(scene.bridge, &next, FALSE);
    end();
}

/* An object of home's, which somebody calls while home's end dispatches. */
typedef struct Reviver {
    Host object;
    IStream *packet;
    HANDLE waits, queued;
    HRESULT sited;
} Reviver;

static HRESULT revive(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Reviver *reviver = host->context;

    (void)rsid, (void)riid;
    initialize_and_site_again(&reviver->sited);
    *ppv = NULL;
    return E_ABORT;
}

static void reviver_call(void *context)
{
    Reviver *reviver = context;
    IServiceProvider *object;

    if (FAILED(raw_unmarshal(reviver->packet, &object)))
        return;
    raw_call(object);
    IServiceProvider_Release(object);
}

/* The reviver's call stands before those of the bridge, which home's end waits for. */
static void await_reviver_and_uninitialize(void *context)
{
    Reviver *reviver = context;

    SetEvent(reviver->waits);
    if (!raw_wait_until_queued())
        return;
    SetEvent(reviver->queued);
    WaitForSingleObject(scene.home.release, INFINITE);
    CoUninitialize();
}

static void a_call_that_homes_end_dispatches_may_keep_the_apartment_and_site_again(void **state)
{
    static Reviver reviver;
    static Callers callers;
    Thread thread;
    int i;

    (void)state;
    begin(IN_STA);
    reviver.waits = CreateEventW(NULL, FALSE, FALSE, NULL);
    reviver.queued = CreateEventW(NULL, FALSE, FALSE, NULL);
    reviver.sited = E_PENDING;
    host_init(&reviver.object, scene.home.id);
    reviver.object.query = revive;
    reviver.object.context = &reviver;
    reviver.packet = raw_marshal_at(&scene.home, &reviver.object);
    home_begin(&scene.home, await_reviver_and_uninitialize, &reviver);
    wait_for(reviver.waits, "home");
    thread_start(&thread, IN_MTA, reviver_call, &reviver);
    wait_for(reviver.queued, "the reviver's call");
    callers_start(&callers, scene.bridge);
    home_unblock(&scene.home);
    callers_join(&callers);
    for (i = 0; i < CALLERS; i++)
        assert_hr(E_UNEXPECTED, callers.questions[i].hr);
    thread_join(&thread);
    assert_hr(S_OK, reviver.sited);
    assert_int_equal(1, host_refs(&reviver.object));
    assert_everybody_is_answered(scene.bridge, &next, FALSE);
    CloseHandle(reviver.waits);
    CloseHandle(reviver.queued);
    end();
}

/*
 * The very end: whatever is done on a thread once its last CoUninitialize has begun, by others' hooks and by
 * objects that COM releases meanwhile.
 */

/* An object that does something when its last reference goes. */
typedef struct Dying {
    IUnknown object;
    LONG refs;
    Work work;
    void *context;
} Dying;

static HRESULT STDMETHODCALLTYPE dying_QueryInterface(IUnknown *object, REFIID riid, void **ppv)
{
    *ppv = IsEqualIID(riid, &IID_IUnknown) ? object : NULL;
    if (!*ppv)
        return E_NOINTERFACE;
    IUnknown_AddRef(object);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE dying_AddRef(IUnknown *object)
{
    return (ULONG)InterlockedIncrement(&CONTAINING_RECORD(object, Dying, object)->refs);
}

static ULONG STDMETHODCALLTYPE dying_Release(IUnknown *object)
{
    Dying *dying = CONTAINING_RECORD(object, Dying, object);
    ULONG refs = (ULONG)InterlockedDecrement(&dying->refs);

    if (refs == 0)
        dying->work(dying->context);
    return refs;
}

static IUnknownVtbl dying_vtbl = { dying_QueryInterface, dying_AddRef, dying_Release };

/* When something is done, and on what kind of thread. A hook is put on before the library's, or after it. */
typedef struct Moment {
    Kind kind;
    BOOL is_home;           /* the library is in use there */
    BOOL after, ended;      /* a hook's: when the apartment has ended, instead of when it is about to */
    BOOL by_release;        /* an object's, instead of a hook's: when COM releases what was exported */
    BOOL by_table;          /* that was exported through the global interface table */
} Moment;

/* What becomes of the bridge that is made then. */
typedef enum Leaving { UNSITED, RELEASED, LEFT, LEAVINGS } Leaving;

typedef struct Deed {
    Moment moment;
    Leaving leaving;
    LONG done;
    BOOL sites, asks_behind;
    SiteBridge *bridge;
    Host site;
    Ask unsited, sited, behind, elsewhere;
    HRESULT set, invoked, unset;
    EndHook hook;
    Dying dying;
    IStream *packet;
} Deed;

static HRESULT CALLBACK succeed(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    return S_OK;
}

static void do_deed(void *context)
{
    Deed *deed = context;

    deed->done++;
    SiteBridgeCreate(&deed->bridge);
    deed->unsited.bridge = deed->sited.bridge = deed->behind.bridge = deed->bridge;
    deed->elsewhere.bridge = scene.bridge;
    ask(&deed->unsited);
    deed->set = deed->sites ? SiteBridgeSetSite(deed->bridge, host_site(&deed->site)) : E_ABORT;
    ask(&deed->sited);
    if (deed->asks_behind)
        thread_run(IN_MTA, ask, &deed->behind);
    deed->invoked = SiteBridgeInvoke(deed->bridge, succeed, NULL);
    ask(&deed->elsewhere);
    if (deed->leaving == UNSITED)
        deed->unset = SiteBridgeSetSite(deed->bridge, NULL);
    if (deed->leaving != LEFT)
        SiteBridgeRelease(deed->bridge);
}

static void deed_export(Deed *deed)
{
    IGlobalInterfaceTable *table;
    DWORD cookie;

    deed->dying.object.lpVtbl = &dying_vtbl;
    deed->dying.refs = 1;
    deed->dying.work = do_deed;
    deed->dying.context = deed;
    if (!deed->moment.by_table) {
        CoMarshalInterThreadInterfaceInStream(&IID_IUnknown, &deed->dying.object, &deed->packet);
    } else if (SUCCEEDED(CoCreateInstance(&CLSID_StdGlobalInterfaceTable, NULL, CLSCTX_INPROC_SERVER,
                                          &IID_IGlobalInterfaceTable, (void **)&table))) {
        IGlobalInterfaceTable_RegisterInterfaceInGlobal(table, &deed->dying.object, &IID_IUnknown, &cookie);
        IGlobalInterfaceTable_Release(table);
    }
    IUnknown_Release(&deed->dying.object);
}

static void deed_put_on_hook(Deed *deed)
{
    BOOL ended = deed->moment.ended;

    end_hook_put_on(&deed->hook, ended ? NULL : do_deed, ended ? do_deed : NULL, deed);
}

/* An apartment, on a thread that has not initialized COM. */
static void live_up_to_deed(void *context)
{
    Deed *deed = context;
    const Moment *moment = &deed->moment;
    SiteBridge *bridge = NULL;

    CoInitializeEx(NULL, moment->kind == IN_STA ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
    if (!moment->by_release && !moment->after)
        deed_put_on_hook(deed);
    if (moment->is_home && SUCCEEDED(SiteBridgeCreate(&bridge)))
        SiteBridgeSetSite(bridge, host_site(&deed->site));
    if (!moment->by_release && moment->after)
        deed_put_on_hook(deed);
    if (moment->by_release)
        deed_export(deed);
    CoUninitialize();
    if (!moment->by_release)
        end_hook_take_off(&deed->hook);
    if (deed->packet)
        IStream_Release(deed->packet);
    SiteBridgeRelease(bridge);
}

static void assert_consistent(const Ask *question)
{
    assert_true(question->answered);
    assert_hr(FAILED(question->hr) ? E_PENDING : S_OK, question->used);
}

static void try_deed(Home *actor, const Moment *moment, Leaving leaving)
{
    static Deed deed;

    ZeroMemory(&deed, sizeof deed);
    deed.moment = *moment;
    deed.leaving = leaving;
    host_init(&deed.site, moment->kind == IN_STA ? actor->id : 0);
    /*
     * Wine aborts where anything at all is marshaled by what it releases at an STA's end, and loses what is
     * queued to one that ends without the library's hook, which then comes too late to be asked.
     */
    deed.sites = !on_wine() || !moment->by_release || moment->is_home;
    deed.asks_behind = !on_wine() || moment->kind == IN_MTA || moment->is_home || moment->ended;
    home_run(actor, live_up_to_deed, &deed);
    assert_int_equal(1, deed.done);
    assert_hr(E_UNEXPECTED, deed.unsited.hr);
    assert_consistent(&deed.unsited);
    assert_consistent(&deed.sited);
    assert_true(!deed.asks_behind || deed.behind.answered);
    assert_answered(&deed.elsewhere);
    assert_hr(SUCCEEDED(deed.set) ? S_OK : E_UNEXPECTED, deed.sited.hr);
    if (deed.asks_behind)
        assert_hr(deed.sited.hr, deed.behind.hr);
    assert_hr(deed.sited.hr, deed.invoked);
    assert_hr(S_OK, deed.unset);
    assert_int_equal(1, host_refs(&deed.site));
    assert_int_equal(0, deed.site.wrong_threads);
    if (leaving == LEFT)
        SiteBridgeRelease(deed.bridge);
}

static void a_bridge_may_be_used_for_the_first_time_at_the_very_end(void **state)
{
    static const Moment moments[] = {
        { .kind = IN_STA }, { .kind = IN_STA, .ended = TRUE },
        { .kind = IN_STA, .is_home = TRUE }, { .kind = IN_STA, .is_home = TRUE, .ended = TRUE },
        { .kind = IN_STA, .is_home = TRUE, .after = TRUE },
        { .kind = IN_STA, .is_home = TRUE, .after = TRUE, .ended = TRUE },
        { .kind = IN_STA, .by_release = TRUE }, { .kind = IN_STA, .by_release = TRUE, .by_table = TRUE },
        { .kind = IN_STA, .by_release = TRUE, .is_home = TRUE },
        { .kind = IN_STA, .by_release = TRUE, .by_table = TRUE, .is_home = TRUE },
        { .kind = IN_MTA }, { .kind = IN_MTA, .ended = TRUE },
        { .kind = IN_MTA, .is_home = TRUE }, { .kind = IN_MTA, .is_home = TRUE, .ended = TRUE },
        { .kind = IN_MTA, .is_home = TRUE, .after = TRUE },
        { .kind = IN_MTA, .is_home = TRUE, .after = TRUE, .ended = TRUE },
    };
    Leaving leaving;
    Keeper keeper;
    Home actor;
    size_t i;

    (void)state;
    begin(IN_STA);
    keeper_begin(&keeper, scene.bridge);
    home_start(&actor, IN_NONE);
    for (leaving = UNSITED; leaving < LEAVINGS; leaving++)
        for (i = 0; i < sizeof moments / sizeof moments[0]; i++)
            try_deed(&actor, &moments[i], leaving);
    home_stop(&actor);
    keeper_end(&keeper);
    end();
}

/* The MTA's end is on the library's own thread, where nobody else is in it. */
static void what_goes_with_the_mta_may_use_a_bridge(void **state)
{
    static Deed deed;

    (void)state;
    begin(IN_STA);
    ZeroMemory(&deed, sizeof deed);
    deed.moment.kind = IN_MTA;
    deed.moment.by_release = TRUE;
    deed.leaving = RELEASED;
    deed.sites = !on_wine();
    host_init(&deed.site, 0);
    thread_run(IN_NONE, live_up_to_deed, &deed);
    assert_int_equal(0, deed.done);
    SiteBridgeRelease(scene.bridge);
    scene.bridge = NULL;
    scene_end_home(&scene);
    assert_int_equal(1, deed.done);
    assert_hr(E_UNEXPECTED, deed.unsited.hr);
    assert_int_equal(1, host_refs(&deed.site));
    assert_int_equal(1, host_refs(&next));
}

int main(void)
{
    static const Test tests[] = {
        TEST(an_apartment_that_anothers_hook_keeps_can_be_sited_again_at_once),
        TEST(anothers_hook_may_itself_site_again),
        TEST(a_call_that_homes_end_dispatches_may_keep_the_apartment_and_site_again),
        TEST(a_bridge_may_be_used_for_the_first_time_at_the_very_end),
        TEST(what_goes_with_the_mta_may_use_a_bridge),
    };

    return RUN("ends", tests);
}
