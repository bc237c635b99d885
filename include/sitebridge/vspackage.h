/*
 * What a package object needs of Visual Studio's shell: IVsPackage, the interfaces of
 * asynchronous loading, and the tasks that services come in there. Restated from public facts for
 * those who build without the Visual Studio SDK, under the guards that MIDL gives the SDK's own
 * headers, so that either may come first.
 *
 * The IIDs are defined in the SiteBridge library. Without it, include <initguid.h> before this
 * header in one source file.
 */
#ifndef SITEBRIDGE_VSPACKAGE_H
#define SITEBRIDGE_VSPACKAGE_H

#include <windows.h>
#include <objbase.h>
#include <oaidl.h>
#include <prsht.h>
#include <servprov.h>

/*
 * vsshell.h defines VSPROPSHEETPAGE and the reset flags without a guard, so it must not come after
 * another definition. Where it can be found it is therefore included from here; where the compiler
 * cannot find it by that name and it comes later nevertheless, define SITEBRIDGE_VSSHELL_FOLLOWS.
 */
#if !defined(__vsshell_h__) && !defined(SITEBRIDGE_VSSHELL_FOLLOWS) && defined(__has_include)
#if __has_include(<vsshell.h>)
#include <vsshell.h>
#endif
#endif

#ifndef __vsshell_h__

typedef DWORD VSPKGRESETFLAGS;
typedef struct _VSPROPSHEETPAGE VSPROPSHEETPAGE;

#ifndef SITEBRIDGE_VSSHELL_FOLLOWS

enum __VSPKGRESETFLAGS {
    PKGRF_TOOLBOXITEMS = 1,
    PKGRF_TOOLBOXSETUP = 2,
    PKGRF_ADDSTDPREVIEWER = 4
};

struct _VSPROPSHEETPAGE {
    DWORD dwSize;
    DWORD dwFlags;
    HINSTANCE hInstance;
    WORD wTemplateId;
    DWORD dwTemplateSize;
    BYTE *pTemplate;
    DLGPROC pfnDlgProc;
    LPARAM lParam;
    LPFNPSPCALLBACKA pfnCallback;
    UINT *pcRefParent;
    DWORD dwReserved;
    HWND hwndDlg;
};

#endif
#endif

#ifndef __IVsPackage_FWD_DEFINED__
#define __IVsPackage_FWD_DEFINED__
typedef interface IVsPackage IVsPackage;
#endif

#ifndef __IVsTask_FWD_DEFINED__
#define __IVsTask_FWD_DEFINED__
typedef interface IVsTask IVsTask;
#endif

#ifndef __IVsTaskBody_FWD_DEFINED__
#define __IVsTaskBody_FWD_DEFINED__
typedef interface IVsTaskBody IVsTaskBody;
#endif

#ifndef __IAsyncServiceProvider_FWD_DEFINED__
#define __IAsyncServiceProvider_FWD_DEFINED__
typedef interface IAsyncServiceProvider IAsyncServiceProvider;
#endif

#ifndef __IAsyncProgressCallback_FWD_DEFINED__
#define __IAsyncProgressCallback_FWD_DEFINED__
typedef interface IAsyncProgressCallback IAsyncProgressCallback;
#endif

#ifndef __IProfferAsyncService_FWD_DEFINED__
#define __IProfferAsyncService_FWD_DEFINED__
typedef interface IProfferAsyncService IProfferAsyncService;
#endif

#ifndef __IAsyncLoadablePackageInitialize_FWD_DEFINED__
#define __IAsyncLoadablePackageInitialize_FWD_DEFINED__
typedef interface IAsyncLoadablePackageInitialize IAsyncLoadablePackageInitialize;
#endif

/* As MIDL writes it. */
/* clang-format off */

#ifndef __IVsPackage_INTERFACE_DEFINED__
#define __IVsPackage_INTERFACE_DEFINED__

DEFINE_GUID(IID_IVsPackage,
            0xd4f3f4b1, 0xe900, 0x4e51, 0xad, 0xb3, 0xd5, 0x32, 0x34, 0x8f, 0x83, 0xcb);

#if defined(__cplusplus) && !defined(CINTERFACE)

MIDL_INTERFACE("D4F3F4B1-E900-4E51-ADB3-D532348F83CB")
IVsPackage : public IUnknown {
public:
    virtual HRESULT STDMETHODCALLTYPE SetSite(IServiceProvider *pSP) = 0;
    virtual HRESULT STDMETHODCALLTYPE QueryClose(BOOL *pfCanClose) = 0;
    virtual HRESULT STDMETHODCALLTYPE Close() = 0;
    virtual HRESULT STDMETHODCALLTYPE GetAutomationObject(LPCOLESTR pszPropName,
                                                          IDispatch **ppDisp) = 0;
    virtual HRESULT STDMETHODCALLTYPE CreateTool(REFGUID rguidPersistenceSlot) = 0;
    virtual HRESULT STDMETHODCALLTYPE ResetDefaults(VSPKGRESETFLAGS grfFlags) = 0;
    virtual HRESULT STDMETHODCALLTYPE GetPropertyPage(REFGUID rguidPage,
                                                      VSPROPSHEETPAGE *ppage) = 0;
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IVsPackage,
                0xd4f3f4b1, 0xe900, 0x4e51, 0xad, 0xb3, 0xd5, 0x32, 0x34, 0x8f, 0x83, 0xcb)
#endif

#else

typedef struct IVsPackageVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IVsPackage *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IVsPackage *This);
    ULONG(STDMETHODCALLTYPE *Release)(IVsPackage *This);
    HRESULT(STDMETHODCALLTYPE *SetSite)(IVsPackage *This, IServiceProvider *pSP);
    HRESULT(STDMETHODCALLTYPE *QueryClose)(IVsPackage *This, BOOL *pfCanClose);
    HRESULT(STDMETHODCALLTYPE *Close)(IVsPackage *This);
    HRESULT(STDMETHODCALLTYPE *GetAutomationObject)(IVsPackage *This, LPCOLESTR pszPropName,
                                                    IDispatch **ppDisp);
    HRESULT(STDMETHODCALLTYPE *CreateTool)(IVsPackage *This, REFGUID rguidPersistenceSlot);
    HRESULT(STDMETHODCALLTYPE *ResetDefaults)(IVsPackage *This, VSPKGRESETFLAGS grfFlags);
    HRESULT(STDMETHODCALLTYPE *GetPropertyPage)(IVsPackage *This, REFGUID rguidPage,
                                                VSPROPSHEETPAGE *ppage);

    END_INTERFACE
} IVsPackageVtbl;

interface IVsPackage {
    CONST_VTBL IVsPackageVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IVsPackage_QueryInterface(This,riid,ppvObject) \
    ((This)->lpVtbl->QueryInterface(This,riid,ppvObject))
#define IVsPackage_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVsPackage_Release(This) ((This)->lpVtbl->Release(This))
#define IVsPackage_SetSite(This,pSP) ((This)->lpVtbl->SetSite(This,pSP))
#define IVsPackage_QueryClose(This,pfCanClose) ((This)->lpVtbl->QueryClose(This,pfCanClose))
#define IVsPackage_Close(This) ((This)->lpVtbl->Close(This))
#define IVsPackage_GetAutomationObject(This,pszPropName,ppDisp) \
    ((This)->lpVtbl->GetAutomationObject(This,pszPropName,ppDisp))
#define IVsPackage_CreateTool(This,rguidPersistenceSlot) \
    ((This)->lpVtbl->CreateTool(This,rguidPersistenceSlot))
#define IVsPackage_ResetDefaults(This,grfFlags) ((This)->lpVtbl->ResetDefaults(This,grfFlags))
#define IVsPackage_GetPropertyPage(This,rguidPage,ppage) \
    ((This)->lpVtbl->GetPropertyPage(This,rguidPage,ppage))
#endif

#endif
#endif

#ifndef __IVsTask_INTERFACE_DEFINED__
#define __IVsTask_INTERFACE_DEFINED__

DEFINE_GUID(IID_IVsTask,
            0x0b98eab8, 0x00bb, 0x45d0, 0xae, 0x2f, 0x3d, 0xe3, 0x5c, 0xd6, 0x82, 0x35);

#if defined(__cplusplus) && !defined(CINTERFACE)

MIDL_INTERFACE("0B98EAB8-00BB-45D0-AE2F-3DE35CD68235")
IVsTask : public IUnknown {
public:
    virtual HRESULT STDMETHODCALLTYPE ContinueWith(DWORD context, IVsTaskBody *pTaskBody,
                                                   IVsTask **ppTask) = 0;
    virtual HRESULT STDMETHODCALLTYPE ContinueWithEx(DWORD context, DWORD options,
                                                     IVsTaskBody *pTaskBody, VARIANT asyncState,
                                                     IVsTask **ppTask) = 0;
    virtual HRESULT STDMETHODCALLTYPE Start() = 0;
    virtual HRESULT STDMETHODCALLTYPE Cancel() = 0;
    virtual HRESULT STDMETHODCALLTYPE GetResult(VARIANT *pResult) = 0;
    virtual HRESULT STDMETHODCALLTYPE AbortIfCanceled() = 0;
    virtual HRESULT STDMETHODCALLTYPE Wait() = 0;
    virtual HRESULT STDMETHODCALLTYPE WaitEx(int milliseconds, DWORD options,
                                             VARIANT_BOOL *pCompleted) = 0;
    virtual HRESULT STDMETHODCALLTYPE get_IsFaulted(VARIANT_BOOL *pFaulted) = 0;
    virtual HRESULT STDMETHODCALLTYPE get_IsCompleted(VARIANT_BOOL *pCompleted) = 0;
    virtual HRESULT STDMETHODCALLTYPE get_IsCanceled(VARIANT_BOOL *pCanceled) = 0;
    virtual HRESULT STDMETHODCALLTYPE get_AsyncState(VARIANT *pState) = 0;
    virtual HRESULT STDMETHODCALLTYPE get_Description(BSTR *pDescription) = 0;
    virtual HRESULT STDMETHODCALLTYPE put_Description(LPCOLESTR description) = 0;
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IVsTask,
                0x0b98eab8, 0x00bb, 0x45d0, 0xae, 0x2f, 0x3d, 0xe3, 0x5c, 0xd6, 0x82, 0x35)
#endif

#else

typedef struct IVsTaskVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IVsTask *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IVsTask *This);
    ULONG(STDMETHODCALLTYPE *Release)(IVsTask *This);
    HRESULT(STDMETHODCALLTYPE *ContinueWith)(IVsTask *This, DWORD context, IVsTaskBody *pTaskBody,
                                             IVsTask **ppTask);
    HRESULT(STDMETHODCALLTYPE *ContinueWithEx)(IVsTask *This, DWORD context, DWORD options,
                                               IVsTaskBody *pTaskBody, VARIANT asyncState,
                                               IVsTask **ppTask);
    HRESULT(STDMETHODCALLTYPE *Start)(IVsTask *This);
    HRESULT(STDMETHODCALLTYPE *Cancel)(IVsTask *This);
    HRESULT(STDMETHODCALLTYPE *GetResult)(IVsTask *This, VARIANT *pResult);
    HRESULT(STDMETHODCALLTYPE *AbortIfCanceled)(IVsTask *This);
    HRESULT(STDMETHODCALLTYPE *Wait)(IVsTask *This);
    HRESULT(STDMETHODCALLTYPE *WaitEx)(IVsTask *This, int milliseconds, DWORD options,
                                       VARIANT_BOOL *pCompleted);
    HRESULT(STDMETHODCALLTYPE *get_IsFaulted)(IVsTask *This, VARIANT_BOOL *pFaulted);
    HRESULT(STDMETHODCALLTYPE *get_IsCompleted)(IVsTask *This, VARIANT_BOOL *pCompleted);
    HRESULT(STDMETHODCALLTYPE *get_IsCanceled)(IVsTask *This, VARIANT_BOOL *pCanceled);
    HRESULT(STDMETHODCALLTYPE *get_AsyncState)(IVsTask *This, VARIANT *pState);
    HRESULT(STDMETHODCALLTYPE *get_Description)(IVsTask *This, BSTR *pDescription);
    HRESULT(STDMETHODCALLTYPE *put_Description)(IVsTask *This, LPCOLESTR description);

    END_INTERFACE
} IVsTaskVtbl;

interface IVsTask {
    CONST_VTBL IVsTaskVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IVsTask_QueryInterface(This,riid,ppvObject) \
    ((This)->lpVtbl->QueryInterface(This,riid,ppvObject))
#define IVsTask_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVsTask_Release(This) ((This)->lpVtbl->Release(This))
#define IVsTask_ContinueWith(This,context,pTaskBody,ppTask) \
    ((This)->lpVtbl->ContinueWith(This,context,pTaskBody,ppTask))
#define IVsTask_ContinueWithEx(This,context,options,pTaskBody,asyncState,ppTask) \
    ((This)->lpVtbl->ContinueWithEx(This,context,options,pTaskBody,asyncState,ppTask))
#define IVsTask_Start(This) ((This)->lpVtbl->Start(This))
#define IVsTask_Cancel(This) ((This)->lpVtbl->Cancel(This))
#define IVsTask_GetResult(This,pResult) ((This)->lpVtbl->GetResult(This,pResult))
#define IVsTask_AbortIfCanceled(This) ((This)->lpVtbl->AbortIfCanceled(This))
#define IVsTask_Wait(This) ((This)->lpVtbl->Wait(This))
#define IVsTask_WaitEx(This,milliseconds,options,pCompleted) \
    ((This)->lpVtbl->WaitEx(This,milliseconds,options,pCompleted))
#define IVsTask_get_IsFaulted(This,pFaulted) ((This)->lpVtbl->get_IsFaulted(This,pFaulted))
#define IVsTask_get_IsCompleted(This,pCompleted) ((This)->lpVtbl->get_IsCompleted(This,pCompleted))
#define IVsTask_get_IsCanceled(This,pCanceled) ((This)->lpVtbl->get_IsCanceled(This,pCanceled))
#define IVsTask_get_AsyncState(This,pState) ((This)->lpVtbl->get_AsyncState(This,pState))
#define IVsTask_get_Description(This,pDescription) \
    ((This)->lpVtbl->get_Description(This,pDescription))
#define IVsTask_put_Description(This,description) \
    ((This)->lpVtbl->put_Description(This,description))
#endif

#endif
#endif

#ifndef __IVsTaskBody_INTERFACE_DEFINED__
#define __IVsTaskBody_INTERFACE_DEFINED__

DEFINE_GUID(IID_IVsTaskBody,
            0x05a07459, 0x551f, 0x4cdf, 0xb3, 0x8a, 0x16, 0x08, 0x9d, 0x08, 0x31, 0x10);

#if defined(__cplusplus) && !defined(CINTERFACE)

MIDL_INTERFACE("05A07459-551F-4CDF-B38A-16089D083110")
IVsTaskBody : public IUnknown {
public:
    virtual HRESULT STDMETHODCALLTYPE DoWork(IVsTask *pTask, DWORD dwCount, IVsTask *pParentTasks[],
                                             VARIANT *pResult) = 0;
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IVsTaskBody,
                0x05a07459, 0x551f, 0x4cdf, 0xb3, 0x8a, 0x16, 0x08, 0x9d, 0x08, 0x31, 0x10)
#endif

#else

typedef struct IVsTaskBodyVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IVsTaskBody *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IVsTaskBody *This);
    ULONG(STDMETHODCALLTYPE *Release)(IVsTaskBody *This);
    HRESULT(STDMETHODCALLTYPE *DoWork)(IVsTaskBody *This, IVsTask *pTask, DWORD dwCount,
                                       IVsTask *pParentTasks[], VARIANT *pResult);

    END_INTERFACE
} IVsTaskBodyVtbl;

interface IVsTaskBody {
    CONST_VTBL IVsTaskBodyVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IVsTaskBody_QueryInterface(This,riid,ppvObject) \
    ((This)->lpVtbl->QueryInterface(This,riid,ppvObject))
#define IVsTaskBody_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVsTaskBody_Release(This) ((This)->lpVtbl->Release(This))
#define IVsTaskBody_DoWork(This,pTask,dwCount,pParentTasks,pResult) \
    ((This)->lpVtbl->DoWork(This,pTask,dwCount,pParentTasks,pResult))
#endif

#endif
#endif

#ifndef __IAsyncServiceProvider_INTERFACE_DEFINED__
#define __IAsyncServiceProvider_INTERFACE_DEFINED__

DEFINE_GUID(IID_IAsyncServiceProvider,
            0x257b63fa, 0x8388, 0x4feb, 0x9d, 0xb8, 0x3d, 0xb2, 0x2f, 0x44, 0x05, 0xde);

#if defined(__cplusplus) && !defined(CINTERFACE)

MIDL_INTERFACE("257B63FA-8388-4FEB-9DB8-3DB22F4405DE")
IAsyncServiceProvider : public IUnknown {
public:
    virtual HRESULT STDMETHODCALLTYPE QueryServiceAsync(REFGUID guidService, IVsTask **ppTask) = 0;
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IAsyncServiceProvider,
                0x257b63fa, 0x8388, 0x4feb, 0x9d, 0xb8, 0x3d, 0xb2, 0x2f, 0x44, 0x05, 0xde)
#endif

#else

typedef struct IAsyncServiceProviderVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IAsyncServiceProvider *This, REFIID riid,
                                               void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IAsyncServiceProvider *This);
    ULONG(STDMETHODCALLTYPE *Release)(IAsyncServiceProvider *This);
    HRESULT(STDMETHODCALLTYPE *QueryServiceAsync)(IAsyncServiceProvider *This, REFGUID guidService,
                                                  IVsTask **ppTask);

    END_INTERFACE
} IAsyncServiceProviderVtbl;

interface IAsyncServiceProvider {
    CONST_VTBL IAsyncServiceProviderVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IAsyncServiceProvider_QueryInterface(This,riid,ppvObject) \
    ((This)->lpVtbl->QueryInterface(This,riid,ppvObject))
#define IAsyncServiceProvider_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IAsyncServiceProvider_Release(This) ((This)->lpVtbl->Release(This))
#define IAsyncServiceProvider_QueryServiceAsync(This,guidService,ppTask) \
    ((This)->lpVtbl->QueryServiceAsync(This,guidService,ppTask))
#endif

#endif
#endif

#ifndef __IAsyncProgressCallback_INTERFACE_DEFINED__
#define __IAsyncProgressCallback_INTERFACE_DEFINED__

DEFINE_GUID(IID_IAsyncProgressCallback,
            0xc3a2d62e, 0x64be, 0x4008, 0x92, 0x4f, 0x7e, 0x30, 0x3e, 0x2b, 0x00, 0x01);

#if defined(__cplusplus) && !defined(CINTERFACE)

MIDL_INTERFACE("C3A2D62E-64BE-4008-924F-7E303E2B0001")
IAsyncProgressCallback : public IUnknown {
public:
    virtual HRESULT STDMETHODCALLTYPE ReportProgress(REFGUID guidService, LPCWSTR szWaitMessage,
                                                     LPCWSTR szProgressText, LONG iCurrentStep,
                                                     LONG iTotalSteps) = 0;
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IAsyncProgressCallback,
                0xc3a2d62e, 0x64be, 0x4008, 0x92, 0x4f, 0x7e, 0x30, 0x3e, 0x2b, 0x00, 0x01)
#endif

#else

typedef struct IAsyncProgressCallbackVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IAsyncProgressCallback *This, REFIID riid,
                                               void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IAsyncProgressCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IAsyncProgressCallback *This);
    HRESULT(STDMETHODCALLTYPE *ReportProgress)(IAsyncProgressCallback *This, REFGUID guidService,
                                               LPCWSTR szWaitMessage, LPCWSTR szProgressText,
                                               LONG iCurrentStep, LONG iTotalSteps);

    END_INTERFACE
} IAsyncProgressCallbackVtbl;

interface IAsyncProgressCallback {
    CONST_VTBL IAsyncProgressCallbackVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IAsyncProgressCallback_QueryInterface(This,riid,ppvObject) \
    ((This)->lpVtbl->QueryInterface(This,riid,ppvObject))
#define IAsyncProgressCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IAsyncProgressCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IAsyncProgressCallback_ReportProgress(This,guidService,szWaitMessage,szProgressText,iCurrentStep,iTotalSteps) \
    ((This)->lpVtbl->ReportProgress(This,guidService,szWaitMessage,szProgressText,iCurrentStep,iTotalSteps))
#endif

#endif
#endif

#ifndef __IProfferAsyncService_INTERFACE_DEFINED__
#define __IProfferAsyncService_INTERFACE_DEFINED__

DEFINE_GUID(IID_IProfferAsyncService,
            0x5fdd1fe6, 0x898b, 0x4d51, 0xb2, 0xbc, 0x4c, 0x93, 0x67, 0x60, 0xc5, 0x72);

#if defined(__cplusplus) && !defined(CINTERFACE)

MIDL_INTERFACE("5FDD1FE6-898B-4D51-B2BC-4C936760C572")
IProfferAsyncService : public IUnknown {
public:
    virtual HRESULT STDMETHODCALLTYPE ProfferAsyncService(REFGUID rguidService,
                                                          IAsyncServiceProvider *psp,
                                                          DWORD *pdwCookie) = 0;
    virtual HRESULT STDMETHODCALLTYPE RevokeAsyncService(DWORD dwCookie) = 0;
    virtual HRESULT STDMETHODCALLTYPE GetServiceProgressCallback(
                                                                 IAsyncProgressCallback **ppCallback) = 0;
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IProfferAsyncService,
                0x5fdd1fe6, 0x898b, 0x4d51, 0xb2, 0xbc, 0x4c, 0x93, 0x67, 0x60, 0xc5, 0x72)
#endif

#else

typedef struct IProfferAsyncServiceVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IProfferAsyncService *This, REFIID riid,
                                               void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IProfferAsyncService *This);
    ULONG(STDMETHODCALLTYPE *Release)(IProfferAsyncService *This);
    HRESULT(STDMETHODCALLTYPE *ProfferAsyncService)(IProfferAsyncService *This,
                                                    REFGUID rguidService,
                                                    IAsyncServiceProvider *psp, DWORD *pdwCookie);
    HRESULT(STDMETHODCALLTYPE *RevokeAsyncService)(IProfferAsyncService *This, DWORD dwCookie);
    HRESULT(STDMETHODCALLTYPE *GetServiceProgressCallback)(IProfferAsyncService *This,
                                                           IAsyncProgressCallback **ppCallback);

    END_INTERFACE
} IProfferAsyncServiceVtbl;

interface IProfferAsyncService {
    CONST_VTBL IProfferAsyncServiceVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IProfferAsyncService_QueryInterface(This,riid,ppvObject) \
    ((This)->lpVtbl->QueryInterface(This,riid,ppvObject))
#define IProfferAsyncService_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IProfferAsyncService_Release(This) ((This)->lpVtbl->Release(This))
#define IProfferAsyncService_ProfferAsyncService(This,rguidService,psp,pdwCookie) \
    ((This)->lpVtbl->ProfferAsyncService(This,rguidService,psp,pdwCookie))
#define IProfferAsyncService_RevokeAsyncService(This,dwCookie) \
    ((This)->lpVtbl->RevokeAsyncService(This,dwCookie))
#define IProfferAsyncService_GetServiceProgressCallback(This,ppCallback) \
    ((This)->lpVtbl->GetServiceProgressCallback(This,ppCallback))
#endif

#endif
#endif

#ifndef __IAsyncLoadablePackageInitialize_INTERFACE_DEFINED__
#define __IAsyncLoadablePackageInitialize_INTERFACE_DEFINED__

DEFINE_GUID(IID_IAsyncLoadablePackageInitialize,
            0x3ec4d7f6, 0x4036, 0x4406, 0xa3, 0x93, 0x2f, 0xff, 0x7b, 0x2e, 0x78, 0xa1);

#if defined(__cplusplus) && !defined(CINTERFACE)

MIDL_INTERFACE("3EC4D7F6-4036-4406-A393-2FFF7B2E78A1")
IAsyncLoadablePackageInitialize : public IUnknown {
public:
    virtual HRESULT STDMETHODCALLTYPE Initialize(IAsyncServiceProvider *pServiceProvider,
                                                 IProfferAsyncService *pProfferService,
                                                 IAsyncProgressCallback *pProgressCallback,
                                                 IVsTask **ppTask) = 0;
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IAsyncLoadablePackageInitialize,
                0x3ec4d7f6, 0x4036, 0x4406, 0xa3, 0x93, 0x2f, 0xff, 0x7b, 0x2e, 0x78, 0xa1)
#endif

#else

typedef struct IAsyncLoadablePackageInitializeVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IAsyncLoadablePackageInitialize *This, REFIID riid,
                                               void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IAsyncLoadablePackageInitialize *This);
    ULONG(STDMETHODCALLTYPE *Release)(IAsyncLoadablePackageInitialize *This);
    HRESULT(STDMETHODCALLTYPE *Initialize)(IAsyncLoadablePackageInitialize *This,
                                           IAsyncServiceProvider *pServiceProvider,
                                           IProfferAsyncService *pProfferService,
                                           IAsyncProgressCallback *pProgressCallback,
                                           IVsTask **ppTask);

    END_INTERFACE
} IAsyncLoadablePackageInitializeVtbl;

interface IAsyncLoadablePackageInitialize {
    CONST_VTBL IAsyncLoadablePackageInitializeVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IAsyncLoadablePackageInitialize_QueryInterface(This,riid,ppvObject) \
    ((This)->lpVtbl->QueryInterface(This,riid,ppvObject))
#define IAsyncLoadablePackageInitialize_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IAsyncLoadablePackageInitialize_Release(This) ((This)->lpVtbl->Release(This))
#define IAsyncLoadablePackageInitialize_Initialize(This,pServiceProvider,pProfferService,pProgressCallback,ppTask) \
    ((This)->lpVtbl->Initialize(This,pServiceProvider,pProfferService,pProgressCallback,ppTask))
#endif

#endif
#endif

/* clang-format on */

#endif
