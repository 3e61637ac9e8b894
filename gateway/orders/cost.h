/* What a panel says it took for an order against what its attempt was to cost. */
#ifndef ORDERS_COST_H
#define ORDERS_COST_H
#include <stdint.h>

#include "money/money.h"

/* True when they differ beyond rounding; out: what it took, in our currency. charge: in the
 * panel's. A charge of 0 says nothing, nor does an expected cost that is not known (0). Pure. */
bool cost_is_other(struct money expected, struct money charge, struct factor exchange,
                   struct money *out);
/* For the operator: logged and counted. */
void cost_note_other(uint32_t order, struct money expected, struct money taken);

#endif
