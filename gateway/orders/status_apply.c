/* See status_apply.h. Parents (subscriptions, drip-feeds) report the ids of their children: those
 * get order numbers of ours before the parent's query completes. */
#include "orders/status_apply.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "orders/children.h"
#include "orders/cost.h"
#include "orders/order_context.h"
#include "orders/schedule.h"
#include "orders/send_on.h"
#include "orders/settlement.h"
#include "orders/usual_course.h"

enum { EXTRA_BYTES = 256 * 1024, SAVE_AGAIN_MS = 1000 };

/* ---- writing what changed; no reader waits for it ---- */

struct saving {
    struct order_context *context;
    uint32_t order;
    bool is_final;
    struct loop_timer again;
};

static void status_apply_mark_unsaved(struct open_order *order, void *arg)
{
    (void)arg;
    order->is_unsaved = true;
}

static void status_apply_write_state(struct saving *saving, const struct open_order *order,
                                     struct str reason);

static void status_apply_saving_end(struct saving *saving)
{
    order_context_end_work(saving->context, &saving->context->deferred);
    loop_timer_fini(&saving->again);
    free(saving);
}

static void status_apply_on_save_again(void *arg)
{
    struct saving *saving = arg;
    struct order_context *context = saving->context;
    struct open_order order;
    struct arena arena;
    arena_init(&arena);
    if (!context->is_stopping &&
        open_orders_get(context->open_orders, saving->order, &arena, &order))
        status_apply_write_state(saving, &order, STR_NONE);
    else
        status_apply_saving_end(saving);
    arena_fini(&arena);
}

/* What funds did not cover is not charged, and not tried again with every report. */
static void status_apply_set_paid(struct open_order *order, void *arg)
{
    order->course.paid = order->ceiling = *(const struct money *)arg;
}

static void status_apply_note_uncovered(struct saving *saving, struct money paid)
{
    char text[MONEY_TEXT];
    money_print(paid, 2, text);
    atomic_fetch_add_explicit(&order_context_totals.uncovered_charges, 1, memory_order_relaxed);
    log_event(LOG_WARN, "charge_uncovered",
              "order=%u paid=%s why=\"its client's funds do not cover what its panel charged\"",
              saving->order, text);
    open_orders_change(saving->context->open_orders, saving->order, status_apply_set_paid, &paid);
}

/* What was not written is at the next landing. A final state is not asked for again, and with it
 * goes what is given back: that is tried until it is there. */
static void status_apply_on_saved(struct ledger_outcome outcome, void *arg)
{
    struct saving *saving = arg;
    struct order_context *context = saving->context;
    bool is_over = ledger_is_decided(outcome.result);
    if (outcome.is_uncovered)
        status_apply_note_uncovered(saving, outcome.paid);
    if (is_over && saving->is_final)
        open_orders_remove(context->open_orders, saving->order);
    if (!is_over)
        open_orders_change(context->open_orders, saving->order, status_apply_mark_unsaved, NULL);
    if (!is_over && saving->is_final && !context->is_stopping)
        loop_timer_start(&saving->again, context->loop, SAVE_AGAIN_MS, status_apply_on_save_again,
                         saving);
    else
        status_apply_saving_end(saving);
}

static void status_apply_write_state(struct saving *saving, const struct open_order *order,
                                     struct str reason)
{
    struct ledger_update update = {.has_course = true,
                                   .is_report = true,
                                   .has_cost = order->cost.units > 0,
                                   .cost = order->cost,
                                   .has_package_unit = order->unit > 0,
                                   .package_unit = order->unit,
                                   .has_extra = order->extra != NULL,
                                   .only_if_unsettled = true,
                                   .course = order->course,
                                   .extra = str_of(order->extra)};
    struct ledger_change change = {
        .order = order->id, .update = &update, .event = "status", .reason = reason};
    ledger_write(saving->context->ledger, saving->context->loop, &change, status_apply_on_saved,
                 saving);
}

static void status_apply_save(struct order_context *context, const struct open_order *order,
                              struct str reason)
{
    struct saving *saving = memory_new(sizeof *saving);
    context->deferred++;
    saving->context = context;
    saving->order = order->id;
    saving->is_final = orderstate_is_final(order->course.state);
    status_apply_write_state(saving, order, reason);
}

/* ---- settling ---- */

/* Where the panel charges as it delivers (a child of a subscription, a subscription without
 * children) the client pays the same part of our rate as the panel took of the rate we bought at.
 */

/* Orders of an older ledger do not know it: today's list has to do. */
static struct money status_apply_bought(const struct order_context *context,
                                        const struct open_order *order)
{
    const struct service *service =
        order->bought.units ? NULL : catalogue_find(context->catalogue, order->service);
    for (size_t i = 0; service && i < service->offer_count; i++)
        if (service->offers[i].provider_id == order->provider_id && service->offers[i].is_known)
            return service->offers[i].cost;
    return order->bought;
}

/* One report on its way through the table. */
struct settling {
    struct order_context *context;
    const struct upstream_status *reported;
    const struct children_result *children; /* of a parent; NULL: none were looked for */
    const char *extra;                      /* the parent's new one, or NULL: as it was */
    int64_t now_ms, wall_ms;
    struct settlement settled;
    /* What the panel was asked about; NULL: what it says was waited for, and counts. */
    const char *upstream_id;
    bool is_parent;  /* its children come first: nothing was done, `after` is the order as it is */
    bool is_sent_on; /* likewise: what is left may go on to another panel */
    struct next_step step;
    bool is_changed;
    bool is_priced;       /* metered: its charge was read */
    bool is_over_ceiling; /* the panel took more than was quoted */
    bool is_unit_new;
    bool is_cost_new;
    struct money expected; /* what the attempt was to cost; cost_new: before that */
    /* When it changed: to be written; its extra is the new one or NULL. Not filled before. */
    struct open_order *after;
};

static bool status_apply_is_metered(const struct settling *s, const struct open_order *order)
{
    bool has_children = s->children ? s->children->has_any : order->has_children;
    return order->type == ORDERTYPE_SUBSCRIPTIONS && s->reported->has_charge &&
           s->reported->charge.units >= 0 && (order->parent != 0 || !has_children);
}

/* How many pieces a panel took that much for, where it is a whole number of them. */
static bool status_apply_pieces(struct money taken, struct money bought, int64_t *out)
{
    __int128 thousandths = (__int128)taken.units * 1000;
    __int128 pieces = (thousandths + bought.units / 2) / bought.units;
    __int128 off = thousandths - pieces * bought.units;
    *out = (int64_t)pieces;
    /* Both amounts were rounded up to 10^-8 when they were converted. */
    return pieces <= INT32_MAX && (off < 0 ? -off : off) <= 2000 + pieces;
}

/* Never more than was quoted. */
static bool status_apply_metered(struct settling *s, const struct open_order *order,
                                 struct money *out)
{
    const struct order_context *context = s->context;
    const struct provider *provider =
        provider_set_by_id(context->catalogue->providers, order->provider_id);
    unsigned decimals = open_order_decimals(order, context->settings.decimals);
    struct money taken, bought = status_apply_bought(context, order);
    int64_t pieces;
    if (provider == NULL || bought.units <= 0 ||
        !quote_order_cost(s->reported->charge, provider->exchange, 1, true, &taken))
        return false;
    bool is_priced = status_apply_pieces(taken, bought, &pieces)
                         ? quote_charge(order->rate, pieces, false, decimals, out)
                         : money_share_up(order->rate, taken.units, bought.units, decimals, out);
    bool has_ceiling = order->ceiling.units != OPEN_ORDER_NO_CEILING.units;
    s->is_over_ceiling = has_ceiling && (!is_priced || money_compare(*out, order->ceiling) > 0);
    if (s->is_over_ceiling)
        *out = order->ceiling;
    return is_priced || s->is_over_ceiling;
}

/* What it pays before its state is looked at. */
static struct money status_apply_paid(struct settling *s, const struct open_order *order)
{
    struct money paid = order->course.paid;
    if (status_apply_is_metered(s, order)) {
        s->is_priced = status_apply_metered(s, order, &paid);
        return s->is_priced ? paid : order->course.paid;
    }
    /* From the first child on, they are what is paid for. */
    if (settlement_is_subscription(order->type, order->parent != 0) && s->children &&
        s->children->has_any)
        return MONEY_ZERO;
    return paid;
}

/* A drip-feed pays for what its runs left undone no longer; canceled, for what they delivered. */
static void status_apply_lower(const struct settling *s, const struct settlement_order *order,
                               struct order_course *course)
{
    if (s->children == NULL)
        return;
    if (course->state == ORDERSTATE_CANCELED && order->type != ORDERTYPE_SUBSCRIPTIONS) {
        *course = settlement_end_of_runs(order, course, s->children->delivered,
                                         s->children->delivered_paid);
        return;
    }
    if (s->children->undelivered.units == 0)
        return;
    struct money most = {order->charge.units - s->children->undelivered.units};
    if (most.units < 0)
        most = MONEY_ZERO;
    if (money_compare(course->paid, most) > 0)
        course->paid = most;
}

/* A subscription's child that ends without a charge that can be read, or its parent before that
 * child: what it pays is not known. Their money stays held, and the operator is told. */
static bool status_apply_is_unpriced(const struct settling *s, const struct open_order *order)
{
    enum orderstate state = s->settled.course.state;
    if (order->type != ORDERTYPE_SUBSCRIPTIONS || !orderstate_is_final(state) ||
        orderstate_is_final(order->course.state))
        return false;
    if (order->parent == 0)
        return s->children && s->children->has_unpriced;
    return !s->is_priced && state != ORDERSTATE_CANCELED && order->ceiling.units != 0;
}

static void status_apply_leave_open(struct settling *s, const struct open_order *order)
{
    s->settled.course.state = order->course.state;
    s->settled.course.paid = order->course.paid;
    s->settled.is_review = true;
}

static int64_t status_apply_next_due(const struct settling *s, const struct open_order *order)
{
    const struct order_context *context = s->context;
    int64_t usual_ms = usual_course_ms(open_orders_usual(context->open_orders), order->service);
    uint64_t random = (uint64_t)order->id * 0x9e3779b97f4a7c15u ^ (uint64_t)s->now_ms;
    return s->now_ms + schedule_next_ms(context->settings.track_after_ms,
                                        s->wall_ms - order->placed_at_ms, usual_ms, random >> 7);
}

/* Of the fresh order, for what a panel gives back later lowers its charge; at a whole end only what
 * is more. A drip-feed's may be of one run. */
static void status_apply_check_cost(struct settling *s, struct open_order *order)
{
    const struct upstream_status *reported = s->reported;
    struct money taken;
    bool is_fresh = order->asked_at_ms == 0 && !orderstate_is_final(s->settled.course.state);
    bool is_whole_end = !orderstate_is_final(order->course.state) &&
                        s->settled.course.state == ORDERSTATE_COMPLETED;
    s->expected = order->cost;
    if (!is_fresh && !is_whole_end)
        return;
    const struct provider *provider =
        provider_set_by_id(s->context->catalogue->providers, order->provider_id);
    s->is_cost_new = order->parent == 0 && provider != NULL &&
                     order->type != ORDERTYPE_SUBSCRIPTIONS && !reported->has_runs &&
                     !order->has_children && reported->has_charge &&
                     cost_is_other(order->cost, reported->charge, provider->exchange, &taken) &&
                     (is_fresh || money_compare(taken, order->cost) > 0);
    if (s->is_cost_new)
        order->cost = taken;
}

static bool status_apply_has_children(const struct settling *s, const struct open_order *order)
{
    return s->children == NULL && order->parent == 0 && !s->reported->is_absent &&
           (s->reported->order_count > 0 || order->has_children);
}

/* The order has moved on since the panel was asked: what it says is about another number. */
static bool status_apply_is_outdated(const struct settling *s, const struct open_order *order)
{
    return s->upstream_id && strcmp(order->upstream_id, s->upstream_id) != 0;
}

/* A charge that is still the whole cost was not lowered by the order's end: it says nothing of it.
 */
static bool status_apply_is_charge_unmoved(const struct settling *s, const struct open_order *order)
{
    const struct provider *provider =
        provider_set_by_id(s->context->catalogue->providers, order->provider_id);
    struct money taken;
    return s->reported->has_charge && s->reported->charge.units > 0 && order->cost.units > 0 &&
           provider != NULL &&
           !cost_is_other(order->cost, s->reported->charge, provider->exchange, &taken);
}

static bool status_apply_may_go_on(const struct order_context *context,
                                   const struct open_order *order)
{
    if (!context->catalogue->may_go_on)
        return false;
    const struct service *service = catalogue_find(context->catalogue, order->service);
    return service && (service->cancel_goes_on || service->partial_goes_on);
}

/* What its panel ended may go on to another one; the ledger has to be asked. */
static bool status_apply_goes_on(struct settling *s, const struct open_order *order)
{
    const struct order_context *context = s->context;
    enum orderstatus status = s->reported->status;
    bool is_end = status == ORDERSTATUS_CANCELED || status == ORDERSTATUS_PARTIAL ||
                  status == ORDERSTATUS_REFUNDED;
    const struct service *service = is_end && s->upstream_id && !context->is_stopping
                                        ? catalogue_find(context->catalogue, order->service)
                                        : NULL;
    if (service == NULL || s->reported->is_absent)
        return false;
    struct settlement_order before = open_order_settlement(order, context->settings.decimals);
    struct upstream_status said = *s->reported;
    said.has_charge = said.has_charge && !status_apply_is_charge_unmoved(s, order);
    s->step =
        next_step_of(&before, &said,
                     (struct next_step_rules){service->cancel_goes_on, service->partial_goes_on});
    return s->step.may_go_on;
}

/* Under the table's lock; true when nothing is to be written: its query is complete. */
static bool status_apply_settle_order(struct open_order *order, void *arg)
{
    struct settling *s = arg;
    if (status_apply_is_outdated(s, order))
        return true;
    s->is_parent = status_apply_has_children(s, order);
    s->is_sent_on = !s->is_parent && status_apply_goes_on(s, order);
    if (s->is_parent || s->is_sent_on) {
        *s->after = *order;
        s->after->extra = NULL;
        return false;
    }
    struct settlement_order before = open_order_settlement(order, s->context->settings.decimals);
    before.may_go_on = status_apply_may_go_on(s->context, order);
    if (!orderstate_is_final(order->course.state))
        before.course.paid = status_apply_paid(s, order);
    s->settled = settlement_make(&before, s->reported);
    if (!orderstate_is_final(order->course.state))
        status_apply_lower(s, &before, &s->settled.course);
    bool is_unpriced = status_apply_is_unpriced(s, order);
    if (is_unpriced)
        status_apply_leave_open(s, order);
    /* A run is booked with its parent: its own row holds no money. */
    if (order->parent && order->type != ORDERTYPE_SUBSCRIPTIONS)
        s->settled.course.paid = MONEY_ZERO;
    s->is_changed = !order_course_is_same(&s->settled.course, &order->course) ||
                    order->is_unsaved || (s->extra && !str_is_same(s->extra, order->extra));
    status_apply_check_cost(s, order);
    s->is_unit_new = order->unit != s->settled.unit;
    s->is_changed = s->is_changed || s->is_unit_new || s->is_cost_new;
    order->course = s->settled.course;
    order->unit = s->settled.unit;
    order->asked_at_ms = s->now_ms;
    order->unknown_since_ms = 0;
    order->is_review = s->settled.is_review;
    order->is_unpriced = is_unpriced;
    order->is_unsaved = false;
    order->due_at_ms = status_apply_next_due(s, order);
    if (s->children) {
        order->has_children = s->children->has_any;
        order->odd_children =
            (uint16_t)(s->children->odd < UINT16_MAX ? s->children->odd : UINT16_MAX);
    }
    if (s->is_changed) {
        *s->after = *order;
        s->after->extra = s->extra;
    }
    if (s->extra)
        open_orders_set_extra(order, s->extra);
    return !s->is_changed;
}

/* ---- what follows from it ---- */

static bool status_apply_is_odd(const struct settlement *settled)
{
    return settled->is_unknown_word || settled->is_review || settled->is_clamped ||
           settled->is_late;
}

static void status_apply_log_oddities(uint32_t order, const struct settlement *settled,
                                      const struct upstream_status *reported)
{
    if (settled->is_unknown_word)
        atomic_fetch_add_explicit(&order_context_totals.status_unknown_words, 1,
                                  memory_order_relaxed);
    log_event(LOG_WARN, "status_odd",
              "order=%u word=%s kept=%s unknown=%d review=%d clamped=%d "
              "late=%d",
              order, log_value(reported->word).text, orderstate_name(settled->course.state),
              settled->is_unknown_word, settled->is_review, settled->is_clamped, settled->is_late);
}

static void status_apply_query_again(struct open_order *order, void *arg)
{
    order->asked_at_ms = 0;
    order->due_at_ms = *(const int64_t *)arg;
}

/* A run that left something undone lowers what its parent pays: the parent is looked at again. */
static void status_apply_note_end(const struct settling *s)
{
    struct order_context *context = s->context;
    const struct open_order *order = s->after;
    int64_t now_ms = s->now_ms;
    enum orderstate state = order->course.state;
    bool is_subscription = settlement_is_subscription(order->type, order->parent != 0);
    /* Of one that moved on, nobody's time alone is known. */
    if ((state == ORDERSTATE_COMPLETED || state == ORDERSTATE_PARTIAL) && !is_subscription &&
        order->moves == 0)
        usual_course_note(open_orders_usual(context->open_orders), order->service,
                          s->wall_ms - order->placed_at_ms);
    if (order->parent == 0 || order->type == ORDERTYPE_SUBSCRIPTIONS ||
        state == ORDERSTATE_COMPLETED)
        return;
    if (!open_orders_change(context->open_orders, order->parent, status_apply_query_again, &now_ms))
        log_event(LOG_WARN, "run_ended_late",
                  "order=%u parent=%u state=%s why=\"its parent had ended and was charged\"",
                  order->id, order->parent, orderstate_name(state));
}

static void status_apply_take_parent(struct order_context *context, const struct open_order *order,
                                     const struct upstream_status *reported);
static void status_apply_send_on(struct order_context *context, const struct open_order *order,
                                 const struct next_step *step,
                                 const struct upstream_status *reported);

static void status_apply_settle(struct status_apply_batch *batch, uint32_t id,
                                const char *upstream_id, const struct upstream_status *reported,
                                const struct children_result *children, const char *extra)
{
    struct order_context *context = batch->context;
    struct open_order after;
    struct settling s = {.context = context,
                         .upstream_id = upstream_id,
                         .reported = reported,
                         .children = children,
                         .extra = extra,
                         .now_ms = batch->now_ms,
                         .wall_ms = batch->wall_ms,
                         .after = &after};
    if (!open_orders_change_and_complete(context->open_orders, id, status_apply_settle_order, &s,
                                         &batch->completed))
        return;
    if (s.is_parent) {
        status_apply_take_parent(context, &after, reported);
        return;
    }
    if (s.is_sent_on) {
        status_apply_send_on(context, &after, &s.step, reported);
        return;
    }
    if (status_apply_is_odd(&s.settled))
        status_apply_log_oddities(id, &s.settled, reported);
    if (!s.is_changed)
        return;
    if (s.is_over_ceiling)
        log_event(LOG_WARN, "charge_odd",
                  "order=%u why=\"its panel took as much as was quoted, or more\"", id);
    if (orderstate_is_final(after.course.state))
        status_apply_note_end(&s);
    if (s.is_cost_new)
        cost_note_other(id, s.expected, after.cost);
    /* Its write is on its way before anybody can ask for it again: the ledger follows in order. */
    status_apply_save(context, &after,
                      s.is_cost_new ? STR("its panel took another charge than its list says")
                                    : STR_NONE);
    open_orders_complete(context->open_orders, id, &batch->completed);
}

/* ---- what a parent shows beside its numbers ---- */

static void status_apply_add_member(struct buf *extra, const char *name, struct str value)
{
    if (extra->len)
        buf_add_byte(extra, ',');
    buf_printf(extra, "\"%s\":", name);
    buf_add_json(extra, value);
}

static void status_apply_add_number(struct buf *extra, const char *name, int64_t value)
{
    if (extra->len)
        buf_add_byte(extra, ',');
    buf_printf(extra, "\"%s\":\"%lld\"", name, (long long)value);
}

static bool status_apply_has_members(const struct upstream_status *reported)
{
    return reported->has_posts || reported->has_runs || reported->expiry.len > 0;
}

static void status_apply_add_members(const struct upstream_status *reported, struct buf *extra)
{
    if (reported->has_posts)
        status_apply_add_number(extra, "posts", reported->posts);
    if (reported->has_runs)
        status_apply_add_number(extra, "runs", reported->runs);
    if (reported->expiry.len)
        status_apply_add_member(extra, "expiry", reported->expiry);
}

/* ---- reports that wait ---- */

/* For the numbers of the order's children, or for what the ledger says of going on elsewhere. Its
 * query stays open until then. */
struct status_apply_waiting {
    struct order_context *context;
    struct arena arena;
    uint32_t order;
    struct upstream_status reported; /* its own copy */
};

static struct status_apply_waiting *status_apply_keep(struct order_context *context, uint32_t order,
                                                      const struct upstream_status *reported)
{
    struct status_apply_waiting *waiting = memory_new(sizeof *waiting);
    arena_init(&waiting->arena);
    waiting->context = context;
    waiting->order = order;
    waiting->reported = *reported;
    waiting->reported.id = arena_str(&waiting->arena, reported->id);
    waiting->reported.word = arena_str(&waiting->arena, reported->word);
    waiting->reported.expiry = arena_str(&waiting->arena, reported->expiry);
    waiting->reported.orders = NULL;
    waiting->reported.order_count = 0;
    return waiting;
}

static void status_apply_waiting_end(struct status_apply_waiting *waiting,
                                     struct status_apply_batch *batch)
{
    arena_fini(&waiting->arena);
    free(waiting);
    open_orders_notify(&batch->completed, batch->context->loop);
}

/* ---- what its panel ended may go on elsewhere ---- */

static void status_apply_settle_plain(struct status_apply_batch *batch, uint32_t id,
                                      const char *upstream_id,
                                      const struct upstream_status *reported)
{
    struct buf extra;
    buf_init(&extra, EXTRA_BYTES);
    status_apply_add_members(reported, &extra);
    status_apply_settle(batch, id, upstream_id, reported, NULL,
                        extra.len && !extra.is_over ? extra.ptr : NULL);
    buf_fini(&extra);
}

static void status_apply_on_sent_on(enum send_on_result result, void *arg)
{
    struct status_apply_waiting *waiting = arg;
    struct status_apply_batch batch = status_apply_begin(waiting->context);
    if (result == SEND_ON_ENDS)
        status_apply_settle_plain(&batch, waiting->order, NULL, &waiting->reported);
    else
        open_orders_complete(batch.context->open_orders, waiting->order, &batch.completed);
    status_apply_waiting_end(waiting, &batch);
}

static void status_apply_send_on(struct order_context *context, const struct open_order *order,
                                 const struct next_step *step,
                                 const struct upstream_status *reported)
{
    send_on_start(context, order, step, status_apply_on_sent_on,
                  status_apply_keep(context, order->id, reported));
}

/* ---- parents ---- */

static void status_apply_on_children(const struct children_result *children, void *arg)
{
    struct status_apply_waiting *parent = arg;
    struct status_apply_batch batch = status_apply_begin(parent->context);
    struct buf extra;
    buf_init(&extra, EXTRA_BYTES);
    status_apply_add_members(&parent->reported, &extra);
    if (children->orders)
        buf_printf(&extra, extra.len ? ",\"orders\":[%s]" : "\"orders\":[%s]", children->orders);
    if (children->is_known)
        status_apply_settle(&batch, parent->order, NULL, &parent->reported, children,
                            extra.len && !extra.is_over ? extra.ptr : NULL);
    else
        open_orders_complete(batch.context->open_orders, parent->order, &batch.completed);
    buf_fini(&extra);
    status_apply_waiting_end(parent, &batch);
}

static bool status_apply_is_end(const struct open_order *order,
                                const struct upstream_status *reported)
{
    struct settlement_order before = {.course = order->course,
                                      .type = order->type,
                                      .quantity = order->quantity,
                                      .charge = order->charge};
    return orderstate_is_final(settlement_make(&before, reported).course.state);
}

static void status_apply_take_parent(struct order_context *context, const struct open_order *order,
                                     const struct upstream_status *reported)
{
    children_take(context, order, reported->orders, reported->order_count,
                  status_apply_is_end(order, reported), status_apply_on_children,
                  status_apply_keep(context, order->id, reported));
}

/* ---- what its provider does not know ---- */

static bool status_apply_note_unknown(struct open_order *order, void *arg)
{
    struct settling *s = arg;
    if (status_apply_is_outdated(s, order))
        return true;
    order->asked_at_ms = s->now_ms;
    if (order->unknown_since_ms == 0)
        order->unknown_since_ms = s->now_ms;
    order->due_at_ms = status_apply_next_due(s, order);
    return true;
}

void status_apply_unknown(struct status_apply_batch *batch, uint32_t id, const char *upstream_id)
{
    struct settling s = {.context = batch->context,
                         .upstream_id = upstream_id,
                         .now_ms = batch->now_ms,
                         .wall_ms = batch->wall_ms};
    open_orders_change_and_complete(batch->context->open_orders, id, status_apply_note_unknown, &s,
                                    &batch->completed);
}

/* ---- the reports of a response ---- */

struct status_apply_batch status_apply_begin(struct order_context *context)
{
    return (struct status_apply_batch){.context = context,
                                       .now_ms = loop_now_ms(context->loop),
                                       .wall_ms = clock_wall_coarse_ms()};
}

void status_apply_take(struct status_apply_batch *batch, uint32_t id, const char *upstream_id,
                       const struct upstream_status *reported)
{
    if (reported->is_unknown_id)
        status_apply_unknown(batch, id, upstream_id);
    else if (status_apply_has_members(reported))
        status_apply_settle_plain(batch, id, upstream_id, reported);
    else /* nearly always */
        status_apply_settle(batch, id, upstream_id, reported, NULL, NULL);
}
