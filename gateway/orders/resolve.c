/* See resolve.h. Each order is read with its attempts, the doubt is ended in one change, then it
 * goes on: as accepted, to the next offer, or as Canceled. */
#include "orders/resolve.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "orders/paced_call.h"
#include "orders/place.h"
#include "providers/paneltext.h"

enum { RESOLVE_PAGE = 5000, RESOLVE_CALL_WAIT_MS = 5000 };

struct resolve {
    struct order_context *context;
    struct arena arena;
    enum resolve_how how;
    struct str upstream_id, request_id;
    struct str provider, text; /* folded */
    struct str reason;         /* of the events */
    bool is_forced;
    struct provider_set *providers; /* pinned while its provider is asked */
    struct paced_call call;
    size_t count, room, at;
    uint32_t *orders;
    struct ledger_order order; /* the one being ended; in the arena */
    struct ledger_attempt *attempts;
    size_t attempt_count;
    struct resolve_result result;
    struct loop_timer later;
    resolve_done_fn *done;
    void *arg;
};

static void resolve_next(struct resolve *r);

static void resolve_end(struct resolve *r)
{
    r->done(&r->result, r->arg);
    order_context_end_work(r->context, &r->context->order_requests);
    loop_timer_fini(&r->later);
    paced_call_fini(&r->call);
    arena_fini(&r->arena);
    free(r);
}

static void resolve_change_live(struct open_order *order, void *arg)
{
    struct resolve *r = arg;
    order->course.state = r->how == RESOLVE_ACCEPTED ? ORDERSTATE_PENDING : ORDERSTATE_PLACING;
    if (r->how == RESOLVE_ACCEPTED) {
        order->due_at_ms = loop_now_ms(r->context->loop) + r->context->settings.track_after_ms;
        memcpy(order->upstream_id, r->upstream_id.ptr, r->upstream_id.len);
        order->upstream_id[r->upstream_id.len] = '\0';
    }
}

static const char *resolve_how_name(enum resolve_how how)
{
    switch (how) {
    case RESOLVE_ACCEPTED:
        return "accepted";
    case RESOLVE_NEXT_OFFER:
        return "next_offer";
    case RESOLVE_REFUND:
        return "refund";
    }
    UNREACHABLE();
}

static void resolve_fault_taken(struct resolve *r, uint32_t other)
{
    fault_set(&r->result.why, FAULT_CONFLICT,
              STR_FMT " is our order %u already; a number belongs to one order",
              STR_ARG(r->upstream_id), other);
}

static void resolve_on_written(struct ledger_outcome outcome, void *arg)
{
    struct resolve *r = arg;
    uint32_t id = r->order.id;
    if (outcome.result == LEDGER_DUPLICATE) {
        resolve_fault_taken(r, outcome.order);
    } else if (outcome.result != LEDGER_DONE) {
        bool is_refused = ledger_is_decided(outcome.result);
        fault_set(&r->result.why, is_refused ? FAULT_CONFLICT : FAULT_UNAVAILABLE,
                  "order %u could not be written: %s", id,
                  outcome.reason ? outcome.reason : ledger_result_name(outcome.result));
    } else {
        r->result.count++;
        log_event(LOG_INFO, "order_resolved", "order=%u how=%s request=%s", id,
                  resolve_how_name(r->how), r->request_id.ptr);
        if (r->how == RESOLVE_REFUND)
            open_orders_remove(r->context->open_orders, id);
        else
            open_orders_change(r->context->open_orders, id, resolve_change_live, r);
        if (r->how == RESOLVE_NEXT_OFFER)
            place_resume(r->context, &r->order, r->attempts, r->attempt_count);
    }
    r->at++;
    resolve_next(r);
}

static const struct ledger_attempt *resolve_attempt_in_doubt(const struct resolve *r)
{
    for (size_t i = r->attempt_count; i > 0; i--)
        if (r->attempts[i - 1].state == ATTEMPTSTATE_DOUBT)
            return &r->attempts[i - 1];
    return NULL;
}

/* An order that an earlier panel had accepted stays paid while it goes on. */
static struct order_course resolve_course(const struct resolve *r)
{
    struct settlement_order sold = settlement_order_of(&r->order, r->context->settings.decimals);
    struct order_course course = settlement_end(&sold);
    if (r->how == RESOLVE_REFUND)
        return course;
    bool is_paid = r->how == RESOLVE_ACCEPTED || r->order.moves > 0;
    course.state = r->how == RESOLVE_ACCEPTED ? ORDERSTATE_PENDING : ORDERSTATE_PLACING;
    course.paid = is_paid ? r->order.charge : MONEY_ZERO;
    return course;
}

static void resolve_write_end(struct resolve *r)
{
    static const struct {
        const char *event;
        enum attemptstate attempt;
    } ends[] = {
        [RESOLVE_ACCEPTED] = {"resolved_accepted", ATTEMPTSTATE_ACCEPTED},
        [RESOLVE_NEXT_OFFER] = {"resolved_next_offer", ATTEMPTSTATE_REFUSED},
        [RESOLVE_REFUND] = {"resolved_refund", ATTEMPTSTATE_REFUSED},
    };
    const struct ledger_attempt *doubt = resolve_attempt_in_doubt(r);
    struct ledger_attempt ended = {.state = ends[r->how].attempt, .ended_at_ms = clock_wall_ms()};
    struct ledger_update update = {.has_course = true, .course = resolve_course(r)};
    if (doubt) {
        ended.number = doubt->number;
        ended.text = doubt->text;
        ended.evidence = doubt->evidence;
        ended.upstream_id = r->how == RESOLVE_ACCEPTED ? r->upstream_id : STR("");
    }
    if (r->how == RESOLVE_ACCEPTED) {
        update.has_upstream = true;
        update.provider = doubt ? doubt->provider : r->order.provider;
        update.upstream_id = r->upstream_id;
    }
    struct ledger_change change = {.order = r->order.id,
                                   .attempt_ended = doubt ? &ended : NULL,
                                   .update = &update,
                                   .event = ends[r->how].event,
                                   .reason = r->reason,
                                   .request_id = r->request_id};
    ledger_write(r->context->ledger, r->context->loop, &change, resolve_on_written, r);
}

/* ---- a number given by hand ---- */

static void resolve_go_on(struct resolve *r)
{
    r->at++;
    resolve_next(r);
}

static void resolve_on_looked_up(const struct upstream_response *response, void *arg)
{
    struct resolve *r = arg;
    const struct upstream_status *status =
        response->outcome == OUTCOME_ACCEPTED && response->status_count == 1
            ? &response->statuses[0]
            : NULL;
    bool is_unknown = (status && (status->is_unknown_id || status->is_absent)) ||
                      response->refusal == REFUSAL_ORDER_ID;
    const char *provider = r->call.provider->settings.name;
    bool is_there = status && !is_unknown;
    if (is_unknown)
        fault_set(&r->result.why, FAULT_NOT_FOUND,
                  "%s does not know its order " STR_FMT
                  "; look it up there, or take it unseen with --force",
                  provider, STR_ARG(r->upstream_id));
    else if (!is_there)
        fault_set(&r->result.why, FAULT_UNAVAILABLE,
                  "%s could not be asked for its order " STR_FMT
                  ": %.200s; try again, or take it unseen with --force",
                  provider, STR_ARG(r->upstream_id),
                  response->error.len ? log_value(response->error).text
                                      : log_value(response->evidence).text);
    provider_set_unpin(&r->providers);
    if (is_there)
        resolve_write_end(r);
    else
        resolve_go_on(r);
}

static void resolve_look_up(struct resolve *r, const struct provider *provider)
{
    r->providers = provider_set_pin(r->context->catalogue->providers);
    r->call = (struct paced_call){
        .context = r->context,
        .provider = provider,
        .request = {.action = UPSTREAM_STATUS, .ids = &r->upstream_id, .id_count = 1},
        .request_id = r->request_id.ptr,
        .give_up_at_ms = loop_now_ms(r->context->loop) + RESOLVE_CALL_WAIT_MS,
        .done = resolve_on_looked_up,
        .arg = r};
    paced_call_start(&r->call);
}

static void resolve_take_number(struct resolve *r)
{
    const struct ledger_attempt *doubt = resolve_attempt_in_doubt(r);
    struct str name = doubt ? doubt->provider : r->order.provider;
    const struct provider *provider =
        r->context->catalogue ? provider_set_find(r->context->catalogue->providers, name) : NULL;
    if (r->is_forced) {
        resolve_write_end(r);
    } else if (provider == NULL) {
        fault_set(&r->result.why, FAULT_UNAVAILABLE,
                  STR_FMT " is not configured, so it cannot be asked for its order " STR_FMT
                          "; take it unseen with --force",
                  STR_ARG(name), STR_ARG(r->upstream_id));
        resolve_go_on(r);
    } else {
        resolve_look_up(r, provider);
    }
}

static void resolve_on_owners(const struct ledger_rows *rows, void *arg)
{
    struct resolve *r = arg;
    uint32_t other = 0;
    for (size_t i = 0; i < rows->order_count; i++)
        if (rows->orders[i].id != r->order.id)
            other = rows->orders[i].id;
    if (rows->result != LEDGER_DONE)
        fault_set(&r->result.why, FAULT_UNAVAILABLE, "the ledger could not be read; try again");
    else if (other)
        resolve_fault_taken(r, other);
    if (rows->result == LEDGER_DONE && other == 0)
        resolve_take_number(r);
    else
        resolve_go_on(r);
}

/* It must be no other order's, finished ones and children included. */
static void resolve_check_number(struct resolve *r)
{
    const struct ledger_attempt *doubt = resolve_attempt_in_doubt(r);
    struct ledger_query query = {.request = LEDGER_QUERY_UPSTREAM,
                                 .provider = doubt ? doubt->provider : r->order.provider,
                                 .text = r->upstream_id};
    ledger_query(r->context->ledger, r->context->loop, &query, resolve_on_owners, r);
}

static void resolve_copy_order(struct resolve *r, const struct ledger_rows *rows)
{
    const struct ledger_order *from = &rows->orders[0];
    r->order = *from;
    r->order.client = arena_str(&r->arena, from->client);
    r->order.currency = arena_str(&r->arena, from->currency);
    r->order.fields = arena_str(&r->arena, from->fields);
    r->order.provider = arena_str(&r->arena, from->provider);
    r->order.request_id = arena_str(&r->arena, from->request_id);
    r->attempt_count = rows->attempt_count;
    r->attempts = arena_new(&r->arena, rows->attempt_count * sizeof *r->attempts);
    for (size_t i = 0; i < rows->attempt_count; i++) {
        r->attempts[i] = rows->attempts[i];
        r->attempts[i].provider = arena_str(&r->arena, rows->attempts[i].provider);
        r->attempts[i].upstream_service = arena_str(&r->arena, rows->attempts[i].upstream_service);
        r->attempts[i].text = arena_str(&r->arena, rows->attempts[i].text);
        r->attempts[i].evidence = arena_str(&r->arena, rows->attempts[i].evidence);
    }
}

/* What would be ended. */
static void resolve_count(struct resolve *r)
{
    r->result.count++;
    r->result.currency = r->order.currency;
    resolve_go_on(r);
}

static void resolve_on_shown(const struct ledger_rows *rows, void *arg)
{
    struct resolve *r = arg;
    uint32_t id = r->orders[r->at];
    if (rows->result != LEDGER_DONE) {
        fault_set(&r->result.why, FAULT_UNAVAILABLE, "order %u could not be read", id);
    } else if (rows->order_count == 0) {
        fault_set(&r->result.why, FAULT_NOT_FOUND,
                  "there is no order %u; see order list --in-doubt", id);
    } else if (rows->orders[0].course.state != ORDERSTATE_DOUBT) {
        fault_set(&r->result.why, FAULT_CONFLICT,
                  "order %u is %s, not in doubt; only what is in doubt can be resolved", id,
                  orderstate_name(rows->orders[0].course.state));
    } else {
        resolve_copy_order(r, rows);
        if (!money_add(r->result.charges, r->order.charge, &r->result.charges))
            r->result.charges = r->order.charge; /* never: charges are far below the range */
        if (r->result.is_preview)
            resolve_count(r);
        else if (r->how == RESOLVE_ACCEPTED)
            resolve_check_number(r);
        else
            resolve_write_end(r);
        return;
    }
    r->at++;
    resolve_next(r);
}

static void resolve_next(struct resolve *r)
{
    if (r->at == r->count) {
        resolve_end(r);
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = r->orders[r->at]};
    ledger_query(r->context->ledger, r->context->loop, &query, resolve_on_shown, r);
}

/* ---- all with a text ---- */

static void resolve_list(struct resolve *r, int64_t after);

static void resolve_add(struct resolve *r, uint32_t order)
{
    if (r->count == r->room) {
        size_t room = r->room ? r->room * 2 : 8;
        uint32_t *larger = arena_new(&r->arena, room * sizeof *larger);
        if (r->count)
            memcpy(larger, r->orders, r->count * sizeof *larger);
        r->orders = larger;
        r->room = room;
    }
    r->orders[r->count++] = order;
}

static bool resolve_matches(const struct resolve *r, struct str text)
{
    struct arena arena;
    arena_init(&arena);
    bool matches = str_matches(paneltext_fold(text, &arena), r->text);
    arena_fini(&arena);
    return matches;
}

static void resolve_on_listed(const struct ledger_rows *rows, void *arg)
{
    struct resolve *r = arg;
    if (rows->result != LEDGER_DONE) {
        fault_set(&r->result.why, FAULT_UNAVAILABLE, "the orders in doubt could not be read");
        r->count = 0;
        resolve_next(r);
        return;
    }
    for (size_t i = 0; i < rows->order_count && i < rows->attempt_count; i++)
        if (resolve_matches(r, rows->attempts[i].text))
            resolve_add(r, rows->orders[i].id);
    if (rows->order_count == RESOLVE_PAGE)
        resolve_list(r, rows->orders[RESOLVE_PAGE - 1].id);
    else
        resolve_next(r);
}

static void resolve_list(struct resolve *r, int64_t after)
{
    struct ledger_query query = {.request = LEDGER_QUERY_DOUBT,
                                 .provider = r->provider,
                                 .after = after,
                                 .limit = RESOLVE_PAGE};
    ledger_query(r->context->ledger, r->context->loop, &query, resolve_on_listed, r);
}

static void resolve_on_too_early(void *arg)
{
    resolve_end(arg);
}

void resolve_start(struct order_context *context, const struct resolve_request *request,
                   resolve_done_fn *done, void *arg)
{
    struct resolve *r = memory_new(sizeof *r);
    arena_init(&r->arena);
    r->context = context;
    r->how = request->how;
    r->is_forced = request->is_forced;
    r->result.is_preview = request->is_preview;
    r->upstream_id =
        arena_str(&r->arena, str_first(request->upstream_id, OPEN_ORDER_UPSTREAM_BYTES - 1));
    r->provider = arena_str(&r->arena, request->provider);
    r->text = paneltext_fold(request->text, &r->arena);
    r->reason = str_of(arena_printf(&r->arena, "by " STR_FMT "%s" STR_FMT, STR_ARG(request->who),
                                    request->reason.len ? ": " : "", STR_ARG(request->reason)));
    r->request_id = str_make(arena_text(&r->arena, request->request_id), request->request_id.len);
    r->done = done;
    r->arg = arg;
    context->order_requests++;
    if (r->how == RESOLVE_NEXT_OFFER && context->catalogue == NULL) {
        fault_set(&r->result.why, FAULT_UNAVAILABLE,
                  "the lists are not there yet; try again in a moment");
        loop_timer_start(&r->later, context->loop, 0, resolve_on_too_early, r);
        return;
    }
    if (request->order) {
        resolve_add(r, request->order);
        resolve_next(r);
    } else {
        resolve_list(r, 0);
    }
}
