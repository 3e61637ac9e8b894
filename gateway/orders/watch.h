/* struct watch: queries finished orders again at long intervals, for as long as `watch` says. Their
 * clients see nothing of it: what a panel changes after the end is an event of the order, once, for
 * the operator to pass on or not. In what clients and the tracker leave of each provider's rate.
 * The main thread's order context. */
#ifndef ORDERS_WATCH_H
#define ORDERS_WATCH_H
#include "orders/order_context.h"

struct watch;
struct watch *watch_new(struct order_context *context);
void watch_free(struct watch *watch); /* before the context's loop */

#endif
