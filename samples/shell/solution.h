/*
 * SVsSolution, as far as it says which folder is open.
 */
#ifndef SHELL_SOLUTION_H
#define SHELL_SOLUTION_H

#include <windows.h>

#include "vsservices.h"

/* The solution; lives as long as the shell. folder is borrowed; NULL: none is open. */
IVsSolution *solution_begin(const WCHAR *folder);
ULONG solution_references(void);
void solution_end(void);

#endif
