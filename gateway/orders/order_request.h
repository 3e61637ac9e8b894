/* refill, cancel and refill_status for clients. Intent is durable before the panel is asked,
 * nothing is sent twice; an attempt in doubt keeps its number. A desk's thread. */
#ifndef ORDERS_ORDER_REQUEST_H
#define ORDERS_ORDER_REQUEST_H
#include "orders/order_context.h"

struct order_request_result {
    uint32_t order;      /* as asked */
    uint32_t number;     /* the refill's; cancel: 1 when the request was taken; 0: refused */
    const char *message; /* why refused (a client's sentence) */
};
struct order_request_args {
    enum order_request_kind kind;
    const struct client *client; /* read before start returns */
    const uint32_t *orders;      /* at most 100, copied; doubles are asked once */
    size_t count;
    struct str request_id;
};
typedef void order_request_done_fn(const struct order_request_result *list, size_t count,
                                   void *arg);
void order_request_start(struct order_context *context, const struct order_request_args *request,
                         order_request_done_fn *done, void *arg);

/* Lives in refill_query.c. */
struct refill_query_status {
    uint32_t refill; /* as asked */
    bool is_found;
    bool is_unavailable; /* not found only because the books could not be read in time */
    enum refillstatus status;
};
typedef void refill_query_done_fn(const struct refill_query_status *list, size_t count, void *arg);
void refill_query_start(struct order_context *context, unsigned client_id, const uint32_t *refills,
                        size_t count, refill_query_done_fn *done, void *arg);

#endif
