/* What a client sees of an order: the protocol's word, what it pays, what is left. Pure. */
#ifndef ORDERS_CLIENT_VIEW_H
#define ORDERS_CLIENT_VIEW_H
#include "ledger/order_course.h"
#include "protocol/ordertype.h"

struct client_view_order { /* as the ledger or the table of open orders has it */
    struct order_course course;
    enum ordertype type;
    uint32_t parent;
    bool has_moved; /* from one panel to another */
    int64_t quantity;
    struct money charge;
    unsigned decimals;
};
/* One of the six words; of a subscription's parent one of its five. An order that has moved from
 * one panel to another is In progress until it ends: it never falls back. */
const char *client_view_word(const struct client_view_order *order);
/* paid is its charge, 0 when canceled (then remains is the quantity), save of a subscription that
 * its panel charged until then; a run of a drip-feed shows
 * its share of what its parent pays. */
struct order_course client_view_course(const struct client_view_order *order);

#endif
