/*
 * Who calls the shell's services. COM tells a message filter of every call that comes in from
 * another apartment, before it delivers it; a service that is entered without that was called
 * directly, by code on the main thread.
 */
#ifndef SHELL_CALLS_H
#define SHELL_CALLS_H

#include <windows.h>
#include <objbase.h>

/*
 * Main thread, which calls_entered holds all calls against. busy: some of the calls that come in
 * are rejected, as Visual Studio does behind a dialog or in the middle of a build.
 */
HRESULT calls_begin(BOOL busy);
/* From now on all of them are, or no longer. */
void calls_reject_all(BOOL all);
void calls_end(void);

/* Every method of every service says that it has been entered, and of which interface it is. */
void calls_entered(REFIID iid);

/*
 * On the main thread: the call of that interface that comes next has been brought there by the
 * service itself, from another thread.
 */
void calls_brought(REFIID iid);

/* What has been counted since the last reset. */
void calls_reset(void);
void calls_say(void);

/* Whether every call ran on the main thread. */
BOOL calls_all_on_main_thread(void);

#endif
