/*
 * The package's commands, for those who have them carried out. Visual Studio shows a command where
 * the package's resources have a compiled command table, which its SDK makes.
 */
#ifndef TODO_COMMANDS_H
#define TODO_COMMANDS_H

#include <guiddef.h>

/* {3B0F6E57-4E0B-4C53-8B1B-0C8E9E1D6A42} */
static const GUID todo_commands = {
    0x3b0f6e57, 0x4e0b, 0x4c53, {0x8b, 0x1b, 0x0c, 0x8e, 0x9e, 0x1d, 0x6a, 0x42}};

enum { TODO_SCAN_AGAIN = 0x100 };

#endif
