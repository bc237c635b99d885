/*
 * The beginning of Visual Studio's IVsStatusbar, which is all that the package needs of it. With
 * the Visual Studio SDK at hand, include its vsshell.h instead.
 */
#ifndef STATUSBAR_H
#define STATUSBAR_H

#include <unknwn.h>

MIDL_INTERFACE("DC0AF70E-5097-4DD3-9983-5A98C3A19942")
IVsStatusbar : public IUnknown
{
  public:
    virtual HRESULT STDMETHODCALLTYPE Clear() = 0;
    virtual HRESULT STDMETHODCALLTYPE SetText(LPCOLESTR text) = 0;
    virtual HRESULT STDMETHODCALLTYPE Progress(DWORD *cookie, BOOL in_progress, LPCOLESTR label,
                                               ULONG complete, ULONG total) = 0;
};

/* For __uuidof in mingw-w64. */
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IVsStatusbar, 0xdc0af70e, 0x5097, 0x4dd3, 0x99, 0x83, 0x5a, 0x98, 0xc3, 0xa1, 0x99, 0x42)
#endif

#endif
