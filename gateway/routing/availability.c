/* See availability.h. uthash keeps the order in which entries came, hence the oldest is its head.
 */
#include "routing/availability.h"

#include <stdlib.h>

#include "base/table.h"

enum skip availability_look(const struct availability *availability, int64_t now_ms)
{
    if (now_ms < availability->cool_down_until_ms)
        return SKIP_COOL_DOWN;
    return breaker_allows(&availability->breaker, now_ms) ? SKIP_NONE : SKIP_BREAKER;
}

void availability_cool_down(struct availability *availability, int64_t min_ms, int64_t now_ms)
{
    int64_t cool_down_ms;
    if (now_ms < availability->cool_down_until_ms)
        return;
    if (availability->cool_downs < UINT16_MAX)
        availability->cool_downs++;
    cool_down_ms = (int64_t)availability->cool_downs * BREAKER_STEP_MS;
    if (cool_down_ms < min_ms)
        cool_down_ms = min_ms;
    if (cool_down_ms > BREAKER_MAX_MS)
        cool_down_ms = BREAKER_MAX_MS;
    availability->cool_down_until_ms = now_ms + cool_down_ms;
}

void availability_recover(struct availability *availability, bool is_success, int64_t now_ms)
{
    breaker_note(&availability->breaker, true, now_ms);
    if (is_success || now_ms >= availability->cool_down_until_ms) {
        availability->cool_down_until_ms = 0;
        availability->cool_downs = 0;
    }
}

bool availability_is_clear(const struct availability *availability)
{
    return availability->breaker.failures == 0 && availability->breaker.open_until_ms == 0 &&
           availability->cool_down_until_ms == 0;
}

int64_t availability_until_ms(const struct availability *availability)
{
    int64_t open_until_ms =
        availability->breaker.is_probing ? 0 : availability->breaker.open_until_ms;
    return open_until_ms > availability->cool_down_until_ms ? open_until_ms
                                                            : availability->cool_down_until_ms;
}

/* ---- those of one provider's offers ---- */

struct availability_entry {
    struct availability availability;
    UT_hash_handle hh;
    char service[]; /* the key */
};

static struct availability_entry *availability_table_search(const struct availability_table *offers,
                                                            struct str service)
{
    struct availability_entry *found = NULL;
    if (offers->table && service.len)
        HASH_FIND(hh, offers->table, service.ptr, service.len, found);
    return found;
}

static void availability_table_drop(struct availability_table *offers,
                                    struct availability_entry *offer)
{
    HASH_DEL(offers->table, offer);
    free(offer);
}

struct availability *availability_table_find(struct availability_table *offers, struct str service)
{
    struct availability_entry *offer = availability_table_search(offers, service);
    return offer ? &offer->availability : NULL;
}

struct availability *availability_table_get(struct availability_table *offers, struct str service)
{
    struct availability_entry *offer = availability_table_search(offers, service);
    if (offer)
        return &offer->availability;
    if (service.len == 0 || service.len > AVAILABILITY_SERVICE_BYTES)
        return NULL;
    if (HASH_COUNT(offers->table) >= AVAILABILITY_TABLE_MAX)
        availability_table_drop(offers, offers->table);
    offer = memory_new(sizeof *offer + service.len);
    memcpy(offer->service, service.ptr, service.len);
    HASH_ADD_KEYPTR(hh, offers->table, offer->service, service.len, offer);
    return &offer->availability;
}

void availability_table_forget(struct availability_table *offers, struct str service)
{
    struct availability_entry *offer = availability_table_search(offers, service);
    if (offer)
        availability_table_drop(offers, offer);
}

void availability_table_clear(struct availability_table *offers)
{
    struct availability_entry *offer, *next;
    HASH_ITER(hh, offers->table, offer, next)
    {
        availability_table_drop(offers, offer);
    }
}

unsigned availability_table_cooling_down(const struct availability_table *offers, int64_t now_ms)
{
    unsigned count = 0;
    for (const struct availability_entry *offer = offers->table; offer; offer = offer->hh.next)
        count += availability_look(&offer->availability, now_ms) != SKIP_NONE;
    return count;
}

unsigned availability_table_count(const struct availability_table *offers)
{
    return HASH_COUNT(offers->table);
}
