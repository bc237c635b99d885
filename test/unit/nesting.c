/* Calls inside calls: as deep as stacks let them, and known to home as what they are. */
#include "raw.h"

static Scene scene;

/* Home's message filter, which notes what kind of call comes in. */
static Filter filter;

/* An STA's object that home calls, and which asks home's site from inside that call. */
typedef struct Asker {
    Host object;
    IServiceProvider *from_home;    /* home's proxy of object */
    IServiceProvider *bare;         /* the STA's own of the site; NULL: it asks the bridge */
    IStream *packet;
    Ask question;
    LONG type;
    HRESULT hr;
} Asker;

static void asker_ask(void *context)
{
    Asker *asker = context;

    filter.first_type = -1;
    if (asker->bare) {
        asker->hr = raw_call(asker->bare);
    } else {
        ask(&asker->question);
        asker->hr = asker->question.hr;
    }
    /* The calls after it are those of the STA's own proxy of what came back. */
    asker->type = filter.first_type;
}

static HRESULT asker_query(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid, (void)riid;
    asker_ask(host->context);
    *ppv = NULL;
    return E_ABORT;
}

static void asker_unmarshal_at_home(void *context)
{
    Asker *asker = context;

    asker->hr = raw_unmarshal(asker->packet, &asker->from_home);
}

static void asker_unmarshal_site(void *context)
{
    Asker *asker = context;

    asker->hr = raw_unmarshal(asker->packet, &asker->bare);
}

static void asker_call(void *context)
{
    Asker *asker = context;

    raw_call(asker->from_home);
}

static void asker_release_at_home(void *context)
{
    Asker *asker = context;

    IServiceProvider_Release(asker->from_home);
}

static void asker_release_site(void *context)
{
    Asker *asker = context;

    IServiceProvider_Release(asker->bare);
    asker->bare = NULL;
}

static const char *name_of(LONG type)
{
    switch (type) {
    case CALLTYPE_TOPLEVEL: return "top level";
    case CALLTYPE_NESTED: return "nested";
    case CALLTYPE_TOPLEVEL_CALLPENDING: return "top level, while home calls";
    default: return "not seen";
    }
}

/*
 * With COM's own proxy the call is nested, on Wine and on Windows. Through the bridge it is that
 * where COM lets the chain of calls be carried on to another thread; Wine does not, and Windows need not.
 */
static void a_call_from_inside_one_of_homes_own_is_nested_where_com_allows(void **state)
{
    static Asker asker;
    LONG bare, bridged;
    Home sta;

    (void)state;
    scene_begin(&scene, IN_STA);
    ZeroMemory(&asker, sizeof asker);
    asker.question.bridge = scene.bridge;
    home_start(&sta, IN_STA);
    host_init(&asker.object, sta.id);
    asker.object.query = asker_query;
    asker.object.context = &asker;
    asker.packet = raw_marshal_at(&sta, &asker.object);
    home_run(&scene.home, asker_unmarshal_at_home, &asker);
    assert_hr(S_OK, asker.hr);
    home_run(&sta, ask, &asker.question);
    assert_answered(&asker.question);
    filter_put_on(&filter, &scene.home, SERVERCALL_ISHANDLED);

    home_run(&scene.home, asker_call, &asker);
    assert_hr(S_OK, asker.hr);
    bridged = asker.type;
    home_run(&sta, asker_ask, &asker);
    assert_hr(S_OK, asker.hr);
    assert_int_equal(CALLTYPE_TOPLEVEL, asker.type);

    asker.packet = raw_marshal_at(&scene.home, &scene.site);
    home_run(&sta, asker_unmarshal_site, &asker);
    assert_hr(S_OK, asker.hr);
    home_run(&scene.home, asker_call, &asker);
    assert_hr(S_OK, asker.hr);
    bare = asker.type;
    home_run(&sta, asker_release_site, &asker);

    print_message("by COM's own proxy: %s; through the bridge: %s\n", name_of(bare), name_of(bridged));
    assert_int_equal(CALLTYPE_NESTED, bare);
    assert_true(bridged == CALLTYPE_NESTED || bridged == CALLTYPE_TOPLEVEL_CALLPENDING ||
                (on_wine() && bridged == CALLTYPE_TOPLEVEL));
    filter_take_off(&scene.home);
    home_run(&scene.home, asker_release_at_home, &asker);
    home_stop(&sta);
    assert_int_equal(1, host_refs(&asker.object));
    scene_end(&scene);
}

enum { DEPTH = 200 };

/* Two homes, each of which asks the other, by one kind of call after the other. */
typedef struct Nest {
    Scene scenes[2];
    volatile LONG depth, deepest, wrong;
} Nest;
static Nest nest;

static HRESULT CALLBACK nest_work(IServiceProvider *site, void *context);

/* From the home of one to that of the other. */
static HRESULT nest_call(Scene *other)
{
    IUnknown *nothing = NULL;
    HRESULT hr;

    switch (nest.depth % 3) {
    case 0:
        hr = SiteBridgeQueryService(other->bridge, &IID_NULL, &IID_IUnknown, (void **)&nothing);
        break;
    case 1:
        hr = SiteBridgeQueryServiceWithin(other->bridge, 3 * PATIENCE, &IID_NULL, &IID_IUnknown,
                                          (void **)&nothing);
        break;
    default:
        return SiteBridgeInvoke(other->bridge, nest_work, other);
    }
    if (nothing)
        IUnknown_Release(nothing);
    return hr;
}

/* On the home of at. */
static HRESULT nest_further(Scene *at)
{
    Scene *other = at == &nest.scenes[0] ? &nest.scenes[1] : &nest.scenes[0];
    LONG depth = InterlockedIncrement(&nest.depth);
    HRESULT hr = S_OK;

    if (GetCurrentThreadId() != at->home.id)
        InterlockedIncrement(&nest.wrong);
    if (depth > nest.deepest)
        nest.deepest = depth;
    if (depth < DEPTH)
        hr = nest_call(other);
    InterlockedDecrement(&nest.depth);
    return hr;
}

static HRESULT CALLBACK nest_work(IServiceProvider *site, void *context)
{
    (void)site;
    return nest_further(context);
}

static HRESULT nest_query(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Scene *at = host->context;
    HRESULT hr = nest_further(at);

    (void)rsid;
    *ppv = NULL;
    return FAILED(hr) ? hr : IServiceProvider_QueryInterface(host_site(&at->service), riid, ppv);
}

static void nest_begin(void *context)
{
    *(HRESULT *)context = nest_further(&nest.scenes[0]);
}

static void two_homes_may_ask_each_other_as_deep_as_their_stacks_let_them(void **state)
{
    HRESULT hr = E_FAIL;
    int i;

    (void)state;
    ZeroMemory(&nest, sizeof nest);
    for (i = 0; i < 2; i++) {
        scene_begin(&nest.scenes[i], IN_STA);
        nest.scenes[i].site.query = nest_query;
        nest.scenes[i].site.context = &nest.scenes[i];
    }
    home_run(&nest.scenes[0].home, nest_begin, &hr);
    assert_hr(S_OK, hr);
    assert_int_equal(DEPTH, nest.deepest);
    assert_int_equal(0, nest.wrong);
    SiteBridgeRelease(nest.scenes[1].bridge);
    home_stop(&nest.scenes[1].home);
    assert_int_equal(1, host_refs(&nest.scenes[1].site));
    assert_int_equal(1, host_refs(&nest.scenes[1].service));
    scene_end(&nest.scenes[0]);
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_call_from_inside_one_of_homes_own_is_nested_where_com_allows),
        TEST(two_homes_may_ask_each_other_as_deep_as_their_stacks_let_them),
    };

    return RUN("nesting", tests);
}
