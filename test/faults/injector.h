/*
 * Makes the functions that the library imports fail, one at a time: the nth call of one, on whichever
 * thread, or that and all later ones. Without that they are the real ones.
 */
#ifndef TEST_FAULTS_INJECTOR_H
#define TEST_FAULTS_INJECTOR_H

#include <windows.h>

typedef enum Notice { NOTICED, UNNOTICED, NOW_AND_THEN, RECLAIMED } Notice;

typedef struct Fault {
    const char *name;
    HRESULT result;             /* of the public function that meets it */
    Notice notice;
} Fault;

/* How many functions there are, and which. */
int faults_count(void);
const Fault *fault_at(int index);

/* Stands between library and its imports from now on. FALSE where one is not imported. */
BOOL faults_install(HMODULE library);

/* From here on the nth call of that function fails, counted from 1; 0: none, they are counted only. */
void fault_arm(int index, LONG nth, BOOL for_good);

/* The end of that; how often it failed. */
LONG fault_disarm(void);

/* Calls of that function since fault_arm. */
LONG fault_calls(int index);

#endif
