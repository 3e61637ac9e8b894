/* GET /metrics: Prometheus text. Base units, counters end in _total, no client and no order is
 * named. The families of the clients' side come from the app (admin_parts.metrics). The main
 * thread. */
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admin/admin_private.h"
#include "admin/metric.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/cache.h"
#include "catalogue/catalogue.h"
#include "orders/open_orders.h"
#include "orders/tracker.h"
#include "providers/upstream_call.h"

/* ---- the process, from /proc ---- */

static int64_t metrics_process_cpu_us(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int64_t metrics_process_resident_bytes(void)
{
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %lld", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Without the two dots and the descriptor that reads the folder. */
static int64_t metrics_process_open_descriptors(void)
{
    int64_t count = -3;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void metrics_process(struct buf *out)
{
    struct rlimit limit = {0};
    metric_family(out, METRIC_COUNTER, "panelmux_process_cpu_seconds_total",
                  "User and system time of all threads.");
    metric_seconds(out, "panelmux_process_cpu_seconds_total", NULL, metrics_process_cpu_us());
    metric_one_gauge(out, "panelmux_process_resident_memory_bytes", "Memory in use.",
                     metrics_process_resident_bytes());
    metric_one_gauge(out, "panelmux_process_open_fds", "Open file descriptors.",
                     metrics_process_open_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        metric_one_gauge(out, "panelmux_process_max_fds", "How many there may be.",
                         (int64_t)limit.rlim_cur);
}

/* ---- providers: a family at a time, all providers in it ---- */

struct standing { /* of one provider at this moment */
    const struct provider *provider;
    struct refresher_report list;
    struct health_report health;
    int64_t now_ms; /* wall */
};

static int64_t metrics_provider_is_paused(const struct standing *s)
{
    return provider_is_paused(s->provider);
}
static int64_t metrics_provider_pause_left_us(const struct standing *s)
{
    struct provider_pause pause;
    bool is_limited = provider_get_pause(s->provider, &pause) && pause.until_ms > 0;
    return is_limited && pause.until_ms > s->now_ms ? (pause.until_ms - s->now_ms) * 1000 : 0;
}
static int64_t metrics_provider_is_closed(const struct standing *s)
{
    return s->provider->settings.is_closed;
}
static int64_t metrics_provider_key_parked(const struct standing *s)
{
    return s->health.is_key_parked;
}
static int64_t metrics_provider_out_of_funds(const struct standing *s)
{
    return s->health.is_out_of_funds;
}
static int64_t metrics_provider_currency_wrong(const struct standing *s)
{
    return s->health.is_currency_wrong;
}
static int64_t metrics_provider_balance_low(const struct standing *s)
{
    return catalogue_is_balance_low(s->provider);
}
static int64_t metrics_provider_cooling_down_us(const struct standing *s)
{
    return s->health.cool_down_ms * 1000;
}
static int64_t metrics_provider_offers_cooling_down(const struct standing *s)
{
    return s->health.offers_cooling_down;
}
static int64_t metrics_provider_connections(const struct standing *s)
{
    return provider_connections(s->provider);
}
static int64_t metrics_provider_list_age_us(const struct standing *s)
{
    return (s->now_ms - s->list.fetched_at_ms) * 1000;
}
static int64_t metrics_provider_services(const struct standing *s)
{
    return (int64_t)s->list.services;
}
static int64_t metrics_provider_quarantined(const struct standing *s)
{
    return (int64_t)s->list.quarantined;
}
static int64_t metrics_provider_refreshes(const struct standing *s)
{
    return (int64_t)s->list.refreshes;
}
static int64_t metrics_provider_list_failures(const struct standing *s)
{
    return (int64_t)s->list.failures;
}

static const struct metrics_family {
    const char *name, *help;
    enum metric_type type;
    bool is_seconds; /* value is in microseconds */
    bool needs_list;
    int64_t (*value)(const struct standing *s);
} families[] = {
    {"panelmux_provider_paused", "1 while an operator has paused it.", METRIC_GAUGE, false, false,
     metrics_provider_is_paused},
    {"panelmux_provider_pause_seconds", "Remaining time of a pause that ends by itself, else 0.",
     METRIC_GAUGE, true, false, metrics_provider_pause_left_us},
    {"panelmux_provider_closed", "1 while the configuration says state: closed.", METRIC_GAUGE,
     false, false, metrics_provider_is_closed},
    {"panelmux_provider_key_parked", "1 while its key counts as refused.", METRIC_GAUGE, false,
     false, metrics_provider_key_parked},
    {"panelmux_provider_out_of_funds", "1 while our funds there count as used up.", METRIC_GAUGE,
     false, false, metrics_provider_out_of_funds},
    {"panelmux_provider_currency_wrong",
     "1 while it reports another currency than is configured and gets no orders.", METRIC_GAUGE,
     false, false, metrics_provider_currency_wrong},
    {"panelmux_provider_balance_low", "1 while its balance is below its low_balance.", METRIC_GAUGE,
     false, false, metrics_provider_balance_low},
    {"panelmux_provider_cool_down_seconds", "Remaining cool-down of the provider.", METRIC_GAUGE,
     true, false, metrics_provider_cooling_down_us},
    {"panelmux_provider_offers_cooling_down", "Offers of the provider in cool-down.", METRIC_GAUGE,
     false, false, metrics_provider_offers_cooling_down},
    {"panelmux_provider_connections", "Connections to it in use.", METRIC_GAUGE, false, false,
     metrics_provider_connections},
    {"panelmux_provider_list_age_seconds", "Age of its list.", METRIC_GAUGE, true, true,
     metrics_provider_list_age_us},
    {"panelmux_provider_services", "Services in its list.", METRIC_GAUGE, false, true,
     metrics_provider_services},
    {"panelmux_provider_quarantined_services", "Its services whose price waits for an operator.",
     METRIC_GAUGE, false, true, metrics_provider_quarantined},
    {"panelmux_provider_list_refreshes_total", "Lists taken.", METRIC_COUNTER, false, false,
     metrics_provider_refreshes},
    {"panelmux_provider_list_failures_total", "Lists that failed or were not taken.",
     METRIC_COUNTER, false, false, metrics_provider_list_failures},
};

static void metrics_provider_add_family(const struct metrics_family *family,
                                        const struct standing *list, size_t count, struct buf *out)
{
    metric_family(out, family->type, family->name, family->help);
    for (size_t i = 0; i < count; i++) {
        const struct metric_labels *labels =
            METRIC_LABELS({"provider", str_of(list[i].provider->settings.name)});
        if (family->needs_list && !list[i].list.has_list)
            continue;
        if (family->is_seconds)
            metric_seconds(out, family->name, labels, family->value(&list[i]));
        else
            metric_number(out, family->name, labels, family->value(&list[i]));
    }
}

static void metrics_provider_add_breakers(const struct standing *list, size_t count,
                                          struct buf *out)
{
    static const char name[] = "panelmux_provider_breaker";
    metric_family(out, METRIC_GAUGE, name, "0 closed, 1 open, 2 one probe is let through.");
    for (size_t i = 0; i < count; i++) {
        struct str provider = str_of(list[i].provider->settings.name);
        metric_number(out, name, METRIC_LABELS({"provider", provider}, {"of", STR("orders")}),
                      list[i].health.orders);
        metric_number(out, name, METRIC_LABELS({"provider", provider}, {"of", STR("readings")}),
                      list[i].health.readings);
    }
}

static void metrics_provider_add_balances(const struct standing *list, size_t count,
                                          struct buf *out)
{
    static const char name[] = "panelmux_provider_balance";
    static const char age[] = "panelmux_provider_balance_age_seconds";
    metric_family(out, METRIC_GAUGE, name, "What it holds for us, in its own currency.");
    for (size_t i = 0; i < count; i++) {
        const struct provider_settings *settings = &list[i].provider->settings;
        struct balance_cell cell = catalogue_balance(list[i].provider->id);
        if (cell.is_known)
            metric_money(out, name,
                         METRIC_LABELS({"provider", str_of(settings->name)},
                                       {"currency", str_of(settings->currency)}),
                         cell.amount);
    }
    metric_family(out, METRIC_GAUGE, age, "Age of that balance.");
    for (size_t i = 0; i < count; i++) {
        struct balance_cell cell = catalogue_balance(list[i].provider->id);
        if (cell.is_known)
            metric_seconds(out, age,
                           METRIC_LABELS({"provider", str_of(list[i].provider->settings.name)}),
                           (list[i].now_ms - cell.at_ms) * 1000);
    }
}

/* Only what happened, except for orders, where a zero is informative. */
static void metrics_provider_add_calls(const struct standing *list, size_t count, struct buf *out)
{
    static const char name[] = "panelmux_provider_calls_total";
    const struct upstream_call_totals *totals = upstream_call_totals();
    metric_family(out, METRIC_COUNTER, name, "Answers by action and outcome.");
    for (size_t i = 0; i < count; i++)
        for (unsigned action = 0; action < UPSTREAM_ACTION_COUNT; action++)
            for (unsigned outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
                uint64_t calls = atomic_load_explicit(
                    &totals->calls[list[i].provider->id][action][outcome], memory_order_relaxed);
                if (calls > 0 || action == UPSTREAM_ADD)
                    metric_count(
                        out, name,
                        METRIC_LABELS(
                            {"provider", str_of(list[i].provider->settings.name)},
                            {"action", str_of(upstream_action_name((enum upstream_action)action))},
                            {"outcome", str_of(upstream_outcome_name((enum outcome)outcome))}),
                        calls);
            }
}

static void metrics_provider_add_call_seconds(const struct standing *list, size_t count,
                                              struct buf *out)
{
    static const char name[] = "panelmux_provider_call_seconds_total";
    const struct upstream_call_totals *totals = upstream_call_totals();
    metric_family(out, METRIC_COUNTER, name, "Time its calls took, by action.");
    for (size_t i = 0; i < count; i++)
        for (unsigned action = 0; action < UPSTREAM_ACTION_COUNT; action++) {
            uint64_t us = atomic_load_explicit(&totals->microseconds[list[i].provider->id][action],
                                               memory_order_relaxed);
            if (us > 0 || action == UPSTREAM_ADD)
                metric_seconds(out, name,
                               METRIC_LABELS({"provider", str_of(list[i].provider->settings.name)},
                                             {"action", str_of(upstream_action_name(
                                                            (enum upstream_action)action))}),
                               (int64_t)us);
        }
}

static void metrics_providers(struct admin_call *call, struct buf *out)
{
    if (call->catalogue == NULL)
        return;
    const struct provider_set *set = call->catalogue->providers;
    struct standing *list =
        arena_new(exchange_arena(call->exchange), (set->count + 1) * sizeof *list);
    for (size_t i = 0; i < set->count; i++) {
        list[i].provider = &set->list[i];
        list[i].now_ms = clock_wall_ms();
        refresher_report(call->context->refresher, set->list[i].id, &list[i].list);
        health_report(call->context->health, set->list[i].id, clock_monotonic_ms(),
                      &list[i].health);
    }
    for (size_t i = 0; i < COUNT_OF(families); i++)
        metrics_provider_add_family(&families[i], list, set->count, out);
    metrics_provider_add_breakers(list, set->count, out);
    metrics_provider_add_balances(list, set->count, out);
    metrics_provider_add_calls(list, set->count, out);
    metrics_provider_add_call_seconds(list, set->count, out);
}

/* ---- the gateway and its ledger ---- */

static uint64_t metrics_load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void metrics_add_state(struct admin *admin, struct buf *out)
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
    metric_one_count(out, "panelmux_http_displaced_total",
                     "Waiting connections closed to make room for newcomers.", state.displaced);
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
    metric_one_count(out, "panelmux_log_lines_dropped_total",
                     "Log lines that stderr's reader did not take.", log_lines_dropped());
}

static void metrics_add_ledger(struct admin_call *call, struct buf *out)
{
    struct ledger_health health;
    ledger_health(call->context->ledger, &health);
    metric_one_gauge(out, "panelmux_ledger_writable", "1 while the last commit went well.",
                     health.is_writable);
    metric_one_count(out, "panelmux_ledger_commits_total", "Transactions committed.",
                     health.commits);
    metric_one_count(out, "panelmux_ledger_changes_total", "Changes committed in them.",
                     health.changes);
    metric_one_count(out, "panelmux_ledger_postings_total", "Postings to clients' accounts.",
                     health.postings);
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

static void metrics_add_order_counters(struct buf *out)
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
        {"panelmux_status_asked_total", "Orders whose status was queried at a provider.",
         &order_context_totals.status_asked},
        {"panelmux_status_fresh_total", "Statuses given from a fresh state.",
         &order_context_totals.status_fresh},
        {"panelmux_status_stale_total",
         "Statuses given from an older state, for lack of a fresh one.",
         &order_context_totals.status_stale},
        {"panelmux_status_unknown_words_total", "Status words that no table knows.",
         &order_context_totals.status_unknown_words},
        {"panelmux_children_odd_total",
         "Children that a panel named beyond what was sold, or that are orders of their own.",
         &order_context_totals.odd_children},
        {"panelmux_charges_uncovered_total",
         "Charges of subscriptions that their client's funds did not cover in full.",
         &order_context_totals.uncovered_charges},
        {"panelmux_orders_claimed_total",
         "Adds that got the number of an order whose answer had not reached its client.",
         &order_context_totals.claimed},
        {"panelmux_orders_repeated_total",
         "Adds that got the number of the order that their ref had already.",
         &order_context_totals.repeated},
        {"panelmux_costs_corrected_total",
         "Orders whose panel took another charge than its list said.",
         &order_context_totals.costs_corrected},
        {"panelmux_orders_sent_on_total", "What a panel left undone that went on to another offer.",
         &order_context_totals.sent_on},
        {"panelmux_late_changes_total", "Finished orders that their panel changed afterwards.",
         &order_context_totals.late_changes},
        {"panelmux_refills_total", "Refills requested.", &order_context_totals.refills},
        {"panelmux_cancels_total", "Cancels requested.", &order_context_totals.cancels},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        metric_one_count(out, rows[i].name, rows[i].help, metrics_load(rows[i].counter));
}

static void metrics_add_tracker(const struct open_orders_totals *totals, struct buf *out)
{
    static const char stuck[] = "panelmux_orders_stuck";
    metric_one_gauge(out, "panelmux_orders_due", "Unfinished orders whose next query is due.",
                     (int64_t)totals->due);
    metric_family(out, METRIC_GAUGE, "panelmux_orders_oldest_due_seconds",
                  "For how long the most overdue of them has been due.");
    metric_seconds(out, "panelmux_orders_oldest_due_seconds", NULL, totals->overdue_ms * 1000);
    metric_family(out, METRIC_GAUGE, stuck,
                  "Orders far slower than usual, unknown at their provider for an hour, or whose "
                  "last report is for the operator.");
    metric_number(out, stuck, METRIC_LABELS({"why", STR("slow")}),
                  (int64_t)totals->stuck[SCHEDULE_SLOW]);
    metric_number(out, stuck, METRIC_LABELS({"why", STR("unknown")}),
                  (int64_t)totals->stuck[SCHEDULE_UNKNOWN]);
    metric_number(out, stuck, METRIC_LABELS({"why", STR("review")}),
                  (int64_t)totals->stuck[SCHEDULE_REVIEW]);
    metric_family(out, METRIC_GAUGE, "panelmux_orders_oldest_stuck_seconds",
                  "How long ago the oldest of them was placed.");
    metric_seconds(out, "panelmux_orders_oldest_stuck_seconds", NULL,
                   tracker_oldest_stuck_ms(clock_wall_ms()) * 1000);
}

static void metrics_add_live_orders(struct admin_call *call, struct buf *out)
{
    struct open_orders_totals totals;
    open_orders_totals(call->context->open_orders, loop_now_ms(call->context->loop), &totals);
    metric_family(out, METRIC_GAUGE, "panelmux_orders_unfinished",
                  "Orders under way, by state; doubt waits for an operator.");
    for (unsigned state = 0; state < ORDERSTATE_COUNT; state++)
        if (!orderstate_is_final((enum orderstate)state))
            metric_number(out, "panelmux_orders_unfinished",
                          METRIC_LABELS({"state", str_of(orderstate_name((enum orderstate)state))}),
                          (int64_t)totals.states[state]);
    metrics_add_tracker(&totals, out);
}

static void metrics_add_cache(struct admin_call *call, struct buf *out)
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

static void metrics_add_catalogue(struct admin_call *call, struct buf *out)
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

/* ---- clients' money: sums, without a name ---- */

static void metrics_add_sums(const struct ledger_sums *list, size_t count, struct buf *out)
{
    static const struct {
        const char *name, *help;
        size_t offset;
    } rows[] = {
        {"panelmux_clients_held", "Held for orders that no provider has accepted or refused yet.",
         offsetof(struct ledger_sums, sums.held)},
        {"panelmux_clients_available", "What clients with funds may still spend.",
         offsetof(struct ledger_sums, sums.available)},
        {"panelmux_clients_owed", "What clients below zero owe.",
         offsetof(struct ledger_sums, sums.owed)},
    };
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        metric_family(out, METRIC_GAUGE, rows[row].name, rows[row].help);
        for (size_t i = 0; i < count; i++) {
            struct money amount;
            memcpy(&amount, (const char *)&list[i] + rows[row].offset, sizeof amount);
            metric_money(out, rows[row].name, METRIC_LABELS({"currency", list[i].currency}),
                         amount);
        }
    }
}

/* The configured currency is there without any account too. */
static void metrics_add_money(struct admin_call *call, const struct ledger_rows *rows,
                              struct buf *out)
{
    struct ledger_sums *list =
        arena_new(exchange_arena(call->exchange), (rows->sums_count + 1) * sizeof *list);
    size_t count = 1;
    list[0].currency = str_of(call->context->settings.currency);
    for (size_t i = 0; i < rows->sums_count; i++) {
        bool is_first = str_equal(rows->sums[i].currency, list[0].currency);
        list[is_first ? 0 : count++] = rows->sums[i];
    }
    metrics_add_sums(list, count, out);
}

/* ---- the whole ---- */

/* rows NULL: the ledger did not answer in time. */
static void metrics_reply(struct admin_call *call, const struct ledger_rows *rows)
{
    const struct admin_parts *parts = &call->admin->parts;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    metrics_add_state(call->admin, &out);
    if (parts->metrics)
        parts->metrics(&out, parts->arg);
    metrics_add_order_counters(&out);
    metrics_add_live_orders(call, &out);
    metrics_add_catalogue(call, &out);
    metrics_providers(call, &out);
    metrics_add_ledger(call, &out);
    if (rows && rows->result == LEDGER_DONE)
        metrics_add_money(call, rows, &out);
    metrics_add_cache(call, &out);
    metrics_process(&out);
    exchange_add_header(call->exchange, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    admin_reply(call, 200, &out);
}

/* A scrape waits for these sums, but no longer than this: what is wrong with a ledger that does
 * not answer is in the other families. */
enum { METRICS_LEDGER_WITHIN_MS = 1000 };

struct metrics_scrape {
    struct admin_call *call; /* NULL once answered */
    struct loop_timer deadline;
};

static void metrics_answer(struct metrics_scrape *scrape, const struct ledger_rows *rows)
{
    struct admin_call *call = scrape->call;
    scrape->call = NULL;
    loop_timer_fini(&scrape->deadline);
    if (call)
        metrics_reply(call, rows);
}

static void metrics_on_deadline(void *arg)
{
    metrics_answer(arg, NULL);
}

static void metrics_on_sums(const struct ledger_rows *rows, void *arg)
{
    metrics_answer(arg, rows);
    free(arg);
}

void metrics_run(struct admin_call *call)
{
    struct metrics_scrape *scrape = memory_new(sizeof *scrape);
    struct ledger_query query = {.request = LEDGER_QUERY_SUMS};
    scrape->call = call;
    loop_timer_start(&scrape->deadline, call->context->loop, METRICS_LEDGER_WITHIN_MS,
                     metrics_on_deadline, scrape);
    ledger_query(call->context->ledger, call->context->loop, &query, metrics_on_sums, scrape);
}
