/*
 * A line: jobs of which a few at most are under way, while the others wait for their turn. What keeps a thread
 * for as long as home likes stands in one of home's. Any thread.
 */
#ifndef SITEBRIDGE_LINE_H
#define SITEBRIDGE_LINE_H

#include "threads.h"

typedef struct Line {
    SRWLOCK lock;               /* guards what follows; nothing is called with it held */
    Jobs waiting;
    LONG under_way;
} Line;

/* Runs job in the MTA, when it is its turn; cannot fail. It ends with line_leave, or is sent again before that. */
void line_send(Line *line, Job *job);
void line_leave(Line *line);

#endif
