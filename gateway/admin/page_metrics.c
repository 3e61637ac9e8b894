/* GET /metrics: Prometheus text. Base units, counters end in _total, no client and no order is
 * named. The clients' side of v2 comes from the app (admin_parts.metrics). */
#include <stdatomic.h>
#include <stdlib.h>

#include "admin/admin_private.h"
#include "admin/metrictext.h"
#include "base/log.h"
#include "cache/cache.h"

static uint64_t page_metrics_load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void page_metrics_add_state(struct admin *admin, struct buf *out)
{
    struct admin_state state;
    admin_state(admin, &state);
    admin->longest_turn_us = 0;
    metric_family(out, METRIC_GAUGE, "panelmux_build_info", "The version that runs; always 1.");
    metric_number(out, "panelmux_build_info", METRIC_LABELS({"version", STR(PANELMUX_VERSION)}), 1);
    metric_one_gauge(out, "panelmux_open", "1 while the clients' port is open.", state.is_open);
    metric_one_gauge(out, "panelmux_draining", "1 while it ends.", state.is_draining);
    metric_one_gauge(out, "panelmux_workers", "Threads that serve clients.", state.workers);
    metric_one_gauge(out, "panelmux_http_connections", "Open connections of clients.",
                     state.connections);
    metric_one_gauge(out, "panelmux_http_open_requests", "Requests of clients not yet answered.",
                     state.exchanges);
    metric_one_count(out, "panelmux_http_requests_total", "Requests on the clients' side.",
                     state.requests);
    metric_one_count(out, "panelmux_http_rejected_total",
                     "Requests refused before they were read: ill-formed or too large.",
                     state.rejected);
    metric_one_count(out, "panelmux_http_timeouts_total",
                     "Requests that did not arrive, or were not answered, in time.",
                     state.timeouts);
    metric_one_count(out, "panelmux_reloads_total", "Configurations taken since the start.",
                     state.reloads);
    metric_one_count(out, "panelmux_reload_failures_total", "Configurations refused for a fault.",
                     state.failed_reloads);
    metric_family(out, METRIC_GAUGE, "panelmux_configured_timestamp_seconds",
                  "When the configuration in force was taken.");
    metric_seconds(out, "panelmux_configured_timestamp_seconds", NULL,
                   state.configured_at_ms * 1000);
    metric_family(out, METRIC_GAUGE, "panelmux_start_timestamp_seconds", "When it was started.");
    metric_seconds(out, "panelmux_start_timestamp_seconds", NULL, state.started_at_ms * 1000);
    metric_family(out, METRIC_GAUGE, "panelmux_loop_longest_turn_seconds",
                  "The longest turn of a loop since the last scrape.");
    metric_seconds(out, "panelmux_loop_longest_turn_seconds",
                   METRIC_LABELS({"loop", STR("workers")}), state.longest_turn_us);
    metric_seconds(out, "panelmux_loop_longest_turn_seconds", METRIC_LABELS({"loop", STR("main")}),
                   loop_take_longest_turn_us(admin->parts.context->loop));
    metric_one_count(out, "panelmux_log_warnings_total", "Log lines of level warn or error.",
                     log_warnings());
}

static void page_metrics_add_ledger(struct admin_call *call, struct buf *out)
{
    struct ledger_health health;
    ledger_health(call->context->ledger, &health);
    metric_one_gauge(out, "panelmux_ledger_writable", "1 while the last commit went well.",
                     health.is_writable);
    metric_one_count(out, "panelmux_ledger_commits_total", "Transactions committed.",
                     health.commits);
    metric_one_count(out, "panelmux_ledger_changes_total", "Changes committed in them.",
                     health.changes);
    metric_one_count(out, "panelmux_ledger_failures_total", "Commits that failed.",
                     health.failures);
    metric_family(out, METRIC_COUNTER, "panelmux_ledger_commit_seconds_total",
                  "Time spent in commits.");
    metric_seconds(out, "panelmux_ledger_commit_seconds_total", NULL,
                   (int64_t)health.commit_microseconds);
    metric_one_gauge(out, "panelmux_ledger_waiting_changes", "Changes in the writer's queue.",
                     (int64_t)health.waiting);
    metric_one_gauge(out, "panelmux_ledger_disk_bytes", "What the ledger takes on disk.",
                     health.disk_bytes);
}

/* ---- orders ---- */

static void page_metrics_add_order_counters(struct buf *out)
{
    const struct {
        const char *name, *help;
        const _Atomic uint64_t *counter;
    } rows[] = {
        {"panelmux_orders_placed_total", "Orders whose first attempt began.",
         &order_context_totals.placed},
        {"panelmux_orders_accepted_total", "Orders a provider took.",
         &order_context_totals.accepted},
        {"panelmux_orders_doubt_total", "Attempts that ended in doubt.",
         &order_context_totals.doubt},
        {"panelmux_orders_refused_total", "Orders refused by the client's own fault.",
         &order_context_totals.refused_client},
        {"panelmux_orders_unavailable_total", "Orders that no offer took.",
         &order_context_totals.unavailable},
        {"panelmux_orders_failovers_total", "Attempts sent on to the next offer.",
         &order_context_totals.failovers},
        {"panelmux_orders_late_answers_total",
         "Orders whose number was given before a provider had answered.",
         &order_context_totals.late_answers},
        {"panelmux_orders_unbooked_total", "Outcomes that could not be booked at once.",
         &order_context_totals.unbooked},
        {"panelmux_status_asked_total", "Orders whose status was asked of a provider.",
         &order_context_totals.status_asked},
        {"panelmux_status_fresh_total", "Statuses given from a fresh state.",
         &order_context_totals.status_fresh},
        {"panelmux_status_stale_total", "Statuses given from an older state, in want of a better.",
         &order_context_totals.status_stale},
        {"panelmux_status_unknown_words_total", "Status words that no table knows.",
         &order_context_totals.status_unknown_words},
        {"panelmux_refills_total", "Refills asked for.", &order_context_totals.refills},
        {"panelmux_cancels_total", "Cancels asked for.", &order_context_totals.cancels},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        metric_one_count(out, rows[i].name, rows[i].help, page_metrics_load(rows[i].counter));
}

static void page_metrics_add_live_orders(struct admin_call *call, struct buf *out)
{
    size_t counts[ORDERSTATE_COUNT];
    open_orders_count_states(call->context->open_orders, counts);
    metric_family(out, METRIC_GAUGE, "panelmux_orders_unfinished",
                  "Orders under way, by state; doubt waits for an operator.");
    for (unsigned state = 0; state < ORDERSTATE_COUNT; state++)
        if (!orderstate_is_final((enum orderstate)state))
            metric_number(out, "panelmux_orders_unfinished",
                          METRIC_LABELS({"state", str_of(orderstate_name((enum orderstate)state))}),
                          (int64_t)counts[state]);
}

static void page_metrics_add_cache(struct admin_call *call, struct buf *out)
{
    struct cache_health health;
    cache_health(call->admin->parts.cache, &health);
    metric_one_gauge(out, "panelmux_cache_usable", "1 while the cache's store answers.",
                     health.is_usable);
    metric_one_count(out, "panelmux_cache_gets_total", "Questions to the cache.", health.gets);
    metric_one_count(out, "panelmux_cache_hits_total", "Those that found a value.", health.hits);
    metric_one_count(out, "panelmux_cache_puts_total", "Values put.", health.puts);
    metric_one_count(out, "panelmux_cache_failures_total",
                     "Questions and values lost by its store.", health.failures);
}

static void page_metrics_add_catalogue(struct admin_call *call, struct buf *out)
{
    if (call->catalogue == NULL)
        return;
    size_t priced = 0;
    for (size_t i = 0; i < call->catalogue->count; i++)
        priced += call->catalogue->list[i].is_priced;
    metric_family(out, METRIC_GAUGE, "panelmux_services", "Services in the catalogue.");
    metric_number(out, "panelmux_services", METRIC_LABELS({"published", STR("yes")}),
                  (int64_t)priced);
    metric_number(out, "panelmux_services", METRIC_LABELS({"published", STR("no")}),
                  (int64_t)(call->catalogue->count - priced));
}

void page_metrics_run(struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    page_metrics_add_state(call->admin, &out);
    if (parts->metrics)
        parts->metrics(&out, parts->arg);
    page_metrics_add_order_counters(&out);
    page_metrics_add_live_orders(call, &out);
    page_metrics_add_catalogue(call, &out);
    metrics_providers(call, &out);
    page_metrics_add_ledger(call, &out);
    page_metrics_add_cache(call, &out);
    metrics_process(&out);
    exchange_add_header(call->exchange, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    admin_reply(call, 200, &out);
}
