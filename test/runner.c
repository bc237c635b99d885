/* Runs a group of tests, each under a watchdog, and balances its accounts. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "import.h"
#include "ledger.h"

/*
 * The watchdog: one thread for all tests, since what hangs may keep others from starting and ending.
 */

static const char *volatile watchdog_name;
static volatile ULONGLONG watchdog_deadline;    /* 0: no test is running */

static DWORD WINAPI watchdog_main(void *context)
{
    ULONGLONG deadline;

    (void)context;
    do {
        Sleep(100);
        deadline = watchdog_deadline;
    } while (!deadline || GetTickCount64() < deadline);
    fprintf(stderr, "watchdog: %s hung\n", watchdog_name);
    fflush(stderr);
    TerminateProcess(GetCurrentProcess(), 3);
    return 3;
}

static void watchdog_begin(const char *name, DWORD seconds)
{
    static HANDLE thread;

    if (!thread)
        thread = CreateThread(NULL, 0, watchdog_main, NULL, 0, NULL);
    watchdog_name = name;
    watchdog_deadline = GetTickCount64() + seconds * 1000ull;
}

static void watchdog_end(void)
{
    watchdog_deadline = 0;
}

/*
 * What a program dies of. Wine says so only where it finds its way from the crash to the thread's beginning, and
 * ends the program without a word elsewhere. Tests that crash on purpose are reported too.
 */
static LONG CALLBACK crash_report(EXCEPTION_POINTERS *exception)
{
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    static volatile LONG reports;

    switch (record->ExceptionCode) {
    case (DWORD)EXCEPTION_ACCESS_VIOLATION:
    case (DWORD)EXCEPTION_ILLEGAL_INSTRUCTION:
    case (DWORD)EXCEPTION_STACK_OVERFLOW:
    case (DWORD)STATUS_HEAP_CORRUPTION:
        if (InterlockedIncrement(&reports) > 5)
            break;
        fprintf(stderr, "exception %08lx in thread %04lx at", (unsigned long)record->ExceptionCode,
                (unsigned long)GetCurrentThreadId());
        code_print(record->ExceptionAddress);
        fprintf(stderr, "\n");
        fflush(stderr);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* The accounts */

/* A test, without what cmocka does around it. */
typedef struct Span {
    LedgerMark begin, end;
} Span;

static struct {
    Span *spans;
    const Test *tests;
    size_t count, current;
} accounts;

static BOOL excused;

void accounts_excuse(void)
{
    excused = TRUE;
}

typedef struct Balance {
    LONG com_blocks, host_references, hosts_lost;
} Balance;

static Balance balance_now(void)
{
    Balance balance;

    balance.com_blocks = com_spy_blocks();
    balance.host_references = host_references();
    balance.hosts_lost = hosts_lost();
    return balance;
}

static LONG com_blocks_left(const Balance *before)
{
    return com_spy_blocks() - before->com_blocks;
}

/* Windows' COM has caches of its own, which may grow: what is left there is printed. */
static BOOL com_blocks_are_even(const Balance *before)
{
    return !on_wine() || com_blocks_left(before) <= 0;
}

/* A thread that ends without CoUninitialize takes what it has of its hosts with it. */
static LONG host_references_left(const Balance *before)
{
    return hosts_lost() == before->hosts_lost ? host_references() - before->host_references : 0;
}

static BOOL balance_is_even(void *before)
{
    return com_blocks_are_even(before) && host_references_left(before) == 0;
}

static void run_accounted(void **state)
{
    const Test *test = *state;
    Span *span = &accounts.spans[accounts.current];
    Balance before = balance_now();
    LedgerMark begin = ledger_mark();

    excused = FALSE;
    test->run(state);
    if (excused)
        return;
    if (!eventually(balance_is_even, &before))
        fail_msg("%ld blocks of COM's and %ld references on hosts are left",
                 (long)com_blocks_left(&before), (long)host_references_left(&before));
    if (com_blocks_left(&before) > 0)
        printf("%s: COM has %ld blocks more than before\n", test->name, (long)com_blocks_left(&before));
    /* One that has failed half-way does not come here: it has left enough, and has been reported. */
    span->begin = begin;
    span->end = ledger_mark();
}

static BOOL everything_is_even(void *context)
{
    const Span *span = accounts.spans, *end = span + accounts.count;

    (void)context;
    while (span < end && ledger_is_even(span->begin, span->end))
        span++;
    return span == end;
}

/* The last test: looks at all the others', since the library gives some things back a second late. */
static void nothing_is_left_behind(void **state)
{
    const Span *span;
    size_t i;

    (void)state;
    if (eventually(everything_is_even, NULL))
        return;
    for (i = 0; i < accounts.count; i++) {
        span = &accounts.spans[i];
        if (!ledger_is_even(span->begin, span->end)) {
            print_error("%s has left behind:\n", accounts.tests[i].name);
            ledger_print(span->begin, span->end);
        }
    }
    fail();
}

typedef struct WarmUp {
    Host host;
    IStream *stream;
    HRESULT hr;
} WarmUp;

static void warm_up_marshal(void *context)
{
    WarmUp *call = context;
    IUnknown *object = (IUnknown *)host_site(&call->host), *marshaler;

    host_init(&call->host, 0);
    if (SUCCEEDED(CoCreateFreeThreadedMarshaler(NULL, &marshaler)))
        IUnknown_Release(marshaler);
    if (SUCCEEDED(CoLockObjectExternal(object, TRUE, FALSE)))
        CoDisconnectObject(object, 0);
    call->hr = CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, object, &call->stream);
}

static void warm_up_call(void *context)
{
    IServiceProvider *provider = NULL, *answer = NULL;
    WarmUp *call = context;

    call->hr = CoGetInterfaceAndReleaseStream(call->stream, &IID_IServiceProvider,
                                                 (void **)&provider);
    if (FAILED(call->hr))
        return;
    call->hr = IServiceProvider_QueryService(provider, &IID_IUnknown, &IID_IServiceProvider,
                                                (void **)&answer);
    if (SUCCEEDED(call->hr))
        IServiceProvider_Release(answer);
    IServiceProvider_Release(provider);
}

/* What COM gets for itself with the first call of a process, in either direction, is nobody's leak. */
static void warm_up(void)
{
    static WarmUp from_sta, from_mta;
    Home sta, mta;

    home_start(&sta, IN_STA);
    home_start(&mta, IN_MTA);
    home_run(&sta, warm_up_marshal, &from_sta);
    if (SUCCEEDED(from_sta.hr))
        thread_run(IN_MTA, warm_up_call, &from_sta);
    home_run(&mta, warm_up_marshal, &from_mta);
    if (SUCCEEDED(from_mta.hr))
        thread_run(IN_STA, warm_up_call, &from_mta);
    home_stop(&sta);
    home_stop(&mta);
}

static int group_setup(void **state)
{
    HMODULE library = import_source("SiteBridgeCreate");

    (void)state;
    AddVectoredExceptionHandler(TRUE, crash_report);
    watchdog_begin("the first call of the process", 60);
    com_spy_begin();
    warm_up();
    watchdog_end();
    ledger_watch(NULL);
    if (library)
        ledger_watch(library);
    return 0;
}

/* Each test, from setup to teardown */

static int guard_setup(void **state)
{
    const Test *test = *state;

    watchdog_begin(test->name, test->seconds ? test->seconds : 60);
    return 0;
}

static int guard_teardown(void **state)
{
    (void)state;
    watchdog_end();
    accounts.current++;
    return 0;
}

int run_group(const char *group, const Test *tests, size_t count)
{
    static const Test last = { "nothing_is_left_behind", nothing_is_left_behind, 0 };
    struct CMUnitTest *units = calloc(count + 1, sizeof *units);
    size_t i;
    int failed;

    setvbuf(stdout, NULL, _IONBF, 0);
    /* One test by hand: its name, or a pattern with * and ?. */
    cmocka_set_test_filter(getenv("SITEBRIDGE_TEST"));
    accounts.tests = tests;
    accounts.count = count;
    accounts.spans = calloc(count, sizeof *accounts.spans);
    for (i = 0; i <= count; i++) {
        const Test *test = i < count ? &tests[i] : &last;

        units[i].name = test->name;
        units[i].test_func = i < count ? run_accounted : test->run;
        units[i].setup_func = guard_setup;
        units[i].teardown_func = guard_teardown;
        units[i].initial_state = (void *)test;
    }
    failed = _cmocka_run_group_tests(group, units, count + 1, group_setup, NULL);
    free(accounts.spans);
    free(units);
    return failed;
}
