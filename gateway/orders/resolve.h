/* An operator ends a doubt: accepted as N, send elsewhere, refund. A number is taken only when it
 * is no other order's, and when its provider knows it (is_forced: unseen). The main thread's order
 * context. */
#ifndef ORDERS_RESOLVE_H
#define ORDERS_RESOLVE_H
#include "orders/order_context.h"

enum resolve_how { RESOLVE_ACCEPTED, RESOLVE_NEXT_OFFER, RESOLVE_REFUND };
struct resolve_request {
    uint32_t order; /* or 0: all in doubt at provider whose text matches */
    enum resolve_how how;
    struct str upstream_id;    /* RESOLVE_ACCEPTED */
    bool is_forced;            /* RESOLVE_ACCEPTED: its provider is not asked for that number */
    bool is_preview;           /* nothing is done; the result says what would be */
    struct str provider, text; /* order 0; the text as `answers:` has it: folded, '*' matches */
    struct str who, reason;    /* kept in the event; reason may be "" */
    struct str request_id;
};
struct resolve_result {
    bool is_preview;
    size_t count;         /* resolved, or with is_preview to be resolved */
    struct money charges; /* of those orders, as quoted */
    struct str currency;  /* of it; "" when count is 0 */
    struct fault why;     /* code FAULT_NONE when all went well */
};
typedef void resolve_done_fn(const struct resolve_result *result, void *arg);
void resolve_start(struct order_context *context, const struct resolve_request *request,
                   resolve_done_fn *done, void *arg);

#endif
