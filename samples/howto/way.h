/*
 * The two ways of a package to use its site on other threads: the how-to's (ten_lines.c), and SiteBridge's
 * (bridged.c). Each has one site at a time. What they return is what a package would get.
 */
#ifndef HOWTO_WAY_H
#define HOWTO_WAY_H

#include <windows.h>
#include <ole2.h>
#include <servprov.h>

typedef HRESULT (*Function)(void);
typedef HRESULT (CALLBACK *Use)(IServiceProvider *site, void *context);

typedef struct Way {
    /* On the main thread; NULL unsites. */
    HRESULT (*set_site)(IServiceProvider *site);
    /* On any thread. */
    HRESULT (*query)(REFGUID rsid, REFIID riid, void **ppv);
    /* On a background thread: has use done with the site, where that works. */
    HRESULT (*use_site)(Use use, void *context);
    /* On the main thread: runs work on a background thread, closes the package, and gives what work returned. */
    HRESULT (*close_while)(Function work);
} Way;

extern const Way ten_lines, bridged;

/* Called by ten_lines when it has found that there is no proxy yet, where it is set. */
extern void (*ten_lines_between)(void);

/* No system's: what close_while returns where it would wait for good. */
#define HOWTO_HANGS ((HRESULT)0xa0530001)

#endif
