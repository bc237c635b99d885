/*
 * The shell's exit codes.
 */
#ifndef SHELL_EXITS_H
#define SHELL_EXITS_H

enum {
    EXIT_FINE = 0,
    EXIT_LEAK = 1, /* a reference count is not what it was before SetSite */
    EXIT_USAGE = 2,
    EXIT_NO_DLL = 3,          /* the DLL cannot be loaded */
    EXIT_NO_EXPORT = 4,       /* it does not export DllGetClassObject */
    EXIT_NO_CLASS = 5,        /* it has no such class, or makes no package of it */
    EXIT_NO_FOLDER = 6,       /* the folder is not there */
    EXIT_NOT_SITED = 7,       /* SetSite failed */
    EXIT_TIMEOUT = 8,         /* --timeout was over */
    EXIT_NOTHING_BEGAN = 9,   /* --until-idle, and the package never showed anything */
    EXIT_SYSTEM = 10,         /* the shell itself could not start */
    EXIT_BAD_PKGDEF = 11,     /* the .pkgdef cannot be read, or does not describe a package */
    EXIT_NOT_INITIALIZED = 12, /* the package's asynchronous Initialize failed */
    EXIT_NO_COMMAND = 13 /* --command, and the package does not carry it out */
};

#endif
