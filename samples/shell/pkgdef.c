#include "pkgdef.h"

#include <objbase.h>
#include <stdlib.h>
#include <wchar.h>

#include "console.h"
#include "exits.h"
#include "text.h"

/* Which of the keys that matter the lines are below. */
typedef enum Section { ELSEWHERE, PACKAGE, AUTOLOAD } Section;

typedef struct Parser {
    Pkgdef *pkgdef;
    const WCHAR *path;
    const CLSID *wanted;
    BOOL found; /* pkgdef->clsid is set */
    Section section;
    DWORD line;
} Parser;

static BOOL is_blank(WCHAR c)
{
    return c == L' ' || c == L'\t' || c == L'\r';
}

/* Without the blanks around it. */
static WCHAR *trim(WCHAR *text)
{
    size_t length;

    while (is_blank(*text))
        text++;
    length = wcslen(text);
    while (length != 0 && is_blank(text[length - 1]))
        text[--length] = L'\0';
    return text;
}

/* What follows the prefix, in any case of letters; NULL: it is another text. */
static WCHAR *after(WCHAR *text, const WCHAR *prefix)
{
    size_t length = wcslen(prefix);
    return _wcsnicmp(text, prefix, length) == 0 ? text + length : NULL;
}

static BOOL parse_clsid(const WCHAR *text, CLSID *clsid)
{
    return *text == L'{' && SUCCEEDED(CLSIDFromString(text, clsid));
}

/* "text", in which a backslash is nothing special. NULL: it is none. */
static WCHAR *parse_string(WCHAR *value)
{
    size_t length = wcslen(value);

    if (length < 2 || value[0] != L'"' || value[length - 1] != L'"')
        return NULL;
    value[length - 1] = L'\0';
    return value + 1;
}

static BOOL parse_dword(WCHAR *value, DWORD *number)
{
    const WCHAR *digits = after(value, L"dword:");
    WCHAR *end;

    if (!digits || !iswxdigit(*digits))
        return FALSE;
    *number = wcstoul(digits, &end, 16);
    return *end == L'\0' && end - digits <= 8;
}

/* The DLL's path, with the .pkgdef's own folder in its place. */
static BOOL set_dll(Parser *parser, WCHAR *value)
{
    static const WCHAR folder[] = L"$PackageFolder$\\";
    const WCHAR *name = parser->path + wcslen(parser->path);
    WCHAR *text = parse_string(value);
    WCHAR *below = text ? after(text, folder) : NULL;
    WCHAR *dll;
    size_t size;

    if (!text || *text == L'\0' || wcschr(below ? below : text, L'$'))
        return FALSE;
    while (name > parser->path && name[-1] != L'\\')
        name--;
    size = (size_t)(name - parser->path) + wcslen(text) + 1;
    dll = malloc(size * sizeof *dll);
    if (!dll)
        return FALSE;
    if (below)
        swprintf(dll, size, L"%.*ls%ls", (int)(name - parser->path), parser->path, below);
    else
        swprintf(dll, size, L"%ls", text);
    free(parser->pkgdef->dll);
    parser->pkgdef->dll = dll;
    return TRUE;
}

static BOOL parse_key(Parser *parser, WCHAR *line)
{
    size_t length = wcslen(line);
    Pkgdef *pkgdef = parser->pkgdef;
    WCHAR *key;
    CLSID clsid;

    if (line[length - 1] != L']')
        return FALSE;
    line[length - 1] = L'\0';
    parser->section = ELSEWHERE;
    if ((key = after(line, L"[$RootKey$\\Packages\\")) != NULL) {
        /* A key below the package's own is about something else. */
        if (wcschr(key, L'\\'))
            return TRUE;
        if (!parse_clsid(key, &clsid))
            return FALSE;
        if (!parser->found && (!parser->wanted || IsEqualCLSID(&clsid, parser->wanted))) {
            parser->found = TRUE;
            pkgdef->clsid = clsid;
        }
        if (parser->found && IsEqualCLSID(&clsid, &pkgdef->clsid))
            parser->section = PACKAGE;
    } else if ((key = after(line, L"[$RootKey$\\AutoLoadPackages\\")) != NULL) {
        if (!parse_clsid(key, &clsid))
            return FALSE;
        parser->section = AUTOLOAD;
    }
    return TRUE;
}

static BOOL parse_package_value(Parser *parser, const WCHAR *name, WCHAR *value)
{
    DWORD number;

    if (_wcsicmp(name, L"InprocServer32") == 0)
        return set_dll(parser, value);
    if (_wcsicmp(name, L"AllowsBackgroundLoad") == 0) {
        if (!parse_dword(value, &number))
            return FALSE;
        parser->pkgdef->allows_background_load = number != 0;
    }
    return TRUE;
}

static BOOL parse_autoload_value(Parser *parser, const WCHAR *name, WCHAR *value)
{
    Pkgdef *pkgdef = parser->pkgdef;
    CLSID clsid;
    DWORD flags;

    if (!parse_clsid(name, &clsid) || !parse_dword(value, &flags))
        return FALSE;
    if (parser->wanted && IsEqualCLSID(&clsid, parser->wanted)) {
        pkgdef->auto_load = TRUE;
        pkgdef->auto_load_flags |= flags;
    }
    return TRUE;
}

/* "name"=value, or @=value. */
static BOOL parse_value(Parser *parser, WCHAR *line)
{
    WCHAR *end = *line == L'"' ? wcschr(line + 1, L'"') : line;
    WCHAR *equals = end ? trim(end + 1) : NULL;

    if (!equals || *equals != L'=' || (*line != L'"' && *line != L'@'))
        return FALSE;
    if (*line == L'@')
        return TRUE;
    *end = L'\0';
    if (parser->section == PACKAGE)
        return parse_package_value(parser, line + 1, trim(equals + 1));
    if (parser->section == AUTOLOAD)
        return parse_autoload_value(parser, line + 1, trim(equals + 1));
    return TRUE;
}

static BOOL parse_line(Parser *parser, WCHAR *line)
{
    parser->line++;
    line = trim(line);
    if (*line == L'\0' || *line == L';' || (line[0] == L'/' && line[1] == L'/'))
        return TRUE;
    return *line == L'[' ? parse_key(parser, line) : parse_value(parser, line);
}

static int parse_text(Parser *parser, WCHAR *text)
{
    parser->section = ELSEWHERE;
    parser->line = 0;
    while (text) {
        WCHAR *next = wcschr(text, L'\n');

        if (next)
            *next++ = L'\0';
        if (!parse_line(parser, text)) {
            console_say(L"%ls(%lu): not understood", parser->path, parser->line);
            return EXIT_BAD_PKGDEF;
        }
        text = next;
    }
    if (!parser->found || !parser->pkgdef->dll) {
        console_say(parser->found ? L"%ls: does not say where the package's DLL is"
                                  : L"%ls: there is no such package in it",
                    parser->path);
        return EXIT_BAD_PKGDEF;
    }
    return EXIT_FINE;
}

BOOL pkgdef_is(const WCHAR *path)
{
    const WCHAR *dot = wcsrchr(path, L'.');
    return dot && _wcsicmp(dot, L".pkgdef") == 0;
}

int pkgdef_read(Pkgdef *pkgdef, const WCHAR *path, const CLSID *clsid)
{
    Parser parser = {.pkgdef = pkgdef, .path = path, .wanted = clsid};
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    WCHAR *text = text_read(path, &error);
    WCHAR *copy = text ? _wcsdup(text) : NULL;
    int code;

    ZeroMemory(pkgdef, sizeof *pkgdef);
    if (!copy) {
        free(text);
        console_say(error == ERROR_NO_UNICODE_TRANSLATION ? L"%ls: is no text (error %lu)"
                                                          : L"%ls: cannot be read (error %lu)",
                    path, error);
        return EXIT_BAD_PKGDEF;
    }
    code = parse_text(&parser, copy);
    if (code == EXIT_FINE && !clsid) {
        /* Again: what is said of the package may stand before the key that makes it the first. */
        parser.wanted = &pkgdef->clsid;
        code = parse_text(&parser, text);
    }
    free(copy);
    free(text);
    if (code != EXIT_FINE) {
        free(pkgdef->dll);
        pkgdef->dll = NULL;
    }
    return code;
}
