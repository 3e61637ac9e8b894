/* See open_orders.h. */
#include "orders/open_orders.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/table.h"
#include "orders/links.h"
#include "orders/usual_course.h"

enum { SHARDS = OPEN_ORDERS_PARTS, NOTIFY_DIRECTLY_MAX = 64 };
#define NOT_DUE UINT32_MAX

struct open_orders_entry {
    UT_hash_handle hh;       /* first: beside the number it is compared by */
    struct open_order order; /* extra owned */
    uint32_t due_at;         /* where it is in a heap; NOT_DUE: in none */
    uint16_t due_provider;   /* whose heap that is */
    bool is_queried;         /* a query is under way */
    uint8_t counted;         /* as which its shard counts it */
    struct open_orders_waiter *waiters;
};
/* 100,000 of them are to cost less than 40 MiB; the allocator's next size is 384. */
_Static_assert(sizeof(struct open_orders_entry) <= 320, "an open order takes more memory");

/* Of one provider: the earliest first. An order whose time has moved on stays where it was until
 * that place comes up, so that a report need not sort. */
struct open_orders_heap {
    struct open_orders_place {
        int64_t at_ms; /* never after the entry's own */
        struct open_orders_entry *entry;
    } * list;
    uint32_t count, room;
};

struct shard {
    pthread_mutex_t lock;
    struct open_orders_entry *entries; /* by order.id */
    struct open_orders_heap *due;      /* by provider id */
    uint32_t due_count;
    uint32_t counts[ORDERSTATE_COUNT * SCHEDULE_VERDICT_COUNT]; /* of orders that are both */
};

struct open_orders {
    struct shard shards[SHARDS];
    struct links *links; /* its lock is taken within a shard's */
    struct usual_course *usual;
    _Atomic uint32_t next_shard; /* where the next look for due orders begins */
};

struct open_orders *open_orders_new(void)
{
    struct open_orders *table = memory_new(sizeof *table);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&table->shards[i].lock, NULL);
    table->links = links_new();
    table->usual = usual_course_new();
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
        for (uint32_t id = 0; id < table->shards[i].due_count; id++)
            free(table->shards[i].due[id].list);
        free(table->shards[i].due);
        pthread_mutex_destroy(&table->shards[i].lock);
    }
    links_free(table->links);
    usual_course_free(table->usual);
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

/* ---- the heap of due times ---- */

static void open_orders_heap_set(struct open_orders_heap *heap, uint32_t at,
                                 struct open_orders_place place)
{
    heap->list[at] = place;
    place.entry->due_at = at;
}

/* From `at` to where it belongs. */
static void open_orders_heap_sift(struct open_orders_heap *heap, uint32_t at,
                                  struct open_orders_place place)
{
    while (at > 0 && place.at_ms < heap->list[(at - 1) / 2].at_ms) {
        open_orders_heap_set(heap, at, heap->list[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (uint32_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && heap->list[child + 1].at_ms < heap->list[child].at_ms)
            child++;
        if (place.at_ms <= heap->list[child].at_ms)
            break;
        open_orders_heap_set(heap, at, heap->list[child]);
    }
    open_orders_heap_set(heap, at, place);
}

static void open_orders_heap_remove(struct shard *shard, struct open_orders_entry *entry)
{
    uint32_t at = entry->due_at;
    if (at == NOT_DUE)
        return;
    struct open_orders_heap *heap = &shard->due[entry->due_provider];
    entry->due_at = NOT_DUE;
    struct open_orders_place last = heap->list[--heap->count];
    if (last.entry != entry)
        open_orders_heap_sift(heap, at, last);
}

static void open_orders_heap_add(struct open_orders_heap *heap, struct open_orders_place place)
{
    if (heap->count == heap->room) {
        heap->room = heap->room ? 2 * heap->room : 16;
        heap->list = memory_resize(heap->list, heap->room, sizeof *heap->list);
    }
    open_orders_heap_sift(heap, heap->count++, place);
}

/* The first one's place by its own time. */
static const struct open_orders_place *open_orders_heap_first(struct open_orders_heap *heap)
{
    while (heap->count > 0 && heap->list[0].at_ms < heap->list[0].entry->order.due_at_ms) {
        struct open_orders_entry *entry = heap->list[0].entry;
        open_orders_heap_sift(heap, 0, (struct open_orders_place){entry->order.due_at_ms, entry});
    }
    return heap->count > 0 ? heap->list : NULL;
}

static struct open_orders_heap *open_orders_heap_of(struct shard *shard, uint16_t provider_id)
{
    if (provider_id >= shard->due_count) {
        uint32_t count = (uint32_t)provider_id + 1;
        shard->due = memory_resize(shard->due, count, sizeof *shard->due);
        memset(shard->due + shard->due_count, 0, (count - shard->due_count) * sizeof *shard->due);
        shard->due_count = count;
    }
    return &shard->due[provider_id];
}

/* How many at `at` and below it are due: none of them is earlier than what it is below. */
static size_t open_orders_heap_count_due(const struct open_orders_heap *heap, uint32_t at,
                                         int64_t now_ms)
{
    if (at >= heap->count || heap->list[at].at_ms > now_ms)
        return 0;
    return (heap->list[at].entry->order.due_at_ms <= now_ms) +
           open_orders_heap_count_due(heap, 2 * at + 1, now_ms) +
           open_orders_heap_count_due(heap, 2 * at + 2, now_ms);
}

static void open_orders_set_due(struct shard *shard, struct open_orders_entry *entry)
{
    const struct open_order *order = &entry->order;
    bool is_due = order->due_at_ms != 0 && open_order_is_tracked(order);
    if (!is_due || entry->due_provider != order->provider_id)
        open_orders_heap_remove(shard, entry);
    if (!is_due)
        return;
    entry->due_provider = order->provider_id;
    struct open_orders_heap *heap = open_orders_heap_of(shard, order->provider_id);
    struct open_orders_place place = {order->due_at_ms, entry};
    if (entry->due_at == NOT_DUE)
        open_orders_heap_add(heap, place);
    else if (place.at_ms < heap->list[entry->due_at].at_ms)
        open_orders_heap_sift(heap, entry->due_at, place);
}

/* ---- counts ---- */

static void open_orders_count_in(struct shard *shard, struct open_orders_entry *entry)
{
    const struct open_order *order = &entry->order;
    entry->counted = (uint8_t)(order->course.state * SCHEDULE_VERDICT_COUNT + order->stuck);
    shard->counts[entry->counted]++;
}

static void open_orders_count_out(struct shard *shard, const struct open_orders_entry *entry)
{
    shard->counts[entry->counted]--;
}

/* After any change of an order. */
static void open_orders_note_change(struct shard *shard, struct open_orders_entry *entry)
{
    open_orders_count_out(shard, entry);
    open_orders_count_in(shard, entry);
    open_orders_set_due(shard, entry);
}

/* ---- orders ---- */

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

static struct open_orders_entry *open_orders_add(struct shard *shard, uint32_t id)
{
    struct open_orders_entry *entry = memory_new(sizeof *entry);
    entry->order.id = id;
    entry->due_at = NOT_DUE;
    HASH_ADD_BYHASHVALUE(hh, shard->entries, order.id, sizeof entry->order.id,
                         open_orders_hash_of(id), entry);
    open_orders_count_in(shard, entry);
    return entry;
}

/* The link that the entry had is to be released without the shard's lock. */
static int64_t open_orders_set(struct open_orders *table, struct shard *shard,
                               struct open_orders_entry *entry, const struct open_order *order)
{
    int64_t link_before = entry->order.link_hash;
    links_keep(table->links, order->link_hash);
    char *extra = (char *)entry->order.extra;
    entry->order = *order;
    entry->order.extra = extra;
    open_orders_set_extra(&entry->order, order->extra);
    open_orders_note_change(shard, entry);
    return link_before;
}

void open_orders_put(struct open_orders *table, const struct open_order *order)
{
    struct shard *shard = open_orders_lock_shard(table, order->id);
    struct open_orders_entry *entry = open_orders_find(shard, order->id);
    if (entry == NULL)
        entry = open_orders_add(shard, order->id);
    int64_t link_before = open_orders_set(table, shard, entry, order);
    pthread_mutex_unlock(&shard->lock);
    links_release(table->links, link_before);
}

void open_orders_load(struct open_orders *table, const struct open_order *order)
{
    struct shard *shard = open_orders_lock_shard(table, order->id);
    if (open_orders_find(shard, order->id) == NULL)
        (void)open_orders_set(table, shard, open_orders_add(shard, order->id), order);
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

bool open_orders_change(struct open_orders *table, uint32_t id,
                        void (*fn)(struct open_order *order, void *arg), void *arg)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry) {
        fn(&entry->order, arg);
        open_orders_note_change(shard, entry);
    }
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

/* ---- single-flight queries ---- */

/* With the shard's lock. */
static enum open_orders_join open_orders_join_query(struct open_orders_entry *entry,
                                                    struct open_orders_waiter *waiter)
{
    enum open_orders_join result = entry->is_queried ? OPEN_ORDERS_JOINED : OPEN_ORDERS_BEGUN;
    entry->is_queried = true;
    waiter->id = entry->order.id;
    waiter->has_news = false;
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    return result;
}

enum open_orders_join open_orders_get_or_join(struct open_orders *table, uint32_t id,
                                              struct arena *arena, open_orders_want_fn *want,
                                              void *arg, struct open_order *out)
{
    enum open_orders_join result = OPEN_ORDERS_ABSENT;
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry) {
        struct open_orders_waiter *waiter = want(&entry->order, arg);
        result = waiter ? open_orders_join_query(entry, waiter) : OPEN_ORDERS_SEEN;
        if (result != OPEN_ORDERS_JOINED)
            open_orders_copy_out(entry, arena, out);
    }
    pthread_mutex_unlock(&shard->lock);
    return result;
}

static bool open_orders_begin_entry(struct open_orders_entry *entry)
{
    bool is_begun = !entry->is_queried;
    entry->is_queried = true;
    return is_begun;
}

bool open_orders_begin(struct open_orders *table, uint32_t id)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    bool is_begun = entry && open_orders_begin_entry(entry);
    pthread_mutex_unlock(&shard->lock);
    return is_begun;
}

/* With the shard's lock. What an order shows beside its numbers is not copied here, for it may be
 * long. */
static void open_orders_complete_entry(struct open_orders_entry *entry,
                                       struct open_orders_completed *completed)
{
    struct open_orders_waiter *waiter = entry->waiters;
    entry->is_queried = false;
    if (waiter == NULL)
        return;
    struct client_view_order view = open_order_view(&entry->order);
    struct open_orders_news news = {client_view_word(&view), client_view_course(&view)};
    if (completed->first == NULL)
        completed->end = &completed->first;
    *completed->end = waiter;
    for (; waiter; waiter = waiter->next) {
        waiter->has_news = entry->order.extra == NULL;
        waiter->news = news;
        completed->end = &waiter->next;
    }
    entry->waiters = NULL;
}

void open_orders_complete(struct open_orders *table, uint32_t id,
                          struct open_orders_completed *completed)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry)
        open_orders_complete_entry(entry, completed);
    pthread_mutex_unlock(&shard->lock);
}

bool open_orders_change_and_complete(struct open_orders *table, uint32_t id,
                                     bool (*fn)(struct open_order *order, void *arg), void *arg,
                                     struct open_orders_completed *completed)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    if (entry) {
        if (fn(&entry->order, arg))
            open_orders_complete_entry(entry, completed);
        open_orders_note_change(shard, entry);
    }
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

/* Neighbours of one loop at once. A waiter that was posted is its owner's, who may free it. */
static void open_orders_post(struct open_orders_waiter *waiters)
{
    while (waiters) {
        struct loop *loop = waiters->loop;
        struct loop_messages messages = STAILQ_HEAD_INITIALIZER(messages);
        for (; waiters && waiters->loop == loop; waiters = waiters->next)
            STAILQ_INSERT_TAIL(&messages, &waiters->message, link);
        loop_post_list(loop, &messages);
    }
}

/* Very many of the own loop go by message as well: those end their turn in time. */
void open_orders_notify(struct open_orders_completed *completed, struct loop *own)
{
    struct open_orders_waiter *own_first = NULL, **own_end = &own_first;
    struct open_orders_waiter *others = NULL, **others_end = &others;
    size_t own_count = 0;
    for (struct open_orders_waiter *w = completed->first, *next; w; w = next) {
        next = w->next;
        w->next = NULL;
        if (w->loop == own && own_count < NOTIFY_DIRECTLY_MAX) {
            own_count++;
            *own_end = w;
            own_end = &w->next;
        } else {
            *others_end = w;
            others_end = &w->next;
        }
    }
    *completed = (struct open_orders_completed){0};
    open_orders_post(others);
    while (own_first) {
        struct open_orders_waiter *waiter = own_first;
        own_first = waiter->next;
        waiter->message.run(&waiter->message);
    }
}

void open_orders_remove(struct open_orders *table, uint32_t id)
{
    struct shard *shard = open_orders_lock_shard(table, id);
    struct open_orders_entry *entry = open_orders_find(shard, id);
    struct open_orders_waiter *waiters = entry ? entry->waiters : NULL;
    int64_t link_hash = entry ? entry->order.link_hash : 0;
    if (entry) {
        open_orders_heap_remove(shard, entry);
        open_orders_count_out(shard, entry);
        HASH_DEL(shard->entries, entry);
        open_orders_entry_free(entry);
    }
    pthread_mutex_unlock(&shard->lock);
    links_release(table->links, link_hash);
    open_orders_post(waiters);
}

/* ---- what is due ---- */

static struct open_orders_entry *open_orders_first_due(struct shard *shard, unsigned provider_id,
                                                       int64_t now_ms)
{
    if (provider_id >= shard->due_count)
        return NULL;
    const struct open_orders_place *first = open_orders_heap_first(&shard->due[provider_id]);
    return first != NULL && first->at_ms <= now_ms ? first->entry : NULL;
}

static bool open_orders_take_one(struct shard *shard, unsigned provider_id, int64_t now_ms,
                                 int64_t lease_ms, struct open_order_due *out)
{
    struct open_orders_entry *entry;
    while ((entry = open_orders_first_due(shard, provider_id, now_ms)) != NULL) {
        entry->order.due_at_ms = now_ms + lease_ms;
        open_orders_set_due(shard, entry);
        if (!open_orders_begin_entry(entry))
            continue;
        out->id = entry->order.id;
        out->is_unknown = entry->order.unknown_since_ms != 0;
        memcpy(out->upstream_id, entry->order.upstream_id, sizeof out->upstream_id);
        return true;
    }
    return false;
}

size_t open_orders_take_due(struct open_orders *table, unsigned provider_id, int64_t now_ms,
                            int64_t lease_ms, struct open_order_due *out, size_t max)
{
    size_t count = 0;
    uint32_t first = atomic_fetch_add_explicit(&table->next_shard, 1, memory_order_relaxed);
    ASSERT(lease_ms > 0);
    for (uint32_t i = 0; i < SHARDS && count < max; i++) {
        struct shard *shard = open_orders_lock_shard(table, first + i);
        while (count < max &&
               open_orders_take_one(shard, provider_id, now_ms, lease_ms, &out[count]))
            count++;
        pthread_mutex_unlock(&shard->lock);
    }
    return count;
}

int64_t open_orders_next_due(struct open_orders *table, unsigned provider_id)
{
    int64_t next = OPEN_ORDER_NEVER;
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct shard *shard = open_orders_lock_shard(table, i);
        const struct open_orders_place *first =
            provider_id < shard->due_count ? open_orders_heap_first(&shard->due[provider_id])
                                           : NULL;
        if (first != NULL && first->at_ms < next)
            next = first->at_ms;
        pthread_mutex_unlock(&shard->lock);
    }
    return next;
}

/* ---- all of them ---- */

void open_orders_each_of(struct open_orders *table, unsigned part,
                         void (*fn)(struct open_order *order, void *arg), void *arg)
{
    struct shard *shard = open_orders_lock_shard(table, part);
    for (struct open_orders_entry *e = shard->entries; e; e = e->hh.next) {
        int64_t due_at_ms = e->order.due_at_ms;
        enum schedule_verdict stuck = e->order.stuck;
        fn(&e->order, arg);
        if (e->order.due_at_ms != due_at_ms || e->order.stuck != stuck)
            open_orders_note_change(shard, e);
    }
    pthread_mutex_unlock(&shard->lock);
}

void open_orders_each(struct open_orders *table, void (*fn)(struct open_order *order, void *arg),
                      void *arg)
{
    for (unsigned part = 0; part < SHARDS; part++)
        open_orders_each_of(table, part, fn, arg);
}

static void open_orders_add_due(struct shard *shard, int64_t now_ms, struct open_orders_totals *out)
{
    for (uint32_t id = 0; id < shard->due_count; id++) {
        struct open_orders_heap *heap = &shard->due[id];
        const struct open_orders_place *first = open_orders_heap_first(heap);
        if (first == NULL || first->at_ms > now_ms)
            continue;
        out->due += open_orders_heap_count_due(heap, 0, now_ms);
        if (now_ms - first->at_ms > out->overdue_ms)
            out->overdue_ms = now_ms - first->at_ms;
    }
}

void open_orders_totals(struct open_orders *table, int64_t now_ms, struct open_orders_totals *out)
{
    *out = (struct open_orders_totals){.due = 0};
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct shard *shard = open_orders_lock_shard(table, i);
        for (size_t both = 0; both < COUNT_OF(shard->counts); both++) {
            out->states[both / SCHEDULE_VERDICT_COUNT] += shard->counts[both];
            out->stuck[both % SCHEDULE_VERDICT_COUNT] += shard->counts[both];
        }
        open_orders_add_due(shard, now_ms, out);
        pthread_mutex_unlock(&shard->lock);
    }
}

struct open_orders_stuck {
    uint32_t *ids;
    size_t count, max;
};

static void open_orders_add_stuck(struct open_order *order, void *arg)
{
    struct open_orders_stuck *stuck = arg;
    if (order->stuck != SCHEDULE_ON_COURSE && stuck->count < stuck->max)
        stuck->ids[stuck->count++] = order->id;
}

static int open_orders_compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

size_t open_orders_find_stuck(struct open_orders *table, uint32_t *ids_out, size_t max)
{
    struct open_orders_stuck stuck = {.ids = ids_out, .max = max};
    struct open_orders_totals totals;
    open_orders_totals(table, 0, &totals);
    if (totals.stuck[SCHEDULE_SLOW] + totals.stuck[SCHEDULE_UNKNOWN] +
            totals.stuck[SCHEDULE_REVIEW] >
        0)
        open_orders_each(table, open_orders_add_stuck, &stuck);
    if (stuck.count > 0)
        qsort(ids_out, stuck.count, sizeof *ids_out, open_orders_compare_ids);
    return stuck.count;
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

void open_orders_count_by_client(struct open_orders *table, size_t *counts, size_t count)
{
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct shard *shard = open_orders_lock_shard(table, i);
        for (struct open_orders_entry *e = shard->entries; e; e = e->hh.next)
            if (e->order.client_id < count)
                counts[e->order.client_id]++;
        pthread_mutex_unlock(&shard->lock);
    }
}

struct usual_course *open_orders_usual(struct open_orders *table)
{
    return table->usual;
}

struct links *open_orders_links(struct open_orders *table)
{
    return table->links;
}
