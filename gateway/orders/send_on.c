/* See send_on.h.
 *
 *   READING ──> WRITING ──> place_resume
 *      └── ends, or failed ──> back to who settles it */
#include "orders/send_on.h"

#include <stdlib.h>

#include "base/crashpoint.h"
#include "base/log.h"
#include "money/quote.h"
#include "orders/explain.h"
#include "orders/place.h"

struct send_on {
    struct order_context *context;
    struct arena arena;
    uint32_t id;
    struct next_step step;
    struct money cost; /* of the attempt, as the table has it */
    unsigned provider_id;
    struct str upstream_id;  /* what was reported on */
    struct ledger_order row; /* in the arena */
    struct ledger_attempt *attempts;
    size_t attempt_count, live; /* live: the accepted one's place among them */
    struct ledger_attempt ended;
    send_on_done_fn *done;
    void *arg;
};

static void send_on_end(struct send_on *s, enum send_on_result result)
{
    struct order_context *context = s->context;
    s->done(result, s->arg);
    arena_fini(&s->arena);
    free(s);
    order_context_end_work(context, &context->deferred);
}

/* ---- writing ---- */

static void send_on_change_open(struct open_order *order, void *arg)
{
    const struct send_on *s = arg;
    order->course = s->row.course;
    order->moves = s->row.moves;
    order->delivered = s->row.delivered;
    order->cost = MONEY_ZERO;
    order->unit = 0;
    order->due_at_ms = 0;
    order->stuck = SCHEDULE_ON_COURSE;
    order->is_review = false;
    order->is_unsaved = false;
    order->upstream_id[0] = '\0';
}

static void send_on_on_written(struct ledger_outcome outcome, void *arg)
{
    struct send_on *s = arg;
    struct order_context *context = s->context;
    CRASH_POINT("send_on.written");
    if (outcome.result != LEDGER_DONE) {
        /* Refused: its client has asked for its cancel since it was read, most likely. */
        log_event(LOG_WARN, "sending_on_failed", "order=%u result=%s", s->id,
                  ledger_result_name(outcome.result));
        send_on_end(s, ledger_is_decided(outcome.result) ? SEND_ON_ENDS : SEND_ON_FAILED);
        return;
    }
    atomic_fetch_add_explicit(&order_context_totals.sent_on, 1, memory_order_relaxed);
    log_event(LOG_INFO, "order_sent_on", "order=%u provider=" STR_FMT " delivered=%lld left=%lld",
              s->id, STR_ARG(s->row.provider), (long long)s->step.delivered,
              (long long)s->step.left);
    open_orders_change(context->open_orders, s->id, send_on_change_open, s);
    /* At the end of the gateway it stays between two offers; the next start goes on. */
    if (!context->is_stopping)
        place_resume(context, &s->row, s->attempts, s->attempt_count);
    send_on_end(s, SEND_ON_DONE);
}

/* The row as the change leaves it. */
static void send_on_take_over(struct send_on *s)
{
    struct ledger_order *row = &s->row;
    row->course = s->step.course;
    row->moves++;
    row->delivered += s->ended.delivered;
    row->spent.units += s->ended.kept.units;
    s->attempts[s->live].state = s->ended.state;
}

static void send_on_write(struct send_on *s)
{
    char reason[96];
    send_on_take_over(s);
    struct ledger_update update = {.has_course = true,
                                   .course = s->row.course,
                                   .gives_number = true,
                                   .has_package_unit = true};
    if (s->ended.delivered > 0)
        snprintf(reason, sizeof reason, "its panel delivered %lld, %lld are left",
                 (long long)s->ended.delivered, (long long)s->step.left);
    else
        snprintf(reason, sizeof reason, "its panel ended it with nothing delivered");
    struct ledger_change change = {.order = s->id,
                                   .attempt_ended = &s->ended,
                                   .update = &update,
                                   .event = "sent_on",
                                   .reason = str_of(reason)};
    CRASH_POINT("send_on.writing");
    ledger_write(s->context->ledger, s->context->loop, &change, send_on_on_written, s);
}

/* ---- reading ---- */

/* What is left, as the next offer would get it. False: its kept fields cannot be read, or it is a
 * drip-feed, whose runs nobody else can go on with. */
static bool send_on_make_draft(struct send_on *s, const struct service *service, struct draft *out)
{
    const struct ledger_order *row = &s->row;
    struct fields fields;
    struct fault why;
    struct money spent;
    if (!field_parse_all(row->fields, &s->arena, &fields) ||
        !draft_restore(service, row->rate, row->charge, row->quantity, &fields, out, &why) ||
        out->quantity != out->run_quantity || !money_add(row->spent, s->ended.kept, &spent))
        return false;
    draft_reduce(out, row->delivered + s->step.delivered, spent, &s->arena);
    return true;
}

static bool send_on_has_offer(struct send_on *s)
{
    struct order_context *context = s->context;
    struct candidate candidates[RANKING_MAX];
    struct draft draft;
    const struct service *service =
        context->catalogue ? catalogue_find(context->catalogue, s->row.service) : NULL;
    if (service == NULL || !send_on_make_draft(s, service, &draft))
        return false;
    uint64_t tried =
        explain_tried(context->catalogue->providers, service, s->attempts, s->attempt_count);
    size_t count = explain_candidates(context, &draft, candidates);
    return next_step_has_offer(candidates, count, tried);
}

static void send_on_copy_rows(struct send_on *s, const struct ledger_rows *rows)
{
    struct arena *arena = &s->arena;
    s->row = rows->orders[0];
    s->row.client = arena_str(arena, s->row.client);
    s->row.fields = arena_str(arena, s->row.fields);
    s->row.provider = arena_str(arena, s->row.provider);
    s->row.upstream_id = arena_str(arena, s->row.upstream_id);
    s->row.request_id = arena_str(arena, s->row.request_id);
    s->attempt_count = s->live = rows->attempt_count;
    s->attempts = arena_new(arena, (rows->attempt_count + 1) * sizeof *s->attempts);
    for (size_t i = 0; i < rows->attempt_count; i++) {
        s->attempts[i] = rows->attempts[i];
        s->attempts[i].provider = arena_str(arena, rows->attempts[i].provider);
        s->attempts[i].upstream_service = arena_str(arena, rows->attempts[i].upstream_service);
        if (rows->attempts[i].state == ATTEMPTSTATE_ACCEPTED)
            s->live = i;
    }
}

/* The ledger has the order as the report found it; false: another report of it is on its way. */
static bool send_on_is_as_reported(const struct send_on *s)
{
    return s->live < s->attempt_count && str_equal(s->row.upstream_id, s->upstream_id);
}

/* What its panel says it took, in our currency. */
static bool send_on_read_taken(const struct send_on *s, struct money *out)
{
    const struct provider *provider =
        s->context->catalogue ? provider_set_by_id(s->context->catalogue->providers, s->provider_id)
                              : NULL;
    *out = MONEY_ZERO;
    return s->step.taken.units == 0 ||
           (provider && quote_order_cost(s->step.taken, provider->exchange, 1, true, out));
}

static bool send_on_fill_end(struct send_on *s)
{
    struct money said;
    struct settlement_order order = settlement_order_of(&s->row, 8);
    s->ended = (struct ledger_attempt){.number = s->attempts[s->live].number,
                                       .state = s->step.ended,
                                       .delivered = s->step.delivered};
    return send_on_read_taken(s, &said) &&
           next_step_kept(&order, &s->step, s->cost, said, &s->ended.kept);
}

static void send_on_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct send_on *s = arg;
    if (rows->result != LEDGER_DONE || rows->order_count == 0) {
        send_on_end(s, SEND_ON_FAILED);
        return;
    }
    send_on_copy_rows(s, rows);
    if (!send_on_is_as_reported(s) ||
        next_step_is_cancel_asked(rows->order_requests, rows->order_request_count) ||
        !send_on_fill_end(s) || !send_on_has_offer(s))
        send_on_end(s, SEND_ON_ENDS);
    else
        send_on_write(s);
}

void send_on_start(struct order_context *context, const struct open_order *order,
                   const struct next_step *step, send_on_done_fn *done, void *arg)
{
    struct send_on *s = memory_new(sizeof *s);
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = order->id};
    arena_init(&s->arena);
    s->context = context;
    s->id = order->id;
    s->step = *step;
    s->cost = order->cost;
    s->provider_id = order->provider_id;
    s->upstream_id = arena_str(&s->arena, str_of(order->upstream_id));
    s->done = done;
    s->arg = arg;
    context->deferred++;
    ledger_query(context->ledger, context->loop, &query, send_on_on_rows, s);
}
