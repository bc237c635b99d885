#define COBJMACROS
#include "service.h"

#include <stdlib.h>

#include "retry.h"

typedef struct Errand {
    IVsPackage *package; /* borrowed */
    ServiceFind find;
    ServiceUse use;
    void *context;
} Errand;

/* On home, where the package's services come without a proxy. */
static HRESULT CALLBACK run_errand(IServiceProvider *site, void *context)
{
    const Errand *errand = context;
    void *object;
    HRESULT hr = errand->find(errand->package, NULL, &object);

    (void)site;
    if (SUCCEEDED(hr)) {
        hr = errand->use(object, errand->context);
        IUnknown_Release((IUnknown *)object);
    }
    return hr;
}

static HRESULT use_on_home(const Service *service, ServiceUse use, void *context)
{
    Errand errand = {service->package, service->find, use, context};
    SiteBridge *bridge;
    HRESULT hr = SitePackageGetBridge(service->package, &bridge);

    if (SUCCEEDED(hr)) {
        hr = SiteBridgeInvoke(bridge, run_errand, &errand);
        SiteBridgeRelease(bridge);
    }
    return hr;
}

typedef struct Posting {
    Errand errand;
    SiteBridgeDone told;
} Posting;

static HRESULT CALLBACK run_posting(IServiceProvider *site, void *context)
{
    Posting *posting = context;
    return run_errand(site, &posting->errand);
}

static void CALLBACK end_posting(HRESULT result, void *context)
{
    Posting *posting = context;

    posting->told(result, posting->errand.context);
    free(posting);
}

HRESULT service_post(const Service *service, ServiceUse use, void *context, SiteBridgeDone told)
{
    Posting *posting = service->find ? malloc(sizeof *posting) : NULL;
    SiteBridge *bridge;
    HRESULT hr;

    if (!service->find)
        return E_UNEXPECTED;
    if (!posting)
        return E_OUTOFMEMORY;
    *posting = (Posting){{service->package, service->find, use, context}, told};
    hr = SitePackageGetBridge(service->package, &bridge);
    if (SUCCEEDED(hr)) {
        hr = SiteBridgePost(bridge, run_posting, end_posting, posting);
        SiteBridgeRelease(bridge);
    }
    if (FAILED(hr))
        free(posting);
    return hr;
}

static HRESULT do_nothing(void *object, void *context)
{
    (void)object;
    (void)context;
    return S_OK;
}

HRESULT service_begin(Service *service, IVsPackage *package, HANDLE stop, ServiceFind find)
{
    HRESULT hr;

    service->package = package;
    service->stop = stop;
    service->find = find;
    service->proxy = NULL;
    hr = find(package, stop, (void **)&service->proxy);
    if (SUCCEEDED(hr))
        return hr;
    service->proxy = NULL;
    /*
     * An interface without a proxy is E_NOINTERFACE, and what is wrong with a proxy has many other
     * names. Whether it was that, or the service is not there at all, is known on home.
     */
    hr = service_use(service, do_nothing, NULL);
    if (FAILED(hr))
        service->find = NULL;
    return hr;
}

void service_end(Service *service)
{
    if (service->proxy)
        IUnknown_Release(service->proxy);
    service->proxy = NULL;
    service->find = NULL;
}

HRESULT service_use(const Service *service, ServiceUse use, void *context)
{
    Retry retry = {.stop = service->stop};
    HRESULT hr;

    if (!service->find)
        return E_UNEXPECTED;
    do
        hr = service->proxy ? use(service->proxy, context) : use_on_home(service, use, context);
    while (retry_rejected(&retry, hr));
    return hr;
}
