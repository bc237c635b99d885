/*
 * answer DLL {CLSID}: whether the DLL makes a package of the class, and of no other, as Visual
 * Studio asks for it. Exit code 0: yes.
 */
#define COBJMACROS
#include <sitebridge/vspackage.h>

#include <stdio.h>
#include <windows.h>

typedef HRESULT(STDAPICALLTYPE *GetClassObject)(REFCLSID rclsid, REFIID riid, void **ppv);
typedef HRESULT(STDAPICALLTYPE *CanUnloadNow)(void);
typedef void (*Function)(void);

static int failed(const char *what, HRESULT hr)
{
    fprintf(stderr, "answer: %s: 0x%08lx\n", what, (unsigned long)hr);
    return 1;
}

static int ask(GetClassObject get_class_object, CanUnloadNow can_unload_now, REFCLSID clsid)
{
    IClassFactory *factory;
    IVsPackage *package;
    HRESULT hr = get_class_object(&IID_IClassFactory, &IID_IClassFactory, (void **)&factory);

    if (hr != CLASS_E_CLASSNOTAVAILABLE)
        return failed("a class that it has not", hr);
    hr = get_class_object(clsid, &IID_IClassFactory, (void **)&factory);
    if (FAILED(hr))
        return failed("its class", hr);
    hr = IClassFactory_CreateInstance(factory, NULL, &IID_IVsPackage, (void **)&package);
    IClassFactory_Release(factory);
    if (FAILED(hr))
        return failed("its package", hr);
    if (can_unload_now() == S_OK)
        return failed("it wants to be unloaded with a package in it", S_OK);
    IVsPackage_Release(package);
    hr = can_unload_now();
    return hr == S_OK ? 0 : failed("it does not want to be unloaded", hr);
}

int main(int argc, char **argv)
{
    wchar_t text[40];
    Function get_class_object, can_unload_now;
    HMODULE module;
    CLSID clsid;
    int result;

    if (argc != 3 || !MultiByteToWideChar(CP_ACP, 0, argv[2], -1, text, 40) ||
        FAILED(IIDFromString(text, &clsid)))
        return failed("usage: answer DLL {CLSID}", E_INVALIDARG);
    if (FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
        return failed("CoInitializeEx", E_FAIL);
    module = LoadLibraryExA(argv[1], NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!module)
        return failed("LoadLibrary", HRESULT_FROM_WIN32(GetLastError()));
    get_class_object = (Function)GetProcAddress(module, "DllGetClassObject");
    can_unload_now = (Function)GetProcAddress(module, "DllCanUnloadNow");
    if (!get_class_object || !can_unload_now)
        return failed("exports", HRESULT_FROM_WIN32(GetLastError()));
    result = ask((GetClassObject)get_class_object, (CanUnloadNow)can_unload_now, &clsid);
    FreeLibrary(module);
    CoUninitialize();
    return result;
}
