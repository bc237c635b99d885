/*
 * A service of the shell, used from a background thread: through its proxy where it has one, on
 * home where its interface cannot be marshaled. Who uses it does not see the difference.
 */
#ifndef TODO_SERVICE_H
#define TODO_SERVICE_H

#include <sitebridge/package.h>

/* Gets the interface, for the thread that it runs on: the background one, or home. */
typedef HRESULT (*ServiceFind)(IVsPackage *package, void **object);

/* Does something with the interface, on the thread that it was found on. */
typedef HRESULT (*ServiceUse)(void *object, void *context);

typedef struct Service {
    IVsPackage *package; /* borrowed */
    ServiceFind find;
    IUnknown *proxy; /* of the background thread's apartment; NULL: there is none */
} Service;

/* Both are for the same background thread. On failure there is nothing to end. */
HRESULT service_begin(Service *service, IVsPackage *package, ServiceFind find);
void service_end(Service *service);

/* What use returned, or why it could not run. */
HRESULT service_use(const Service *service, ServiceUse use, void *context);

#endif
