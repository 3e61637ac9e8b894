/* See watch.h. A round goes through all orders settled since `watch` ago, a page of the ledger at a
 * time, one upstream call after the other; thirty rounds fit into `watch`. Of an order that went on
 * from one panel to another each panel that had a part is asked about that part. */
#include "orders/watch.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "orders/open_orders.h"
#include "orders/settlement.h"
#include "orders/usual_course.h"
#include "providers/upstream_call.h"

enum {
    PAGE = 100,
    PARTS_MAX = 400, /* of a page: orders, and attempts before their last one */
    ROUNDS = 30,
    LOOK_MS = 1000, /* between pages, and for a spare token */
    LOOKS_MAX = 30, /* for a token; then this page's orders of that provider are left out */
    CONNECTION_WAIT_MS = 2000
};

/* What one panel had of an order, as an order: all of it, or what an attempt of it came to. */
struct watch_part {
    struct settlement_order order;
    uint32_t id;
    unsigned attempt; /* 0: the last one, which ended as the order did */
    struct str provider, upstream_id;
};

struct watch {
    struct order_context *context;
    struct loop_timer timer;
    int64_t round_began_ms, started_ms; /* wall */
    bool is_first_round;
    int64_t at_ms,
        after; /* how far the round is: settled then, and the last order of that moment */
    /* the page: */
    struct arena arena;
    struct watch_part *parts;
    size_t count, next, batch; /* of them: all, the next one, those being queried */
    uint32_t *moved;           /* orders of the page whose earlier attempts are still to be read */
    size_t moved_count, moved_next;
    unsigned looks;
    struct provider_set *providers; /* pinned during a call */
    struct upstream_call *call;
};

static void watch_on_timer(void *arg);

static int64_t watch_pace_ms(const struct watch *watch)
{
    int64_t pace_ms = watch->context->settings.track_after_ms / 4;
    return pace_ms < 20 ? 20 : pace_ms > LOOK_MS ? LOOK_MS : pace_ms;
}

static void watch_wait(struct watch *watch, int64_t ms)
{
    loop_timer_start(&watch->timer, watch->context->loop, ms, watch_on_timer, watch);
}

/* ---- what changed after the end ---- */

struct watch_change {
    struct order_context *context;
    uint32_t order;
    char subject[64]; /* whose reports are compared: the order's, or an earlier attempt's */
    char reason[192];
};

static void watch_write_change(const struct watch_change *late)
{
    struct ledger_change change = {
        .order = late->order, .event = "late", .reason = str_of(late->reason)};
    log_event(LOG_WARN, "order_changed_late", "order=%u why=\"%s\"", late->order, late->reason);
    atomic_fetch_add_explicit(&order_context_totals.late_changes, 1, memory_order_relaxed);
    ledger_write(late->context->ledger, NULL, &change, NULL, NULL);
}

/* Told once: unless the last such event about it says the same. */
static void watch_on_events(const struct ledger_rows *rows, void *arg)
{
    struct watch_change *late = arg;
    struct str last = STR("");
    for (size_t i = 0; i < rows->event_count; i++)
        if (str_is(rows->events[i].word, "late") &&
            str_starts(rows->events[i].reason, str_of(late->subject)))
            last = rows->events[i].reason;
    if (rows->result == LEDGER_DONE && !str_is(last, late->reason))
        watch_write_change(late);
    order_context_end_work(late->context, &late->context->deferred);
    free(late);
}

static void watch_name_subject(const struct watch_part *part, struct watch_change *late)
{
    const char *state = orderstate_name(part->order.course.state);
    if (part->attempt == 0)
        snprintf(late->subject, sizeof late->subject, "settled as %s", state);
    else
        snprintf(late->subject, sizeof late->subject, "attempt %u ended as %s", part->attempt,
                 state);
}

static void watch_tell(struct watch *watch, const struct watch_part *part,
                       const struct upstream_status *reported)
{
    struct order_context *context = watch->context;
    struct watch_change *late = memory_new(sizeof *late);
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = part->id};
    late->context = context;
    late->order = part->id;
    watch_name_subject(part, late);
    if (reported->has_remains)
        snprintf(late->reason, sizeof late->reason, "%s, now the panel says %.32s, %lld left",
                 late->subject, log_value(reported->word).text, (long long)reported->remains);
    else
        snprintf(late->reason, sizeof late->reason, "%s, now the panel says %.32s", late->subject,
                 log_value(reported->word).text);
    context->deferred++;
    ledger_query(context->ledger, context->loop, &query, watch_on_events, late);
}

static void watch_judge(struct watch *watch, const struct watch_part *part,
                        const struct upstream_status *reported)
{
    if (settlement_make(&part->order, reported).is_late)
        watch_tell(watch, part, reported);
}

/* ---- one call ---- */

static void watch_on_response(const struct upstream_response *response, void *arg)
{
    struct watch *watch = arg;
    struct order_context *context = watch->context;
    watch->call = NULL;
    struct watch_part *parts = watch->parts + watch->next;
    unsigned provider_id = provider_id_of(parts[0].provider);
    health_note(context->health, provider_id, HEALTH_READINGS, STR_NONE, response, MONEY_ZERO,
                loop_now_ms(context->loop));
    if (watch->batch > 1 && response->outcome == OUTCOME_REFUSED &&
        response->refusal == REFUSAL_UNSUPPORTED) {
        health_set_singly(context->health, provider_id, loop_now_ms(context->loop));
        watch->batch = 0; /* once more */
    }
    for (size_t i = 0;
         response->outcome == OUTCOME_ACCEPTED && i < watch->batch && i < response->status_count;
         i++)
        watch_judge(watch, &parts[i], &response->statuses[i]);
    watch->next += watch->batch;
    watch->batch = 0;
    provider_set_unpin(&watch->providers);
    watch_wait(watch, 0);
}

/* Those in front that go to one provider. */
static size_t watch_batch_of(const struct watch *watch, bool is_singly)
{
    const struct watch_part *parts = watch->parts + watch->next;
    size_t count = 1, left = watch->count - watch->next;
    while (!is_singly && count < left && count < PAGE &&
           str_equal(parts[count].provider, parts[0].provider))
        count++;
    return count;
}

static void watch_send(struct watch *watch, const struct provider *provider)
{
    struct order_context *context = watch->context;
    struct str ids[PAGE];
    watch->batch = watch_batch_of(
        watch, health_asks_singly(context->health, provider->id, loop_now_ms(context->loop)));
    for (size_t i = 0; i < watch->batch; i++)
        ids[i] = watch->parts[watch->next + i].upstream_id;
    struct upstream_request request = {.action = watch->batch > 1 ? UPSTREAM_STATUS_MANY
                                                                  : UPSTREAM_STATUS,
                                       .ids = ids,
                                       .id_count = watch->batch};
    struct upstream_call_options options = {.request_id = "watch", .wait_ms = CONNECTION_WAIT_MS};
    watch->providers = provider_set_pin(context->catalogue->providers);
    watch->call =
        upstream_call_start(context->loop, provider, &request, &options, watch_on_response, watch);
}

/* Left out in this round. */
static void watch_pass_over(struct watch *watch)
{
    watch->next += watch_batch_of(watch, false);
    watch->looks = 0;
}

/* False: nothing is under way. */
static bool watch_try_next(struct watch *watch)
{
    struct order_context *context = watch->context;
    int64_t now = loop_now_ms(context->loop);
    const struct provider *provider =
        provider_set_find(context->catalogue->providers, watch->parts[watch->next].provider);
    if (provider == NULL ||
        health_take(context->health, provider->id, HEALTH_READINGS, STR_NONE, now) != SKIP_NONE) {
        watch_pass_over(watch);
        return false;
    }
    if (provider_take_spare_token(provider, PROVIDER_LANE_OTHER, now) > 0) {
        health_unused(context->health, provider->id, HEALTH_READINGS, STR_NONE);
        if (++watch->looks > LOOKS_MAX)
            watch_pass_over(watch);
        return false;
    }
    watch->looks = 0;
    watch_send(watch, provider);
    return true;
}

/* ---- a page ---- */

static int watch_compare_providers(const void *a, const void *b)
{
    const struct watch_part *x = a, *y = b;
    size_t len = x->provider.len < y->provider.len ? x->provider.len : y->provider.len;
    int order = len ? memcmp(x->provider.ptr, y->provider.ptr, len) : 0;
    return order                               ? order
           : x->provider.len < y->provider.len ? -1
                                               : x->provider.len > y->provider.len;
}

static struct watch_part *watch_add_part(struct watch *watch, const struct settlement_order *order,
                                         uint32_t id, struct str provider, struct str upstream_id)
{
    struct watch_part *part = &watch->parts[watch->count++];
    *part = (struct watch_part){.order = *order,
                                .id = id,
                                .provider = arena_str(&watch->arena, provider),
                                .upstream_id = arena_str(&watch->arena, upstream_id)};
    return part;
}

static void watch_take_row(struct watch *watch, const struct ledger_order *row)
{
    struct settlement_order order = settlement_order_of(row, watch->context->settings.decimals);
    watch->at_ms = row->settled_at_ms;
    watch->after = row->id;
    if (watch->is_first_round && row->course.state == ORDERSTATE_COMPLETED && row->moves == 0 &&
        row->settled_at_ms < watch->started_ms &&
        !settlement_is_subscription(row->type, row->parent != 0))
        usual_course_note(open_orders_usual(watch->context->open_orders), row->service,
                          row->settled_at_ms - row->created_at_ms);
    if (row->moves > 0)
        watch->moved[watch->moved_count++] = row->id;
    if (row->upstream_id.len > 0)
        watch_add_part(watch, &order, row->id, row->provider, row->upstream_id);
}

/* ---- the attempts before an order's last one ---- */

/* What it came to, as an order of what it was asked for. */
static bool watch_part_of(const struct ledger_attempt *attempt, struct settlement_order *order)
{
    int64_t left = order->quantity - attempt->delivered;
    order->course = (struct order_course){
        .state = attempt->state == ATTEMPTSTATE_PARTIAL ? ORDERSTATE_PARTIAL : ORDERSTATE_CANCELED,
        .remains = left};
    return attempt->delivered == 0 ||
           money_share_up(order->charge, attempt->delivered, order->quantity, order->decimals,
                          &order->course.paid);
}

static void watch_take_attempts(struct watch *watch, const struct ledger_rows *rows)
{
    struct settlement_order order =
        settlement_order_of(&rows->orders[0], watch->context->settings.decimals);
    order.delivered = 0;
    order.unit = 0;
    for (size_t i = 0; i < rows->attempt_count && watch->count < PARTS_MAX; i++) {
        const struct ledger_attempt *attempt = &rows->attempts[i];
        struct settlement_order part = order;
        if (!attemptstate_is_ended_by_panel(attempt->state) || attempt->upstream_id.len == 0)
            continue;
        if (watch_part_of(attempt, &part))
            watch_add_part(watch, &part, rows->orders[0].id, attempt->provider,
                           attempt->upstream_id)
                ->attempt = attempt->number;
        order.quantity -= attempt->delivered; /* what the next one was asked for */
    }
}

static void watch_read_moved(struct watch *watch);

static void watch_on_moved(const struct ledger_rows *rows, void *arg)
{
    struct watch *watch = arg;
    if (rows->result == LEDGER_DONE && rows->order_count > 0)
        watch_take_attempts(watch, rows);
    watch_read_moved(watch);
    order_context_end_work(watch->context, &watch->context->deferred);
}

/* One after the other; then the page is complete. */
static void watch_read_moved(struct watch *watch)
{
    struct order_context *context = watch->context;
    if (context->is_stopping)
        return;
    if (watch->moved_next < watch->moved_count && watch->count < PARTS_MAX) {
        context->deferred++; /* the end waits for it */
        struct ledger_query query = {.request = LEDGER_QUERY_SHOW,
                                     .id = watch->moved[watch->moved_next++]};
        ledger_query(context->ledger, context->loop, &query, watch_on_moved, watch);
        return;
    }
    if (watch->count > 0)
        qsort(watch->parts, watch->count, sizeof *watch->parts, watch_compare_providers);
    watch_wait(watch, watch_pace_ms(watch));
}

static void watch_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct watch *watch = arg;
    arena_fini(&watch->arena);
    arena_init(&watch->arena);
    watch->parts = arena_new(&watch->arena, PARTS_MAX * sizeof *watch->parts);
    watch->moved = arena_new(&watch->arena, (rows->order_count + 1) * sizeof *watch->moved);
    watch->count = watch->next = watch->moved_count = watch->moved_next = 0;
    for (size_t i = 0; i < rows->order_count; i++)
        watch_take_row(watch, &rows->orders[i]);
    if (rows->result == LEDGER_DONE && rows->order_count == 0) {
        watch->is_first_round = false;
        watch->at_ms = 0; /* the round is over */
    }
    watch_read_moved(watch);
    order_context_end_work(watch->context, &watch->context->deferred);
}

static void watch_read(struct watch *watch)
{
    struct order_context *context = watch->context;
    struct ledger_query query = {.request = LEDGER_QUERY_SETTLED,
                                 .since_ms = watch->at_ms,
                                 .after = watch->after,
                                 .limit = PAGE};
    context->deferred++;
    ledger_query(context->ledger, context->loop, &query, watch_on_rows, watch);
}

/* ---- rounds ---- */

static void watch_begin_round(struct watch *watch)
{
    int64_t now_ms = clock_wall_ms(), watch_ms = watch->context->settings.watch_ms;
    if (watch_ms == 0 || now_ms - watch->round_began_ms < watch_ms / ROUNDS) {
        watch_wait(watch, watch_pace_ms(watch));
        return;
    }
    watch->round_began_ms = now_ms;
    watch->at_ms = now_ms - watch_ms;
    watch->after = 0;
    watch_read(watch);
}

static void watch_on_timer(void *arg)
{
    struct watch *watch = arg;
    struct order_context *context = watch->context;
    if (context->is_stopping)
        return;
    if (context->catalogue == NULL || !context->settings.is_tracking)
        watch_wait(watch, watch_pace_ms(watch));
    else if (watch->next < watch->count) {
        if (!watch_try_next(watch))
            watch_wait(watch, watch_pace_ms(watch));
    } else if (watch->at_ms == 0)
        watch_begin_round(watch);
    else
        watch_read(watch);
}

struct watch *watch_new(struct order_context *context)
{
    struct watch *watch = memory_new(sizeof *watch);
    watch->context = context;
    watch->started_ms = clock_wall_ms();
    watch->is_first_round = true;
    arena_init(&watch->arena);
    watch_wait(watch, watch_pace_ms(watch));
    return watch;
}

void watch_free(struct watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->call)
        upstream_call_cancel(watch->call);
    watch->call = NULL;
    if (watch->providers)
        provider_set_unpin(&watch->providers);
    loop_timer_fini(&watch->timer);
    arena_fini(&watch->arena);
    free(watch);
}
