/* The rules of the books that need no look at other rows: what a change may do to an order as it
 * stands. Shared by all backends, which ask inside the transaction. Pure. */
#ifndef LEDGER_RULES_H
#define LEDGER_RULES_H
#include "ledger/ledger.h"

/* What the rules must know of an order. */
struct rules_standing {
    enum orderstate state;
    uint32_t
        live_attempt; /* the one that may have been executed (sending, in doubt, accepted) or 0 */
};

/* NULL when the change may be made to an order that stands so, else why not (for the log). A change
 * that inserts the order is judged by rules_refuse_insert. */
const char *rules_refuse(const struct ledger_change *change, const struct rules_standing *standing);
const char *rules_refuse_insert(const struct ledger_change *change);
/* An order_request moves as an attempt does, and may be told again in the state it is in. */
bool rules_request_may_move(enum attemptstate from, enum attemptstate to);
/* How the order stands once the change is made. */
struct rules_standing rules_after(const struct ledger_change *change,
                                  const struct rules_standing *standing);

#endif
