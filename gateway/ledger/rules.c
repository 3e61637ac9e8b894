/* See rules.h. */
#include "ledger/rules.h"

/* Which attempt may have been executed once the one at hand has ended. */
static uint32_t rules_live_after_end(const struct ledger_change *change, uint32_t live_attempt)
{
    const struct ledger_attempt *ended = change->attempt_ended;
    bool is_over = ended && ended->number == live_attempt && !attemptstate_is_live(ended->state);
    return is_over ? 0 : live_attempt;
}

struct rules_standing rules_after(const struct ledger_change *change,
                                  const struct rules_standing *standing)
{
    const struct ledger_update *update = change->update;
    uint32_t live = rules_live_after_end(change, standing->live_attempt);
    return (struct rules_standing){
        .state = update && update->has_state ? update->course.state : standing->state,
        .live_attempt = change->attempt_started ? change->attempt_started->number : live};
}

static const char *rules_refuse_update(const struct ledger_update *update, enum orderstate state)
{
    bool changes_more = update->has_state || update->has_paid || update->course.has_start_count ||
                        update->has_remains || update->has_upstream || update->has_extra;
    if (orderstate_is_final(state) && (changes_more || update->only_if_unsettled))
        return "the order is settled";
    if (update->has_state && !orderstate_may_move(state, update->course.state))
        return "a move that is not allowed";
    if (update->has_paid && update->course.paid.units < 0)
        return "a negative price";
    return NULL;
}

/* While an order is being placed, its live attempt is one that is being sent; of any other order it
 * is not. The row says no more than that, so neither may be without the other. */
static const char *rules_refuse_parting(const struct ledger_change *change,
                                        const struct rules_standing *standing)
{
    struct rules_standing after = rules_after(change, standing);
    bool was_sent = standing->state == ORDERSTATE_PLACING && standing->live_attempt != 0;
    bool has_ended =
        change->attempt_ended && change->attempt_ended->number == standing->live_attempt;
    bool is_sent = change->attempt_started || (was_sent && !has_ended);
    if (is_sent && after.state != ORDERSTATE_PLACING)
        return "its attempt is still being sent";
    if (is_sent && change->update && change->update->has_upstream)
        return "its attempt is still being sent, and where to is in the order's row";
    if (!is_sent && after.state == ORDERSTATE_PLACING && after.live_attempt != 0)
        return "its attempt may have been executed";
    return NULL;
}

const char *rules_refuse(const struct ledger_change *change, const struct rules_standing *standing)
{
    enum orderstate after = rules_after(change, standing).state;
    if (change->update) {
        const char *why = rules_refuse_update(change->update, standing->state);
        if (why)
            return why;
    }
    if (change->attempt_started && after != ORDERSTATE_PLACING)
        return "an attempt for an order that is not being placed";
    if (change->attempt_started && change->attempt_started->number == 0)
        return "no attempt number";
    if (change->attempt_started && rules_live_after_end(change, standing->live_attempt) != 0)
        return "another attempt may have been executed";
    return rules_refuse_parting(change, standing);
}

const char *rules_refuse_insert(const struct ledger_change *change)
{
    const struct ledger_order *order = change->insert;
    if (order->id == 0 || order->id > INT32_MAX || change->order != order->id)
        return "no order number";
    if (order->course.paid.units < 0 || order->charge.units < 0)
        return "a negative price";
    if (change->update)
        return "a new order is written as it is to be";
    if (change->attempt_started && order->course.state != ORDERSTATE_PLACING)
        return "an attempt for an order that is not being placed";
    if (change->attempt_started && change->attempt_started->number == 0)
        return "no attempt number";
    if (change->attempt_ended)
        return "a new order has no attempt that ends";
    return NULL;
}

bool rules_request_may_move(enum attemptstate from, enum attemptstate to)
{
    return from == to || attemptstate_may_move(from, to);
}
