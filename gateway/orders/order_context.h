/* struct order_context: what a thread needs to place and follow orders: its loop, the shared parts,
 * and the snapshots it holds now. One a worker and one for the main thread. Its thread only. */
#ifndef ORDERS_ORDER_CONTEXT_H
#define ORDERS_ORDER_CONTEXT_H
#include <stdatomic.h>

#include "catalogue/catalogue.h"
#include "catalogue/refresher.h"
#include "ledger/ledger.h"
#include "orders/open_orders.h"
#include "orders/order_settings.h"
#include "routing/health.h"

struct status_poll;
struct claims;
struct refs;

struct order_context {
    struct loop *loop; /* borrowed, as are the shared parts */
    struct ledger *ledger;
    struct health *health;
    struct open_orders *open_orders;
    struct claims *claims;
    struct refs *refs;
    struct refresher *refresher;
    struct catalogue *catalogue; /* pinned; NULL until the first snapshot */
    struct order_settings settings;
    struct status_poll *status_poll; /* owned */
    /* Under way here, for draining; deferred: what nobody outside waits for (queries, saves). */
    unsigned places, order_requests, deferred;
    void (*on_idle)(void *arg); /* see order_context_on_idle; NULL: nobody waits */
    void *on_idle_arg;
    uint64_t random;  /* see order_context_random */
    bool is_stopping; /* panels are asked for statuses no more; what waits to be tried again ends */
};

struct order_context_parts {
    struct loop *loop;
    struct ledger *ledger;
    struct health *health;
    struct open_orders *open_orders;
    struct claims *claims;
    struct refs *refs;
    struct refresher *refresher;
};
struct order_context *order_context_new(const struct order_context_parts *parts);
/* Takes the caller's pin. */
void order_context_set_catalogue(struct order_context *context, struct catalogue *catalogue);
void order_context_set_settings(struct order_context *context,
                                const struct order_settings *settings);
/* Draining: status queries under way are given up and complete without news; none begin. */
void order_context_stop_polling(struct order_context *context);
/* Nothing under way any more: drained. */
bool order_context_is_idle(const struct order_context *context);
/* on_idle is called whenever the last piece of work has ended, from inside that work's end: it may
 * only leave a note for later. */
void order_context_on_idle(struct order_context *context, void (*on_idle)(void *arg), void *arg);
/* Counts down places, order_requests or deferred. */
void order_context_end_work(struct order_context *context, unsigned *counter);
/* For draws and spreading, which need not be secret: a few instructions, where the system's random
 * numbers cost thousands. */
uint64_t order_context_random(struct order_context *context);
void order_context_free(struct order_context *context); /* after its loop has ended */

/* Counters of the room, summed over all threads, for /metrics. */
struct order_context_totals {
    _Atomic uint64_t placed, accepted, refused_client, unavailable, doubt, failovers, late_answers,
        unbooked, status_asked, status_fresh, status_stale, status_unknown_words, refills, cancels,
        odd_children, uncovered_charges, claimed, repeated, costs_corrected, late_changes, sent_on;
};
extern struct order_context_totals order_context_totals;

#endif
