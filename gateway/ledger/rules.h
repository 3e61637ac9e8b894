/* The rules of the books that need no look at other rows: what a change may do to an order as it
 * stands. Shared by all backends, which ask inside the transaction. Pure. */
#ifndef LEDGER_RULES_H
#define LEDGER_RULES_H
#include "ledger/ledger.h"

/* NULL when the change may be made to an order now in `state`, else why not (for the log). A change
 * that inserts the order is judged by rules_refuse_insert. */
const char *rules_refuse(const struct ledger_change *change, enum orderstate state);
const char *rules_refuse_insert(const struct ledger_change *change);
/* An aftersale moves as an attempt does, and may be told again in the state it is in. */
bool rules_aftersale_may_move(enum attemptstate from, enum attemptstate to);
/* The order's state once the change is made. */
enum orderstate rules_state_after(const struct ledger_change *change, enum orderstate state);

#endif
