/*
 * A site and a status bar that can be called on every thread, and go to the main thread by
 * themselves, as some of Visual Studio's services do. Each stands before one that can not; a call
 * from elsewhere gets there as a message to a window, past COM and its message filter. What the
 * site gives to another thread that is not agile is marshaled to it.
 */
#ifndef SHELL_AGILE_H
#define SHELL_AGILE_H

#include <windows.h>
#include <servprov.h>

#include "vsservices.h"

/* On the main thread, around everything. */
BOOL agile_begin(void);
void agile_end(void);

/* Each lives as long as what it stands before, whose references are its own. */
IServiceProvider *agile_site(IServiceProvider *site);
IVsStatusbar *agile_status(IVsStatusbar *bar);

#endif
