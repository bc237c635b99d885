/*
 * Lets COM carry calls to the services between apartments, by the proxy/stub DLL beside the shell.
 */
#ifndef SHELL_PROXIES_H
#define SHELL_PROXIES_H

#include <windows.h>

HRESULT proxies_begin(void);

#endif
