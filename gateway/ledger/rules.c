/* See rules.h. */
#include "ledger/rules.h"

enum orderstate rules_state_after(const struct ledger_change *change, enum orderstate state)
{
    return change->update && change->update->has_state ? change->update->state : state;
}

static const char *refuse_update(const struct ledger_update *update, enum orderstate state)
{
    bool changes_more = update->has_state || update->has_paid || update->has_start_count ||
                        update->has_remains || update->has_upstream || update->has_extra;
    if (orderstate_is_final(state) && (changes_more || update->only_if_unsettled))
        return "the order is settled";
    if (update->has_state && !orderstate_may_move(state, update->state))
        return "a move that is not allowed";
    if (update->has_paid && update->paid.units < 0)
        return "a negative price";
    return NULL;
}

const char *rules_refuse(const struct ledger_change *change, enum orderstate state)
{
    if (change->update) {
        const char *why = refuse_update(change->update, state);
        if (why)
            return why;
    }
    if (change->attempt_started && rules_state_after(change, state) != ORDERSTATE_PLACING)
        return "an attempt for an order that is not being placed";
    return NULL;
}

const char *rules_refuse_insert(const struct ledger_change *change)
{
    const struct ledger_order *order = change->insert;
    if (order->id == 0 || order->id > INT32_MAX || change->order != order->id)
        return "no order number";
    if (order->paid.units < 0 || order->charge.units < 0)
        return "a negative price";
    if (change->update)
        return "a new order is written as it is to be";
    if (change->attempt_started && order->state != ORDERSTATE_PLACING)
        return "an attempt for an order that is not being placed";
    return NULL;
}

bool rules_aftersale_may_move(enum attemptstate from, enum attemptstate to)
{
    return from == to || attemptstate_may_move(from, to);
}
