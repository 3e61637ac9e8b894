/* struct liveorders: the last known state of every unfinished order, and who waits for a fresher
 * one: one flight per order however many ask. Process-wide, 64 shards with a mutex each; any
 * thread. No lock is held across a callback. */
#ifndef ORDERS_LIVEORDERS_H
#define ORDERS_LIVEORDERS_H
#include "base/arena.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "providers/provider.h"

enum { LIVEORDER_UPSTREAM_BYTES = 65, LIVEORDER_NO_PROVIDER = 0xffff };

struct liveorder { /* by value */
    uint32_t id, service, parent;
    unsigned client_id;
    uint16_t provider_id; /* LIVEORDER_NO_PROVIDER: none yet */
    enum orderstate state;
    enum ordertype type;
    bool has_start_count;
    bool is_unsaved; /* the books lag behind: written again at the next landing */
    int64_t quantity, start_count, remains;
    struct money rate, charge, paid;
    int64_t asked_at_ms; /* steady; when the panel last answered for it; 0 never */
    char upstream_id[LIVEORDER_UPSTREAM_BYTES]; /* "" until accepted */
    const char *extra; /* JSON object without braces: `"posts":"10","orders":["7"]`; NULL none */
};

struct liveorders;
struct liveorders *liveorders_new(void);
void liveorders_free(struct liveorders *table);
size_t liveorders_count(struct liveorders *table);

/* Inserts or replaces; copies, extra too. */
void liveorders_put(struct liveorders *table, const struct liveorder *order);
/* A copy; extra is copied into the arena (NULL: left NULL). False when it is not there. */
bool liveorders_get(struct liveorders *table, uint32_t id, struct arena *arena,
                    struct liveorder *out);
/* Wakes who waits, as after a landing. */
void liveorders_remove(struct liveorders *table, uint32_t id);

/* How things stood with an order when its flight landed. */
struct liveorders_news {
    enum orderstate state;
    enum ordertype type;
    bool has_start_count;
    int64_t quantity, start_count, remains;
    struct money paid;
};

/* Someone who waits for a flight to land. Allocated by the waiter; its owner is told exactly once,
 * then it is the waiter's again: by its message, or at the end of `same` of another waiter of the
 * owner, whose message stands for both. */
struct liveorders_waiter {
    struct loop_message message;
    struct loop *loop;
    const void *owner;              /* of several waiters of this loop; NULL: told by itself */
    struct liveorders_waiter *same; /* when told: the next one that the message stands for */
    struct liveorders_waiter *next; /* the table's */
    uint32_t id;
    bool has_news; /* false: it left the table meanwhile, or shows more; look it up */
    struct liveorders_news news;
};
enum liveorders_join {
    LIVEORDERS_LEAD, /* nobody was asking: the caller asks and must land the flight */
    LIVEORDERS_WAIT, /* somebody asks already */
    LIVEORDERS_SEEN, /* only looked at: nothing is to be waited for; the waiter was not taken */
    LIVEORDERS_GONE  /* not in the table; the waiter was not taken */
};
/* liveorders_get, and where is_wanted says so the waiter joins the flight, under one lock;
 * is_wanted must not call back. The waiter is taken with LEAD and WAIT; out is filled but for GONE.
 */
enum liveorders_join
liveorders_get_or_join(struct liveorders *table, uint32_t id, struct arena *arena,
                       bool (*is_wanted)(const struct liveorder *order, void *arg), void *arg,
                       struct liveorders_waiter *waiter, struct liveorder *out);
/* Joins as the leader without waiting (tracker); false when somebody asks already or it is gone. */
bool liveorders_lead(struct liveorders *table, uint32_t id);
/* The flight of id is over; who waited is told. */
void liveorders_land(struct liveorders *table, uint32_t id);
/* Those to be told of flights that have landed, until liveorders_tell: many at once wake a loop
 * once, and who waits for many is mostly told of all by one message. Zero it before first use. */
enum { LIVEORDERS_OWNERS = 32 };
struct liveorders_landed {
    struct liveorders_waiter *first;                     /* each with all of `same` */
    struct liveorders_waiter *owners[LIVEORDERS_OWNERS]; /* of those; by hash, the last one seen */
};
/* liveorders_change and, where fn returns true, liveorders_land but for the telling, under one
 * lock. False when the order is not there; then there is nobody to be told either. */
bool liveorders_change_and_land(struct liveorders *table, uint32_t id,
                                bool (*fn)(struct liveorder *order, void *arg), void *arg,
                                struct liveorders_landed *landed);
void liveorders_tell(struct liveorders_landed *landed);
/* Changes an order under its shard's lock; false when it is not there. fn must not call back. */
bool liveorders_change(struct liveorders *table, uint32_t id,
                       void (*fn)(struct liveorder *order, void *arg), void *arg);
void liveorders_set_extra(struct liveorder *order,
                          const char *extra); /* within liveorders_change */
/* How many there are in each state; walks them all, a shard at a time. */
void liveorders_count_states(struct liveorders *table, size_t counts_out[ORDERSTATE_COUNT]);
/* True when an unfinished order of that provider exists. */
bool liveorders_has_provider(struct liveorders *table, unsigned provider_id);

/* From the books at start. A provider that is not configured counts too: it may come back. */
void liveorder_from_ledger(const struct ledger_order *order, struct liveorder *out);

#endif
