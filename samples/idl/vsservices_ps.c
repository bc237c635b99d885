/*
 * The proxy/stub DLL: what the IDL compiler wrote from vsservices.idl, with a class of its own.
 */
#include "vsservices_clsid.h"

#define PROXY_CLSID_IS VSSERVICES_PROXY_CLSID

#include <windows.h>
#include <objbase.h>

/* widl's output names these, and mingw-w64's headers do not declare them. */
#ifdef __MINGW32__
HRESULT STDMETHODCALLTYPE IUnknown_QueryInterface_Proxy(IUnknown *This, REFIID riid, void **ppv);
ULONG STDMETHODCALLTYPE IUnknown_AddRef_Proxy(IUnknown *This);
ULONG STDMETHODCALLTYPE IUnknown_Release_Proxy(IUnknown *This);
#endif

#include "vsservices_p.c"

EXTERN_PROXY_FILE(vsservices)
PROXYFILE_LIST_START
REFERENCE_PROXY_FILE(vsservices), PROXYFILE_LIST_END DLLDATA_ROUTINES(aProxyFileList, GET_DLL_CLSID)
