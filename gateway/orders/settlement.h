/* Settlement: last known state x what the panel reports -> what is known now and what the client
 * pays. Pure. Terminal is terminal. */
#ifndef ORDERS_SETTLEMENT_H
#define ORDERS_SETTLEMENT_H
#include "ledger/orderstate.h"
#include "money/money.h"
#include "providers/upstream.h"

struct settlement_order { /* as the books have it */
    enum orderstate state;
    enum ordertype type;
    int64_t quantity; /* 0: unknown (children), then remains is taken as it comes */
    int64_t start_count;
    bool has_start_count;
    int64_t remains;
    struct money charge; /* quoted for all of it */
    struct money paid;
    unsigned decimals;
};
struct settlement {
    enum orderstate state;
    struct money paid;
    bool has_start_count;
    int64_t start_count;
    int64_t remains;
    bool is_changed;      /* something a client sees differs */
    bool is_unknown_word; /* the panel's word is in no table: the state was kept */
    bool is_review;       /* fail, error: kept; an operator should look */
    bool is_clamped;      /* remains was implausible */
    bool is_late;         /* a final order was reported otherwise: for the operator only */
};
struct settlement settlement_make(const struct settlement_order *order,
                                  const struct upstream_status *reported);

#endif
