/*
 * Puts the scan's results into the output pane. Each text for the pane goes to the main thread, so
 * lines are gathered and go there many at a time.
 */
#ifndef TODO_REPORT_H
#define TODO_REPORT_H

#include <windows.h>

#include "match.h"
#include "services.h"

enum { REPORT_BUFFER = 64 * 1024, REPORT_PATH = 33 * 1024 };

typedef struct Report {
    Services *services; /* borrowed */
    ULONGLONG flushed;  /* when, in GetTickCount64's time */
    DWORD length;
    WCHAR text[REPORT_BUFFER];
    WCHAR line[MATCH_TEXT];
} Report;

void report_begin(Report *report, Services *services);

/* Each: FALSE when the pane has failed. */
BOOL report_finding(Report *report, const WCHAR *path, const MatchLine *line);
BOOL report_unreadable(Report *report, const WCHAR *path, DWORD error);
BOOL report_text(Report *report, const WCHAR *text); /* a line without its end */
BOOL report_flush(Report *report);
BOOL report_flush_sometimes(Report *report); /* when the last time is a moment ago */

#endif
