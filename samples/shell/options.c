#include "options.h"

#include <stdlib.h>
#include <wchar.h>
#include <objbase.h>

#include "console.h"
#include "exits.h"

static const WCHAR help[] =
    L"usage: shell [OPTION...] PACKAGE.pkgdef|PACKAGE.dll [FOLDER]\n"
    L"\n"
    L"Loads the package as Visual Studio does, on FOLDER as the open one. What the package writes to "
    L"its\noutput pane is printed; until Ctrl+C, or:\n"
    L"\n"
    L"  --until-idle          until the package has shown progress or a text, and no progress any "
    L"more\n"
    L"  --timeout SECONDS     for so long at most\n"
    L"  --command             carries out the package's command when it is idle\n"
    L"  --clsid {CLSID}       the package's class, where the file does not say or has several\n"
    L"  --window              with a window\n"
    L"  --no-proxies          the services' interfaces cannot be marshaled\n"
    L"  --busy                calls that come in are rejected now and then\n"
    L"  --busy-closing        all of them, while the package closes\n"
    L"  --agile-site          the site and the status bar may be called on every thread\n"
    L"  --blocked-until FILE  from the first progress on, the main thread does nothing until FILE "
    L"is there\n"
    L"\n"
    L"Exit codes: 0 fine; 1 a reference is left, or a call ran on another thread than the main one;\n"
    L"2 usage; 3 the DLL cannot be loaded; 4 it exports no DllGetClassObject; 5 it has no such class;"
    L"\n6 no such folder; 7 SetSite failed; 8 the time was over; 9 the package has shown nothing;\n"
    L"10 the shell could not start; 11 the .pkgdef is not right; 12 Initialize failed;\n"
    L"13 the command was not carried out.\n"
    L"\n"
    L"At the end it says how many references on its services there were before SetSite and after "
    L"Close,\nand how many calls of them came from the background: in COM's hands, or brought to the "
    L"main\nthread by the services themselves; and from code that ran on the main thread.\n";

static int usage(const WCHAR *what, const WCHAR *argument)
{
    console_say(L"%ls%ls; shell --help says what there is", what, argument);
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
        {L"--busy-closing", &options->busy_closing},
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
    if (argc > 1 && wcscmp(argv[1], L"--help") == 0) {
        options->help = TRUE;
        console_write(help);
        return EXIT_FINE;
    }
    while (i < argc && wcsncmp(argv[i], L"--", 2) == 0) {
        int taken = parse_option(&argv[i], i + 1 < argc ? argv[i + 1] : NULL, options);
        if (taken == 0)
            return usage(L"not understood: ", argv[i]);
        i += taken;
    }
    if (argc - i < 1)
        return usage(L"no package is named", L"");
    if (argc - i > 2)
        return usage(L"one folder too many: ", argv[i + 2]);
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
