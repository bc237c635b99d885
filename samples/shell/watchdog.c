#include "watchdog.h"

#include "console.h"
#include "exits.h"

enum { GRACE = 15000 /* ms */ };

static struct {
    HANDLE thread;
    HANDLE done;
    HANDLE late;
    DWORD milliseconds;
} watchdog;

static DWORD WINAPI watch(void *context)
{
    (void)context;
    if (WaitForSingleObject(watchdog.done, watchdog.milliseconds) != WAIT_TIMEOUT)
        return 0;
    SetEvent(watchdog.late);
    if (WaitForSingleObject(watchdog.done, GRACE) != WAIT_TIMEOUT)
        return 0;
    console_say(L"the time is over and the package does not end");
    TerminateProcess(GetCurrentProcess(), EXIT_TIMEOUT);
    return 0;
}

BOOL watchdog_begin(DWORD milliseconds, HANDLE late)
{
    if (milliseconds == INFINITE)
        return TRUE;
    watchdog.late = late;
    watchdog.milliseconds = milliseconds;
    watchdog.done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (watchdog.done)
        watchdog.thread = CreateThread(NULL, 0, watch, NULL, 0, NULL);
    return watchdog.thread != NULL;
}

void watchdog_end(void)
{
    if (!watchdog.thread)
        return;
    SetEvent(watchdog.done);
    WaitForSingleObject(watchdog.thread, INFINITE);
    CloseHandle(watchdog.thread);
    CloseHandle(watchdog.done);
    watchdog.thread = NULL;
}
