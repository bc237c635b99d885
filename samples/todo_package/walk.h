/*
 * Visits the source files below a folder, one after another, as grep -r would: symbolic links,
 * junctions and what else stands for something elsewhere are left alone (so there are no loops),
 * devices too. Memory grows with the depth of the tree only. Paths may be as long as Windows can
 * have them.
 */
#ifndef TODO_WALK_H
#define TODO_WALK_H

#include <windows.h>

typedef struct Walk Walk;

typedef enum WalkKind {
    WALK_FILE,       /* a source file; walk_open opens it */
    WALK_UNREADABLE, /* a folder, or the rest of one, that cannot be listed: see error */
    WALK_END
} WalkKind;

typedef struct WalkEntry {
    WalkKind kind;
    const WCHAR *path; /* below the folder; good until the next call; "" is the folder itself */
    DWORD error;
} WalkEntry;

/* NULL: out of memory, or the folder's path is too long. */
Walk *walk_begin(const WCHAR *folder);
void walk_end(Walk *walk);

WalkKind walk_next(Walk *walk, WalkEntry *entry);

/*
 * Opens the file of the last entry for reading. INVALID_HANDLE_VALUE: *error says why, or is
 * ERROR_SUCCESS for what is to be left alone.
 */
HANDLE walk_open(Walk *walk, DWORD *error);

/*
 * Whether the open file of the last entry is a link's target after all. Wine tells only by the open
 * file, and it takes a while, so ask when it matters. Elsewhere links never get this far.
 */
BOOL walk_is_link(Walk *walk, HANDLE file);

/* How far it is: of the folder's own entries, how many there are and how many have been reached. */
void walk_progress(const Walk *walk, ULONG *done, ULONG *total);

#endif
