/*
 * The site: what a package gets its services from.
 */
#ifndef SHELL_SITE_H
#define SHELL_SITE_H

#include <windows.h>
#include <servprov.h>

typedef struct SiteService {
    GUID sid;
    IUnknown *object; /* the site's owner holds the reference */
} SiteService;

/* The site; lives as long as the shell. services is borrowed. */
IServiceProvider *site_begin(const SiteService *services, DWORD count);
ULONG site_references(void);
void site_end(void);

#endif
