/* The watches of one provider's offers, by the panel's service id; only those with something to
 * remember. Bounded: beyond OFFERWATCHES_MAX the oldest is forgotten. Locked by its owner. */
#ifndef ROUTING_OFFERWATCHES_H
#define ROUTING_OFFERWATCHES_H
#include "base/str.h"
#include "routing/watch.h"

enum { OFFERWATCHES_MAX = 20000, OFFERWATCHES_SERVICE_BYTES = 128 };

struct offerwatch; /* uthash */
struct offerwatches {
    struct offerwatch *table;
};

/* NULL when it has nothing to remember. */
struct watch *offerwatches_find(struct offerwatches *offers, struct str service);
/* Made if need be; NULL for no service, or an id longer than OFFERWATCHES_SERVICE_BYTES. */
struct watch *offerwatches_get(struct offerwatches *offers, struct str service);
void offerwatches_forget(struct offerwatches *offers, struct str service);
void offerwatches_clear(struct offerwatches *offers);
unsigned offerwatches_resting(const struct offerwatches *offers, int64_t now_ms);
unsigned offerwatches_count(const struct offerwatches *offers);

#endif
