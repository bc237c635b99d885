#include "wait.h"

#include "place.h"

/* One that is not woken loses no more than the first slice. */
enum { FIRST_SLICE = 2, WAIT_SLICE = 50 };

/*
 * A COM call that was queued before somebody peeked at the whole queue does not wake Wine's
 * CoWaitForMultipleHandles (test/platform: a_peeked_call_does_not_wake_cowait); new input does. It is a
 * message of our own, taken back after each slice: a queue holds 10,000 and then refuses COM's as well.
 *
 * An STA has user32.dll loaded, which the library itself does without.
 */
typedef BOOL (WINAPI *PostMessageToThread)(DWORD thread, UINT message, WPARAM wparam, LPARAM lparam);
typedef BOOL (WINAPI *PeekAtMessage)(LPMSG message, HWND window, UINT first, UINT last, UINT flags);
typedef UINT (WINAPI *RegisterMessage)(LPCWSTR name);
typedef DWORD (WINAPI *InSendMessageOf)(LPVOID reserved);

static void (*wait_function(const char *name))(void)
{
    HMODULE user32 = GetModuleHandleW(L"user32.dll");

    return user32 ? (void (*)(void))GetProcAddress(user32, name) : NULL;
}

static void wait_wake(UINT message)
{
    PostMessageToThread post = (PostMessageToThread)wait_function("PostThreadMessageW");

    if (message && post)
        post(GetCurrentThreadId(), message, 0, 0);
}

static void wait_take_back(UINT message)
{
    PeekAtMessage peek = (PeekAtMessage)wait_function("PeekMessageW");
    HWND of_the_thread = (HWND)(LONG_PTR)-1;
    MSG found;

    /* WM_QUIT passes every filter: it is to stay where it is. */
    if (message && peek && peek(&found, of_the_thread, message, message, PM_NOREMOVE) &&
        found.message == message)
        peek(&found, of_the_thread, message, message, PM_REMOVE);
}

/* Up to slice. */
static BOOL wait_for_slice(HANDLE handle, DWORD slice)
{
    DWORD index;
    HRESULT hr = CoWaitForMultipleHandles(0, slice, 1, &handle, &index);

    if (SUCCEEDED(hr))
        return TRUE;
    /* Where it cannot wait, it may the next time. */
    return hr != RPC_S_CALLPENDING && WaitForSingleObject(handle, slice) == WAIT_OBJECT_0;
}

BOOL wait_dispatching(HANDLE handle, DWORD milliseconds)
{
    ULONGLONG start = GetTickCount64(), passed;
    Place place = place_current();
    RegisterMessage name;
    UINT message;
    DWORD slice;
    BOOL done;

    if (place != PLACE_STA && place != PLACE_OTHER)
        return WaitForSingleObject(handle, milliseconds) == WAIT_OBJECT_0;
    if (wait_for_slice(handle, milliseconds < FIRST_SLICE ? milliseconds : FIRST_SLICE))
        return TRUE;
    name = (RegisterMessage)wait_function("RegisterWindowMessageW");
    message = name ? name(L"SiteBridge.Wake") : 0;
    while ((passed = GetTickCount64() - start) < milliseconds || milliseconds == INFINITE) {
        slice = WAIT_SLICE;
        if (milliseconds != INFINITE && milliseconds - passed < slice)
            slice = (DWORD)(milliseconds - passed);
        wait_wake(message);
        done = wait_for_slice(handle, slice);
        wait_take_back(message);
        if (done)
            return TRUE;
    }
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

BOOL wait_is_input_synchronous(void)
{
    InSendMessageOf in_send = (InSendMessageOf)wait_function("InSendMessageEx");

    return in_send && (in_send(NULL) & (ISMEX_SEND | ISMEX_REPLIED)) == ISMEX_SEND;
}
