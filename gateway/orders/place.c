/* place: the life of one `add`, from a checked draft to a booked outcome.
 *
 *   CREATED ──> PLANNING ──> INTENDING ──> SENDING ──> BOOKING ──> CLOSED
 *      │          │ ^ ^          │            │           ^          ^
 *      │          │ │ └──────────┼─ next ─────┘           │          │
 *      │          │ └─ WAITING <─┼─ NOTING                │          │
 *      │          └──────────────┴────────────────────────┤          │
 *      └──> QUEUING ──────────────────────────────────────┴──────────┘
 *
 *   (an order from the ledger whose service is no longer sold goes straight to BOOKING)
 *   QUEUING    "it waits for its link" is on its way to disk; link_turns goes on with it
 *   PLANNING   which offer is next; never waits
 *   NOTING     a refusal is being written before we wait
 *   WAITING    for the provider's rate bucket, at most 1 s per offer
 *   INTENDING  "attempt n at provider P is being sent" is on its way to disk
 *   SENDING    the upstream call is under way; from here on only its response decides
 *   BOOKING    the outcome is on its way to disk, retried until it is there
 *   CLOSED     nothing under way; freed once no write is outstanding
 *
 * place_steps is the table of states and allowed moves, place_go the only function that changes a
 * state; the sections below follow the order of the life.
 *
 * Promises: no number leaves before the commit that holds it; nothing is sent before its intent is
 * durable; what may have been executed is never sent again. The client gets one reply, at most
 * answer_within after the start. The order context's thread only. */
#include "orders/place.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/digest.h"
#include "base/log.h"
#include "orders/children.h"
#include "orders/claims.h"
#include "orders/cost.h"
#include "orders/explain.h"
#include "orders/links.h"
#include "orders/messages.h"
#include "orders/refs.h"
#include "orders/reply_once.h"
#include "orders/settlement.h"
#include "providers/upstream_call.h"
#include "routing/judge.h"

enum {
    PLACE_FIRST_BYTES = 512,
    BUCKET_WAIT_MS = 1000,
    CONNECTION_WAIT_MS = 1000,
    BOOK_AGAIN_MS = 250
};

enum place_state {
    CREATED,
    QUEUING,
    PLANNING,
    NOTING,
    WAITING,
    INTENDING,
    SENDING,
    BOOKING,
    CLOSED,
    STATE_COUNT
};

enum place_end { END_ACCEPTED, END_QUEUED, END_DOUBT, END_REFUSED, END_UNAVAILABLE, END_ABANDONED };

struct place {
    struct order_context *context;
    struct arena arena;
    struct catalogue *catalogue;  /* pinned: draft.service and the providers live there */
    struct draft draft;           /* what is sent: of an order that goes on, what is left of it;
                                     its service NULL: no longer sold */
    struct settlement_order sold; /* all of it, as its client has it */
    struct str client, request_id;
    unsigned client_id;
    struct ledger_funds funds; /* what the intent takes of its client's */
    bool is_limited;           /* prepaid, or with a limit a day: its account decides */
    enum place_state state;
    uint32_t order;        /* its number; 0 until the first intent */
    uint64_t random;       /* of the weighted draw, kept so that a plan stays the same */
    uint64_t claim;        /* 0: none */
    struct ledger_ref ref; /* "" when none */
    int64_t link_hash;     /* reserved, or waited for; 0: its service takes any number */
    bool is_queued;        /* it waits for its link, or has only just got it: nothing was sent */
    uint64_t tried;        /* bits of offers that were tried or cannot be */
    uint64_t doubted[PROVIDER_MAX / 64]; /* providers where an attempt of this order was in doubt */
    size_t offer;                        /* the one being tried */
    unsigned attempt;                    /* its number, 1… */
    int64_t placed_at_ms;                /* wall */
    int64_t bucket_since_ms;     /* since when `offer` waits for its bucket; 0: it does not */
    struct ledger_attempt ended; /* the last attempt's outcome, not yet in the ledger */
    bool has_ended;
    struct money cost; /* of the current attempt, our currency; as its panel corrected it */
    bool is_cost_corrected;
    struct upstream_call *call;
    enum place_end end;
    const char *message; /* for the client, when refused */
    struct str reason;   /* for the operator */
    bool is_durable;     /* the order is in the ledger */
    bool is_promised;    /* its number was given, or is being made so */
    bool is_abandoned;   /* the client got an error; what may still be executed decides alone */
    bool is_starting;    /* within place_start: replies come later */
    bool saw_active_order;
    unsigned writes; /* outstanding at the ledger */
    struct reply_once reply;
    struct loop_timer pause;
    place_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[PLACE_FIRST_BYTES];
};

/* ---- the machine ---- */

static void place_queue(struct place *place);
static void place_plan(struct place *place);
static void place_note(struct place *place);
static void place_intend(struct place *place);
static void place_send(struct place *place);
static void place_book(struct place *place);
static void place_close(struct place *place);

#define TO(state) (1u << (state))

static const struct place_step {
    const char *name;
    void (*enter)(struct place *place); /* what is done there; CLOSED may free it */
    unsigned next;                      /* bits of the states it may go to */
} place_steps[STATE_COUNT] = {
    [CREATED] = {"created", NULL, TO(PLANNING) | TO(QUEUING) | TO(BOOKING) | TO(CLOSED)},
    [QUEUING] = {"queuing", place_queue, TO(BOOKING) | TO(CLOSED)},
    [PLANNING] = {"planning", place_plan,
                  TO(INTENDING) | TO(NOTING) | TO(WAITING) | TO(BOOKING) | TO(CLOSED)},
    [NOTING] = {"noting", place_note, TO(WAITING)},
    [WAITING] = {"waiting", NULL, TO(PLANNING) | TO(CLOSED)},
    [INTENDING] = {"intending", place_intend, TO(SENDING) | TO(BOOKING) | TO(CLOSED)},
    [SENDING] = {"sending", place_send, TO(PLANNING) | TO(BOOKING)},
    [BOOKING] = {"booking", place_book, TO(CLOSED)},
    [CLOSED] = {"closed", place_close, 0},
};

#undef TO

/* The only function that changes its state; then does what belongs to the new one. */
static void place_go(struct place *place, enum place_state state)
{
    ASSERT((place_steps[place->state].next >> state) & 1);
    log_event(LOG_DEBUG, "place", "request=%s order=%u from=%s to=%s", place->request_id.ptr,
              place->order, place_steps[place->state].name, place_steps[state].name);
    place->state = state;
    if (place_steps[state].enter)
        place_steps[state].enter(place);
}

/* To BOOKING; straight to CLOSED when there is nothing of it in the ledger. */
static void place_finish(struct place *place, enum place_end end, const char *message)
{
    place->end = end;
    place->message = message;
    if (place->is_durable) {
        place_go(place, BOOKING);
        return;
    }
    atomic_fetch_add_explicit(&order_context_totals.unavailable, 1, memory_order_relaxed);
    place_go(place, CLOSED);
}

static const struct offer *place_offer(const struct place *place) /* the one being tried */
{
    return &place->draft.service->offers[place->offer];
}

static const struct provider *place_provider(const struct place *place) /* that offer's */
{
    return provider_set_by_id(place->catalogue->providers, place_offer(place)->provider_id);
}

static bool place_is_refusal(enum place_end end)
{
    return end == END_REFUSED || end == END_UNAVAILABLE || end == END_ABANDONED;
}

static uint32_t place_service(const struct place *place) /* 0: no longer sold */
{
    return place->draft.service ? place->draft.service->id : 0;
}

/* ---- the one reply to the client ---- */

/* order 0: refused, message says why. */
static void place_answer(struct place *place, uint32_t order, const char *message)
{
    if (!reply_once_take(&place->reply))
        return;
    if (order)
        place->is_promised = true;
    if (order && place->ref.ref.len > 0)
        refs_give(place->context->refs, place->client_id, place->ref.ref, order);
    place->done(order, message, place->arg);
}

static void place_answer_end(struct place *place)
{
    place_answer(place, place_is_refusal(place->end) ? 0 : place->order, place->message);
}

/* Once the ledger knows how it ended: whoever waits with the same ref gets its answer. */
static void place_end_ref(struct place *place)
{
    bool is_refused = place_is_refusal(place->end) && !place->is_promised;
    if (place->ref.ref.len > 0)
        refs_end(place->context->refs, place->client_id, place->ref.ref,
                 is_refused ? 0 : place->order, place->message);
}

/* Frees it once it is closed, answered, and no write is outstanding. */
static void place_release(struct place *place)
{
    if (place->state != CLOSED || place->writes > 0 || !place->reply.is_given)
        return;
    order_context_end_work(place->context, &place->context->places);
    if (!place->is_queued)
        links_release(open_orders_links(place->context->open_orders), place->link_hash);
    reply_once_fini(&place->reply);
    loop_timer_fini(&place->pause);
    catalogue_unpin(&place->catalogue);
    arena_fini(&place->arena);
    free(place);
}

/* The client gets an error: no further offer is tried. An attempt that is under way may be executed
 * all the same; its outcome is booked as it comes. */
static void place_abandon(struct place *place)
{
    place->is_abandoned = true;
    place->is_promised = false;
    /* Should a panel have taken it all the same, the client's next equal add gets its number. */
    if (place->is_durable)
        claims_lose(place->context->claims, place->claim);
    place_answer(place, 0, MESSAGES_UNSAVED);
    if (place->state == WAITING) {
        loop_timer_cancel(&place->pause);
        place_go(place, PLANNING);
    }
}

static void place_on_given(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    place->writes--;
    CRASH_POINT("place.number_given");
    if (outcome.result == LEDGER_DONE) {
        place_answer(place, place->order, NULL);
    } else if (!place->reply.is_given) {
        log_event(LOG_WARN, "number_not_given", "request=%s order=%u result=%s",
                  place->request_id.ptr, place->order, ledger_result_name(outcome.result));
        place_abandon(place);
    }
    place_release(place);
}

/* Only a number whose having been given is durable leaves: after a crash between two offers an
 * order goes on because of it. */
static void place_give_number(struct place *place)
{
    struct ledger_update update = {.gives_number = true};
    struct ledger_change change = {.order = place->order,
                                   .update = &update,
                                   .event = "number_given",
                                   .request_id = place->request_id};
    atomic_fetch_add_explicit(&order_context_totals.late_answers, 1, memory_order_relaxed);
    place->is_promised = true;
    place->writes++;
    ledger_write(place->context->ledger, place->context->loop, &change, place_on_given, place);
}

/* answer_within is over: an error when nothing is durable yet, else the number, and we go on. */
static void place_on_deadline(void *arg)
{
    struct place *place = arg;
    if (place->state == WAITING && !place->is_durable) {
        loop_timer_cancel(&place->pause);
        place_finish(place, END_UNAVAILABLE, MESSAGES_UNAVAILABLE);
    } else if (!place->is_durable) {
        place_abandon(place);
    } else if (place->state == BOOKING) {
        place_answer_end(place);
    } else {
        place_give_number(place);
    }
}

/* ---- PLANNING: which offer is next ---- */

/* Takes the provider's bucket and the offer's health; SKIP_NONE when this offer may be sent now,
 * SKIP_COOL_DOWN when its bucket is worth waiting for (wait_out), anything else: not this one. */
static enum skip place_take_offer(struct place *place, int64_t *wait_out)
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

static bool place_choose_offer(struct place *place, struct candidate *candidates, size_t count)
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

static void place_on_pause(void *arg)
{
    struct place *place = arg;
    /* Still noting: that write's completion sees that the pause is over. */
    if (place->state == WAITING)
        place_go(place, PLANNING);
}

static void place_plan(struct place *place)
{
    struct candidate candidates[RANKING_MAX];
    if (place->is_abandoned) {
        place->reason = STR("its number could not be given; no further offer was tried");
        place_finish(place, END_ABANDONED, MESSAGES_UNSAVED);
        return;
    }
    size_t count = explain_candidates(place->context, &place->draft, candidates);
    while (place_choose_offer(place, candidates, count)) {
        int64_t wait;
        if (place_take_offer(place, &wait) == SKIP_NONE) {
            place_go(place, INTENDING);
            return;
        }
        if (wait > 0) {
            loop_timer_start(&place->pause, place->context->loop, wait, place_on_pause, place);
            place_go(place, place->has_ended ? NOTING : WAITING);
            return;
        }
        place->tried |= UINT64_C(1) << place->offer;
        place->bucket_since_ms = 0;
    }
    place_finish(place, END_UNAVAILABLE,
                 place->saw_active_order ? MESSAGES_ACTIVE_ORDER : MESSAGES_UNAVAILABLE);
}

/* ---- NOTING: a refusal is written before we wait ---- */

static void place_on_noted(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    place->writes--;
    /* Not written: it goes along with the next intent. */
    place->has_ended = outcome.result != LEDGER_DONE;
    place_go(place, WAITING);
    if (!place->pause.is_armed)
        place_go(place, PLANNING);
}

static void place_note(struct place *place)
{
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = &place->ended,
                                   .event = "attempt_ended",
                                   .reason = place->ended.text,
                                   .request_id = place->request_id};
    place->writes++;
    CRASH_POINT("place.noting");
    ledger_write(place->context->ledger, place->context->loop, &change, place_on_noted, place);
}

/* ---- INTENDING: nothing is sent before this is durable ---- */

/* Subscriptions: the most that all posts may come to. */
static struct money place_ceiling(const struct place *place)
{
    const struct draft *draft = &place->draft;
    struct money ceiling = OPEN_ORDER_NO_CEILING;
    struct children_terms terms =
        children_terms_of(&draft->fields, draft->type, draft->quantity, draft->rate, draft->charge,
                          place->context->settings.decimals);
    bool has_ceiling =
        draft->type == ORDERTYPE_SUBSCRIPTIONS && children_share_of_all(&terms, &ceiling);
    return has_ceiling ? ceiling : OPEN_ORDER_NO_CEILING;
}

static void place_open_order(const struct place *place, enum orderstate state, uint16_t provider_id,
                             int64_t link_hash)
{
    struct open_order order = {
        .id = place->order,
        .service = place->draft.service->id,
        .client_id = place->client_id,
        .provider_id = provider_id,
        .course.state = state,
        .type = place->draft.type,
        .quantity = place->draft.quantity,
        .course.remains = place->draft.quantity,
        .rate = place->draft.rate,
        .charge = place->draft.charge,
        .course.paid = place->draft.charge,
        .ceiling = place_ceiling(place),
        .link_hash = link_hash,
        .decimals = place->context->settings.decimals,
        .placed_at_ms = place->placed_at_ms,
    };
    open_orders_put(place->context->open_orders, &order);
}

/* Its provider too, though nothing can be asked of it yet: a provider that is being sent an order
 * cannot be removed. */
static void place_open_placing(const struct place *place)
{
    place_open_order(place, ORDERSTATE_PLACING, (uint16_t)place_offer(place)->provider_id,
                     place->link_hash);
}

static void place_move_open_order(struct open_order *order, void *arg)
{
    order->course.state = ORDERSTATE_PLACING;
    order->provider_id = (uint16_t)place_offer(arg)->provider_id;
}

/* The client got an error meanwhile: what committed late is closed, unsent. */
static void place_close_unsent(struct place *place)
{
    place->ended = (struct ledger_attempt){
        .number = place->attempt, .state = ATTEMPTSTATE_NOT_SENT, .ended_at_ms = clock_wall_ms()};
    place->has_ended = true;
    place->reason = STR("its client was no longer there to get its number; closed unsent");
    place_finish(place, END_ABANDONED, MESSAGES_UNAVAILABLE);
}

static void place_finish_unwritten(struct place *place, enum ledger_result result)
{
    if (result == LEDGER_NO_FUNDS) {
        place_finish(place, END_UNAVAILABLE, MESSAGES_NO_FUNDS);
    } else if (result == LEDGER_DUPLICATE) {
        place_finish(place, END_UNAVAILABLE, MESSAGES_REF_BUSY); /* by another gateway */
    } else {
        place->reason = STR("the next attempt could not be written");
        place_finish(place, END_UNAVAILABLE, MESSAGES_UNSAVED);
    }
}

/* Its client was faster, and canceled it while it waited for its link. */
static bool place_is_withdrawn(const struct place *place, struct ledger_outcome outcome)
{
    return place->is_queued && outcome.result == LEDGER_NOT_ALLOWED &&
           orderstate_is_final(outcome.from);
}

static void place_close_withdrawn(struct place *place)
{
    log_event(LOG_INFO, "order_withdrawn", "order=%u", place->order);
    open_orders_remove(place->context->open_orders, place->order);
    place_go(place, CLOSED);
}

static void place_on_intended(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    const struct offer *offer = place_offer(place);
    bool was_durable = place->is_durable;
    place->writes--;
    if (outcome.result == LEDGER_DONE) {
        CRASH_POINT("place.intended");
        place->is_durable = true;
        place->has_ended = place->is_queued = false;
        if (was_durable)
            open_orders_change(place->context->open_orders, place->order, place_move_open_order,
                               place);
        else
            place_open_placing(place);
        if (!was_durable && !claims_set_order(place->context->claims, place->claim, place->order))
            place->is_abandoned = true;
        if (!place->is_abandoned) {
            place_go(place, SENDING);
            return;
        }
    } else if (!place_is_withdrawn(place, outcome)) {
        log_event(LOG_WARN, "intent_failed", "request=%s result=%s", place->request_id.ptr,
                  ledger_result_name(outcome.result));
    }
    health_unused(place->context->health, offer->provider_id, HEALTH_ORDERS, offer->service);
    if (place_is_withdrawn(place, outcome))
        place_close_withdrawn(place);
    else if (outcome.result == LEDGER_DONE)
        place_close_unsent(place);
    else
        place_finish_unwritten(place, outcome.result);
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
        .course.paid = MONEY_ZERO,
        .currency = str_of(place->catalogue->currency),
        .course.state = ORDERSTATE_PLACING,
        .course.remains = place->draft.quantity,
        .provider = STR(""),
        .upstream_service = STR(""),
        .request_id = place->request_id,
        .created_at_ms = place->placed_at_ms,
        .link_hash = place->link_hash,
        .sale.decimals = place->context->settings.decimals,
    };
}

static void place_fill_offer(const struct place *place, struct ledger_order *order)
{
    order->provider = order->sale.provider = str_of(place_provider(place)->settings.name);
    order->upstream_service = order->sale.upstream_service = place_offer(place)->service;
    order->sale.cost = place_offer(place)->cost;
}

static void place_write_intent(struct place *place)
{
    struct ledger_order order;
    struct buf fields;
    struct ledger_attempt started = {.number = place->attempt,
                                     .provider = str_of(place_provider(place)->settings.name),
                                     .upstream_service = place_offer(place)->service,
                                     .cost = place->cost,
                                     .state = ATTEMPTSTATE_SENDING,
                                     .request_id = place->request_id,
                                     .started_at_ms = clock_wall_ms()};
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = place->has_ended ? &place->ended : NULL,
                                   .attempt_started = &started,
                                   .event = place->is_durable && !place->is_queued ? "next_offer"
                                                                                   : "placed",
                                   .request_id = place->request_id};
    const struct ledger_update turn = {
        .has_course = true,
        .only_if_queued = true,
        .course = {.state = ORDERSTATE_PLACING, .remains = place->sold.quantity}};
    if (place->is_queued)
        change.update = &turn;
    buf_init(&fields, 4 * DRAFT_LIST_BYTES);
    if (!place->is_durable) {
        field_print_all(&place->draft.fields, &fields);
        place_fill_order(place, buf_str(&fields), &order);
        place_fill_offer(place, &order);
        change.insert = &order;
        change.funds = place->is_limited ? &place->funds : NULL;
        change.ref = place->ref.ref.len > 0 ? &place->ref : NULL;
    }
    place->writes++;
    CRASH_POINT("place.intending");
    ledger_write(place->context->ledger, place->context->loop, &change, place_on_intended, place);
    buf_fini(&fields);
}

static void place_intend(struct place *place)
{
    const struct offer *offer = place_offer(place);
    place->tried |= UINT64_C(1) << place->offer;
    place->bucket_since_ms = 0;
    place->attempt++;
    if (place->order == 0)
        place->order = ledger_take_order_number(place->context->ledger);
    if (place->order == 0) {
        health_unused(place->context->health, offer->provider_id, HEALTH_ORDERS, offer->service);
        log_event(LOG_ERROR, "order_numbers_used_up", "order=%u", place->order);
        place_finish(place, END_UNAVAILABLE, MESSAGES_UNAVAILABLE);
        return;
    }
    place_write_intent(place);
}

/* ---- SENDING: the panel's response decides ---- */

static enum retryverdict place_judge(struct place *place, const struct upstream_response *response)
{
    unsigned id = place_offer(place)->provider_id;
    if (response->outcome == OUTCOME_REFUSED && response->is_active_order) {
        /* Where an attempt of ours was in doubt, this says that it was taken. */
        if ((place->doubted[id / 64] >> (id % 64)) & 1)
            return RETRYVERDICT_DOUBT;
        place->saw_active_order = true;
    }
    return judge_retry(response);
}

/* What the panel says it took is what the ledger should say. */
static void place_check_cost(struct place *place, const struct upstream_response *response)
{
    struct money taken;
    bool is_comparable = place->draft.type != ORDERTYPE_SUBSCRIPTIONS &&
                         place->draft.quantity == place->draft.run_quantity;
    if (!is_comparable || !response->has_charge ||
        !cost_is_other(place->cost, response->charge, place_provider(place)->exchange, &taken))
        return;
    cost_note_other(place->order, place->cost, taken);
    place->cost = taken;
    place->is_cost_corrected = true;
}

/* It is the note of what is given back, which the client's statement shows: what the panel said
 * stays with the attempt. In doubt it is for the operator alone, who reads it there first. */
static struct str place_reason(const struct place *place, enum retryverdict verdict,
                               const struct upstream_response *response)
{
    if (verdict == RETRYVERDICT_BOOK)
        return STR("");
    if (verdict == RETRYVERDICT_DOUBT)
        return place->ended.text.len ? place->ended.text : place->ended.evidence;
    if (response->refusal == REFUSAL_LINK)
        return STR("its link was refused");
    if (response->is_active_order || response->refusal == REFUSAL_ACTIVE_ORDER)
        return STR("its link has an active order");
    return response->is_mismatch ? STR("its fields were refused") : STR("no offer took it");
}

static void place_keep_end(struct place *place, enum retryverdict verdict,
                           const struct upstream_response *response)
{
    static const enum attemptstate states[] = {
        [RETRYVERDICT_BOOK] = ATTEMPTSTATE_ACCEPTED,
        [RETRYVERDICT_NEXT] = ATTEMPTSTATE_REFUSED,
        [RETRYVERDICT_REFUSE] = ATTEMPTSTATE_REFUSED,
        [RETRYVERDICT_DOUBT] = ATTEMPTSTATE_DOUBT,
    };
    place->ended = (struct ledger_attempt){
        .number = place->attempt,
        .state = response->outcome == OUTCOME_NOT_SENT ? ATTEMPTSTATE_NOT_SENT : states[verdict],
        .upstream_id = arena_str(&place->arena, response->order),
        .text = arena_str(&place->arena, response->error),
        .evidence = arena_str(&place->arena, response->evidence),
        .ended_at_ms = clock_wall_ms()};
    place->has_ended = true;
    if (verdict == RETRYVERDICT_BOOK)
        place_check_cost(place, response);
    place->reason = place_reason(place, verdict, response);
}

static void place_note_health(struct place *place, const struct upstream_response *response)
{
    const struct offer *offer = place_offer(place);
    struct money cost = MONEY_ZERO;
    if (!quote_charge(offer->rate, place->draft.quantity, ordertype_row(place->draft.type)->is_flat,
                      8, &cost))
        cost = MONEY_ZERO;
    health_note(place->context->health, offer->provider_id, HEALTH_ORDERS, offer->service, response,
                cost, loop_now_ms(place->context->loop));
    if (response->is_funds)
        refresher_fetch_balance(place->context->refresher, offer->provider_id);
    if (response->is_mismatch)
        refresher_complain(place->context->refresher, offer->provider_id);
}

static void place_on_response(const struct upstream_response *response, void *arg)
{
    struct place *place = arg;
    place->call = NULL;
    CRASH_POINT("place.answered");
    place_note_health(place, response);
    enum retryverdict verdict = place_judge(place, response);
    place_keep_end(place, verdict, response);
    switch (verdict) {
    case RETRYVERDICT_BOOK:
        place_finish(place, END_ACCEPTED, NULL);
        break;
    case RETRYVERDICT_NEXT:
        atomic_fetch_add_explicit(&order_context_totals.failovers, 1, memory_order_relaxed);
        place_go(place, PLANNING);
        break;
    case RETRYVERDICT_REFUSE:
        place_finish(place, END_REFUSED, messages_refusal(response->refusal));
        break;
    case RETRYVERDICT_DOUBT:
        place_finish(place, END_DOUBT, NULL);
        break;
    }
}

static void place_send(struct place *place)
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
                                      &options, place_on_response, place);
}

/* ---- BOOKING: the outcome into the ledger, retried until it is there ---- */

static const char *place_provider_name(const struct place *place)
{
    const struct service *service = place->draft.service;
    const struct provider *provider =
        service && place->offer < service->offer_count ? place_provider(place) : NULL;
    return provider ? provider->settings.name : "";
}

static const char *place_end_name(enum place_end end)
{
    switch (end) {
    case END_ACCEPTED:
        return "accepted";
    case END_QUEUED:
        return "queued";
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

static struct order_course place_end_course(const struct place *place)
{
    struct order_course course = settlement_end(&place->sold);
    if (place_is_refusal(place->end)) {
        if (!place->is_promised && place->end != END_ABANDONED)
            course.state = ORDERSTATE_REFUSED;
    } else {
        course.state = place->end == END_ACCEPTED ? ORDERSTATE_PENDING : ORDERSTATE_DOUBT;
        course.paid = place->sold.charge;
    }
    return course;
}

static void place_fill_update(const struct place *place, struct ledger_update *update)
{
    *update = (struct ledger_update){
        .has_course = true, .only_if_queued = place->is_queued, .course = place_end_course(place)};
    if (place_is_refusal(place->end))
        return;
    update->gives_number = true;
    update->has_cost = place->is_cost_corrected;
    update->cost = place->cost;
    update->has_upstream = true;
    update->provider = str_of(place_provider(place)->settings.name);
    update->upstream_service = place_offer(place)->service;
    update->upstream_id = place->end == END_ACCEPTED ? place->ended.upstream_id : STR("");
}

static void place_end_open_order(struct open_order *order, void *arg)
{
    struct place *place = arg;
    struct str upstream_id = place->end == END_ACCEPTED ? place->ended.upstream_id : STR("");
    order->course = place_end_course(place);
    order->provider_id = (uint16_t)place_offer(place)->provider_id;
    order->bought = place_offer(place)->cost;
    order->cost = place->cost;
    /* Nothing of an earlier panel's counts for this one. */
    order->unit = 0;
    order->asked_at_ms = order->unknown_since_ms = 0;
    order->due_at_ms = loop_now_ms(place->context->loop) +
                       schedule_first_ms(place->context->settings.track_after_ms, place->random);
    if (upstream_id.len && upstream_id.len < sizeof order->upstream_id) {
        memcpy(order->upstream_id, upstream_id.ptr, upstream_id.len);
        order->upstream_id[upstream_id.len] = '\0';
    }
}

static void place_count_end(const struct place *place)
{
    _Atomic uint64_t *total = &order_context_totals.unavailable;
    if (place->end == END_ACCEPTED)
        total = &order_context_totals.accepted;
    else if (place->end == END_DOUBT)
        total = &order_context_totals.doubt;
    else if (place->end == END_REFUSED)
        total = &order_context_totals.refused_client;
    atomic_fetch_add_explicit(total, 1, memory_order_relaxed);
}

static void place_write_end(struct place *place);

static void place_on_book_again(void *arg)
{
    place_write_end(arg);
}

/* The panel's number is another order's: it is no usable one, and whether the panel has this order
 * nobody knows. */
static void place_doubt_number(struct place *place, uint32_t other)
{
    struct str number = place->ended.upstream_id;
    log_event(LOG_WARN, "number_taken", "request=%s order=%u number=%s other=%u",
              place->request_id.ptr, place->order, log_value(number).text, other);
    place->end = END_DOUBT;
    place->ended.state = ATTEMPTSTATE_DOUBT;
    place->ended.upstream_id = STR("");
    place->ended.evidence =
        str_of(arena_printf(&place->arena,
                            "the panel answered with its order " STR_FMT
                            ", which is our order %u already; a number belongs to one order",
                            STR_ARG(number), other));
    place->reason = place->ended.evidence;
    place_write_end(place);
}

static void place_on_booked(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    place->writes--;
    CRASH_POINT("place.booked");
    if (outcome.result == LEDGER_DUPLICATE && place->end == END_ACCEPTED) {
        place_doubt_number(place, outcome.order);
        return;
    }
    if (place_is_withdrawn(place, outcome)) {
        place_close_withdrawn(place);
        return;
    }
    if (ledger_is_decided(outcome.result)) {
        place_count_end(place);
        if (outcome.result != LEDGER_DONE)
            log_event(LOG_ERROR, "booking_refused", "request=%s order=%u outcome=%s",
                      place->request_id.ptr, place->order, place_end_name(place->end));
        /* Not before: a panel asked earlier might say "completed", and another loop's change with
         * that could come to the ledger before ours with the panel's number. */
        if (place_is_refusal(place->end))
            open_orders_remove(place->context->open_orders, place->order);
        else
            open_orders_change(place->context->open_orders, place->order, place_end_open_order,
                               place);
        place_go(place, CLOSED);
        return;
    }
    atomic_fetch_add_explicit(&order_context_totals.unbooked, 1, memory_order_relaxed);
    log_event(LOG_WARN, "booking_failed", "request=%s order=%u outcome=%s result=%s",
              place->request_id.ptr, place->order, place_end_name(place->end),
              ledger_result_name(outcome.result));
    loop_timer_start(&place->pause, place->context->loop, BOOK_AGAIN_MS, place_on_book_again,
                     place);
    place_answer_end(place);
}

static void place_write_end(struct place *place)
{
    struct ledger_update update;
    place_fill_update(place, &update);
    struct ledger_change change = {.order = place->order,
                                   .attempt_ended = place->has_ended ? &place->ended : NULL,
                                   .update = &update,
                                   .event = place_end_name(place->end),
                                   .reason = place->reason,
                                   .request_id = place->request_id};
    place->writes++;
    CRASH_POINT("place.booking");
    ledger_write(place->context->ledger, place->context->loop, &change, place_on_booked, place);
}

static void place_book(struct place *place)
{
    if (place_is_refusal(place->end) && claims_end(place->context->claims, place->claim))
        place->is_promised = true;
    log_event(LOG_INFO, "order",
              "request=%s order=%u client=%s service=%u outcome=%s provider=%s "
              "attempts=%u reason=%s",
              place->request_id.ptr, place->order, place->client.ptr, place_service(place),
              place_end_name(place->end), place_provider_name(place), place->attempt,
              log_value(place->ended.text.len ? place->ended.text : place->reason).text);
    place_write_end(place);
}

/* ---- QUEUING: its link has an unfinished order ---- */

/* While it waits, another one has its link. */
static void place_open_queued(struct place *place)
{
    place_open_order(place, ORDERSTATE_QUEUED, OPEN_ORDER_NO_PROVIDER, 0);
    links_ready(open_orders_links(place->context->open_orders), place->link_hash, place->order);
}

static void place_leave_link(struct place *place)
{
    links_leave(open_orders_links(place->context->open_orders), place->link_hash, place->order);
}

static void place_on_queued(struct ledger_outcome outcome, void *arg)
{
    struct place *place = arg;
    place->writes--;
    CRASH_POINT("place.queued");
    if (outcome.result != LEDGER_DONE) {
        place_leave_link(place);
        place_finish_unwritten(place, outcome.result);
        return;
    }
    place->is_durable = true;
    if (!claims_set_order(place->context->claims, place->claim, place->order))
        place->is_abandoned = true;
    if (place->is_abandoned) {
        place_leave_link(place);
        place->reason = STR("its client was no longer there to get its number; closed unsent");
        place_finish(place, END_ABANDONED, MESSAGES_UNAVAILABLE);
        return;
    }
    place->end = END_QUEUED;
    log_event(LOG_INFO, "order", "request=%s order=%u client=%s service=%u outcome=queued",
              place->request_id.ptr, place->order, place->client.ptr, place->draft.service->id);
    place_open_queued(place);
    place_go(place, CLOSED);
}

/* Its number is as good as given: who never gets it claims it. */
static void place_queue(struct place *place)
{
    struct ledger_order order;
    struct buf fields;
    buf_init(&fields, 4 * DRAFT_LIST_BYTES);
    field_print_all(&place->draft.fields, &fields);
    place_fill_order(place, buf_str(&fields), &order);
    order.course.state = ORDERSTATE_QUEUED;
    order.is_number_given = true;
    struct ledger_change change = {.order = place->order,
                                   .insert = &order,
                                   .funds = place->is_limited ? &place->funds : NULL,
                                   .ref = place->ref.ref.len > 0 ? &place->ref : NULL,
                                   .event = "queued",
                                   .reason = STR("its link has an unfinished order"),
                                   .request_id = place->request_id};
    place->writes++;
    CRASH_POINT("place.queuing");
    ledger_write(place->context->ledger, place->context->loop, &change, place_on_queued, place);
    buf_fini(&fields);
}

/* ---- CLOSED ---- */

static void place_on_late_start(void *arg)
{
    struct place *place = arg;
    place->is_starting = false;
    place_answer_end(place);
    place_release(place);
}

static void place_close(struct place *place)
{
    place_end_ref(place);
    if (!place->is_durable)
        (void)claims_end(place->context->claims, place->claim);
    if (place->is_starting) {
        reply_once_start(&place->reply, place->context->loop, 0, place_on_late_start, place);
        return;
    }
    place_answer_end(place);
    place_release(place);
}

/* ---- CREATED: a new order ---- */

static struct place *place_new(struct order_context *context, struct str request_id)
{
    struct place *place = memory_new(sizeof *place);
    arena_init_on(&place->arena, place->first_bytes, sizeof place->first_bytes);
    place->context = context;
    place->catalogue = context->catalogue ? catalogue_pin(context->catalogue) : NULL;
    place->request_id = str_make(arena_text(&place->arena, request_id), request_id.len);
    place->offer = SIZE_MAX;
    context->places++;
    return place;
}

/* What a prepaid order may come to: of a subscription all its posts, or one where they are open. */
static bool place_hold(const struct place *place, struct money *out)
{
    const struct draft *draft = &place->draft;
    struct children_terms terms =
        children_terms_of(&draft->fields, draft->type, draft->quantity, draft->rate, draft->charge,
                          place->context->settings.decimals);
    *out = draft->charge;
    if (draft->type != ORDERTYPE_SUBSCRIPTIONS)
        return true;
    return draft->fields.value[FIELD_POSTS].len > 0 ? children_share_of_all(&terms, out)
                                                    : children_share(&terms, 0, out);
}

/* Without a known maximum (too large, say) no daily limit covers a subscription. */
static struct ledger_funds place_funds_of(const struct place *place,
                                          const struct client_settings *client, struct money hold)
{
    return (struct ledger_funds){
        .limits = {.is_prepaid = client->is_prepaid,
                   .credit_limit = client->credit_limit,
                   .daily_limit = client->daily_limit},
        .hold = client->is_prepaid ? hold : MONEY_ZERO,
        .most = place->draft.type == ORDERTYPE_SUBSCRIPTIONS ? place_ceiling(place) : MONEY_ZERO};
}

static int64_t place_hash_link(struct place *place, struct str link)
{
    struct str text =
        str_of(arena_printf(&place->arena, "%u " STR_FMT, place->draft.service->id, STR_ARG(link)));
    struct digest digest = digest_sha256(text);
    int64_t hash;
    memcpy(&hash, digest.bytes, sizeof hash);
    return hash ? hash : 1;
}

/* Behind those that wait already. The number is taken first, so that it has its place at once. */
static enum links_place place_queue_link(struct place *place, struct links *links)
{
    place->order = ledger_take_order_number(place->context->ledger);
    enum links_place where =
        place->order ? links_reserve_or_queue(links, place->link_hash, place->order) : LINKS_FULL;
    place->is_queued = where == LINKS_QUEUED;
    if (where == LINKS_FULL)
        log_event(LOG_WARN, "link_queue_full", "request=%s service=%u waiting=%zu",
                  place->request_id.ptr, place->draft.service->id, links_waiting(links));
    return where;
}

/* One unfinished order per link, where the service wants it so. LINKS_FULL: there is one. */
static enum links_place place_take_link(struct place *place)
{
    const struct draft *draft = &place->draft;
    struct links *links = open_orders_links(place->context->open_orders);
    struct str link = draft->fields.value[FIELD_LINK];
    if (draft->service->same_link == SAME_LINK_ALLOW || link.len == 0)
        return LINKS_RESERVED;
    place->link_hash = place_hash_link(place, link);
    if (links_reserve(links, place->link_hash))
        return LINKS_RESERVED;
    enum links_place where =
        draft->service->same_link == SAME_LINK_QUEUE ? place_queue_link(place, links) : LINKS_FULL;
    if (where == LINKS_FULL)
        place->link_hash = 0;
    return where;
}

static void place_begin(struct place *place)
{
    switch (place_take_link(place)) {
    case LINKS_RESERVED:
        place_go(place, PLANNING);
        break;
    case LINKS_QUEUED:
        place_go(place, QUEUING);
        break;
    case LINKS_FULL:
        place_finish(place, END_REFUSED, MESSAGES_ACTIVE_ORDER);
        break;
    }
}

void place_start(struct order_context *context, const struct place_request *request,
                 place_done_fn *done, void *arg)
{
    struct place *place = place_new(context, request->request_id);
    place->draft = *request->draft;
    for (size_t f = 0; f < FIELD_COUNT; f++)
        place->draft.fields.value[f] = arena_str(&place->arena, request->draft->fields.value[f]);
    place->sold = (struct settlement_order){.type = place->draft.type,
                                            .quantity = place->draft.quantity,
                                            .charge = place->draft.charge,
                                            .decimals = context->settings.decimals};
    place->client = arena_str(&place->arena, str_of(request->client->settings.name));
    place->client_id = request->client->id;
    place->is_limited =
        request->client->settings.is_prepaid || request->client->settings.daily_limit.units > 0;
    struct money hold;
    bool is_payable = place_hold(place, &hold) || !request->client->settings.is_prepaid;
    place->funds = place_funds_of(place, &request->client->settings, hold);
    place->done = done;
    place->arg = arg;
    place->claim = request->claim;
    place->ref = request->ref;
    place->ref.ref = arena_str(&place->arena, request->ref.ref);
    place->placed_at_ms = clock_wall_ms();
    place->random = order_context_random(context);
    atomic_fetch_add_explicit(&order_context_totals.placed, 1, memory_order_relaxed);
    reply_once_start(&place->reply, context->loop, context->settings.answer_within_ms,
                     place_on_deadline, place);
    place->is_starting = true;
    if (!is_payable)
        place_finish(place, END_REFUSED, MESSAGES_NO_FUNDS);
    else
        place_begin(place);
    if (place->state != CLOSED)
        place->is_starting = false;
}

/* ---- CREATED: an order from the ledger ---- */

/* Which offers those attempts went to, and where one was in doubt. */
static void place_take_attempts(struct place *place, const struct ledger_attempt *attempts,
                                size_t count)
{
    const struct provider_set *providers = place->catalogue->providers;
    place->tried = explain_tried(providers, place->draft.service, attempts, count);
    for (size_t i = 0; i < count; i++) {
        const struct provider *provider = provider_set_find(providers, attempts[i].provider);
        if (provider && attempts[i].state == ATTEMPTSTATE_DOUBT)
            place->doubted[provider->id / 64] |= UINT64_C(1) << (provider->id % 64);
        place->attempt = attempts[i].number > place->attempt ? attempts[i].number : place->attempt;
    }
}

/* Nobody can be asked to take it: it ends as when no offer does. */
static void place_end_unsold(struct place *place, const struct ledger_order *order,
                             struct str reason)
{
    log_event(LOG_WARN, "order_unsold", "order=%u service=%u reason=\"" STR_FMT "\"", order->id,
              order->service, STR_ARG(reason));
    place->draft.service = NULL;
    place->reason = reason;
    place_finish(place, END_UNAVAILABLE, MESSAGES_UNAVAILABLE);
}

static bool place_restore_draft(struct place *place, const struct service *service,
                                const struct ledger_order *order)
{
    struct fields fields;
    struct fault why;
    struct str kept = arena_str(&place->arena, order->fields);
    if (!field_parse_all(kept, &place->arena, &fields) ||
        !draft_restore(service, order->rate, order->charge, order->quantity, &fields, &place->draft,
                       &why))
        return false;
    draft_reduce(&place->draft, order->delivered, order->spent, &place->arena);
    return true;
}

void place_resume(struct order_context *context, const struct ledger_order *order,
                  const struct ledger_attempt *attempts, size_t attempt_count)
{
    const struct service *service =
        context->catalogue ? catalogue_find(context->catalogue, order->service) : NULL;
    struct place *place = place_new(context, order->request_id);
    place->order = order->id;
    place->client = arena_str(&place->arena, order->client);
    place->client_id = client_id(order->client);
    place->sold = settlement_order_of(order, context->settings.decimals);
    place->is_durable = place->is_promised = place->reply.is_given = true;
    place->is_queued = order->course.state == ORDERSTATE_QUEUED;
    if (service == NULL) {
        place_end_unsold(place, order, STR("its service is no longer sold"));
        return;
    }
    if (!place_restore_draft(place, service, order)) {
        log_event(LOG_ERROR, "order_unreadable", "order=%u", order->id);
        place_end_unsold(place, order, STR("what was ordered cannot be read"));
        return;
    }
    place_take_attempts(place, attempts, attempt_count);
    place->offer = 0;
    place->random = order_context_random(context);
    place_go(place, PLANNING);
}
