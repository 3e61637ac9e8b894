/* struct ratelimit: a token bucket that never ticks (a generic cell rate algorithm): one atomic
 * holds the moment at which the bucket will be full again, each token moves it one interval on, and
 * a token is there while that moment lies no further ahead than the burst allows. Zero it before
 * first use. Any thread, without a lock. */
#ifndef BASE_RATELIMIT_H
#define BASE_RATELIMIT_H
#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

struct ratelimit {
    _Atomic int64_t full_at_ns; /* monotonic */
    _Atomic int64_t rule;       /* a digest of the last one */
};

struct ratelimit_rule {
    double per_s;     /* not above 0: no limit */
    int64_t burst_ms; /* the bucket holds what flows in that time, at least one token */
    int64_t early_ms; /* a token may be taken that much early */
};

/* True: a token is taken, to be used in *wait_ms_out, which is at most patience_ms. False: none is
 * taken; *wait_ms_out says when there would be one. The rule may be another one each time. */
bool ratelimit_take(struct ratelimit *bucket, const struct ratelimit_rule *rule, int64_t now_ms,
                    int64_t patience_ms, int64_t *wait_ms_out) MUST_USE;
/* As ratelimit_take without patience, but only what would be lost otherwise: the bucket must have
 * been full for one token's time. */
bool ratelimit_take_spare(struct ratelimit *bucket, const struct ratelimit_rule *rule,
                          int64_t now_ms, int64_t *wait_ms_out) MUST_USE;

#endif
