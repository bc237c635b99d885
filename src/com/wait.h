/* Waiting, as a thread of any apartment may. */
#ifndef SITEBRIDGE_WAIT_H
#define SITEBRIDGE_WAIT_H

#include <windows.h>

/* Waits for handle; in an STA it dispatches COM calls meanwhile. FALSE where the time ran out. */
BOOL wait_dispatching(HANDLE handle, DWORD milliseconds);

/* Whether this thread is inside another's SendMessage, where COM makes no call that would wait. */
BOOL wait_is_input_synchronous(void);

#endif
