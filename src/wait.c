#include "wait.h"

#include <stdlib.h>

#include "apartment.h"
#include "module.h"

enum { WAIT_SLICE = 50 };

/*
 * A COM call that was queued before somebody peeked at the whole queue does not wake Wine's
 * CoWaitForMultipleHandles (test/platform: a_peeked_call_does_not_wake_cowait); new input does. It is a
 * message of our own, taken back after each slice: a queue holds 10,000 and then refuses COM's as well.
 *
 * An STA has user32.dll loaded, which the library itself does without.
 */
typedef struct Stir {
    BOOL (WINAPI *post)(DWORD thread, UINT message, WPARAM wparam, LPARAM lparam);
    BOOL (WINAPI *peek)(LPMSG message, HWND window, UINT first, UINT last, UINT flags);
    UINT message;       /* 0: it cannot be had */
} Stir;

static void stir_begin(Stir *stir)
{
    UINT (WINAPI *name)(LPCWSTR);
    HMODULE user32 = GetModuleHandleW(L"user32.dll");

    stir->message = 0;
    if (!user32)
        return;
    stir->post = (BOOL (WINAPI *)(DWORD, UINT, WPARAM, LPARAM))(void (*)(void))
        GetProcAddress(user32, "PostThreadMessageW");
    stir->peek = (BOOL (WINAPI *)(LPMSG, HWND, UINT, UINT, UINT))(void (*)(void))
        GetProcAddress(user32, "PeekMessageW");
    name = (UINT (WINAPI *)(LPCWSTR))(void (*)(void))GetProcAddress(user32, "RegisterWindowMessageW");
    if (stir->post && stir->peek && name)
        stir->message = name(L"SiteBridge.Stir");
}

static void stir_post(const Stir *stir)
{
    if (stir->message)
        stir->post(GetCurrentThreadId(), stir->message, 0, 0);
}

static void stir_take_back(const Stir *stir)
{
    HWND of_the_thread = (HWND)(LONG_PTR)-1;
    UINT message = stir->message;
    MSG found;

    /* WM_QUIT passes every filter: it is to stay where it is. */
    if (message && stir->peek(&found, of_the_thread, message, message, PM_NOREMOVE) &&
        found.message == message)
        stir->peek(&found, of_the_thread, message, message, PM_REMOVE);
}

BOOL wait_dispatching(HANDLE handle, DWORD milliseconds)
{
    ULONGLONG start = GetTickCount64(), passed = 0;
    Place place = place_current();
    DWORD slice, index;
    HRESULT hr;
    Stir stir;

    if (place == PLACE_NONE || place == PLACE_MTA)
        return WaitForSingleObject(handle, milliseconds) == WAIT_OBJECT_0;
    stir_begin(&stir);
    do {
        slice = WAIT_SLICE;
        if (milliseconds != INFINITE && milliseconds - passed < slice)
            slice = (DWORD)(milliseconds - passed);
        stir_post(&stir);
        hr = CoWaitForMultipleHandles(0, slice, 1, &handle, &index);
        stir_take_back(&stir);
        if (SUCCEEDED(hr))
            return TRUE;
        /* Where it cannot wait, it may the next time. */
        if (hr != RPC_S_CALLPENDING && WaitForSingleObject(handle, slice) == WAIT_OBJECT_0)
            return TRUE;
        passed = GetTickCount64() - start;
    } while (milliseconds == INFINITE || passed < milliseconds);
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

typedef struct Job {
    void (*work)(void *context);
    void *context;
    HMODULE module;
    HANDLE done;        /* NULL where nobody waits */
} Job;

static void CALLBACK job_callback(PTP_CALLBACK_INSTANCE instance, void *context)
{
    Job *job = context;
    HANDLE done = job->done;

    CallbackMayRunLong(instance);
    FreeLibraryWhenCallbackReturns(instance, job->module);
    job->work(job->context);
    free(job);
    if (done)
        SetEvent(done);
}

static HRESULT job_submit(void (*work)(void *context), void *context, HANDLE done)
{
    Job *job = malloc(sizeof *job);

    if (!job)
        return E_OUTOFMEMORY;
    job->work = work;
    job->context = context;
    job->done = done;
    job->module = module_hold();
    if (!job->module) {
        free(job);
        return E_OUTOFMEMORY;
    }
    if (!TrySubmitThreadpoolCallback(job_callback, job, NULL)) {
        FreeLibrary(job->module);
        free(job);
        return E_OUTOFMEMORY;
    }
    return S_OK;
}

HRESULT mta_submit(void (*work)(void *context), void *context)
{
    return job_submit(work, context, NULL);
}

HRESULT mta_run(void (*work)(void *context), void *context)
{
    HANDLE done = CreateEventW(NULL, TRUE, FALSE, NULL);
    HRESULT hr;

    if (!done)
        return E_OUTOFMEMORY;
    hr = job_submit(work, context, done);
    if (SUCCEEDED(hr))
        wait_dispatching(done, INFINITE);
    CloseHandle(done);
    return hr;
}
