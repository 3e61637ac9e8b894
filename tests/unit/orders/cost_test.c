/* What a panel says it took, against what its list said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/cost.h"

static const struct {
    int64_t expected, charge, exchange; /* 10^-8, 10^-8, 10^-12 */
    bool is_other;
    int64_t taken;
} cases[] = {
    {10000000, 10000000, FACTOR_ONE, false, 0},
    {10000000, 10000001, FACTOR_ONE, false, 0}, /* rounded up somewhere */
    {10000000, 10001000, FACTOR_ONE, false, 0},
    {10000000, 10001001, FACTOR_ONE, true, 10001001},
    {10000000, 9998999, FACTOR_ONE, true, 9998999},
    {4000000, 5000000, FACTOR_ONE, true, 5000000}, /* five comments for four */
    {405000, 1000000, FACTOR_ONE, true, 1000000},  /* charged by the cent */
    {10000000, 0, FACTOR_ONE, false, 0},           /* nothing is said before it begins */
    {0, 10000000, FACTOR_ONE, false, 0},           /* nobody knows what it was to cost */
    {10800000, 10000000, FACTOR_ONE / 100 * 108, false, 0},
    {10800000, 11000000, FACTOR_ONE / 100 * 108, true, 11880000},
    {10000000, INT64_MAX, FACTOR_ONE * 2, false, 0}, /* beyond all amounts */
};

static void what_differs_beyond_rounding_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money taken = MONEY_ZERO;
        bool is_other =
            cost_is_other((struct money){cases[i].expected}, (struct money){cases[i].charge},
                          (struct factor){cases[i].exchange}, &taken);
        if (is_other != cases[i].is_other || (is_other && taken.units != cases[i].taken))
            fail_msg("row %zu: %d, %lld", i, is_other, (long long)taken.units);
    }
}

#define UNITS(n) ((int64_t)(n)*100000000)

/* 1000 pieces sold for 2.00, bought for 1.00. */
static const struct {
    const char *name;
    enum orderstate state;
    int64_t paid, cost, remains, delivered, spent;
    unsigned moves;
    bool is_known;
    int64_t wanted;
} stands[] = {
    {"under way", ORDERSTATE_PENDING, UNITS(2), UNITS(1), 1000, 0, 0, 0, true, UNITS(1)},
    {"completed", ORDERSTATE_COMPLETED, UNITS(2), UNITS(1), 0, 0, 0, 0, true, UNITS(1)},
    {"a quarter", ORDERSTATE_PARTIAL, UNITS(1) / 2, UNITS(1), 750, 0, 0, 0, true, UNITS(1) / 4},
    {"canceled", ORDERSTATE_CANCELED, 0, UNITS(1), 1000, 0, 0, 0, true, 0},
    {"canceled, runs paid", ORDERSTATE_CANCELED, UNITS(1), UNITS(1), 500, 0, 0, 0, true,
     UNITS(1) / 2},
    {"refused", ORDERSTATE_REFUSED, 0, UNITS(1), 1000, 0, 0, 0, true, 0},
    {"in doubt", ORDERSTATE_DOUBT, 0, UNITS(1), 1000, 0, 0, 0, false, 0},
    {"being placed", ORDERSTATE_PLACING, 0, UNITS(1), 1000, 0, 0, 0, false, 0},
    {"queued", ORDERSTATE_QUEUED, 0, 0, 1000, 0, 0, 0, false, 0},
    {"without a price", ORDERSTATE_PENDING, UNITS(2), 0, 1000, 0, 0, 0, false, 0},
    {"went on, half there", ORDERSTATE_COMPLETED, UNITS(2), UNITS(1), 0, 500, UNITS(3), 1, true,
     UNITS(4)},
    {"went on, then half of the rest", ORDERSTATE_PARTIAL, UNITS(1), UNITS(1), 250, 500, UNITS(3),
     1, true, UNITS(3) + UNITS(1) / 2},
    {"went on, then canceled", ORDERSTATE_CANCELED, UNITS(1), UNITS(1), 500, 500, UNITS(3), 1, true,
     UNITS(3)},
};

static void what_it_costs_follows_its_course(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stands); i++) {
        struct ledger_order order = {.quantity = 1000,
                                     .charge = {UNITS(2)},
                                     .course = {.state = stands[i].state,
                                                .paid = {stands[i].paid},
                                                .remains = stands[i].remains},
                                     .cost = {stands[i].cost},
                                     .delivered = stands[i].delivered,
                                     .spent = {stands[i].spent},
                                     .moves = stands[i].moves};
        struct money found = MONEY_ZERO;
        bool is_known = cost_so_far(&order, &found);
        if (is_known != stands[i].is_known || (is_known && found.units != stands[i].wanted))
            fail_msg("%s: %d, %lld", stands[i].name, is_known, (long long)found.units);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_beyond_rounding_is_noticed),
        cmocka_unit_test(what_it_costs_follows_its_course),
    };
    return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
