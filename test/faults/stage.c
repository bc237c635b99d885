#include "scenario.h"

Stage stage;

void stage_bridge(void)
{
    host_init(&stage.site, stage.home.id);
    host_init(&stage.other, stage.home.id);
    assert_hr(S_OK, SiteBridgeCreate(&stage.bridge));
}

HRESULT stage_set_site(void)
{
    return home_set_site(&stage.home, stage.bridge, &stage.site);
}

void stage_sited(void)
{
    stage_bridge();
    assert_hr(S_OK, stage_set_site());
}

void stage_sited_with_mta_proxy(void)
{
    Ask question = { 0 };

    stage_sited();
    question.bridge = stage.bridge;
    thread_run(IN_MTA, ask, &question);
    assert_hr(S_OK, question.hr);
}

static void release_bridge(void *context)
{
    (void)context;
    SiteBridgeRelease(stage.bridge);
}

void stage_leave(void)
{
    if (stage.bridge)
        home_run(&stage.home, release_bridge, NULL);
    stage.bridge = NULL;
}
