/*
 * Microsoft's ten lines and SiteBridge side by side: each in what a package meets, in a process of its own, since
 * some of it ends badly. Prints a table.
 *
 *     howto               all of it
 *     howto SCENE WAY     one of it, by their numbers: the exit code is what came of it
 */
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

/* What can come of a scene besides an HRESULT of the system's. */
#define HELD ((HRESULT)0xa0530002)
#define ELSEWHERE ((HRESULT)0xa0530003)

static const GUID service_id = {0x61c8a4f2, 0x0b7d, 0x4e35, {0x9f, 0x12, 0x7a, 0xc0, 0x4d, 0xe8, 0x36, 0x5b}};

/* The way that this process goes. */
static const Way *way;

static HRESULT ask(void)
{
    IServiceProvider *service;
    HRESULT hr = way->query(&service_id, &IID_IServiceProvider, (void **)&service);

    if (SUCCEEDED(hr))
        IServiceProvider_Release(service);
    return hr;
}

/* A thread has asked, and stays until somebody else has. */
static HRESULT ask_before(Function ask_second)
{
    Thread first;
    HRESULT hr;

    thread_start(&first, MTA, ask);
    thread_wait(&first);
    hr = FAILED(first.hr) ? first.hr : ask_second();
    thread_end(&first);
    return hr;
}

static HRESULT one_thread(void)
{
    return thread_run(MTA, ask);
}

static HRESULT one_after_the_other(void)
{
    HRESULT hr = thread_run(MTA, ask);

    return FAILED(hr) ? hr : thread_run(MTA, ask);
}

static HRESULT ask_in_an_sta(void)
{
    return thread_run(STA, ask);
}

static HRESULT an_sta(void)
{
    return ask_before(ask_in_an_sta);
}

static HRESULT without_com(void)
{
    return thread_run(NO_APARTMENT, ask);
}

static HRESULT main_thread_second(void)
{
    return ask_before(ask);
}

static HRESULT main_thread_first(void)
{
    HRESULT hr = ask();

    return FAILED(hr) ? hr : thread_run(MTA, ask);
}

/*
 * Both have found that there is no proxy yet; then one goes on and, when it has its answer, the other. So what
 * happens now and then is certain to. In SiteBridge there is no such place, and they just come at the same time.
 */
static HANDLE both_are_here, first_has_asked;
static volatile LONG arrived;

static void meet(void)
{
    if (InterlockedIncrement(&arrived) == 2) {
        SetEvent(both_are_here);
        WaitForSingleObject(first_has_asked, INFINITE);
    } else {
        WaitForSingleObject(both_are_here, INFINITE);
    }
}

static HRESULT ask_together(void)
{
    HRESULT hr = ask();

    SetEvent(first_has_asked);
    return hr;
}

static HRESULT two_at_once(void)
{
    Thread threads[2];
    int i;

    both_are_here = CreateEventW(NULL, TRUE, FALSE, NULL);
    first_has_asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    ten_lines_between = meet;
    for (i = 0; i < 2; i++)
        thread_start(&threads[i], MTA, ask_together);
    for (i = 0; i < 2; i++)
        thread_wait(&threads[i]);
    for (i = 0; i < 2; i++)
        thread_end(&threads[i]);
    return FAILED(threads[0].hr) ? threads[0].hr : threads[1].hr;
}

static HRESULT never_asked(void)
{
    HRESULT hr = way->set_site(NULL);

    return FAILED(hr) ? hr : host_references() ? HELD : S_OK;
}

static HRESULT closing(void)
{
    return way->close_while(ask);
}

static HRESULT CALLBACK use_privately(IServiceProvider *site, void *context)
{
    IUnknown *service;
    HRESULT hr = IServiceProvider_QueryService(site, &service_id, &private_id, (void **)&service);

    (void)context;
    if (SUCCEEDED(hr))
        IUnknown_Release(service);
    return hr;
}

static HRESULT ask_privately(void)
{
    return way->use_site(use_privately, NULL);
}

static HRESULT without_proxy(void)
{
    return thread_run(MTA, ask_privately);
}

static const struct Scene {
    const char *name;
    Function play;
} scenes[] = {
    {"one background thread", one_thread},
    {"a second one, when the first and the MTA with it have ended", one_after_the_other},
    {"an STA, while the first is there", an_sta},
    {"a thread without COM, where there is no MTA", without_com},
    {"the main thread, after a background thread", main_thread_second},
    {"a background thread, after the main thread", main_thread_first},
    {"two threads at once, held where they race", two_at_once},
    {"unsited before anyone has asked", never_asked},
    {"closing while a thread asks: a plain wait, or SiteBridge's `Close`", closing},
    {"a service without a proxy; in SiteBridge by `SiteBridgeInvoke`", without_proxy},
};
enum { PATIENCE = 30000 /* ms */ };
enum { SCENES = sizeof scenes / sizeof scenes[0] };

static const Way *const ways[] = {&ten_lines, &bridged};

static HRESULT play(const struct Scene *scene)
{
    HRESULT hr = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);

    if (FAILED(hr))
        return hr;
    host_begin();
    hr = way->set_site(host_site());
    if (SUCCEEDED(hr))
        hr = scene->play();
    return SUCCEEDED(hr) && host_called_elsewhere() ? ELSEWHERE : hr;
}

static const char *name_of(HRESULT hr)
{
    static const struct Name {
        HRESULT hr;
        const char *name;
    } names[] = {
        {S_OK, "S_OK"},
        {E_UNEXPECTED, "`E_UNEXPECTED`"},
        {E_INVALIDARG, "`E_INVALIDARG`"},
        {E_NOINTERFACE, "`E_NOINTERFACE`"},
        {REGDB_E_CLASSNOTREG, "`REGDB_E_CLASSNOTREG`"},
        {REGDB_E_IIDNOTREG, "`REGDB_E_IIDNOTREG`"},
        {CO_E_NOTINITIALIZED, "`CO_E_NOTINITIALIZED`"},
        {CO_E_OBJNOTCONNECTED, "`CO_E_OBJNOTCONNECTED`"},
        {RPC_E_WRONG_THREAD, "`RPC_E_WRONG_THREAD`"},
        {RPC_E_DISCONNECTED, "`RPC_E_DISCONNECTED`"},
        {HOWTO_HANGS, "**hangs**"},
        {HELD, "the site is **held** until the main thread ends COM"},
        {ELSEWHERE, "S_OK, but the host is called **on the wrong thread**"},
        {(HRESULT)STATUS_ACCESS_VIOLATION, "**crashes**"},
    };
    static char number[16];
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].hr == hr)
            return names[i].name;
    snprintf(number, sizeof number, "`0x%08lx`", (unsigned long)hr);
    return number;
}

/* In a process of its own, which hangs where it takes too long. */
static HRESULT play_apart(int scene, int which)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    WCHAR program[MAX_PATH], command[MAX_PATH + 32];
    DWORD code = (DWORD)HOWTO_HANGS;

    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(command, sizeof command / sizeof command[0], L"\"%ls\" %d %d", program, scene, which);
    if (!CreateProcessW(program, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return HRESULT_FROM_WIN32(GetLastError());
    if (WaitForSingleObject(process.hProcess, PATIENCE) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &code);
    else
        TerminateProcess(process.hProcess, code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return (HRESULT)code;
}

static int play_all(void)
{
    int scene, failed = 0;

    printf("| what a package meets | the ten lines | SiteBridge |\n|---|---|---|\n");
    for (scene = 0; scene < SCENES; scene++) {
        HRESULT hr = play_apart(scene, 0);

        printf("| %s | %s |", scenes[scene].name, name_of(hr));
        hr = play_apart(scene, 1);
        printf(" %s |\n", name_of(hr));
        fflush(stdout);
        failed |= hr != S_OK;
    }
    return failed;
}

/* FALSE where it is no number below the limit. */
static BOOL read_number(const char *text, long limit, long *number)
{
    char *end;

    *number = strtol(text, &end, 10);
    return end != text && !*end && *number >= 0 && *number < limit;
}

int main(int argc, char **argv)
{
    long scene, which;

    if (argc == 1)
        return play_all();
    if (argc != 3 || !read_number(argv[1], SCENES, &scene) || !read_number(argv[2], 2, &which)) {
        fprintf(stderr, "usage: howto [SCENE WAY]\n");
        return 2;
    }
    way = ways[which];
    /* Without an orderly end: there is none where a thread hangs. */
    ExitProcess((UINT)play(&scenes[scene]));
}
