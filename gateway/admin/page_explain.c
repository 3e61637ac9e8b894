/* GET /explain?service=&quantity=&client=: price, cost and, for each offer, why it would be taken
 * or skipped right now. Asks nobody. */
#include "admin/admin_private.h"
#include "admin/obstacle.h"
#include "orders/explain.h"

struct explanation { /* what is to be explained */
    const struct service *service;
    const struct client *client; /* NULL: the price before any client's markup */
    int64_t quantity;
    struct draft draft;
    const char *problem; /* why no order like this would be taken, whatever the offers; or NULL */
};

static const char *page_explain_why_unlisted(const struct service *service)
{
    bool is_known = false;
    if (service->is_unlisted)
        return "it left clients' lists: no offer could deliver it for `unlist`; it comes back once "
               "one can";
    for (size_t i = 0; i < service->offer_count; i++)
        is_known |= service->offers[i].is_known;
    if (!is_known)
        return "no offer's cost is known: the service is not published";
    if (service->type == ORDERTYPE_UNKNOWN)
        return "no offer's type is known, so it is not published; `type:` of the service maps it";
    return "it is not published";
}

/* The published rate for that client; false with the problem named. */
static bool page_explain_find_rate(struct admin_call *call, struct explanation *q)
{
    const struct catalogue *catalogue = call->catalogue;
    q->draft.rate = MONEY_ZERO;
    if (!q->service->is_priced) {
        q->problem = page_explain_why_unlisted(q->service);
        return false;
    }
    if (q->client == NULL) {
        if (quote_rate(&q->service->terms, catalogue->decimals, &q->draft.rate))
            return true;
        q->problem = "its price is beyond what can be counted";
        return false;
    }
    const struct pricelist *list = pricelist_of(catalogue, q->client);
    if (!client_may_order(q->client, q->service->id)) {
        q->problem = "the client's `services` do not hold it";
        return false;
    }
    if (list == NULL || !pricelist_rate(list, q->service, &q->draft.rate)) {
        q->problem = "it is not in the client's price list";
        return false;
    }
    return true;
}

static void page_explain_fill_draft(struct admin_call *call, struct explanation *q)
{
    struct draft *draft = &q->draft;
    const struct ordertype_row *row;
    draft->service = q->service;
    draft->type = q->service->type;
    bool is_rated = page_explain_find_rate(call, q);
    if (draft->type == ORDERTYPE_UNKNOWN) /* not for sale; what its offers lack is shown */
        draft->type = ORDERTYPE_DEFAULT;
    row = ordertype_row(draft->type);
    draft->run_quantity = row->quantity == ORDERTYPE_QUANTITY_ONE ? 1 : q->quantity;
    draft->quantity = row->quantity == ORDERTYPE_QUANTITY_PER_POST ? 0 : draft->run_quantity;
    if (row->quantity == ORDERTYPE_QUANTITY_PER_POST)
        draft->fields.value[FIELD_MIN] = draft->fields.value[FIELD_MAX] =
            params_get(&call->params, "quantity");
    /* Subscriptions pay for each post: that is what is shown. */
    if (is_rated && !quote_charge(draft->rate, draft->run_quantity, row->is_flat,
                                  call->catalogue->decimals, &draft->charge))
        q->problem = "the charge is beyond what can be counted";
    if (q->problem == NULL && row->quantity != ORDERTYPE_QUANTITY_ONE) {
        if (q->quantity < q->service->min)
            q->problem = "the quantity is below the service's min";
        else if (q->quantity > q->service->max)
            q->problem = "the quantity is above the service's max";
    }
}

/* For subscriptions rates are compared; the cost shown is that of one post, as is the charge. */
static struct money page_explain_cost_of(const struct explanation *q, const struct offer *offer,
                                         const struct candidate *candidate)
{
    struct money cost = candidate->cost;
    if (ordertype_row(q->draft.type)->quantity == ORDERTYPE_QUANTITY_PER_POST &&
        !quote_charge(offer->cost, q->draft.run_quantity, false, 8, &cost))
        cost = candidate->cost;
    return cost;
}

/* Why it would be skipped, or that it would be a probe. */
static void page_explain_find_obstacle(struct admin_call *call, const struct explanation *q,
                                       const struct offer *offer, const struct candidate *candidate,
                                       const struct provider *provider, struct obstacle *out)
{
    struct obstacle_facts facts;
    obstacle_look(call->context, provider, &facts);
    facts.skip = candidate->skip;
    facts.service = offer->service;
    facts.held = offer->why_held;
    facts.price = offer->price;
    facts.type = offer->type;
    facts.wanted_type = q->draft.type;
    facts.quantity = q->quantity;
    facts.min = offer->min;
    facts.max = offer->max;
    facts.cost = page_explain_cost_of(q, offer, candidate);
    facts.charge = q->draft.charge;
    facts.currency = str_of(call->catalogue->currency);
    if (provider)
        health_explain(call->context->health, provider->id, HEALTH_ORDERS, offer->service,
                       facts.monotonic_now_ms, &facts.trouble);
    if (provider && !q->service->is_priced && facts.trouble.why == WHY_NONE)
        health_explain(call->context->health, provider->id, HEALTH_READINGS, offer->service,
                       facts.monotonic_now_ms, &facts.trouble); /* that takes it off, too */
    obstacle_make(&facts, out);
}

static void page_explain_print_offer(struct jsonwriter *w, struct admin_call *call,
                                     const struct explanation *q, const struct offer *offer,
                                     const struct candidate *candidate, size_t position)
{
    const struct provider *provider =
        provider_set_by_id(call->catalogue->providers, offer->provider_id);
    struct obstacle obstacle;
    page_explain_find_obstacle(call, q, offer, candidate, provider, &obstacle);
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "provider", provider ? str_of(provider->settings.name) : STR("(removed)"));
    jsonwriter_text(w, "upstream_service", offer->service);
    if (position)
        jsonwriter_number(w, "position", (int64_t)position);
    else
        jsonwriter_null(w, "position");
    jsonwriter_text(w, "skip",
                    candidate->skip == SKIP_NONE ? STR("")
                                                 : str_of(ranking_skip_name(candidate->skip)));
    obstacle_write(&obstacle, w);
    if (offer->is_known) {
        money_write_json(w, "upstream_rate", offer->rate);
        jsonwriter_text(w, "upstream_currency",
                        provider ? str_of(provider->settings.currency) : STR(""));
        money_write_json(w, "cost_per_1000", offer->cost);
        money_write_json(w, "cost", page_explain_cost_of(q, offer, candidate));
    }
    jsonwriter_number(w, "weight", offer->weight);
    jsonwriter_object_end(w);
}

static void page_explain_print_offers(struct jsonwriter *w, struct admin_call *call,
                                      struct explanation *q)
{
    struct candidate candidates[RANKING_MAX] = {0};
    uint8_t order[RANKING_MAX];
    uint64_t random;
    size_t positions[RANKING_MAX] = {0};
    digest_random(&random, sizeof random);
    struct draft judged = q->draft;
    if (!q->service->is_priced) /* what has left the list has no price that a cost is above */
        judged.rate = judged.charge = (struct money){INT64_MAX};
    size_t count = explain_candidates(call->context, &judged, candidates);
    size_t ranked = ranking_make(q->service->routing, candidates, count, random, order);
    if (!q->service->is_priced)
        ranked = 0;
    for (size_t i = 0; i < ranked; i++)
        positions[order[i]] = i + 1;
    jsonwriter_bool(w, "deliverable", ranked > 0 && q->problem == NULL);
    /* What is published may not know yet that an offer can take it again. */
    jsonwriter_time(w, "unlists_at", ranked > 0 ? 0 : q->service->unlist_at_ms);
    jsonwriter_array(w, "offers");
    for (size_t i = 0; i < count; i++)
        page_explain_print_offer(w, call, q, &q->service->offers[i], &candidates[i], positions[i]);
    jsonwriter_array_end(w);
}

static void page_explain_reply(struct admin_call *call, struct explanation *q)
{
    static const char *const routings[] = {
        [RANKING_PRIORITY] = "priority",
        [RANKING_CHEAPEST] = "cheapest",
        [RANKING_WEIGHTED] = "weighted",
    };
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_number(&w, "service", q->service->id);
    jsonwriter_text(&w, "name", q->service->name);
    jsonwriter_text(&w, "type", str_of(ordertype_name(q->service->type)));
    jsonwriter_number(&w, "quantity", q->quantity);
    jsonwriter_number(&w, "min", q->service->min);
    jsonwriter_number(&w, "max", q->service->max);
    if (q->client)
        jsonwriter_text(&w, "client", str_of(q->client->settings.name));
    else
        jsonwriter_null(&w, "client");
    money_write_json(&w, "rate", q->draft.rate);
    money_write_json(&w, "charge", q->draft.charge);
    jsonwriter_text(&w, "currency", str_of(call->catalogue->currency));
    jsonwriter_text(&w, "routing", str_of(routings[q->service->routing]));
    jsonwriter_text(&w, "margin",
                    q->service->allow_loss ? STR("allow_loss") : STR("never_below_cost"));
    jsonwriter_bool(&w, "listed", q->service->is_priced);
    jsonwriter_text(&w, "problem", str_of(q->problem ? q->problem : ""));
    page_explain_print_offers(&w, call, q);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

void page_explain_run(struct admin_call *call)
{
    struct explanation q = {0};
    uint64_t service;
    struct str name = params_get(&call->params, "client");
    if (call->catalogue == NULL) {
        admin_fail(call, 503, "the first lists have not arrived yet; try again in a moment");
        return;
    }
    if (!str_to_u64(params_get(&call->params, "service"), &service) || service > UINT32_MAX ||
        !str_to_i64(params_get(&call->params, "quantity"), &q.quantity) || q.quantity < 1) {
        admin_fail(call, 400, "service and quantity are needed, whole numbers from 1");
        return;
    }
    q.service = catalogue_find(call->catalogue, (uint32_t)service);
    if (q.service == NULL) {
        admin_fail(call, 404, "there is no such service; right is one of our ids, as clients see");
        return;
    }
    if (name.len > 0) {
        q.client = call->clients ? client_set_find(call->clients, name) : NULL;
        if (q.client == NULL) {
            admin_fail(call, 404, "there is no such client; see client list");
            return;
        }
    }
    page_explain_fill_draft(call, &q);
    page_explain_reply(call, &q);
}
