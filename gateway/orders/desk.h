/* struct desk: what a thread needs to place and follow orders: its loop, the shared parts, and the
 * snapshots it holds now. One a worker and one for the main thread. Its thread only. */
#ifndef ORDERS_DESK_H
#define ORDERS_DESK_H
#include <stdatomic.h>

#include "catalogue/catalogue.h"
#include "catalogue/refresher.h"
#include "ledger/ledger.h"
#include "orders/liveorders.h"
#include "orders/order_settings.h"
#include "routing/health.h"

struct statuspoll;

struct desk {
    struct loop *loop; /* borrowed, as are the shared parts */
    struct ledger *ledger;
    struct health *health;
    struct liveorders *liveorders;
    struct refresher *refresher;
    struct catalogue *catalogue; /* pinned; NULL until the first snapshot */
    struct order_settings settings;
    struct statuspoll *statuspoll; /* owned */
    /* Under way on this desk, for draining; errands: what nobody outside waits for (flights,
     * saves). */
    unsigned places, aftersales, errands;
    bool is_stopping; /* panels are asked for statuses no more; what waits to be tried again ends */
};

struct desk_parts {
    struct loop *loop;
    struct ledger *ledger;
    struct health *health;
    struct liveorders *liveorders;
    struct refresher *refresher;
};
struct desk *desk_new(const struct desk_parts *parts);
/* Takes the caller's pin. */
void desk_set_catalogue(struct desk *desk, struct catalogue *catalogue);
void desk_set_settings(struct desk *desk, const struct order_settings *settings);
/* Draining: status questions under way are given up, their flights land; none start any more. */
void desk_stop_asking(struct desk *desk);
/* Nothing under way any more: drained. */
bool desk_is_idle(const struct desk *desk);
void desk_free(struct desk *desk); /* after its loop has ended */

/* Counters of the room, summed over all threads, for /metrics. */
struct desk_totals {
    _Atomic uint64_t placed, accepted, refused_client, unavailable, doubt, failovers, late_answers,
        unbooked, status_asked, status_fresh, status_stale, status_unknown_words, refills, cancels;
};
extern struct desk_totals desk_totals;

#endif
