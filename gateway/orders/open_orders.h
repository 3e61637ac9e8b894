/* struct open_orders: a cache of the ledger's rows of unfinished orders, with what no row has: who
 * waits for a fresher state, when the panel last answered, when it is to be queried next. Whoever
 * misses an order here loads its row; a miss never means "finished".
 *
 * Queries are single-flight: one per order however many want it, by begin, join and complete.
 * Process-wide, 64 shards with a mutex each; any thread. No lock is held across a callback. */
#ifndef ORDERS_OPEN_ORDERS_H
#define ORDERS_OPEN_ORDERS_H
#include "loop/loop.h"
#include "orders/open_order.h"

struct open_orders;
struct open_orders *open_orders_new(void);
void open_orders_free(struct open_orders *table);
size_t open_orders_count(struct open_orders *table);

/* Inserts or replaces; copies, extra too. */
void open_orders_put(struct open_orders *table, const struct open_order *order);
/* Inserts unless it is there: a row that was read may be older than what is known here. */
void open_orders_load(struct open_orders *table, const struct open_order *order);
/* A copy; extra is copied into the arena (NULL: left NULL). False when it is not there. */
bool open_orders_get(struct open_orders *table, uint32_t id, struct arena *arena,
                     struct open_order *out);
/* Wakes who waits, as when a query completes. */
void open_orders_remove(struct open_orders *table, uint32_t id);
/* Changes an order under its shard's lock; false when it is not there. fn must not call back. */
bool open_orders_change(struct open_orders *table, uint32_t id,
                        void (*fn)(struct open_order *order, void *arg), void *arg);
void open_orders_set_extra(struct open_order *order,
                           const char *extra); /* within open_orders_change */

/* Links that may have one unfinished order only: each order in the table keeps its own. Lives as
 * long as the table. */
struct links;
struct links *open_orders_links(struct open_orders *table);

/* ---- single-flight queries ---- */

/* What a client sees of an order as it was known when its query completed. */
struct open_orders_news {
    const char *word;
    struct order_course course;
};

/* Someone who waits for a query to complete. Allocated by the waiter, whose message is run once on
 * its loop; from then on it is the waiter's again. */
struct open_orders_waiter {
    struct loop_message message; /* first */
    struct loop *loop;
    struct open_orders_waiter *next; /* the table's */
    uint32_t id;
    bool has_news; /* false: it left the table meanwhile, or shows more; look it up */
    struct open_orders_news news;
};
enum open_orders_join {
    OPEN_ORDERS_BEGUN,  /* nobody was querying: the caller does, and must complete it */
    OPEN_ORDERS_JOINED, /* a query is under way */
    OPEN_ORDERS_SEEN,   /* only looked at: nothing is to be waited for */
    OPEN_ORDERS_ABSENT  /* not in the table */
};
/* open_orders_get, and where `want` returns a waiter that waiter begins or joins the order's query,
 * under one lock; want must not call back. out is filled where it is BEGUN or SEEN. */
typedef struct open_orders_waiter *open_orders_want_fn(const struct open_order *order, void *arg);
enum open_orders_join open_orders_get_or_join(struct open_orders *table, uint32_t id,
                                              struct arena *arena, open_orders_want_fn *want,
                                              void *arg, struct open_order *out);
/* Begins a query without waiting for it; false when one is under way or the order is not there. */
bool open_orders_begin(struct open_orders *table, uint32_t id);

/* Those to be notified of completed queries, gathered so that many at once wake a loop once. Zero
 * it before first use. */
struct open_orders_completed {
    struct open_orders_waiter *first, **end;
};
/* The query of id is over; who waited is added to `completed`. */
void open_orders_complete(struct open_orders *table, uint32_t id,
                          struct open_orders_completed *completed);
/* open_orders_change and, where fn returns true, open_orders_complete, under one lock. False when
 * the order is not there; then nobody waits for it either. */
bool open_orders_change_and_complete(struct open_orders *table, uint32_t id,
                                     bool (*fn)(struct open_order *order, void *arg), void *arg,
                                     struct open_orders_completed *completed);
/* Notifies them: those of `own`, the caller's loop, directly, the others by message. Last in a
 * callback, for what is run here may begin anything. */
void open_orders_notify(struct open_orders_completed *completed, struct loop *own);

/* ---- what is due ---- */

struct open_order_due {
    uint32_t id;
    bool is_unknown; /* its provider does not know it: queried by itself, it hides no other */
    char upstream_id[OPEN_ORDER_UPSTREAM_BYTES];
};
/* Begins the queries of at most max orders of a provider whose time has come, the earliest of each
 * shard first; each is due again lease_ms later unless its report says otherwise, as are those
 * already being queried. */
size_t open_orders_take_due(struct open_orders *table, unsigned provider_id, int64_t now_ms,
                            int64_t lease_ms, struct open_order_due *out, size_t max);
/* The earliest due time of a provider's orders; OPEN_ORDER_NEVER when there is none. */
int64_t open_orders_next_due(struct open_orders *table, unsigned provider_id);

/* ---- all of them ---- */

/* Kept with each change: costs the same however many there are, but for those that are due. */
struct open_orders_totals {
    size_t states[ORDERSTATE_COUNT];
    size_t stuck[SCHEDULE_VERDICT_COUNT]; /* as the tracker last saw them */
    size_t due;                           /* tracked, their time has come */
    int64_t overdue_ms;                   /* by how much the first of them is late */
};
void open_orders_totals(struct open_orders *table, int64_t now_ms, struct open_orders_totals *out);

/* Walked, a shard at a time; fn may change due times and what is stuck. */

void open_orders_each(struct open_orders *table, void (*fn)(struct open_order *order, void *arg),
                      void *arg);
enum { OPEN_ORDERS_PARTS = 64 };
/* One part of them; parts are counted modulo their number, so that part 0, 1, 2… visits all. */
void open_orders_each_of(struct open_orders *table, unsigned part,
                         void (*fn)(struct open_order *order, void *arg), void *arg);
/* Those that the tracker found stuck, by number; at most max. */
size_t open_orders_find_stuck(struct open_orders *table, uint32_t *ids_out, size_t max);
/* True when an unfinished order of that provider exists. */
bool open_orders_has_provider(struct open_orders *table, unsigned provider_id);
/* How many each client has: of the ids 0 … count - 1, added to counts. */
void open_orders_count_by_client(struct open_orders *table, size_t *counts, size_t count);

/* How long orders of a service take; lives as long as the table. */
struct usual_course;
struct usual_course *open_orders_usual(struct open_orders *table);

#endif
