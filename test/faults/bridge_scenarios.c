/* The bridge itself: making it, siting it, letting go of it. */
#include "scenario.h"

static HRESULT create(void)
{
    SiteBridge *bridge = (SiteBridge *)1;
    HRESULT hr = SiteBridgeCreate(&bridge);

    if (SUCCEEDED(hr) != (bridge != NULL))
        return STRAY;
    SiteBridgeRelease(bridge);
    return hr;
}

static void nothing(void)
{
}

static HRESULT replace(void)
{
    LONG queries = stage.site.queries;
    Ask question = { 0 };
    HRESULT hr = home_set_site(&stage.home, stage.bridge, &stage.other);

    if (SUCCEEDED(hr))
        return host_refs(&stage.site) == 1 ? hr : STRAY;
    /* The bridge is as it was. */
    question.bridge = stage.bridge;
    home_run(&stage.home, ask, &question);
    return question.hr == S_OK && stage.site.queries > queries ? hr : STRAY;
}

static HRESULT unsite(void)
{
    HRESULT hr = home_set_site(&stage.home, stage.bridge, NULL);

    return SUCCEEDED(hr) && host_refs(&stage.site) != 1 ? STRAY : hr;
}

/* Letting go */

static void release(void *context)
{
    (void)context;
    SiteBridgeRelease(stage.bridge);
}

/*
 * Home gives the site back behind the caller's back, and as long as everything fails it cannot: then
 * it does when that is over.
 */
enum { MOMENT = 300 };

static HRESULT release_in(Kind kind)
{
    ULONGLONG start = GetTickCount64();

    thread_run(kind, release, NULL);
    stage.bridge = NULL;
    while (host_refs(&stage.site) != 1 && GetTickCount64() - start < MOMENT)
        Sleep(1);
    return S_OK;
}

/* Until the library has let go of the MTA as well. */
static HRESULT release_at_home(void)
{
    ULONGLONG start = GetTickCount64();

    stage_leave();
    if (host_refs(&stage.site) != 1)
        return STRAY;
    while (SiteBridgeCanUnloadNow() != S_OK && GetTickCount64() - start < MOMENT)
        Sleep(1);
    return S_OK;
}

static HRESULT release_in_mta(void)
{
    return release_in(IN_MTA);
}

static HRESULT release_in_sta(void)
{
    return release_in(IN_STA);
}

static HRESULT release_in_none(void)
{
    return release_in(IN_NONE);
}

/* Home's apartment ends, and its thread begins another. */
static void end_home(void *context)
{
    (void)context;
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
}

static HRESULT home_ends(void)
{
    home_run(&stage.home, end_home, NULL);
    return host_refs(&stage.site) == 1 ? S_OK : STRAY;
}

/* A site in the MTA, which is home while one thread of it is there. */
static Home mta_home;

static void mta_begin(void)
{
    home_start(&mta_home, IN_MTA);
    stage_bridge();
    stage.site.thread = 0;
}

static HRESULT mta_site(void)
{
    HRESULT hr = home_set_site(&mta_home, stage.bridge, &stage.site);
    Ask question = { 0 };

    if (FAILED(hr))
        return hr;
    question.bridge = stage.bridge;
    thread_run(IN_STA, ask, &question);
    if (question.hr != S_OK)
        return question.answered ? question.hr : STRAY;
    return home_set_site(&mta_home, stage.bridge, NULL);
}

static void mta_end(void)
{
    home_run(&mta_home, release, NULL);
    stage.bridge = NULL;
    home_stop(&mta_home);
}

static void agile_begin(void)
{
    stage_bridge();
    stage.site.thread = 0;
    stage.site.agile = TRUE;
}

static HRESULT agile_site(void)
{
    Ask question = { 0 };
    HRESULT hr = stage_set_site();

    if (FAILED(hr))
        return hr;
    question.bridge = stage.bridge;
    thread_run(IN_STA, ask, &question);
    return question.answered ? question.hr : STRAY;
}

/* The bridge as a COM object */

static HRESULT query_interface(const IID *iid)
{
    IUnknown *object = (IUnknown *)1;
    HRESULT hr = SiteBridgeQueryInterface(stage.bridge, iid, (void **)&object);

    if (SUCCEEDED(hr) != (object != NULL))
        return STRAY;
    if (object)
        IUnknown_Release(object);
    return hr;
}

static HRESULT query_marshal(void)
{
    return query_interface(&IID_IMarshal);
}

static HRESULT query_object(void)
{
    return query_interface(&IID_IObjectWithSite);
}

typedef struct SiteCall {
    IObjectWithSite *object;
    IUnknown *site;
    HRESULT hr;
} SiteCall;

static void set_and_get_site(void *context)
{
    SiteCall *call = context;

    call->site = (IUnknown *)1;
    call->hr = IObjectWithSite_SetSite(call->object, (IUnknown *)host_site(&stage.site));
    if (FAILED(call->hr))
        return;
    call->hr = IObjectWithSite_GetSite(call->object, &IID_IUnknown, (void **)&call->site);
    if (SUCCEEDED(call->hr) != (call->site != NULL))
        call->hr = STRAY;
    else if (call->site)
        IUnknown_Release(call->site);
}

static HRESULT object_with_site(void)
{
    SiteCall call = { NULL, NULL, E_PENDING };
    HRESULT hr;

    hr = SiteBridgeQueryInterface(stage.bridge, &IID_IObjectWithSite, (void **)&call.object);
    if (FAILED(hr))
        return hr;
    home_run(&stage.home, set_and_get_site, &call);
    IObjectWithSite_Release(call.object);
    return call.hr;
}

static void set_object_at_home(void *context)
{
    *(HRESULT *)context = SiteBridgeSetObject(stage.bridge, (IUnknown *)host_site(&stage.site));
}

static HRESULT set_object(void)
{
    HRESULT hr = E_PENDING;

    home_run(&stage.home, set_object_at_home, &hr);
    return hr;
}

const Scenario bridge_scenarios[] = {
    { "create", nothing, create, nothing, S_OK, S_OK, AGAIN, FALSE },
    { "site", stage_bridge, stage_set_site, stage_leave, S_OK, S_OK, AGAIN, FALSE },
    { "replace", stage_sited_with_mta_proxy, replace, stage_leave, S_OK, S_OK, AGAIN, FALSE },
    { "unsite", stage_sited_with_mta_proxy, unsite, stage_leave, S_OK, S_OK, AGAIN, TRUE },
    { "release at home", stage_sited_with_mta_proxy, release_at_home, nothing, S_OK, S_OK, NOT_AGAIN, TRUE },
    { "release in the MTA", stage_sited, release_in_mta, nothing, S_OK, S_OK, NOT_AGAIN, TRUE },
    { "release in an STA", stage_sited_with_mta_proxy, release_in_sta, nothing, S_OK, S_OK, NOT_AGAIN, TRUE },
    { "release without COM", stage_sited, release_in_none, nothing, S_OK, S_OK, NOT_AGAIN, TRUE },
    { "home ends", stage_sited_with_mta_proxy, home_ends, stage_leave, S_OK, S_OK, NOT_AGAIN, TRUE },
    { "site in the MTA", mta_begin, mta_site, mta_end, S_OK, RPC_E_WRONG_THREAD, AGAIN, FALSE },
    { "agile site", agile_begin, agile_site, stage_leave, S_OK, S_OK, AGAIN, FALSE },
    { "query IMarshal", stage_bridge, query_marshal, stage_leave, S_OK, S_OK, AGAIN, FALSE },
    { "query IObjectWithSite", stage_bridge, query_object, stage_leave, S_OK, S_OK, AGAIN, FALSE },
    { "IObjectWithSite", stage_bridge, object_with_site, stage_leave, S_OK, S_OK, AGAIN, FALSE },
    { "object", stage_bridge, set_object, stage_leave, S_OK, S_OK, AGAIN, FALSE },
};
const size_t bridge_scenario_count = sizeof bridge_scenarios / sizeof bridge_scenarios[0];
