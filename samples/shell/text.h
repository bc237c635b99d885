/*
 * A small text file as a string.
 */
#ifndef SHELL_TEXT_H
#define SHELL_TEXT_H

#include <windows.h>

/*
 * The file's text without its byte order mark: UTF-16 where that says so, otherwise UTF-8. To be
 * freed with free. NULL: *error says why; text that is none is ERROR_NO_UNICODE_TRANSLATION, a file
 * that is too large for a small one is ERROR_FILE_TOO_LARGE.
 */
WCHAR *text_read(const WCHAR *path, DWORD *error);

#endif
