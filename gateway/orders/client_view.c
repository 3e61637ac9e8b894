/* See client_view.h. */
#include "orders/client_view.h"

#include "orders/settlement.h"

/* See settlement.h for what stands for Paused and Expired. */
static const char *client_view_subscription_word(enum orderstate state)
{
    switch (state) {
    case ORDERSTATE_PLACING:
    case ORDERSTATE_DOUBT:
    case ORDERSTATE_QUEUED:
    case ORDERSTATE_PENDING:
    case ORDERSTATE_IN_PROGRESS:
        return "Active";
    case ORDERSTATE_PROCESSING:
        return "Paused";
    case ORDERSTATE_COMPLETED:
        return "Completed";
    case ORDERSTATE_PARTIAL:
        return "Expired";
    case ORDERSTATE_CANCELED:
    case ORDERSTATE_REFUSED:
        return "Canceled";
    case ORDERSTATE_COUNT:
        break;
    }
    UNREACHABLE();
}

const char *client_view_word(const struct client_view_order *order)
{
    enum orderstate state = order->course.state;
    if (settlement_is_subscription(order->type, order->parent != 0))
        return client_view_subscription_word(state);
    if (order->has_moved && !orderstate_is_final(state))
        state = ORDERSTATE_IN_PROGRESS;
    return orderstatus_name(orderstate_status(state));
}

/* A run is booked with its parent; its own row holds no money but its share, as its charge. */
static struct money client_view_share(const struct client_view_order *order)
{
    struct money share = order->charge;
    if (order->course.state == ORDERSTATE_PARTIAL && order->quantity > 0 &&
        !money_share_up(order->charge, order->quantity - order->course.remains, order->quantity,
                        order->decimals, &share))
        return order->charge; /* never: a part of what fits */
    return money_compare(share, order->charge) > 0 ? order->charge : share;
}

struct order_course client_view_course(const struct client_view_order *order)
{
    struct order_course course = order->course;
    bool is_subscription = settlement_is_subscription(order->type, order->parent != 0);
    if (orderstate_status(course.state) == ORDERSTATUS_CANCELED && !is_subscription) {
        course.paid = MONEY_ZERO;
        course.remains = order->quantity > 0 ? order->quantity : course.remains;
    } else if (order->parent && order->type != ORDERTYPE_SUBSCRIPTIONS) {
        course.paid = client_view_share(order);
    }
    /* In the books of a package that was begun not all is left (settlement.c); its client has it
     * whole or not at all. */
    if (ordertype_row(order->type)->quantity == ORDERTYPE_QUANTITY_ONE && order->quantity > 0 &&
        course.remains < 1 && !orderstate_is_final(course.state))
        course.remains = 1;
    return course;
}
