#include "package.h"

#include "../bridge/bridge.h"

/* Whether it was in from, and this thread is now at work on it. */
static BOOL package_move(Package *package, PackageState from, PackageState to)
{
    BOOL moved;

    AcquireSRWLockExclusive(&package->lock);
    moved = package->state == from;
    if (moved) {
        package->state = to;
        package->at_work = GetCurrentThreadId();
        if (to == PACKAGE_CLOSED)
            WakeAllConditionVariable(&package->closed);
    }
    ReleaseSRWLockExclusive(&package->lock);
    return moved;
}

/* Stops the threads and lets go of the site. */
static void package_unsite(Package *package, BOOL closing)
{
    workers_stop(package->workers);
    if (closing && package->events.closing)
        package->events.closing(&package->object, package->context);
    workers_wait(package->workers, package->bridge);
    SiteBridgeSetSite(package->bridge, NULL);
    /* What was posted and did not run is being told. */
    workers_wait(package->workers, package->bridge);
}

/* RPC_E_WRONG_THREAD off home, ERROR_POSSIBLE_DEADLOCK where Close would wait for its own caller. */
static HRESULT package_check_closing(Package *package)
{
    Session *session = bridge_session(package->bridge);
    HRESULT hr = S_OK;

    if (session && !session_is_at_home(session))
        hr = RPC_E_WRONG_THREAD;
    else if (workers_need_this_thread(package->workers, session ? session->home : NULL))
        hr = HRESULT_FROM_WIN32(ERROR_POSSIBLE_DEADLOCK);
    if (session)
        shared_release(&session->shared);
    return hr;
}

/* While SetSite or another Close is at work: S_OK, and carried out when `sited` returns, or E_PENDING. */
static HRESULT package_close_beside(Package *package)
{
    HRESULT hr;

    AcquireSRWLockExclusive(&package->lock);
    if (package->state == PACKAGE_SITING)
        package->state = PACKAGE_SITING_IN_VAIN;
    hr = package->state == PACKAGE_CLOSING ? E_PENDING : S_OK;
    /* Another thread of a home that is the MTA is at it. */
    if (package->at_work != GetCurrentThreadId()) {
        while (package->state != PACKAGE_CLOSED)
            SleepConditionVariableSRW(&package->closed, &package->lock, INFINITE, 0);
        hr = S_OK;
    }
    ReleaseSRWLockExclusive(&package->lock);
    return hr;
}

HRESULT package_close(Package *package)
{
    HRESULT hr;

    if (package_move(package, PACKAGE_NEW, PACKAGE_CLOSED) ||
        package_move(package, PACKAGE_CLOSED, PACKAGE_CLOSED))
        return S_OK;
    hr = package_check_closing(package);
    if (FAILED(hr)) {
        workers_stop(package->workers);
        return hr;
    }
    if (!package_move(package, PACKAGE_SITED, PACKAGE_CLOSING))
        return package_close_beside(package);
    /* The wait lets calls in, and one of them may be the shell's last release. */
    IVsPackage_AddRef(&package->object);
    package_unsite(package, TRUE);
    package_move(package, PACKAGE_CLOSING, PACKAGE_CLOSED);
    IVsPackage_Release(&package->object);
    return S_OK;
}

HRESULT package_set_site(Package *package, IServiceProvider *site)
{
    HRESULT hr;

    if (!package_move(package, PACKAGE_NEW, PACKAGE_SITING))
        return E_UNEXPECTED;
    IVsPackage_AddRef(&package->object);
    hr = SiteBridgeSetSite(package->bridge, site);
    if (FAILED(hr)) {
        package_move(package, PACKAGE_SITING, PACKAGE_NEW);
        goto done;
    }
    workers_open(package->workers);
    if (package->events.sited)
        hr = package->events.sited(&package->object, site, package->context);
    if (FAILED(hr)) {
        package_unsite(package, FALSE);
        package_move(package, PACKAGE_SITING, PACKAGE_NEW);
    } else if (!package_move(package, PACKAGE_SITING, PACKAGE_SITED)) {
        package_unsite(package, TRUE);
        hr = E_ABORT;
    }
done:
    package_move(package, PACKAGE_SITING_IN_VAIN, PACKAGE_CLOSED);
    IVsPackage_Release(&package->object);
    return hr;
}
