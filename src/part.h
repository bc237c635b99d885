/* A part of an object: one of its interfaces, whose IUnknown is the object's. */
#ifndef SITEBRIDGE_PART_H
#define SITEBRIDGE_PART_H

/* object is an expression of self, the part. */
#define PART_UNKNOWN(part, Interface, object, query, addref, release)                                     \
    static HRESULT STDMETHODCALLTYPE part##_QueryInterface(Interface *self, REFIID riid, void **ppv)      \
    {                                                                                                     \
        return query(object, riid, ppv);                                                                  \
    }                                                                                                     \
    static ULONG STDMETHODCALLTYPE part##_AddRef(Interface *self)                                         \
    {                                                                                                     \
        return addref(object);                                                                            \
    }                                                                                                     \
    static ULONG STDMETHODCALLTYPE part##_Release(Interface *self)                                        \
    {                                                                                                     \
        return release(object);                                                                           \
    }

#endif
