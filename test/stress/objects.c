#include "schedules.h"

#include <stdlib.h>
#include <string.h>

/*
 * A question is a service ID: what is wanted, whether the caller may leave before the answer, who asks, and
 * the question's number.
 */
typedef struct Question {
    ULONG wanted;
    USHORT has_deadline, caller;
    LONG number, nothing;
} Question;

C_ASSERT(sizeof(Question) == sizeof(GUID));

enum { QUESTION = 0x51e60000, IDENTITIES = 1 << 22 };

/* A failure of nobody else's, and the identity below. */
#define IDENTIFIED 0xA8000000u
#define IDENTITY_MASK 0x07FFFFFFu

const GUID fetched_question = { QUESTION | FETCHED, 0, 0, { 0 } };

static Site *volatile identities[IDENTITIES];
static volatile LONG last_identity, services;

LONG identity_reserve(void)
{
    LONG identity = InterlockedIncrement(&last_identity);

    if (identity >= IDENTITIES) {
        wrong("%s", "the run is too long for its identities");
        exit(1);
    }
    return identity;
}

LONG identity_from(HRESULT hr)
{
    return ((ULONG)hr & ~IDENTITY_MASK) == IDENTIFIED ? (LONG)((ULONG)hr & IDENTITY_MASK) : 0;
}

Site *site_with(LONG identity)
{
    return identities[identity];
}

LONG services_alive(void)
{
    return InterlockedCompareExchange(&services, 0, 0);
}

BOOL is_in(DWORD home)
{
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    if (home)
        return GetCurrentThreadId() == home;
    return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && type == APTTYPE_MTA;
}

/* Questions */

Asked *question_make(Caller *caller, Wanted wanted, BOOL has_deadline, GUID *service)
{
    Question question = { QUESTION | (ULONG)wanted, has_deadline != 0, (USHORT)caller->number, 0, 0 };
    Asked *asked;

    if (wanted == FETCHED) {
        *service = fetched_question;
        return NULL;
    }
    question.number = ++caller->questions;
    asked = &caller->asked[question.number % REMEMBERED];
    asked->times = asked->over = 0;
    asked->number = question.number;
    memcpy(service, &question, sizeof question);
    return asked;
}

/* A site has been asked: once, and not after the caller has gone on, unless that had a deadline. */
static void question_arrives(const Question *question)
{
    Asked *asked = &callers[question->caller].asked[question->number % REMEMBERED];

    if (question->wanted == (QUESTION | FETCHED))
        return;
    if (asked->number == question->number && !asked->over)
        InterlockedIncrement(&asked->times);
    else if (!question->has_deadline)
        wrong("question %ld of caller %d has come when its call had returned", (long)question->number,
              question->caller);
}

/* Objects */

/* Where home is an STA it has itself taken the site away. */
void site_is_called(const Site *site)
{
    if (site->retired)
        wrong("site %ld is called when it has been taken away", (long)site->object.identity);
}

static Object *object_from(IServiceProvider *provider)
{
    return CONTAINING_RECORD(provider, Object, provider);
}

static BOOL object_is_site(const Object *object)
{
    return object->site && object == &object->site->object;
}

static void object_check(const Object *object, const char *what)
{
    if (object->nature == PLAIN && !is_in(object->thread))
        wrong("%s of object %ld, of thread %04lx, on another", what, (long)object->identity,
              (unsigned long)object->thread);
    if (object_is_site(object) && object->site->gone)
        wrong("%s of site %ld, which nobody had a reference on", what, (long)object->identity);
}

static HRESULT STDMETHODCALLTYPE object_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    Object *object = object_from(provider);

    object_check(object, "QueryInterface");
    *ppv = NULL;
    if (object->marshaler && IsEqualIID(riid, &IID_IMarshal))
        return IUnknown_QueryInterface(object->marshaler, riid, ppv);
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider) &&
        !(object->nature == AGILE && IsEqualIID(riid, &IID_IAgileObject)))
        return E_NOINTERFACE;
    InterlockedIncrement(&object->refs);
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE object_AddRef(IServiceProvider *provider)
{
    Object *object = object_from(provider);

    object_check(object, "AddRef");
    return (ULONG)InterlockedIncrement(&object->refs);
}

static ULONG STDMETHODCALLTYPE object_Release(IServiceProvider *provider)
{
    Object *object = object_from(provider);
    LONG refs;

    object_check(object, "Release");
    refs = InterlockedDecrement(&object->refs);
    if (refs == 0 && !object_is_site(object)) {
        if (object->marshaler)
            IUnknown_Release(object->marshaler);
        InterlockedDecrement(&services);
        memset(object, 0xDD, sizeof *object);
        free(object);
    }
    return (ULONG)refs;
}

/* With one reference. Where there is no memory the answers will be wrong, which is reported. */
static void object_init(Object *object, IServiceProviderVtbl *vtbl, Nature nature, LONG identity, Site *site)
{
    object->provider.lpVtbl = vtbl;
    object->refs = 1;
    object->nature = nature;
    object->thread = is_in(0) ? 0 : GetCurrentThreadId();
    object->identity = identity;
    object->site = site;
    if (nature == FREE_THREADED)
        CoCreateFreeThreadedMarshaler((IUnknown *)&object->provider, &object->marshaler);
}

static Nature nature_of_service(Wanted wanted, const Object *site)
{
    Nature nature = (Nature)(site->identity % NATURES);

    if (wanted != FETCHED)
        return wanted == WANTED_AGILE ? AGILE : wanted == WANTED_PLAIN ? PLAIN : FREE_THREADED;
    /* Many STAs at once would get stubs of the one object, which Wine 8.0 cannot make and destroy at once. */
    return nature == PLAIN && is_in(0) ? FREE_THREADED : nature;
}

static HRESULT object_make_service(const Object *object, Wanted wanted, LONG fetching, REFIID riid,
                                   void **ppv)
{
    Object *service = calloc(1, sizeof *service);
    HRESULT hr;

    if (!service)
        return E_OUTOFMEMORY;
    InterlockedIncrement(&services);
    object_init(service, object->provider.lpVtbl, nature_of_service(wanted, object),
                fetching ? fetching : object->identity, object->site);
    if (fetching)
        identities[fetching] = object->site;
    hr = IServiceProvider_QueryInterface(&service->provider, riid, ppv);
    IServiceProvider_Release(&service->provider);
    return hr;
}

static HRESULT STDMETHODCALLTYPE object_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                     void **ppv)
{
    Object *object = object_from(provider);
    Caller *caller = caller_current();
    Question question;
    LONG fetching = 0;

    *ppv = NULL;
    object_check(object, "QueryService");
    memcpy(&question, rsid, sizeof question);
    if ((question.wanted & ~0xFFu) != QUESTION)
        return E_FAIL;
    if (object_is_site(object)) {
        question_arrives(&question);
        if (object->nature == PLAIN)
            site_is_called(object->site);
        if (caller) {
            fetching = caller->fetching;
            caller->fetching = 0;
        }
        if (!object->site->gone)
            caller_interlude(object->site->target);
    }
    if (question.wanted == (QUESTION | WHO))
        return (HRESULT)(IDENTIFIED | (ULONG)object->identity);
    return object_make_service(object, (Wanted)(question.wanted & 0xFF), fetching, riid, ppv);
}

static IServiceProviderVtbl object_vtbl = {
    object_QueryInterface, object_AddRef, object_Release, object_QueryService,
};

LONG identity_of(IServiceProvider *object)
{
    static const GUID who = { QUESTION | WHO, 1, 0, { 0 } };
    IUnknown *nothing = NULL;
    HRESULT hr = IServiceProvider_QueryService(object, &who, &IID_IUnknown, (void **)&nothing);

    if (!identity_from(hr))
        wrong("a service answers %08lx", (unsigned long)hr);
    return identity_from(hr);
}

/* Sites */

Site *site_create(Caller *home, Target *target, Nature nature)
{
    Site *site = calloc(1, sizeof *site);
    LONG identity = identity_reserve();

    if (!site) {
        wrong("%s", "no memory");
        exit(1);
    }
    object_init(&site->object, &object_vtbl, nature, identity, site);
    site->target = target;
    target_addref(target);
    site->by = home;
    site->home = site->object.thread;
    identities[identity] = site;
    return site;
}

IServiceProvider *site_provider(Site *site)
{
    return &site->object.provider;
}

LONG sites_destroy(void)
{
    LONG used = 0, identity;
    Site *site;

    /* A fetched service's identity is higher than its site's. */
    for (identity = last_identity; identity > 0; identity--) {
        site = identities[identity];
        identities[identity] = NULL;
        if (!site || site->object.identity != identity)
            continue;
        if (site->object.refs != 1)
            used++;
        if (site->object.marshaler)
            IUnknown_Release(site->object.marshaler);
        if (!site->gone)
            target_release(site->target);
        free(site);
    }
    last_identity = 0;
    return used;
}
