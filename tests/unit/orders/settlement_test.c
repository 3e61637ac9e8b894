/* Settlement as a table of every state and every reported status, then the money of the final ones,
 * then what holds whatever is reported in whatever order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/settlement.h"

#define MONEY(units_) ((struct money){units_})
#define CENT INT64_C(1000000)

static struct settlement_order order_in(enum orderstate state)
{
    bool is_canceled = state == ORDERSTATE_CANCELED || state == ORDERSTATE_REFUSED;
    bool is_partial = state == ORDERSTATE_PARTIAL;
    return (struct settlement_order){
        .course.state = state,
        .type = ORDERTYPE_DEFAULT,
        .quantity = 100,
        .course.remains = state == ORDERSTATE_COMPLETED ? 0
                          : is_partial                  ? 40
                                                        : 100,
        .charge = MONEY(100 * CENT),
        .course.paid = MONEY(is_canceled  ? 0
                             : is_partial ? 60 * CENT
                                          : 100 * CENT),
        .decimals = 5,
    };
}

static struct upstream_status report(enum orderstatus status)
{
    return (struct upstream_status){.status = status, .word = STR("word")};
}

static struct upstream_status report_remains(enum orderstatus status, int64_t remains)
{
    struct upstream_status reported = report(status);
    reported.has_remains = true;
    reported.remains = remains;
    return reported;
}

/* ---- states ---- */

#define S(name) ORDERSTATE_##name
/* Reported with 40 of 100 left. For each status the state that follows from any unfinished one. */
static const struct {
    enum orderstatus status;
    enum orderstate state; /* COUNT: as it was */
    int64_t paid_cents, remains;
    bool is_unknown, is_review;
} follows[] = {
    {ORDERSTATUS_PENDING, S(PENDING), 100, 40, false, false},
    {ORDERSTATUS_PROCESSING, S(PROCESSING), 100, 40, false, false},
    {ORDERSTATUS_IN_PROGRESS, S(IN_PROGRESS), 100, 40, false, false},
    {ORDERSTATUS_PAUSED, S(IN_PROGRESS), 100, 40, false, false},
    {ORDERSTATUS_COMPLETED, S(COMPLETED), 100, 40, false, false},
    {ORDERSTATUS_PARTIAL, S(PARTIAL), 60, 40, false, false},
    {ORDERSTATUS_CANCELED, S(CANCELED), 0, 100, false, false},
    {ORDERSTATUS_REFUNDED, S(PARTIAL), 60, 40, false, false},
    {ORDERSTATUS_REVIEW, S(COUNT), 100, 40, false, true},
    {ORDERSTATUS_UNKNOWN, S(COUNT), 100, 40, true, false},
};
static const enum orderstate unfinished[] = {S(PLACING), S(DOUBT), S(PENDING), S(PROCESSING),
                                             S(IN_PROGRESS)};
static const enum orderstate finished[] = {S(COMPLETED), S(PARTIAL), S(CANCELED), S(REFUSED)};

static void every_state_meets_every_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unfinished); i++) {
        for (size_t j = 0; j < COUNT_OF(follows); j++) {
            struct settlement_order order = order_in(unfinished[i]);
            struct upstream_status reported = report_remains(follows[j].status, 40);
            struct settlement s = settlement_make(&order, &reported);
            enum orderstate expected =
                follows[j].state == S(COUNT) ? order.course.state : follows[j].state;
            if (s.course.state != expected)
                fail_msg("%s, status %d: %s, not %s", orderstate_name(order.course.state),
                         (int)follows[j].status, orderstate_name(s.course.state),
                         orderstate_name(expected));
            assert_true(orderstate_may_move(order.course.state, s.course.state));
            assert_int_equal(s.course.paid.units, follows[j].paid_cents * CENT);
            assert_int_equal(s.course.remains, follows[j].remains);
            assert_int_equal(s.is_unknown_word, follows[j].is_unknown);
            assert_int_equal(s.is_review, follows[j].is_review);
            assert_false(s.is_late);
            assert_false(s.is_clamped);
            assert_int_equal(s.is_changed, s.course.state != order.course.state ||
                                               s.course.remains != order.course.remains ||
                                               s.course.paid.units != order.course.paid.units);
        }
    }
}

static void a_finished_order_never_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(finished); i++) {
        for (size_t j = 0; j < COUNT_OF(follows); j++) {
            struct settlement_order order = order_in(finished[i]);
            struct upstream_status reported = report_remains(follows[j].status, 7);
            reported.has_start_count = true;
            reported.start_count = 99;
            struct settlement s = settlement_make(&order, &reported);
            assert_int_equal(s.course.state, order.course.state);
            assert_int_equal(s.course.paid.units, order.course.paid.units);
            assert_int_equal(s.course.remains, order.course.remains);
            assert_false(s.course.has_start_count);
            assert_false(s.is_changed);
        }
    }
}

static void what_changes_late_is_told(void **state)
{
    (void)state;
    static const struct {
        enum orderstate state;
        enum orderstatus status;
        int64_t remains; /* -1: not said */
        bool is_late;
    } cases[] = {
        {S(COMPLETED), ORDERSTATUS_COMPLETED, 0, false},
        {S(COMPLETED), ORDERSTATUS_COMPLETED, -1, false},
        {S(COMPLETED), ORDERSTATUS_PARTIAL, 0, false},
        {S(COMPLETED), ORDERSTATUS_PARTIAL, 10, true},
        {S(COMPLETED), ORDERSTATUS_CANCELED, 0, true},
        {S(COMPLETED), ORDERSTATUS_REFUNDED, 0, true},
        {S(COMPLETED), ORDERSTATUS_IN_PROGRESS, 0, true},
        {S(COMPLETED), ORDERSTATUS_UNKNOWN, 0, false},
        {S(COMPLETED), ORDERSTATUS_REVIEW, 0, false},
        {S(PARTIAL), ORDERSTATUS_PARTIAL, 40, false},
        {S(PARTIAL), ORDERSTATUS_PARTIAL, -1, false},
        {S(PARTIAL), ORDERSTATUS_PARTIAL, 70, true},
        {S(PARTIAL), ORDERSTATUS_REFUNDED, 40, false},
        {S(PARTIAL), ORDERSTATUS_REFUNDED, 100, true},
        {S(PARTIAL), ORDERSTATUS_COMPLETED, 0, true},
        {S(CANCELED), ORDERSTATUS_CANCELED, 0, false},
        {S(CANCELED), ORDERSTATUS_REFUNDED, -1, false},
        {S(CANCELED), ORDERSTATUS_COMPLETED, 0, true},
        {S(CANCELED), ORDERSTATUS_PENDING, 100, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_in(cases[i].state);
        struct upstream_status reported = cases[i].remains < 0
                                              ? report(cases[i].status)
                                              : report_remains(cases[i].status, cases[i].remains);
        if (settlement_make(&order, &reported).is_late != cases[i].is_late)
            fail_msg("case %zu", i);
    }
}

static void nothing_said_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unfinished); i++) {
        struct settlement_order order = order_in(unfinished[i]);
        struct upstream_status absent = report_remains(ORDERSTATUS_CANCELED, 0), unknown = absent;
        absent.is_absent = true;
        unknown.is_unknown_id = true;
        struct settlement a = settlement_make(&order, &absent);
        struct settlement u = settlement_make(&order, &unknown);
        assert_int_equal(a.course.state, order.course.state);
        assert_int_equal(u.course.state, order.course.state);
        assert_int_equal(a.course.paid.units, order.course.paid.units);
        assert_int_equal(u.course.paid.units, order.course.paid.units);
        assert_false(a.is_changed || u.is_changed || a.is_unknown_word || u.is_unknown_word);
    }
}

/* ---- numbers ---- */

static void remains_are_clamped(void **state)
{
    (void)state;
    static const struct {
        int64_t quantity, reported, remains;
        bool is_clamped;
    } cases[] = {
        {100, 0, 0, false},          {100, 100, 100, false}, {100, 101, 100, true},
        {100, INT64_MAX, 100, true}, {100, -1, 0, false},    {100, INT64_MIN, 0, false},
        {0, 12345, 12345, false}, /* a child: its quantity is unknown */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_in(S(PENDING));
        order.quantity = cases[i].quantity;
        struct upstream_status reported =
            report_remains(ORDERSTATUS_IN_PROGRESS, cases[i].reported);
        struct settlement s = settlement_make(&order, &reported);
        assert_int_equal(s.course.remains, cases[i].remains);
        assert_int_equal(s.is_clamped, cases[i].is_clamped);
    }
}

/* Of an order that may go on they never rise under way; the end says how much is left in the end.
 */
static void remains_never_rise_where_an_order_may_go_on(void **state)
{
    static const struct {
        enum orderstatus status;
        int64_t reported, remains;
    } cases[] = {
        {ORDERSTATUS_IN_PROGRESS, 80, 30}, {ORDERSTATUS_PENDING, 100, 30},
        {ORDERSTATUS_IN_PROGRESS, 20, 20}, {ORDERSTATUS_UNKNOWN, 80, 30},
        {ORDERSTATUS_REVIEW, 80, 30},      {ORDERSTATUS_PARTIAL, 80, 80},
        {ORDERSTATUS_COMPLETED, 40, 40},   {ORDERSTATUS_CANCELED, 80, 100},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_in(S(IN_PROGRESS));
        struct upstream_status reported = report_remains(cases[i].status, cases[i].reported);
        order.course.remains = 30;
        order.may_go_on = true;
        assert_int_equal(settlement_make(&order, &reported).course.remains, cases[i].remains);
        order.may_go_on = false;
        bool is_told = cases[i].status == ORDERSTATUS_IN_PROGRESS;
        if (is_told)
            assert_int_equal(settlement_make(&order, &reported).course.remains, cases[i].reported);
    }
}

/* "1.500": thousands where that is no more than was ordered, else one and a half, which is none. */
static void a_marked_count_is_read_by_the_quantity(void **state)
{
    static const struct {
        const char *said;
        int64_t quantity;
        enum orderstate state;
        int64_t paid_cents, remains;
    } cases[] = {
        {"2.000", 5000, S(PARTIAL), 60, 2000},      {"2,000", 5000, S(PARTIAL), 60, 2000},
        {"2.000", 1000, S(PARTIAL), 9980, 2},       {"1.500", 5000, S(PARTIAL), 70, 1500},
        {"1.500", 1000, S(IN_PROGRESS), 100, 1000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_in(S(IN_PROGRESS));
        struct upstream_status reported = report(ORDERSTATUS_PARTIAL);
        order.quantity = order.course.remains = cases[i].quantity;
        order.decimals = 8;
        assert_true(count_parse(str_of(cases[i].said), &reported.remains_as_said));
        reported.has_remains = true;
        reported.remains = reported.remains_as_said.value;
        struct settlement s = settlement_make(&order, &reported);
        int64_t paid = cases[i].paid_cents * (cases[i].paid_cents > 100 ? CENT / 100 : CENT);
        assert_int_equal(s.course.state, cases[i].state);
        assert_int_equal(s.course.paid.units, paid);
        assert_int_equal(s.course.remains, cases[i].remains);
        assert_false(s.is_clamped);
        assert_int_equal(s.is_review, cases[i].state == S(IN_PROGRESS));
    }
}

static void a_start_count_is_kept_once_known(void **state)
{
    (void)state;
    struct settlement_order order = order_in(S(PENDING));
    struct upstream_status reported = report(ORDERSTATUS_PENDING);
    struct settlement s = settlement_make(&order, &reported);
    assert_false(s.course.has_start_count);
    reported.has_start_count = true;
    reported.start_count = -1;
    s = settlement_make(&order, &reported);
    assert_false(s.course.has_start_count);
    reported.start_count = 0;
    s = settlement_make(&order, &reported);
    assert_true(s.course.has_start_count && s.is_changed && s.course.start_count == 0);
    order.course.has_start_count = true;
    order.course.start_count = 572;
    reported.has_start_count = false;
    s = settlement_make(&order, &reported);
    assert_true(s.course.has_start_count && !s.is_changed && s.course.start_count == 572);
}

/* Nothing but the count is news. */
static void a_new_start_count_is_a_change(void **state)
{
    struct settlement_order order = order_in(S(PROCESSING));
    struct upstream_status reported = report_remains(ORDERSTATUS_PROCESSING, 100);
    (void)state;
    reported.has_start_count = true;
    reported.start_count = 7;
    struct settlement s = settlement_make(&order, &reported);
    assert_true(s.is_changed && s.course.has_start_count && s.course.start_count == 7);
    order.course.has_start_count = true;
    order.course.start_count = 7;
    assert_false(settlement_make(&order, &reported).is_changed);
    reported.start_count = 8;
    assert_true(settlement_make(&order, &reported).is_changed);
}

static void completed_without_remains_leaves_nothing(void **state)
{
    (void)state;
    struct settlement_order order = order_in(S(IN_PROGRESS));
    struct upstream_status reported = report(ORDERSTATUS_COMPLETED);
    struct settlement s = settlement_make(&order, &reported);
    assert_int_equal(s.course.state, S(COMPLETED));
    assert_int_equal(s.course.remains, 0);
    assert_int_equal(s.course.paid.units, order.charge.units);
}

/* ---- the money of the final states ---- */

static const struct {
    enum orderstatus status;
    int64_t charge, quantity, remains; /* units of 10^-8 */
    unsigned decimals;
    enum orderstate state;
    int64_t paid, left;
} ends[] = {
    {ORDERSTATUS_PARTIAL, 100 * CENT, 100, 1, 5, S(PARTIAL), 99 * CENT, 1},
    {ORDERSTATUS_PARTIAL, 100 * CENT, 100, 99, 5, S(PARTIAL), 1 * CENT, 99},
    {ORDERSTATUS_PARTIAL, 100 * CENT, 100, 100, 5, S(PARTIAL), 0, 100},
    {ORDERSTATUS_PARTIAL, 100 * CENT, 100, 0, 5, S(COMPLETED), 100 * CENT, 0},
    {ORDERSTATUS_PARTIAL, 100 * CENT, 100, -5, 5, S(COMPLETED), 100 * CENT, 0},
    {ORDERSTATUS_PARTIAL, 100 * CENT, 100, 500, 5, S(PARTIAL), 0, 100},
    /* 1.00 x 1/3 = 0.33333333…: up at 5, at 2 and at 8 decimals */
    {ORDERSTATUS_PARTIAL, 100 * CENT, 3, 2, 5, S(PARTIAL), 33334000, 2},
    {ORDERSTATUS_PARTIAL, 100 * CENT, 3, 2, 2, S(PARTIAL), 34000000, 2},
    {ORDERSTATUS_PARTIAL, 100 * CENT, 3, 2, 8, S(PARTIAL), 33333334, 2},
    /* never more than the charge, though rounded up */
    {ORDERSTATUS_PARTIAL, 1000, 1000, 1, 5, S(PARTIAL), 1000, 1},
    {ORDERSTATUS_PARTIAL, 0, 100, 50, 5, S(PARTIAL), 0, 50},
    {ORDERSTATUS_PARTIAL, INT64_MAX / 1000 * 1000, 2, 1, 5, S(PARTIAL),
     (INT64_MAX / 1000 * 1000 / 2 + 999) / 1000 * 1000, 1},
    {ORDERSTATUS_CANCELED, 100 * CENT, 100, 0, 5, S(CANCELED), 0, 100},
    {ORDERSTATUS_CANCELED, 100 * CENT, 100, 60, 5, S(CANCELED), 0, 100},
    {ORDERSTATUS_REFUNDED, 100 * CENT, 100, 0, 5, S(CANCELED), 0, 100},
    {ORDERSTATUS_REFUNDED, 100 * CENT, 100, 100, 5, S(CANCELED), 0, 100},
    {ORDERSTATUS_REFUNDED, 100 * CENT, 100, 101, 5, S(CANCELED), 0, 100},
    {ORDERSTATUS_REFUNDED, 100 * CENT, 100, 25, 5, S(PARTIAL), 75 * CENT, 25},
    {ORDERSTATUS_COMPLETED, 100 * CENT, 100, 0, 5, S(COMPLETED), 100 * CENT, 0},
};

static void a_client_pays_for_what_was_delivered(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct settlement_order order = order_in(S(IN_PROGRESS));
        order.quantity = order.course.remains = ends[i].quantity;
        order.charge = order.course.paid = MONEY(ends[i].charge);
        order.decimals = ends[i].decimals;
        struct upstream_status reported = report_remains(ends[i].status, ends[i].remains);
        struct settlement s = settlement_make(&order, &reported);
        if (s.course.state != ends[i].state || s.course.paid.units != ends[i].paid ||
            s.course.remains != ends[i].left)
            fail_msg("case %zu: %s, pays %lld, %lld left", i, orderstate_name(s.course.state),
                     (long long)s.course.paid.units, (long long)s.course.remains);
    }
}

static void a_refund_without_remains_is_a_full_one(void **state)
{
    (void)state;
    struct settlement_order order = order_in(S(IN_PROGRESS));
    struct upstream_status reported = report(ORDERSTATUS_REFUNDED);
    order.course.remains = 40; /* known from before: not what this refund says */
    struct settlement s = settlement_make(&order, &reported);
    assert_int_equal(s.course.state, S(CANCELED));
    assert_int_equal(s.course.paid.units, 0);
    assert_int_equal(s.course.remains, 100);
}

static void a_partial_without_remains_waits_for_an_operator(void **state)
{
    (void)state;
    struct settlement_order order = order_in(S(IN_PROGRESS));
    struct upstream_status reported = report(ORDERSTATUS_PARTIAL);
    struct settlement s = settlement_make(&order, &reported);
    assert_int_equal(s.course.state, S(IN_PROGRESS));
    assert_int_equal(s.course.paid.units, order.course.paid.units);
    assert_true(s.is_review);
    assert_false(s.is_changed);
}

/* ---- subscriptions and children ---- */

static void expired_ends_a_subscription_only(void **state)
{
    (void)state;
    static const struct {
        enum ordertype type;
        const char *word;
        enum orderstate state;
        bool is_review;
    } cases[] = {
        {ORDERTYPE_SUBSCRIPTIONS, "Expired", S(PARTIAL), false},
        {ORDERTYPE_SUBSCRIPTIONS, "expired", S(PARTIAL), false},
        {ORDERTYPE_SUBSCRIPTIONS, "Error", S(IN_PROGRESS), true},
        {ORDERTYPE_DEFAULT, "Expired", S(IN_PROGRESS), true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_in(S(IN_PROGRESS));
        struct upstream_status reported = report(ORDERSTATUS_REVIEW);
        order.type = cases[i].type;
        order.quantity = order.course.remains = 0;
        order.charge = order.course.paid = MONEY_ZERO;
        reported.word = str_of(cases[i].word);
        struct settlement s = settlement_make(&order, &reported);
        assert_int_equal(s.course.state, cases[i].state);
        assert_int_equal(s.is_review, cases[i].is_review);
        assert_int_equal(s.course.paid.units, 0);
    }
}

/* Its quantity is unknown, and what it costs is known only from the panel: paid, not charge. */
static void a_child_of_unknown_quantity_pays_as_reported(void **state)
{
    (void)state;
    static const struct {
        enum orderstatus status;
        enum orderstate state;
        int64_t paid;
    } cases[] = {
        {ORDERSTATUS_IN_PROGRESS, S(IN_PROGRESS), 5 * CENT},
        {ORDERSTATUS_COMPLETED, S(COMPLETED), 5 * CENT},
        {ORDERSTATUS_PARTIAL, S(PARTIAL), 5 * CENT},
        {ORDERSTATUS_CANCELED, S(CANCELED), 0},
        {ORDERSTATUS_REFUNDED, S(CANCELED), 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_in(S(PENDING));
        order.quantity = order.course.remains = 0;
        order.charge = MONEY_ZERO;
        order.course.paid = MONEY(5 * CENT);
        struct upstream_status reported = report_remains(cases[i].status, 3);
        struct settlement s = settlement_make(&order, &reported);
        assert_int_equal(s.course.state, cases[i].state);
        assert_int_equal(s.course.paid.units, cases[i].paid);
    }
}

/* ---- what always holds ---- */

static uint64_t dice(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Reports of every kind, one after the other, as a confused panel sends them: what is paid stays
 * within 0..charge, only a final state changes it, once, and it fits that state. */
static void a_canceled_drip_feed_pays_for_what_its_runs_delivered(void **state)
{
    static const struct {
        int64_t delivered, shares_cents;
        enum orderstate state;
        int64_t paid_cents, remains;
    } cases[] = {
        {0, 0, S(CANCELED), 0, 100},    {40, 40, S(PARTIAL), 40, 60},
        {40, 0, S(PARTIAL), 0, 60},     {100, 100, S(COMPLETED), 100, 0},
        {40, 101, S(PARTIAL), 100, 60}, {120, 101, S(COMPLETED), 100, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_in(S(IN_PROGRESS));
        struct order_course canceled = order_in(S(CANCELED)).course;
        struct order_course end = settlement_end_of_runs(&order, &canceled, cases[i].delivered,
                                                         MONEY(cases[i].shares_cents * CENT));
        if (end.state != cases[i].state || end.paid.units != cases[i].paid_cents * CENT ||
            end.remains != cases[i].remains)
            fail_msg("case %zu", i);
    }
}

/* It ended by its runs: that its panel still says Canceled is no news. */
static void a_canceled_drip_feed_is_not_late(void **state)
{
    struct settlement_order order = order_in(S(PARTIAL));
    struct upstream_status reported = report(ORDERSTATUS_CANCELED);
    (void)state;
    assert_true(settlement_make(&order, &reported).is_late);
    order.has_runs = true;
    assert_false(settlement_make(&order, &reported).is_late);
    reported = report_remains(ORDERSTATUS_COMPLETED, 0);
    assert_true(settlement_make(&order, &reported).is_late);
}

static void whatever_is_reported_money_is_conserved(void **state)
{
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15;
    for (int round = 0; round < 20000; round++) {
        struct settlement_order order = order_in(unfinished[dice(&seed) % COUNT_OF(unfinished)]);
        order.quantity = order.course.remains = (int64_t)(1 + dice(&seed) % 1000);
        order.decimals = (unsigned)(2 + dice(&seed) % 7);
        assert_true(money_round_up(MONEY((int64_t)(dice(&seed) % 100000000000)), order.decimals,
                                   &order.charge));
        order.course.paid = order.charge;
        int settled = 0;
        for (int step = 0; step < 6; step++) {
            enum orderstatus status = (enum orderstatus)(dice(&seed) % (ORDERSTATUS_PAUSED + 1));
            struct upstream_status reported =
                dice(&seed) % 4 ? report_remains(status, (int64_t)(dice(&seed) % 1400) - 100)
                                : report(status);
            struct settlement s = settlement_make(&order, &reported);
            bool was_final = orderstate_is_final(order.course.state);
            assert_in_range(s.course.paid.units, 0, order.charge.units);
            assert_in_range(s.course.remains, 0, order.quantity);
            if (s.course.paid.units != order.course.paid.units)
                assert_true(!was_final && orderstate_is_final(s.course.state));
            settled += !was_final && orderstate_is_final(s.course.state);
            if (s.course.state == S(CANCELED))
                assert_true(s.course.paid.units == 0 && s.course.remains == order.quantity);
            if (s.course.state == S(COMPLETED))
                assert_int_equal(s.course.paid.units, order.charge.units);
            if (s.course.state == S(PARTIAL)) {
                assert_true(s.course.remains > 0);
                /* at least the share, less than one step above it */
                __int128 share = (__int128)order.charge.units * (order.quantity - s.course.remains);
                __int128 paid = (__int128)s.course.paid.units * order.quantity;
                int64_t places = 1;
                for (unsigned i = order.decimals; i < 8; i++)
                    places *= 10;
                assert_true(paid >= share && paid - share < (__int128)places * order.quantity);
            }
            order.course.state = s.course.state;
            order.course.paid = s.course.paid;
            order.course.remains = s.course.remains;
        }
        assert_in_range(settled, 0, 1);
    }
}

/* ---- an order of which an earlier panel delivered a part ---- */

static struct settlement_order order_after(int64_t delivered, enum orderstate state)
{
    struct settlement_order order = order_in(state);
    order.delivered = delivered;
    order.course.remains = order.quantity - delivered;
    order.course.has_start_count = true;
    order.course.start_count = 1000;
    return order;
}

static void all_attempts_count(void **state)
{
    static const struct {
        enum orderstatus status;
        int64_t reported; /* remains of the 40 that went on; -1: not told */
        enum orderstate state;
        int64_t remains, paid_cents;
        bool is_clamped;
    } cases[] = {
        {ORDERSTATUS_PENDING, 40, S(PENDING), 40, 100, false},
        {ORDERSTATUS_IN_PROGRESS, 15, S(IN_PROGRESS), 15, 100, false},
        {ORDERSTATUS_IN_PROGRESS, 100, S(IN_PROGRESS), 40, 100, true},
        {ORDERSTATUS_PARTIAL, 15, S(PARTIAL), 15, 85, false},
        {ORDERSTATUS_PARTIAL, 40, S(PARTIAL), 40, 60, false},
        {ORDERSTATUS_PARTIAL, 0, S(COMPLETED), 0, 100, false},
        {ORDERSTATUS_REFUNDED, 15, S(PARTIAL), 15, 85, false},
        {ORDERSTATUS_COMPLETED, 0, S(COMPLETED), 0, 100, false},
        {ORDERSTATUS_COMPLETED, -1, S(COMPLETED), 0, 100, false},
        /* What was delivered before stays delivered, and paid for. */
        {ORDERSTATUS_CANCELED, 40, S(PARTIAL), 40, 60, false},
        {ORDERSTATUS_CANCELED, 0, S(PARTIAL), 40, 60, false},
        {ORDERSTATUS_CANCELED, -1, S(PARTIAL), 40, 60, false},
        {ORDERSTATUS_REFUNDED, 40, S(PARTIAL), 40, 60, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_after(60, S(IN_PROGRESS));
        struct upstream_status reported = cases[i].reported < 0
                                              ? report(cases[i].status)
                                              : report_remains(cases[i].status, cases[i].reported);
        reported.has_start_count = true;
        reported.start_count = 1060;
        struct settlement s = settlement_make(&order, &reported);
        if (s.course.state != cases[i].state || s.course.remains != cases[i].remains ||
            s.course.paid.units != cases[i].paid_cents * CENT ||
            s.is_clamped != cases[i].is_clamped)
            fail_msg("case %zu: %s, %ld left, %ld paid", i, orderstate_name(s.course.state),
                     (long)s.course.remains, (long)(s.course.paid.units / CENT));
        assert_int_equal(s.course.start_count, 1000); /* where all of it started */
    }
}

static void what_nobody_goes_on_with_ends(void **state)
{
    (void)state;
    struct settlement_order order = order_after(60, S(PLACING));
    struct order_course end = settlement_end(&order);
    assert_int_equal(end.state, S(PARTIAL));
    assert_int_equal(end.remains, 40);
    assert_int_equal(end.paid.units, 60 * CENT);
    order = order_after(0, S(PLACING));
    end = settlement_end(&order);
    assert_int_equal(end.state, S(CANCELED));
    assert_int_equal(end.remains, 100);
    assert_int_equal(end.paid.units, 0);
    order = order_after(1, S(PLACING));
    order.charge = MONEY(100); /* finer than its decimals: rounded up, never above the quote */
    assert_int_equal(settlement_end(&order).paid.units, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_meets_every_status),
        cmocka_unit_test(a_finished_order_never_changes),
        cmocka_unit_test(what_changes_late_is_told),
        cmocka_unit_test(nothing_said_changes_nothing),
        cmocka_unit_test(remains_are_clamped),
        cmocka_unit_test(remains_never_rise_where_an_order_may_go_on),
        cmocka_unit_test(a_marked_count_is_read_by_the_quantity),
        cmocka_unit_test(a_start_count_is_kept_once_known),
        cmocka_unit_test(a_new_start_count_is_a_change),
        cmocka_unit_test(completed_without_remains_leaves_nothing),
        cmocka_unit_test(a_client_pays_for_what_was_delivered),
        cmocka_unit_test(a_refund_without_remains_is_a_full_one),
        cmocka_unit_test(a_partial_without_remains_waits_for_an_operator),
        cmocka_unit_test(expired_ends_a_subscription_only),
        cmocka_unit_test(a_child_of_unknown_quantity_pays_as_reported),
        cmocka_unit_test(all_attempts_count),
        cmocka_unit_test(what_nobody_goes_on_with_ends),
        cmocka_unit_test(a_canceled_drip_feed_pays_for_what_its_runs_delivered),
        cmocka_unit_test(a_canceled_drip_feed_is_not_late),
        cmocka_unit_test(whatever_is_reported_money_is_conserved),
    };
    return cmocka_run_group_tests_name("settlement", tests, NULL, NULL);
}
