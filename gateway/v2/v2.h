/* struct v2: the clients' side of one worker: recognises a request and passes it to its action. The
 * worker's thread only; any thread may read the totals. */
#ifndef V2_V2_H
#define V2_V2_H
#include "clients/client.h"
#include "http/exchange.h"
#include "orders/order_context.h"

struct v2;
struct v2 *v2_new(struct order_context *context);
/* Takes the caller's pin. */
void v2_set_clients(struct v2 *v2, struct client_set *clients);
/* The listener's handler; arg is the struct v2. */
void v2_handle(struct exchange *exchange, void *arg);
void v2_free(struct v2 *v2);

enum { V2_ACTIONS_MAX = 16 };
struct v2_totals { /* by row of the action table; the last row counts requests without an action */
    _Atomic uint64_t requests[V2_ACTIONS_MAX], errors[V2_ACTIONS_MAX], microseconds[V2_ACTIONS_MAX];
    _Atomic uint64_t bad_keys, rate_limited;
};
extern struct v2_totals v2_totals;
size_t v2_action_count(void);
const char *v2_action_name(size_t row); /* "other" for the last */

#endif
