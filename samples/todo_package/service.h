/*
 * A service of the shell, used from a background thread: through its proxy where it has one, on
 * home where its interface cannot be marshaled. Who uses it does not see the difference.
 */
#ifndef TODO_SERVICE_H
#define TODO_SERVICE_H

#include <sitebridge/package.h>

/* Gets the interface, on the background thread that stop is of, or on home: stop is NULL there. */
typedef HRESULT (*ServiceFind)(IVsPackage *package, HANDLE stop, void **object);

/*
 * Does something with the interface, on the thread that it was found on, in one call: where home
 * rejects that, it is done again.
 */
typedef HRESULT (*ServiceUse)(void *object, void *context);

typedef struct Service {
    IVsPackage *package; /* these two are borrowed */
    HANDLE stop;         /* the background thread's, which ends the retries of a busy home */
    ServiceFind find;
    IUnknown *proxy; /* of the background thread's apartment; NULL: there is none */
} Service;

/* Both are for the same background thread. On failure there is nothing to end. */
HRESULT service_begin(Service *service, IVsPackage *package, HANDLE stop, ServiceFind find);
void service_end(Service *service);

/* What use returned, or why it could not run. */
HRESULT service_use(const Service *service, ServiceUse use, void *context);

/*
 * The same on home, where and when home likes: nobody waits for it, and it is done in the order in
 * which it was posted. told gets what use returned, on another thread, and is the last use of
 * context; it is not called on a failure. The service may have ended before.
 */
HRESULT service_post(const Service *service, ServiceUse use, void *context, SiteBridgeDone told);

#endif
