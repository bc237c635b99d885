/*
 * Scans a folder's source files for TODO, FIXME and HACK, and says what it finds as it finds it.
 * Plain Win32: it knows nothing of COM or of Visual Studio.
 */
#ifndef TODO_SCAN_H
#define TODO_SCAN_H

#include <windows.h>

#include "match.h"

typedef struct ScanTotals {
    ULONGLONG files; /* looked into */
    ULONGLONG findings;
    ULONGLONG files_with_findings;
    ULONGLONG unreadable; /* files and folders */
    ULONG done, total; /* of the folder's own entries: how many reached, and how many there are */
} ScanTotals;

/* Paths are below the folder, "" is the folder itself. What returns FALSE ends the scan. */
typedef struct ScanEvents {
    BOOL (*finding)(void *context, const WCHAR *path, const MatchLine *line);
    BOOL (*unreadable)(void *context, const WCHAR *path, DWORD error);
    BOOL (*progress)(void *context, const ScanTotals *totals); /* after each file */
    void *context;
} ScanEvents;

/*
 * Until the end, or until stop is signaled: ERROR_SUCCESS, ERROR_CANCELLED where stop or an event
 * ended it, or why it could not begin. A file or folder that cannot be read does not end it.
 */
DWORD scan_folder(const WCHAR *folder, HANDLE stop, const ScanEvents *events, ScanTotals *totals);

#endif
