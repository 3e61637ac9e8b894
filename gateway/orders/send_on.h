/* What a panel left undone goes on to the next offer (next_step.h says when): "its attempt has
 * ended, the order is between two offers" is durable before anybody else is asked, then place
 * carries it on. The order's query stays open meanwhile, so no other report of it comes in
 * between. An order context's thread. */
#ifndef ORDERS_SEND_ON_H
#define ORDERS_SEND_ON_H
#include "orders/next_step.h"
#include "orders/order_context.h"

enum send_on_result {
    SEND_ON_DONE,  /* it is placing again, in the ledger and in the table */
    SEND_ON_ENDS,  /* no offer can take it, its client wants it canceled, or the ledger refuses the
                      move: it is settled */
    SEND_ON_FAILED /* the ledger could not be asked: the next report tries again */
};
typedef void send_on_done_fn(enum send_on_result result, void *arg);
/* done once, later. order: as the table has it; read before it returns. */
void send_on_start(struct order_context *context, const struct open_order *order,
                   const struct next_step *step, send_on_done_fn *done, void *arg);

#endif
