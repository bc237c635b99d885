/*
 * What is tried with each fault: something a user of the library does, from what he has at that moment.
 *
 * begin makes what he has, without faults. act does it, and while it runs the fault is armed, for every
 * thread; it returns what the library said, and STRAY where something else did not go with that: an
 * out-pointer, a reference, a site. end gives everything back.
 */
#ifndef TEST_FAULTS_SCENARIO_H
#define TEST_FAULTS_SCENARIO_H

#include "../harness.h"

#include <ocidl.h>

#include <sitebridge/package.h>

#define STRAY ((HRESULT)0xE0000001)

typedef enum Again { AGAIN, AGAIN_AFTER_FAILURE, NOT_AGAIN } Again;

typedef struct Scenario {
    const char *name;
    void (*begin)(void);
    HRESULT (*act)(void);
    void (*end)(void);
    HRESULT normal;             /* what act returns without a fault */
    HRESULT also;               /* what else a home that is not known as such may be called */
    Again again;                /* without a fault, on what the faulty one has left: it succeeds */
    BOOL sure;                  /* it cannot fail: whatever the fault, the result is the normal one */
} Scenario;

/* One home for all, since Wine has room for 63 threads that were ever home. */
typedef struct Stage {
    Home home;
    Host site, other;
    SiteBridge *bridge;
} Stage;
extern Stage stage;

void stage_bridge(void);                /* a bridge without a site */
void stage_sited(void);
void stage_sited_with_mta_proxy(void);
void stage_leave(void);                 /* gives up the bridge; at home */
HRESULT stage_set_site(void);

extern const Scenario bridge_scenarios[], service_scenarios[], package_scenarios[];
extern const size_t bridge_scenario_count, service_scenario_count, package_scenario_count;

#endif
