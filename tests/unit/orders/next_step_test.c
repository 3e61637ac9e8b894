/* What a panel's end of an order leads to, as a table: report x rules x order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "orders/next_step.h"

enum { NOT_TOLD = -1, BOTH = 3, CANCEL = 1, PARTIAL = 2 };
#define A(name) ATTEMPTSTATE_##name

static struct settlement_order order_of(enum ordertype type, int64_t delivered, int64_t remains)
{
    return (struct settlement_order){.course = {.state = ORDERSTATE_IN_PROGRESS,
                                                .remains = remains,
                                                .paid = {10000},
                                                .has_start_count = true,
                                                .start_count = 7},
                                     .type = type,
                                     .quantity = 100,
                                     .delivered = delivered,
                                     .charge = {10000},
                                     .decimals = 8};
}

static struct upstream_status report(enum orderstatus status, int64_t remains)
{
    return (struct upstream_status){.status = status,
                                    .word = STR("word"),
                                    .has_remains = remains != NOT_TOLD,
                                    .remains = remains == NOT_TOLD ? 0 : remains};
}

static struct next_step judge(const struct settlement_order *order,
                              const struct upstream_status *reported, unsigned rules)
{
    return next_step_of(order, reported,
                        (struct next_step_rules){.cancel_goes_on = rules & CANCEL,
                                                 .partial_goes_on = rules & PARTIAL});
}

static void a_report_leads_to_its_step(void **state)
{
    static const struct {
        const char *what;
        enum ordertype type;
        int64_t before, known; /* delivered before; last known remains */
        enum orderstatus status;
        int64_t reported;
        unsigned rules;
        bool goes_on;
        enum attemptstate ended;
        int64_t delivered, left;
    } cases[] = {
        {"canceled, all of it left", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_CANCELED, 100, CANCEL,
         true, A(CANCELED), 0, 100},
        {"canceled, not told what is left", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_CANCELED,
         NOT_TOLD, CANCEL, true, A(CANCELED), 0, 100},
        {"canceled, nothing left, may be anything", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_CANCELED,
         0, BOTH, false, 0, 0, 0},
        {"canceled, a part left", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_CANCELED, 40, BOTH, false,
         0, 0, 0},
        {"canceled, but some was delivered once", ORDERTYPE_DEFAULT, 0, 60, ORDERSTATUS_CANCELED,
         100, BOTH, false, 0, 0, 0},
        {"canceled, and the service says refund", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_CANCELED,
         100, PARTIAL, false, 0, 0, 0},
        {"refunded in full", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_REFUNDED, 100, CANCEL, true,
         A(CANCELED), 0, 100},
        {"refunded in part", ORDERTYPE_DEFAULT, 0, 40, ORDERSTATUS_REFUNDED, 40, PARTIAL, true,
         A(PARTIAL), 60, 40},
        {"partial", ORDERTYPE_DEFAULT, 0, 40, ORDERSTATUS_PARTIAL, 40, PARTIAL, true, A(PARTIAL),
         60, 40},
        {"partial, and the service says refund", ORDERTYPE_DEFAULT, 0, 40, ORDERSTATUS_PARTIAL, 40,
         CANCEL, false, 0, 0, 0},
        {"partial with all of it left", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_PARTIAL, 100,
         PARTIAL, true, A(CANCELED), 0, 100},
        {"partial with more left than before", ORDERTYPE_DEFAULT, 0, 30, ORDERSTATUS_PARTIAL, 80,
         BOTH, false, 0, 0, 0},
        {"partial with nothing left", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_PARTIAL, 0, BOTH,
         false, 0, 0, 0},
        {"partial, not told what is left", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_PARTIAL, NOT_TOLD,
         BOTH, false, 0, 0, 0},
        {"partial again", ORDERTYPE_DEFAULT, 60, 15, ORDERSTATUS_PARTIAL, 15, PARTIAL, true,
         A(PARTIAL), 25, 15},
        {"canceled by the second", ORDERTYPE_DEFAULT, 60, 40, ORDERSTATUS_CANCELED, 40, CANCEL,
         true, A(CANCELED), 0, 40},
        {"canceled by the second in the first one's count", ORDERTYPE_DEFAULT, 60, 40,
         ORDERSTATUS_CANCELED, 100, CANCEL, true, A(CANCELED), 0, 40},
        {"likes of a comment", ORDERTYPE_COMMENT_LIKES, 0, 40, ORDERSTATUS_PARTIAL, 40, BOTH, true,
         A(PARTIAL), 60, 40},
        {"comments: nobody knows which", ORDERTYPE_CUSTOM_COMMENTS, 0, 40, ORDERSTATUS_PARTIAL, 40,
         BOTH, false, 0, 0, 0},
        {"comments, none delivered", ORDERTYPE_CUSTOM_COMMENTS, 0, 100, ORDERSTATUS_CANCELED, 100,
         BOTH, true, A(CANCELED), 0, 100},
        {"mentions: nobody knows whom", ORDERTYPE_MENTIONS_USER_FOLLOWERS, 0, 40,
         ORDERSTATUS_PARTIAL, 40, BOTH, false, 0, 0, 0},
        {"a subscription", ORDERTYPE_SUBSCRIPTIONS, 0, 100, ORDERSTATUS_CANCELED, 100, BOTH, false,
         0, 0, 0},
        {"completed", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_COMPLETED, 0, BOTH, false, 0, 0, 0},
        {"in progress", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_IN_PROGRESS, 40, BOTH, false, 0, 0,
         0},
        {"for review", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_REVIEW, 100, BOTH, false, 0, 0, 0},
        {"a word nobody knows", ORDERTYPE_DEFAULT, 0, 100, ORDERSTATUS_UNKNOWN, 100, BOTH, false, 0,
         0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_of(cases[i].type, cases[i].before, cases[i].known);
        struct upstream_status reported = report(cases[i].status, cases[i].reported);
        struct next_step step = judge(&order, &reported, cases[i].rules);
        if (step.may_go_on != cases[i].goes_on)
            fail_msg("%s: goes on %d", cases[i].what, step.may_go_on);
        if (!step.may_go_on)
            continue;
        if (step.ended != cases[i].ended || step.delivered != cases[i].delivered ||
            step.left != cases[i].left)
            fail_msg("%s: %s, %ld delivered, %ld left", cases[i].what,
                     attemptstate_name(step.ended), (long)step.delivered, (long)step.left);
        assert_int_equal(step.course.state, ORDERSTATE_PLACING);
        assert_int_equal(step.course.remains, cases[i].left);
        assert_int_equal(step.course.paid.units, order.charge.units);
        assert_int_equal(step.course.start_count, 7);
    }
}

/* What the panel took tells what "Canceled, 0 left" means. */
static void a_charge_of_nothing_says_that_nothing_was_delivered(void **state)
{
    struct settlement_order order = order_of(ORDERTYPE_DEFAULT, 0, 100);
    struct upstream_status reported = report(ORDERSTATUS_CANCELED, 0);
    (void)state;
    reported.has_charge = true;
    assert_true(judge(&order, &reported, CANCEL).may_go_on);
    reported.charge.units = 1;
    assert_false(judge(&order, &reported, CANCEL).may_go_on);
}

/* Canceled, without a word on what is left. */
static void a_charge_without_remains_is_no_certainty(void **state)
{
    struct settlement_order order = order_of(ORDERTYPE_DEFAULT, 0, 100);
    struct upstream_status reported = report(ORDERSTATUS_CANCELED, NOT_TOLD);
    (void)state;
    reported.has_charge = true;
    assert_true(judge(&order, &reported, CANCEL).may_go_on);
    reported.charge.units = 1;
    assert_false(judge(&order, &reported, CANCEL).may_go_on);
    reported.has_remains = true;
    reported.remains = 100;
    struct next_step step = judge(&order, &reported, CANCEL);
    assert_true(step.may_go_on && step.taken.units == 0);
}

static void packages_go_on_whole(void **state)
{
    struct settlement_order order = order_of(ORDERTYPE_PACKAGE, 0, 1);
    struct upstream_status reported = report(ORDERSTATUS_CANCELED, 1000);
    (void)state;
    order.quantity = 1;
    order.unit = 1000;
    assert_true(judge(&order, &reported, BOTH).may_go_on);
    reported.remains = 999;
    assert_false(judge(&order, &reported, BOTH).may_go_on);
    reported = report(ORDERSTATUS_PARTIAL, 500);
    assert_false(judge(&order, &reported, BOTH).may_go_on);
}

static void a_package_in_an_unknown_unit_goes_on_for_free(void **state)
{
    static const struct {
        int64_t known, remains, charge; /* NOT_TOLD */
        bool goes_on;
    } cases[] = {
        {1, NOT_TOLD, NOT_TOLD, true},
        {1, NOT_TOLD, 0, true},
        {1, NOT_TOLD, 1, false},
        {1, 1, NOT_TOLD, true},
        {1, 1, 1, false},
        {1, 1000, NOT_TOLD, false},
        {1, 1000, 0, true},
        {0, NOT_TOLD, 0, false},
        {0, 1000, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_of(ORDERTYPE_PACKAGE, 0, cases[i].known);
        struct upstream_status reported = report(ORDERSTATUS_CANCELED, cases[i].remains);
        order.quantity = 1;
        reported.has_charge = cases[i].charge != NOT_TOLD;
        reported.charge.units = reported.has_charge ? cases[i].charge : 0;
        if (judge(&order, &reported, BOTH).may_go_on != cases[i].goes_on)
            fail_msg("case %zu", i);
    }
}

static void only_an_order_under_way_goes_on(void **state)
{
    struct upstream_status reported = report(ORDERSTATUS_CANCELED, 100);
    (void)state;
    for (unsigned s = 0; s < ORDERSTATE_COUNT; s++) {
        struct settlement_order order = order_of(ORDERTYPE_DEFAULT, 0, 100);
        order.course.state = (enum orderstate)s;
        assert_int_equal(judge(&order, &reported, BOTH).may_go_on, s == ORDERSTATE_PENDING ||
                                                                       s == ORDERSTATE_PROCESSING ||
                                                                       s == ORDERSTATE_IN_PROGRESS);
        order.course.state = ORDERSTATE_PENDING;
        order.is_child = true;
        assert_false(judge(&order, &reported, BOTH).may_go_on);
    }
}

/* Its cost's share of what it delivered, or what it says it took, where that is more. */
static void a_panel_keeps_the_cost_of_what_it_delivered(void **state)
{
    static const struct {
        int64_t before, delivered, cost, said, kept;
    } cases[] = {
        {0, 0, 1000, 0, 0},
        {0, 60, 1000, 0, 600},
        {0, 1, 10, 0, 1},
        {0, 99, 101, 0, 100},
        {60, 10, 400, 0, 100},
        {0, 60, 1000, 599, 600},
        {0, 60, 1000, 750, 750},
        {0, 0, 1000, 1000, 1000},
        {0, 60, 1, 750, 750},
        {0, 60, 1000, 1 << 20, 10000},
        {0, 60, 20000, 1 << 20, 20000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = order_of(ORDERTYPE_DEFAULT, cases[i].before, 40);
        struct next_step step = {.delivered = cases[i].delivered};
        struct money kept;
        assert_true(next_step_kept(&order, &step, (struct money){cases[i].cost},
                                   (struct money){cases[i].said}, &kept));
        assert_int_equal(kept.units, cases[i].kept);
    }
}

static void who_asked_for_a_cancel_gets_it(void **state)
{
    static const bool is_asked[ATTEMPTSTATE_COUNT] = {
        [A(SENDING)] = true, [A(ACCEPTED)] = true, [A(DOUBT)] = true};
    (void)state;
    assert_false(next_step_is_cancel_asked(NULL, 0));
    for (unsigned s = 0; s < ATTEMPTSTATE_COUNT; s++) {
        const struct ledger_request list[] = {
            {.kind = ORDER_REQUEST_REFILL, .state = A(ACCEPTED)},
            {.kind = ORDER_REQUEST_CANCEL, .state = (enum attemptstate)s}};
        assert_int_equal(next_step_is_cancel_asked(list, 2), is_asked[s]);
        assert_false(next_step_is_cancel_asked(list, 1));
    }
}

static void each_offer_is_tried_once(void **state)
{
    struct candidate candidates[3] = {
        {.skip = SKIP_NONE}, {.skip = SKIP_COST}, {.skip = SKIP_NONE}};
    (void)state;
    assert_true(next_step_has_offer(candidates, 3, 1));
    assert_false(next_step_has_offer(candidates, 3, 5));
    candidates[2].skip = SKIP_LIMITS;
    assert_false(next_step_has_offer(candidates, 3, 1));
    assert_false(next_step_has_offer(candidates, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_leads_to_its_step),
        cmocka_unit_test(a_charge_of_nothing_says_that_nothing_was_delivered),
        cmocka_unit_test(a_charge_without_remains_is_no_certainty),
        cmocka_unit_test(packages_go_on_whole),
        cmocka_unit_test(a_package_in_an_unknown_unit_goes_on_for_free),
        cmocka_unit_test(only_an_order_under_way_goes_on),
        cmocka_unit_test(a_panel_keeps_the_cost_of_what_it_delivered),
        cmocka_unit_test(who_asked_for_a_cancel_gets_it),
        cmocka_unit_test(each_offer_is_tried_once),
    };
    return cmocka_run_group_tests_name("next_step", tests, NULL, NULL);
}
