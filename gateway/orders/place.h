/* The life of one `add`: place.c. From place_start on the order outlives its client. done is called
 * once, later, on the order context's loop, at most answer_within after the start; the machine may
 * go on after it. */
#ifndef ORDERS_PLACE_H
#define ORDERS_PLACE_H
#include "orders/draft.h"
#include "orders/order_context.h"

struct place_request {
    const struct client *client; /* read before place_start returns */
    const struct draft *draft;   /* copied; its service belongs to context->catalogue */
    struct str request_id;
    uint64_t claim;        /* of context->claims; 0: it cannot be claimed */
    struct ledger_ref ref; /* its client's, copied, and begun in context->refs, which this ends; ""
                              when none */
};
/* order 0: refused, message says why (a client's sentence). */
typedef void place_done_fn(uint32_t order, const char *message, void *arg);
void place_start(struct order_context *context, const struct place_request *request,
                 place_done_fn *done, void *arg);

/* Goes on with an order whose client has its number already: after a restart, sent elsewhere by an
 * operator, ended by its panel with something left to do, or queued until now. attempts: what was
 * tried; those offers are not tried again. */
void place_resume(struct order_context *context, const struct ledger_order *order,
                  const struct ledger_attempt *attempts, size_t attempt_count);

#endif
