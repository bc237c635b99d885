#include "link.h"

#include <stdlib.h>
#include <wchar.h>

enum { USUAL = 512 };

WCHAR *link_path(HANDLE object)
{
    DWORD size = USUAL;

    for (;;) {
        WCHAR *path = malloc(size * sizeof *path);
        DWORD length = 0;

        if (path)
            length = GetFinalPathNameByHandleW(object, path, size, VOLUME_NAME_DOS);
        if (length != 0 && length < size)
            return path;
        free(path);
        if (length == 0)
            return NULL;
        size = length + 1;
    }
}

static BOOL identify(const WCHAR *path, BY_HANDLE_FILE_INFORMATION *information)
{
    HANDLE folder = CreateFileW(path, FILE_READ_ATTRIBUTES,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    BOOL known = folder != INVALID_HANDLE_VALUE && GetFileInformationByHandle(folder, information);

    if (folder != INVALID_HANDLE_VALUE)
        CloseHandle(folder);
    return known;
}

/* The same folder can go by two paths, where two drives show it. */
static BOOL is_same_folder(const WCHAR *one, const WCHAR *two)
{
    BY_HANDLE_FILE_INFORMATION first, second;

    return wcscmp(one, two) == 0 || (identify(one, &first) && identify(two, &second) &&
                                     first.dwVolumeSerialNumber == second.dwVolumeSerialNumber &&
                                     first.nFileIndexHigh == second.nFileIndexHigh &&
                                     first.nFileIndexLow == second.nFileIndexLow);
}

BOOL link_leads_away(HANDLE object, const WCHAR *folder, const WCHAR *name)
{
    WCHAR *path = link_path(object);
    WCHAR *last = path ? wcsrchr(path, L'\\') : NULL;
    BOOL away = FALSE;

    if (last) {
        away = wcscmp(last + 1, name) != 0;
        /* A drive's root keeps its backslash. */
        last[last > path && last[-1] == L':' ? 1 : 0] = L'\0';
        away = away || !is_same_folder(path, folder);
    }
    free(path);
    return away;
}
