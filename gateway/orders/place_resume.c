/* place_resume: going on with an order after a restart or an operator's word. */
#include "base/digest.h"
#include "base/log.h"
#include "orders/place_private.h"

static void place_resume_mark_tried(struct place *place, const struct ledger_attempt *attempt)
{
    const struct service *service = place->draft.service;
    const struct provider *provider =
        provider_set_find(place->catalogue->providers, attempt->provider);
    if (provider == NULL)
        return;
    if (attempt->state == ATTEMPTSTATE_DOUBT)
        place->doubted[provider->id / 64] |= UINT64_C(1) << (provider->id % 64);
    for (size_t i = 0; i < service->offer_count && i < RANKING_MAX; i++)
        if (service->offers[i].provider_id == provider->id &&
            str_equal(service->offers[i].service, attempt->upstream_service))
            place->tried |= UINT64_C(1) << i;
}

/* The service is no longer sold: the order ends as when no offer takes it. */
static void place_resume_cancel_unsold(struct order_context *context,
                                       const struct ledger_order *order)
{
    struct ledger_update update = {.has_state = true,
                                   .has_paid = true,
                                   .has_remains = true,
                                   .course.state = ORDERSTATE_CANCELED,
                                   .course.remains = order->quantity};
    struct ledger_change change = {.order = order->id,
                                   .update = &update,
                                   .event = "unavailable",
                                   .reason = STR("its service is no longer sold"),
                                   .request_id = order->request_id};
    log_event(LOG_WARN, "order_unsold", "order=%u service=%u", order->id, order->service);
    ledger_write(context->ledger, NULL, &change, NULL, NULL);
    open_orders_remove(context->open_orders, order->id);
}

void place_resume(struct order_context *context, const struct ledger_order *order,
                  const struct ledger_attempt *attempts, size_t attempt_count)
{
    struct fields fields;
    struct fault why;
    const struct service *service =
        context->catalogue ? catalogue_find(context->catalogue, order->service) : NULL;
    if (service == NULL) {
        place_resume_cancel_unsold(context, order);
        return;
    }
    struct place *place = place_new(context, order->request_id);
    place->order = order->id;
    place->client = arena_str(&place->arena, order->client);
    place->client_id = client_id(order->client);
    place->is_durable = place->is_promised = place->is_answered = true;
    struct str kept = arena_str(&place->arena, order->fields);
    if (!fields_parse(kept, &place->arena, &fields) ||
        !draft_restore(service, order->rate, order->charge, order->quantity, &fields, &place->draft,
                       &why)) {
        log_event(LOG_ERROR, "order_unreadable", "order=%u", order->id);
        place->state = CLOSED;
        place_release(place);
        place_resume_cancel_unsold(context, order);
        return;
    }
    for (size_t i = 0; i < attempt_count; i++) {
        place_resume_mark_tried(place, &attempts[i]);
        place->attempt = attempts[i].number > place->attempt ? attempts[i].number : place->attempt;
    }
    place->offer = 0;
    digest_random(&place->random, sizeof place->random);
    place_plan_next(place);
}
