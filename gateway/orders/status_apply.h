/* What a panel's report about one order does: settlement, the ledger, the last known state. */
#ifndef ORDERS_STATUS_APPLY_H
#define ORDERS_STATUS_APPLY_H
#include "orders/open_orders.h"
#include "providers/upstream.h"

struct order_context;
/* The reports of one response, at one moment. The caller notifies who is in `completed` at the end.
 */
struct status_apply_batch {
    struct order_context *context;
    int64_t now_ms, wall_ms; /* monotonic; wall */
    struct open_orders_completed completed;
};
struct status_apply_batch status_apply_begin(struct order_context *context);
/* Completes the query of the order, now or once its children's numbers, or whether it goes on to
 * another panel, are known; then who waits for it is notified as well. upstream_id: what the panel
 * was asked about. */
void status_apply_take(struct status_apply_batch *batch, uint32_t order, const char *upstream_id,
                       const struct upstream_status *reported);
/* Its provider does not know it: a lag for the first hour, then a stuck order; it ends nothing. */
void status_apply_unknown(struct status_apply_batch *batch, uint32_t order,
                          const char *upstream_id);

#endif
