/*
 * Fault injection: in every scenario, every call of every function that the library imports fails in
 * turn, alone and together with all later ones, until a run meets no fault. Afterwards the result is one
 * that fits, the same thing succeeds, and nothing is left over.
 */
#include "scenario.h"

#include <stdio.h>

#include "../import.h"
#include "../ledger.h"
#include "injector.h"

enum { FUNCTIONS_MOST = 64 };

static LONG faults_tried, complaints;
static BOOL has_failed[FUNCTIONS_MOST];

/* What a fault may come out as. */
static BOOL result_fits(const Scenario *scenario, const Fault *fault, HRESULT hr)
{
    if (hr == scenario->normal)
        return TRUE;
    if (hr == STRAY || scenario->sure || SUCCEEDED(hr))
        return FALSE;
    return hr == fault->result || hr == HRESULT_FROM_WIN32(ERROR_NOT_ENOUGH_MEMORY) ||
           (fault->notice == NOW_AND_THEN && (hr == CO_E_NOT_SUPPORTED || hr == scenario->also));
}

/* On home, since a hook can be taken off there only. */
static void ask_library(void *context)
{
    *(HRESULT *)context = SiteBridgeCanUnloadNow();
}

static BOOL library_is_idle(void *context)
{
    HRESULT hr;

    (void)context;
    home_run(&stage.home, ask_library, &hr);
    return hr == S_OK;
}

/*
 * The accounts of every run are looked at when all of a kind have been made, since the library gives
 * some things back a second late.
 */
enum { RUNS = 8192 };
static struct Run {
    const Scenario *scenario;
    const Fault *fault;
    LONG nth;
    BOOL for_good;
    LedgerMark begin;
} runs[RUNS], now;
static size_t run_count;

static void complain(const char *what, HRESULT hr)
{
    complaints++;
    print_error("%s, with call %ld of %s failing%s: %s (0x%08lx)\n", now.scenario->name, (long)now.nth,
                now.fault ? now.fault->name : "nothing", now.for_good ? " and all later ones" : "",
                what, (unsigned long)hr);
}

static BOOL everything_is_even(void *context)
{
    (void)context;
    return ledger_is_even(runs[0].begin, LEDGER_NOW);
}

static void balance_runs(void)
{
    LedgerMark end;
    size_t i;

    if (run_count == 0 || eventually(everything_is_even, NULL))
        return;
    for (i = 0; i < run_count; i++) {
        end = i + 1 < run_count ? runs[i + 1].begin : LEDGER_NOW;
        if (!ledger_is_even(runs[i].begin, end)) {
            now = runs[i];
            ledger_print(runs[i].begin, end);
            complain("something is left", 0);
        }
    }
}

/* FALSE where the fault was not met: there are no more. */
static BOOL try_fault(const Scenario *scenario, int index, LONG nth, BOOL for_good)
{
    LONG references = host_references(), strikes;
    BOOL is_noticed;
    HRESULT hr;

    now.scenario = scenario;
    now.fault = index < 0 ? NULL : fault_at(index);
    now.nth = nth;
    now.for_good = for_good;
    now.begin = ledger_mark();
    if (run_count < RUNS)
        runs[run_count++] = now;
    scenario->begin();
    fault_arm(index, nth, for_good);
    hr = scenario->act();
    strikes = fault_disarm();
    if (strikes == 0 ? hr != scenario->normal : !result_fits(scenario, now.fault, hr))
        complain("an unexpected result", hr);
    is_noticed = strikes > 0 && (now.fault->notice == NOTICED || now.fault->notice == RECLAIMED);
    if (is_noticed && SUCCEEDED(hr) && for_good && nth == 1 && !scenario->sure)
        complain("went unnoticed", hr);
    if (scenario->again == AGAIN || (scenario->again == AGAIN_AFTER_FAILURE && FAILED(hr))) {
        hr = scenario->act();
        if (hr != scenario->normal)
            complain("does not succeed afterwards", hr);
    }
    scenario->end();
    if (!eventually(library_is_idle, NULL)) {
        ledger_print(now.begin, LEDGER_NOW);
        complain("the library is not idle", 0);
        fail();
    }
    if (host_references() != references)
        complain("a reference is left", 0);
    if ((stage.site.wrong_threads || stage.other.wrong_threads) &&
        !(for_good && is_noticed && now.fault->notice == RECLAIMED))
        complain("a reference was given back elsewhere", 0);
    if (strikes > 0) {
        faults_tried++;
        has_failed[index] = TRUE;
    }
    return strikes > 0;
}

static void try_scenario(const Scenario *scenario)
{
    LONG called[FUNCTIONS_MOST], nth;
    int index, for_good, modes;

    /* Without a fault, to see what is called at all. */
    try_fault(scenario, -1, 0, FALSE);
    for (index = 0; index < faults_count(); index++)
        called[index] = fault_calls(index);
    for (index = 0; index < faults_count(); index++) {
        modes = called[index] == 0 ? 0 : fault_at(index)->notice == NOW_AND_THEN ? 1 : 2;
        for (for_good = 0; for_good < modes; for_good++)
            for (nth = 1; try_fault(scenario, index, nth, for_good); nth++)
                ;
    }
}

/* On top of the ledger, which counts what has really been got. */
static void install(void)
{
    static BOOL installed;

    if (!installed && !faults_install(import_source("SiteBridgeCreate")))
        fail_msg("%s", "the library does not import what is to fail");
    installed = TRUE;
}

static void try_scenarios(const Scenario *scenarios, size_t count)
{
    size_t i;

    install();
    complaints = 0;
    run_count = 0;
    for (i = 0; i < count; i++) {
        LONG before = faults_tried;
        ULONGLONG start = GetTickCount64();

        try_scenario(&scenarios[i]);
        printf("%-30s %4ld faults %6lu ms\n", scenarios[i].name, (long)(faults_tried - before),
               (unsigned long)(GetTickCount64() - start));
    }
    balance_runs();
    assert_int_equal(0, complaints);
}

static void faults_while_siting_and_letting_go(void **state)
{
    (void)state;
    try_scenarios(bridge_scenarios, bridge_scenario_count);
}

static void faults_while_asking_for_services(void **state)
{
    (void)state;
    try_scenarios(service_scenarios, service_scenario_count);
}

static void faults_in_packages(void **state)
{
    (void)state;
    try_scenarios(package_scenarios, package_scenario_count);
}

static void every_function_has_failed(void **state)
{
    int index, missed = 0;

    (void)state;
    for (index = 0; index < faults_count(); index++) {
        if (has_failed[index])
            continue;
        missed++;
        print_error("%s has not failed in any scenario\n", fault_at(index)->name);
    }
    assert_int_equal(0, missed);
}

int main(void)
{
    static const Test tests[] = {
        { "faults_while_siting_and_letting_go", faults_while_siting_and_letting_go, 300 },
        { "faults_while_asking_for_services", faults_while_asking_for_services, 300 },
        { "faults_in_packages", faults_in_packages, 300 },
        TEST(every_function_has_failed),
    };
    int failed;

    home_start(&stage.home, IN_STA);
    failed = RUN("faults", tests);
    home_stop(&stage.home);
    printf("%ld faults tried\n", (long)faults_tried);
    return failed;
}
