/*
 * IID_IVsPackage, for programs that have no library of the Visual Studio SDK to take it from.
 *
 * Apart from the IIDs of asynchronous loading and those of tasks, as the SDK has them in three
 * places: a program that links one of these from the SDK then never pulls the SDK's other names out
 * of this library a second time.
 */
#include <sitebridge/vspackage.h>

const IID DECLSPEC_SELECTANY IID_IVsPackage = {
    0xd4f3f4b1, 0xe900, 0x4e51, {0xad, 0xb3, 0xd5, 0x32, 0x34, 0x8f, 0x83, 0xcb}};
