#include "loop.h"

int loop_run(const HANDLE *events, DWORD count, DWORD milliseconds)
{
    ULONGLONG begin = GetTickCount64();

    for (;;) {
        ULONGLONG passed = GetTickCount64() - begin;
        DWORD left = milliseconds == INFINITE ? INFINITE
                     : passed < milliseconds  ? milliseconds - (DWORD)passed
                                              : 0;
        DWORD woken;
        MSG message;

        /* One message at a time, so that a busy queue does not hide the events. */
        woken = MsgWaitForMultipleObjectsEx(count, events, left, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
        if (woken < WAIT_OBJECT_0 + count)
            return (int)(woken - WAIT_OBJECT_0);
        if (woken != WAIT_OBJECT_0 + count || left == 0)
            return LOOP_TIMEOUT;
        if (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) {
            if (message.message == WM_QUIT)
                return LOOP_QUIT;
            TranslateMessage(&message);
            DispatchMessageW(&message);
        }
    }
}
