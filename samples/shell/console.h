/*
 * The console's two streams. What packages write goes to standard output, what the shell has to say
 * goes to standard error; both as UTF-8 where they are files or pipes.
 */
#ifndef SHELL_CONSOLE_H
#define SHELL_CONSOLE_H

#include <windows.h>

/* FALSE: the stream is gone, as when its reader has ended. */
BOOL console_write(const WCHAR *text);

/* One line for people: "shell: ", the text, the end of the line. */
void console_say(const WCHAR *format, ...);

/* The progress of some work, where standard error is a console; NULL: no more of it. */
void console_progress(const WCHAR *label, ULONG complete, ULONG total);

/* The event is signaled on Ctrl+C, once; a second Ctrl+C ends the process. */
BOOL console_watch(HANDLE closing);

#endif
