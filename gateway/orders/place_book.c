/* place, BOOKING: the outcome into the books, tried again until it is there. */
#include <stdatomic.h>

#include "base/crashpoint.h"
#include "base/log.h"
#include "orders/place_private.h"

enum { BOOK_AGAIN_MS = 250 };

static const char *place_book_provider_name(const struct place *place)
{
    const struct provider *provider =
        place->offer < place->draft.service->offer_count ? place_provider(place) : NULL;
    return provider ? provider->settings.name : "";
}

static const char *place_book_end_name(enum place_end end)
{
    switch (end) {
    case END_ACCEPTED:
        return "accepted";
    case END_DOUBT:
        return "doubt";
    case END_REFUSED:
        return "refused";
    case END_UNAVAILABLE:
        return "unavailable";
    case END_ABANDONED:
        return "abandoned";
    }
    UNREACHABLE();
}

static void place_book_fill_update(const struct place *place, struct ledger_update *update)
{
    *update = (struct ledger_update){.has_state = true,
                                     .has_paid = true,
                                     .has_remains = true,
                                     .course.remains = place->draft.quantity};
    if (place_is_refusal(place->end)) {
        update->course.state = place->is_promised || place->end == END_ABANDONED
                                   ? ORDERSTATE_CANCELED
                                   : ORDERSTATE_REFUSED;
        return;
    }
    update->course.state = place->end == END_ACCEPTED ? ORDERSTATE_PENDING : ORDERSTATE_DOUBT;
    update->course.paid = place->draft.charge;
    update->gives_number = true;
    update->has_upstream = true;
    update->provider = str_of(place_provider(place)->settings.name);
    update->upstream_service = place_offer(place)->service;
    update->upstream_id = place->end == END_ACCEPTED ? place->ended.upstream_id : STR("");
}

static void place_book_live(struct open_order *order, void *arg)
{
    struct place *place = arg;
    struct ledger_update update;
    place_book_fill_update(place, &update);
    order->course.state = update.course.state;
    order->course.paid = update.course.paid;
    order->course.remains = update.course.remains;
    order->provider_id = (uint16_t)place_offer(place)->provider_id;
    if (update.upstream_id.len && update.upstream_id.len < sizeof order->upstream_id) {
        memcpy(order->upstream_id, update.upstream_id.ptr, update.upstream_id.len);
        order->upstream_id[update.upstream_id.len] = '\0';
    }
}

static void place_book_count_end(const struct place *place)
{
    switch (place->end) {
    case END_ACCEPTED:
        atomic_fetch_add_explicit(&order_context_totals.accepted, 1, memory_order_relaxed);
        break;
    case END_DOUBT:
        atomic_fetch_add_explicit(&order_context_totals.doubt, 1, memory_order_relaxed);
        break;
    case END_REFUSED:
        atomic_fetch_add_explicit(&order_context_totals.refused_client, 1, memory_order_relaxed);
        break;
    case END_UNAVAILABLE:
    case END_ABANDONED:
        atomic_fetch_add_explicit(&order_context_totals.unavailable, 1, memory_order_relaxed);
        break;
    }
}

static void place_book_write_outcome(struct place *place);

static void place_book_on_book_again(void *arg)
{
    place_book_write_outcome(arg);
}

static void place_book_on_booked(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    place->writes--;
    CRASH_POINT("place.booked");
    if (ledger_is_decided(outcome.result)) {
        if (outcome.result != LEDGER_DONE)
            log_event(LOG_ERROR, "booking_refused", "request=%s order=%u outcome=%s",
                      place->request_id.ptr, place->order, place_book_end_name(place->end));
        /* Not before: a panel asked earlier might say "completed", and another loop's change with
         * that could come to the books before ours with the panel's number. */
        if (place_is_refusal(place->end))
            open_orders_remove(place->context->open_orders, place->order);
        else
            open_orders_change(place->context->open_orders, place->order, place_book_live, place);
        place->state = CLOSED;
        place_answer(place, place_is_refusal(place->end) ? 0 : place->order, place->message);
        place_release(place);
        return;
    }
    atomic_fetch_add_explicit(&order_context_totals.unbooked, 1, memory_order_relaxed);
    log_event(LOG_WARN, "booking_failed", "request=%s order=%u outcome=%s result=%s",
              place->request_id.ptr, place->order, place_book_end_name(place->end),
              ledger_result_name(outcome.result));
    loop_timer_start(&place->pause, place->context->loop, BOOK_AGAIN_MS, place_book_on_book_again,
                     place);
    place_answer(place, place_is_refusal(place->end) ? 0 : place->order, place->message);
}

static void place_book_write_outcome(struct place *place)
{
    struct ledger_update update;
    place_book_fill_update(place, &update);
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = place->has_ended ? &place->ended : NULL,
                                   .update = &update,
                                   .event = place_book_end_name(place->end),
                                   .reason = place->reason,
                                   .request_id = place->request_id};
    place->writes++;
    CRASH_POINT("place.booking");
    ledger_write(place->context->ledger, place->context->loop, &change, place_book_on_booked,
                 place);
}

void place_book_outcome(struct place *place)
{
    place_book_count_end(place);
    log_event(LOG_INFO, "order",
              "request=%s order=%u client=%s service=%u outcome=%s provider=%s "
              "attempts=%u reason=%s",
              place->request_id.ptr, place->order, place->client.ptr, place->draft.service->id,
              place_book_end_name(place->end), place_book_provider_name(place), place->attempt,
              log_value(place->reason).text);
    place_book_write_outcome(place);
}
