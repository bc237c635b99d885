/*
 * The class of the proxy/stub DLL: {C70E580F-64EE-4EA4-931A-0C64B6B9BB9C}. The shell's manifest
 * says the same.
 */
#define VSSERVICES_PROXY_CLSID                             \
    {                                                      \
        0xc70e580f, 0x64ee, 0x4ea4,                        \
        {                                                  \
            0x93, 0x1a, 0x0c, 0x64, 0xb6, 0xb9, 0xbb, 0x9c \
        }                                                  \
    }
