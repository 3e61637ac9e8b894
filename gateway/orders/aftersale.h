/* refill, cancel and refill_status for clients. Intent is durable before the panel is asked,
 * nothing is sent twice; an attempt in doubt keeps its number. A desk's thread. */
#ifndef ORDERS_AFTERSALE_H
#define ORDERS_AFTERSALE_H
#include "orders/desk.h"

struct aftersale_result {
    uint32_t order;    /* as asked */
    uint32_t number;   /* the refill's; cancel: 1 when the request was taken; 0: refused */
    const char *words; /* why refused (a client's sentence) */
};
struct aftersale_request {
    enum aftersale_kind kind;
    const struct client *client; /* read before start returns */
    const uint32_t *orders;      /* at most 100, copied; doubles are asked once */
    size_t count;
    struct str request_id;
};
typedef void aftersale_done_fn(const struct aftersale_result *list, size_t count, void *arg);
void aftersale_start(struct desk *desk, const struct aftersale_request *request,
                     aftersale_done_fn *done, void *arg);

/* Lives in refillfollow.c. */
struct refillfollow_status {
    uint32_t refill; /* as asked */
    bool is_found;
    bool is_unavailable; /* not found only because the books could not be read in time */
    enum refillstatus status;
};
typedef void refillfollow_done_fn(const struct refillfollow_status *list, size_t count, void *arg);
void refillfollow_start(struct desk *desk, unsigned client_id, const uint32_t *refills,
                        size_t count, refillfollow_done_fn *done, void *arg);

#endif
