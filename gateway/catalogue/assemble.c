/* See assemble.h. */
#include "catalogue/assemble.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "catalogue/cleantext.h"

struct assemble_builder {
    const struct assemble_input *input;
    struct arena *arena;
    struct str last_category; /* categories come in runs: one copy a run */
};

/* ---- offers ---- */

static void assemble_offer_fill(struct offer *offer, const struct panelrow *row,
                                struct factor exchange, enum ordertype mapped)
{
    /* What is out of range in our currency has no cost: the row is out, not the list. */
    if (!quote_cost(row->rate, exchange, &offer->cost))
        return;
    offer->is_known = true;
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
    if (row)
        assemble_offer_fill(offer, row, provider->exchange, mapped);
    offer->is_gone = !row && price != NULL;
    offer->is_quarantined = offer->is_known && price && price->is_quarantined;
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

static void assemble_price(struct assemble_builder *builder, struct service *service,
                           const struct service_settings *settings, struct markup markup)
{
    const struct offer *base = assemble_base_offer(service);
    bool is_orderable = service->type != ORDERTYPE_UNKNOWN && service->min <= service->max;
    /* A separator's name that an operator wrote himself is meant. */
    bool is_named = (settings && settings->name) || !cleantext_is_decoration(service->name);
    service->is_priced = base && is_orderable && is_named;
    service->terms.service = markup;
    service->terms.exchange.units = FACTOR_ONE;
    if (settings && settings->has_rate) {
        service->terms.base = settings->rate;
    } else if (base) {
        service->terms.base = base->rate;
        service->terms.exchange =
            provider_set_by_id(builder->input->providers, base->provider_id)->exchange;
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
    *service = (struct service){
        .id = settings->id, .routing = settings->routing, .allow_loss = settings->allow_loss};
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
        if (!first && offer->is_known)
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
    struct assemble_builder builder = {.input = input, .arena = &body->arena};
    for (size_t i = 0; i < input->settings->service_count; i++)
        assemble_make_written(&builder, &list[open->count++], &input->settings->services[i]);
    for (size_t i = 0; i < input->plan->count; i++)
        assemble_make_imported(&builder, &list[open->count++], &input->plan->rows[i]);
    qsort(list, open->count, sizeof *list, assemble_compare_services);
    atomic_init(&open->pins, 1);
    open->list = list;
    open->decimals = input->settings->decimals;
    open->currency = arena_text(&body->arena, str_of(input->settings->currency));
    open->providers = provider_set_pin(input->providers);
    open->made_at_ms = wall_now_ms;
    for (unsigned id = 0; id < PROVIDER_MAX && !open->has_lists; id++)
        open->has_lists = input->lists[id] != NULL;
    return open;
}
