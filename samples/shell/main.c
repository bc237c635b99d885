/*
 * A shell that hosts one package, as Visual Studio does: services on the main thread, which is a
 * single-threaded apartment with a message loop; the package by its .pkgdef, or from a bare DLL. It
 * has a console for a face, and on request a window as well.
 */
#define COBJMACROS
#include <windows.h>
#include <objbase.h>
#include <stdlib.h>
#include <wchar.h>

#include "agile.h"
#include "calls.h"
#include "command.h"
#include "console.h"
#include "exits.h"
#include "loop.h"
#include "options.h"
#include "output.h"
#include "package.h"
#include "pkgdef.h"
#include "provider.h"
#include "proxies.h"
#include "site.h"
#include "solution.h"
#include "status.h"
#include "watchdog.h"
#include "window.h"

/* The sample package's: what a bare DLL is taken to have. */
static const CLSID todo_package = {
    0x858b9f29, 0x247b, 0x4c9c, {0xa1, 0x04, 0xe0, 0xe9, 0x94, 0xeb, 0xd9, 0x96}};

enum { NOTHING_BEGINS = 30000 /* ms */, TEXT_ALONE = 2000 /* ms */ };

/* What the message loop waits for. */
enum { CLOSING, LATE, IDLE, BEGUN, EVENTS };

typedef struct References {
    ULONG site, output, status, solution, provider;
} References;

typedef struct Shell {
    Options options;
    Pkgdef pkgdef;
    HANDLE events[EVENTS];
    SiteService services[3];
    IServiceProvider *site;
    Provider provider;
    Package package;
} Shell;

static References count_references(const WCHAR *when)
{
    References count = {site_references(), output_references(), status_references(),
                        solution_references(), provider_references()};

    console_say(L"references %ls: site %lu, output window %lu, status bar %lu, solution %lu, "
                L"asynchronous provider %lu",
                when, count.site, count.output, count.status, count.solution, count.provider);
    return count;
}

static BOOL same_references(const References *one, const References *two)
{
    return one->site == two->site && one->output == two->output && one->status == two->status &&
           one->solution == two->solution && one->provider == two->provider;
}

static void begin_services(Shell *shell)
{
    IVsStatusbar *bar = status_begin(shell->events[BEGUN], shell->events[IDLE],
                                     shell->options.blocked_until);
    SiteService services[] = {
        {IID_IVsOutputWindow, (IUnknown *)output_begin(shell->events[CLOSING])},
        {IID_IVsStatusbar, (IUnknown *)(shell->options.agile_site ? agile_status(bar) : bar)},
        {IID_IVsSolution, (IUnknown *)solution_begin(shell->options.folder)},
    };

    ResetEvent(shell->events[BEGUN]);
    ResetEvent(shell->events[IDLE]);
    CopyMemory(shell->services, services, sizeof services);
    shell->site = site_begin(shell->services, sizeof services / sizeof services[0]);
    if (shell->options.agile_site)
        shell->site = agile_site(shell->site);
    shell->provider = provider_begin();
}

static void end_services(void)
{
    site_end();
    solution_end();
    status_end();
    output_end();
}

/* Whether the package has shown progress or a text by now, or does so soon. */
static BOOL is_busy(Shell *shell)
{
    HANDLE events[] = {shell->events[CLOSING], shell->events[LATE], shell->events[BEGUN]};
    return loop_run(events, 3, NOTHING_BEGINS) != LOOP_TIMEOUT;
}

/* Until the package has begun and ended. Returns an exit code; *closing: it is to be closed now. */
static int await_idle(Shell *shell, BOOL *closing)
{
    int woken;

    if (!is_busy(shell)) {
        console_say(L"the package has shown nothing for %d seconds", NOTHING_BEGINS / 1000);
        return EXIT_NOTHING_BEGAN;
    }
    /* A text alone may be all that there will be. */
    do
        woken = loop_run(shell->events, IDLE + 1,
                         status_is_in_progress() ? INFINITE : TEXT_ALONE);
    while (woken == LOOP_TIMEOUT && status_is_in_progress());
    *closing = woken == CLOSING || woken == LATE;
    if (woken == LATE)
        console_say(L"the time is over");
    return woken == LATE ? EXIT_TIMEOUT : EXIT_FINE;
}

static int carry_out(Shell *shell)
{
    HRESULT hr;

    ResetEvent(shell->events[BEGUN]);
    ResetEvent(shell->events[IDLE]);
    hr = command_carry_out();
    if (FAILED(hr))
        console_say(L"the package does not carry out the command (error 0x%08lx)",
                    (unsigned long)hr);
    return SUCCEEDED(hr) ? EXIT_FINE : EXIT_NO_COMMAND;
}

/* Until the user, the time or the package ends it. Returns an exit code. */
static int stay(Shell *shell)
{
    BOOL closing = FALSE;
    int code = EXIT_FINE;

    if (shell->options.command || shell->options.until_idle)
        code = await_idle(shell, &closing);
    if (code == EXIT_FINE && !closing && shell->options.command) {
        code = carry_out(shell);
        if (code == EXIT_FINE && shell->options.until_idle)
            code = await_idle(shell, &closing);
    }
    if (code != EXIT_FINE || closing || shell->options.until_idle)
        return code;
    if (loop_run(shell->events, LATE + 1, INFINITE) == LATE) {
        console_say(L"the time is over");
        return EXIT_TIMEOUT;
    }
    return EXIT_FINE;
}

static int live(Shell *shell)
{
    int code = package_site(&shell->package, shell->site);

    if (code != EXIT_FINE)
        return code;
    if (shell->pkgdef.allows_background_load)
        code = package_initialize(&shell->package, &shell->provider);
    if (code == EXIT_FINE) {
        command_begin((IUnknown *)shell->package.object);
        window_enable_command(command_is_enabled());
        code = stay(shell);
        window_enable_command(FALSE);
        command_end();
    }
    if (code == EXIT_FINE && !package_query_close(&shell->package)) {
        console_say(L"the package does not want to be closed; press Ctrl+C to end without it");
        ResetEvent(shell->events[CLOSING]);
        loop_run(shell->events, LATE + 1, INFINITE);
    }
    calls_reject_all(shell->options.busy_closing);
    package_close(&shell->package);
    calls_reject_all(FALSE);
    return code;
}

static int run(Shell *shell)
{
    References before, after;
    int code;

    begin_services(shell);
    calls_reset();
    code = package_load(&shell->package, shell->pkgdef.dll, &shell->pkgdef.clsid);
    if (code != EXIT_FINE) {
        package_unload(&shell->package);
    } else {
        before = count_references(L"before SetSite");
        code = live(shell);
        package_unload(&shell->package);
        after = count_references(L"after Close");
        calls_say();
        if (code == EXIT_FINE && (!same_references(&before, &after) || !calls_all_on_main_thread()))
            code = EXIT_LEAK;
    }
    end_services();
    return code;
}

/* What is to be done next; waits until somebody says. */
static WindowWish next_wish(Shell *shell, int *code)
{
    WindowWish wish;
    WCHAR *folder;

    if (loop_run(shell->events, LATE + 1, INFINITE) == LATE) {
        *code = EXIT_TIMEOUT;
        return WISH_EXIT;
    }
    wish = window_take_wish(&folder);
    if (wish == WISH_OPEN) {
        free(shell->options.folder);
        shell->options.folder = folder;
    }
    /* The window wishes nothing: it was Ctrl+C. */
    return wish == WISH_NOTHING ? WISH_EXIT : wish;
}

/* The package works on one folder after another, until the user has enough. */
static int run_in_window(Shell *shell)
{
    WindowWish wish = shell->options.folder ? WISH_OPEN : WISH_STOP;
    int code = EXIT_FINE;

    if (!window_begin(shell->events[CLOSING])) {
        console_say(L"there is no window to be had (error %lu)", GetLastError());
        return EXIT_SYSTEM;
    }
    while (wish != WISH_EXIT) {
        if (wish == WISH_OPEN) {
            window_open(shell->options.folder);
            code = run(shell);
            window_close();
            if (code != EXIT_FINE || shell->options.until_idle)
                break;
        }
        wish = next_wish(shell, &code);
    }
    window_end();
    return code;
}

static HRESULT begin(Shell *shell)
{
    HRESULT hr;

    for (int i = 0; i < EVENTS; i++) {
        shell->events[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (!shell->events[i])
            return HRESULT_FROM_WIN32(GetLastError());
    }
    if (!watchdog_begin(shell->options.timeout, shell->events[LATE]) ||
        !console_watch(shell->events[CLOSING]) || (shell->options.agile_site && !agile_begin()))
        return HRESULT_FROM_WIN32(GetLastError());
    hr = calls_begin(shell->options.busy);
    return SUCCEEDED(hr) && !shell->options.no_proxies ? proxies_begin() : hr;
}

/* Where the package is and how it is to be loaded. Returns an exit code. */
static int describe(const Options *options, Pkgdef *pkgdef)
{
    const CLSID *clsid = IsEqualGUID(&options->clsid, &GUID_NULL) ? NULL : &options->clsid;

    if (pkgdef_is(options->package)) {
        int code = pkgdef_read(pkgdef, options->package, clsid);

        if (code == EXIT_FINE && pkgdef->auto_load &&
            !(pkgdef->allows_background_load && (pkgdef->auto_load_flags & AUTOLOAD_IN_BACKGROUND)))
            console_say(L"Visual Studio would not load this package by itself: it is not to be "
                        L"loaded in the background");
        return code;
    }
    ZeroMemory(pkgdef, sizeof *pkgdef);
    pkgdef->clsid = clsid ? *clsid : todo_package;
    pkgdef->dll = _wcsdup(options->package);
    return pkgdef->dll ? EXIT_FINE : EXIT_SYSTEM;
}

/* Not every compiler's headers declare it. */
int wmain(int argc, WCHAR **argv);

int wmain(int argc, WCHAR **argv)
{
    static Shell shell;
    int code = options_parse(argc, argv, &shell.options);
    HRESULT hr;

    if (code == EXIT_FINE && !shell.options.help)
        code = describe(&shell.options, &shell.pkgdef);
    if (code == EXIT_FINE && !shell.options.help) {
        hr = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE);
        if (SUCCEEDED(hr)) {
            hr = begin(&shell);
            if (SUCCEEDED(hr))
                code = shell.options.window ? run_in_window(&shell) : run(&shell);
            agile_end();
            calls_end();
            CoUninitialize();
        }
        if (FAILED(hr)) {
            console_say(L"cannot start (error 0x%08lx)", (unsigned long)hr);
            code = EXIT_SYSTEM;
        }
        watchdog_end();
    }
    free(shell.pkgdef.dll);
    options_free(&shell.options);
    return code;
}
