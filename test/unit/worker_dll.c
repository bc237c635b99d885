/* A module of its own for a worker to run in: see a_worker_holds_its_module. */
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
