/*
 * A packet: an interface that CoMarshalInterThreadInterfaceInStream has marshaled, good for one unmarshal.
 *
 * CoGetInterfaceAndReleaseStream releases the stream whether it succeeds or not, and a packet whose stream is
 * gone has leaked what it held on the object. So there is one more reference on the stream until then.
 * counts may be NULL: answers on their way to an STA are not counted.
 */
#ifndef SITEBRIDGE_PACKET_H
#define SITEBRIDGE_PACKET_H

#include <objbase.h>

#include "counts.h"

/* In the apartment that object belongs to. *packet is NULL on failure. */
HRESULT packet_marshal(Counts *counts, REFIID iid, IUnknown *object, IStream **packet);

/* Takes *packet. On failure *packet is the packet again, to be tried once more or reclaimed. */
HRESULT packet_unmarshal(Counts *counts, IStream **packet, REFIID iid, void **object);

/* Gives an unused packet's reference on the object back, in the apartment that marshaled it. */
void packet_reclaim(Counts *counts, IStream *packet);

#endif
