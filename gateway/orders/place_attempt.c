/* place, INTENDING and SENDING: one attempt, from its intent on disk to the panel's answer. */
#include <stdatomic.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/log.h"
#include "orders/messages.h"
#include "orders/place_private.h"
#include "routing/retryverdict.h"

enum { CONNECTION_WAIT_MS = 1000 };

/* ---- intending ---- */

/* Its provider too, though nothing can be asked of it yet: a provider that is being sent an order
 * cannot be removed. */
static void place_attempt_make_live(struct place *place)
{
    struct open_order order = {
        .id = place->order,
        .service = place->draft.service->id,
        .client_id = place->client_id,
        .provider_id = (uint16_t)place_offer(place)->provider_id,
        .course.state = ORDERSTATE_PLACING,
        .type = place->draft.type,
        .quantity = place->draft.quantity,
        .course.remains = place->draft.quantity,
        .rate = place->draft.rate,
        .charge = place->draft.charge,
        .course.paid = place->draft.charge,
    };
    open_orders_put(place->context->open_orders, &order);
}

static void place_attempt_move_live(struct open_order *order, void *arg)
{
    order->provider_id = (uint16_t)place_offer(arg)->provider_id;
}

static void place_attempt_on_intended(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    const struct offer *offer = place_offer(place);
    bool was_durable = place->is_durable;
    place->writes--;
    if (outcome.result == LEDGER_DONE) {
        CRASH_POINT("place.intended");
        place->is_durable = true;
        place->has_ended = false;
        if (was_durable)
            open_orders_change(place->context->open_orders, place->order, place_attempt_move_live,
                               place);
        else
            place_attempt_make_live(place);
        if (!place->is_abandoned) {
            place_go(place, SENDING);
            return;
        }
    } else {
        log_event(LOG_WARN, "intent_failed", "request=%s result=%s", place->request_id.ptr,
                  ledger_result_name(outcome.result));
    }
    health_unused(place->context->health, offer->provider_id, HEALTH_ORDERS, offer->service);
    if (outcome.result == LEDGER_DONE) {
        /* The client was told an error; what committed late is closed, unsent. */
        place->ended = (struct ledger_attempt){.number = place->attempt,
                                               .state = ATTEMPTSTATE_NOT_SENT,
                                               .ended_at_ms = clock_wall_ms()};
        place->has_ended = true;
        place->reason = STR("durable only after answer_within; closed unsent");
        place_finish(place, END_ABANDONED, MESSAGES_UNAVAILABLE);
    } else {
        place->reason = STR("the next attempt could not be written");
        place_finish(place, END_UNAVAILABLE, MESSAGES_UNSAVED);
    }
}

static void place_attempt_fill_order(const struct place *place, struct str fields,
                                     struct ledger_order *order)
{
    *order = (struct ledger_order){
        .id = place->order,
        .client = place->client,
        .service = place->draft.service->id,
        .type = place->draft.type,
        .fields = fields,
        .quantity = place->draft.quantity,
        .rate = place->draft.rate,
        .charge = place->draft.charge,
        .course.paid = MONEY_ZERO,
        .currency = str_of(place->catalogue->currency),
        .course.state = ORDERSTATE_PLACING,
        .course.remains = place->draft.quantity,
        .provider = str_of(place_provider(place)->settings.name),
        .upstream_service = place_offer(place)->service,
        .request_id = place->request_id,
        .created_at_ms = clock_wall_ms(),
    };
}

void place_attempt_intend(struct place *place)
{
    struct ledger_order order;
    struct buf fields;
    buf_init(&fields, 4 * DRAFT_LIST_BYTES);
    place->tried |= UINT64_C(1) << place->offer;
    place->bucket_since_ms = 0;
    place->attempt++;
    struct ledger_attempt started = {.number = place->attempt,
                                     .provider = str_of(place_provider(place)->settings.name),
                                     .upstream_service = place_offer(place)->service,
                                     .cost = place->cost,
                                     .state = ATTEMPTSTATE_SENDING,
                                     .request_id = place->request_id,
                                     .started_at_ms = clock_wall_ms()};
    if (place->order == 0)
        place->order = ledger_take_order_number(place->context->ledger);
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = place->has_ended ? &place->ended : NULL,
                                   .attempt_started = &started,
                                   .event = place->is_durable ? "next_offer" : "placed",
                                   .request_id = place->request_id};
    if (!place->is_durable) {
        fields_print(&place->draft.fields, &fields);
        place_attempt_fill_order(place, buf_str(&fields), &order);
        change.insert = &order;
    }
    if (place->order == 0) {
        buf_fini(&fields);
        health_unused(place->context->health, place_offer(place)->provider_id, HEALTH_ORDERS,
                      place_offer(place)->service);
        log_event(LOG_ERROR, "order_numbers_used_up", "order=%u", place->order);
        place_finish(place, END_UNAVAILABLE, MESSAGES_UNAVAILABLE);
        return;
    }
    place->writes++;
    CRASH_POINT("place.intending");
    ledger_write(place->context->ledger, place->context->loop, &change, place_attempt_on_intended,
                 place);
    buf_fini(&fields);
}

/* ---- sending ---- */

static enum retryverdict place_attempt_judge(struct place *place,
                                             const struct upstream_response *answer)
{
    unsigned id = place_offer(place)->provider_id;
    if (answer->outcome == OUTCOME_REFUSED && answer->is_active_order) {
        /* Where an attempt of ours was in doubt, this says that it was taken. */
        if ((place->doubted[id / 64] >> (id % 64)) & 1)
            return RETRYVERDICT_DOUBT;
        place->saw_active_order = true;
    }
    return retryverdict_judge(answer);
}

static void place_attempt_keep_end(struct place *place, enum retryverdict verdict,
                                   const struct upstream_response *answer)
{
    static const enum attemptstate states[] = {
        [RETRYVERDICT_BOOK] = ATTEMPTSTATE_ACCEPTED,
        [RETRYVERDICT_NEXT] = ATTEMPTSTATE_REFUSED,
        [RETRYVERDICT_REFUSE] = ATTEMPTSTATE_REFUSED,
        [RETRYVERDICT_DOUBT] = ATTEMPTSTATE_DOUBT,
    };
    place->ended = (struct ledger_attempt){
        .number = place->attempt,
        .state = answer->outcome == OUTCOME_NOT_SENT ? ATTEMPTSTATE_NOT_SENT : states[verdict],
        .upstream_id = arena_str(&place->arena, answer->order),
        .text = arena_str(&place->arena, answer->error),
        .evidence = arena_str(&place->arena, answer->evidence),
        .ended_at_ms = clock_wall_ms()};
    place->has_ended = true;
    place->reason = place->ended.text.len ? place->ended.text : place->ended.evidence;
}

static void place_attempt_on_answer(const struct upstream_response *answer, void *arg)
{
    struct place *place = arg;
    const struct offer *offer = place_offer(place);
    struct money cost = MONEY_ZERO;
    place->call = NULL;
    CRASH_POINT("place.answered");
    if (!quote_charge(offer->rate, place->draft.quantity, ordertype_row(place->draft.type)->is_flat,
                      8, &cost))
        cost = MONEY_ZERO;
    health_note(place->context->health, offer->provider_id, HEALTH_ORDERS, offer->service, answer,
                cost, loop_now_ms(place->context->loop));
    if (answer->is_funds)
        refresher_ask_balance(place->context->refresher, offer->provider_id);
    enum retryverdict verdict = place_attempt_judge(place, answer);
    place_attempt_keep_end(place, verdict, answer);
    switch (verdict) {
    case RETRYVERDICT_BOOK:
        place_finish(place, END_ACCEPTED, NULL);
        break;
    case RETRYVERDICT_NEXT:
        atomic_fetch_add_explicit(&order_context_totals.failovers, 1, memory_order_relaxed);
        place_go(place, PLANNING);
        break;
    case RETRYVERDICT_REFUSE:
        place_finish(place, END_REFUSED, messages_refusal(answer->refusal));
        break;
    case RETRYVERDICT_DOUBT:
        place_finish(place, END_DOUBT, NULL);
        break;
    }
}

void place_attempt_send(struct place *place)
{
    const struct offer *offer = place_offer(place);
    struct fields fields = place->draft.fields;
    struct upstream_request request = {
        .action = UPSTREAM_ADD, .service = offer->service, .fields = &fields};
    struct upstream_call_options options = {.request_id = place->request_id.ptr,
                                            .wait_ms = CONNECTION_WAIT_MS};
    /* Panels check a package's quantity against their own minimum, whatever they charge. */
    if (ordertype_row(place->draft.type)->quantity == ORDERTYPE_QUANTITY_ONE)
        fields.value[FIELD_QUANTITY] = str_of(arena_printf(
            &place->arena, "%lld",
            (long long)(offer->has_limits && offer->min > 0 ? offer->min : place->draft.quantity)));
    CRASH_POINT("place.sending");
    place->call = upstream_call_start(place->context->loop, place_provider(place), &request,
                                      &options, place_attempt_on_answer, place);
}
