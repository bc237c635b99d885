#include "match.h"

#include <string.h>

static BOOL is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

static BOOL is_keyword(const Match *match)
{
    return (match->run == 4 &&
            (memcmp(match->word, "TODO", 4) == 0 || memcmp(match->word, "HACK", 4) == 0)) ||
           (match->run == 5 && memcmp(match->word, "FIXME", 5) == 0);
}

static void end_word(Match *match)
{
    if (match->run != 0) {
        match->hit = match->hit || is_keyword(match);
        match->run = 0;
    }
}

static BOOL end_line(Match *match)
{
    BOOL go_on = TRUE;

    end_word(match);
    match->lines++;
    if (match->hit) {
        MatchLine line;
        line.number = match->lines;
        line.text = match->text;
        line.cut = match->length > MATCH_TEXT;
        line.length = line.cut ? MATCH_TEXT : (DWORD)match->length;
        if (!line.cut && line.length != 0 && line.text[line.length - 1] == '\r')
            line.length--;
        go_on = match->found(match->context, &line);
    }
    match->hit = FALSE;
    match->length = 0;
    return go_on;
}

void match_begin(Match *match, MatchFound found, void *context)
{
    match->found = found;
    match->context = context;
    match->lines = 0;
    match->length = 0;
    match->hit = FALSE;
    match->run = 0;
}

BOOL match_bytes(Match *match, const char *bytes, DWORD count)
{
    for (DWORD i = 0; i < count; i++) {
        char byte = bytes[i];

        if (byte == '\n') {
            if (!end_line(match))
                return FALSE;
            continue;
        }
        if (match->length < MATCH_TEXT)
            match->text[match->length] = byte;
        match->length++;
        if (!is_word_byte(byte)) {
            end_word(match);
        } else if (match->run <= MATCH_WORD) {
            if (match->run < MATCH_WORD)
                match->word[match->run] = byte;
            match->run++;
        }
    }
    return TRUE;
}

BOOL match_end(Match *match)
{
    return match->length == 0 || end_line(match);
}
