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

void cost_note_other(uint32_t order, struct money expected, struct money taken)
{
    char expected_text[MONEY_TEXT], taken_text[MONEY_TEXT];
    size_t expected_len = money_print(expected, 2, expected_text);
    size_t taken_len = money_print(taken, 2, taken_text);
    atomic_fetch_add_explicit(&order_context_totals.costs_corrected, 1, memory_order_relaxed);
    log_event(LOG_WARN, "cost_corrected", "order=%u expected=%.*s taken=%.*s", order,
              (int)expected_len, expected_text, (int)taken_len, taken_text);
}
