#include "proxies.h"

#include <objbase.h>

#include "vsservices.h"
#include "vsservices_clsid.h"

/*
 * The class comes from the manifest in the executable, so that every thread of the process can have
 * it; a class object registered by this thread would be this apartment's only. That these
 * interfaces have their proxies there is said here, for this process and as long as it runs.
 */
HRESULT proxies_begin(void)
{
    static const CLSID clsid = VSSERVICES_PROXY_CLSID;
    const IID *interfaces[] = {&IID_IVsOutputWindow, &IID_IVsOutputWindowPane, &IID_IVsStatusbar,
                               &IID_IVsSolution};
    HRESULT hr = S_OK;

    for (size_t i = 0; SUCCEEDED(hr) && i < sizeof interfaces / sizeof interfaces[0]; i++)
        hr = CoRegisterPSClsid(interfaces[i], &clsid);
    return hr;
}
