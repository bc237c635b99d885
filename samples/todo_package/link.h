/*
 * Tells symbolic links under Wine. Wine shows a link to a file as that file, and a mount point as
 * the same kind of reparse point as a link to a folder; but an object that was opened through a
 * link knows a path that leads elsewhere.
 */
#ifndef TODO_LINK_H
#define TODO_LINK_H

#include <windows.h>

/* The open object's own path. NULL: unknown. To be freed with free. */
WCHAR *link_path(HANDLE object);

/* Whether the object that was opened as name in a folder is not there. folder is the folder's
 * link_path. */
BOOL link_leads_away(HANDLE object, const WCHAR *folder, const WCHAR *name);

#endif
