/* What is known of an order's course, by value: in the ledger's row, in the table of open orders,
 * in a status response, and as settlement's input and output. Pure. */
#ifndef LEDGER_ORDER_COURSE_H
#define LEDGER_ORDER_COURSE_H
#include "ledger/orderstate.h"
#include "money/money.h"

struct order_course {
    enum orderstate state;
    bool has_start_count;
    int64_t start_count; /* 0 until known */
    int64_t remains;     /* until known the quantity */
    struct money paid;   /* what the client pays as things stand */
};

static inline bool order_course_is_same(const struct order_course *a, const struct order_course *b)
{
    return a->state == b->state && a->paid.units == b->paid.units && a->remains == b->remains &&
           a->has_start_count == b->has_start_count && a->start_count == b->start_count;
}

#endif
