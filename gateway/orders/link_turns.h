/* struct link_turns: places the orders that waited for a link when their turn comes
 * (`same_link: queue`, links.h). The main thread's order context. */
#ifndef ORDERS_LINK_TURNS_H
#define ORDERS_LINK_TURNS_H
#include "orders/order_context.h"

struct link_turns;
struct link_turns *link_turns_new(struct order_context *context);
/* Once the ledger's unfinished orders are in the table and the context has a catalogue. */
void link_turns_start(struct link_turns *turns);
void link_turns_free(struct link_turns *turns); /* after all threads have ended */

#endif
