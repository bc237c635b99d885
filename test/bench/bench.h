/* What the parts of the benchmark have in common. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <windows.h>
#include <objbase.h>
#include <servprov.h>

#include <sitebridge/package.h>

/* A site of home's that answers everything, and is not agile. */
IServiceProvider *plain_site(void);

/* On home, the program's main thread: dispatches until the measuring thread is done. */
void run_with_home(LPTHREAD_START_ROUTINE measuring, void *context);

/* bytes.c */
void bench_bytes(void);

#endif
