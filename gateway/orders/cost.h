/* What a panel says it took for an order against what its attempt was to cost, and what an order
 * costs as things stand. */
#ifndef ORDERS_COST_H
#define ORDERS_COST_H
#include <stdint.h>

#include "ledger/ledger.h"
#include "money/money.h"

/* True when they differ beyond rounding; out: what it took, in our currency. charge: in the
 * panel's. A charge of 0 says nothing, nor does an expected cost that is not known (0). Pure. */
bool cost_is_other(struct money expected, struct money charge, struct factor exchange,
                   struct money *out);
/* What panels take for the order: of the last attempt its share of what was delivered once it has
 * ended, nothing of a cancel. False while it is not known: before a panel has it for certain, of a
 * subscription and its children, or without a price. Pure. */
bool cost_so_far(const struct ledger_order *order, struct money *out);
/* For the operator: logged and counted. */
void cost_note_other(uint32_t order, struct money expected, struct money taken);

#endif
