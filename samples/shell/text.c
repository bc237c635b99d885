#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LARGEST = 1024 * 1024 };

static BOOL read_bytes(HANDLE file, char *bytes, DWORD size)
{
    DWORD count;

    while (size != 0) {
        if (!ReadFile(file, bytes, size, &count, NULL))
            return FALSE;
        if (count == 0) {
            SetLastError(ERROR_HANDLE_EOF);
            return FALSE;
        }
        bytes += count;
        size -= count;
    }
    return TRUE;
}

/* NULL: GetLastError knows why. */
static char *read_file(const WCHAR *path, DWORD *size)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    LARGE_INTEGER length;
    char *bytes = NULL;
    DWORD error;

    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &length)) {
        if (length.QuadPart > LARGEST) {
            SetLastError(ERROR_FILE_TOO_LARGE);
        } else {
            *size = (DWORD)length.QuadPart;
            bytes = malloc(*size + 1);
            if (!bytes)
                SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        }
    }
    if (bytes && !read_bytes(file, bytes, *size)) {
        free(bytes);
        bytes = NULL;
    }
    error = GetLastError();
    CloseHandle(file);
    SetLastError(error);
    return bytes;
}

/* No text has more UTF-16 units than it has bytes. */
static BOOL decode(WCHAR *text, const char *bytes, DWORD size)
{
    int count = 0;

    if (size >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0) {
        count = (int)(size / 2) - 1;
        memcpy(text, bytes + 2, (size_t)count * sizeof *text);
        if (size % 2 != 0)
            return FALSE;
    } else {
        if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
            bytes += 3;
            size -= 3;
        }
        if (size != 0) {
            count = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, bytes, (int)size, text,
                                        (int)size);
            if (count == 0)
                return FALSE;
        }
    }
    text[count] = L'\0';
    return wmemchr(text, L'\0', (size_t)count) == NULL;
}

WCHAR *text_read(const WCHAR *path, DWORD *error)
{
    DWORD size;
    char *bytes = read_file(path, &size);
    WCHAR *text;

    if (!bytes) {
        *error = GetLastError();
        return NULL;
    }
    text = malloc((size + 1) * sizeof *text);
    *error = ERROR_NOT_ENOUGH_MEMORY;
    if (text && !decode(text, bytes, size)) {
        *error = ERROR_NO_UNICODE_TRANSLATION;
        free(text);
        text = NULL;
    }
    free(bytes);
    return text;
}
