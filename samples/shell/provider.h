/*
 * What a package is given where it is loaded asynchronously: an agile object which has no services
 * to offer, takes none, and listens to how far the package is.
 */
#ifndef SHELL_PROVIDER_H
#define SHELL_PROVIDER_H

#include <windows.h>

#include <sitebridge/vspackage.h>

typedef struct Provider {
    IAsyncServiceProvider *services;
    IProfferAsyncService *proffer;
    IAsyncProgressCallback *progress;
} Provider;

/* Lives as long as the shell. */
Provider provider_begin(void);
ULONG provider_references(void);

#endif
