/* The watches of one provider's offers, by the panel's service id; only those with something to
 * remember. Bounded: beyond OFFER_AVAILABILITY_MAX the oldest is forgotten. Locked by its owner. */
#ifndef ROUTING_OFFERWATCHES_H
#define ROUTING_OFFERWATCHES_H
#include "base/str.h"
#include "routing/availability.h"

enum { OFFER_AVAILABILITY_MAX = 20000, OFFER_AVAILABILITY_SERVICE_BYTES = 128 };

struct offer_availability_entry; /* uthash */
struct offer_availability {
    struct offer_availability_entry *table;
};

/* NULL when it has nothing to remember. */
struct availability *offer_availability_find(struct offer_availability *offers, struct str service);
/* Made if need be; NULL for no service, or an id longer than OFFER_AVAILABILITY_SERVICE_BYTES. */
struct availability *offer_availability_get(struct offer_availability *offers, struct str service);
void offer_availability_forget(struct offer_availability *offers, struct str service);
void offer_availability_clear(struct offer_availability *offers);
unsigned offer_availability_cooling_down(const struct offer_availability *offers, int64_t now_ms);
unsigned offer_availability_count(const struct offer_availability *offers);

#endif
