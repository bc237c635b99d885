#include "log.h"

#include <stdlib.h>
#include <string.h>

static WCHAR *log_path(void)
{
    const WCHAR *name = L"TODO_PACKAGE_LOG";
    DWORD size = GetEnvironmentVariableW(name, NULL, 0);
    WCHAR *path = size != 0 ? malloc(size * sizeof *path) : NULL;

    /* Somebody may have made it longer meanwhile. */
    if (path && GetEnvironmentVariableW(name, path, size) - 1 >= size - 1) {
        free(path);
        path = NULL;
    }
    return path;
}

static char *utf8(const WCHAR *text)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *bytes = size != 0 ? malloc((size_t)size) : NULL;

    if (bytes)
        WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, size, NULL, NULL);
    return bytes;
}

void log_write(const WCHAR *text)
{
    WCHAR *path = log_path();
    char *bytes = path ? utf8(text) : NULL;
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD written;

    /* Opened each time, so that who waits for a line can read it while the package is at work. */
    if (bytes)
        file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                           OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        WriteFile(file, bytes, (DWORD)strlen(bytes), &written, NULL);
        CloseHandle(file);
    }
    free(bytes);
    free(path);
}
