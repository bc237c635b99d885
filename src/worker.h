/*
 * A crew: the background threads of one package.
 *
 * It outlives the package where a thread still has to leave it, and a thread has let go of the
 * package, and is out of the library's count, before it is seen to have left.
 */
#ifndef SITEBRIDGE_WORKER_H
#define SITEBRIDGE_WORKER_H

#include <sitebridge/package.h>

typedef struct Crew Crew;

HRESULT crew_create(Crew **crew);
void crew_release(Crew *crew);

/* Any thread. E_UNEXPECTED while the crew is not open. */
HRESULT crew_start(Crew *crew, IVsPackage *package, SitePackageWork work, void *context);

/*
 * Counts the calling thread in, which is not one of crew_start's, so that Close waits for it. FALSE
 * while the crew is not open.
 */
BOOL crew_join(Crew *crew);
void crew_leave(Crew *crew);

/* Lets threads be started. */
void crew_open(Crew *crew);

/* Lets no more be started, and tells those there are to stop. */
void crew_stop(Crew *crew);

/* Waits until the last has left; dispatches COM calls in an STA. */
void crew_wait(Crew *crew);

#endif
