/* struct refill_tracker: follows accepted refills to their end without any client asking, one
 * provider after the other, in what clients leave of its rate. The main thread's order context. */
#ifndef ORDERS_REFILL_TRACKER_H
#define ORDERS_REFILL_TRACKER_H
#include "orders/order_context.h"

struct refill_tracker;
struct refill_tracker *refill_tracker_new(struct order_context *context);
void refill_tracker_free(struct refill_tracker *tracker); /* before the context's loop */

#endif
