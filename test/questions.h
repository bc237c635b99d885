/* What COM asks an object for while it marshals, locks or disconnects it. */
#ifndef TEST_QUESTIONS_H
#define TEST_QUESTIONS_H

#include <objbase.h>

/* COM's own: documented, seen in traces of Windows 10 and Server 2016, or asked for by Wine. */
typedef struct Question {
    IID iid;
    const char *name;
} Question;
enum { QUESTIONS = 18 };
extern const Question questions[QUESTIONS];

/* NULL where it is not one of COM's own. */
const char *question_name(REFIID riid);

/*
 * Asks for all of these, and for as many interfaces again that nobody has heard of; then has COM lock and unlock the
 * object. FALSE where that fails. *answered is how many of COM's own there were, *made_up how many of the others.
 */
BOOL questions_ask(IUnknown *object, LONG *answered, LONG *made_up);

#endif
