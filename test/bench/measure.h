/* Samples, rounds and the report of the benchmark. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <windows.h>

enum { SAMPLE_SIZE = 128, SIDES = 8, TURNS = 40 };

typedef struct Sample {
    int count;
    double values[SAMPLE_SIZE];
} Sample;

void sample_add(Sample *sample, double value);
double sample_last(const Sample *sample);

/* One side of a comparison: what is called how many times in each of a round's turns. */
typedef struct Side {
    void (*call)(void *context);
    void *context;
    long calls;
    Sample *sample;     /* nanoseconds a call, a value a round */
} Side;

Side side(void (*call)(void *context), void *context, long calls, Sample *sample);

/*
 * Runs the sides, up to SIDES of them, in every round, after some unmeasured turns. A round has TURNS
 * turns, in which each side is called a little, so that what changes on the machine changes for all.
 */
void measure(const Side *sides, int count);
int rounds(void);
double now(void);       /* nanoseconds */

BOOL report_begin(int argc, char **argv);
void report_time(const char *what, const char *where, const Sample *sample);
void report_bytes(const char *what, const char *where, const Sample *sample);

/* Round by round. at_most and at_least: what the median is to be, or 0. */
void report_ratio(const char *what, const char *where, const Sample *measured, const Sample *to,
                  double at_most, double at_least);
void report_difference(const char *what, const char *where, const Sample *measured, const Sample *to,
                       double at_most);
void report_end(void);

#endif
