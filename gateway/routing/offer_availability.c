/* See offer_availability.h. uthash keeps the order in which entries came, hence the oldest is its
 * head.
 */
#include "routing/offer_availability.h"

#include <stdlib.h>

#include "base/table.h"

struct offer_availability_entry {
    struct availability watch;
    UT_hash_handle hh;
    char service[]; /* the key */
};

static struct offer_availability_entry *
offer_availability_search(const struct offer_availability *offers, struct str service)
{
    struct offer_availability_entry *found = NULL;
    if (offers->table && service.len)
        HASH_FIND(hh, offers->table, service.ptr, service.len, found);
    return found;
}

static void offer_availability_drop(struct offer_availability *offers,
                                    struct offer_availability_entry *offer)
{
    HASH_DEL(offers->table, offer);
    free(offer);
}

struct availability *offer_availability_find(struct offer_availability *offers, struct str service)
{
    struct offer_availability_entry *offer = offer_availability_search(offers, service);
    return offer ? &offer->watch : NULL;
}

struct availability *offer_availability_get(struct offer_availability *offers, struct str service)
{
    struct offer_availability_entry *offer = offer_availability_search(offers, service);
    if (offer)
        return &offer->watch;
    if (service.len == 0 || service.len > OFFER_AVAILABILITY_SERVICE_BYTES)
        return NULL;
    if (HASH_COUNT(offers->table) >= OFFER_AVAILABILITY_MAX)
        offer_availability_drop(offers, offers->table);
    offer = memory_new(sizeof *offer + service.len);
    memcpy(offer->service, service.ptr, service.len);
    HASH_ADD_KEYPTR(hh, offers->table, offer->service, service.len, offer);
    return &offer->watch;
}

void offer_availability_forget(struct offer_availability *offers, struct str service)
{
    struct offer_availability_entry *offer = offer_availability_search(offers, service);
    if (offer)
        offer_availability_drop(offers, offer);
}

void offer_availability_clear(struct offer_availability *offers)
{
    struct offer_availability_entry *offer, *next;
    HASH_ITER(hh, offers->table, offer, next)
    {
        offer_availability_drop(offers, offer);
    }
}

unsigned offer_availability_cooling_down(const struct offer_availability *offers, int64_t now_ms)
{
    unsigned count = 0;
    for (const struct offer_availability_entry *offer = offers->table; offer;
         offer = offer->hh.next)
        count += availability_look(&offer->watch, now_ms) != SKIP_NONE;
    return count;
}

unsigned offer_availability_count(const struct offer_availability *offers)
{
    return HASH_COUNT(offers->table);
}
