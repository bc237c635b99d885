/*
 * The shell's command line.
 */
#ifndef SHELL_OPTIONS_H
#define SHELL_OPTIONS_H

#include <windows.h>

typedef struct Options {
    WCHAR *package; /* full path of a .pkgdef or of a DLL */
    WCHAR *folder;  /* full path; NULL: none */
    CLSID clsid;    /* GUID_NULL: not said */
    BOOL help; /* has been printed, and nothing is to be done */
    BOOL until_idle;
    BOOL window;
    BOOL no_proxies; /* the services' interfaces cannot be marshaled */
    BOOL busy;       /* calls are rejected now and then */
    BOOL busy_closing; /* all calls are rejected while the package closes */
    BOOL agile_site; /* the site and the status bar may be called on every thread */
    BOOL command;    /* when the package is idle, its command is carried out */
    /* From the first progress on, the main thread does nothing until this file is there; or NULL. */
    const WCHAR *blocked_until;
    DWORD timeout; /* ms, or INFINITE */
} Options;

/* An exit code; when it is not EXIT_FINE the reason has been said. */
int options_parse(int argc, WCHAR **argv, Options *options);
void options_free(Options *options);

#endif
