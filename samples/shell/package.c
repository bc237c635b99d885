#define COBJMACROS
#include "package.h"

#include "console.h"
#include "exits.h"
#include "loop.h"

enum { UNLOAD_WITHIN = 10000 /* ms */, UNLOAD_EVERY = 10 /* ms */ };

typedef HRESULT(STDAPICALLTYPE *GetClassObject)(REFCLSID rclsid, REFIID riid, void **ppv);
typedef HRESULT(STDAPICALLTYPE *CanUnloadNow)(void);

/* By way of void (*)(void), which every function pointer may become. */
typedef void (*Function)(void);

static int create_package(Package *package, GetClassObject get_class_object, const WCHAR *dll,
                          REFCLSID clsid)
{
    IClassFactory *factory = NULL;
    HRESULT hr = get_class_object(clsid, &IID_IClassFactory, (void **)&factory);

    if (SUCCEEDED(hr) && factory) {
        hr =
            IClassFactory_CreateInstance(factory, NULL, &IID_IVsPackage, (void **)&package->object);
        IClassFactory_Release(factory);
    }
    if (FAILED(hr) || !package->object) {
        WCHAR name[39];
        StringFromGUID2(clsid, name, 39);
        console_say(L"%ls: makes no package of the class %ls (error 0x%08lx)", dll, name,
                    (unsigned long)hr);
        return EXIT_NO_CLASS;
    }
    return EXIT_FINE;
}

int package_load(Package *package, const WCHAR *dll, REFCLSID clsid)
{
    GetClassObject get_class_object;

    package->object = NULL;
    package->module = LoadLibraryExW(dll, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!package->module) {
        console_say(L"%ls: cannot be loaded (error %lu)", dll, GetLastError());
        return EXIT_NO_DLL;
    }
    get_class_object =
        (GetClassObject)(Function)GetProcAddress(package->module, "DllGetClassObject");
    if (!get_class_object) {
        console_say(L"%ls: is no package DLL, it does not export DllGetClassObject", dll);
        return EXIT_NO_EXPORT;
    }
    return create_package(package, get_class_object, dll, clsid);
}

int package_site(Package *package, IServiceProvider *site)
{
    HRESULT hr = IVsPackage_SetSite(package->object, site);

    if (FAILED(hr)) {
        console_say(L"the package does not start (error 0x%08lx)", (unsigned long)hr);
        return EXIT_NOT_SITED;
    }
    return EXIT_FINE;
}

typedef struct Initialization {
    /* Counted; may be called on any thread. */
    IAsyncLoadablePackageInitialize *package;
    const Provider *provider;
    IVsTask *task;
    HRESULT result;
} Initialization;

static DWORD WINAPI initialize(void *context)
{
    Initialization *call = context;

    call->result = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (SUCCEEDED(call->result)) {
        call->result = IAsyncLoadablePackageInitialize_Initialize(
            call->package, call->provider->services, call->provider->proffer,
            call->provider->progress, &call->task);
        CoUninitialize();
    }
    return 0;
}

static int judge_initialization(const Initialization *call, DWORD thread)
{
    if (FAILED(call->result)) {
        console_say(L"the package cannot be loaded asynchronously (error 0x%08lx)",
                    (unsigned long)call->result);
        return EXIT_NOT_INITIALIZED;
    }
    if (call->task) {
        console_say(L"the package wants a task to be waited for, which this shell cannot do");
        return EXIT_NOT_INITIALIZED;
    }
    console_say(L"loaded asynchronously: the package's Initialize ran on thread %lu", thread);
    return EXIT_FINE;
}

int package_initialize(Package *package, const Provider *provider)
{
    Initialization call = {.provider = provider};
    int code = EXIT_SYSTEM;
    HANDLE thread;
    DWORD id;

    if (FAILED(IVsPackage_QueryInterface(package->object, &IID_IAsyncLoadablePackageInitialize,
                                         (void **)&call.package)))
        return EXIT_FINE;
    thread = CreateThread(NULL, 0, initialize, &call, 0, &id);
    if (thread) {
        /* The whole of it, whatever the loop is told: the thread works on what is on this stack. */
        while (loop_run(&thread, 1, INFINITE) != 0)
            ;
        CloseHandle(thread);
        code = judge_initialization(&call, id);
    } else {
        console_say(L"no thread to initialize the package on (error %lu)", GetLastError());
    }
    if (call.task)
        IUnknown_Release((IUnknown *)call.task);
    IAsyncLoadablePackageInitialize_Release(call.package);
    return code;
}

BOOL package_query_close(Package *package)
{
    BOOL can_close = TRUE;

    return FAILED(IVsPackage_QueryClose(package->object, &can_close)) || can_close;
}

void package_close(Package *package)
{
    HRESULT hr = IVsPackage_Close(package->object);

    if (FAILED(hr))
        console_say(L"the package does not close well (error 0x%08lx)", (unsigned long)hr);
}

static BOOL can_unload(Package *package)
{
    CanUnloadNow can_unload_now =
        (CanUnloadNow)(Function)GetProcAddress(package->module, "DllCanUnloadNow");
    ULONGLONG begin = GetTickCount64();

    while (can_unload_now && GetTickCount64() - begin < UNLOAD_WITHIN) {
        if (can_unload_now() == S_OK)
            return TRUE;
        loop_run(NULL, 0, UNLOAD_EVERY);
    }
    return FALSE;
}

void package_unload(Package *package)
{
    BOOL was_package = package->object != NULL;

    if (was_package)
        IVsPackage_Release(package->object);
    package->object = NULL;
    if (!package->module)
        return;
    if (can_unload(package))
        FreeLibrary(package->module);
    else if (was_package)
        console_say(L"the package's DLL stays loaded, it does not agree to being unloaded");
    package->module = NULL;
}
