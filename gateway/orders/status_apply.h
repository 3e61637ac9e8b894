/* What a panel's answer about one order does: settlement, the books, the last known state. */
#ifndef ORDERS_LANDING_H
#define ORDERS_LANDING_H
#include "orders/open_orders.h"
#include "providers/upstream.h"

struct order_context;
/* Ends the flight of the order, now or once its children's numbers are known. Who waits for it is
 * told now, or by the caller's open_orders_tell. */
void status_apply_take(struct order_context *context, uint32_t order,
                       const struct upstream_status *reported, struct open_orders_landed *landed);

#endif
