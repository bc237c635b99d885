/*
 * The oracle: what may be true of something that several threads change and read.
 *
 * Each change has a beginning and an end, and so has each answer: moments of one counter. A change has
 * happened at some point in between. So a value was possible for an answer if its change had begun before
 * the answer's end, and no other change began after that one's end and ended before the answer's beginning.
 */
#ifndef TEST_STRESS_ORACLE_H
#define TEST_STRESS_ORACLE_H

#include "harness.h"

typedef LONG64 Moment;

/* Later than every moment before. */
Moment oracle_now(void);

/* A failure of the library's, with the seed of the run. */
void oracle_begin(unsigned seed);
void wrong(const char *format, ...);
LONG oracle_wrongs(void);

enum { CHANGES = 48 };

typedef struct Change {
    Moment begin;           /* 0: none */
    Moment end;             /* 0: it is under way */
    LONG value;
    DWORD thread;           /* that made it */
    BOOL certain;           /* it has happened, and not just may have */
} Change;

typedef struct Register {
    SRWLOCK lock;           /* guards what follows */
    Change changes[CHANGES];
    Moment horizon;         /* of an answer that began before this nothing is known any more */
} Register;

/* With 0 for a value. */
void register_init(Register *record);

typedef enum Outcome { HAPPENED, MAY_HAVE_HAPPENED, DID_NOT_HAPPEN } Outcome;
Change *register_begin(Register *record, LONG value);
void register_end(Register *record, Change *change, Outcome outcome);

/*
 * For an answer that began at since and has just come: whether a value was possible that fits, and whether a
 * change was under way at some time. own: the asking thread's own change, which does not count, or NULL.
 */
typedef BOOL (*Fits)(LONG value, const void *context);
BOOL register_allows(Register *record, Moment since, const Change *own, Fits fits, const void *context);
BOOL register_was_in_motion(Register *record, Moment since, const Change *own);

/* What is known of it, after a failure. */
void register_print(Register *record);

/* Two that most have use for. */
BOOL fits_this(LONG value, const void *number);
BOOL fits_none(LONG value, const void *nothing);

#endif
