/* See cost.h. */
#include "orders/cost.h"

#include <stdatomic.h>

#include "base/log.h"
#include "money/quote.h"
#include "orders/order_context.h"

/* Panels print charges with five decimals or more; what is below that is rounding. */
#define COST_ROUNDING_UNITS INT64_C(1000)

bool cost_is_other(struct money expected, struct money charge, struct factor exchange,
                   struct money *out)
{
    if (expected.units <= 0 || charge.units <= 0 ||
        !quote_order_cost(charge, exchange, 1, true, out))
        return false;
    int64_t off = out->units - expected.units;
    return off > COST_ROUNDING_UNITS || off < -COST_ROUNDING_UNITS;
}

/* Of the last attempt's cost, which is known. */
static bool cost_of_last(const struct ledger_order *order, struct money *out)
{
    int64_t asked = order->quantity - order->delivered;
    *out = MONEY_ZERO;
    switch (order->course.state) {
    case ORDERSTATE_PLACING:
    case ORDERSTATE_DOUBT:
    case ORDERSTATE_QUEUED:
        return false;
    case ORDERSTATE_REFUSED:
        return true;
    case ORDERSTATE_CANCELED: /* paid for: runs that were delivered before */
        return order->course.paid.units <= 0 || order->moves > 0 ||
               money_share_up(order->cost, order->course.paid.units, order->charge.units, 8, out);
    case ORDERSTATE_PARTIAL:
        return asked > 0 && order->course.remains <= asked &&
               money_share_up(order->cost, asked - order->course.remains, asked, 8, out);
    case ORDERSTATE_PENDING:
    case ORDERSTATE_PROCESSING:
    case ORDERSTATE_IN_PROGRESS:
    case ORDERSTATE_COMPLETED:
        *out = order->cost;
        return true;
    case ORDERSTATE_COUNT:
        break;
    }
    UNREACHABLE();
}

bool cost_so_far(const struct ledger_order *order, struct money *out)
{
    struct money last;
    bool is_unknown =
        order->type == ORDERTYPE_SUBSCRIPTIONS ||
        (order->cost.units == 0 && order->moves == 0 && order->course.state != ORDERSTATE_REFUSED);
    return !is_unknown && cost_of_last(order, &last) && money_add(order->spent, last, out);
}

void cost_note_other(uint32_t order, struct money expected, struct money taken)
{
    char expected_text[MONEY_TEXT], taken_text[MONEY_TEXT];
    size_t expected_len = money_print(expected, 2, expected_text);
    size_t taken_len = money_print(taken, 2, taken_text);
    atomic_fetch_add_explicit(&order_context_totals.costs_corrected, 1, memory_order_relaxed);
    log_event(LOG_WARN, "cost_corrected", "order=%u expected=%.*s taken=%.*s", order,
              (int)expected_len, expected_text, (int)taken_len, taken_text);
}
