#include <sitebridge/package.h>

#include <stdlib.h>

#include "../atomic.h"
#include "../module.h"

static volatile LONG server_locks;  /* IClassFactory::LockServer's */

typedef struct Factory {
    IClassFactory object;
    volatile LONG refs;
    const SitePackageClass *class_;     /* the module's */
} Factory;

static Factory *factory_from_object(IClassFactory *object)
{
    return CONTAINING_RECORD(object, Factory, object);
}

static HRESULT STDMETHODCALLTYPE factory_QueryInterface(IClassFactory *object, REFIID riid, void **ppv)
{
    if (!ppv)
        return E_POINTER;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IClassFactory)) {
        *ppv = NULL;
        return E_NOINTERFACE;
    }
    IClassFactory_AddRef(object);
    *ppv = object;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE factory_AddRef(IClassFactory *object)
{
    return (ULONG)InterlockedIncrement(&factory_from_object(object)->refs);
}

static ULONG STDMETHODCALLTYPE factory_Release(IClassFactory *object)
{
    Factory *factory = factory_from_object(object);
    ULONG refs = (ULONG)InterlockedDecrement(&factory->refs);

    if (refs == 0) {
        free(factory);
        module_unlock();
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE factory_CreateInstance(IClassFactory *object, IUnknown *outer,
                                                        REFIID riid, void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (outer)
        return CLASS_E_NOAGGREGATION;
    return factory_from_object(object)->class_->create(riid, ppv);
}

static HRESULT STDMETHODCALLTYPE factory_LockServer(IClassFactory *object, BOOL lock)
{
    LONG count;

    (void)object;
    if (lock) {
        module_lock();
        InterlockedIncrement(&server_locks);
        return S_OK;
    }
    /* One too many must not take away what others hold. */
    do {
        count = long_read(&server_locks);
        if (count == 0)
            return E_UNEXPECTED;
    } while (InterlockedCompareExchange(&server_locks, count - 1, count) != count);
    module_unlock();
    return S_OK;
}

static IClassFactoryVtbl factory_vtbl = {
    factory_QueryInterface, factory_AddRef, factory_Release, factory_CreateInstance, factory_LockServer,
};

static HRESULT factory_create(const SitePackageClass *class_, REFIID riid, void **ppv)
{
    Factory *factory;
    HRESULT hr;

    factory = calloc(1, sizeof *factory);
    if (!factory)
        return E_OUTOFMEMORY;
    module_lock();
    factory->object.lpVtbl = &factory_vtbl;
    factory->refs = 1;
    factory->class_ = class_;
    hr = IClassFactory_QueryInterface(&factory->object, riid, ppv);
    IClassFactory_Release(&factory->object);
    return hr;
}

STDAPI SitePackageGetClassObject(const SitePackageClass *classes, DWORD count,
                                 REFCLSID rclsid, REFIID riid, void **ppv)
{
    DWORD i;

    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!rclsid || !riid)
        return E_INVALIDARG;
    for (i = 0; classes && i < count; i++)
        if (classes[i].clsid && classes[i].create && IsEqualCLSID(classes[i].clsid, rclsid))
            return factory_create(&classes[i], riid, ppv);
    return CLASS_E_CLASSNOTAVAILABLE;
}

STDAPI SitePackageCanUnloadNow(void)
{
    return SiteBridgeCanUnloadNow();
}
