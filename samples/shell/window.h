/*
 * The shell's window: a menu, the output pane, and a status bar with a progress bar in it. Without
 * one every function does nothing. It belongs to the main thread, whose message loop it lives on.
 */
#ifndef SHELL_WINDOW_H
#define SHELL_WINDOW_H

#include <windows.h>

/* What its controls and commands are called, for the window and for those who look at it. */
#define WINDOW_CLASS L"SiteBridge.Shell"
enum {
    WINDOW_OUTPUT = 100,
    WINDOW_STATUS,
    WINDOW_PROGRESS,
    WINDOW_OPEN = 200,
    WINDOW_STOP,
    WINDOW_COMMAND,
    WINDOW_EXIT
};

/* What the user wants, since the shell last asked. */
typedef enum WindowWish { WISH_NOTHING, WISH_OPEN, WISH_STOP, WISH_EXIT } WindowWish;

/* wished is signaled whenever the user wants something. */
BOOL window_begin(HANDLE wished);
void window_end(void);
BOOL window_is_there(void);

/* With WISH_OPEN, *folder becomes the folder's path and is to be freed with free. */
WindowWish window_take_wish(WCHAR **folder);

/* Shows which folder is open, and whether there is a package at work that can be stopped. */
void window_open(const WCHAR *folder);
void window_close(void);

/* Shows whether the package has a command to be carried out. */
void window_enable_command(BOOL enabled);

/* As the output pane and the status bar are told. A progress without a label has ended. */
void window_write(const WCHAR *text);
void window_set_status(const WCHAR *text);
void window_set_progress(const WCHAR *label, ULONG complete, ULONG total);

#endif
