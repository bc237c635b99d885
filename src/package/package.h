/*
 * A package, beneath its COM object: the state that it is in, and how it is sited and closed. What the public
 * header promises of SetSite and Close is kept here.
 */
#ifndef SITEBRIDGE_PACKAGE_PACKAGE_H
#define SITEBRIDGE_PACKAGE_PACKAGE_H

#include <sitebridge/package.h>

#include "workers.h"

typedef enum PackageState {
    PACKAGE_NEW,
    PACKAGE_SITING,
    PACKAGE_SITING_IN_VAIN,     /* it was closed meanwhile */
    PACKAGE_SITED,
    PACKAGE_CLOSING,
    PACKAGE_CLOSED
} PackageState;

typedef struct Package {
    IVsPackage object;
    IAsyncLoadablePackageInitialize async;
    Shared shared;          /* the users' together, and the workers' */
    volatile LONG refs;     /* the users' */
    void *volatile marshaler;
    SitePackageEvents events;
    void *context;
    SiteBridge *bridge;     /* counted */
    Workers *workers;       /* counted */
    SRWLOCK lock;           /* guards what follows; nothing is called with it held */
    CONDITION_VARIABLE closed;
    PackageState state;
    DWORD at_work;          /* the thread that is siting or closing it */
} Package;

/* IVsPackage's SetSite and Close. site is not NULL. */
HRESULT package_set_site(Package *package, IServiceProvider *site);
HRESULT package_close(Package *package);

#endif
