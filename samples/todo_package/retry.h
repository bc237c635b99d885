/*
 * Visual Studio's main thread is busy now and then, and rejects the calls of other threads
 * meanwhile. COM asks a caller's message filter whether to try again, and only an STA has one: a
 * thread of the MTA gets the rejection for a result, and makes the call again itself. Nothing has
 * run then.
 *
 *     Retry retry = {.stop = stop};
 *     HRESULT hr;
 *
 *     do
 *         hr = IVsStatusbar_SetText(bar, text);
 *     while (retry_rejected(&retry, hr));
 */
#ifndef TODO_RETRY_H
#define TODO_RETRY_H

#include <windows.h>

typedef struct Retry {
    HANDLE stop; /* the worker's; NULL on home, where calls are not rejected */
    int late;    /* how often it has been tried again since stop was signaled */
} Retry;

/* Whether the call was rejected and is to be made again; after a pause in that case. */
BOOL retry_rejected(Retry *retry, HRESULT hr);

#endif
