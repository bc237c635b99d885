/*
 * What the scan needs of Visual Studio: the folder that is open, an output pane of its own, the
 * status bar. All of it is fetched on one background thread. What is shown meanwhile is posted to
 * the main thread, so that nobody waits for that; only the end is.
 */
#ifndef TODO_SERVICES_H
#define TODO_SERVICES_H

#include <sitebridge/package.h>

#include "service.h"

typedef struct Services {
    Service status;
    Service pane;
    BSTR folder;  /* NULL: none is open */
    DWORD cookie; /* the status bar's, for our progress */
    HANDLE stop;  /* borrowed */
    volatile LONG on_their_way; /* one more than have been posted and not told, until the end */
    HANDLE told;                /* set when there are none */
    volatile LONG result; /* of what has been posted to the pane: its first failure */
    volatile LONG owners; /* the background thread, and what is on its way */
} Services;

/* NULL where there is no memory. Whatever fetching returned, services holds what could be had. */
Services *services_create(HANDLE stop);
HRESULT services_fetch(Services *services, IVsPackage *package);
/* After services_end_progress. What is still on its way has the services until it has been told. */
void services_release(Services *services);

/* Posted. FALSE where the pane has failed; a text that has been posted may still do so. */
BOOL services_write(Services *services, const WCHAR *text);
void services_show_progress(Services *services, const WCHAR *label, ULONG done, ULONG total);

/* Waits for all that, but not for long where the thread is to stop and home lets nothing in; once. */
void services_end_progress(Services *services, const WCHAR *text);

#endif
