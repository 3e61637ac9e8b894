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

/* Another rule than before, after a reload: what a slower one took ahead counts no longer. Under
 * the same rule nothing is ever given back, for clocks of other threads may lag. */
static void ratelimit_change(struct ratelimit *bucket, int64_t rule, int64_t max_ns)
{
    int64_t full_at_ns = atomic_load_explicit(&bucket->full_at_ns, memory_order_relaxed);
    if (atomic_exchange_explicit(&bucket->rule, rule, memory_order_relaxed) == rule)
        return;
    while (full_at_ns > max_ns &&
           !atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &full_at_ns, max_ns,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
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
                  ahead_ns = burst_ns > early_ns ? burst_ns : early_ns,
                  digest = interval_ns * 3 + ahead_ns;
    if (atomic_load_explicit(&bucket->rule, memory_order_relaxed) != digest)
        ratelimit_change(bucket, digest, now_ns + ahead_ns + interval_ns);
    int64_t full_at_ns = atomic_load_explicit(&bucket->full_at_ns, memory_order_relaxed), from_ns;
    do {
        from_ns = full_at_ns > now_ns ? full_at_ns : now_ns;
        int64_t wait_ns = from_ns - now_ns - ahead_ns;
        *wait_ms_out = wait_ns > 0 ? (wait_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
        if (wait_ns > patience_ns)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &full_at_ns,
                                                    from_ns + interval_ns, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

bool ratelimit_take_spare(struct ratelimit *bucket, const struct ratelimit_rule *rule,
                          int64_t now_ms, int64_t *wait_ms_out)
{
    *wait_ms_out = 0;
    if (!(rule->per_s > 0))
        return true;
    const int64_t now_ns = now_ms * NS_PER_MS, interval_ns = ratelimit_interval_ns(rule->per_s);
    int64_t full_at_ns = atomic_load_explicit(&bucket->full_at_ns, memory_order_relaxed);
    do {
        int64_t wait_ns = full_at_ns + interval_ns - now_ns;
        if (wait_ns > 0) {
            *wait_ms_out = (wait_ns + NS_PER_MS - 1) / NS_PER_MS;
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &full_at_ns, now_ns,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}
