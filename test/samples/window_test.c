/*
 * window_test SHELL PACKAGE SMALL LARGE
 *
 * Looks at the shell's window from another process, as a user does: by what its controls show, and
 * by its menu. SMALL is a folder with two findings, LARGE one whose scan takes a while.
 */
#include <windows.h>
#include <commctrl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "window.h"

enum { WITHIN = 30000, ANSWER_WITHIN = 2000, POLL = 5 /* ms */ };

static PROCESS_INFORMATION shell;
static HWND frame;

static void check(BOOL good, const char *format, ...)
{
    va_list arguments;

    if (good)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (error %lu)\n", GetLastError());
    if (shell.hProcess)
        TerminateProcess(shell.hProcess, 1);
    exit(1);
}

/* Every message is one that the window has to answer soon, whatever its package does. */
static LRESULT ask(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    DWORD_PTR result = 0;

    check(SendMessageTimeoutW(window, message, wparam, lparam, SMTO_NORMAL, ANSWER_WITHIN,
                              &result) != 0,
          "the window does not answer message %u", message);
    return (LRESULT)result;
}

static HWND status_bar(void)
{
    return GetDlgItem(frame, WINDOW_STATUS);
}

static HWND progress_bar(void)
{
    return GetDlgItem(status_bar(), WINDOW_PROGRESS);
}

static BOOL control_shows(HWND control, const WCHAR *words, int times)
{
    size_t size = (size_t)ask(control, WM_GETTEXTLENGTH, 0, 0) + 1;
    WCHAR *text = calloc(size, sizeof *text);
    const WCHAR *found;

    check(text != NULL, "no memory");
    ask(control, WM_GETTEXT, size, (LPARAM)text);
    for (found = text; times > 0 && (found = wcsstr(found, words)) != NULL; times--)
        found += wcslen(words);
    free(text);
    return times == 0;
}

static void await_texts(int control, const WCHAR *words, int times)
{
    ULONGLONG begin = GetTickCount64();

    while (!control_shows(GetDlgItem(frame, control), words, times)) {
        check(GetTickCount64() - begin < WITHIN, "control %d never shows '%ls'", control, words);
        Sleep(POLL);
    }
}

static void await_text(int control, const WCHAR *words)
{
    await_texts(control, words, 1);
}

/* Until the progress bar is beyond the position. Returns where it is then. */
static int await_progress(int beyond)
{
    ULONGLONG begin = GetTickCount64();
    int position;

    do {
        check(GetTickCount64() - begin < WITHIN, "the progress bar never comes beyond %d", beyond);
        Sleep(POLL);
        position = IsWindowVisible(progress_bar()) ? (int)ask(progress_bar(), PBM_GETPOS, 0, 0) : 0;
    } while (position <= beyond);
    check(position <= ask(progress_bar(), PBM_GETRANGE, FALSE, 0), "more progress than there is");
    return position;
}

/* The package ends its progress after its last line of text. */
static void await_no_progress(void)
{
    ULONGLONG begin = GetTickCount64();

    while (IsWindowVisible(progress_bar())) {
        check(GetTickCount64() - begin < WITHIN, "the progress never ends");
        Sleep(POLL);
    }
}

static BOOL CALLBACK on_window(HWND window, LPARAM class_name)
{
    WCHAR name[64] = L"";
    DWORD process;

    GetWindowThreadProcessId(window, &process);
    GetClassNameW(window, name, 64);
    if (process != shell.dwProcessId || !IsWindowVisible(window) ||
        wcscmp(name, *(const WCHAR **)class_name) != 0)
        return TRUE;
    *(HWND *)class_name = window;
    return FALSE;
}

/* The shell's visible window of that class. */
static HWND await_window(const WCHAR *class_name)
{
    ULONGLONG begin = GetTickCount64();
    union {
        const WCHAR *class_name;
        HWND window;
    } search;

    do {
        check(GetTickCount64() - begin < WITHIN, "there is no window of class %ls", class_name);
        Sleep(POLL);
        search.class_name = class_name;
    } while (EnumWindows(on_window, (LPARAM)&search));
    return search.window;
}

static BOOL CALLBACK on_child(HWND child, LPARAM words)
{
    if (!control_shows(child, *(const WCHAR **)words, 1))
        return TRUE;
    *(const WCHAR **)words = NULL;
    return FALSE;
}

/* Until something in the dialog shows the words. */
static void await_dialog_text(HWND dialog, const WCHAR *words)
{
    ULONGLONG begin = GetTickCount64();

    for (const WCHAR *left = words; left;) {
        check(GetTickCount64() - begin < WITHIN, "the dialog never shows '%ls'", words);
        Sleep(POLL);
        EnumChildWindows(dialog, on_child, (LPARAM)&left);
    }
}

static void start(WCHAR **argv, const WCHAR *options, const WCHAR *folder)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    WCHAR line[4 * MAX_PATH];

    swprintf(line, sizeof line / sizeof *line, L"\"%ls\" --window --timeout 90 %ls \"%ls\" \"%ls\"",
             argv[1], options, argv[2], folder);
    check(CreateProcessW(argv[1], line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &shell),
          "the shell does not start");
    frame = await_window(WINDOW_CLASS);
}

static void finish(const char *how)
{
    DWORD code = 0;

    check(WaitForSingleObject(shell.hProcess, WITHIN) == WAIT_OBJECT_0, "%s: does not end", how);
    check(GetExitCodeProcess(shell.hProcess, &code) && code == 0, "%s: exit code %lu", how, code);
    CloseHandle(shell.hThread);
    CloseHandle(shell.hProcess);
    ZeroMemory(&shell, sizeof shell);
}

static void choose(WORD command)
{
    check(PostMessageW(frame, WM_COMMAND, command, 0), "the window is gone");
}

static void a_scan_shows_in_the_window(WCHAR **argv)
{
    start(argv, L"", argv[3]);
    await_text(WINDOW_STATUS, L"TODO: 2 findings in 1 of 1 files");
    await_text(WINDOW_OUTPUT, L"two.c(1): TODO one\r\n");
    await_text(WINDOW_OUTPUT, L"two.c(2): HACK two\r\nTODO: 2 findings in 1 of 1 files");
    await_no_progress();
    choose(WINDOW_COMMAND);
    await_texts(WINDOW_OUTPUT, L"TODO: 2 findings in 1 of 1 files", 2);
    await_no_progress();
    choose(WINDOW_EXIT);
    finish("Exit");
}

static void a_scan_can_be_stopped_and_begun_again_and_closed(WCHAR **argv)
{
    HWND dialog;

    start(argv, L"", argv[4]);
    await_progress(await_progress(0));
    choose(WINDOW_STOP);
    await_text(WINDOW_OUTPUT, L"stopped before the end");
    await_no_progress();

    /* The dialog begins at the folder that was open last. */
    choose(WINDOW_OPEN);
    dialog = await_window(L"#32770");
    await_dialog_text(dialog, L"\\large");
    check(PostMessageW(dialog, WM_COMMAND, IDOK, 0), "the dialog is gone");
    await_progress(await_progress(0));
    check(!control_shows(GetDlgItem(frame, WINDOW_OUTPUT), L"stopped", 1), "the pane is not empty");

    check(PostMessageW(frame, WM_CLOSE, 0, 0), "the window is gone");
    finish("closing in the middle");
}

/* By its title bar, in the first scan, whatever the shell is like to its package. */
static void closing_the_window_ends_a_scan(WCHAR **argv)
{
    const WCHAR *options[] = {L"", L"--no-proxies", L"--busy", L"--agile-site"};

    for (int i = 0; i < (int)(sizeof options / sizeof options[0]); i++) {
        start(argv, options[i], argv[4]);
        await_progress(0);
        check(PostMessageW(frame, WM_SYSCOMMAND, SC_CLOSE, 0), "the window is gone");
        finish("closing the window");
        check(!IsWindow(frame), "the window is left behind");
    }
}

/* Not every compiler's headers declare it. */
int wmain(int argc, WCHAR **argv);

int wmain(int argc, WCHAR **argv)
{
    check(argc == 5, "usage: window_test SHELL PACKAGE SMALL LARGE");
    a_scan_shows_in_the_window(argv);
    a_scan_can_be_stopped_and_begun_again_and_closed(argv);
    closing_the_window_ends_a_scan(argv);
    return 0;
}
