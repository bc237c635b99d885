/*
 * A module of its own for a worker and what is posted: see a_worker_holds_its_module and
 * the_modules_of_both_stay_until_it_has_been_told.
 */
#include <sitebridge/package.h>

typedef struct Meeting {
    HANDLE begun, may_end;
} Meeting;

__declspec(dllexport) DWORD
    CALLBACK worker_in_a_dll(IVsPackage *package, HANDLE stop, void *context);

DWORD CALLBACK worker_in_a_dll(IVsPackage *package, HANDLE stop, void *context)
{
    const Meeting *meeting = context;

    (void)package, (void)stop;
    SetEvent(meeting->begun);
    WaitForSingleObject(meeting->may_end, 20000);
    return 0;
}

__declspec(dllexport) HRESULT CALLBACK work_in_a_dll(IServiceProvider *site, void *context);
__declspec(dllexport) void CALLBACK done_in_a_dll(HRESULT result, void *context);

HRESULT CALLBACK work_in_a_dll(IServiceProvider *site, void *context)
{
    (void)site;
    SetEvent(context);
    return S_OK;
}

void CALLBACK done_in_a_dll(HRESULT result, void *context)
{
    (void)result;
    SetEvent(context);
}
