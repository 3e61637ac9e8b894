/* See offerwatches.h. uthash keeps the order in which entries came, hence the oldest is its head.
 */
#include "routing/offerwatches.h"

#include <stdlib.h>

#include "base/table.h"

struct offerwatch {
    struct watch watch;
    UT_hash_handle hh;
    char service[]; /* the key */
};

static struct offerwatch *offerwatches_search(const struct offerwatches *offers, struct str service)
{
    struct offerwatch *found = NULL;
    if (offers->table && service.len)
        HASH_FIND(hh, offers->table, service.ptr, service.len, found);
    return found;
}

static void offerwatches_drop(struct offerwatches *offers, struct offerwatch *offer)
{
    HASH_DEL(offers->table, offer);
    free(offer);
}

struct watch *offerwatches_find(struct offerwatches *offers, struct str service)
{
    struct offerwatch *offer = offerwatches_search(offers, service);
    return offer ? &offer->watch : NULL;
}

struct watch *offerwatches_get(struct offerwatches *offers, struct str service)
{
    struct offerwatch *offer = offerwatches_search(offers, service);
    if (offer)
        return &offer->watch;
    if (service.len == 0 || service.len > OFFERWATCHES_SERVICE_BYTES)
        return NULL;
    if (HASH_COUNT(offers->table) >= OFFERWATCHES_MAX)
        offerwatches_drop(offers, offers->table);
    offer = memory_new(sizeof *offer + service.len);
    memcpy(offer->service, service.ptr, service.len);
    HASH_ADD_KEYPTR(hh, offers->table, offer->service, service.len, offer);
    return &offer->watch;
}

void offerwatches_forget(struct offerwatches *offers, struct str service)
{
    struct offerwatch *offer = offerwatches_search(offers, service);
    if (offer)
        offerwatches_drop(offers, offer);
}

void offerwatches_clear(struct offerwatches *offers)
{
    struct offerwatch *offer, *next;
    HASH_ITER(hh, offers->table, offer, next)
    {
        offerwatches_drop(offers, offer);
    }
}

unsigned offerwatches_resting(const struct offerwatches *offers, int64_t now_ms)
{
    unsigned count = 0;
    for (const struct offerwatch *offer = offers->table; offer; offer = offer->hh.next)
        count += watch_look(&offer->watch, now_ms) != SKIP_NONE;
    return count;
}

unsigned offerwatches_count(const struct offerwatches *offers)
{
    return HASH_COUNT(offers->table);
}
