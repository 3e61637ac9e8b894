/* The families of /metrics about providers: a family at a time, all providers in it. */
#include <stdatomic.h>

#include "admin/admin_private.h"
#include "admin/metrictext.h"
#include "base/clock.h"
#include "catalogue/balances.h"
#include "providers/upstream_call.h"

struct standing { /* of one provider at this moment */
    const struct provider *provider;
    struct refresher_report list;
    struct health_report health;
    int64_t now_ms; /* wall */
};

static int64_t metrics_providers_is_paused(const struct standing *s)
{
    return provider_is_paused(s->provider);
}
static int64_t metrics_providers_is_closed(const struct standing *s)
{
    return s->provider->settings.is_closed;
}
static int64_t metrics_providers_key_parked(const struct standing *s)
{
    return s->health.is_key_parked;
}
static int64_t metrics_providers_out_of_funds(const struct standing *s)
{
    return s->health.is_out_of_funds;
}
static int64_t metrics_providers_cooling_down_us(const struct standing *s)
{
    return s->health.cool_down_ms * 1000;
}
static int64_t metrics_providers_offers_cooling_down(const struct standing *s)
{
    return s->health.offers_cooling_down;
}
static int64_t metrics_providers_connections(const struct standing *s)
{
    return provider_connections(s->provider);
}
static int64_t metrics_providers_list_age_us(const struct standing *s)
{
    return (s->now_ms - s->list.fetched_at_ms) * 1000;
}
static int64_t metrics_providers_services(const struct standing *s)
{
    return (int64_t)s->list.services;
}
static int64_t metrics_providers_quarantined(const struct standing *s)
{
    return (int64_t)s->list.quarantined;
}
static int64_t metrics_providers_refreshes(const struct standing *s)
{
    return (int64_t)s->list.refreshes;
}
static int64_t metrics_providers_list_failures(const struct standing *s)
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
     metrics_providers_is_paused},
    {"panelmux_provider_closed", "1 while the configuration says state: closed.", METRIC_GAUGE,
     false, false, metrics_providers_is_closed},
    {"panelmux_provider_key_parked", "1 while its key counts as refused.", METRIC_GAUGE, false,
     false, metrics_providers_key_parked},
    {"panelmux_provider_out_of_funds", "1 while our funds there count as used up.", METRIC_GAUGE,
     false, false, metrics_providers_out_of_funds},
    {"panelmux_provider_cool_down_seconds", "Remaining cool-down of the provider.", METRIC_GAUGE,
     true, false, metrics_providers_cooling_down_us},
    {"panelmux_provider_offers_cooling_down", "Offers of the provider in cool-down.", METRIC_GAUGE,
     false, false, metrics_providers_offers_cooling_down},
    {"panelmux_provider_connections", "Connections to it in use.", METRIC_GAUGE, false, false,
     metrics_providers_connections},
    {"panelmux_provider_list_age_seconds", "Age of its list.", METRIC_GAUGE, true, true,
     metrics_providers_list_age_us},
    {"panelmux_provider_services", "Services in its list.", METRIC_GAUGE, false, true,
     metrics_providers_services},
    {"panelmux_provider_quarantined_services", "Its services whose price waits for an operator.",
     METRIC_GAUGE, false, true, metrics_providers_quarantined},
    {"panelmux_provider_list_refreshes_total", "Lists taken.", METRIC_COUNTER, false, false,
     metrics_providers_refreshes},
    {"panelmux_provider_list_failures_total", "Lists that failed or were not taken.",
     METRIC_COUNTER, false, false, metrics_providers_list_failures},
};

static void metrics_providers_add_family(const struct metrics_family *family,
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

static void metrics_providers_add_breakers(const struct standing *list, size_t count,
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

static void metrics_providers_add_balances(const struct standing *list, size_t count,
                                           struct buf *out)
{
    static const char name[] = "panelmux_provider_balance";
    static const char age[] = "panelmux_provider_balance_age_seconds";
    metric_family(out, METRIC_GAUGE, name, "What it holds for us, in its own currency.");
    for (size_t i = 0; i < count; i++) {
        const struct provider_settings *settings = &list[i].provider->settings;
        struct balance_cell cell = balances_get(list[i].provider->id);
        if (cell.is_known)
            metric_money(out, name,
                         METRIC_LABELS({"provider", str_of(settings->name)},
                                       {"currency", str_of(settings->currency)}),
                         cell.amount);
    }
    metric_family(out, METRIC_GAUGE, age, "Age of that balance.");
    for (size_t i = 0; i < count; i++) {
        struct balance_cell cell = balances_get(list[i].provider->id);
        if (cell.is_known)
            metric_seconds(out, age,
                           METRIC_LABELS({"provider", str_of(list[i].provider->settings.name)}),
                           (list[i].now_ms - cell.at_ms) * 1000);
    }
}

/* ---- calls ---- */

/* Only what happened, save for orders, whose zeros tell something. */
static void metrics_providers_add_calls(const struct standing *list, size_t count, struct buf *out)
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

static void metrics_providers_add_call_seconds(const struct standing *list, size_t count,
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

void metrics_providers(struct admin_call *call, struct buf *out)
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
        metrics_providers_add_family(&families[i], list, set->count, out);
    metrics_providers_add_breakers(list, set->count, out);
    metrics_providers_add_balances(list, set->count, out);
    metrics_providers_add_calls(list, set->count, out);
    metrics_providers_add_call_seconds(list, set->count, out);
}
