/*
 * What the scan needs of Visual Studio: the folder that is open, an output pane of its own, the
 * status bar. All of it is fetched and used on one background thread.
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
} Services;

/* On failure services holds what could be had, and is to be released all the same. */
HRESULT services_fetch(IVsPackage *package, HANDLE stop, Services *services);
void services_release(Services *services);

/* Each: the service's own result. Without a status bar there is nowhere to say so, and nobody asks.
 */
HRESULT services_write(Services *services, const WCHAR *text);
HRESULT services_show_progress(Services *services, const WCHAR *label, ULONG done, ULONG total);
HRESULT services_end_progress(Services *services, const WCHAR *text);

#endif
