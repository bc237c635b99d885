/* Waiting, and running something in the MTA. */
#ifndef SITEBRIDGE_WAIT_H
#define SITEBRIDGE_WAIT_H

#include <windows.h>
#include <objbase.h>

/*
 * Waits for handle; in an STA it dispatches COM calls meanwhile. FALSE where the time ran out.
 */
BOOL wait_dispatching(HANDLE handle, DWORD milliseconds);

/*
 * Runs work on a thread of the pool. That thread is in the implicit MTA as long as somebody keeps
 * the MTA alive. Fails without having run work; holds the module until work has returned.
 */
HRESULT mta_submit(void (*work)(void *context), void *context);

/* As mta_submit, and waits until work has returned, dispatching. */
HRESULT mta_run(void (*work)(void *context), void *context);

#endif
