/* See memorystore.h. Values are counted, so that one stays whole for who reads it even when it is
 * replaced meanwhile. Reads complete on the next turn of the loop, in their order. */
#include "cache/cache.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/table.h"

struct value {
    unsigned holds;
    int64_t put_wall_ms;
    size_t len;
    char bytes[];
};

struct memorystore_entry {
    UT_hash_handle hh; /* in the order in which they were put */
    int64_t until_ms;  /* monotonic */
    struct value *value;
    size_t name_len;
    char name[];
};

struct memorystore_read { /* to be completed */
    TAILQ_ENTRY(memorystore_read) entry;
    struct value *value; /* held; NULL: absent */
    cache_done_fn *done;
    cache_lock_fn *locked; /* of a lock: always ours */
    void *arg;
};

struct memorystore {
    struct loop *loop;
    struct memorystore_entry *table;
    TAILQ_HEAD(readings, memorystore_read) readings;
    struct loop_timer timer; /* armed while there are readings */
    /* Written by the loop's thread; any thread reads them. */
    _Atomic size_t bytes, count;
    _Atomic uint64_t too_large;
};

static bool memorystore_check(struct str url, struct fault *why)
{
    return str_is(url, "memory") || str_is(url, "memory:") ||
           fault_set(why, FAULT_INVALID, "goes on after memory; write just memory");
}

static void *memorystore_open(struct str url, struct loop *loop, struct fault *why)
{
    struct memorystore *store = memory_new(sizeof *store);
    (void)url, (void)why;
    store->loop = loop;
    TAILQ_INIT(&store->readings);
    return store;
}

static void memorystore_release(struct value *value)
{
    if (value && --value->holds == 0)
        free(value);
}

static size_t memorystore_size_of(size_t name_len, size_t value_len)
{
    return sizeof(struct memorystore_entry) + sizeof(struct value) + name_len + value_len;
}

static void memorystore_drop(struct memorystore *store, struct memorystore_entry *entry)
{
    HASH_DEL(store->table, entry);
    atomic_fetch_sub_explicit(&store->bytes,
                              memorystore_size_of(entry->name_len, entry->value->len),
                              memory_order_relaxed);
    atomic_fetch_sub_explicit(&store->count, 1, memory_order_relaxed);
    memorystore_release(entry->value);
    free(entry);
}

static void memorystore_close(void *arg)
{
    struct memorystore *store = arg;
    struct memorystore_read *reading;
    struct memorystore_entry *entry, *next;
    loop_timer_fini(&store->timer);
    while ((reading = TAILQ_FIRST(&store->readings)) != NULL) {
        TAILQ_REMOVE(&store->readings, reading, entry);
        memorystore_release(reading->value);
        free(reading);
    }
    HASH_ITER(hh, store->table, entry, next)
    {
        memorystore_drop(store, entry);
    }
    free(store);
}

/* NULL when absent or too old; that one goes at once. */
static struct memorystore_entry *memorystore_find(struct memorystore *store, struct str name)
{
    struct memorystore_entry *entry;
    HASH_FIND(hh, store->table, name.ptr, name.len, entry);
    if (entry && clock_monotonic_ms() >= entry->until_ms) {
        memorystore_drop(store, entry);
        entry = NULL;
    }
    return entry;
}

static void memorystore_complete(void *arg)
{
    struct memorystore *store = arg;
    struct memorystore_read *reading, *last = TAILQ_LAST(&store->readings, readings);
    bool is_last = last == NULL;
    while (!is_last) {
        struct value *value;
        reading = TAILQ_FIRST(&store->readings);
        is_last = reading == last;
        TAILQ_REMOVE(&store->readings, reading, entry);
        if (is_last && !TAILQ_EMPTY(&store->readings)) /* begun by those completed here */
            loop_timer_start(&store->timer, store->loop, 0, memorystore_complete, store);
        value = reading->value;
        if (reading->locked) {
            reading->locked(true, reading->arg);
        } else if (value) {
            int64_t age_ms = clock_wall_ms() - value->put_wall_ms;
            reading->done(str_make(value->bytes, value->len), age_ms > 0 ? age_ms : 0,
                          reading->arg);
        } else {
            reading->done(STR_NONE, 0, reading->arg);
        }
        memorystore_release(value);
        free(reading);
    }
}

static struct memorystore_read *memorystore_read_new(struct memorystore *store, void *arg)
{
    struct memorystore_read *reading = memory_new(sizeof *reading);
    reading->arg = arg;
    if (TAILQ_EMPTY(&store->readings))
        loop_timer_start(&store->timer, store->loop, 0, memorystore_complete, store);
    TAILQ_INSERT_TAIL(&store->readings, reading, entry);
    return reading;
}

static bool memorystore_get(void *arg, const char *name, cache_done_fn *done, void *done_arg)
{
    struct memorystore *store = arg;
    struct memorystore_entry *entry = memorystore_find(store, str_of(name));
    struct memorystore_read *reading = memorystore_read_new(store, done_arg);
    reading->done = done;
    if (entry) {
        reading->value = entry->value;
        reading->value->holds++;
    }
    return true;
}

/* Nobody shares this memory. */
static bool memorystore_lock(void *arg, const char *name, const char *token, int64_t ttl_ms,
                             cache_lock_fn *done, void *done_arg)
{
    (void)name, (void)token, (void)ttl_ms;
    memorystore_read_new(arg, done_arg)->locked = done;
    return true;
}

static void memorystore_unlock(void *arg, const char *name, const char *token)
{
    (void)arg, (void)name, (void)token;
}

static void memorystore_make_room(struct memorystore *store, size_t size)
{
    struct memorystore_entry *entry, *next;
    int64_t now_ms = clock_monotonic_ms();
    if (atomic_load_explicit(&store->bytes, memory_order_relaxed) + size <= MEMORYSTORE_BYTES)
        return;
    HASH_ITER(hh, store->table, entry, next)
    {
        if (now_ms >= entry->until_ms)
            memorystore_drop(store, entry);
    }
    while (atomic_load_explicit(&store->bytes, memory_order_relaxed) + size > MEMORYSTORE_BYTES)
        memorystore_drop(store,
                         store->table); /* uthash's head is the oldest; size alone does fit */
}

static void memorystore_put(void *arg, const char *name, struct str value, int64_t ttl_ms)
{
    struct memorystore *store = arg;
    struct memorystore_entry *entry = memorystore_find(store, str_of(name));
    size_t name_len = strlen(name), size = memorystore_size_of(name_len, value.len);
    if (entry)
        memorystore_drop(store, entry);
    if (ttl_ms <= 0)
        return;
    if (value.len > MEMORYSTORE_BYTES || size > MEMORYSTORE_BYTES) {
        atomic_fetch_add_explicit(&store->too_large, 1, memory_order_relaxed);
        return;
    }
    memorystore_make_room(store, size);
    entry = memory_new(sizeof *entry + name_len);
    memcpy(entry->name, name, name_len);
    entry->name_len = name_len;
    entry->until_ms = clock_monotonic_ms() + ttl_ms;
    entry->value = memory_new(sizeof *entry->value + value.len);
    entry->value->holds = 1;
    entry->value->put_wall_ms = clock_wall_ms();
    entry->value->len = value.len;
    if (value.len)
        memcpy(entry->value->bytes, value.ptr, value.len);
    HASH_ADD_KEYPTR(hh, store->table, entry->name, name_len, entry);
    atomic_fetch_add_explicit(&store->bytes, size, memory_order_relaxed);
    atomic_fetch_add_explicit(&store->count, 1, memory_order_relaxed);
}

static void memorystore_health(void *arg, struct cache_health *out)
{
    struct memorystore *store = arg;
    out->is_usable = true;
    out->failures = atomic_load_explicit(&store->too_large, memory_order_relaxed);
    snprintf(out->message, sizeof out->message, "in memory: %zu values, %zu bytes",
             atomic_load_explicit(&store->count, memory_order_relaxed),
             atomic_load_explicit(&store->bytes, memory_order_relaxed));
}

const struct cache_store memorystore = {
    .open = memorystore_open,
    .close = memorystore_close,
    .get = memorystore_get,
    .put = memorystore_put,
    .health = memorystore_health,
    .check = memorystore_check,
    .lock = memorystore_lock,
    .unlock = memorystore_unlock,
};
