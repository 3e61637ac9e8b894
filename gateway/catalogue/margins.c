/* See margins.h. An item is a written service or an import; each is judged for each client. What is
 * bad for all who may order it is told of the item, else of the clients. */
#include "catalogue/margins.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalogue/importplan.h"

enum { NAMED_MAX = 10, MESSAGE_BYTES = 2048 };

struct margins_fold { /* several items in one message */
    struct buf text;
    size_t count;
};

struct margins_check {
    const struct margins *margins;
    struct margins_fold services;     /* bad for all */
    struct margins_fold *of_clients;  /* owned; one for each client */
    bool *is_bad;                     /* owned; of the item at hand, for each client */
    const struct client_settings any; /* a client without a markup */
};

/* ---- one price beside one cost ---- */

struct margins_cost { /* of the offer that the price is made of */
    bool is_known;
    struct money rate; /* its currency */
    struct factor exchange;
    struct money amount; /* ours */
};

struct margins_verdict {
    bool is_bad;
    bool is_known; /* price and cost are numbers */
    struct money price;
};

static struct margins_cost margins_cost_of_row(const struct provider *provider,
                                               const struct panelrow *row)
{
    struct margins_cost cost = {.exchange = provider->exchange};
    cost.is_known = row && !row->is_unpriced && !row->is_void &&
                    quote_cost(row->rate, provider->exchange, &cost.amount);
    if (cost.is_known)
        cost.rate = row->rate;
    return cost;
}

/* As assemble.h has it: the first offer whose cost is known, with `cheapest` the cheapest. */
static struct margins_cost margins_cost_of_service(const struct margins *margins,
                                                   const struct service_settings *service)
{
    struct margins_cost base = {0};
    for (size_t i = 0; i < service->offer_count; i++) {
        const struct offer_settings *offer = &service->offers[i];
        const struct provider *provider =
            provider_set_find(margins->providers, str_of(offer->provider));
        const struct provider_list *list =
            provider && margins->lists ? margins->lists[provider->id] : NULL;
        if (!list)
            continue;
        struct margins_cost cost =
            margins_cost_of_row(provider, provider_list_find(list, str_of(offer->service)));
        bool is_cheaper = service->routing == RANKING_CHEAPEST && base.is_known &&
                          money_compare(cost.amount, base.amount) < 0;
        if (cost.is_known && (!base.is_known || is_cheaper))
            base = cost;
    }
    return base;
}

/* rate: a fixed one, or NULL. */
static struct margins_verdict margins_judge(const struct margins *margins, const struct money *rate,
                                            const struct markup *markup,
                                            const struct markup *of_client,
                                            const struct margins_cost *cost)
{
    struct margins_verdict verdict = {.is_known = cost->is_known};
    struct rate_terms terms = {
        .base = cost->rate, .exchange = cost->exchange, .service = *markup, .client = *of_client};
    if (rate) {
        terms.base = *rate;
        terms.exchange = (struct factor){FACTOR_ONE};
    }
    if (!cost->is_known)
        verdict.is_bad = !rate && quote_gain_of(markup, of_client) == QUOTE_GAIN_NONE;
    else if (!quote_rate(&terms, margins->settings->decimals, &verdict.price))
        verdict.is_bad = true; /* below 0 */
    else
        verdict.is_bad = money_compare(verdict.price, cost->amount) <= 0;
    return verdict;
}

static struct margins_verdict margins_judge_service(const struct margins *margins,
                                                    const struct service_settings *service,
                                                    const struct client_settings *client,
                                                    const struct margins_cost *cost)
{
    const struct money *own = client_price(client, service->id);
    if (own)
        return (struct margins_verdict){.is_bad = cost->is_known &&
                                                  money_compare(*own, cost->amount) <= 0,
                                        .is_known = cost->is_known,
                                        .price = *own};
    return margins_judge(margins, service->has_rate ? &service->rate : NULL, &service->markup,
                         &client->markup, cost);
}

/* ---- messages ---- */

static void margins_fold_add(struct margins_fold *fold, const char *format, ...) PRINTF_LIKE(2, 3);

static void margins_fold_add(struct margins_fold *fold, const char *format, ...)
{
    va_list args;
    if (fold->count++ >= NAMED_MAX)
        return;
    if (fold->count == 1)
        buf_init(&fold->text, MESSAGE_BYTES);
    else
        buf_add_text(&fold->text, ", ");
    va_start(args, format);
    buf_vprintf(&fold->text, format, args);
    va_end(args);
}

static void margins_fold_add_service(struct margins_fold *fold, uint32_t service,
                                     const struct margins_verdict *verdict, struct money cost)
{
    char price[MONEY_TEXT], costs[MONEY_TEXT];
    money_print(verdict->price, 2, price);
    money_print(cost, 2, costs);
    if (verdict->is_known)
        margins_fold_add(fold, "service %u (at %s, costs %s)", service, price, costs);
    else
        margins_fold_add(fold, "service %u", service);
}

/* Sends the message and empties the fold. */
static void margins_fold_report(const struct margins *margins, struct margins_fold *fold,
                                const struct client_settings *client, const char *before,
                                const char *after)
{
    struct buf message;
    if (fold->count == 0)
        return;
    buf_init(&message, 2 * MESSAGE_BYTES);
    buf_printf(&message, "%s" STR_FMT, before, STR_ARG(buf_str(&fold->text)));
    if (fold->count > NAMED_MAX)
        buf_printf(&message, " and %zu more", fold->count - NAMED_MAX);
    buf_add_text(&message, after);
    margins->report(message.ptr, client, margins->arg);
    buf_fini(&message);
    buf_fini(&fold->text);
    fold->count = 0;
}

/* ---- services ---- */

/* Fills is_bad; true: bad for each who may order it. */
static bool margins_is_bad_for_all(struct margins_check *check,
                                   const struct service_settings *service,
                                   const struct margins_cost *cost)
{
    const struct margins *margins = check->margins;
    size_t bad = 0, may = 0;
    for (size_t i = 0; i < margins->clients->count; i++) {
        const struct client_settings *client = &margins->clients->list[i].settings;
        check->is_bad[i] = false;
        if (!client_may_order(&margins->clients->list[i], service->id))
            continue;
        may++;
        check->is_bad[i] = margins_judge_service(margins, service, client, cost).is_bad;
        bad += check->is_bad[i];
    }
    return may ? bad == may : margins_judge_service(margins, service, &check->any, cost).is_bad;
}

static void margins_check_service(struct margins_check *check,
                                  const struct service_settings *service)
{
    const struct margins *margins = check->margins;
    struct margins_cost cost = margins_cost_of_service(margins, service);
    struct margins_verdict verdict = margins_judge_service(margins, service, &check->any, &cost);
    bool is_bad_for_all = margins_is_bad_for_all(check, service, &cost);
    if (service->has_rate && verdict.is_known && money_compare(verdict.price, cost.amount) < 0)
        return; /* a fixed price below cost is comparison.c's to tell */
    if (is_bad_for_all) {
        margins_fold_add_service(&check->services, service->id, &verdict, cost.amount);
        return;
    }
    for (size_t i = 0; i < margins->clients->count; i++) {
        const struct client_settings *client = &margins->clients->list[i].settings;
        if (!check->is_bad[i])
            continue;
        verdict = margins_judge_service(margins, service, client, &cost);
        margins_fold_add_service(&check->of_clients[i], service->id, &verdict, cost.amount);
    }
}

/* ---- imports ---- */

static const struct provider_list *margins_list_of(const struct margins *margins,
                                                   const struct import_settings *import,
                                                   const struct provider **provider_out)
{
    *provider_out = provider_set_find(margins->providers, str_of(import->provider));
    return *provider_out && margins->lists ? margins->lists[(*provider_out)->id] : NULL;
}

/* Whether any of its services is sold at cost or less with that client's markup. */
static bool margins_is_import_bad(const struct margins *margins,
                                  const struct import_settings *import,
                                  const struct client_settings *client)
{
    const struct provider *provider;
    const struct provider_list *list = margins_list_of(margins, import, &provider);
    enum quote_gain gain = quote_gain_of(&import->markup, &client->markup);
    if (gain != QUOTE_GAIN_DEPENDS || !list)
        return gain == QUOTE_GAIN_NONE;
    for (size_t i = 0; i < list->count; i++) {
        if (!importplan_wants(import, &list->rows[i], provider->exchange))
            continue;
        struct margins_cost cost = margins_cost_of_row(provider, &list->rows[i]);
        if (margins_judge(margins, NULL, &import->markup, &client->markup, &cost).is_bad)
            return true;
    }
    return false;
}

static void margins_check_import(struct margins_check *check, const struct import_settings *import)
{
    const struct margins *margins = check->margins;
    size_t bad = 0, count = margins->clients->count;
    char message[MESSAGE_BYTES];
    for (size_t i = 0; i < count; i++) {
        const struct client_settings *client = &margins->clients->list[i].settings;
        check->is_bad[i] = margins_is_import_bad(margins, import, client);
        bad += check->is_bad[i];
    }
    if (count ? bad == count : margins_is_import_bad(margins, import, &check->any)) {
        snprintf(message, sizeof message,
                 "the import of %s from %u sells at cost or less; right is a `markup` above 0%%",
                 import->provider, import->first_id);
        margins->report(message, NULL, margins->arg);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (check->is_bad[i])
            margins_fold_add(&check->of_clients[i], "the import of %s from %u", import->provider,
                             import->first_id);
}

/* ---- clients' own prices of imported services ---- */

static bool margins_is_written(const struct margins *margins, uint32_t service)
{
    for (size_t i = 0; i < margins->settings->service_count; i++)
        if (margins->settings->services[i].id == service)
            return true;
    return false;
}

/* By first_id + theirs; a service with a stored number is not found. */
static struct margins_cost margins_cost_of_number(const struct margins *margins, uint32_t service)
{
    char theirs[16];
    for (size_t i = 0; i < margins->settings->import_count; i++) {
        const struct import_settings *import = &margins->settings->imports[i];
        const struct provider *provider;
        const struct provider_list *list = margins_list_of(margins, import, &provider);
        if (!list || service < import->first_id)
            continue;
        snprintf(theirs, sizeof theirs, "%u", service - import->first_id);
        const struct panelrow *row = provider_list_find(list, str_of(theirs));
        if (row && importplan_wants(import, row, provider->exchange))
            return margins_cost_of_row(provider, row);
    }
    return (struct margins_cost){0};
}

static void margins_check_own_prices(struct margins_check *check, size_t at)
{
    const struct margins *margins = check->margins;
    const struct client_settings *client = &margins->clients->list[at].settings;
    for (size_t i = 0; margins->lists && i < client->price_count; i++) {
        const struct client_price *own = &client->prices[i];
        if (margins_is_written(margins, own->service))
            continue; /* judged with the service */
        struct margins_cost cost = margins_cost_of_number(margins, own->service);
        struct margins_verdict verdict = {.is_known = true, .price = own->rate};
        if (cost.is_known && money_compare(own->rate, cost.amount) <= 0)
            margins_fold_add_service(&check->of_clients[at], own->service, &verdict, cost.amount);
    }
}

/* ---- all ---- */

void margins_check(const struct margins *margins)
{
    size_t count = margins->clients->count;
    struct margins_check check = {.margins = margins};
    char before[200];
    check.is_bad = memory_array(count + 1, sizeof *check.is_bad);
    check.of_clients = memory_array(count + 1, sizeof *check.of_clients);
    for (size_t i = 0; i < margins->settings->service_count; i++)
        margins_check_service(&check, &margins->settings->services[i]);
    margins_fold_report(margins, &check.services, NULL, "sold at cost or less: ",
                        "; right is a `markup` above 0%, or a `rate` above the cost");
    for (size_t i = 0; i < margins->settings->import_count; i++)
        margins_check_import(&check, &margins->settings->imports[i]);
    for (size_t i = 0; i < count; i++) {
        const struct client_settings *client = &margins->clients->list[i].settings;
        margins_check_own_prices(&check, i);
        snprintf(before, sizeof before, "client `%.100s` pays cost or less for ", client->name);
        margins_fold_report(margins, &check.of_clients[i], client, before,
                            "; right is a higher `markup`, or higher `prices`");
    }
    free(check.is_bad);
    free(check.of_clients);
}
