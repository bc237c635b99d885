#include "line.h"

enum { UNDER_WAY_MOST = 8 };

void line_send(Line *line, Job *job)
{
    BOOL is_its_turn;

    AcquireSRWLockExclusive(&line->lock);
    is_its_turn = line->under_way < UNDER_WAY_MOST;
    if (is_its_turn)
        line->under_way++;
    else
        jobs_append(&line->waiting, job);
    ReleaseSRWLockExclusive(&line->lock);
    if (is_its_turn)
        threads_run_later(job);
}

void line_leave(Line *line)
{
    Job *next;

    AcquireSRWLockExclusive(&line->lock);
    next = jobs_take(&line->waiting);
    if (!next)
        line->under_way--;
    ReleaseSRWLockExclusive(&line->lock);
    if (next)
        threads_run_later(next);
}
