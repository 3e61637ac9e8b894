/* What a panel's report about one order does: settlement, the ledger, the last known state. */
#ifndef ORDERS_STATUS_APPLY_H
#define ORDERS_STATUS_APPLY_H
#include "orders/open_orders.h"
#include "providers/upstream.h"

struct order_context;
/* Completes the query of the order, now or once its children's numbers, or whether it goes on to
 * another panel, are known. Who waits for it is notified then, or by the caller from `completed`.
 * upstream_id: what the panel was asked about. */
void status_apply_take(struct order_context *context, uint32_t order, const char *upstream_id,
                       const struct upstream_status *reported,
                       struct open_orders_completed *completed);
/* Its provider does not know it: a lag for the first hour, then a stuck order; it ends nothing. */
void status_apply_unknown(struct order_context *context, uint32_t order, const char *upstream_id,
                          struct open_orders_completed *completed);

#endif
