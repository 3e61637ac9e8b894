/* See status_apply.h. Parents (subscriptions, drip-feeds) report the ids of their children: those
 * get order numbers of ours before the parent's query completes. */
#include "orders/status_apply.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "orders/order_context.h"
#include "orders/settlement.h"

enum { CHILDREN_MAX = 10000, EXTRA_BYTES = 256 * 1024, SAVE_AGAIN_MS = 1000 };

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

/* What was not written is at the next landing. A final state is not asked for again, and with it
 * goes what is given back: that is tried until it is there. */
static void status_apply_on_saved(struct ledger_outcome outcome, void *arg)
{
    struct saving *saving = arg;
    struct order_context *context = saving->context;
    bool is_over = ledger_is_decided(outcome.result);
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

/* A child of a subscription is charged as the panel reports it: its charge there over its rate
 * there, at our rate. */
static struct money status_apply_child_charge(struct order_context *context,
                                              const struct open_order *order,
                                              const struct upstream_status *reported)
{
    const struct service *service = catalogue_find(context->catalogue, order->service);
    struct money charge = order->course.paid;
    for (size_t i = 0; service && i < service->offer_count; i++) {
        const struct offer *offer = &service->offers[i];
        if (offer->provider_id == order->provider_id && offer->is_known && offer->rate.units > 0 &&
            reported->charge.units >= 0 &&
            money_share_up(order->rate, reported->charge.units, offer->rate.units,
                           context->settings.decimals, &charge))
            break;
    }
    return charge;
}

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

/* One report on its way through the table. */
struct settling {
    struct order_context *context;
    const struct upstream_status *reported;
    const char *extra; /* the parent's new one, or NULL: as it was */
    int64_t now_ms;
    struct settlement settled;
    bool is_changed;
    struct open_order after; /* when it changed: to be written; its extra is the new one or NULL */
};

/* Under the table's lock; true when nothing is to be written: its query is complete. */
static bool status_apply_settle_order(struct open_order *order, void *arg)
{
    struct settling *s = arg;
    struct settlement_order before = {.course = order->course,
                                      .type = order->type,
                                      .quantity = order->quantity,
                                      .charge = order->charge,
                                      .decimals = s->context->settings.decimals};
    bool is_child = order->parent && order->type == ORDERTYPE_SUBSCRIPTIONS;
    if (is_child && s->reported->has_charge)
        before.course.paid = status_apply_child_charge(s->context, order, s->reported);
    s->settled = settlement_make(&before, s->reported);
    s->is_changed = s->settled.is_changed || order->is_unsaved ||
                    s->settled.course.paid.units != order->course.paid.units ||
                    (s->extra && !str_is_same(s->extra, order->extra));
    order->course = s->settled.course;
    order->asked_at_ms = s->now_ms;
    order->unknown_since_ms = 0;
    order->is_unsaved = false;
    if (s->is_changed) {
        s->after = *order;
        s->after.extra = s->extra;
    }
    if (s->extra)
        open_orders_set_extra(order, s->extra);
    return !s->is_changed;
}

static void status_apply_settle(struct order_context *context, uint32_t id,
                                const struct upstream_status *reported, const char *extra,
                                struct open_orders_completed *completed)
{
    struct settling s;
    s.context = context;
    s.reported = reported;
    s.extra = extra;
    s.now_ms = loop_now_ms(context->loop);
    if (!open_orders_change_and_complete(context->open_orders, id, status_apply_settle_order, &s,
                                         completed))
        return;
    if (status_apply_is_odd(&s.settled))
        status_apply_log_oddities(id, &s.settled, reported);
    if (!s.is_changed)
        return;
    /* Its write is on its way before anybody can ask for it again: the books follow in order. */
    status_apply_save(context, &s.after, s.settled.is_late ? STR("late") : STR_NONE);
    open_orders_complete(context->open_orders, id, completed);
}

/* ---- children ---- */

/* A parent whose children's numbers are being looked up, and given to new ones. Its query lasts
 * until those are durable: the next look-up would not find them, and give second numbers. */
struct status_apply_family {
    struct order_context *context;
    struct arena arena;
    struct open_order parent;
    struct upstream_status reported; /* its own copy */
    struct buf extra;                /* what the parent shows from now on */
    size_t writes;                   /* children on their way to disk */
    bool has_failed;
};

struct birth { /* a child on its way to disk */
    struct status_apply_family *family;
    struct open_order child;
};

static void status_apply_family_free(struct status_apply_family *family)
{
    order_context_end_work(family->context, &family->context->deferred);
    buf_fini(&family->extra);
    arena_fini(&family->arena);
    free(family);
}

static void status_apply_family_end(struct status_apply_family *family)
{
    struct order_context *context = family->context;
    struct open_orders_completed completed = {0};
    if (family->has_failed)
        open_orders_complete(context->open_orders, family->parent.id, &completed);
    else
        status_apply_settle(context, family->parent.id, &family->reported,
                            family->extra.is_over ? NULL : family->extra.ptr, &completed);
    open_orders_notify(&completed, context->loop);
    status_apply_family_free(family);
}

static void status_apply_on_born(struct ledger_outcome outcome, void *arg)
{
    struct birth *birth = arg;
    struct status_apply_family *family = birth->family;
    if (outcome.result == LEDGER_DONE)
        open_orders_put(family->context->open_orders, &birth->child);
    else
        family->has_failed = true; /* the numbers were never told; the next status tries again */
    free(birth);
    if (--family->writes == 0)
        status_apply_family_end(family);
}

static uint32_t status_apply_child_new(struct status_apply_family *family, struct str upstream_id)
{
    struct order_context *context = family->context;
    const struct open_order *parent = &family->parent;
    const struct provider *provider =
        provider_set_by_id(context->catalogue->providers, parent->provider_id);
    struct ledger_order child = {
        .id = ledger_take_order_number(context->ledger),
        .client = client_name(parent->client_id),
        .service = parent->service,
        .type =
            parent->type == ORDERTYPE_SUBSCRIPTIONS ? ORDERTYPE_SUBSCRIPTIONS : ORDERTYPE_DEFAULT,
        .fields = STR("{}"),
        .rate = parent->rate,
        .currency = str_of(context->settings.currency),
        .course.state = ORDERSTATE_PENDING,
        .is_number_given = true,
        .provider = provider ? str_of(provider->settings.name) : STR(""),
        .upstream_service = STR(""),
        .upstream_id = upstream_id,
        .parent = parent->id,
        .reason = STR("child"),
        .created_at_ms = clock_wall_ms(),
    };
    struct ledger_change change = {.order = child.id, .insert = &child, .event = "child"};
    if (child.id == 0)
        return 0;
    struct birth *birth = memory_new(sizeof *birth);
    birth->family = family;
    open_order_from_ledger(&child, &birth->child);
    birth->child.provider_id = parent->provider_id;
    family->writes++;
    ledger_write(context->ledger, context->loop, &change, status_apply_on_born, birth);
    return child.id;
}

static uint32_t status_apply_child_find(const struct ledger_rows *rows, struct str upstream_id)
{
    for (size_t i = 0; i < rows->order_count; i++)
        if (str_equal(rows->orders[i].upstream_id, upstream_id))
            return rows->orders[i].id;
    return 0;
}

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

static void status_apply_add_members(const struct upstream_status *reported, struct buf *extra)
{
    if (reported->has_posts)
        status_apply_add_number(extra, "posts", reported->posts);
    if (reported->has_runs)
        status_apply_add_number(extra, "runs", reported->runs);
    if (reported->expiry.len)
        status_apply_add_member(extra, "expiry", reported->expiry);
}

static void status_apply_on_children(const struct ledger_rows *rows, void *arg)
{
    struct status_apply_family *family = arg;
    const struct upstream_status *reported = &family->reported;
    struct buf *extra = &family->extra;
    if (rows->result != LEDGER_DONE) {
        family->has_failed = true;
        status_apply_family_end(family);
        return;
    }
    status_apply_add_members(reported, extra);
    buf_add_text(extra, extra->len ? ",\"orders\":[" : "\"orders\":[");
    for (size_t i = 0; i < reported->order_count && i < CHILDREN_MAX; i++) {
        uint32_t number = status_apply_child_find(rows, reported->orders[i]);
        if (number == 0)
            number = status_apply_child_new(family, reported->orders[i]);
        buf_printf(extra, i ? ",\"%u\"" : "\"%u\"", number);
    }
    buf_add_byte(extra, ']');
    if (family->writes == 0)
        status_apply_family_end(family);
}

static void status_apply_look_up_children(struct order_context *context,
                                          const struct open_order *parent,
                                          const struct upstream_status *reported)
{
    struct status_apply_family *family = memory_new(sizeof *family);
    context->deferred++;
    arena_init(&family->arena);
    buf_init(&family->extra, EXTRA_BYTES);
    family->context = context;
    family->parent = *parent;
    family->parent.extra = NULL;
    family->reported = *reported;
    family->reported.id = arena_str(&family->arena, reported->id);
    family->reported.word = arena_str(&family->arena, reported->word);
    family->reported.expiry = arena_str(&family->arena, reported->expiry);
    family->reported.orders =
        arena_new(&family->arena, reported->order_count * sizeof *reported->orders);
    for (size_t i = 0; i < reported->order_count; i++)
        family->reported.orders[i] = arena_str(&family->arena, reported->orders[i]);
    struct ledger_query query = {.request = LEDGER_QUERY_CHILDREN, .id = parent->id};
    ledger_query(context->ledger, context->loop, &query, status_apply_on_children, family);
}

/* ---- what its provider does not know ---- */

static bool status_apply_note_unknown(struct open_order *order, void *arg)
{
    int64_t now_ms = *(const int64_t *)arg;
    order->asked_at_ms = now_ms;
    if (order->unknown_since_ms == 0)
        order->unknown_since_ms = now_ms;
    return true;
}

void status_apply_unknown(struct order_context *context, uint32_t id,
                          struct open_orders_completed *completed)
{
    int64_t now_ms = loop_now_ms(context->loop);
    open_orders_change_and_complete(context->open_orders, id, status_apply_note_unknown, &now_ms,
                                    completed);
}

void status_apply_take(struct order_context *context, uint32_t id,
                       const struct upstream_status *reported,
                       struct open_orders_completed *completed)
{
    struct open_order order;
    struct buf extra;
    if (reported->is_unknown_id) {
        status_apply_unknown(context, id, completed);
        return;
    }
    if (reported->order_count > 0 && open_orders_get(context->open_orders, id, NULL, &order) &&
        order.parent == 0) {
        status_apply_look_up_children(context, &order, reported);
        return;
    }
    buf_init(&extra, EXTRA_BYTES);
    status_apply_add_members(reported, &extra);
    status_apply_settle(context, id, reported, extra.len && !extra.is_over ? extra.ptr : NULL,
                        completed);
    buf_fini(&extra);
}
