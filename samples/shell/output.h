/*
 * SVsOutputWindow: panes by GUID, all of which show on standard output, and in the window.
 */
#ifndef SHELL_OUTPUT_H
#define SHELL_OUTPUT_H

#include <windows.h>

#include "vsservices.h"

/* The output window; lives as long as the shell. broken is signaled when nobody reads us any more.
 */
IVsOutputWindow *output_begin(HANDLE broken);
ULONG output_references(void); /* of the window, and what others hold of its panes */
void output_end(void);

#endif
