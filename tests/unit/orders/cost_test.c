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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_beyond_rounding_is_noticed),
    };
    return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
