#define COBJMACROS
#include "solution.h"

#include <oleauto.h>
#include <wchar.h>

#include "calls.h"

static struct {
    IVsSolution IVsSolution_iface;
    LONG references;
    const WCHAR *folder;
} solution;

static HRESULT STDMETHODCALLTYPE solution_QueryInterface(IVsSolution *This, REFIID riid, void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IVsSolution))
        return E_NOINTERFACE;
    *ppv = This;
    IVsSolution_AddRef(This);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE solution_AddRef(IVsSolution *This)
{
    (void)This;
    return (ULONG)InterlockedIncrement(&solution.references);
}

static ULONG STDMETHODCALLTYPE solution_Release(IVsSolution *This)
{
    (void)This;
    return (ULONG)InterlockedDecrement(&solution.references);
}

static HRESULT STDMETHODCALLTYPE solution_none(IVsSolution *This)
{
    (void)This;
    calls_entered(&IID_IVsSolution);
    return E_NOTIMPL;
}

/* Visual Studio's, too, ends the folder with a backslash. */
static BSTR folder_string(void)
{
    size_t length = wcslen(solution.folder);
    BOOL ended = length != 0 && solution.folder[length - 1] == L'\\';
    BSTR folder = SysAllocStringLen(NULL, (UINT)(length + !ended));

    if (folder) {
        wmemcpy(folder, solution.folder, length);
        if (!ended)
            folder[length] = L'\\';
    }
    return folder;
}

static HRESULT STDMETHODCALLTYPE solution_GetSolutionInfo(IVsSolution *This, BSTR *folder,
                                                          BSTR *file, BSTR *options)
{
    (void)This;
    calls_entered(&IID_IVsSolution);
    if (!folder || !file || !options)
        return E_POINTER;
    *folder = *file = *options = NULL;
    if (!solution.folder)
        return S_FALSE;
    *folder = folder_string();
    return *folder ? S_OK : E_OUTOFMEMORY;
}

static CONST_VTBL IVsSolutionVtbl solution_vtbl = {
    solution_QueryInterface, solution_AddRef, solution_Release,
    solution_none,           solution_none,   solution_none,
    solution_none,           solution_none,   solution_GetSolutionInfo,
};

IVsSolution *solution_begin(const WCHAR *folder)
{
    solution.IVsSolution_iface.lpVtbl = &solution_vtbl;
    solution.references = 1;
    solution.folder = folder;
    return &solution.IVsSolution_iface;
}

ULONG solution_references(void)
{
    return (ULONG)solution.references;
}

void solution_end(void)
{
    IVsSolution_Release(&solution.IVsSolution_iface);
}
