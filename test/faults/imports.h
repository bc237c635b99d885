/*
 * Every function that the library imports: those that are made to fail, and those that are spared, and
 * why. The test imports_complete holds this against the library's undefined symbols.
 *
 * FAULT(function, result, notice): what a public function returns because of it. NOTICED: it fails,
 * always. UNNOTICED: it may succeed all the same, since the library can do without, or the function
 * only gives something back. NOW_AND_THEN: the same, but it does not fail for good, since an STA that
 * never learns that it is one, or never dispatches, cannot be served. RECLAIMED: as NOTICED; for good, an
 * answer that nobody can unmarshal is reclaimed in the MTA, where Wine releases it on that thread
 * (test/platform: a_reclaimed_packet_releases_on_the_calling_thread). LOOKUP: the same as FAULT, of a
 * function that it finds with GetProcAddress.
 */

/* Memory */
FAULT(calloc, E_OUTOFMEMORY, NOTICED)
FAULT(realloc, E_OUTOFMEMORY, UNNOTICED)           /* who is in a call of home's */

/* Threads, events, modules */
FAULT(CreateThread, E_OUTOFMEMORY, UNNOTICED)      /* what may not fail waits for another thread */
FAULT(OpenThread, E_OUTOFMEMORY, NOTICED)
FAULT(CreateEventW, E_OUTOFMEMORY, NOTICED)
FAULT(GetModuleHandleExW, E_OUTOFMEMORY, UNNOTICED)
FAULT(GetModuleHandleW, E_NOTIMPL, UNNOTICED)
FAULT(GetProcAddress, E_NOTIMPL, UNNOTICED)

/* COM */
FAULT(CoGetApartmentType, CO_E_NOTINITIALIZED, NOW_AND_THEN)
FAULT(CoMarshalInterThreadInterfaceInStream, E_OUTOFMEMORY, NOTICED)
FAULT(CoGetInterfaceAndReleaseStream, E_OUTOFMEMORY, RECLAIMED)
FAULT(CoReleaseMarshalData, E_OUTOFMEMORY, UNNOTICED)
LOOKUP(CoIncrementMTAUsage, E_OUTOFMEMORY, NOTICED)
LOOKUP(CoDecrementMTAUsage, E_OUTOFMEMORY, UNNOTICED)
FAULT(CoRegisterInitializeSpy, E_OUTOFMEMORY, NOTICED)
FAULT(CoRevokeInitializeSpy, E_OUTOFMEMORY, UNNOTICED)
FAULT(CoCreateFreeThreadedMarshaler, E_OUTOFMEMORY, NOTICED)
FAULT(CoWaitForMultipleHandles, E_OUTOFMEMORY, NOW_AND_THEN)
FAULT(CoInitializeEx, E_OUTOFMEMORY, UNNOTICED)
FAULT(CoGetCurrentLogicalThreadId, E_OUTOFMEMORY, UNNOTICED)
FAULT(CoGetObjectContext, E_OUTOFMEMORY, UNNOTICED)
FAULT(CoGetPSClsid, E_OUTOFMEMORY, UNNOTICED)

/* They cannot fail. */
SPARED(AcquireSRWLockExclusive)
SPARED(AcquireSRWLockShared)
SPARED(ReleaseSRWLockExclusive)
SPARED(ReleaseSRWLockShared)
SPARED(InitOnceExecuteOnce)            /* what it calls does */
SPARED(WakeConditionVariable)
SPARED(WakeAllConditionVariable)
SPARED(SleepConditionVariableSRW)       /* without a time limit */
SPARED(GetCurrentThreadId)
SPARED(GetTickCount64)
SPARED(Sleep)
SPARED(memcmp)
SPARED(memcpy)
SPARED(memset)

/* They have no result that says so. */
SPARED(free)
SPARED(CoUninitialize)
SPARED(FreeLibraryAndExitThread)

/* They fail where they are given something that is not, or no longer, there; the library's own is. */
SPARED(CloseHandle)
SPARED(CoDisconnectObject)
SPARED(FreeLibrary)
SPARED(ResetEvent)
SPARED(SetEvent)
SPARED(WaitForSingleObject)
