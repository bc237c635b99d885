#include "import.h"

#include <string.h>

/* What is at an offset from the start of a loaded module. */
static void *image_at(HMODULE module, DWORD offset)
{
    return (BYTE *)module + offset;
}

static const IMAGE_IMPORT_DESCRIPTOR *image_imports(HMODULE module)
{
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)module;
    const IMAGE_NT_HEADERS *headers = image_at(module, (DWORD)dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *directory =
        &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];

    return directory->VirtualAddress ? image_at(module, directory->VirtualAddress) : NULL;
}

static ImportedFunction slot_exchange(IMAGE_THUNK_DATA *slot, ImportedFunction replacement)
{
    void *volatile *target = (void *volatile *)&slot->u1.Function;
    ImportedFunction previous = NULL;
    DWORD protection;

    if (VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &protection)) {
        previous = (ImportedFunction)(ULONG_PTR)InterlockedExchangePointer(
            target, (void *)(ULONG_PTR)replacement);
        VirtualProtect(slot, sizeof *slot, protection, &protection);
    }
    return previous;
}

/* What one descriptor, that is one DLL, gives the module. */
static ImportedFunction descriptor_patch(HMODULE module, const IMAGE_IMPORT_DESCRIPTOR *descriptor,
                                         const char *function, ImportedFunction replacement)
{
    const IMAGE_THUNK_DATA *name;
    const IMAGE_IMPORT_BY_NAME *by_name;
    IMAGE_THUNK_DATA *slot = image_at(module, descriptor->FirstThunk);

    if (!descriptor->OriginalFirstThunk)
        return NULL;
    for (name = image_at(module, descriptor->OriginalFirstThunk); name->u1.AddressOfData;
         name++, slot++) {
        if (IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal))
            continue;
        by_name = image_at(module, (DWORD)name->u1.AddressOfData);
        if (strcmp((const char *)by_name->Name, function) == 0)
            return slot_exchange(slot, replacement);
    }
    return NULL;
}

ImportedFunction import_patch(HMODULE module, const char *dll, const char *function,
                              ImportedFunction replacement)
{
    const IMAGE_IMPORT_DESCRIPTOR *descriptor;
    ImportedFunction previous = NULL, found;

    if (!module)
        module = GetModuleHandleW(NULL);
    /* A linker may write several descriptors for one DLL, and the function into each. */
    for (descriptor = image_imports(module); descriptor && descriptor->Name; descriptor++) {
        if (dll && lstrcmpiA(image_at(module, descriptor->Name), dll) != 0)
            continue;
        found = descriptor_patch(module, descriptor, function, replacement);
        if (found)
            previous = found;
    }
    return previous;
}

HMODULE import_source(const char *function)
{
    HMODULE program = GetModuleHandleW(NULL), source;
    const IMAGE_IMPORT_DESCRIPTOR *descriptor;

    for (descriptor = image_imports(program); descriptor && descriptor->Name; descriptor++) {
        source = GetModuleHandleA(image_at(program, descriptor->Name));
        if (source && GetProcAddress(source, function))
            return source;
    }
    return NULL;
}
