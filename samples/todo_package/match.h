/*
 * Finds the lines that hold TODO, FIXME or HACK as a whole word, in bytes that arrive in pieces of
 * any size. A word is what LC_ALL=C grep -w takes for one: a longest run of ASCII letters, digits
 * and underscores. Every other byte, NUL included, stands between words; a line ends at a line feed
 * or at the end of the file.
 *
 * Memory is the struct's own: of a longer line all is matched, but only its beginning is kept.
 */
#ifndef TODO_MATCH_H
#define TODO_MATCH_H

#include <windows.h>

enum { MATCH_TEXT = 4096, MATCH_WORD = 5 };

typedef struct MatchLine {
    ULONGLONG number; /* from 1 */
    const char *text; /* the line's beginning, without its end-of-line; not terminated */
    DWORD length;
    BOOL cut; /* the line is longer than text */
} MatchLine;

/* FALSE ends the matching. */
typedef BOOL (*MatchFound)(void *context, const MatchLine *line);

typedef struct Match {
    MatchFound found;
    void *context;
    ULONGLONG lines;
    ULONGLONG length; /* of the line so far */
    BOOL hit;
    DWORD run; /* of the word so far; more than MATCH_WORD when it is too long to be one */
    char word[MATCH_WORD];
    char text[MATCH_TEXT];
} Match;

void match_begin(Match *match, MatchFound found, void *context);

/* Both: FALSE when the callback has ended the matching. */
BOOL match_bytes(Match *match, const char *bytes, DWORD count);
BOOL match_end(Match *match);

#endif
