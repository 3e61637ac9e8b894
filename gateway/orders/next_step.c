/* See next_step.h. */
#include "orders/next_step.h"

/* Certainly nothing was delivered: it was never reported, the panel does not say so now, and takes
 * no money without a word on what is left. "Canceled" with nothing left may mean either; then what
 * the panel took tells, as of a package in a unit that is not known. */
static bool next_step_is_untouched(const struct settlement_order *order,
                                   const struct upstream_status *reported)
{
    int64_t asked = order->quantity - order->delivered;
    bool is_package = ordertype_row(order->type)->quantity == ORDERTYPE_QUANTITY_ONE;
    bool is_free = reported->has_charge && reported->charge.units == 0;
    bool is_charged = reported->has_charge && reported->charge.units > 0;
    if (order->course.remains != asked)
        return false;
    if (!reported->has_remains)
        return !is_charged;
    if (reported->remains == 0)
        return is_free;
    if (is_package && order->unit == 0)
        return is_free || (reported->remains == asked && !is_charged);
    return reported->remains >= (is_package ? order->unit : asked);
}

static bool next_step_is_cancel(const struct settlement *settled,
                                const struct upstream_status *reported, int64_t asked)
{
    bool is_word =
        reported->status == ORDERSTATUS_CANCELED || reported->status == ORDERSTATUS_REFUNDED;
    return settled->course.state == ORDERSTATE_CANCELED ||
           (settled->course.state == ORDERSTATE_PARTIAL && is_word &&
            settled->course.remains == asked);
}

struct next_step next_step_of(const struct settlement_order *order,
                              const struct upstream_status *said, struct next_step_rules rules)
{
    struct next_step step = {.left = order->quantity - order->delivered,
                             .taken = said->has_charge ? said->charge : MONEY_ZERO};
    struct upstream_status reported = *said;
    if (order->is_child || order->type == ORDERTYPE_SUBSCRIPTIONS || step.left <= 0 ||
        !orderstate_is_under_way(order->course.state))
        return step;
    struct settlement settled = settlement_make(order, said);
    decode_status_fit(&reported, step.left);
    if (next_step_is_cancel(&settled, &reported, step.left)) {
        step.ended = ATTEMPTSTATE_CANCELED;
        step.may_go_on = rules.cancel_goes_on && next_step_is_untouched(order, &reported);
        if (reported.has_remains && reported.remains > 0)
            step.taken = MONEY_ZERO; /* all of it is left: all of it is owed back */
    } else if (settled.course.state == ORDERSTATE_PARTIAL) {
        step.delivered = step.left - settled.course.remains;
        step.left = settled.course.remains;
        step.ended = step.delivered > 0 ? ATTEMPTSTATE_PARTIAL : ATTEMPTSTATE_CANCELED;
        /* More left than before: what was delivered in between is not certain. */
        step.may_go_on = rules.partial_goes_on && step.left > 0 &&
                         step.left <= order->course.remains &&
                         ordertype_row(order->type)->has_remainder;
    }
    step.course = order->course;
    step.course.state = ORDERSTATE_PLACING;
    step.course.remains = step.left;
    if (step.delivered > 0) {
        step.course.has_start_count = settled.course.has_start_count;
        step.course.start_count = settled.course.start_count;
    }
    return step;
}

bool next_step_kept(const struct settlement_order *order, const struct next_step *step,
                    struct money cost, struct money said, struct money *out)
{
    struct money most = money_compare(cost, order->charge) > 0 ? cost : order->charge;
    struct money taken = money_compare(said, most) > 0 ? most : said;
    *out = MONEY_ZERO;
    if (step->delivered > 0 &&
        !money_share_up(cost, step->delivered, order->quantity - order->delivered, 8, out))
        return false;
    if (money_compare(taken, *out) > 0)
        *out = taken;
    return true;
}

bool next_step_is_cancel_asked(const struct ledger_request *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == ORDER_REQUEST_CANCEL && attemptstate_is_live(list[i].state))
            return true;
    return false;
}

bool next_step_has_offer(const struct candidate *candidates, size_t count, uint64_t tried)
{
    for (size_t i = 0; i < count; i++)
        if (candidates[i].skip == SKIP_NONE && !((tried >> i) & 1))
            return true;
    return false;
}
