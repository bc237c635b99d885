#include "options.h"

#include <stdlib.h>
#include <wchar.h>
#include <objbase.h>

#include "console.h"
#include "exits.h"

static int usage(void)
{
    console_say(L"usage: shell [--clsid {CLSID}] [--until-idle] [--timeout SECONDS] [--window] "
                L"[--no-proxies] [--busy] [--agile-site] [--command] [--blocked-until FILE] PACKAGE.pkgdef|PACKAGE.dll [FOLDER]");
    return EXIT_USAGE;
}

static WCHAR *full_path(const WCHAR *path)
{
    DWORD length = GetFullPathNameW(path, 0, NULL, NULL);
    WCHAR *full = length != 0 ? malloc(length * sizeof *full) : NULL;

    if (full && GetFullPathNameW(path, length, full, NULL) >= length) {
        free(full);
        full = NULL;
    }
    return full;
}

static BOOL parse_seconds(const WCHAR *text, DWORD *milliseconds)
{
    WCHAR *end;
    unsigned long seconds = wcstoul(text, &end, 10);

    if (*text < L'0' || *text > L'9' || *end != L'\0' || seconds == 0 || seconds > 1000000)
        return FALSE;
    *milliseconds = seconds * 1000;
    return TRUE;
}

/* One option and its value. Returns how many arguments they are; 0: not understood. */
static int parse_option(WCHAR **argument, const WCHAR *value, Options *options)
{
    const struct {
        const WCHAR *name;
        BOOL *flag;
    } flags[] = {
        {L"--until-idle", &options->until_idle}, {L"--window", &options->window},
        {L"--no-proxies", &options->no_proxies}, {L"--busy", &options->busy},
        {L"--agile-site", &options->agile_site}, {L"--command", &options->command},
    };

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (wcscmp(*argument, flags[i].name) == 0) {
            *flags[i].flag = TRUE;
            return 1;
        }
    }
    if (wcscmp(*argument, L"--timeout") == 0)
        return value && parse_seconds(value, &options->timeout) ? 2 : 0;
    if (wcscmp(*argument, L"--blocked-until") == 0) {
        options->blocked_until = value;
        return value ? 2 : 0;
    }
    if (wcscmp(*argument, L"--clsid") == 0)
        return value && SUCCEEDED(IIDFromString(value, &options->clsid)) ? 2 : 0;
    return 0;
}

int options_parse(int argc, WCHAR **argv, Options *options)
{
    DWORD attributes;
    int i = 1;

    ZeroMemory(options, sizeof *options);
    options->timeout = INFINITE;
    while (i < argc && wcsncmp(argv[i], L"--", 2) == 0) {
        int taken = parse_option(&argv[i], i + 1 < argc ? argv[i + 1] : NULL, options);
        if (taken == 0)
            return usage();
        i += taken;
    }
    if (argc - i < 1 || argc - i > 2)
        return usage();
    options->package = full_path(argv[i]);
    if (argc - i == 2) {
        options->folder = full_path(argv[i + 1]);
        attributes =
            options->folder ? GetFileAttributesW(options->folder) : INVALID_FILE_ATTRIBUTES;
        if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
            console_say(L"%ls: there is no such folder", argv[i + 1]);
            return EXIT_NO_FOLDER;
        }
    }
    if (!options->package) {
        console_say(L"%ls: not a path", argv[i]);
        return EXIT_NO_DLL;
    }
    return EXIT_FINE;
}

void options_free(Options *options)
{
    free(options->package);
    free(options->folder);
}
