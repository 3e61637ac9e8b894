/* See open_orders.h. */
#include "orders/open_orders.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"
#include "clients/client.h"

enum { SHARDS = 64 };

struct open_orders_entry {
    struct open_order order; /* extra owned */
    bool is_asked;           /* a flight is under way */
    struct open_orders_waiter *waiters;
    UT_hash_handle hh;
};

struct shard {
    pthread_mutex_t lock;
    struct open_orders_entry *entries; /* by order.id */
};

struct open_orders {
    struct shard shards[SHARDS];
};

struct open_orders *open_orders_new(void)
{
    struct open_orders *table = memory_new(sizeof *table);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&table->shards[i].lock, NULL);
    return table;
}

static void open_orders_entry_free(struct open_orders_entry *entry)
{
    free((char *)entry->order.extra);
    free(entry);
}

void open_orders_free(struct open_orders *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        struct open_orders_entry *entry, *next;
        HASH_ITER(hh, table->shards[i].entries, entry, next)
        {
            HASH_DEL(table->shards[i].entries, entry);
            open_orders_entry_free(entry);
        }
        pthread_mutex_destroy(&table->shards[i].lock);
    }
    free(table);
}

static struct shard *open_orders_lock_shard(struct open_orders *table, uint32_t id)
{
    struct shard *shard = &table->shards[id % SHARDS];
    pthread_mutex_lock(&shard->lock);
    return shard;
}

/* Numbers are given in turn: within a shard this spreads them best, and costs nothing. */
static unsigned open_orders_hash_of(uint32_t id)
{
    return id / SHARDS;
}

static struct open_orders_entry *open_orders_find(struct shard *shard, uint32_t id)
{
    struct open_orders_entry *entry;
    HASH_FIND_BYHASHVALUE(hh, shard->entries, &id, sizeof id, open_orders_hash_of(id), entry);
    return entry;
}

size_t open_orders_count(struct open_orders *table)
{
    size_t count = 0;
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct shard *shard = open_orders_lock_shard(table, i);
        count += HASH_COUNT(shard->entries);
        pthread_mutex_unlock(&shard->lock);
    }
    return count;
}

void open_orders_set_extra(struct open_order *order, const char *extra)
{
    char *copy = extra && extra[0] ? memory_text(extra) : NULL;
    free((char *)order->extra);
    order->extra = copy;
}

void open_orders_put(struct open_orders *table, const struct open_order *order)
{
    struct shard *shard = open_orders_lock_shard(table, order->id);
    struct open_orders_entry *entry = open_orders_find(shard, order->id);
    if (entry == NULL) {
        entry = memory_new(sizeof *entry);
        entry->order.id = order->id;
        HASH_ADD_BYHASHVALUE(hh, shard->entries, order.id, sizeof entry->order.id,
                             open_orders_hash_of(order->id), entry);
    }
    char *extra = (char *)entry->order.extra;
    entry->order = *order;
    entry->order.extra = extra;
    open_orders_set_extra(&entry->order, order->extra);
    pthread_mutex_unlock(&shard->lock);
}

static void open_orders_copy_out(const struct open_orders_entry *entry, struct arena *arena,
                                 struct open_order *out)
{
    *out = entry->order;
    out->extra = arena && entry->order.extra ? arena_text(arena, str_of(entry->order.extra)) : NULL;
}

bool open_orders_get(struct open_orders *table, uint32_t id, struct arena *arena,
                     struct open_order *out)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry)
        open_orders_copy_out(entry, arena, out);
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

/* Neighbours of the same loop at once. A waiter that was posted is its owner's, who may free it. */
static void open_orders_tell_one(struct open_orders_waiter *waiters)
{
    while (waiters) {
        struct loop *loop = waiters->loop;
        struct loop_message *first = &waiters->message, *last = first;
        while ((waiters = waiters->next) && waiters->loop == loop)
            last = last->next = &waiters->message;
        loop_post_list(loop, first, last);
    }
}

void open_orders_remove(struct open_orders *table, uint32_t id)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    struct open_orders_waiter *waiters = entry ? entry->waiters : NULL;
    if (entry) {
        HASH_DEL(shard->entries, entry);
        open_orders_entry_free(entry);
    }
    pthread_mutex_unlock(&shard->lock);
    open_orders_tell_one(waiters);
}

/* With the shard's lock. */
static enum open_orders_join open_orders_join_flight(struct open_orders_entry *entry,
                                                     struct open_orders_waiter *waiter)
{
    enum open_orders_join result = entry->is_asked ? OPEN_ORDERS_WAIT : OPEN_ORDERS_LEAD;
    entry->is_asked = true;
    waiter->id = entry->order.id;
    waiter->same = NULL;
    waiter->has_news = false;
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    return result;
}

enum open_orders_join
open_orders_get_or_join(struct open_orders *table, uint32_t id, struct arena *arena,
                        bool (*is_wanted)(const struct open_order *order, void *arg), void *arg,
                        struct open_orders_waiter *waiter, struct open_order *out)
{
    enum open_orders_join result = OPEN_ORDERS_GONE;
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry) {
        open_orders_copy_out(entry, arena, out);
        result = is_wanted(&entry->order, arg) ? open_orders_join_flight(entry, waiter)
                                               : OPEN_ORDERS_SEEN;
    }
    pthread_mutex_unlock(&shard->lock);
    return result;
}

bool open_orders_lead(struct open_orders *table, uint32_t id)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    bool is_lead = entry && !entry->is_asked;
    if (is_lead)
        entry->is_asked = true;
    pthread_mutex_unlock(&shard->lock);
    return is_lead;
}

/* To the one of its owner's that is to be told already, if that is still known. */
static void open_orders_add_landed(struct open_orders_landed *landed,
                                   struct open_orders_waiter *waiter)
{
    uintptr_t owner = (uintptr_t)waiter->owner;
    struct open_orders_waiter **place =
        &landed->owners[(owner >> 6 ^ owner >> 11) % OPEN_ORDERS_OWNERS];
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
static void open_orders_land_locked(struct open_orders_entry *entry,
                                    struct open_orders_landed *landed)
{
    const struct open_order *order = &entry->order;
    struct open_orders_waiter *waiter = entry->waiters, *next;
    entry->waiters = NULL;
    entry->is_asked = false;
    for (; waiter; waiter = next) {
        next = waiter->next;
        waiter->has_news = order->extra == NULL;
        waiter->news = (struct open_orders_news){
            .course = order->course, .type = order->type, .quantity = order->quantity};
        open_orders_add_landed(landed, waiter);
    }
}

void open_orders_tell(struct open_orders_landed *landed)
{
    struct open_orders_waiter *waiters = landed->first;
    if (waiters == NULL)
        return;
    *landed = (struct open_orders_landed){0};
    open_orders_tell_one(waiters);
}

void open_orders_land(struct open_orders *table, uint32_t id)
{
    struct open_orders_landed landed = {0};
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry)
        open_orders_land_locked(entry, &landed);
    pthread_mutex_unlock(&shard->lock);
    open_orders_tell(&landed);
}

bool open_orders_change_and_land(struct open_orders *table, uint32_t id,
                                 bool (*fn)(struct open_order *order, void *arg), void *arg,
                                 struct open_orders_landed *landed)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry && fn(&entry->order, arg))
        open_orders_land_locked(entry, landed);
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

bool open_orders_change(struct open_orders *table, uint32_t id,
                        void (*fn)(struct open_order *order, void *arg), void *arg)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry)
        fn(&entry->order, arg);
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

void open_orders_count_states(struct open_orders *table, size_t counts_out[ORDERSTATE_COUNT])
{
    memset(counts_out, 0, ORDERSTATE_COUNT * sizeof *counts_out);
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct shard *shard = open_orders_lock_shard(table, i);
        for (struct open_orders_entry *e = shard->entries; e; e = e->hh.next)
            counts_out[e->order.course.state]++;
        pthread_mutex_unlock(&shard->lock);
    }
}

bool open_orders_has_provider(struct open_orders *table, unsigned provider_id)
{
    bool is_found = false;
    for (uint32_t i = 0; i < SHARDS && !is_found; i++) {
        struct shard *shard = open_orders_lock_shard(table, i);
        for (struct open_orders_entry *e = shard->entries; e && !is_found; e = e->hh.next)
            is_found = e->order.provider_id == provider_id;
        pthread_mutex_unlock(&shard->lock);
    }
    return is_found;
}

void open_order_from_ledger(const struct ledger_order *order, struct open_order *out)
{
    unsigned provider_id = order->provider.len ? provider_id_of(order->provider) : PROVIDER_MAX;
    *out = (struct open_order){
        .id = order->id,
        .service = order->service,
        .parent = order->parent,
        .client_id = client_id(order->client),
        .provider_id = provider_id < PROVIDER_MAX ? (uint16_t)provider_id : OPEN_ORDER_NO_PROVIDER,
        .course = order->course,
        .type = order->type,
        .quantity = order->quantity,
        .rate = order->rate,
        .charge = order->charge,
        /* Borrowed: within the answer's or the visit's life. */
        .extra = order->extra.len ? order->extra.ptr : NULL,
    };
    if (order->course.state == ORDERSTATE_PLACING) /* in the ledger only once somebody took it */
        out->course.paid = order->charge;
    if (order->upstream_id.len < sizeof out->upstream_id)
        memcpy(out->upstream_id, order->upstream_id.ptr ? order->upstream_id.ptr : "",
               order->upstream_id.len);
}
