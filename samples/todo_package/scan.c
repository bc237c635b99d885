#include "scan.h"

#include <stdlib.h>

#include "walk.h"

enum { PIECE = 64 * 1024 };

typedef struct Scan {
    const ScanEvents *events;
    ScanTotals *totals;
    HANDLE stop;
    Walk *walk;
    WalkEntry entry;
    HANDLE file;
    ULONGLONG findings_in_file;
    BOOL skip; /* the rest of the file */
    Match match;
    char piece[PIECE];
} Scan;

static BOOL on_found(void *context, const MatchLine *line)
{
    Scan *scan = context;

    if (scan->findings_in_file == 0 && walk_is_link(scan->walk, scan->file)) {
        scan->skip = TRUE;
        return FALSE;
    }
    scan->findings_in_file++;
    return scan->events->finding(scan->events->context, scan->entry.path, line);
}

static BOOL is_stopped(const Scan *scan)
{
    return WaitForSingleObject(scan->stop, 0) != WAIT_TIMEOUT;
}

static BOOL say_unreadable(Scan *scan, DWORD error)
{
    scan->totals->unreadable++;
    return scan->events->unreadable(scan->events->context, scan->entry.path, error);
}

/* Where reading fails in the middle, what was found before stands. */
static BOOL read_file(Scan *scan)
{
    DWORD count;

    match_begin(&scan->match, on_found, scan);
    for (;;) {
        if (is_stopped(scan))
            return FALSE;
        if (!ReadFile(scan->file, scan->piece, PIECE, &count, NULL)) {
            DWORD error = GetLastError();
            return match_end(&scan->match) && say_unreadable(scan, error);
        }
        if (count == 0)
            return match_end(&scan->match);
        if (!match_bytes(&scan->match, scan->piece, count))
            return FALSE;
    }
}

static BOOL scan_file(Scan *scan)
{
    DWORD error;
    BOOL go_on;

    scan->file = walk_open(scan->walk, &error);
    if (scan->file == INVALID_HANDLE_VALUE)
        return error == ERROR_SUCCESS || say_unreadable(scan, error);
    scan->findings_in_file = 0;
    scan->skip = FALSE;
    go_on = read_file(scan) || scan->skip;
    CloseHandle(scan->file);
    if (!scan->skip) {
        scan->totals->files++;
        scan->totals->findings += scan->findings_in_file;
        scan->totals->files_with_findings += scan->findings_in_file != 0;
    }
    return go_on;
}

static DWORD scan_entries(Scan *scan)
{
    BOOL go_on = TRUE;

    while (go_on && walk_next(scan->walk, &scan->entry) != WALK_END) {
        go_on = !is_stopped(scan) &&
                (scan->entry.kind == WALK_FILE ? scan_file(scan)
                                               : say_unreadable(scan, scan->entry.error));
        walk_progress(scan->walk, &scan->totals->done, &scan->totals->total);
        go_on = go_on && scan->events->progress(scan->events->context, scan->totals);
    }
    walk_progress(scan->walk, &scan->totals->done, &scan->totals->total);
    return go_on ? ERROR_SUCCESS : ERROR_CANCELLED;
}

DWORD scan_folder(const WCHAR *folder, HANDLE stop, const ScanEvents *events, ScanTotals *totals)
{
    Scan *scan = calloc(1, sizeof *scan);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    ZeroMemory(totals, sizeof *totals);
    if (scan) {
        scan->events = events;
        scan->totals = totals;
        scan->stop = stop;
        scan->walk = walk_begin(folder);
        if (scan->walk)
            error = scan_entries(scan);
        walk_end(scan->walk);
        free(scan);
    }
    return error;
}
