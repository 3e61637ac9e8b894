/* Settlement: course x report -> course and flags: what is known now and what the client pays.
 * Pure. Terminal is terminal. */
#ifndef ORDERS_SETTLEMENT_H
#define ORDERS_SETTLEMENT_H
#include "ledger/ledger.h"
#include "money/money.h"
#include "providers/upstream.h"

struct settlement_order { /* as the ledger has it */
    struct order_course course;
    enum ordertype type;
    bool is_child;       /* of a subscription or drip-feed */
    bool has_runs;       /* a drip-feed */
    bool may_go_on;      /* its service sends on what a panel left undone: remains never rise */
    int64_t quantity;    /* 0: unknown (children), then remains is taken as it comes */
    int64_t delivered;   /* by earlier attempts: its panel was asked for what was left */
    int64_t unit;        /* packages: what its panel counts as all of it; 0: not known yet */
    struct money charge; /* quoted for all of it */
    unsigned decimals;
};
struct settlement {
    struct order_course course;
    int64_t unit;         /* as given, or as learnt from this report */
    bool is_changed;      /* something a client sees differs */
    bool is_unknown_word; /* the panel's word is in no table: the state was kept */
    bool is_review;       /* fail, error: kept; an operator should look */
    bool is_clamped;      /* remains was implausible */
    bool is_late;         /* a final order was reported otherwise: for the operator only */
};
/* A subscription's parent goes by the words of its own: Paused is kept as ORDERSTATE_PROCESSING,
 * Expired as ORDERSTATE_PARTIAL (client_view.h shows them), for it has no use for either. */
static inline bool settlement_is_subscription(enum ordertype type, bool is_child)
{
    return type == ORDERTYPE_SUBSCRIPTIONS && !is_child;
}
/* decimals: where the row does not know its own. */
struct settlement_order settlement_order_of(const struct ledger_order *row, unsigned decimals);
struct settlement settlement_make(const struct settlement_order *order,
                                  const struct upstream_status *reported);
/* How it ends when no panel goes on with it: what was delivered before is paid for. */
struct order_course settlement_end(const struct settlement_order *order);
/* A drip-feed that its panel canceled pays for what its runs delivered: so many pieces, their
 * shares of its charge. canceled: its course as it ends where they delivered nothing. */
struct order_course settlement_end_of_runs(const struct settlement_order *order,
                                           const struct order_course *canceled, int64_t delivered,
                                           struct money shares);

#endif
