/* The token bucket: bursts, waiting, and rules that change under it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ratelimit.h"

static const struct ratelimit_rule ten_a_second = {.per_s = 10, .burst_ms = 1000};

static void test_a_burst_and_then_the_rate(void **state)
{
    static const struct {
        int64_t now_ms, patience_ms;
        unsigned taken;  /* of 20 tries */
        int64_t wait_ms; /* of the last one */
    } cases[] = {
        {5000, 0, 10, 100}, /* a full bucket */
        {5099, 0, 0, 1},    {5100, 0, 1, 100},
        {5350, 0, 2, 50},   {5350, 300, 3, 350}, /* reserved ahead */
        {9000, 0, 10, 100},                      /* never more than full */
    };
    struct ratelimit bucket = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned taken = 0;
        int64_t wait_ms = -1;
        for (unsigned n = 0; n < 20; n++)
            taken += ratelimit_take(&bucket, &ten_a_second, cases[i].now_ms, cases[i].patience_ms,
                                    &wait_ms);
        if (taken != cases[i].taken || wait_ms != cases[i].wait_ms)
            fail_msg("at %lld: %u taken, wait %lld", (long long)cases[i].now_ms, taken,
                     (long long)wait_ms);
    }
}

static void test_no_limit_and_extremes(void **state)
{
    static const double rates[] = {0, -1, 1e-300, 1e300, 1e-6, 1e9};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct ratelimit bucket = {0};
        struct ratelimit_rule rule = {.per_s = rates[i], .burst_ms = 1000};
        int64_t wait_ms;
        assert_true(ratelimit_take(&bucket, &rule, 1000, 0, &wait_ms));
        assert_true(wait_ms == 0);
        bool has_second = ratelimit_take(&bucket, &rule, 1000, 0, &wait_ms);
        assert_true(has_second || (rates[i] > 0 && rates[i] < 1 && wait_ms > 0));
    }
}

/* What a slow rule took does not hold back a fast one that follows it. */
static void test_a_rule_that_is_raised(void **state)
{
    struct ratelimit bucket = {0};
    struct ratelimit_rule slow = {.per_s = 0.001, .burst_ms = 100, .early_ms = 5};
    struct ratelimit_rule fast = {.per_s = 20, .burst_ms = 100, .early_ms = 5};
    int64_t wait_ms;
    (void)state;
    assert_true(ratelimit_take(&bucket, &slow, 1000, 0, &wait_ms));
    assert_false(ratelimit_take(&bucket, &slow, 1000, 0, &wait_ms));
    assert_true(wait_ms > 900 * 1000);
    assert_false(ratelimit_take(&bucket, &fast, 2000, 0, &wait_ms));
    assert_true(wait_ms <= 50);
    assert_true(ratelimit_take(&bucket, &fast, 2000 + wait_ms, 0, &wait_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_and_then_the_rate),
        cmocka_unit_test(test_no_limit_and_extremes),
        cmocka_unit_test(test_a_rule_that_is_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
