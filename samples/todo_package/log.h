/*
 * What the output pane got, in a file as well: for who cannot look at the pane, as a test of the
 * package inside Visual Studio. Only where the environment names a file.
 */
#ifndef TODO_LOG_H
#define TODO_LOG_H

#include <windows.h>

/* Adds the text to the file that TODO_PACKAGE_LOG names, as UTF-8. Says nothing where it cannot. */
void log_write(const WCHAR *text);

#endif
