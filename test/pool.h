/* The process's thread pool, as others may leave it. */
#ifndef TEST_POOL_H
#define TEST_POOL_H

/* More callbacks than it has threads are in it, and wait until pool_empty, which waits until they have returned. */
void pool_fill(void);
void pool_empty(void);

/* Some of its threads stay in an STA, for as long as they live. What COM keeps for them is on no account. */
void pool_leave_in_sta(void);

#endif
