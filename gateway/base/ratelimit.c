/* See ratelimit.h. */
#include "base/ratelimit.h"

#include <stdatomic.h>

static const int64_t NS_PER_MS = 1000000;

/* Slower than a token in eleven days counts as that, faster than one a nanosecond likewise. */
static int64_t ratelimit_interval_ns(double per_s)
{
    if (per_s < 1e-6)
        return INT64_C(1000000000000000);
    return per_s > 1e9 ? 1 : (int64_t)(1e9 / per_s);
}

bool ratelimit_take(struct ratelimit *bucket, const struct ratelimit_rule *rule, int64_t now_ms,
                    int64_t patience_ms, int64_t *wait_ms_out)
{
    *wait_ms_out = 0;
    if (!(rule->per_s > 0))
        return true;
    const int64_t now_ns = now_ms * NS_PER_MS, patience_ns = patience_ms * NS_PER_MS,
                  interval_ns = ratelimit_interval_ns(rule->per_s),
                  burst_ns = rule->burst_ms * NS_PER_MS - interval_ns,
                  early_ns = rule->early_ms * NS_PER_MS,
                  ahead_ns = burst_ns > early_ns ? burst_ns : early_ns;
    int64_t full_at_ns = atomic_load_explicit(&bucket->full_at_ns, memory_order_relaxed);
    int64_t wait_ns, next_ns;
    do {
        int64_t from_ns = full_at_ns > now_ns ? full_at_ns : now_ns;
        /* A slower rule, before a reload, may have left it further ahead than this one can. */
        int64_t max_ns = now_ns + ahead_ns + interval_ns + patience_ns;
        if (from_ns > max_ns)
            from_ns = max_ns;
        wait_ns = from_ns - now_ns - ahead_ns;
        next_ns = wait_ns > patience_ns ? from_ns : from_ns + interval_ns;
    } while (next_ns != full_at_ns &&
             !atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &full_at_ns, next_ns,
                                                    memory_order_relaxed, memory_order_relaxed));
    *wait_ms_out = wait_ns > 0 ? (wait_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
    return wait_ns <= patience_ns;
}
