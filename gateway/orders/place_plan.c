/* place, PLANNING and NOTING: which offer is next, and a refusal that is written before a wait. */
#include "base/crashpoint.h"
#include "orders/explain.h"
#include "orders/messages.h"
#include "orders/place_private.h"

enum { BUCKET_WAIT_MS = 1000 };

/* Takes the provider's bucket and the offer's health; SKIP_NONE when this offer may be sent now,
 * SKIP_COOL_DOWN when its bucket is worth waiting for (wait_out), anything else: not this one. */
static enum skip place_plan_take(struct place *place, int64_t *wait_out)
{
    const struct offer *offer = place_offer(place);
    int64_t now = loop_now_ms(place->context->loop);
    enum skip skip =
        health_take(place->context->health, offer->provider_id, HEALTH_ORDERS, offer->service, now);
    *wait_out = 0;
    if (skip != SKIP_NONE)
        return skip;
    int64_t wait = provider_take_token(place_provider(place), PROVIDER_LANE_ADD, now);
    if (wait == 0)
        return SKIP_NONE;
    health_unused(place->context->health, offer->provider_id, HEALTH_ORDERS, offer->service);
    if (place->bucket_since_ms == 0)
        place->bucket_since_ms = now;
    if (now + wait - place->bucket_since_ms <= BUCKET_WAIT_MS)
        *wait_out = wait;
    return SKIP_COOL_DOWN;
}

static void place_plan_on_pause(void *arg)
{
    struct place *place = arg;
    /* Still noting: that write's completion sees that the pause is over. */
    if (place->state == WAITING)
        place_go(place, PLANNING);
}

static bool place_plan(struct place *place, struct candidate *candidates, size_t count)
{
    uint8_t order[RANKING_MAX];
    for (size_t i = 0; i < count; i++)
        if ((place->tried >> i) & 1)
            candidates[i].skip = SKIP_TRIED;
    if (ranking_make(place->draft.service->routing, candidates, count, place->random, order) == 0)
        return false;
    if (place->offer != order[0])
        place->bucket_since_ms = 0;
    place->offer = order[0];
    place->cost = candidates[order[0]].cost;
    return true;
}

void place_plan_next(struct place *place)
{
    struct candidate candidates[RANKING_MAX];
    size_t count = explain_candidates(place->context, &place->draft, candidates);
    while (place_plan(place, candidates, count)) {
        int64_t wait;
        if (place_plan_take(place, &wait) == SKIP_NONE) {
            place_go(place, INTENDING);
            return;
        }
        if (wait > 0) {
            loop_timer_start(&place->pause, place->context->loop, wait, place_plan_on_pause, place);
            place_go(place, place->has_ended ? NOTING : WAITING);
            return;
        }
        place->tried |= UINT64_C(1) << place->offer;
        place->bucket_since_ms = 0;
    }
    place_finish(place, END_UNAVAILABLE,
                 place->saw_active_order ? MESSAGES_ACTIVE_ORDER : MESSAGES_UNAVAILABLE);
}

static void place_plan_on_noted(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    place->writes--;
    /* Not written: it goes along with the next intent. */
    place->has_ended = outcome.result != LEDGER_DONE;
    place_go(place, WAITING);
    if (!place->pause.is_armed)
        place_go(place, PLANNING);
}

void place_plan_note(struct place *place)
{
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = &place->ended,
                                   .event = "attempt_ended",
                                   .reason = place->ended.text,
                                   .request_id = place->request_id};
    place->writes++;
    CRASH_POINT("place.noting");
    ledger_write(place->context->ledger, place->context->loop, &change, place_plan_on_noted, place);
}
