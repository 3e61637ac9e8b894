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

void availability_cool_down(struct availability *availability, enum trouble_why why, int64_t min_ms,
                            int64_t now_ms)
{
    int64_t cool_down_ms;
    if (now_ms < availability->cool_down_until_ms)
        return;
    if (availability->cool_downs == 0)
        availability->cool_down_since_ms = now_ms;
    if (availability->cool_downs < UINT16_MAX)
        availability->cool_downs++;
    availability->why = why;
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

void availability_describe(const struct availability *availability, int64_t now_ms,
                           struct trouble *out)
{
    const struct breaker *breaker = &availability->breaker;
    *out = (struct trouble){.skip = availability_look(availability, now_ms)};
    if (out->skip == SKIP_COOL_DOWN) {
        out->why = availability->why;
        out->since_ms = availability->cool_down_since_ms;
        out->until_ms = availability_until_ms(availability);
    } else if (breaker->open_until_ms != 0) {
        out->why = WHY_FAILING;
        out->since_ms = breaker->failing_since_ms;
        out->until_ms = breaker->open_until_ms;
        out->failures = breaker->failures;
        out->is_probing = breaker->is_probing;
    }
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

size_t availability_table_describe(const struct availability_table *offers, int64_t now_ms,
                                   struct trouble *out, size_t room)
{
    size_t count = 0;
    const struct availability_entry *offer = offers->table;
    for (; offer && count < room; offer = offer->hh.next) {
        if (availability_look(&offer->availability, now_ms) == SKIP_NONE)
            continue;
        availability_describe(&offer->availability, now_ms, &out[count]);
        out[count].service_len = offer->hh.keylen;
        memcpy(out[count++].service, offer->service, offer->hh.keylen);
    }
    return count;
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
