#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int round_count = 15;
static FILE *json;
static int json_rows;

/* What was measured elsewhere, and is reported with the rest. */
static struct {
    const char *what;
    double bytes, limit;
} given[8];
static int given_count;

int rounds(void)
{
    return round_count;
}

double now(void)
{
    static LARGE_INTEGER frequency;
    LARGE_INTEGER counter;

    if (!frequency.QuadPart)
        QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&counter);
    return (double)counter.QuadPart * 1e9 / (double)frequency.QuadPart;
}

void sample_add(Sample *sample, double value)
{
    if (sample->count < SAMPLE_SIZE)
        sample->values[sample->count++] = value;
}

double sample_last(const Sample *sample)
{
    return sample->values[sample->count - 1];
}

Side side(void (*call)(void *context), void *context, long calls, Sample *sample)
{
    Side result;

    result.call = call;
    result.context = context;
    result.calls = calls;
    result.sample = sample;
    sample->count = 0;
    return result;
}

static double measure_side(const Side *measured)
{
    double start = now();
    long i;

    for (i = 0; i < measured->calls; i++)
        measured->call(measured->context);
    return now() - start;
}

/* Each begins a turn as often as the others. */
static void measure_turns(const Side *sides, int count, int turns, double *sums)
{
    int turn, i, at;

    for (turn = 0; turn < turns; turn++)
        for (i = 0; i < count; i++) {
            at = (turn + i) % count;
            sums[at] += measure_side(&sides[at]);
        }
}

void measure(const Side *sides, int count)
{
    double sums[SIDES] = { 0 };
    int round, i;

    measure_turns(sides, count, TURNS / 2, sums);
    for (round = 0; round < round_count; round++) {
        memset(sums, 0, sizeof sums);
        measure_turns(sides, count, TURNS, sums);
        for (i = 0; i < count; i++)
            sample_add(sides[i].sample, sums[i] / TURNS / (double)sides[i].calls);
    }
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static BOOL report_option(const char *name, char **values, int count)
{
    if (strcmp(name, "--json") == 0 && count >= 1)
        return (json = fopen(values[0], "w")) != NULL;
    if (strcmp(name, "--rounds") == 0 && count >= 1) {
        round_count = (int)strtol(values[0], NULL, 10);
        return round_count >= 1 && 5 * round_count <= SAMPLE_SIZE;
    }
    if (strcmp(name, "--bytes") == 0 && count >= 3 && given_count < 8) {
        given[given_count].what = values[0];
        given[given_count].bytes = strtod(values[1], NULL);
        given[given_count++].limit = strtod(values[2], NULL);
        return TRUE;
    }
    return FALSE;
}

BOOL report_begin(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i += strcmp(argv[i], "--bytes") == 0 ? 4 : 2) {
        if (!report_option(argv[i], &argv[i + 1], argc - i - 1)) {
            fprintf(stderr, "usage: bench [--json FILE] [--rounds 1..%d] [--bytes WHAT NUMBER LIMIT]...\n",
                    SAMPLE_SIZE / 5);
            return FALSE;
        }
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("| what | where | minimum | median | maximum | |\n|---|---|---:|---:|---:|---|\n");
    if (json)
        fprintf(json, "[\n");
    return TRUE;
}

static void print_value(double value, const char *unit)
{
    if (strcmp(unit, "bytes") == 0)
        printf(" %.0f", value);
    else if (strcmp(unit, "times") == 0)
        printf(" %.4g", value);
    else if (value >= 1e6)
        printf(" %.4g ms", value / 1e6);
    else if (value >= 1e3)
        printf(" %.4g us", value / 1e3);
    else
        printf(" %.3g ns", value);
    printf(" |");
}

static void report(const char *what, const char *where, const Sample *sample, const char *unit,
                   double at_most, double at_least)
{
    Sample sorted = *sample;
    double median, smallest, largest;

    if (sample->count == 0)
        return;
    qsort(sorted.values, (size_t)sorted.count, sizeof sorted.values[0], compare);
    smallest = sorted.values[0];
    median = sorted.values[sorted.count / 2];
    largest = sorted.values[sorted.count - 1];
    printf("| %s | %s |", what, where);
    print_value(smallest, unit);
    print_value(median, unit);
    print_value(largest, unit);
    if (at_most > 0)
        printf(" at most %g: %s", at_most, median <= at_most ? "kept" : "missed");
    else if (at_least > 0)
        printf(" at least %g: %s", at_least, median >= at_least ? "kept" : "missed");
    printf(" |\n");
    if (json)
        fprintf(json, "%s  {\"what\": \"%s\", \"where\": \"%s\", \"unit\": \"%s\", \"minimum\": %.6g, "
                "\"median\": %.6g, \"maximum\": %.6g, \"at_most\": %g, \"at_least\": %g}",
                json_rows++ ? ",\n" : "", what, where, unit, smallest, median, largest, at_most, at_least);
}

void report_time(const char *what, const char *where, const Sample *sample)
{
    report(what, where, sample, "ns", 0, 0);
}

void report_bytes(const char *what, const char *where, const Sample *sample)
{
    report(what, where, sample, "bytes", 0, 0);
}

void report_ratio(const char *what, const char *where, const Sample *measured, const Sample *to,
                  double at_most, double at_least)
{
    Sample ratio = { 0 };
    int i;

    for (i = 0; i < measured->count; i++)
        sample_add(&ratio, measured->values[i] / to->values[i]);
    report(what, where, &ratio, "times", at_most, at_least);
}

void report_difference(const char *what, const char *where, const Sample *measured, const Sample *to,
                       double at_most)
{
    Sample difference = { 0 };
    int i;

    for (i = 0; i < measured->count; i++)
        sample_add(&difference, measured->values[i] - to->values[i]);
    report(what, where, &difference, "ns", at_most, 0);
}

void report_end(void)
{
    Sample sample = { 1, { 0 } };
    int i;

    for (i = 0; i < given_count; i++) {
        sample.values[0] = given[i].bytes;
        report(given[i].what, "", &sample, "bytes", given[i].limit, 0);
    }
    if (json) {
        fprintf(json, "\n]\n");
        fclose(json);
    }
}
