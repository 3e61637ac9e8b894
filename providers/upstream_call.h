/* One call to a provider over HTTP: encode, connection cap, transfer, decode.
 *
 * Promises: done once, later, on the loop's thread, within the provider's time-out plus the wait
 * for a connection; never after cancel. The rate bucket is the caller's (provider_take_token). The
 * request is encoded before upstream_call_start returns, so its fields need not live on. The
 * response and all it points to live until done returns. add, refill and cancel are sent at most
 * once, ever. Beyond max_connections a call waits in a bounded queue of its own loop for at
 * most wait_ms; then its outcome is OUTCOME_NOT_SENT. */
#ifndef PROVIDERS_UPSTREAM_CALL_H
#define PROVIDERS_UPSTREAM_CALL_H
#include "loop/loop.h"
#include "providers/upstream.h"

struct upstream_call;
typedef void upstream_call_done_fn(const struct upstream_response *answer, void *arg);

struct upstream_call_options {
    const char *request_id; /* for the log line of this call; copied */
    int64_t wait_ms;        /* for a connection below the cap */
    int64_t timeout_ms;     /* 0: the provider's own */
};

/* The provider's set must stay pinned by the caller until done or cancel. */
struct upstream_call *upstream_call_start(struct loop *loop, const struct provider *provider,
                                          const struct upstream_request *request,
                                          const struct upstream_call_options *options,
                                          upstream_call_done_fn *done, void *arg);
void upstream_call_cancel(struct upstream_call *call);

/* Answers by provider and outcome, for /metrics: calls[id][action][outcome]; any thread. */
struct upstream_call_totals {
    _Atomic uint64_t calls[PROVIDER_MAX][UPSTREAM_ACTION_COUNT][4];
    _Atomic uint64_t microseconds[PROVIDER_MAX][UPSTREAM_ACTION_COUNT];
};
const struct upstream_call_totals *upstream_call_totals(void);

#endif
