/* See comparison.h. */
#include "catalogue/comparison.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalogue/importplan.h"

enum { MESSAGE_BYTES = 480 };

static void PRINTF_LIKE(2, 3)
    comparison_report(const struct comparison *comparison, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    comparison->report(message, comparison->arg);
}

struct comparison_money {
    char text[MONEY_TEXT];
};
static struct comparison_money comparison_show(struct money amount)
{
    struct comparison_money shown = {.text = ""};
    money_print(amount, 2, shown.text);
    return shown;
}

/* ---- an offer ---- */

/* Each offer in words: "service 7, alpha's 101". */
struct comparison_offer {
    const struct service_settings *service;
    const struct offer_settings *offer;
    const struct provider *provider;
    const struct panelrow *row;
};

static void comparison_check_limits(const struct comparison *comparison,
                                    const struct comparison_offer *o)
{
    const struct service_settings *service = o->service;
    if (!o->row->has_limits)
        return;
    if (service->has_min && service->min < o->row->min)
        comparison_report(
            comparison,
            "service %u, %s's %s: `min` %lld is below the panel's %lld, which refuses "
            "what is between; right is %lld",
            service->id, o->offer->provider, o->offer->service, (long long)service->min,
            (long long)o->row->min, (long long)o->row->min);
    if (service->has_max && service->max > o->row->max)
        comparison_report(
            comparison,
            "service %u, %s's %s: `max` %lld is above the panel's %lld, which refuses "
            "what is between; right is %lld",
            service->id, o->offer->provider, o->offer->service, (long long)service->max,
            (long long)o->row->max, (long long)o->row->max);
}

/* What clients pay for 1000 without a markup of their own. */
static bool comparison_price(const struct comparison *comparison,
                             const struct service_settings *service, struct money *out)
{
    const struct rate_terms terms = {
        .base = service->rate, .exchange = {FACTOR_ONE}, .service = service->markup};
    return service->has_rate && quote_rate(&terms, comparison->settings->decimals, out);
}

static void comparison_check_cost(const struct comparison *comparison,
                                  const struct comparison_offer *o)
{
    struct money price, cost;
    const char *currency = comparison->settings->currency;
    if (o->row->is_unpriced || !comparison_price(comparison, o->service, &price) ||
        !quote_cost(o->row->rate, o->provider->exchange, &cost) || money_compare(price, cost) >= 0)
        return;
    comparison_report(
        comparison,
        "service %u, %s's %s: it costs %s %s for 1000, above the fixed price of %s, so %s; right "
        "is a `rate` of at least %s",
        o->service->id, o->offer->provider, o->offer->service, comparison_show(cost).text, currency,
        comparison_show(price).text,
        o->service->allow_loss ? "each order is a loss" : "this offer is never taken",
        comparison_show(cost).text);
}

static void comparison_check_offer(const struct comparison *comparison,
                                   const struct comparison_offer *o)
{
    unsigned id = o->service->id;
    const char *provider = o->offer->provider, *service = o->offer->service;
    enum ordertype type = o->service->type;
    if (o->row == NULL) {
        comparison_report(comparison,
                          "service %u, %s's %s: the panel lists no such service; `panelmux import "
                          "%s` prints those it lists",
                          id, provider, service, provider);
        return;
    }
    if (o->row->is_void)
        comparison_report(comparison,
                          "service %u, %s's %s: the panel's limits leave no quantity, so that it "
                          "is not sold; ask the panel, or take another offer",
                          id, provider, service);
    if (o->row->is_unpriced)
        comparison_report(
            comparison,
            "service %u, %s's %s: the panel's price cannot be read, so that it is not "
            "sold; ask the panel, or take another offer",
            id, provider, service);
    if (type != ORDERTYPE_UNKNOWN && o->row->type != ORDERTYPE_UNKNOWN && type != o->row->type)
        comparison_report(
            comparison,
            "service %u, %s's %s: its type is %s there, not %s, so that this offer is "
            "left out; right is `type: %s`, or another offer",
            id, provider, service, ordertype_row(o->row->type)->name, ordertype_row(type)->name,
            ordertype_row(o->row->type)->name);
    comparison_check_limits(comparison, o);
    comparison_check_cost(comparison, o);
}

static void comparison_check_service(const struct comparison *comparison,
                                     const struct service_settings *service)
{
    for (size_t i = 0; i < service->offer_count; i++) {
        struct comparison_offer o = {.service = service, .offer = &service->offers[i]};
        o.provider = provider_set_find(comparison->providers, str_of(o.offer->provider));
        const struct provider_list *list = o.provider ? comparison->lists[o.provider->id] : NULL;
        if (list == NULL)
            continue;
        o.row = provider_list_find(list, str_of(o.offer->service));
        comparison_check_offer(comparison, &o);
    }
}

/* ---- imports ---- */

struct comparison_range { /* our numbers of an import; count 0: not known, or none */
    size_t count;
    uint64_t first, last;
};

static struct comparison_range comparison_range_of(const struct import_settings *import,
                                                   const struct provider_list *list,
                                                   struct factor exchange)
{
    struct comparison_range range = {0};
    for (size_t i = 0; i < list->count; i++) {
        uint64_t theirs;
        if (!importplan_wants(import, &list->rows[i], exchange))
            continue;
        range.count++;
        if (!str_to_u64(list->rows[i].id, &theirs) || theirs > INT32_MAX)
            continue;
        uint64_t ours = import->first_id + theirs;
        range.first = range.first == 0 || ours < range.first ? ours : range.first;
        range.last = ours > range.last ? ours : range.last;
    }
    return range;
}

static bool comparison_overlap(const struct comparison_range *a, const struct comparison_range *b)
{
    return a->last > 0 && b->last > 0 && a->first <= b->last && b->first <= a->last;
}

static void comparison_check_imports(const struct comparison *comparison)
{
    const struct catalogue_settings *settings = comparison->settings;
    struct comparison_range *ranges = memory_array(settings->import_count + 1, sizeof *ranges);
    for (size_t i = 0; i < settings->import_count; i++) {
        const struct import_settings *import = &settings->imports[i];
        const struct provider *provider =
            provider_set_find(comparison->providers, str_of(import->provider));
        const struct provider_list *list = provider ? comparison->lists[provider->id] : NULL;
        if (list == NULL)
            continue;
        ranges[i] = comparison_range_of(import, list, provider->exchange);
        if (ranges[i].count == 0)
            comparison_report(comparison,
                              "the import of %s from %u takes none of the %zu services there; "
                              "`categories`, `types` and `services` let nothing through",
                              import->provider, import->first_id, list->count);
        for (size_t j = 0; j < i; j++) {
            const struct import_settings *other = &settings->imports[j];
            if (strcmp(other->provider, import->provider) == 0 ||
                !comparison_overlap(&ranges[i], &ranges[j]))
                continue;
            comparison_report(comparison,
                              "the import of %s from %u reaches the numbers of that of %s, %llu to "
                              "%llu; right is a `first_id` above %llu",
                              import->provider, import->first_id, other->provider,
                              (unsigned long long)ranges[j].first,
                              (unsigned long long)ranges[j].last,
                              (unsigned long long)ranges[j].last);
        }
    }
    free(ranges);
}

void comparison_make(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->settings->service_count; i++)
        comparison_check_service(comparison, &comparison->settings->services[i]);
    comparison_check_imports(comparison);
}
