/* Prices: exact until the one rounding at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "money/quote.h"

static void test_markup(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        int64_t percent, amount;
    } cases[] = {
        {"25%", true, INT64_C(25000000000000), 0},
        {"25% + 0.05", true, INT64_C(25000000000000), 5000000},
        {"25%+0.05", true, INT64_C(25000000000000), 5000000},
        {"25% - 0.05", true, INT64_C(25000000000000), -5000000},
        {"-3%", true, INT64_C(-3000000000000), 0},
        {" 0% ", true, 0, 0},
        {"0.05", true, 0, 5000000},
        {"-0.05", true, 0, -5000000},
        {"25% 0.05", false, 0, 0},
        {"25% + ", false, 0, 0},
        {"25% + -1", false, 0, 0},
        {"25% + +1", false, 0, 0},
        {"25% + 5%", false, 0, 0},
        {"0.05 + 25%", false, 0, 0},
        {"0.000000001", false, 0, 0},
        {"", false, 0, 0},
        {"%", false, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct markup got = {0};
        if (quote_parse_markup(str_of(cases[i].text), &got) != cases[i].is_good ||
            got.percent.units != cases[i].percent || got.amount.units != cases[i].amount)
            fail_msg("\"%s\": %lld, %lld", cases[i].text, (long long)got.percent.units,
                     (long long)got.amount.units);
    }
}

/* The expected values were computed with Python's Fraction. */
static void test_rate(void **state)
{
    static const struct {
        const char *base, *exchange, *service, *client;
        unsigned decimals;
        const char *rate; /* NULL: out of range */
    } cases[] = {
        {"0.90", "1", "0%", "0%", 5, "0.90000"},
        {"0.90", "1.08", "25%", "0%", 5, "1.21500"},
        {"0.90", "1.08", "25% + 0.05", "10%", 5, "1.39150"},
        {"0.00012", "1", "25%", "0%", 5, "0.00015"},
        {"900000", "1", "33.333333333333%", "-0.000000000001%", 8, "1199999.99999999"},
        {"0.00000001", "1", "0%", "0%", 5, "0.00001"},
        {"0.00000001", "0.000000000001", "0.000000000001%", "0.000000000001%", 8, "0.00000001"},
        {"1", "1", "-3%", "-100%", 5, "0.00000"},
        {"1", "1", "-3%", "-100.1%", 5, NULL},
        {"1", "1", "-2", "0%", 5, NULL},
        {"1", "1", "-2", "0% + 1", 5, "0.00000"},
        {"1", "1", "-200%", "0% + 1.5", 5, "0.50000"},
        {"0", "1", "0.05", "0%", 5, "0.05000"},
        {"90000000000", "1", "0%", "0%", 5, "90000000000.00000"},
        {"90000000000", "2", "0%", "0%", 5, NULL},
        {"92233720368.54775807", "1", "0%", "0%", 5, NULL},
        {"92233720368.54775807", "1", "0%", "0%", 8, "92233720368.54775807"},
        {"90000000000", "9000000", "-99.999%", "-99.9999%", 5, "8100000.00000"},
        {"3", "0.000000000001", "-99.9999999999%", "9000000%", 8, "0.00000001"},
        {"1.1", "0.029", "33.3333333333%", "7%", 8, "0.04551067"},
        {"0.000010000001", "1", "0%", "0%", 5, "0.00002"},
        {"90000000000", "2", "0%", "0%", 8, NULL},
        {"90000000000", "9000000", "0%", "0%", 5, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rate_terms terms;
        struct money got = {-5};
        char text[MONEY_TEXT];
        assert_true(money_parse(str_of(cases[i].base), MONEY_UP, &terms.base));
        assert_true(money_parse_factor(str_of(cases[i].exchange), &terms.exchange));
        assert_true(quote_parse_markup(str_of(cases[i].service), &terms.service));
        assert_true(quote_parse_markup(str_of(cases[i].client), &terms.client));
        bool is_good = quote_rate(&terms, cases[i].decimals, &got);
        money_print(got, cases[i].decimals, text);
        if (is_good != (cases[i].rate != NULL) || (is_good && strcmp(text, cases[i].rate) != 0))
            fail_msg("case %zu: %d %s", i, is_good, text);
        if (!is_good)
            assert_int_equal(got.units, -5);
    }
}

/* No markup that a configuration can hold; the arithmetic says so itself. */
static void test_markups_beyond_all_bounds(void **state)
{
    const struct markup none = {0}, max = {.percent = {INT64_MAX}};
    struct rate_terms terms = {.base = {100000000}, .exchange = {FACTOR_ONE}, .service = max};
    struct money got = {-5};
    (void)state;
    assert_false(quote_rate(&terms, 5, &got));
    terms.service = none;
    terms.client = max;
    assert_false(quote_rate(&terms, 5, &got));
    assert_int_equal(got.units, -5);
}

static void test_gain(void **state)
{
    static const struct {
        const char *service, *client;
        enum quote_gain gain;
    } cases[] = {
        {"0%", "0%", QUOTE_GAIN_NONE},
        {"25%", "0%", QUOTE_GAIN_SOME},
        {"0.00000001", "0%", QUOTE_GAIN_SOME},
        {"0%", "0.00000001", QUOTE_GAIN_SOME},
        {"0.000000000001%", "0%", QUOTE_GAIN_SOME},
        {"-0.000000000001%", "0%", QUOTE_GAIN_NONE},
        {"25%", "-20%", QUOTE_GAIN_NONE}, /* 1.25 x 0.8 is 1 */
        {"25%", "-19.999999999999%", QUOTE_GAIN_SOME},
        {"25%", "-20.000000000001%", QUOTE_GAIN_NONE},
        {"25% + 0.01", "-20%", QUOTE_GAIN_SOME},
        {"25% - 0.01", "-20%", QUOTE_GAIN_NONE},
        {"25% - 0.01", "0%", QUOTE_GAIN_DEPENDS},
        {"-3% + 0.05", "0%", QUOTE_GAIN_DEPENDS},
        {"-3% - 0.05", "0%", QUOTE_GAIN_NONE},
        {"0% + 0.08", "0% - 0.08", QUOTE_GAIN_NONE}, /* what one adds the other takes */
        {"0% + 0.08", "10% - 0.088", QUOTE_GAIN_SOME},
        {"-100%", "0%", QUOTE_GAIN_NONE},
        {"-100% + 5", "0%", QUOTE_GAIN_DEPENDS},
        {"-200%", "-200%", QUOTE_GAIN_NONE}, /* twice below 0 is no price */
        {"92000%", "92000%", QUOTE_GAIN_SOME},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct markup service, client;
        assert_true(quote_parse_markup(str_of(cases[i].service), &service));
        assert_true(quote_parse_markup(str_of(cases[i].client), &client));
        if (quote_gain_of(&service, &client) != cases[i].gain)
            fail_msg("%s and %s: %d", cases[i].service, cases[i].client,
                     quote_gain_of(&service, &client));
    }
}

static void test_charge_and_cost(void **state)
{
    struct money got = {0};
    (void)state;
    assert_true(quote_charge((struct money){90000000}, 1, false, 5, &got));
    assert_int_equal(got.units, 90000);
    assert_true(quote_charge((struct money){90000001}, 1, false, 5, &got));
    assert_int_equal(got.units, 91000);
    assert_true(quote_charge((struct money){400000001}, 1000, true, 5, &got));
    assert_int_equal(got.units, 400001000);
    assert_true(quote_charge((struct money){100000000}, INT64_C(10000000000), false, 5, &got));
    assert_int_equal(got.units, INT64_C(1000000000000000));
    assert_false(quote_charge((struct money){INT64_MAX}, INT64_MAX, false, 5, &got));
    assert_false(quote_charge((struct money){1}, -1, false, 5, &got));
    assert_false(quote_charge((struct money){-1}, 1, false, 5, &got));
    assert_false(quote_cost((struct money){-INT64_MAX}, (struct factor){2 * FACTOR_ONE}, &got));
    assert_true(quote_cost((struct money){1}, (struct factor){INT64_C(1000000000001)}, &got));
    assert_int_equal(got.units, 2);
    assert_true(
        quote_cost((struct money){90000000}, (struct factor){INT64_C(1080000000000)}, &got));
    assert_int_equal(got.units, 97200000);
    assert_false(quote_cost((struct money){INT64_MAX}, (struct factor){2 * FACTOR_ONE}, &got));
}

/* Converted before it is rounded up: rate x exchange x quantity / 1000, rounded once. */
static void test_order_cost(void **state)
{
    static const struct {
        int64_t base, exchange, quantity;
        bool is_flat;
        int64_t cost; /* -1: out of range */
    } cases[] = {
        {100000000, FACTOR_ONE, 1000, false, 100000000},
        {1, FACTOR_ONE, 1, false, 1},
        {0, FACTOR_ONE, 1000, false, 0},
        {1000, FACTOR_ONE, 1, false, 1},
        {1001, FACTOR_ONE, 1, false, 2},
        /* 0.00000001 at 1.3 would be 0.00000002 per 1000, yet 700 of it are 0.00000000910 */
        {1, INT64_C(1300000000000), 700, false, 1},
        {1, INT64_C(1300000000000), 1000, false, 2},
        /* 3 x 0.335 = 1.005 per 1000, 1000 pieces of it 2 units, 500 but 1 */
        {3, INT64_C(335000000000), 500, false, 1},
        {3, INT64_C(335000000000), 7, true, 2},
        {INT64_MAX, FACTOR_ONE, 1000, false, INT64_MAX},
        {INT64_MAX, FACTOR_ONE, 1001, false, -1},
        {INT64_MAX, INT64_MAX, INT64_MAX, false, -1},
        {INT64_MAX, 1, 1, false, 9224},
        {-1, FACTOR_ONE, 1, false, -1},
        {1, FACTOR_ONE, -1, false, -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money got = {-1};
        bool is_good =
            quote_order_cost((struct money){cases[i].base}, (struct factor){cases[i].exchange},
                             cases[i].quantity, cases[i].is_flat, &got);
        if (is_good != (cases[i].cost >= 0) || got.units != cases[i].cost)
            fail_msg("row %zu: %lld", i, (long long)got.units);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markup),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_markups_beyond_all_bounds),
        cmocka_unit_test(test_gain),
        cmocka_unit_test(test_charge_and_cost),
        cmocka_unit_test(test_order_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
