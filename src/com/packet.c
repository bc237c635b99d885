#include "packet.h"

static void packet_rewind(IStream *packet)
{
    LARGE_INTEGER start;

    start.QuadPart = 0;
    IStream_Seek(packet, start, STREAM_SEEK_SET, NULL);
}

HRESULT packet_marshal(Counts *counts, REFIID iid, IUnknown *object, IStream **packet)
{
    HRESULT hr;

    *packet = NULL;
    hr = CoMarshalInterThreadInterfaceInStream(iid, object, packet);
    if (FAILED(hr))
        *packet = NULL;
    else if (counts)
        InterlockedIncrement(&counts->packets_marshaled);
    return hr;
}

HRESULT packet_unmarshal(Counts *counts, IStream **packet, REFIID iid, void **object)
{
    IStream *stream = *packet;
    HRESULT hr;

    *packet = NULL;
    /* Not every failure writes the out-pointer. */
    *object = NULL;
    IStream_AddRef(stream);
    hr = CoGetInterfaceAndReleaseStream(stream, iid, object);
    if (SUCCEEDED(hr) && !*object)
        hr = E_NOINTERFACE;
    if (FAILED(hr)) {
        *object = NULL;
        packet_rewind(stream);
        *packet = stream;
        return hr;
    }
    IStream_Release(stream);
    if (counts)
        InterlockedIncrement(&counts->packets_unmarshaled);
    return hr;
}

void packet_reclaim(Counts *counts, IStream *packet)
{
    packet_rewind(packet);
    CoReleaseMarshalData(packet);
    IStream_Release(packet);
    if (counts)
        InterlockedIncrement(&counts->packets_reclaimed);
}
