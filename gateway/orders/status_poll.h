/* struct status_poll: queries panels for the status of orders whose queries this order context has
 * begun. Per provider a queue: when the provider's rate bucket lets it, what waits goes out, one id
 * singly, several as one multi-status of up to 100. Panels that cannot do that are found out and
 * queried singly for a day; a batch refused as a whole is split until the culprit is alone. Each
 * report settles its order, writes what changed and completes the query. The order context's
 * thread. */
#ifndef ORDERS_STATUS_POLL_H
#define ORDERS_STATUS_POLL_H
#include "orders/open_orders.h"

struct order_context;
struct status_poll;
struct status_poll *status_poll_new(struct order_context *context);
/* Cancels what is under way and sends nothing any more; queries complete without news. */
void status_poll_stop(struct status_poll *poll);
void status_poll_free(struct status_poll *poll);
/* For a client that waits. The caller has begun order's query; it completes within wait_ms (for the
 * rate bucket) plus the provider's time-out, at once when the provider may not be queried. */
void status_poll_add(struct status_poll *poll, const struct open_order *order, int64_t now_ms,
                     int64_t wait_ms);
/* After a group of status_poll_add: what was added, by others as well, goes out together when the
 * loop is quiet. */
void status_poll_flush(struct status_poll *poll);

/* For nobody but us: the due orders of one provider, at once, in what clients leave of its rate.
 * Returns how many were sent, 0 when the provider may not be queried now. */
size_t status_poll_due(struct status_poll *poll, const struct provider *provider, int64_t lease_ms);

#endif
