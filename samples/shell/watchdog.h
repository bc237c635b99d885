/*
 * Sees to it that the shell ends in time, whatever hangs.
 */
#ifndef SHELL_WATCHDOG_H
#define SHELL_WATCHDOG_H

#include <windows.h>

/*
 * Signals late when the time is over. Where watchdog_end has not been called a while after that,
 * ends the process with EXIT_TIMEOUT.
 */
BOOL watchdog_begin(DWORD milliseconds, HANDLE late);
void watchdog_end(void);

#endif
