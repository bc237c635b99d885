/*
 * The main thread's message loop, which is what lets COM deliver calls from other apartments.
 */
#ifndef SHELL_LOOP_H
#define SHELL_LOOP_H

#include <windows.h>

enum { LOOP_TIMEOUT = -1, LOOP_QUIT = -2 };

/*
 * Dispatches messages until one of the events is signaled, and returns its index; or until the time
 * is over, or a WM_QUIT arrives.
 */
int loop_run(const HANDLE *events, DWORD count, DWORD milliseconds);

#endif
