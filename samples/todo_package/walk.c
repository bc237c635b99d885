#include "walk.h"

#include <stdlib.h>
#include <wchar.h>

#include "link.h"

enum { PATH_MAXIMUM = 32767 };

typedef struct Level {
    HANDLE find;
    DWORD length;     /* of the path of the folder being listed */
    WCHAR *link_path; /* of that folder, once it has been needed */
    BOOL fresh;       /* its first entry is in found, and has not been looked at */
} Level;

struct Walk {
    Level *levels;
    DWORD depth, capacity;
    DWORD root;   /* length of the path of the folder itself */
    DWORD parent; /* length of the path of the folder that holds the last entry */
    ULONG done, total;
    BOOL on_wine;
    BOOL begun;
    WIN32_FIND_DATAW found; /* the last entry */
    WCHAR path[PATH_MAXIMUM + 1];
};

static const WCHAR *const extensions[] = {
    L"c",  L"h",  L"cc", L"cpp", L"cxx", L"hpp", L"hxx",  L"inl", L"idl",
    L"rc", L"cs", L"vb", L"py",  L"js",  L"ts",  L"java", L"go",  L"rs",
};

static BOOL is_source(const WCHAR *name)
{
    const WCHAR *dot = wcsrchr(name, L'.');

    for (size_t i = 0; dot && i < sizeof extensions / sizeof extensions[0]; i++) {
        if (wcscmp(dot + 1, extensions[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

static BOOL path_set(Walk *walk, DWORD length, const WCHAR *name)
{
    size_t added = wcslen(name);

    if (length + 1 + added > PATH_MAXIMUM)
        return FALSE;
    if (length != 0 && walk->path[length - 1] != L'\\')
        walk->path[length++] = L'\\';
    wmemcpy(walk->path + length, name, added + 1);
    return TRUE;
}

/* In the form that takes names of any length, and reserved ones. */
static BOOL path_begin(Walk *walk, const WCHAR *folder)
{
    const WCHAR *prefix = L"\\\\?\\";

    if (wcsncmp(folder, prefix, 4) == 0) {
        prefix = L"";
    } else if (wcsncmp(folder, L"\\\\", 2) == 0) {
        prefix = L"\\\\?\\UNC\\";
        folder += 2;
    }
    if (!path_set(walk, 0, prefix) || !path_set(walk, (DWORD)wcslen(prefix), folder))
        return FALSE;
    for (WCHAR *slash = walk->path; (slash = wcschr(slash, L'/')) != NULL;)
        *slash = L'\\';
    walk->root = (DWORD)wcslen(walk->path);
    while (walk->root > 1 && walk->path[walk->root - 1] == L'\\' &&
           walk->path[walk->root - 2] != L':')
        walk->path[--walk->root] = L'\0';
    return TRUE;
}

static const WCHAR *path_below(const Walk *walk)
{
    const WCHAR *below = walk->path + walk->root;
    return *below == L'\\' ? below + 1 : below;
}

/* Lists the folder that is in path; leaves path as it was. */
static DWORD level_push(Walk *walk)
{
    DWORD length = (DWORD)wcslen(walk->path);
    WIN32_FIND_DATAW first;
    Level *level;
    HANDLE find;

    if (walk->depth == walk->capacity) {
        DWORD capacity = walk->capacity * 2 + 16;
        Level *levels = realloc(walk->levels, capacity * sizeof *levels);
        if (!levels)
            return ERROR_NOT_ENOUGH_MEMORY;
        walk->levels = levels;
        walk->capacity = capacity;
    }
    if (!path_set(walk, length, L"*"))
        return ERROR_FILENAME_EXCED_RANGE;
    find = FindFirstFileExW(walk->path, FindExInfoStandard, &first, FindExSearchNameMatch, NULL, 0);
    walk->path[length] = L'\0';
    if (find == INVALID_HANDLE_VALUE)
        return GetLastError();
    walk->found = first;
    level = &walk->levels[walk->depth++];
    level->find = find;
    level->length = length;
    level->link_path = NULL;
    level->fresh = TRUE;
    return ERROR_SUCCESS;
}

static void level_pop(Walk *walk)
{
    Level *level = &walk->levels[--walk->depth];

    FindClose(level->find);
    free(level->link_path);
}

static BOOL is_dot(const WCHAR *name)
{
    return wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0;
}

Walk *walk_begin(const WCHAR *folder)
{
    Walk *walk = calloc(1, sizeof *walk);

    if (!walk || !path_begin(walk, folder)) {
        free(walk);
        return NULL;
    }
    walk->on_wine = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
    if (level_push(walk) == ERROR_SUCCESS) {
        do {
            walk->total += !is_dot(walk->found.cFileName);
        } while (FindNextFileW(walk->levels[0].find, &walk->found));
        level_pop(walk);
    }
    return walk;
}

void walk_end(Walk *walk)
{
    if (!walk)
        return;
    while (walk->depth != 0)
        level_pop(walk);
    free(walk->levels);
    free(walk);
}

static HANDLE open_path(const Walk *walk, DWORD flags)
{
    return CreateFileW(walk->path, GENERIC_READ,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       flags, NULL);
}

static BOOL is_elsewhere(Walk *walk, HANDLE object)
{
    Level *level = &walk->levels[walk->depth - 1];

    if (!level->link_path) {
        WCHAR kept = walk->path[walk->parent];
        HANDLE folder;

        walk->path[walk->parent] = L'\0';
        folder = open_path(walk, FILE_FLAG_BACKUP_SEMANTICS);
        walk->path[walk->parent] = kept;
        if (folder == INVALID_HANDLE_VALUE)
            return FALSE;
        level->link_path = link_path(folder);
        CloseHandle(folder);
    }
    return level->link_path && link_leads_away(object, level->link_path, walk->found.cFileName);
}

static BOOL is_link(Walk *walk)
{
    HANDLE object;
    BOOL link;

    if (!(walk->found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
        return FALSE;
    if (!walk->on_wine)
        return IsReparseTagNameSurrogate(walk->found.dwReserved0);
    object = open_path(walk, FILE_FLAG_BACKUP_SEMANTICS);
    link = object == INVALID_HANDLE_VALUE || is_elsewhere(walk, object);
    if (object != INVALID_HANDLE_VALUE)
        CloseHandle(object);
    return link;
}

/* A name that Windows cannot write, such as Wine can meet, may have a short one that it can. */
static BOOL use_short_name(Walk *walk)
{
    return walk->found.cAlternateFileName[0] != L'\0' &&
           path_set(walk, walk->parent, walk->found.cAlternateFileName);
}

static DWORD enter_folder(Walk *walk)
{
    DWORD error = level_push(walk);

    if (error == ERROR_INVALID_NAME && use_short_name(walk)) {
        error = level_push(walk);
        if (error != ERROR_SUCCESS)
            path_set(walk, walk->parent, walk->found.cFileName);
    }
    return error;
}

/* The next thing in the folder being listed. FALSE: there is none, and *error says why. */
static BOOL next_found(Walk *walk, DWORD *error)
{
    Level *level = &walk->levels[walk->depth - 1];

    do {
        walk->path[level->length] = L'\0';
        if (level->fresh) {
            level->fresh = FALSE;
        } else if (!FindNextFileW(level->find, &walk->found)) {
            *error = GetLastError();
            return FALSE;
        }
    } while (is_dot(walk->found.cFileName));
    walk->done += walk->depth == 1;
    walk->parent = level->length;
    *error = path_set(walk, walk->parent, walk->found.cFileName) ? ERROR_SUCCESS
                                                                 : ERROR_FILENAME_EXCED_RANGE;
    return TRUE;
}

static WalkKind entry_set(const Walk *walk, WalkEntry *entry, WalkKind kind, DWORD error)
{
    entry->kind = kind;
    entry->path = path_below(walk);
    entry->error = error;
    return kind;
}

WalkKind walk_next(Walk *walk, WalkEntry *entry)
{
    DWORD error;

    if (!walk->begun) {
        walk->begun = TRUE;
        error = level_push(walk);
        if (error != ERROR_SUCCESS)
            return entry_set(walk, entry, WALK_UNREADABLE, error);
    }
    while (walk->depth != 0) {
        if (!next_found(walk, &error)) {
            level_pop(walk);
            if (error == ERROR_NO_MORE_FILES)
                continue;
        } else if (error == ERROR_SUCCESS && !is_link(walk)) {
            if (!(walk->found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)) {
                if (is_source(walk->found.cFileName))
                    return entry_set(walk, entry, WALK_FILE, ERROR_SUCCESS);
            } else {
                error = enter_folder(walk);
            }
        }
        if (error != ERROR_SUCCESS)
            return entry_set(walk, entry, WALK_UNREADABLE, error);
    }
    return entry_set(walk, entry, WALK_END, ERROR_SUCCESS);
}

HANDLE walk_open(Walk *walk, DWORD *error)
{
    HANDLE file = open_path(walk, FILE_FLAG_SEQUENTIAL_SCAN);

    *error = ERROR_SUCCESS;
    if (file == INVALID_HANDLE_VALUE) {
        *error = GetLastError();
        if (*error == ERROR_INVALID_NAME && use_short_name(walk)) {
            file = open_path(walk, FILE_FLAG_SEQUENTIAL_SCAN);
            path_set(walk, walk->parent, walk->found.cFileName);
        }
    }
    if (file != INVALID_HANDLE_VALUE) {
        *error = ERROR_SUCCESS;
        if (GetFileType(file) != FILE_TYPE_DISK) {
            CloseHandle(file);
            file = INVALID_HANDLE_VALUE;
        }
    }
    return file;
}

BOOL walk_is_link(Walk *walk, HANDLE file)
{
    return walk->on_wine && is_elsewhere(walk, file);
}

void walk_progress(const Walk *walk, ULONG *done, ULONG *total)
{
    *done = walk->done;
    *total = max(walk->total, walk->done);
}
