/* See liveorders.h. */
#include "orders/liveorders.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"
#include "clients/client.h"

enum { SHARDS = 64 };

struct entry {
    struct liveorder order; /* extra owned */
    bool is_asked;          /* a flight is under way */
    struct liveorders_waiter *waiters;
    UT_hash_handle hh;
};

struct shard {
    pthread_mutex_t lock;
    struct entry *entries; /* by order.id */
};

struct liveorders {
    struct shard shards[SHARDS];
};

struct liveorders *liveorders_new(void)
{
    struct liveorders *table = memory_new(sizeof *table);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&table->shards[i].lock, NULL);
    return table;
}

static void liveorders_entry_free(struct entry *entry)
{
    free((char *)entry->order.extra);
    free(entry);
}

void liveorders_free(struct liveorders *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        struct entry *entry, *next;
        HASH_ITER(hh, table->shards[i].entries, entry, next)
        {
            HASH_DEL(table->shards[i].entries, entry);
            liveorders_entry_free(entry);
        }
        pthread_mutex_destroy(&table->shards[i].lock);
    }
    free(table);
}

static struct shard *liveorders_lock_shard(struct liveorders *table, uint32_t id)
{
    struct shard *shard = &table->shards[id % SHARDS];
    pthread_mutex_lock(&shard->lock);
    return shard;
}

/* Numbers are given in turn: within a shard this spreads them best, and costs nothing. */
static unsigned liveorders_hash_of(uint32_t id)
{
    return id / SHARDS;
}

static struct entry *liveorders_find(struct shard *shard, uint32_t id)
{
    struct entry *entry;
    HASH_FIND_BYHASHVALUE(hh, shard->entries, &id, sizeof id, liveorders_hash_of(id), entry);
    return entry;
}

size_t liveorders_count(struct liveorders *table)
{
    size_t count = 0;
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct shard *shard = liveorders_lock_shard(table, i);
        count += HASH_COUNT(shard->entries);
        pthread_mutex_unlock(&shard->lock);
    }
    return count;
}

void liveorders_set_extra(struct liveorder *order, const char *extra)
{
    char *copy = extra && extra[0] ? memory_text(extra) : NULL;
    free((char *)order->extra);
    order->extra = copy;
}

void liveorders_put(struct liveorders *table, const struct liveorder *order)
{
    struct shard *shard = liveorders_lock_shard(table, order->id);
    struct entry *entry = liveorders_find(shard, order->id);
    if (entry == NULL) {
        entry = memory_new(sizeof *entry);
        entry->order.id = order->id;
        HASH_ADD_BYHASHVALUE(hh, shard->entries, order.id, sizeof entry->order.id,
                             liveorders_hash_of(order->id), entry);
    }
    char *extra = (char *)entry->order.extra;
    entry->order = *order;
    entry->order.extra = extra;
    liveorders_set_extra(&entry->order, order->extra);
    pthread_mutex_unlock(&shard->lock);
}

static void liveorders_copy_out(const struct entry *entry, struct arena *arena,
                                struct liveorder *out)
{
    *out = entry->order;
    out->extra = arena && entry->order.extra ? arena_text(arena, str_of(entry->order.extra)) : NULL;
}

bool liveorders_get(struct liveorders *table, uint32_t id, struct arena *arena,
                    struct liveorder *out)
{
    struct shard *shard = liveorders_lock_shard(table, id);
    struct entry *entry = liveorders_find(shard, id);
    if (entry)
        liveorders_copy_out(entry, arena, out);
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

/* Neighbours of the same loop at once. A waiter that was posted is its owner's, who may free it. */
static void liveorders_tell_one(struct liveorders_waiter *waiters)
{
    while (waiters) {
        struct loop *loop = waiters->loop;
        struct loop_message *first = &waiters->message, *last = first;
        while ((waiters = waiters->next) && waiters->loop == loop)
            last = last->next = &waiters->message;
        loop_post_list(loop, first, last);
    }
}

void liveorders_remove(struct liveorders *table, uint32_t id)
{
    struct shard *shard = liveorders_lock_shard(table, id);
    struct entry *entry = liveorders_find(shard, id);
    struct liveorders_waiter *waiters = entry ? entry->waiters : NULL;
    if (entry) {
        HASH_DEL(shard->entries, entry);
        liveorders_entry_free(entry);
    }
    pthread_mutex_unlock(&shard->lock);
    liveorders_tell_one(waiters);
}

/* With the shard's lock. */
static enum liveorders_join liveorders_join_flight(struct entry *entry,
                                                   struct liveorders_waiter *waiter)
{
    enum liveorders_join result = entry->is_asked ? LIVEORDERS_WAIT : LIVEORDERS_LEAD;
    entry->is_asked = true;
    waiter->id = entry->order.id;
    waiter->same = NULL;
    waiter->has_news = false;
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    return result;
}

enum liveorders_join
liveorders_get_or_join(struct liveorders *table, uint32_t id, struct arena *arena,
                       bool (*is_wanted)(const struct liveorder *order, void *arg), void *arg,
                       struct liveorders_waiter *waiter, struct liveorder *out)
{
    enum liveorders_join result = LIVEORDERS_GONE;
    struct shard *shard = liveorders_lock_shard(table, id);
    struct entry *entry = liveorders_find(shard, id);
    if (entry) {
        liveorders_copy_out(entry, arena, out);
        result =
            is_wanted(&entry->order, arg) ? liveorders_join_flight(entry, waiter) : LIVEORDERS_SEEN;
    }
    pthread_mutex_unlock(&shard->lock);
    return result;
}

bool liveorders_lead(struct liveorders *table, uint32_t id)
{
    struct shard *shard = liveorders_lock_shard(table, id);
    struct entry *entry = liveorders_find(shard, id);
    bool is_lead = entry && !entry->is_asked;
    if (is_lead)
        entry->is_asked = true;
    pthread_mutex_unlock(&shard->lock);
    return is_lead;
}

/* To the one of its owner's that is to be told already, if that is still known. */
static void liveorders_add_landed(struct liveorders_landed *landed,
                                  struct liveorders_waiter *waiter)
{
    uintptr_t owner = (uintptr_t)waiter->owner;
    struct liveorders_waiter **place =
        &landed->owners[(owner >> 6 ^ owner >> 11) % LIVEORDERS_OWNERS];
    if (waiter->owner && *place && (*place)->owner == waiter->owner) {
        waiter->same = (*place)->same;
        (*place)->same = waiter;
        return;
    }
    *place = waiter;
    waiter->same = NULL;
    waiter->next = landed->first;
    landed->first = waiter;
}

/* With the shard's lock: the flight is over. What an order shows beside its numbers is not copied
 * here, for it may be long. */
static void liveorders_land_locked(struct entry *entry, struct liveorders_landed *landed)
{
    const struct liveorder *order = &entry->order;
    struct liveorders_waiter *waiter = entry->waiters, *next;
    entry->waiters = NULL;
    entry->is_asked = false;
    for (; waiter; waiter = next) {
        next = waiter->next;
        waiter->has_news = order->extra == NULL;
        waiter->news = (struct liveorders_news){.state = order->state,
                                                .type = order->type,
                                                .has_start_count = order->has_start_count,
                                                .quantity = order->quantity,
                                                .start_count = order->start_count,
                                                .remains = order->remains,
                                                .paid = order->paid};
        liveorders_add_landed(landed, waiter);
    }
}

void liveorders_tell(struct liveorders_landed *landed)
{
    struct liveorders_waiter *waiters = landed->first;
    if (waiters == NULL)
        return;
    *landed = (struct liveorders_landed){0};
    liveorders_tell_one(waiters);
}

void liveorders_land(struct liveorders *table, uint32_t id)
{
    struct liveorders_landed landed = {0};
    struct shard *shard = liveorders_lock_shard(table, id);
    struct entry *entry = liveorders_find(shard, id);
    if (entry)
        liveorders_land_locked(entry, &landed);
    pthread_mutex_unlock(&shard->lock);
    liveorders_tell(&landed);
}

bool liveorders_change_and_land(struct liveorders *table, uint32_t id,
                                bool (*fn)(struct liveorder *order, void *arg), void *arg,
                                struct liveorders_landed *landed)
{
    struct shard *shard = liveorders_lock_shard(table, id);
    struct entry *entry = liveorders_find(shard, id);
    if (entry && fn(&entry->order, arg))
        liveorders_land_locked(entry, landed);
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

bool liveorders_change(struct liveorders *table, uint32_t id,
                       void (*fn)(struct liveorder *order, void *arg), void *arg)
{
    struct shard *shard = liveorders_lock_shard(table, id);
    struct entry *entry = liveorders_find(shard, id);
    if (entry)
        fn(&entry->order, arg);
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

void liveorders_count_states(struct liveorders *table, size_t counts_out[ORDERSTATE_COUNT])
{
    memset(counts_out, 0, ORDERSTATE_COUNT * sizeof *counts_out);
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct shard *shard = liveorders_lock_shard(table, i);
        for (struct entry *e = shard->entries; e; e = e->hh.next)
            counts_out[e->order.state]++;
        pthread_mutex_unlock(&shard->lock);
    }
}

bool liveorders_has_provider(struct liveorders *table, unsigned provider_id)
{
    bool is_found = false;
    for (uint32_t i = 0; i < SHARDS && !is_found; i++) {
        struct shard *shard = liveorders_lock_shard(table, i);
        for (struct entry *e = shard->entries; e && !is_found; e = e->hh.next)
            is_found = e->order.provider_id == provider_id;
        pthread_mutex_unlock(&shard->lock);
    }
    return is_found;
}

void liveorder_from_ledger(const struct ledger_order *order, struct liveorder *out)
{
    unsigned provider_id = order->provider.len ? provider_id_of(order->provider) : PROVIDER_MAX;
    *out = (struct liveorder){
        .id = order->id,
        .service = order->service,
        .parent = order->parent,
        .client_id = client_id(order->client),
        .provider_id = provider_id < PROVIDER_MAX ? (uint16_t)provider_id : LIVEORDER_NO_PROVIDER,
        .state = order->state,
        .type = order->type,
        .has_start_count = order->has_start_count,
        .quantity = order->quantity,
        .start_count = order->start_count,
        .remains = order->remains,
        .rate = order->rate,
        .charge = order->charge,
        /* Booked once somebody took it; shown from the start. */
        .paid = order->state == ORDERSTATE_PLACING ? order->charge : order->paid,
        /* Borrowed: within the answer's or the visit's life. */
        .extra = order->extra.len ? order->extra.ptr : NULL,
    };
    if (order->upstream_id.len < sizeof out->upstream_id)
        memcpy(out->upstream_id, order->upstream_id.ptr ? order->upstream_id.ptr : "",
               order->upstream_id.len);
}
