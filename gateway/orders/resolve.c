/* See resolve.h. Each order is read with its attempts, the doubt is ended in one change, then it
 * goes on: as accepted, to the next offer, or as Canceled. */
#include "orders/resolve.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "orders/place.h"

enum { RESOLVE_MAX = 10000 };

struct resolve {
    struct order_context *context;
    struct arena arena;
    enum resolve_how how;
    struct str upstream_id, request_id;
    size_t count, at, resolved;
    uint32_t *orders;
    struct ledger_order order; /* the one being ended; in the arena */
    struct ledger_attempt *attempts;
    size_t attempt_count;
    struct fault why;
    struct loop_timer later;
    resolve_done_fn *done;
    void *arg;
};

static void resolve_next(struct resolve *r);

static void resolve_end(struct resolve *r)
{
    r->done(r->resolved, &r->why, r->arg);
    order_context_end_work(r->context, &r->context->order_requests);
    loop_timer_fini(&r->later);
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

static void resolve_on_written(struct ledger_outcome outcome, void *arg)
{
    struct resolve *r = arg;
    uint32_t id = r->order.id;
    if (outcome.result != LEDGER_DONE) {
        fault_set(&r->why, FAULT_UNAVAILABLE, "order %u could not be written: %s", id,
                  ledger_result_name(outcome.result));
    } else {
        r->resolved++;
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

static void resolve_write_end(struct resolve *r)
{
    static const struct {
        const char *event;
        enum orderstate state;
        enum attemptstate attempt;
    } ends[] = {
        [RESOLVE_ACCEPTED] = {"resolved_accepted", ORDERSTATE_PENDING, ATTEMPTSTATE_ACCEPTED},
        [RESOLVE_NEXT_OFFER] = {"resolved_next_offer", ORDERSTATE_PLACING, ATTEMPTSTATE_REFUSED},
        [RESOLVE_REFUND] = {"resolved_refund", ORDERSTATE_CANCELED, ATTEMPTSTATE_REFUSED},
    };
    const struct ledger_attempt *doubt = resolve_attempt_in_doubt(r);
    struct ledger_attempt ended = {.state = ends[r->how].attempt, .ended_at_ms = clock_wall_ms()};
    struct ledger_update update = {.has_course = true,
                                   .course.state = ends[r->how].state,
                                   .course.paid =
                                       r->how == RESOLVE_ACCEPTED ? r->order.charge : MONEY_ZERO,
                                   .course.remains = r->order.quantity};
    if (doubt) {
        ended.number = doubt->number;
        ended.text = doubt->text;
        ended.evidence = doubt->evidence;
        ended.upstream_id = r->how == RESOLVE_ACCEPTED ? r->upstream_id : STR("");
    }
    if (r->how == RESOLVE_ACCEPTED) {
        update.has_upstream = true;
        update.upstream_id = r->upstream_id;
    }
    struct ledger_change change = {.order = r->order.id,
                                   .attempt_ended = doubt ? &ended : NULL,
                                   .update = &update,
                                   .event = ends[r->how].event,
                                   .reason = STR("by an operator"),
                                   .request_id = r->request_id};
    ledger_write(r->context->ledger, r->context->loop, &change, resolve_on_written, r);
}

static void resolve_copy_order(struct resolve *r, const struct ledger_rows *rows)
{
    const struct ledger_order *from = &rows->orders[0];
    r->order = *from;
    r->order.client = arena_str(&r->arena, from->client);
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

static void resolve_on_shown(const struct ledger_rows *rows, void *arg)
{
    struct resolve *r = arg;
    uint32_t id = r->orders[r->at];
    if (rows->result != LEDGER_DONE) {
        fault_set(&r->why, FAULT_UNAVAILABLE, "order %u could not be read", id);
    } else if (rows->order_count == 0) {
        fault_set(&r->why, FAULT_NOT_FOUND, "there is no order %u; see order list --in-doubt", id);
    } else if (rows->orders[0].course.state != ORDERSTATE_DOUBT) {
        fault_set(&r->why, FAULT_CONFLICT,
                  "order %u is %s, not in doubt; only what is in doubt can be resolved", id,
                  orderstate_name(rows->orders[0].course.state));
    } else {
        resolve_copy_order(r, rows);
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

static void resolve_on_listed(const struct ledger_rows *rows, void *arg)
{
    struct resolve *r = arg;
    if (rows->result != LEDGER_DONE)
        fault_set(&r->why, FAULT_UNAVAILABLE, "the orders in doubt could not be read");
    r->count = rows->order_count;
    r->orders = arena_new(&r->arena, r->count * sizeof *r->orders);
    for (size_t i = 0; i < r->count; i++)
        r->orders[i] = rows->orders[i].id;
    resolve_next(r);
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
    r->upstream_id =
        arena_str(&r->arena, str_first(request->upstream_id, OPEN_ORDER_UPSTREAM_BYTES - 1));
    r->request_id = str_make(arena_text(&r->arena, request->request_id), request->request_id.len);
    r->done = done;
    r->arg = arg;
    context->order_requests++;
    if (r->how == RESOLVE_NEXT_OFFER && context->catalogue == NULL) {
        fault_set(&r->why, FAULT_UNAVAILABLE, "the lists are not there yet; try again in a moment");
        loop_timer_start(&r->later, context->loop, 0, resolve_on_too_early, r);
        return;
    }
    if (request->order) {
        r->count = 1;
        r->orders = arena_new(&r->arena, sizeof *r->orders);
        r->orders[0] = request->order;
        resolve_next(r);
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_DOUBT_TEXT,
                                 .provider = request->provider,
                                 .text = request->text,
                                 .limit = RESOLVE_MAX};
    ledger_query(context->ledger, context->loop, &query, resolve_on_listed, r);
}
