/* place: the life of one `add`, from a checked draft to a booked outcome.
 *
 *   PLANNING ──> INTENDING ──> SENDING ──> BOOKING ──> CLOSED
 *     │  ^           │            │           ^
 *     │  └── WAITING │            │ next      │
 *     │        ^     │            v           │
 *     │        └─ NOTING <──── PLANNING ──────┘
 *
 *   PLANNING   which offer is next; never rests
 *   NOTING     a refusal is being written before we wait
 *   WAITING    for the provider's rate bucket, at most 1 s an offer
 *   INTENDING  "attempt n at P is being sent" is on its way to disk
 *   SENDING    the panel was asked; from here on only its answer decides
 *   BOOKING    the outcome is on its way to disk, tried again until it is there
 *   CLOSED     nothing under way; freed once no write is outstanding
 *
 * Promises: no number leaves before the commit that holds it; nothing is sent before
 * its intent is durable; what may have been executed is never sent again. One answer to the client,
 * at most answer_within after start. The desk's thread only. */
#include "orders/place.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/crashpoint.h"
#include "base/log.h"
#include "orders/messages.h"
#include "orders/place_private.h"

/* ---- answering ---- */

bool place_is_refusal(enum place_end end)
{
    return end == END_REFUSED || end == END_UNAVAILABLE || end == END_ABANDONED;
}

void place_release(struct place *place)
{
    if (place->state != CLOSED || place->writes > 0 || !place->is_answered)
        return;
    place->context->places--;
    loop_timer_fini(&place->deadline);
    loop_timer_fini(&place->pause);
    catalogue_unpin(&place->catalogue);
    arena_fini(&place->arena);
    free(place);
}

void place_answer(struct place *place, uint32_t order, const char *message)
{
    if (place->is_answered)
        return;
    place->is_answered = true;
    loop_timer_cancel(&place->deadline);
    if (order)
        place->is_promised = true;
    place->done(order, message, place->arg);
}

static void place_on_late_start(void *arg)
{
    struct place *place = arg;
    place->is_starting = false;
    place_answer(place, 0, place->message);
    place_release(place);
}

/* Closes a place that left nothing in the books. */
static void place_turn_away(struct place *place, const char *message)
{
    place->message = message;
    place->state = CLOSED;
    atomic_fetch_add_explicit(&order_context_totals.unavailable, 1, memory_order_relaxed);
    if (place->is_starting) {
        loop_timer_start(&place->deadline, place->context->loop, 0, place_on_late_start, place);
        return;
    }
    place_answer(place, 0, message);
    place_release(place);
}

static void place_on_given(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    place->writes--;
    if (outcome.result != LEDGER_DONE)
        log_event(LOG_WARN, "number_given_unbooked", "request=%s order=%u result=%s",
                  place->request_id.ptr, place->order, ledger_result_name(outcome.result));
    CRASH_POINT("place.number_given");
    place_answer(place, place->order, NULL);
    place_release(place);
}

/* answer_within is over: an error when nothing is durable yet, else the number, and we go on. */
static void place_on_deadline(void *arg)
{
    struct place *place = arg;
    struct ledger_update update = {.gives_number = true};
    struct ledger_change change = {.order = place->order,
                                   .update = &update,
                                   .event = "number_given",
                                   .request_id = place->request_id};
    if (place->state == WAITING && !place->is_durable) {
        loop_timer_cancel(&place->pause);
        place_turn_away(place, MESSAGES_UNAVAILABLE);
    } else if (!place->is_durable) {
        place->is_abandoned = true;
        place_answer(place, 0, MESSAGES_UNSAVED);
    } else if (place->state == BOOKING) {
        place_answer(place, place_is_refusal(place->end) ? 0 : place->order, place->message);
    } else {
        atomic_fetch_add_explicit(&order_context_totals.late_answers, 1, memory_order_relaxed);
        place->is_promised = true;
        place->writes++;
        ledger_write(place->context->ledger, place->context->loop, &change, place_on_given, place);
    }
}

void place_finish(struct place *place, enum place_end end, const char *message)
{
    place->end = end;
    place->message = message;
    if (place->is_durable)
        place_go(place, BOOKING);
    else
        place_turn_away(place, message);
}

/* ---- which offer ---- */

const struct offer *place_offer(const struct place *place)
{
    return &place->draft.service->offers[place->offer];
}

const struct provider *place_provider(const struct place *place)
{
    return provider_set_by_id(place->catalogue->providers, place_offer(place)->provider_id);
}

/* ---- the machine ---- */

static const struct place_step {
    const char *name;
    void (*enter)(struct place *place);
    unsigned next; /* bits of the states it may go to */
} place_steps[STATE_COUNT] = {
    [PLANNING] = {"planning", place_plan_next,
                  1u << INTENDING | 1u << NOTING | 1u << WAITING | 1u << BOOKING},
    [NOTING] = {"noting", place_plan_note, 1u << WAITING},
    [WAITING] = {"waiting", NULL, 1u << PLANNING},
    [INTENDING] = {"intending", place_attempt_intend, 1u << SENDING | 1u << BOOKING},
    [SENDING] = {"sending", place_attempt_send, 1u << PLANNING | 1u << BOOKING},
    [BOOKING] = {"booking", place_book_outcome, 0},
    [CLOSED] = {"closed", NULL, 0},
};

void place_go(struct place *place, enum place_state state)
{
    ASSERT((place_steps[place->state].next >> state) & 1);
    log_event(LOG_DEBUG, "place", "request=%s order=%u from=%s to=%s", place->request_id.ptr,
              place->order, place_steps[place->state].name, place_steps[state].name);
    place->state = state;
    if (place_steps[state].enter)
        place_steps[state].enter(place);
}

struct place *place_new(struct order_context *context, struct str request_id)
{
    struct place *place = memory_new(sizeof *place);
    arena_init_on(&place->arena, place->first_bytes, sizeof place->first_bytes);
    place->context = context;
    place->catalogue = catalogue_pin(context->catalogue);
    place->request_id = str_make(arena_text(&place->arena, request_id), request_id.len);
    place->offer = SIZE_MAX;
    context->places++;
    return place;
}

void place_start(struct order_context *context, const struct place_request *request,
                 place_done_fn *done, void *arg)
{
    struct place *place = place_new(context, request->request_id);
    place->draft = *request->draft;
    for (size_t f = 0; f < FIELD_COUNT; f++)
        place->draft.fields.value[f] = arena_str(&place->arena, request->draft->fields.value[f]);
    place->client = arena_str(&place->arena, str_of(request->client->settings.name));
    place->client_id = request->client->id;
    place->done = done;
    place->arg = arg;
    if (request->draft->service->routing == RANKING_WEIGHTED)
        digest_random(&place->random, sizeof place->random);
    atomic_fetch_add_explicit(&order_context_totals.placed, 1, memory_order_relaxed);
    loop_timer_start(&place->deadline, context->loop, context->settings.answer_within_ms,
                     place_on_deadline, place);
    place->is_starting = true;
    place_plan_next(place);
    if (place->state != CLOSED)
        place->is_starting = false;
}
