/* COM's task allocator, seen through a malloc spy that stays for the rest of the process. */
#include "ledger.h"

#include <objbase.h>

static volatile LONG blocks;

static HRESULT STDMETHODCALLTYPE spy_QueryInterface(IMallocSpy *spy, REFIID riid, void **ppv)
{
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IMallocSpy)) {
        *ppv = NULL;
        return E_NOINTERFACE;
    }
    *ppv = spy;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE spy_AddRef(IMallocSpy *spy)
{
    (void)spy;
    return 2;
}

static ULONG STDMETHODCALLTYPE spy_Release(IMallocSpy *spy)
{
    (void)spy;
    return 1;
}

static SIZE_T STDMETHODCALLTYPE spy_PreAlloc(IMallocSpy *spy, SIZE_T size)
{
    (void)spy;
    return size;
}

static void *STDMETHODCALLTYPE spy_PostAlloc(IMallocSpy *spy, void *block)
{
    (void)spy;
    if (block)
        InterlockedIncrement(&blocks);
    return block;
}

static void *STDMETHODCALLTYPE spy_PreFree(IMallocSpy *spy, void *block, BOOL spied)
{
    (void)spy;
    if (block && spied)
        InterlockedDecrement(&blocks);
    return block;
}

static void STDMETHODCALLTYPE spy_PostFree(IMallocSpy *spy, BOOL spied)
{
    (void)spy, (void)spied;
}

static SIZE_T STDMETHODCALLTYPE spy_PreRealloc(IMallocSpy *spy, void *block, SIZE_T size,
                                               void **result, BOOL spied)
{
    (void)spy, (void)spied;
    *result = block;
    return size;
}

static void *STDMETHODCALLTYPE spy_PostRealloc(IMallocSpy *spy, void *block, BOOL spied)
{
    (void)spy, (void)spied;
    return block;
}

static void *STDMETHODCALLTYPE spy_PreGetSize(IMallocSpy *spy, void *block, BOOL spied)
{
    (void)spy, (void)spied;
    return block;
}

static SIZE_T STDMETHODCALLTYPE spy_PostGetSize(IMallocSpy *spy, SIZE_T size, BOOL spied)
{
    (void)spy, (void)spied;
    return size;
}

static void *STDMETHODCALLTYPE spy_PreDidAlloc(IMallocSpy *spy, void *block, BOOL spied)
{
    (void)spy, (void)spied;
    return block;
}

static int STDMETHODCALLTYPE spy_PostDidAlloc(IMallocSpy *spy, void *block, BOOL spied, int actual)
{
    (void)spy, (void)block, (void)spied;
    return actual;
}

static void STDMETHODCALLTYPE spy_nothing(IMallocSpy *spy)
{
    (void)spy;
}

static IMallocSpyVtbl spy_vtbl = {
    spy_QueryInterface, spy_AddRef, spy_Release,
    spy_PreAlloc, spy_PostAlloc, spy_PreFree, spy_PostFree, spy_PreRealloc, spy_PostRealloc,
    spy_PreGetSize, spy_PostGetSize, spy_PreDidAlloc, spy_PostDidAlloc, spy_nothing, spy_nothing,
};
static IMallocSpy spy = { &spy_vtbl };

void com_spy_begin(void)
{
    CoRegisterMallocSpy(&spy);
}

LONG com_spy_blocks(void)
{
    return InterlockedCompareExchange(&blocks, 0, 0);
}
