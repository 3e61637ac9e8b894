/* See explain.h. */
#include "orders/explain.h"

static bool explain_is_within_limits(const struct offer *offer, const struct draft *draft)
{
    const struct ordertype_row *row = ordertype_row(draft->type);
    if (!offer->has_limits || row->quantity == ORDERTYPE_QUANTITY_ONE)
        return true;
    if (row->quantity != ORDERTYPE_QUANTITY_PER_POST)
        return draft->run_quantity >= offer->min && draft->run_quantity <= offer->max;
    int64_t min = 0, max = 0;
    return str_to_i64(draft->fields.value[FIELD_MIN], &min) &&
           str_to_i64(draft->fields.value[FIELD_MAX], &max) && min >= offer->min &&
           max <= offer->max;
}

/* Subscriptions are charged per post, so there the two rates are compared. */
static bool explain_costs_too_much(const struct offer *offer, const struct provider *provider,
                                   const struct draft *draft, struct money *cost_out)
{
    const struct ordertype_row *row = ordertype_row(draft->type);
    if (row->quantity == ORDERTYPE_QUANTITY_PER_POST) {
        *cost_out = offer->cost;
        return money_compare(offer->cost, draft->rate) > 0;
    }
    /* Of a provider that was removed nothing is left but the cost. */
    struct money base = provider ? offer->rate : offer->cost;
    struct factor exchange = provider ? provider->exchange : (struct factor){FACTOR_ONE};
    return !quote_order_cost(base, exchange, draft->quantity, row->is_flat, cost_out) ||
           money_compare(*cost_out, draft->charge) > 0;
}

static enum skip explain_judge(struct order_context *context, const struct draft *draft,
                               const struct offer *offer, struct money *cost_out)
{
    const struct provider *provider =
        provider_set_by_id(context->catalogue->providers, offer->provider_id);
    *cost_out = MONEY_ZERO;
    bool is_dear = offer->is_known && explain_costs_too_much(offer, provider, draft, cost_out);
    if (provider == NULL || provider->settings.is_closed || provider_is_leaving(provider))
        return SKIP_CLOSED;
    if (provider_is_paused(provider))
        return SKIP_PAUSED;
    if (offer->is_quarantined)
        return SKIP_QUARANTINED;
    if (offer->is_void)
        return SKIP_VOID;
    if (!offer->is_known)
        return offer->is_gone ? SKIP_GONE : SKIP_UNKNOWN;
    if (offer->type != draft->type && offer->type != ORDERTYPE_UNKNOWN)
        return SKIP_TYPE;
    if (!explain_is_within_limits(offer, draft))
        return SKIP_LIMITS;
    if (is_dear && !draft->service->allow_loss)
        return SKIP_COST;
    return health_look(context->health, offer->provider_id, HEALTH_ORDERS, offer->service,
                       loop_now_ms(context->loop));
}

size_t explain_candidates(struct order_context *context, const struct draft *draft,
                          struct candidate candidates_out[RANKING_MAX])
{
    const struct service *service = draft->service;
    size_t count = service->offer_count < RANKING_MAX ? service->offer_count : RANKING_MAX;
    for (size_t i = 0; i < count; i++) {
        candidates_out[i].weight = service->offers[i].weight;
        candidates_out[i].skip =
            explain_judge(context, draft, &service->offers[i], &candidates_out[i].cost);
    }
    return count;
}

uint64_t explain_tried(const struct provider_set *providers, const struct service *service,
                       const struct ledger_attempt *attempts, size_t count)
{
    uint64_t tried = 0;
    for (size_t a = 0; a < count; a++) {
        const struct provider *provider = provider_set_find(providers, attempts[a].provider);
        for (size_t i = 0; provider && i < service->offer_count && i < RANKING_MAX; i++)
            if (service->offers[i].provider_id == provider->id &&
                str_equal(service->offers[i].service, attempts[a].upstream_service))
                tried |= UINT64_C(1) << i;
    }
    return tried;
}
