/*
 * A package's COM object: SitePackageCreate makes it. Its methods are the package's, or the events'.
 */
#ifndef SITEBRIDGE_PACKAGE_VSPACKAGE_H
#define SITEBRIDGE_PACKAGE_VSPACKAGE_H

#include "package.h"

/* With a reference; NULL where object is no package of this library, which may be anything. */
Package *package_identify(IVsPackage *object);

#endif
