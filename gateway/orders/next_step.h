/* What follows when a panel has ended an order it had accepted: the order ends as settlement has
 * it, or what is left of it goes on to the next offer. Pure.
 *
 * On goes only what certainly was not delivered, and only where a smaller quantity says all of it:
 * a canceled order of which nothing was delivered, or the remainder of a partial one. Never a
 * subscription, a drip-feed, one of their children, or what its client asked to cancel. */
#ifndef ORDERS_NEXT_STEP_H
#define ORDERS_NEXT_STEP_H
#include "orders/settlement.h"
#include "routing/ranking.h"

struct next_step_rules { /* of its service */
    bool cancel_goes_on, partial_goes_on;
};
struct next_step {
    bool may_go_on;
    enum attemptstate ended;    /* canceled or partial */
    int64_t delivered, left;    /* by the attempt; after it */
    struct money taken;         /* by the panel, as it says, in its currency; 0: it does not */
    struct order_course course; /* as it goes on: between two offers, still paid */
};
/* By the report alone. */
struct next_step next_step_of(const struct settlement_order *order,
                              const struct upstream_status *reported, struct next_step_rules rules);

/* What the attempt keeps: what its panel says it took, at least its cost's share of what it
 * delivered; at most its cost or the order's charge. said: `taken` in our currency. False beyond
 * the range. */
bool next_step_kept(const struct settlement_order *order, const struct next_step *step,
                    struct money cost, struct money said, struct money *out);

/* Its client has asked for its cancel, and the panel may have heard of it. */
bool next_step_is_cancel_asked(const struct ledger_request *list, size_t count);
/* One of the offers may take it now: each is tried once (bits). */
bool next_step_has_offer(const struct candidate *candidates, size_t count, uint64_t tried);

#endif
