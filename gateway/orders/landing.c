/* See landing.h. Parents (subscriptions, drip-feeds) report the ids of their children: those get
 * order numbers of ours before the parent's flight ends. */
#include "orders/landing.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "orders/desk.h"
#include "orders/settlement.h"

enum { CHILDREN_MOST = 10000, EXTRA_BYTES = 256 * 1024, SAVE_AGAIN_MS = 1000 };

/* ---- writing what changed; no reader waits for it ---- */

struct saving {
    struct desk *desk;
    uint32_t order;
    bool is_final;
    struct loop_timer again;
};

static void landing_mark_unsaved(struct liveorder *order, void *arg)
{
    (void)arg;
    order->is_unsaved = true;
}

static void landing_write_state(struct saving *saving, const struct liveorder *order,
                                struct str reason);

static void landing_saving_end(struct saving *saving)
{
    saving->desk->errands--;
    loop_timer_fini(&saving->again);
    free(saving);
}

static void landing_on_save_again(void *arg)
{
    struct saving *saving = arg;
    struct desk *desk = saving->desk;
    struct liveorder order;
    struct arena arena;
    arena_init(&arena);
    if (!desk->is_stopping && liveorders_get(desk->liveorders, saving->order, &arena, &order))
        landing_write_state(saving, &order, STR_NONE);
    else
        landing_saving_end(saving);
    arena_fini(&arena);
}

/* What was not written is at the next landing. A final state is not asked for again, and with it
 * goes what is given back: that is tried until it is there. */
static void landing_on_saved(enum ledger_result result, void *arg)
{
    struct saving *saving = arg;
    struct desk *desk = saving->desk;
    bool is_over = result == LEDGER_DONE || result == LEDGER_REFUSED;
    if (is_over && saving->is_final)
        liveorders_remove(desk->liveorders, saving->order);
    if (!is_over)
        liveorders_change(desk->liveorders, saving->order, landing_mark_unsaved, NULL);
    if (!is_over && saving->is_final && !desk->is_stopping)
        loop_timer_start(&saving->again, desk->loop, SAVE_AGAIN_MS, landing_on_save_again, saving);
    else
        landing_saving_end(saving);
}

static void landing_write_state(struct saving *saving, const struct liveorder *order,
                                struct str reason)
{
    struct ledger_update update = {.has_state = true,
                                   .has_paid = true,
                                   .has_remains = true,
                                   .has_start_count = order->has_start_count,
                                   .has_extra = order->extra != NULL,
                                   .only_if_unsettled = true,
                                   .state = order->state,
                                   .paid = order->paid,
                                   .start_count = order->start_count,
                                   .remains = order->remains,
                                   .extra = str_of(order->extra)};
    struct ledger_change change = {
        .order = order->id, .update = &update, .event = "status", .reason = reason};
    ledger_write(saving->desk->ledger, saving->desk->loop, &change, landing_on_saved, saving);
}

static void landing_save(struct desk *desk, const struct liveorder *order, struct str reason)
{
    struct saving *saving = memory_new(sizeof *saving);
    desk->errands++;
    saving->desk = desk;
    saving->order = order->id;
    saving->is_final = orderstate_is_final(order->state);
    landing_write_state(saving, order, reason);
}

/* ---- settling ---- */

/* A child of a subscription is charged as the panel reports it: its charge there over its rate
 * there, at our rate. */
static struct money landing_child_charge(struct desk *desk, const struct liveorder *order,
                                         const struct answer_status *reported)
{
    const struct service *service = catalogue_find(desk->catalogue, order->service);
    struct money charge = order->paid;
    for (size_t i = 0; service && i < service->offer_count; i++) {
        const struct offer *offer = &service->offers[i];
        if (offer->provider_id == order->provider_id && offer->is_known && offer->rate.units > 0 &&
            reported->charge.units >= 0 &&
            money_share_up(order->rate, reported->charge.units, offer->rate.units,
                           desk->settings.decimals, &charge))
            break;
    }
    return charge;
}

static bool landing_is_odd(const struct settlement *settled)
{
    return settled->is_unknown_word || settled->is_review || settled->is_clamped ||
           settled->is_late;
}

static void landing_log_oddities(uint32_t order, const struct settlement *settled,
                                 const struct answer_status *reported)
{
    if (settled->is_unknown_word)
        atomic_fetch_add_explicit(&desk_totals.status_unknown_words, 1, memory_order_relaxed);
    log_event(LOG_WARN, "status_odd",
              "order=%u word=%s kept=%s unknown=%d review=%d clamped=%d "
              "late=%d",
              order, log_value(reported->word).text, orderstate_word(settled->state),
              settled->is_unknown_word, settled->is_review, settled->is_clamped, settled->is_late);
}

/* One landing on its way through the table. */
struct settling {
    struct desk *desk;
    const struct answer_status *reported;
    const char *extra; /* the parent's new one, or NULL: as it was */
    int64_t now_ms;
    struct settlement settled;
    bool is_changed;
    struct liveorder after; /* when it changed: to be written; its extra is the new one or NULL */
};

/* Under the table's lock; true when nothing is to be written, and the flight has landed. */
static bool landing_settle_order(struct liveorder *order, void *arg)
{
    struct settling *s = arg;
    struct settlement_order before = {.state = order->state,
                                      .type = order->type,
                                      .quantity = order->quantity,
                                      .start_count = order->start_count,
                                      .has_start_count = order->has_start_count,
                                      .remains = order->remains,
                                      .charge = order->charge,
                                      .paid = order->paid,
                                      .decimals = s->desk->settings.decimals};
    bool is_child = order->parent && order->type == ORDERTYPE_SUBSCRIPTIONS;
    if (is_child && s->reported->has_charge)
        before.paid = landing_child_charge(s->desk, order, s->reported);
    s->settled = settlement_make(&before, s->reported);
    s->is_changed = s->settled.is_changed || order->is_unsaved ||
                    s->settled.paid.units != order->paid.units ||
                    (s->extra && !str_is_same(s->extra, order->extra));
    order->state = s->settled.state;
    order->paid = s->settled.paid;
    order->has_start_count = s->settled.has_start_count;
    order->start_count = s->settled.start_count;
    order->remains = s->settled.remains;
    order->asked_at_ms = s->now_ms;
    order->is_unsaved = false;
    if (s->is_changed) {
        s->after = *order;
        s->after.extra = s->extra;
    }
    if (s->extra)
        liveorders_set_extra(order, s->extra);
    return !s->is_changed;
}

static void landing_settle(struct desk *desk, uint32_t id, const struct answer_status *reported,
                           const char *extra, struct liveorders_landed *landed)
{
    struct settling s;
    s.desk = desk;
    s.reported = reported;
    s.extra = extra;
    s.now_ms = loop_now_ms(desk->loop);
    if (!liveorders_change_and_land(desk->liveorders, id, landing_settle_order, &s, landed))
        return;
    if (landing_is_odd(&s.settled))
        landing_log_oddities(id, &s.settled, reported);
    if (!s.is_changed)
        return;
    /* Its write is on its way before anybody can ask for it again: the books follow in order. */
    landing_save(desk, &s.after, s.settled.is_late ? STR("late") : STR_NONE);
    liveorders_land(desk->liveorders, id);
}

/* ---- children ---- */

/* A parent whose children's numbers are being looked up, and given to new ones. Its flight lasts
 * until those are durable: the next look-up would not find them, and give second numbers. */
struct family {
    struct desk *desk;
    struct arena arena;
    struct liveorder parent;
    struct answer_status reported; /* its own copy */
    struct buf extra;              /* what the parent shows from now on */
    size_t writes;                 /* children on their way to disk */
    bool has_failed;
};

struct birth { /* a child on its way to disk */
    struct family *family;
    struct liveorder child;
};

static void landing_family_free(struct family *family)
{
    family->desk->errands--;
    buf_fini(&family->extra);
    arena_fini(&family->arena);
    free(family);
}

static void landing_family_end(struct family *family)
{
    struct desk *desk = family->desk;
    struct liveorders_landed landed = {0};
    if (family->has_failed)
        liveorders_land(desk->liveorders, family->parent.id);
    else
        landing_settle(desk, family->parent.id, &family->reported,
                       family->extra.is_over ? NULL : family->extra.ptr, &landed);
    liveorders_tell(&landed);
    landing_family_free(family);
}

static void landing_on_born(enum ledger_result result, void *arg)
{
    struct birth *birth = arg;
    struct family *family = birth->family;
    if (result == LEDGER_DONE)
        liveorders_put(family->desk->liveorders, &birth->child);
    else
        family->has_failed = true; /* the numbers were never told; the next status tries again */
    free(birth);
    if (--family->writes == 0)
        landing_family_end(family);
}

static uint32_t landing_child_new(struct family *family, struct str upstream_id)
{
    struct desk *desk = family->desk;
    const struct liveorder *parent = &family->parent;
    const struct provider *provider =
        provider_set_by_id(desk->catalogue->providers, parent->provider_id);
    struct ledger_order child = {
        .id = ledger_take_order_number(desk->ledger),
        .client = client_name(parent->client_id),
        .service = parent->service,
        .type =
            parent->type == ORDERTYPE_SUBSCRIPTIONS ? ORDERTYPE_SUBSCRIPTIONS : ORDERTYPE_DEFAULT,
        .fields = STR("{}"),
        .rate = parent->rate,
        .currency = str_of(desk->settings.currency),
        .state = ORDERSTATE_PENDING,
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
    liveorder_from_ledger(&child, &birth->child);
    birth->child.provider_id = parent->provider_id;
    family->writes++;
    ledger_write(desk->ledger, desk->loop, &change, landing_on_born, birth);
    return child.id;
}

static uint32_t landing_child_find(const struct ledger_rows *rows, struct str upstream_id)
{
    for (size_t i = 0; i < rows->order_count; i++)
        if (str_equal(rows->orders[i].upstream_id, upstream_id))
            return rows->orders[i].id;
    return 0;
}

static void landing_add_member(struct buf *extra, const char *name, struct str value)
{
    if (extra->len)
        buf_add_byte(extra, ',');
    buf_printf(extra, "\"%s\":", name);
    buf_add_json(extra, value);
}

static void landing_add_number(struct buf *extra, const char *name, int64_t value)
{
    if (extra->len)
        buf_add_byte(extra, ',');
    buf_printf(extra, "\"%s\":\"%lld\"", name, (long long)value);
}

static void landing_add_members(const struct answer_status *reported, struct buf *extra)
{
    if (reported->has_posts)
        landing_add_number(extra, "posts", reported->posts);
    if (reported->has_runs)
        landing_add_number(extra, "runs", reported->runs);
    if (reported->expiry.len)
        landing_add_member(extra, "expiry", reported->expiry);
}

static void landing_on_children(const struct ledger_rows *rows, void *arg)
{
    struct family *family = arg;
    const struct answer_status *reported = &family->reported;
    struct buf *extra = &family->extra;
    if (rows->result != LEDGER_DONE) {
        family->has_failed = true;
        landing_family_end(family);
        return;
    }
    landing_add_members(reported, extra);
    buf_add_text(extra, extra->len ? ",\"orders\":[" : "\"orders\":[");
    for (size_t i = 0; i < reported->order_count && i < CHILDREN_MOST; i++) {
        uint32_t number = landing_child_find(rows, reported->orders[i]);
        if (number == 0)
            number = landing_child_new(family, reported->orders[i]);
        buf_printf(extra, i ? ",\"%u\"" : "\"%u\"", number);
    }
    buf_add_byte(extra, ']');
    if (family->writes == 0)
        landing_family_end(family);
}

static void landing_look_up_children(struct desk *desk, const struct liveorder *parent,
                                     const struct answer_status *reported)
{
    struct family *family = memory_new(sizeof *family);
    desk->errands++;
    arena_init(&family->arena);
    buf_init(&family->extra, EXTRA_BYTES);
    family->desk = desk;
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
    struct ledger_query query = {.question = LEDGER_ASK_CHILDREN, .id = parent->id};
    ledger_ask(desk->ledger, desk->loop, &query, landing_on_children, family);
}

void landing_take(struct desk *desk, uint32_t id, const struct answer_status *reported,
                  struct liveorders_landed *landed)
{
    struct liveorder order;
    struct buf extra;
    if (reported->order_count > 0 && liveorders_get(desk->liveorders, id, NULL, &order) &&
        order.parent == 0) {
        landing_look_up_children(desk, &order, reported);
        return;
    }
    buf_init(&extra, EXTRA_BYTES);
    landing_add_members(reported, &extra);
    landing_settle(desk, id, reported, extra.len && !extra.is_over ? extra.ptr : NULL, landed);
    buf_fini(&extra);
}
