#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { LINE = 1024, PROGRESS = 79 };

static HANDLE closing;
static LONG pressed;
static BOOL progress_shown; /* at the beginning of the console's last line */

static BOOL write_bytes(HANDLE stream, const char *bytes, DWORD count)
{
    DWORD written;

    while (count != 0) {
        if (!WriteFile(stream, bytes, count, &written, NULL) || written == 0)
            return FALSE;
        bytes += written;
        count -= written;
    }
    return TRUE;
}

static BOOL write_text(DWORD which, const WCHAR *text)
{
    HANDLE stream = GetStdHandle(which);
    DWORD mode, written;
    int length, count;
    char *bytes;
    BOOL done;

    if (GetConsoleMode(stream, &mode))
        return WriteConsoleW(stream, text, (DWORD)wcslen(text), &written, NULL);
    length = (int)wcslen(text);
    if (length == 0)
        return TRUE;
    count = WideCharToMultiByte(CP_UTF8, 0, text, length, NULL, 0, NULL, NULL);
    bytes = malloc((size_t)count);
    if (!bytes)
        return FALSE;
    WideCharToMultiByte(CP_UTF8, 0, text, length, bytes, count, NULL, NULL);
    done = write_bytes(stream, bytes, (DWORD)count);
    free(bytes);
    return done;
}

static void erase_progress(void)
{
    WCHAR blank[PROGRESS + 1];

    if (!progress_shown)
        return;
    swprintf(blank, PROGRESS + 1, L"\r%*ls\r", PROGRESS - 2, L"");
    write_text(STD_ERROR_HANDLE, blank);
    progress_shown = FALSE;
}

void console_progress(const WCHAR *label, ULONG complete, ULONG total)
{
    WCHAR line[PROGRESS];
    DWORD mode;

    if (!GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode))
        return;
    erase_progress();
    if (!label)
        return;
    swprintf(line, PROGRESS, L"[%lu/%lu] %.60ls", complete, total, label);
    write_text(STD_ERROR_HANDLE, line);
    progress_shown = TRUE;
}

BOOL console_write(const WCHAR *text)
{
    erase_progress();
    return write_text(STD_OUTPUT_HANDLE, text);
}

void console_say(const WCHAR *format, ...)
{
    static const WCHAR prefix[] = L"shell: ";
    WCHAR line[LINE];
    size_t length = sizeof prefix / sizeof *prefix - 1;
    va_list arguments;

    wmemcpy(line, prefix, length);
    va_start(arguments, format);
    vswprintf(line + length, LINE - length - 1, format, arguments);
    va_end(arguments);
    line[LINE - 2] = L'\0'; /* what was too long may have been left without its end */
    length = wcslen(line);
    line[length++] = L'\n';
    line[length] = L'\0';
    erase_progress();
    write_text(STD_ERROR_HANDLE, line);
}

static BOOL WINAPI on_control(DWORD event)
{
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT && event != CTRL_CLOSE_EVENT)
        return FALSE;
    if (InterlockedExchange(&pressed, 1))
        return FALSE;
    SetEvent(closing);
    /* The process ends when the handler of this one returns. */
    if (event == CTRL_CLOSE_EVENT)
        Sleep(INFINITE);
    return TRUE;
}

BOOL console_watch(HANDLE event)
{
    closing = event;
    return SetConsoleCtrlHandler(on_control, TRUE);
}
