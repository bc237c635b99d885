/*
 * The beginning of Visual Studio's IVsStatusbar, which is all that the package needs of it. With
 * the Visual Studio SDK at hand, include its vsshell.h instead.
 */
#ifndef STATUSBAR_H
#define STATUSBAR_H

#include <unknwn.h>

typedef struct IVsStatusbar IVsStatusbar;
typedef struct IVsStatusbarVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IVsStatusbar *This, REFIID riid, void **ppv);
    ULONG(STDMETHODCALLTYPE *AddRef)(IVsStatusbar *This);
    ULONG(STDMETHODCALLTYPE *Release)(IVsStatusbar *This);
    HRESULT(STDMETHODCALLTYPE *Clear)(IVsStatusbar *This);
    HRESULT(STDMETHODCALLTYPE *SetText)(IVsStatusbar *This, LPCOLESTR text);
    HRESULT(STDMETHODCALLTYPE *Progress)
    (IVsStatusbar *This, DWORD *cookie, BOOL in_progress, LPCOLESTR label, ULONG complete,
     ULONG total);
} IVsStatusbarVtbl;
struct IVsStatusbar {
    const IVsStatusbarVtbl *lpVtbl;
};

/* {DC0AF70E-5097-4DD3-9983-5A98C3A19942}, of the interface and of the service. */
static const IID IID_IVsStatusbar = {
    0xdc0af70e, 0x5097, 0x4dd3, {0x99, 0x83, 0x5a, 0x98, 0xc3, 0xa1, 0x99, 0x42}};

#endif
