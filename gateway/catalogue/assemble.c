/* See assemble.h. */
#include "catalogue/assemble.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "catalogue/cleantext.h"

struct assemble_builder {
    const struct assemble_input *input;
    struct arena *arena;
    struct str last_category; /* categories come in runs: one copy a run */
    int64_t now_ms;           /* wall */
    int64_t unlist_at_ms;     /* the earliest so far; 0: none */
};

/* ---- offers ---- */

static void assemble_offer_fill(struct offer *offer, const struct panelrow *row,
                                struct factor exchange, enum ordertype mapped)
{
    /* What is out of range in our currency has no cost: the row is out, not the list. */
    offer->is_known = !row->is_unpriced && quote_cost(row->rate, exchange, &offer->cost);
    if (!offer->is_known && !row->is_unpriced)
        return;
    offer->rate = row->rate;
    offer->type = row->type == ORDERTYPE_UNKNOWN ? mapped : row->type;
    offer->has_limits = row->has_limits;
    offer->min = row->min;
    offer->max = row->max;
    offer->refill = row->refill;
    offer->cancel = row->cancel;
    offer->dripfeed = row->dripfeed;
}

/* row: NULL when the service is not in the provider's list. */
static void assemble_offer_make(struct assemble_builder *builder, struct offer *offer,
                                const struct provider *provider, struct str service,
                                const struct panelrow *row, enum ordertype mapped)
{
    const struct pricebook *book = builder->input->books[provider->id];
    const struct price_state *price = book ? pricebook_find(book, service) : NULL;
    offer->provider_id = provider->id;
    offer->service = arena_str(builder->arena, service);
    offer->type = ORDERTYPE_UNKNOWN;
    offer->is_gone = !row && price != NULL;
    offer->is_void = row && row->is_void;
    if (row && !offer->is_void)
        assemble_offer_fill(offer, row, provider->exchange, mapped);
    offer->is_quarantined = row && !offer->is_void && (offer->is_known || row->is_unpriced) &&
                            (row->is_unpriced || (price && price->is_quarantined));
    if (!offer->is_quarantined || price == NULL)
        return;
    struct price_state *held = arena_new(builder->arena, sizeof *held);
    *held = *price;
    offer->price = held;
    offer->why_held = pricebook_why(price, provider->exchange);
}

/* ---- what the service takes from its offers ---- */

static struct str assemble_category_copy(struct assemble_builder *builder, struct str category)
{
    if (!str_equal(builder->last_category, category))
        builder->last_category = arena_str(builder->arena, category);
    return builder->last_category;
}

static void assemble_describe(struct assemble_builder *builder, struct service *service,
                              const struct service_settings *settings, const struct panelrow *first)
{
    if (settings && settings->name)
        service->name = arena_str(builder->arena, str_of(settings->name));
    else if (first && first->name.len > 0)
        service->name = arena_str(builder->arena, first->name);
    else
        service->name = str_of(arena_printf(builder->arena, "Service %u", service->id));
    if (settings && settings->category)
        service->category = assemble_category_copy(builder, str_of(settings->category));
    else
        service->category = assemble_category_copy(
            builder, first && first->category.len > 0 ? first->category : STR("Other"));
}

static void assemble_limit(struct service *service, const struct service_settings *settings,
                           const struct panelrow *first)
{
    bool is_flat = service->type != ORDERTYPE_UNKNOWN && ordertype_row(service->type)->is_flat;
    bool has_limits = first && first->has_limits;
    service->min = has_limits ? first->min : 1;
    service->max = has_limits ? first->max : is_flat ? 1 : ASSEMBLE_MAX;
    if (settings && settings->has_min)
        service->min = settings->min;
    if (settings && settings->has_max)
        service->max = settings->max;
    if (service->min < 1)
        service->min = 1;
    if (service->max > ASSEMBLE_MAX)
        service->max = ASSEMBLE_MAX;
}

static const struct offer *assemble_base_offer(const struct service *service)
{
    const struct offer *base = NULL;
    for (size_t i = 0; i < service->offer_count; i++) {
        const struct offer *offer = &service->offers[i];
        if (!offer->is_known || offer->is_quarantined)
            continue;
        bool is_better = !base || (service->routing == RANKING_CHEAPEST &&
                                   money_compare(offer->cost, base->cost) < 0);
        if (is_better)
            base = offer;
    }
    return base;
}

/* ---- services that nobody can deliver now ---- */

/* Since when the offer cannot be used, as far as lists, configuration and accounts say; 0: it can,
 * NEVER: nothing says that it ever could. Orders that fail or are refused are none of it. */
#define NEVER INT64_MIN
static int64_t assemble_blocked_since_ms(const struct assemble_builder *builder,
                                         const struct offer *offer)
{
    const struct assemble_input *input = builder->input;
    int64_t provider_ms = input->blocked_since_ms ? input->blocked_since_ms[offer->provider_id] : 0;
    if (!offer->is_known && !offer->is_quarantined)
        return NEVER;
    if (!offer->is_quarantined)
        return provider_ms;
    const struct pricebook *book = input->books[offer->provider_id];
    const struct price_state *price = book ? pricebook_find(book, offer->service) : NULL;
    int64_t held_ms = price ? builder->now_ms - price->held_ran_ms : NEVER;
    return provider_ms != 0 && provider_ms < held_ms ? provider_ms : held_ms;
}

/* Looks whether it is to leave the list by now, or when. */
static bool assemble_is_unlisted(struct assemble_builder *builder, struct service *service)
{
    int64_t since_ms = NEVER, unlist_ms = builder->input->settings->unlist_ms;
    for (size_t i = 0; i < service->offer_count; i++) {
        int64_t blocked_ms = assemble_blocked_since_ms(builder, &service->offers[i]);
        if (blocked_ms == 0)
            return false;
        since_ms = blocked_ms > since_ms ? blocked_ms : since_ms;
    }
    if (since_ms == NEVER)
        return true;
    service->is_unlisted = builder->now_ms - since_ms >= unlist_ms;
    if (service->is_unlisted)
        return true;
    service->unlist_at_ms = since_ms + unlist_ms;
    if (builder->unlist_at_ms == 0 || since_ms + unlist_ms < builder->unlist_at_ms)
        builder->unlist_at_ms = since_ms + unlist_ms;
    return false;
}

/* ---- prices ---- */

struct assemble_base {
    const struct offer *offer; /* NULL: none */
    struct money rate;         /* its last accepted one, in the provider's currency */
    struct money cost;
    int64_t since_ms;
};

/* Where every offer is quarantined the last price stands: the accepted one of the offer that was
 * quarantined last, for it was the base until then. */
static struct assemble_base assemble_last_base(const struct assemble_builder *builder,
                                               const struct service *service)
{
    struct assemble_base last = {0};
    for (size_t i = 0; i < service->offer_count; i++) {
        const struct offer *offer = &service->offers[i];
        const struct pricebook *book = builder->input->books[offer->provider_id];
        const struct price_state *price =
            offer->is_quarantined && book ? pricebook_find(book, offer->service) : NULL;
        const struct provider *provider =
            provider_set_by_id(builder->input->providers, offer->provider_id);
        struct assemble_base base = {.offer = offer};
        if (!price || !price->has_accepted || !provider ||
            !quote_cost(price->accepted, provider->exchange, &base.cost))
            continue;
        base.rate = price->accepted;
        base.since_ms = price->held_since_ms;
        bool is_cheaper = service->routing == RANKING_CHEAPEST && base.since_ms == last.since_ms &&
                          money_compare(base.cost, last.cost) < 0;
        if (!last.offer || base.since_ms > last.since_ms || is_cheaper)
            last = base;
    }
    return last;
}

static struct assemble_base assemble_base_of(const struct assemble_builder *builder,
                                             const struct service *service)
{
    const struct offer *offer = assemble_base_offer(service);
    return offer ? (struct assemble_base){.offer = offer, .rate = offer->rate}
                 : assemble_last_base(builder, service);
}

static void assemble_price(struct assemble_builder *builder, struct service *service,
                           const struct service_settings *settings, struct markup markup)
{
    struct assemble_base base = assemble_base_of(builder, service);
    bool is_orderable = service->type != ORDERTYPE_UNKNOWN && service->min <= service->max;
    /* A separator's name that an operator wrote himself is meant. */
    bool is_named = (settings && settings->name) || !cleantext_is_decoration(service->name);
    service->is_priced =
        base.offer && is_orderable && is_named && !assemble_is_unlisted(builder, service);
    service->terms.service = markup;
    service->terms.exchange.units = FACTOR_ONE;
    if (settings && settings->has_rate) {
        service->terms.base = settings->rate;
    } else if (base.offer) {
        service->terms.base = base.rate;
        service->terms.exchange =
            provider_set_by_id(builder->input->providers, base.offer->provider_id)->exchange;
    }
}

/* first: the row of the first known offer, or NULL. */
static void assemble_finish(struct assemble_builder *builder, struct service *service,
                            const struct service_settings *settings, const struct panelrow *first,
                            struct markup markup)
{
    service->type = settings ? settings->type : ORDERTYPE_UNKNOWN;
    if (service->type == ORDERTYPE_UNKNOWN && first)
        service->type = first->type;
    assemble_describe(builder, service, settings, first);
    assemble_limit(service, settings, first);
    service->refill = first && first->refill;
    service->cancel = first && first->cancel;
    service->no_refill = first && first->no_refill;
    service->no_cancel = first && first->no_cancel;
    service->dripfeed = first && first->dripfeed && service->type != ORDERTYPE_UNKNOWN &&
                        ordertype_row(service->type)->may_drip;
    assemble_price(builder, service, settings, markup);
}

/* ---- the two kinds of services ---- */

static void assemble_make_written(struct assemble_builder *builder, struct service *service,
                                  const struct service_settings *settings)
{
    const struct assemble_input *input = builder->input;
    size_t room = settings->offer_count < RANKING_MAX ? settings->offer_count : RANKING_MAX;
    *service = (struct service){.id = settings->id,
                                .routing = settings->routing,
                                .allow_loss = settings->allow_loss,
                                .cancel_goes_on = settings->cancel_goes_on,
                                .partial_goes_on = settings->partial_goes_on,
                                .same_link = settings->same_link};
    service->offers = arena_new(builder->arena, (room ? room : 1) * sizeof *service->offers);
    const struct panelrow *first = NULL;
    for (size_t i = 0; i < room; i++) {
        const struct offer_settings *wanted = &settings->offers[i];
        const struct provider *provider =
            provider_set_find(input->providers, str_of(wanted->provider));
        if (!provider)
            continue;
        struct str id = str_of(wanted->service);
        const struct panelrow *row = provider_list_find(input->lists[provider->id], id);
        struct offer *offer = &service->offers[service->offer_count++];
        assemble_offer_make(builder, offer, provider, id, row, settings->type);
        offer->weight = wanted->weight;
        if (!first && (offer->is_known || offer->is_quarantined))
            first = row;
    }
    assemble_finish(builder, service, settings, first, settings->markup);
}

static void assemble_make_imported(struct assemble_builder *builder, struct service *service,
                                   const struct importrow *import)
{
    const struct provider *provider =
        provider_set_by_id(builder->input->providers, import->provider_id);
    *service = (struct service){.id = import->id,
                                .routing = RANKING_PRIORITY,
                                .allow_loss = import->import->allow_loss,
                                .offer_count = 1};
    service->offers = arena_new(builder->arena, sizeof *service->offers);
    assemble_offer_make(builder, service->offers, provider, import->row->id, import->row,
                        ORDERTYPE_UNKNOWN);
    assemble_finish(builder, service, NULL, import->row, import->import->markup);
}

static int assemble_compare_services(const void *a, const void *b)
{
    const struct service *first = a, *second = b;
    return first->id < second->id ? -1 : first->id > second->id;
}

struct catalogue *assemble_make(const struct assemble_input *input, int64_t wall_now_ms)
{
    struct catalogue_body *body = memory_new(sizeof *body);
    struct catalogue *open = &body->open;
    arena_init(&body->arena);
    pthread_mutex_init(&body->late, NULL);
    size_t room = input->settings->service_count + input->plan->count;
    struct service *list = arena_new(&body->arena, (room ? room : 1) * sizeof *list);
    struct assemble_builder builder = {
        .input = input, .arena = &body->arena, .now_ms = wall_now_ms};
    for (size_t i = 0; i < input->settings->service_count; i++) {
        struct service *service = &list[open->count++];
        assemble_make_written(&builder, service, &input->settings->services[i]);
        open->may_go_on |= service->cancel_goes_on || service->partial_goes_on;
    }
    for (size_t i = 0; i < input->plan->count; i++)
        assemble_make_imported(&builder, &list[open->count++], &input->plan->rows[i]);
    qsort(list, open->count, sizeof *list, assemble_compare_services);
    atomic_init(&open->pins, 1);
    open->list = list;
    open->decimals = input->settings->decimals;
    open->currency = arena_text(&body->arena, str_of(input->settings->currency));
    open->providers = provider_set_pin(input->providers);
    open->made_at_ms = wall_now_ms;
    open->unlist_at_ms = builder.unlist_at_ms;
    for (size_t i = 0; i < open->count; i++)
        open->unlisted += list[i].is_unlisted;
    for (unsigned id = 0; id < PROVIDER_MAX && !open->has_lists; id++)
        open->has_lists = input->lists[id] != NULL;
    return open;
}
