/*
 * A package DLL and the package in it, from loading to unloading, in Visual Studio's order.
 */
#ifndef SHELL_PACKAGE_H
#define SHELL_PACKAGE_H

#include <windows.h>

#include <sitebridge/vspackage.h>

#include "provider.h"

typedef struct Package {
    HMODULE module;
    IVsPackage *object;
} Package;

/* Each: an exit code; when it is not EXIT_FINE the reason has been said. */
int package_load(Package *package, const WCHAR *dll, REFCLSID clsid);
int package_site(Package *package, IServiceProvider *site);

/*
 * The second half of loading it asynchronously, where the package can be: its Initialize, on a
 * background thread. Meanwhile this dispatches messages.
 */
int package_initialize(Package *package, const Provider *provider);

/* Whether the package agrees to being closed. */
BOOL package_query_close(Package *package);
void package_close(Package *package);

/*
 * Releases the package, and unloads its DLL when it agrees. What its background threads have left
 * behind may need the main thread to go away: this waits for a while, dispatching messages.
 */
void package_unload(Package *package);

#endif
