/* See metrics_v2.h. */
#include "app/metrics_v2.h"

#include <stdatomic.h>

#include "admin/metrictext.h"
#include "v2/v2.h"

static uint64_t metrics_v2_load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void metrics_v2_add_counts(struct buf *out, const char *name, const char *help,
                                  const _Atomic uint64_t *counters)
{
    metric_family(out, METRIC_COUNTER, name, help);
    for (size_t row = 0; row < v2_action_count(); row++)
        metric_count(out, name, METRIC_LABELS({"action", str_of(v2_action_name(row))}),
                     metrics_v2_load(&counters[row]));
}

void metrics_v2(struct buf *out, void *arg)
{
    static const char seconds[] = "panelmux_action_seconds_total";
    (void)arg;
    metrics_v2_add_counts(out, "panelmux_action_requests_total", "Clients' requests by action.",
                          v2_totals.requests);
    metrics_v2_add_counts(out, "panelmux_action_errors_total",
                          "Those that were answered with an error.", v2_totals.errors);
    metric_family(out, METRIC_COUNTER, seconds, "Time from their arrival to their answer.");
    for (size_t row = 0; row < v2_action_count(); row++)
        metric_seconds(out, seconds, METRIC_LABELS({"action", str_of(v2_action_name(row))}),
                       (int64_t)metrics_v2_load(&v2_totals.microseconds[row]));
    metric_one_count(out, "panelmux_bad_keys_total", "Requests with a key that nobody has.",
                     metrics_v2_load(&v2_totals.bad_keys));
    metric_one_count(out, "panelmux_rate_limited_total", "Requests answered 429.",
                     metrics_v2_load(&v2_totals.rate_limited));
}
