/*
 * SVsStatusbar: texts go to standard error, and so does progress where that is a console; both go
 * to the window.
 */
#ifndef SHELL_STATUS_H
#define SHELL_STATUS_H

#include <windows.h>

#include "vsservices.h"

/*
 * The status bar; lives as long as the shell. begun is signaled when a first progress begins, or a
 * text is shown; idle
 * whenever one has ended and none is left. blocked_until may be NULL: with the first progress, the
 * main thread waits for that file, and dispatches nothing.
 */
IVsStatusbar *status_begin(HANDLE begun, HANDLE idle, const WCHAR *blocked_until);
BOOL status_is_in_progress(void);
ULONG status_references(void);
void status_end(void);

#endif
