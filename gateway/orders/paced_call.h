/* struct paced_call: an upstream call about orders (not an add) within its provider's health and
 * rate limit: it waits for the bucket, but no longer than its owner has use for a response.
 *
 * Embedded in its owner's item. done is called once, later; a call that was never made ends as
 * OUTCOME_NOT_SENT. What the response says of the provider's health is noted here. The order
 * context's thread only. */
#ifndef ORDERS_PACED_CALL_H
#define ORDERS_PACED_CALL_H
#include "orders/order_context.h"
#include "providers/upstream_call.h"

struct paced_call {
    struct order_context *context;
    const struct provider *provider; /* its set is pinned by the owner until done */
    struct upstream_request request; /* ids: the owner's until done */
    const char *request_id;
    int64_t give_up_at_ms; /* monotonic: not sent from then on */
    upstream_call_done_fn *done;
    void *arg;
    /* its own: */
    const char *why_unsent;
    struct loop_timer timer;
};

void paced_call_start(struct paced_call *call);
void paced_call_fini(struct paced_call *call); /* after done, or before start */

#endif
