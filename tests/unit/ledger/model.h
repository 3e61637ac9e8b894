/* A plain model in memory of the rules of the books: what a change does to an order, its attempts,
 * events and order_requests, or that it is refused; and what a restart does. */
#ifndef UNIT_LEDGER_MODEL_H
#define UNIT_LEDGER_MODEL_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/ledger.h"

enum {
    ORDERS = 12,
    AFTERSALES = 5,
    ATTEMPTS = 12,
    EVENTS = 250,
    ANY_MOMENT = -1 /* that of a restart */
};

struct model_order {
    struct ledger_order row; /* id 0: not there */
    struct ledger_attempt attempts[ATTEMPTS];
    struct ledger_event events[EVENTS];
    size_t attempt_count, event_count;
    int64_t moved_at_ms; /* its state changed last */
};

struct model {
    struct model_order orders[ORDERS + 1]; /* by number; 0 is never there */
    struct ledger_request order_requests[AFTERSALES + 1];
};

static inline struct ledger_attempt *live_attempt(struct model_order *order)
{
    for (size_t i = 0; i < order->attempt_count; i++)
        if (attemptstate_is_live(order->attempts[i].state))
            return &order->attempts[i];
    return NULL;
}

static inline bool has_accepted(struct model_order *order)
{
    struct ledger_attempt *live = live_attempt(order);
    return live && live->state == ATTEMPTSTATE_ACCEPTED;
}

static inline void tell(struct model_order *order, const struct ledger_change *change,
                        enum orderstate from, bool is_new, int64_t at_ms)
{
    bool has_moved = is_new || from != order->row.course.state;
    assert_true(order->event_count < EVENTS);
    if (has_moved)
        order->moved_at_ms = at_ms == ANY_MOMENT ? INT64_MAX : at_ms;
    order->events[order->event_count++] = (struct ledger_event){
        .at_ms = at_ms,
        .word = change->event ? str_of(change->event) : STR("state"),
        .reason = change->reason,
        .request_id = change->request_id,
        .from = has_moved && !is_new ? str_of(orderstate_name(from)) : STR(""),
        .to = has_moved ? str_of(orderstate_name(order->row.course.state)) : STR("")};
}

static inline bool start(struct model_order *order, const struct ledger_change *change,
                         int64_t at_ms)
{
    const struct ledger_attempt *started = change->attempt_started;
    size_t count = order->attempt_count;
    if (order->row.course.state != ORDERSTATE_PLACING || live_attempt(order) ||
        started->number == 0 || (count && order->attempts[count - 1].number >= started->number))
        return false;
    assert_true(count < ATTEMPTS);
    order->attempts[count] = *started;
    order->attempts[count].state = ATTEMPTSTATE_SENDING;
    if (!started->started_at_ms)
        order->attempts[count].started_at_ms = at_ms;
    if (!started->request_id.len)
        order->attempts[count].request_id = change->request_id;
    order->attempt_count++;
    if (started->provider.len)
        order->row.provider = started->provider;
    if (started->upstream_service.len)
        order->row.upstream_service = started->upstream_service;
    return true;
}

static inline bool has_live_request(const struct model *model, uint32_t order,
                                    enum order_request_kind kind)
{
    for (uint32_t number = 1; number <= AFTERSALES; number++) {
        const struct ledger_request *kept = &model->order_requests[number];
        if (kept->number && kept->order == order && kept->kind == kind &&
            attemptstate_is_live(kept->state))
            return true;
    }
    return false;
}

/* Its panel ended the accepted attempt, and the order went back to placing. */
static inline bool send_on(struct model_order *order, const struct ledger_change *change,
                           enum orderstate from)
{
    const struct ledger_attempt *ended = change->attempt_ended;
    struct ledger_order *row = &order->row;
    struct ledger_attempt *live = live_attempt(order);
    if (live == NULL || live->number != ended->number || live->state != ATTEMPTSTATE_ACCEPTED ||
        row->parent || from < ORDERSTATE_PENDING || from > ORDERSTATE_IN_PROGRESS ||
        row->course.state != ORDERSTATE_PLACING || change->update->has_upstream ||
        ended->kept.units < 0)
        return false;
    if (ended->state == ATTEMPTSTATE_CANCELED
            ? ended->delivered != 0
            : ended->delivered <= 0 || ended->delivered >= row->quantity - row->delivered)
        return false;
    row->moves++;
    row->delivered += ended->delivered;
    row->spent.units += ended->kept.units;
    row->upstream_id = STR("");
    live->delivered = ended->delivered;
    live->kept = ended->kept;
    return true;
}

static inline bool end(struct model_order *order, const struct ledger_attempt *ended, int64_t at_ms)
{
    for (size_t i = 0; i < order->attempt_count; i++) {
        struct ledger_attempt *attempt = &order->attempts[i];
        if (attempt->number != ended->number)
            continue;
        if (!attemptstate_may_move(attempt->state, ended->state))
            return false;
        attempt->state = ended->state;
        attempt->ended_at_ms = ended->ended_at_ms ? ended->ended_at_ms : at_ms;
        attempt->upstream_id = ended->upstream_id.len ? ended->upstream_id : attempt->upstream_id;
        attempt->text = ended->text.len ? ended->text : attempt->text;
        attempt->evidence = ended->evidence.len ? ended->evidence : attempt->evidence;
        return true;
    }
    return false;
}

static inline bool update(struct model_order *order, const struct ledger_change *change)
{
    const struct ledger_update *u = change->update;
    struct ledger_order *row = &order->row;
    bool changes_more = u->has_course || u->has_upstream || u->has_extra;
    if ((u->only_if_queued && row->course.state != ORDERSTATE_QUEUED) ||
        (orderstate_is_final(row->course.state) && (changes_more || u->only_if_unsettled)) ||
        (u->has_course && !orderstate_may_move(row->course.state, u->course.state)) ||
        (u->has_course && u->course.paid.units < 0) ||
        (row->parent && u->has_upstream && u->upstream_id.len &&
         !str_equal(u->upstream_id, row->upstream_id)) ||
        (u->has_upstream && u->upstream_id.len == 0 && u->provider.len && row->upstream_id.len &&
         !str_equal(u->provider, row->provider)))
        return false;
    if (u->has_course) {
        row->course.state = u->course.state;
        row->reason = change->reason;
        row->course.paid = u->course.paid;
        row->course.remains = u->course.remains;
        if (u->course.has_start_count)
            row->course.start_count = u->course.start_count;
        row->course.has_start_count = row->course.has_start_count || u->course.has_start_count;
    }
    if (u->has_extra)
        row->extra = u->extra;
    if (u->has_upstream) {
        row->provider = u->provider.len ? u->provider : row->provider;
        row->upstream_service =
            u->upstream_service.len ? u->upstream_service : row->upstream_service;
        row->upstream_id = u->upstream_id.len ? u->upstream_id : row->upstream_id;
    }
    row->is_number_given = row->is_number_given || u->gives_number;
    return true;
}

static inline bool has_cancel(const struct model *model, const struct ledger_request *row)
{
    for (uint32_t number = 1; number <= AFTERSALES; number++) {
        const struct ledger_request *kept = &model->order_requests[number];
        if (kept->number && kept->order == row->order && kept->kind == ORDER_REQUEST_CANCEL &&
            attemptstate_is_live(kept->state) && str_equal(kept->provider, row->provider) &&
            kept->created_at_ms >= model->orders[row->order].moved_at_ms)
            return true;
    }
    return false;
}

/* row: the order before the change. */
static inline bool sell(struct model *model, const struct ledger_order *row,
                        const struct ledger_request *order_request, int64_t at_ms)
{
    struct ledger_request *kept = &model->order_requests[order_request->number];
    bool is_new = kept->number == 0;
    bool has_left = row->moves > 0 && (row->course.state == ORDERSTATE_PLACING ||
                                       !str_equal(row->provider, order_request->provider));
    if (attemptstate_is_ended_by_panel(order_request->state) ||
        (is_new && order_request->kind == ORDER_REQUEST_CANCEL && has_left) ||
        (is_new && order_request->kind == ORDER_REQUEST_REFILL &&
         attemptstate_is_live(order_request->state) &&
         has_live_request(model, order_request->order, ORDER_REQUEST_REFILL)) ||
        (is_new && order_request->kind == ORDER_REQUEST_CANCEL &&
         attemptstate_is_live(order_request->state) && has_cancel(model, order_request)))
        return false;
    if (!is_new && (kept->order != order_request->order || kept->kind != order_request->kind ||
                    (kept->state != order_request->state &&
                     !attemptstate_may_move(kept->state, order_request->state))))
        return false;
    if (is_new) {
        *kept = *order_request;
        kept->created_at_ms = at_ms;
    }
    kept->state = order_request->state;
    kept->status = order_request->status;
    kept->upstream_id =
        order_request->upstream_id.len ? order_request->upstream_id : kept->upstream_id;
    kept->updated_at_ms = at_ms;
    return true;
}

/* A number at a panel belongs to one order, and to what its panel has ended of one. */
static inline bool is_taken_elsewhere(const struct model *model, const struct ledger_change *change)
{
    const struct ledger_order *row = &model->orders[change->order].row;
    const struct ledger_update *u = change->update;
    const struct ledger_attempt *ended = change->attempt_ended;
    bool is_update = u && u->has_upstream;
    struct str provider = is_update && u->provider.len ? u->provider : row->provider;
    struct str text = is_update && u->upstream_id.len                  ? u->upstream_id
                      : ended && ended->state == ATTEMPTSTATE_ACCEPTED ? ended->upstream_id
                                                                       : STR("");
    if (text.len == 0 || (str_equal(text, row->upstream_id) && str_equal(provider, row->provider)))
        return false;
    for (uint32_t id = 1; id <= ORDERS; id++) {
        const struct model_order *other = &model->orders[id];
        if (str_equal(other->row.upstream_id, text) && str_equal(other->row.provider, provider))
            return true;
        for (size_t i = 0; i < other->attempt_count; i++)
            if (attemptstate_is_ended_by_panel(other->attempts[i].state) &&
                str_equal(other->attempts[i].upstream_id, text) &&
                str_equal(other->attempts[i].provider, provider))
                return true;
    }
    return false;
}

/* An attempt that is being sent belongs to an order that is being placed, and no other that may
 * have been executed does; where it is sent to stays. */
static inline bool is_of_a_piece(struct model_order *order, const struct ledger_change *change)
{
    struct ledger_attempt *live = live_attempt(order);
    bool is_sent = live && live->state == ATTEMPTSTATE_SENDING;
    if (is_sent && change->update && change->update->has_upstream)
        return false;
    return order->row.course.state == ORDERSTATE_PLACING ? live == NULL || is_sent : !is_sent;
}

static inline bool is_open(const struct ledger_order *row)
{
    return (row->course.state == ORDERSTATE_PLACING || row->course.state == ORDERSTATE_DOUBT ||
            row->course.state == ORDERSTATE_QUEUED) &&
           row->moves == 0;
}

/* A prepaid client's: what is held for orders that no panel ever accepted and was paid for the
 * others is gone. The
 * row's `held` says that the order was placed with funds. */
static inline int64_t available(const struct model *model, struct str client)
{
    int64_t gone = 0;
    for (uint32_t id = 1; id <= ORDERS; id++) {
        const struct ledger_order *row = &model->orders[id].row;
        if (row->id && str_equal(row->client, client))
            gone += is_open(row) ? row->held.units : row->course.paid.units;
    }
    return -gone;
}

static inline bool apply_new(struct model *model, const struct ledger_change *change, int64_t at_ms)
{
    struct model_order *order = &model->orders[change->order];
    if (order->row.id || change->insert->id != change->order || change->update ||
        change->attempt_ended || change->insert->course.paid.units < 0)
        return false;
    bool is_begun = change->insert->course.state == ORDERSTATE_PLACING ||
                    change->insert->course.state == ORDERSTATE_QUEUED;
    if (change->funds &&
        (!is_begun || available(model, change->insert->client) - change->funds->hold.units <
                          -change->funds->limits.credit_limit.units))
        return false;
    order->row = *change->insert;
    order->row.held = change->funds ? change->funds->hold : MONEY_ZERO;
    order->row.updated_at_ms = order->row.created_at_ms = at_ms;
    if (change->attempt_started && !start(order, change, at_ms))
        return false;
    tell(order, change, order->row.course.state, true, at_ms);
    return true;
}

/* False: refused; what it has changed by then is to be thrown away. */
static inline bool apply(struct model *model, const struct ledger_change *change, int64_t at_ms)
{
    struct model_order *order = &model->orders[change->order];
    if (change->insert)
        return apply_new(model, change, at_ms);
    if (order->row.id == 0 || is_taken_elsewhere(model, change))
        return false;
    enum orderstate from = order->row.course.state;
    const struct ledger_order before = order->row;
    bool goes_on =
        change->attempt_ended && attemptstate_is_ended_by_panel(change->attempt_ended->state);
    if ((change->update && !update(order, change)) ||
        (goes_on && (has_live_request(model, change->order, ORDER_REQUEST_CANCEL) ||
                     !send_on(order, change, from))) ||
        (from > ORDERSTATE_QUEUED && order->row.course.state == ORDERSTATE_PLACING && !goes_on) ||
        (from == ORDERSTATE_QUEUED && order->row.course.state == ORDERSTATE_PLACING &&
         !change->attempt_started) ||
        (change->attempt_ended && !end(order, change->attempt_ended, at_ms)) ||
        (change->attempt_started && !start(order, change, at_ms)) ||
        !is_of_a_piece(order, change) ||
        (change->order_request && !sell(model, &before, change->order_request, at_ms)))
        return false;
    if (change->update || change->attempt_started)
        order->row.updated_at_ms = at_ms;
    if (change->event || from != order->row.course.state ||
        before.course.paid.units != order->row.course.paid.units)
        tell(order, change, from, false, at_ms);
    return true;
}

/* What the rules of a single change leave to whoever asks for it, and verify does not. */
static inline bool is_sound(struct model *model, const struct ledger_change *change)
{
    struct model_order *order = &model->orders[change->order];
    struct ledger_order *row = &order->row;
    bool is_accepted = has_accepted(order), is_child = row->parent != 0;
    bool is_over =
        row->course.state == ORDERSTATE_CANCELED || row->course.state == ORDERSTATE_REFUSED;
    bool is_queued = row->course.state == ORDERSTATE_QUEUED;
    bool is_taken = !is_over && !is_queued && row->course.state != ORDERSTATE_PLACING &&
                    row->course.state != ORDERSTATE_DOUBT;
    bool is_rest = row->course.state == ORDERSTATE_PARTIAL && row->moves > 0;
    if ((is_over && row->course.paid.units != 0) ||
        (is_taken && !is_child && !is_accepted && !is_rest) ||
        (row->delivered && (is_over || row->course.remains > row->quantity - row->delivered)) ||
        (row->course.state == ORDERSTATE_REFUSED && (row->is_number_given || is_accepted)) ||
        (row->is_number_given && !is_child && !is_over && !is_queued &&
         order->attempt_count == 0) ||
        (is_child && model->orders[row->parent].row.id == 0))
        return false;
    if (is_accepted && (live_attempt(order)->upstream_id.len == 0 ||
                        !str_equal(live_attempt(order)->upstream_id, row->upstream_id)))
        return false;
    return change->order_request == NULL ||
           model->order_requests[change->order_request->number].state != ATTEMPTSTATE_ACCEPTED ||
           is_accepted || is_child || row->moves > 0;
}

/* An order that was being placed when the gateway ended. */
static inline void recover_order(struct model_order *order, bool was_sending)
{
    static const struct ledger_change changes[] = {
        {.event = "canceled", .reason = STR("restart before the number was given")},
        {.event = "doubt", .reason = STR("restart while it was being sent")}};
    const struct ledger_change *change = &changes[was_sending];
    struct ledger_attempt *live = live_attempt(order);
    if (order->row.id == 0 || order->row.course.state != ORDERSTATE_PLACING ||
        (live != NULL) != was_sending ||
        (!was_sending && (order->row.is_number_given || order->row.moves > 0)))
        return;
    order->row.course.state = was_sending ? ORDERSTATE_DOUBT : ORDERSTATE_CANCELED;
    order->row.course.paid = was_sending ? order->row.charge : MONEY_ZERO;
    order->row.course.remains = was_sending ? order->row.course.remains : order->row.quantity;
    order->row.reason = change->reason;
    order->row.updated_at_ms = ANY_MOMENT;
    if (live) {
        live->state = ATTEMPTSTATE_DOUBT;
        live->evidence = change->reason;
        live->ended_at_ms = ANY_MOMENT;
    }
    tell(order, change, ORDERSTATE_PLACING, false, ANY_MOMENT);
}

static inline void recover_request(struct model *model, struct ledger_request *order_request)
{
    struct model_order *order = &model->orders[order_request->order];
    const struct ledger_change change = {
        .event = order_request->kind == ORDER_REQUEST_REFILL ? "refill" : "cancel",
        .reason = STR("in doubt: restart while it was being sent")};
    if (order_request->number == 0 || order_request->state != ATTEMPTSTATE_SENDING)
        return;
    order_request->state = ATTEMPTSTATE_DOUBT;
    tell(order, &change, order->row.course.state, false, ANY_MOMENT);
}

/* As ledger_recover promises. */
static inline void recover(struct model *model)
{
    for (uint32_t id = 1; id <= ORDERS; id++)
        recover_order(&model->orders[id], true);
    for (uint32_t number = 1; number <= AFTERSALES; number++)
        recover_request(model, &model->order_requests[number]);
    for (uint32_t id = 1; id <= ORDERS; id++)
        recover_order(&model->orders[id], false);
}

#endif
