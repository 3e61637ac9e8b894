/* struct tracker: follows every unfinished order to its end without any client asking. What is due
 * is queried in batches per provider, in what clients leave of its rate; a provider that may not be
 * queried costs nothing until it may. Orders that take far longer than usual, or that their
 * provider does not know, are stuck: logged, counted, listed. The main thread's order context. */
#ifndef ORDERS_TRACKER_H
#define ORDERS_TRACKER_H
#include "orders/order_context.h"

struct tracker;
/* After the ledger's unfinished orders are in the table and before the loop runs. */
struct tracker *tracker_new(struct order_context *context);
void tracker_free(struct tracker *tracker); /* before the context's loop */
/* After the context has new settings. */
void tracker_reconfigure(struct tracker *tracker);
/* How long ago the oldest stuck order was placed; 0: none is. Any thread. */
int64_t tracker_oldest_stuck_ms(int64_t wall_ms);

#endif
