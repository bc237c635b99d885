/*
 * Replaces a function that a module imports from a DLL, so that a test can count its calls, hold
 * them up or have them fail. What a module looks up for itself with GetProcAddress is not reached.
 */
#ifndef TEST_IMPORT_H
#define TEST_IMPORT_H

#include <windows.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Any function; cast it to its own type before it is called. */
typedef void (*ImportedFunction)(void);

/*
 * Has module call replacement from now on where it would call the function of that name in dll, and
 * returns what it called until now; giving that as the replacement undoes it. module NULL is the
 * program, dll NULL whichever DLL has it. NULL where the module does not import the function; then
 * nothing has changed. Calls that are under way stay where they are.
 */
ImportedFunction import_patch(HMODULE module, const char *dll, const char *function,
                              ImportedFunction replacement);

/* The DLL that the program has function from, or NULL where none of those it imports from has it.
 */
HMODULE import_source(const char *function);

#ifdef __cplusplus
}
#endif

#endif
