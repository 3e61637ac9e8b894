/* See settlement.h. */
#include "orders/settlement.h"

static enum orderstate settlement_state_of(enum orderstatus status)
{
    switch (status) {
    case ORDERSTATUS_PROCESSING:
        return ORDERSTATE_PROCESSING;
    case ORDERSTATUS_IN_PROGRESS:
    case ORDERSTATUS_PAUSED:
        return ORDERSTATE_IN_PROGRESS;
    case ORDERSTATUS_COMPLETED:
        return ORDERSTATE_COMPLETED;
    case ORDERSTATUS_PARTIAL:
        return ORDERSTATE_PARTIAL;
    case ORDERSTATUS_CANCELED:
    case ORDERSTATUS_REFUNDED:
        return ORDERSTATE_CANCELED;
    case ORDERSTATUS_PENDING:
    case ORDERSTATUS_REVIEW:
    case ORDERSTATUS_UNKNOWN:
        return ORDERSTATE_PENDING;
    }
    UNREACHABLE();
}

struct settlement_order settlement_order_of(const struct ledger_order *row, unsigned decimals)
{
    return (struct settlement_order){
        .course = row->course,
        .type = row->type,
        .is_child = row->parent != 0,
        .has_runs = str_find(row->fields, STR("\"runs\":")) != SIZE_MAX,
        .quantity = row->quantity,
        .delivered = row->delivered,
        .unit = row->sale.package_unit,
        .charge = row->charge,
        .decimals = row->sale.decimals ? row->sale.decimals : decimals};
}

static bool settlement_is_expired(const struct upstream_status *reported)
{
    return str_equal_folded(reported->word, STR("expired"));
}

static enum orderstate settlement_subscription_state(const struct upstream_status *reported)
{
    if (settlement_is_expired(reported))
        return ORDERSTATE_PARTIAL;
    if (reported->status == ORDERSTATUS_PAUSED)
        return ORDERSTATE_PROCESSING;
    enum orderstate state = settlement_state_of(reported->status);
    return state == ORDERSTATE_PROCESSING ? ORDERSTATE_IN_PROGRESS
           : state == ORDERSTATE_PARTIAL  ? ORDERSTATE_COMPLETED
                                          : state;
}

/* A package is one thing to us; the panel may count it as one piece or as a thousand. */
static bool settlement_is_package(const struct settlement_order *order)
{
    return ordertype_row(order->type)->quantity == ORDERTYPE_QUANTITY_ONE && order->quantity > 0;
}

/* The first remains of the fresh order is all of it. One that is first seen later may have been
 * begun: what its panel counts as all of it is not known then, and never will be. */
static void settlement_learn_unit(const struct settlement_order *order,
                                  const struct upstream_status *reported, struct settlement *s)
{
    enum orderstate state = order->course.state;
    bool is_fresh = state != ORDERSTATE_PROCESSING && state != ORDERSTATE_IN_PROGRESS &&
                    !orderstate_is_final(state) && order->course.remains >= order->quantity;
    if (s->unit == 0 && is_fresh && reported->status == ORDERSTATUS_PENDING &&
        reported->has_remains && reported->remains > 0)
        s->unit = reported->remains;
}

/* What its panel was asked for. */
static int64_t settlement_asked(const struct settlement_order *order)
{
    return order->quantity - order->delivered;
}

/* A package is begun once any piece of it was delivered, or may have been: in a unit that is not
 * known only a remainder of just its quantity says that nothing was. */
static bool settlement_is_begun(const struct settlement_order *order,
                                const struct upstream_status *reported, const struct settlement *s)
{
    if (!settlement_is_package(order) || !reported->has_remains)
        return false;
    return s->unit > 0 ? reported->remains < s->unit
                       : order->quantity == 1 || reported->remains != order->quantity;
}

/* Where it may go on to another panel, what was once reported as delivered stays so while the order
 * is under way, whatever is said next; a package stays begun everywhere. */
static void settlement_keep_lowest(const struct settlement_order *order,
                                   const struct upstream_status *reported, struct settlement *s)
{
    if (orderstate_is_final(s->course.state) || order->quantity <= 0 ||
        settlement_is_subscription(order->type, order->is_child) ||
        !(order->may_go_on || settlement_is_package(order)))
        return;
    if (settlement_is_begun(order, reported, s) && s->course.remains >= order->quantity)
        s->course.remains = order->quantity - 1;
    if (s->course.remains > order->course.remains)
        s->course.remains = order->course.remains;
}

/* The first panel's start count is where all of the order started. */
static bool settlement_is_start_known(const struct settlement_order *order)
{
    return order->delivered > 0 && order->course.has_start_count;
}

static void settlement_take_numbers(const struct settlement_order *order,
                                    const struct upstream_status *reported, struct settlement *s)
{
    if (reported->has_start_count && reported->start_count >= 0 &&
        !settlement_is_start_known(order)) {
        s->course.has_start_count = true;
        s->course.start_count = reported->start_count;
    }
    if (!reported->has_remains)
        return;
    s->course.remains = reported->remains < 0 ? 0 : reported->remains;
    if (settlement_is_package(order))
        settlement_learn_unit(order, reported, s);
    if (order->quantity > 0 && s->course.remains > settlement_asked(order)) {
        s->course.remains = settlement_asked(order);
        s->is_clamped = true;
    }
}

/* Refunded in part is Partial; Partial with nothing left is Completed. Without a word on what is
 * left a Partial cannot be priced: the state is kept until the panel says more. */
static enum orderstate settlement_final_state(const struct settlement_order *order,
                                              const struct upstream_status *reported,
                                              struct settlement *s)
{
    if (settlement_is_subscription(order->type, order->is_child))
        return settlement_subscription_state(reported);
    enum orderstate state = settlement_state_of(reported->status);
    int64_t whole = settlement_is_package(order) ? s->unit : settlement_asked(order);
    bool is_refunded = reported->status == ORDERSTATUS_REFUNDED && reported->has_remains;
    if (is_refunded && s->course.remains > 0 && s->course.remains < whole)
        return ORDERSTATE_PARTIAL;
    /* A begun package that was given back, all of it or a part: in which unit nobody knows. */
    bool is_unclear = is_refunded && whole == 0 && s->course.remains > 0 &&
                      order->course.remains < order->quantity;
    if (state != ORDERSTATE_PARTIAL && !is_unclear)
        return state;
    bool is_priced = reported->has_remains &&
                     (!settlement_is_package(order) || s->unit > 0 || s->course.remains == 0);
    if (!is_priced) {
        s->is_review = true;
        return order->course.state;
    }
    return s->course.remains == 0 ? ORDERSTATE_COMPLETED : ORDERSTATE_PARTIAL;
}

static struct money settlement_at_most(struct money paid, struct money charge)
{
    return charge.units > 0 && money_compare(paid, charge) > 0 ? charge : paid;
}

struct order_course settlement_end(const struct settlement_order *order)
{
    struct order_course course = order->course;
    course.state = ORDERSTATE_CANCELED;
    course.paid = MONEY_ZERO;
    course.remains = settlement_asked(order);
    if (order->delivered == 0)
        return course;
    course.state = ORDERSTATE_PARTIAL;
    if (!money_share_up(order->charge, order->delivered, order->quantity, order->decimals,
                        &course.paid))
        course.paid = order->course.paid; /* never: a part of what fits */
    course.paid = settlement_at_most(course.paid, order->charge);
    return course;
}

struct order_course settlement_end_of_runs(const struct settlement_order *order,
                                           const struct order_course *canceled, int64_t delivered,
                                           struct money shares)
{
    struct order_course course = *canceled;
    if (delivered <= 0)
        return course;
    course.state = delivered < order->quantity ? ORDERSTATE_PARTIAL : ORDERSTATE_COMPLETED;
    course.remains = delivered < order->quantity ? order->quantity - delivered : 0;
    course.paid = settlement_at_most(shares, order->charge);
    return course;
}

/* What was delivered; of a package in the panel's own count. */
static bool settlement_share(const struct settlement_order *order,
                             const struct upstream_status *reported, const struct settlement *s,
                             struct money *out)
{
    int64_t whole = order->quantity, left = s->course.remains;
    if (settlement_is_package(order)) {
        whole = s->unit;
        left = reported->remains < s->unit ? reported->remains : s->unit;
    }
    return money_share_up(order->charge, whole - left, whole, order->decimals, out);
}

/* A subscription that its panel charges itself ends by its own words: what was delivered until then
 * is paid for, be it canceled. Given back without a word on the charge, it costs nothing. */
static bool settlement_is_paid_until_end(const struct settlement_order *order,
                                         const struct upstream_status *reported)
{
    return settlement_is_subscription(order->type, order->is_child) &&
           (reported->status != ORDERSTATUS_REFUNDED || reported->has_charge);
}

static void settlement_settle(const struct settlement_order *order,
                              const struct upstream_status *reported, struct settlement *s)
{
    switch (s->course.state) {
    case ORDERSTATE_CANCELED:
    case ORDERSTATE_REFUSED:
        if (!settlement_is_paid_until_end(order, reported))
            s->course.paid = MONEY_ZERO;
        if (order->quantity > 0)
            s->course.remains = order->quantity;
        if (order->delivered > 0) {
            struct order_course end = settlement_end(order);
            s->course.state = end.state;
            s->course.paid = end.paid;
            s->course.remains = end.remains;
        }
        break;
    case ORDERSTATE_PARTIAL:
        if (settlement_is_subscription(order->type, order->is_child))
            break;
        if (!settlement_share(order, reported, s, &s->course.paid))
            s->course.paid = order->course.paid;
        /* Its decimals may have been fewer when it was sold. */
        s->course.paid = settlement_at_most(s->course.paid, order->charge);
        break;
    case ORDERSTATE_COMPLETED:
        if (!reported->has_remains)
            s->course.remains = 0;
        break;
    case ORDERSTATE_PLACING:
    case ORDERSTATE_DOUBT:
    case ORDERSTATE_QUEUED:
    case ORDERSTATE_PENDING:
    case ORDERSTATE_PROCESSING:
    case ORDERSTATE_IN_PROGRESS:
    case ORDERSTATE_COUNT:
        break;
    }
}

/* A final order is reported in another state, or with another part delivered. */
static bool settlement_is_told_otherwise(const struct settlement_order *order,
                                         const struct upstream_status *reported)
{
    struct settlement set = {.course = order->course, .unit = order->unit};
    settlement_take_numbers(order, reported, &set);
    set.course.state = settlement_final_state(order, reported, &set);
    settlement_settle(order, reported, &set);
    /* Canceled, it ended by what its runs had delivered: settlement_end_of_runs. */
    if (order->has_runs && order->course.state == ORDERSTATE_PARTIAL &&
        set.course.state == ORDERSTATE_CANCELED)
        return false;
    return set.course.state != order->course.state ||
           set.course.paid.units != order->course.paid.units;
}

static struct settlement settlement_of_fitted(const struct settlement_order *order,
                                              const struct upstream_status *reported)
{
    struct settlement s = {.course = order->course, .unit = order->unit};
    if (reported->is_absent || reported->is_unknown_id)
        return s;
    s.is_unknown_word = reported->status == ORDERSTATUS_UNKNOWN;
    /* "Expired" ends a subscription; of a plain order it is a matter for the operator. */
    bool is_expired =
        settlement_is_subscription(order->type, order->is_child) && settlement_is_expired(reported);
    s.is_review = reported->status == ORDERSTATUS_REVIEW && !is_expired;
    if (orderstate_is_final(order->course.state)) {
        s.is_late =
            !s.is_unknown_word && !s.is_review && settlement_is_told_otherwise(order, reported);
        return s;
    }
    settlement_take_numbers(order, reported, &s);
    if (!s.is_unknown_word && !s.is_review)
        s.course.state = settlement_final_state(order, reported, &s);
    if (!orderstate_may_move(order->course.state,
                             s.course.state)) /* never: no status names such a state */
        s.course.state = order->course.state; /* never: see above */
    settlement_keep_lowest(order, reported, &s);
    settlement_settle(order, reported, &s);
    s.is_changed = !order_course_is_same(&s.course, &order->course);
    return s;
}

struct settlement settlement_make(const struct settlement_order *order,
                                  const struct upstream_status *reported)
{
    if (!reported->remains_as_said.is_ambiguous) /* nearly always */
        return settlement_of_fitted(order, reported);
    struct upstream_status fitted = *reported;
    decode_status_fit(&fitted, settlement_asked(order));
    return settlement_of_fitted(order, &fitted);
}
