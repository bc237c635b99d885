/*
 * The package's IOleCommandTarget. It is a part of the package object, which gives it out: its
 * IUnknown is the package's.
 */
#ifndef TODO_TARGET_H
#define TODO_TARGET_H

#include <docobj.h>

#include <sitebridge/package.h>

typedef struct Target {
    IOleCommandTarget commands;
    IVsPackage *package; /* whose part this is */
    HRESULT (*scan_again)(struct Target *target);
} Target;

void target_init(Target *target, HRESULT (*scan_again)(Target *target));

#endif
