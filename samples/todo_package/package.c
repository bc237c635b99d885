/*
 * The sample package: lists every TODO, FIXME and HACK of the open folder in an output pane, when
 * it is loaded and on command. It works on a background thread, and has its services from there.
 */
#define COBJMACROS
#include <sitebridge/package.h>

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "report.h"
#include "scan.h"
#include "services.h"
#include "target.h"

enum { MOMENT = 100 /* ms */, SUMMARY = 256 };

/* One worker scans. Who wants another scan meanwhile has it go on with that one. */
typedef enum Scanning { NOT_SCANNING, SCANNING, SCANNING_AGAIN_NEXT } Scanning;

typedef struct Todo {
    Target target;
    SRWLOCK lock; /* guards what follows */
    Scanning scanning;
} Todo;

typedef struct Job {
    Services *services;
    ULONGLONG shown; /* when progress was last shown */
    Report report;
} Job;

static void show_progress(Job *job, const WCHAR *label, ULONG done, ULONG total)
{
    services_show_progress(job->services, label, done, total);
    job->shown = GetTickCount64();
}

static BOOL on_finding(void *context, const WCHAR *path, const MatchLine *line)
{
    Job *job = context;
    return report_finding(&job->report, path, line);
}

static BOOL on_unreadable(void *context, const WCHAR *path, DWORD error)
{
    Job *job = context;
    return report_unreadable(&job->report, path, error);
}

static BOOL on_progress(void *context, const ScanTotals *totals)
{
    Job *job = context;

    if (GetTickCount64() - job->shown >= MOMENT) {
        WCHAR label[SUMMARY];
        swprintf(label, SUMMARY, L"TODO: %llu findings in %llu files", totals->findings,
                 totals->files);
        show_progress(job, label, totals->done, totals->total);
    }
    return report_flush_sometimes(&job->report);
}

static void report_statistics(Job *job, IVsPackage *package)
{
    SiteBridgeStatistics statistics = {.size = sizeof statistics};
    WCHAR line[SUMMARY];
    SiteBridge *bridge;

    if (FAILED(SitePackageGetBridge(package, &bridge)))
        return;
    if (SUCCEEDED(SiteBridgeGetStatistics(bridge, &statistics))) {
        swprintf(line, SUMMARY,
                 L"bridge: %lu packets marshaled, %lu unmarshaled, %lu reclaimed, "
                 L"%lu proxies cached, %lu calls in flight",
                 statistics.packets_marshaled, statistics.packets_unmarshaled,
                 statistics.packets_reclaimed, statistics.proxies_cached,
                 statistics.calls_in_flight);
        report_text(&job->report, line);
    }
    SiteBridgeRelease(bridge);
}

static void scan(Job *job, IVsPackage *package, HANDLE stop)
{
    ScanEvents events = {on_finding, on_unreadable, on_progress, job};
    ScanTotals totals;
    WCHAR summary[SUMMARY];
    DWORD error;

    report_begin(&job->report, job->services);
    show_progress(job, L"TODO", 0, 0);
    error = scan_folder(job->services->folder, stop, &events, &totals);
    swprintf(summary, SUMMARY, L"TODO: %llu findings in %llu of %llu files, %llu unreadable%ls",
             totals.findings, totals.files_with_findings, totals.files, totals.unreadable,
             error == ERROR_SUCCESS     ? L""
             : error == ERROR_CANCELLED ? L"; stopped before the end"
                                        : L"; out of memory");
    report_text(&job->report, summary);
    report_statistics(job, package);
    report_flush(&job->report);
    /* Last: whoever waits for the progress to end may close us then. */
    services_end_progress(job->services, summary);
}

/* Says so where it can be seen, and leaves no progress behind. */
static void give_up(Job *job, HRESULT reason)
{
    WCHAR text[SUMMARY];

    if (SUCCEEDED(reason))
        swprintf(text, SUMMARY, L"TODO: no folder is open");
    else
        swprintf(text, SUMMARY, L"TODO: a service could not be had (error 0x%08lx)",
                 (unsigned long)reason);
    log_write(text);
    log_write(L"\n");
    show_progress(job, text, 0, 0);
    services_end_progress(job->services, text);
}

static HRESULT scan_once(IVsPackage *package, HANDLE stop)
{
    Job *job = calloc(1, sizeof *job);
    HRESULT hr;

    if (!job)
        return E_OUTOFMEMORY;
    job->services = services_create(stop);
    if (!job->services) {
        free(job);
        return E_OUTOFMEMORY;
    }
    hr = services_fetch(job->services, package);
    if (SUCCEEDED(hr) && job->services->folder && job->services->folder[0] != L'\0')
        scan(job, package, stop);
    else
        give_up(job, hr);
    services_release(job->services);
    free(job);
    return hr;
}

/* Whether there is one more to be made. */
static BOOL end_scan(Todo *todo)
{
    BOOL again;

    AcquireSRWLockExclusive(&todo->lock);
    again = todo->scanning == SCANNING_AGAIN_NEXT;
    todo->scanning = again ? SCANNING : NOT_SCANNING;
    ReleaseSRWLockExclusive(&todo->lock);
    return again;
}

static DWORD CALLBACK work(IVsPackage *package, HANDLE stop, void *context)
{
    HRESULT hr;

    do
        hr = scan_once(package, stop);
    while (end_scan(context) && WaitForSingleObject(stop, 0) == WAIT_TIMEOUT);
    return SUCCEEDED(hr) ? ERROR_SUCCESS : (DWORD)hr;
}

static HRESULT begin_scan(Target *target)
{
    Todo *todo = CONTAINING_RECORD(target, Todo, target);
    BOOL is_scanning;
    HRESULT hr = S_OK;

    AcquireSRWLockExclusive(&todo->lock);
    is_scanning = todo->scanning != NOT_SCANNING;
    todo->scanning = is_scanning ? SCANNING_AGAIN_NEXT : SCANNING;
    ReleaseSRWLockExclusive(&todo->lock);
    if (!is_scanning) {
        hr = SitePackageRunInBackground(target->package, work, todo);
        if (FAILED(hr))
            end_scan(todo);
    }
    return hr;
}

static HRESULT CALLBACK sited(IVsPackage *package, IServiceProvider *site, void *context)
{
    Todo *todo = context;

    (void)package;
    (void)site;
    return begin_scan(&todo->target);
}

static HRESULT CALLBACK query_interface(IVsPackage *package, REFIID riid, void **ppv, void *context)
{
    Todo *todo = context;

    if (!IsEqualIID(riid, &IID_IOleCommandTarget))
        return E_NOINTERFACE;
    IVsPackage_AddRef(package);
    *ppv = &todo->target.commands;
    return S_OK;
}

static void CALLBACK destroyed(void *context)
{
    free(context);
}

/*
 * Visual Studio loads no package by itself that cannot be loaded asynchronously. Everything that
 * takes time here is the worker's, which has been started when the package was sited, however it is
 * loaded: it waits for home where home is not ready for it yet.
 */
static HRESULT CALLBACK initialize(IVsPackage *package, IAsyncServiceProvider *provider,
                                   IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                   void *context)
{
    (void)package;
    (void)provider;
    (void)proffer;
    (void)progress;
    (void)context;
    return S_OK;
}

static HRESULT CALLBACK create(REFIID riid, void **ppv)
{
    static const SitePackageEvents events = {.size = sizeof events,
                                             .sited = sited,
                                             .destroyed = destroyed,
                                             .initialize = initialize,
                                             .query_interface = query_interface};
    Todo *todo = calloc(1, sizeof *todo);
    HRESULT hr;

    *ppv = NULL;
    if (!todo)
        return E_OUTOFMEMORY;
    target_init(&todo->target, begin_scan);
    hr = SitePackageCreate(&events, todo, &IID_IVsPackage, (void **)&todo->target.package);
    if (FAILED(hr)) {
        free(todo);
        return hr;
    }
    hr = IVsPackage_QueryInterface(todo->target.package, riid, ppv);
    /* The package's own pointer to itself is not counted. */
    IVsPackage_Release(todo->target.package);
    return hr;
}

/* {858B9F29-247B-4C9C-A104-E0E994EBD996} */
static const CLSID clsid = {
    0x858b9f29, 0x247b, 0x4c9c, {0xa1, 0x04, 0xe0, 0xe9, 0x94, 0xeb, 0xd9, 0x96}};
static const SitePackageClass classes[] = {{&clsid, create}};

STDAPI DllGetClassObject(REFCLSID rclsid, REFIID riid, void **ppv)
{
    return SitePackageGetClassObject(classes, 1, rclsid, riid, ppv);
}

STDAPI DllCanUnloadNow(void)
{
    return SitePackageCanUnloadNow();
}
