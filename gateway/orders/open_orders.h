/* struct open_orders: the last known state of every unfinished order, and who waits for a fresher
 * one: one flight per order however many ask. Process-wide, 64 shards with a mutex each; any
 * thread. No lock is held across a callback. */
#ifndef ORDERS_LIVEORDERS_H
#define ORDERS_LIVEORDERS_H
#include "base/arena.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "providers/provider.h"

enum { OPEN_ORDER_UPSTREAM_BYTES = 65, OPEN_ORDER_NO_PROVIDER = 0xffff };

struct open_order { /* by value */
    uint32_t id, service, parent;
    unsigned client_id;
    uint16_t provider_id; /* OPEN_ORDER_NO_PROVIDER: none yet */
    struct order_course course;
    enum ordertype type;
    bool is_unsaved; /* the books lag behind: written again at the next landing */
    int64_t quantity;
    struct money rate, charge;
    int64_t asked_at_ms; /* steady; when the panel last answered for it; 0 never */
    char upstream_id[OPEN_ORDER_UPSTREAM_BYTES]; /* "" until accepted */
    const char *extra; /* JSON object without braces: `"posts":"10","orders":["7"]`; NULL none */
};

struct open_orders;
struct open_orders *open_orders_new(void);
void open_orders_free(struct open_orders *table);
size_t open_orders_count(struct open_orders *table);

/* Inserts or replaces; copies, extra too. */
void open_orders_put(struct open_orders *table, const struct open_order *order);
/* A copy; extra is copied into the arena (NULL: left NULL). False when it is not there. */
bool open_orders_get(struct open_orders *table, uint32_t id, struct arena *arena,
                     struct open_order *out);
/* Wakes who waits, as after a landing. */
void open_orders_remove(struct open_orders *table, uint32_t id);

/* How things stood with an order when its flight landed. */
struct open_orders_news {
    struct order_course course;
    enum ordertype type;
    int64_t quantity;
};

/* Someone who waits for a flight to land. Allocated by the waiter; its owner is told exactly once,
 * then it is the waiter's again: by its message, or at the end of `same` of another waiter of the
 * owner, whose message stands for both. */
struct open_orders_waiter {
    struct loop_message message;
    struct loop *loop;
    const void *owner;               /* of several waiters of this loop; NULL: told by itself */
    struct open_orders_waiter *same; /* when told: the next one that the message stands for */
    struct open_orders_waiter *next; /* the table's */
    uint32_t id;
    bool has_news; /* false: it left the table meanwhile, or shows more; look it up */
    struct open_orders_news news;
};
enum open_orders_join {
    OPEN_ORDERS_LEAD, /* nobody was asking: the caller asks and must land the flight */
    OPEN_ORDERS_WAIT, /* somebody asks already */
    OPEN_ORDERS_SEEN, /* only looked at: nothing is to be waited for; the waiter was not taken */
    OPEN_ORDERS_GONE  /* not in the table; the waiter was not taken */
};
/* open_orders_get, and where is_wanted says so the waiter joins the flight, under one lock;
 * is_wanted must not call back. The waiter is taken with LEAD and WAIT; out is filled but for GONE.
 */
enum open_orders_join
open_orders_get_or_join(struct open_orders *table, uint32_t id, struct arena *arena,
                        bool (*is_wanted)(const struct open_order *order, void *arg), void *arg,
                        struct open_orders_waiter *waiter, struct open_order *out);
/* Joins as the leader without waiting (tracker); false when somebody asks already or it is gone. */
bool open_orders_lead(struct open_orders *table, uint32_t id);
/* The flight of id is over; who waited is told. */
void open_orders_land(struct open_orders *table, uint32_t id);
/* Those to be told of flights that have landed, until open_orders_tell: many at once wake a loop
 * once, and who waits for many is mostly told of all by one message. Zero it before first use. */
enum { OPEN_ORDERS_OWNERS = 32 };
struct open_orders_landed {
    struct open_orders_waiter *first; /* each with all of `same` */
    struct open_orders_waiter
        *owners[OPEN_ORDERS_OWNERS]; /* of those; by hash, the last one seen */
};
/* open_orders_change and, where fn returns true, open_orders_land but for the telling, under one
 * lock. False when the order is not there; then there is nobody to be told either. */
bool open_orders_change_and_land(struct open_orders *table, uint32_t id,
                                 bool (*fn)(struct open_order *order, void *arg), void *arg,
                                 struct open_orders_landed *landed);
void open_orders_tell(struct open_orders_landed *landed);
/* Changes an order under its shard's lock; false when it is not there. fn must not call back. */
bool open_orders_change(struct open_orders *table, uint32_t id,
                        void (*fn)(struct open_order *order, void *arg), void *arg);
void open_orders_set_extra(struct open_order *order,
                           const char *extra); /* within open_orders_change */
/* How many there are in each state; walks them all, a shard at a time. */
void open_orders_count_states(struct open_orders *table, size_t counts_out[ORDERSTATE_COUNT]);
/* True when an unfinished order of that provider exists. */
bool open_orders_has_provider(struct open_orders *table, unsigned provider_id);

/* From the books at start. A provider that is not configured counts too: it may come back. */
void open_order_from_ledger(const struct ledger_order *order, struct open_order *out);

#endif
