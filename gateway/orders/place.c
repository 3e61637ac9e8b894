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
 * Promises (design.md 5): no number leaves before the commit that holds it; nothing is sent before
 * its intent is durable; what may have been executed is never sent again. One answer to the client,
 * at most answer_within after start. The desk's thread only. */
#include "orders/place.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/log.h"
#include "orders/explain.h"
#include "orders/words.h"
#include "providers/ask.h"
#include "routing/retryverdict.h"

enum { ARENA_BYTES = 512, BUCKET_WAIT_MS = 1000, CONNECTION_WAIT_MS = 1000, BOOK_AGAIN_MS = 250 };

enum place_state { PLANNING, NOTING, WAITING, INTENDING, SENDING, BOOKING, CLOSED, STATE_COUNT };

enum place_end { END_ACCEPTED, END_DOUBT, END_REFUSED, END_UNAVAILABLE, END_ABANDONED };

struct place {
    struct desk *desk;
    struct arena arena;
    struct catalogue *catalogue; /* pinned: draft.service and the providers live there */
    struct draft draft;
    struct str client, request_id;
    unsigned client_id;
    enum place_state state;
    uint32_t order;  /* its number; 0 until the first intent */
    uint64_t random; /* of the weighted draw, kept so that a plan stays the same */
    uint64_t tried;  /* bits of offers that were tried or cannot be */
    uint64_t doubted[PROVIDER_MAX / 64]; /* providers where an attempt of this order was in doubt */
    size_t offer;                        /* the one being tried */
    unsigned attempt;                    /* its number, 1… */
    int64_t bucket_since_ms;     /* since when `offer` waits for its bucket; 0: it does not */
    struct ledger_attempt ended; /* the last attempt's outcome, not yet in the books */
    bool has_ended;
    struct money cost; /* of the current attempt, our currency */
    struct ask *ask;
    enum place_end end;
    const char *words; /* for the client, when refused */
    struct str reason; /* for the operator */
    bool is_durable;   /* the order is in the books */
    bool is_promised;  /* its number was given, or is being made so */
    bool is_answered;
    bool is_abandoned; /* the client was told an error before the order was durable */
    bool is_starting;  /* within place_start: answers come later */
    bool saw_active_order;
    unsigned writes; /* outstanding at the ledger */
    struct loop_timer deadline, pause;
    place_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[ARENA_BYTES];
};

static void place_go(struct place *place, enum place_state state);

/* ---- answering ---- */

static void place_release(struct place *place)
{
    if (place->state != CLOSED || place->writes > 0 || !place->is_answered)
        return;
    place->desk->places--;
    loop_timer_fini(&place->deadline);
    loop_timer_fini(&place->pause);
    catalogue_unpin(&place->catalogue);
    arena_fini(&place->arena);
    free(place);
}

static void place_answer(struct place *place, uint32_t order, const char *words)
{
    if (place->is_answered)
        return;
    place->is_answered = true;
    loop_timer_cancel(&place->deadline);
    if (order)
        place->is_promised = true;
    place->done(order, words, place->arg);
}

static void place_on_late_start(void *arg)
{
    struct place *place = arg;
    place->is_starting = false;
    place_answer(place, 0, place->words);
    place_release(place);
}

/* Closes a place that left nothing in the books. */
static void place_turn_away(struct place *place, const char *words)
{
    place->words = words;
    place->state = CLOSED;
    atomic_fetch_add_explicit(&desk_totals.unavailable, 1, memory_order_relaxed);
    if (place->is_starting) {
        loop_timer_start(&place->deadline, place->desk->loop, 0, place_on_late_start, place);
        return;
    }
    place_answer(place, 0, words);
    place_release(place);
}

static void place_on_given(enum ledger_result result, void *arg)
{
    struct place *place = arg;
    place->writes--;
    if (result != LEDGER_DONE)
        log_event(LOG_WARN, "number_given_unbooked", "request=%s order=%u result=%s",
                  place->request_id.ptr, place->order, ledger_result_word(result));
    CRASH_POINT("place.number_given");
    place_answer(place, place->order, NULL);
    place_release(place);
}

static bool is_refusal(enum place_end end)
{
    return end == END_REFUSED || end == END_UNAVAILABLE || end == END_ABANDONED;
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
        place_turn_away(place, WORDS_UNAVAILABLE);
    } else if (!place->is_durable) {
        place->is_abandoned = true;
        place_answer(place, 0, WORDS_UNSAVED);
    } else if (place->state == BOOKING) {
        place_answer(place, is_refusal(place->end) ? 0 : place->order, place->words);
    } else {
        atomic_fetch_add_explicit(&desk_totals.late_answers, 1, memory_order_relaxed);
        place->is_promised = true;
        place->writes++;
        ledger_write(place->desk->ledger, place->desk->loop, &change, place_on_given, place);
    }
}

/* ---- planning ---- */

static const struct offer *place_offer(const struct place *place)
{
    return &place->draft.service->offers[place->offer];
}

static const struct provider *place_provider(const struct place *place)
{
    return provider_set_by_id(place->catalogue->providers, place_offer(place)->provider_id);
}

static const char *place_provider_name(const struct place *place)
{
    const struct provider *provider =
        place->offer < place->draft.service->offer_count ? place_provider(place) : NULL;
    return provider ? provider->settings.name : "";
}

static void place_finish(struct place *place, enum place_end end, const char *words)
{
    place->end = end;
    place->words = words;
    if (place->is_durable)
        place_go(place, BOOKING);
    else
        place_turn_away(place, words);
}

/* Takes the provider's bucket and the offer's health; SKIP_NONE when this offer may be sent now,
 * SKIP_RESTED when its bucket is worth waiting for (wait_out), anything else: not this one. */
static enum skip place_take(struct place *place, int64_t *wait_out)
{
    const struct offer *offer = place_offer(place);
    int64_t now = loop_now_ms(place->desk->loop);
    enum skip skip =
        health_take(place->desk->health, offer->provider_id, HEALTH_ORDERS, offer->service, now);
    *wait_out = 0;
    if (skip != SKIP_NONE)
        return skip;
    int64_t wait = provider_take_token(place_provider(place), PROVIDER_LANE_ADD, now);
    if (wait == 0)
        return SKIP_NONE;
    health_unused(place->desk->health, offer->provider_id, HEALTH_ORDERS, offer->service);
    if (place->bucket_since_ms == 0)
        place->bucket_since_ms = now;
    if (now + wait - place->bucket_since_ms <= BUCKET_WAIT_MS)
        *wait_out = wait;
    return SKIP_RESTED;
}

static void place_on_pause(void *arg)
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

static void place_enter_planning(struct place *place)
{
    struct candidate candidates[RANKING_MAX];
    size_t count = explain_candidates(place->desk, &place->draft, candidates);
    while (place_plan(place, candidates, count)) {
        int64_t wait;
        if (place_take(place, &wait) == SKIP_NONE) {
            place_go(place, INTENDING);
            return;
        }
        if (wait > 0) {
            loop_timer_start(&place->pause, place->desk->loop, wait, place_on_pause, place);
            place_go(place, place->has_ended ? NOTING : WAITING);
            return;
        }
        place->tried |= UINT64_C(1) << place->offer;
        place->bucket_since_ms = 0;
    }
    place_finish(place, END_UNAVAILABLE,
                 place->saw_active_order ? WORDS_ACTIVE_ORDER : WORDS_UNAVAILABLE);
}

static void place_on_noted(enum ledger_result result, void *arg)
{
    struct place *place = arg;
    place->writes--;
    /* Not written: it goes along with the next intent. */
    place->has_ended = result != LEDGER_DONE;
    place_go(place, WAITING);
    if (!place->pause.is_armed)
        place_go(place, PLANNING);
}

static void place_enter_noting(struct place *place)
{
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = &place->ended,
                                   .event = "attempt_ended",
                                   .reason = place->ended.text,
                                   .request_id = place->request_id};
    place->writes++;
    CRASH_POINT("place.noting");
    ledger_write(place->desk->ledger, place->desk->loop, &change, place_on_noted, place);
}

/* ---- intending ---- */

/* Its provider too, though nothing can be asked of it yet: a provider that is being sent an order
 * cannot be removed. */
static void place_make_live(struct place *place)
{
    struct liveorder order = {
        .id = place->order,
        .service = place->draft.service->id,
        .client_id = place->client_id,
        .provider_id = (uint16_t)place_offer(place)->provider_id,
        .state = ORDERSTATE_PLACING,
        .type = place->draft.type,
        .quantity = place->draft.quantity,
        .remains = place->draft.quantity,
        .rate = place->draft.rate,
        .charge = place->draft.charge,
        .paid = place->draft.charge,
    };
    liveorders_put(place->desk->liveorders, &order);
}

static void place_move_live(struct liveorder *order, void *arg)
{
    order->provider_id = (uint16_t)place_offer(arg)->provider_id;
}

static void place_on_intended(enum ledger_result result, void *arg)
{
    struct place *place = arg;
    const struct offer *offer = place_offer(place);
    bool was_durable = place->is_durable;
    place->writes--;
    if (result == LEDGER_DONE) {
        CRASH_POINT("place.intended");
        place->is_durable = true;
        place->has_ended = false;
        if (was_durable)
            liveorders_change(place->desk->liveorders, place->order, place_move_live, place);
        else
            place_make_live(place);
        if (!place->is_abandoned) {
            place_go(place, SENDING);
            return;
        }
    } else {
        log_event(LOG_WARN, "intent_failed", "request=%s result=%s", place->request_id.ptr,
                  ledger_result_word(result));
    }
    health_unused(place->desk->health, offer->provider_id, HEALTH_ORDERS, offer->service);
    if (result == LEDGER_DONE) {
        /* The client was told an error; what committed late is closed, unsent. */
        place->ended = (struct ledger_attempt){.number = place->attempt,
                                               .state = ATTEMPTSTATE_NOT_SENT,
                                               .ended_at_ms = clock_wall_ms()};
        place->has_ended = true;
        place->reason = STR("durable only after answer_within; closed unsent");
        place_finish(place, END_ABANDONED, WORDS_UNAVAILABLE);
    } else {
        place->reason = STR("the next attempt could not be written");
        place_finish(place, END_UNAVAILABLE, WORDS_UNSAVED);
    }
}

static void place_fill_order(const struct place *place, struct str fields,
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
        .paid = MONEY_ZERO,
        .currency = str_of(place->catalogue->currency),
        .state = ORDERSTATE_PLACING,
        .remains = place->draft.quantity,
        .provider = str_of(place_provider(place)->settings.name),
        .upstream_service = place_offer(place)->service,
        .request_id = place->request_id,
        .created_at_ms = clock_wall_ms(),
    };
}

static void place_enter_intending(struct place *place)
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
        place->order = ledger_take_order_number(place->desk->ledger);
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = place->has_ended ? &place->ended : NULL,
                                   .attempt_started = &started,
                                   .event = place->is_durable ? "next_offer" : "placed",
                                   .request_id = place->request_id};
    if (!place->is_durable) {
        fields_print(&place->draft.fields, &fields);
        place_fill_order(place, buf_str(&fields), &order);
        change.insert = &order;
    }
    if (place->order == 0) {
        buf_fini(&fields);
        health_unused(place->desk->health, place_offer(place)->provider_id, HEALTH_ORDERS,
                      place_offer(place)->service);
        log_event(LOG_ERROR, "order_numbers_used_up", "order=%u", place->order);
        place_finish(place, END_UNAVAILABLE, WORDS_UNAVAILABLE);
        return;
    }
    place->writes++;
    CRASH_POINT("place.intending");
    ledger_write(place->desk->ledger, place->desk->loop, &change, place_on_intended, place);
    buf_fini(&fields);
}

/* ---- sending ---- */

static enum retryverdict place_judge(struct place *place, const struct answer *answer)
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

static void place_keep_end(struct place *place, enum retryverdict verdict,
                           const struct answer *answer)
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

static void place_on_answer(const struct answer *answer, void *arg)
{
    struct place *place = arg;
    const struct offer *offer = place_offer(place);
    struct money cost = MONEY_ZERO;
    place->ask = NULL;
    CRASH_POINT("place.answered");
    if (!quote_charge(offer->rate, place->draft.quantity, ordertype_row(place->draft.type)->is_flat,
                      8, &cost))
        cost = MONEY_ZERO;
    health_note(place->desk->health, offer->provider_id, HEALTH_ORDERS, offer->service, answer,
                cost, loop_now_ms(place->desk->loop));
    if (answer->is_funds)
        refresher_ask_balance(place->desk->refresher, offer->provider_id);
    enum retryverdict verdict = place_judge(place, answer);
    place_keep_end(place, verdict, answer);
    switch (verdict) {
    case RETRYVERDICT_BOOK:
        place_finish(place, END_ACCEPTED, NULL);
        break;
    case RETRYVERDICT_NEXT:
        atomic_fetch_add_explicit(&desk_totals.failovers, 1, memory_order_relaxed);
        place_go(place, PLANNING);
        break;
    case RETRYVERDICT_REFUSE:
        place_finish(place, END_REFUSED, words_refusal(answer->refusal));
        break;
    case RETRYVERDICT_DOUBT:
        place_finish(place, END_DOUBT, NULL);
        break;
    }
}

static void place_enter_sending(struct place *place)
{
    const struct offer *offer = place_offer(place);
    struct fields fields = place->draft.fields;
    struct question question = {
        .action = QUESTION_ADD, .service = offer->service, .fields = &fields};
    struct ask_options options = {.request_id = place->request_id.ptr,
                                  .wait_ms = CONNECTION_WAIT_MS};
    /* Panels check a package's quantity against their own minimum, whatever they charge. */
    if (ordertype_row(place->draft.type)->quantity == ORDERTYPE_QUANTITY_ONE)
        fields.value[FIELD_QUANTITY] = str_of(arena_printf(
            &place->arena, "%lld",
            (long long)(offer->has_limits && offer->min > 0 ? offer->min : place->draft.quantity)));
    CRASH_POINT("place.sending");
    place->ask = ask_start(place->desk->loop, place_provider(place), &question, &options,
                           place_on_answer, place);
}

/* ---- booking ---- */

static const char *place_end_word(enum place_end end)
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

static void place_fill_update(const struct place *place, struct ledger_update *update)
{
    *update = (struct ledger_update){
        .has_state = true, .has_paid = true, .has_remains = true, .remains = place->draft.quantity};
    if (is_refusal(place->end)) {
        update->state = place->is_promised || place->end == END_ABANDONED ? ORDERSTATE_CANCELED
                                                                          : ORDERSTATE_REFUSED;
        return;
    }
    update->state = place->end == END_ACCEPTED ? ORDERSTATE_PENDING : ORDERSTATE_DOUBT;
    update->paid = place->draft.charge;
    update->gives_number = true;
    update->has_upstream = true;
    update->provider = str_of(place_provider(place)->settings.name);
    update->upstream_service = place_offer(place)->service;
    update->upstream_id = place->end == END_ACCEPTED ? place->ended.upstream_id : STR("");
}

static void place_book_live(struct liveorder *order, void *arg)
{
    struct place *place = arg;
    struct ledger_update update;
    place_fill_update(place, &update);
    order->state = update.state;
    order->paid = update.paid;
    order->remains = update.remains;
    order->provider_id = (uint16_t)place_offer(place)->provider_id;
    if (update.upstream_id.len && update.upstream_id.len < sizeof order->upstream_id) {
        memcpy(order->upstream_id, update.upstream_id.ptr, update.upstream_id.len);
        order->upstream_id[update.upstream_id.len] = '\0';
    }
}

static void place_count_end(const struct place *place)
{
    switch (place->end) {
    case END_ACCEPTED:
        atomic_fetch_add_explicit(&desk_totals.accepted, 1, memory_order_relaxed);
        break;
    case END_DOUBT:
        atomic_fetch_add_explicit(&desk_totals.doubt, 1, memory_order_relaxed);
        break;
    case END_REFUSED:
        atomic_fetch_add_explicit(&desk_totals.refused_client, 1, memory_order_relaxed);
        break;
    case END_UNAVAILABLE:
    case END_ABANDONED:
        atomic_fetch_add_explicit(&desk_totals.unavailable, 1, memory_order_relaxed);
        break;
    }
}

static void place_write_outcome(struct place *place);

static void place_on_book_again(void *arg)
{
    place_write_outcome(arg);
}

static void place_on_booked(enum ledger_result result, void *arg)
{
    struct place *place = arg;
    place->writes--;
    CRASH_POINT("place.booked");
    if (result == LEDGER_DONE || result == LEDGER_REFUSED) {
        if (result == LEDGER_REFUSED)
            log_event(LOG_ERROR, "booking_refused", "request=%s order=%u outcome=%s",
                      place->request_id.ptr, place->order, place_end_word(place->end));
        /* Not before: a panel asked earlier might say "completed", and another loop's change with
         * that could come to the books before ours with the panel's number. */
        if (is_refusal(place->end))
            liveorders_remove(place->desk->liveorders, place->order);
        else
            liveorders_change(place->desk->liveorders, place->order, place_book_live, place);
        place->state = CLOSED;
        place_answer(place, is_refusal(place->end) ? 0 : place->order, place->words);
        place_release(place);
        return;
    }
    atomic_fetch_add_explicit(&desk_totals.unbooked, 1, memory_order_relaxed);
    log_event(LOG_WARN, "booking_failed", "request=%s order=%u outcome=%s result=%s",
              place->request_id.ptr, place->order, place_end_word(place->end),
              ledger_result_word(result));
    loop_timer_start(&place->pause, place->desk->loop, BOOK_AGAIN_MS, place_on_book_again, place);
    place_answer(place, is_refusal(place->end) ? 0 : place->order, place->words);
}

static void place_write_outcome(struct place *place)
{
    struct ledger_update update;
    place_fill_update(place, &update);
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = place->has_ended ? &place->ended : NULL,
                                   .update = &update,
                                   .event = place_end_word(place->end),
                                   .reason = place->reason,
                                   .request_id = place->request_id};
    place->writes++;
    CRASH_POINT("place.booking");
    ledger_write(place->desk->ledger, place->desk->loop, &change, place_on_booked, place);
}

static void place_enter_booking(struct place *place)
{
    place_count_end(place);
    log_event(LOG_INFO, "order",
              "request=%s order=%u client=%s service=%u outcome=%s provider=%s "
              "attempts=%u reason=%s",
              place->request_id.ptr, place->order, place->client.ptr, place->draft.service->id,
              place_end_word(place->end), place_provider_name(place), place->attempt,
              log_value(place->reason).text);
    place_write_outcome(place);
}

/* ---- the machine ---- */

static const struct place_step {
    const char *name;
    void (*enter)(struct place *place);
    unsigned next; /* bits of the states it may go to */
} place_steps[STATE_COUNT] = {
    [PLANNING] = {"planning", place_enter_planning,
                  1u << INTENDING | 1u << NOTING | 1u << WAITING | 1u << BOOKING},
    [NOTING] = {"noting", place_enter_noting, 1u << WAITING},
    [WAITING] = {"waiting", NULL, 1u << PLANNING},
    [INTENDING] = {"intending", place_enter_intending, 1u << SENDING | 1u << BOOKING},
    [SENDING] = {"sending", place_enter_sending, 1u << PLANNING | 1u << BOOKING},
    [BOOKING] = {"booking", place_enter_booking, 0},
    [CLOSED] = {"closed", NULL, 0},
};

static void place_go(struct place *place, enum place_state state)
{
    ASSERT((place_steps[place->state].next >> state) & 1);
    log_event(LOG_DEBUG, "place", "request=%s order=%u from=%s to=%s", place->request_id.ptr,
              place->order, place_steps[place->state].name, place_steps[state].name);
    place->state = state;
    if (place_steps[state].enter)
        place_steps[state].enter(place);
}

static struct place *place_new(struct desk *desk, struct str request_id)
{
    struct place *place = memory_new(sizeof *place);
    arena_init_on(&place->arena, place->first_bytes, sizeof place->first_bytes);
    place->desk = desk;
    place->catalogue = catalogue_pin(desk->catalogue);
    place->request_id = str_make(arena_text(&place->arena, request_id), request_id.len);
    place->offer = SIZE_MAX;
    desk->places++;
    return place;
}

void place_start(struct desk *desk, const struct place_request *request, place_done_fn *done,
                 void *arg)
{
    struct place *place = place_new(desk, request->request_id);
    place->draft = *request->draft;
    for (size_t f = 0; f < FIELD_COUNT; f++)
        place->draft.fields.value[f] = arena_str(&place->arena, request->draft->fields.value[f]);
    place->client = arena_str(&place->arena, str_of(request->client->settings.name));
    place->client_id = request->client->id;
    place->done = done;
    place->arg = arg;
    if (request->draft->service->routing == RANKING_WEIGHTED)
        digest_random(&place->random, sizeof place->random);
    atomic_fetch_add_explicit(&desk_totals.placed, 1, memory_order_relaxed);
    loop_timer_start(&place->deadline, desk->loop, desk->settings.answer_within_ms,
                     place_on_deadline, place);
    place->is_starting = true;
    place_enter_planning(place);
    if (place->state != CLOSED)
        place->is_starting = false;
}

/* ---- going on after a restart or an operator's word ---- */

static void place_mark_tried(struct place *place, const struct ledger_attempt *attempt)
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
static void place_cancel_unsold(struct desk *desk, const struct ledger_order *order)
{
    struct ledger_update update = {.has_state = true,
                                   .has_paid = true,
                                   .has_remains = true,
                                   .state = ORDERSTATE_CANCELED,
                                   .remains = order->quantity};
    struct ledger_change change = {.order = order->id,
                                   .update = &update,
                                   .event = "unavailable",
                                   .reason = STR("its service is no longer sold"),
                                   .request_id = order->request_id};
    log_event(LOG_WARN, "order_unsold", "order=%u service=%u", order->id, order->service);
    ledger_write(desk->ledger, NULL, &change, NULL, NULL);
    liveorders_remove(desk->liveorders, order->id);
}

void place_resume(struct desk *desk, const struct ledger_order *order,
                  const struct ledger_attempt *attempts, size_t attempt_count)
{
    struct fields fields;
    struct fault why;
    const struct service *service =
        desk->catalogue ? catalogue_find(desk->catalogue, order->service) : NULL;
    if (service == NULL) {
        place_cancel_unsold(desk, order);
        return;
    }
    struct place *place = place_new(desk, order->request_id);
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
        place_cancel_unsold(desk, order);
        return;
    }
    for (size_t i = 0; i < attempt_count; i++) {
        place_mark_tried(place, &attempts[i]);
        place->attempt = attempts[i].number > place->attempt ? attempts[i].number : place->attempt;
    }
    place->offer = 0;
    digest_random(&place->random, sizeof place->random);
    place_enter_planning(place);
}
