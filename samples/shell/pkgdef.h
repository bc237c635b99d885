/*
 * A package's .pkgdef: what Visual Studio reads to learn where the package is and how to load it.
 * Its text is that of a registry file: UTF-8, or UTF-16 with a byte order mark.
 */
#ifndef SHELL_PKGDEF_H
#define SHELL_PKGDEF_H

#include <windows.h>

/* Of an entry below AutoLoadPackages: the package may be loaded in the background. */
enum { AUTOLOAD_IN_BACKGROUND = 2 };

typedef struct Pkgdef {
    CLSID clsid;
    WCHAR *dll; /* full path; to be freed with free */
    BOOL allows_background_load;
    BOOL auto_load; /* in some UI context */
    DWORD auto_load_flags;
} Pkgdef;

/* Whether that is what the path names, rather than a DLL. */
BOOL pkgdef_is(const WCHAR *path);

/*
 * Reads the package of that class, or with NULL the first one. An exit code; when it is not
 * EXIT_FINE the reason has been said, and there is nothing to free. path is a full one.
 */
int pkgdef_read(Pkgdef *pkgdef, const WCHAR *path, const CLSID *clsid);

#endif
