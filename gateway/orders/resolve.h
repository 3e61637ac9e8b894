/* An operator ends a doubt: accepted as N, send elsewhere, refund. A number is taken only when it
 * is no other order's, and when its provider knows it (is_forced: unseen). The main thread's order
 * context. */
#ifndef ORDERS_RESOLVE_H
#define ORDERS_RESOLVE_H
#include "orders/order_context.h"

enum resolve_how { RESOLVE_ACCEPTED, RESOLVE_NEXT_OFFER, RESOLVE_REFUND };
struct resolve_request {
    uint32_t order; /* or 0: all in doubt at provider with that text */
    enum resolve_how how;
    struct str upstream_id;    /* RESOLVE_ACCEPTED */
    bool is_forced;            /* RESOLVE_ACCEPTED: its provider is not asked for that number */
    struct str provider, text; /* order 0 */
    struct str request_id;
};
/* resolved: how many; fault code FAULT_NONE when all went well. */
typedef void resolve_done_fn(size_t resolved, const struct fault *why, void *arg);
void resolve_start(struct order_context *context, const struct resolve_request *request,
                   resolve_done_fn *done, void *arg);

#endif
