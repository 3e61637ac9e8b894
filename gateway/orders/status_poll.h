/* struct status_poll: asks panels for the status of orders this desk leads the flights of. Per
 * provider a queue: when the provider's rate bucket lets it, what waits goes out, one id singly,
 * several as one multi-status of up to 100; panels that cannot do that are found out and asked
 * singly. Each landing settles the order, writes what changed and ends the flight. The desk's
 * thread. */
#ifndef ORDERS_STATUSPOLL_H
#define ORDERS_STATUSPOLL_H
#include "orders/open_orders.h"

struct order_context;
struct status_poll;
struct status_poll *status_poll_new(struct order_context *context);
/* Cancels what is under way and asks nothing any more; flights land unanswered. */
void status_poll_stop(struct status_poll *poll);
void status_poll_free(struct status_poll *poll);
/* The caller leads order's flight; it ends by open_orders_land within wait_ms (for the rate bucket)
 * plus the provider's time-out, at once when the provider may not be asked. */
void status_poll_ask(struct status_poll *poll, const struct open_order *order, int64_t wait_ms);
/* After a group of status_poll_ask: what was asked, by others as well, goes out together when the
 * loop is quiet. */
void status_poll_flush(struct status_poll *poll);

#endif
