/* Amounts: parsed, printed, rounded. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "money/money.h"
#include "money/money_private.h"

struct parse_case {
    const char *text;
    bool is_good;
    int64_t units;
};

static void check_parse(const struct parse_case *cases, size_t count, enum money_rounding rounding)
{
    for (size_t i = 0; i < count; i++) {
        struct money got = {.units = -77};
        bool is_good = money_parse(str_of(cases[i].text), rounding, &got);
        if (is_good != cases[i].is_good || got.units != (is_good ? cases[i].units : -77))
            fail_msg("\"%s\": %d, %lld units", cases[i].text, is_good, (long long)got.units);
    }
}

static void test_parse_exact(void **state)
{
    static const struct parse_case cases[] = {
        {"0", true, 0},
        {"1", true, 100000000},
        {"-1.5", true, -150000000},
        {"+1.5", true, 150000000},
        {"0.90", true, 90000000},
        {".5", true, 50000000},
        {"5.", true, 500000000},
        {"0.00000001", true, 1},
        {"0.0000000100", true, 1},
        {"0.000000001", false, 0},
        {"1.0E-5", true, 1000},
        {"1e3", true, 100000000000},
        {"1E+3", true, 100000000000},
        {"0e999", true, 0},
        {"1e999", false, 0},
        {"1e-8", true, 1},
        {"1e-9", false, 0},
        {"92233720368.54775807", true, INT64_MAX},
        {"92233720368.54775808", false, 0},
        {"-92233720368.54775807", true, -INT64_MAX},
        {"116011238807365", false, 0},
        {"00001.10", true, 110000000},
        {"", false, 0},
        {".", false, 0},
        {"-", false, 0},
        {"e5", false, 0},
        {"1e", false, 0},
        {"1e5000", false, 0},
        {"1e-5000", false, 0},
        {"184467440737.09551616", false, 0},
        {"500000000000.00000000", false, 0},
        {"500000000000", false, 0},
        {"999999999999.99999999", false, 0},
        {"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
         "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
         "000000000000000000000000000000000000000000000000000000000000000000000000000000001",
         true, 100000000},
        {" 1", false, 0},
        {"1,5", false, 0},
        {"1.2.3", false, 0},
        {"--1", false, 0},
        {"0x10", false, 0},
        {"nan", false, 0},
        {"inf", false, 0},
    };
    (void)state;
    check_parse(cases, COUNT_OF(cases), MONEY_EXACT);
}

static void test_parse_up(void **state)
{
    static const struct parse_case cases[] = {
        {"0.00011999999999999999", true, 12000},
        {"93.60000000000001", true, 9360000000} /* a float's noise */,
        {"0.000000001", true, 1},
        {"-0.000000001", true, 0},
        {"-1.000000019", true, -100000001},
        {"1.000000010", true, 100000001},
        {"1e-30", true, 0} /* more than 12 decimals */,
        {"92233720368.547758071", false, 0},
    };
    (void)state;
    check_parse(cases, COUNT_OF(cases), MONEY_UP);
}

static void test_parse_loose(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        int64_t units;
        const char *currency;
    } cases[] = {
        {"12.5", true, 1250000000, NULL},
        {" 12.50 \n", true, 1250000000, NULL},
        {"1,234.50", true, 123450000000, NULL},
        {"1.234,56", true, 123456000000, NULL},
        {"1 234,5", true, 123450000000, NULL},
        {"1\xC2\xA0"
         "234,5",
         true, 123450000000, NULL},
        {"1'234.50", true, 123450000000, NULL},
        {"1,250,000", true, 125000000000000, NULL},
        {"1.250.000", true, 125000000000000, NULL},
        {"12,34,567.89", true, 123456789000000, NULL},
        {"1,234", true, 123400000000, NULL},
        {"1.234", true, 123400000, NULL},
        {"0,90", true, 90000000, NULL},
        {"0,123", true, 12300000, NULL},
        {"12,3456", true, 1234560000, NULL},
        {"$12.50", true, 1250000000, "USD"},
        {"-$12.50", true, -1250000000, "USD"},
        {"$-12.50", true, -1250000000, "USD"},
        {"$ 12.50", true, 1250000000, "USD"},
        {"12.50 USD", true, 1250000000, "USD"},
        {"12.50USD", true, 1250000000, "USD"},
        {"USD 12.50", true, 1250000000, "USD"},
        {"12,50 \xE2\x82\xAC", true, 1250000000, "EUR"},
        {"R$ 1.234,56", true, 123456000000, "BRL"},
        {"Rp 10.000.000", true, 1000000000000000, "IDR"},
        {"Rs. 500", true, 50000000000, "INR"},
        {"1.0E-5", true, 1000, NULL},
        {"-3", true, -300000000, NULL},
        {"", false, 0, NULL},
        {"USD", false, 0, NULL},
        {"$", false, 0, NULL},
        {"unlimited", false, 0, NULL},
        {"1,2,3", false, 0, NULL},
        {"1,23.4,5", false, 0, NULL},
        {"12 apples", false, 0, NULL},
        {"1 2 3", false, 0, NULL},
        {"1..2", false, 0, NULL},
        {"<b>5</b>", false, 0, NULL},
        {"5-", false, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money got = {0};
        struct str currency = STR_NONE;
        bool is_good = money_parse_loose(str_of(cases[i].text), STR_NONE, &got, &currency);
        if (is_good != cases[i].is_good || got.units != cases[i].units ||
            !str_is(currency, cases[i].currency ? cases[i].currency : ""))
            fail_msg("\"%s\": %d, %lld units, \"" STR_FMT "\"", cases[i].text, is_good,
                     (long long)got.units, STR_ARG(currency));
    }
}

/* Beside the sign or code of a currency without small coins a point before three digits separates
 * thousands. In hundredths. */
static void test_coinless(void **state)
{
    static const struct {
        const char *text, *beside;
        bool is_good;
        int64_t hundredths;
        const char *currency;
    } cases[] = {
        {"Rp 15.000", NULL, true, 1500000, "IDR"},
        {"Rp15.000", NULL, true, 1500000, "IDR"},
        {"Rp. 15.000", NULL, true, 1500000, "IDR"},
        {"rp 15.000", NULL, true, 1500000, "IDR"},
        {"RP 15,000", NULL, true, 1500000, "IDR"},
        {"Rp 15.000,-", NULL, true, 1500000, "IDR"},
        {"Rp 15.000,00", NULL, true, 1500000, "IDR"},
        {"Rp 1.500.000", NULL, true, 150000000, "IDR"},
        {"Rp1.500.000,00", NULL, true, 150000000, "IDR"},
        {"Rp 15,000.00", NULL, true, 1500000, "IDR"},
        {"Rp 150", NULL, true, 15000, "IDR"},
        {"Rp 15.5", NULL, true, 1550, "IDR"},
        {"Rp 15.50", NULL, true, 1550, "IDR"},
        {"Rp 0.500", NULL, true, 50, "IDR"},
        {"Rp 15000.000", NULL, true, 1500000, "IDR"},
        {"-Rp 15.000", NULL, true, -1500000, "IDR"},
        {"Rp -15.000", NULL, true, -1500000, "IDR"},
        {"IDR 15.000", NULL, true, 1500000, "IDR"},
        {"15.000 IDR", NULL, true, 1500000, "IDR"},
        {"15.000 idr", NULL, true, 1500000, "idr"},
        {"15.000 \u20AB", NULL, true, 1500000, "VND"},
        {"15.000\u0111", NULL, true, 1500000, "VND"},
        {"15.000 VN\u0110", NULL, true, 1500000, "VND"},
        {"15.000 VND", NULL, true, 1500000, "VND"},
        {"\u20A915.000", NULL, true, 1500000, "KRW"},
        {"\u00A515.000", NULL, true, 1500000, "JPY"},
        {"15,000\u5186", NULL, true, 1500000, "JPY"},
        {"CLP 15.000", NULL, true, 1500000, "CLP"},
        {"CLP$ 15.000", NULL, true, 1500000, "CLP"},
        {"$15.000 CLP", NULL, true, 1500000, "CLP"},
        {"PYG 15.000", NULL, true, 1500000, "PYG"},
        {"UGX 15.000", NULL, true, 1500000, "UGX"},
        {"15 000 XOF", NULL, true, 1500000, "XOF"},
        {"15.000 FCFA", NULL, true, 1500000, "FCFA"},
        {"15.000", "IDR", true, 1500000, NULL},
        {"15.000", "idr", true, 1500000, NULL},
        {"15.000", "VND", true, 1500000, NULL},
        {"15,000", "IDR", true, 1500000, NULL},
        {"1.500.000", "IDR", true, 150000000, NULL},
        {"15", "IDR", true, 1500, NULL},
        {"15.5", "IDR", true, 1550, NULL},
        {"15.0000", "IDR", true, 1500, NULL},
        {"-15.000", "IDR", true, -1500000, NULL},
        {"15.000", "USD", true, 1500, NULL},
        {"15.000", NULL, true, 1500, NULL},
        {"$15.000", NULL, true, 1500, "USD"},
        {"$15.50 USD", NULL, true, 1550, "USD"},
        {"USD $15.50", NULL, true, 1550, "USD"},
        {"US$ 15.50", NULL, true, 1550, "USD"},
        {"A$15.50", NULL, true, 1550, "AUD"},
        {"15,000 TL", NULL, true, 1500000, "TRY"},
        {"15.000 TL", NULL, true, 1500, "TRY"},
        {"Rp 15.00.000", NULL, true, 150000000, "IDR"},
        {"Rp 1.5.000", NULL, false, 0, NULL},
        {"Rp 15k", NULL, false, 0, NULL},
        {"$15.000", "CLP", true, 1500000, "CLP"},
        {"$ 15.000", "COP", true, 1500000, "COP"},
        {"15.000 $", "clp", true, 1500000, "clp"},
        {"$15.000", "MXN", true, 1500, "MXN"},
        {"$15.000", "EUR", true, 1500, "USD"},
        {"US$15.50", "CAD", true, 1550, "USD"},
        {"$15.000 USD", "CLP", true, 1500000, "USD"},
        {"¥15.000", "CNY", true, 1500, "CNY"},
        {"¥15.000", "JPY", true, 1500000, "JPY"},
        {"£15.50", "EGP", true, 1550, "EGP"},
        {"Rs 15.50", "PKR", true, 1550, "PKR"},
        {"Rp", NULL, false, 0, NULL},
        {"Rp ,-", NULL, false, 0, NULL},
        {"15.000 / 1000", "IDR", false, 0, NULL},
        {"free", "IDR", false, 0, NULL},
        {"NaN", "IDR", false, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money got = {0};
        struct str currency = STR_NONE;
        bool is_good =
            money_parse_loose(str_of(cases[i].text), str_of(cases[i].beside), &got, &currency);
        if (is_good != cases[i].is_good || got.units != cases[i].hundredths * (MONEY_ONE / 100) ||
            !str_is(currency, cases[i].currency ? cases[i].currency : ""))
            fail_msg("\"%s\": %d, %lld units, \"" STR_FMT "\"", cases[i].text, is_good,
                     (long long)got.units, STR_ARG(currency));
    }
}

/* Texts are read exactly; more than 12 decimals are first rounded to 10, then up to 8. */
static void test_long_amounts(void **state)
{
    static const struct {
        const char *text;
        int64_t units;
    } cases[] = {
        {"729170.7304099704", 72917073040998},
        {"-729170.7304099704", -72917073040997},
        {"0.000000000001", 1},             /* 12 decimals: up */
        {"0.0000000000001", 0},            /* 13: noise */
        {"0.00000000004", 1},              /* 11 */
        {"0.0000000000400", 0},            /* 13 written */
        {"0.00000000005000", 1},           /* 14: rounds to 10^-10, then up */
        {"0.10000000000000001", 10000000}, /* a float's noise */
        {"0.30000000000000004", 30000000},
        {"93.60000000000001", 9360000000},
        {"0.00011999999999999999", 12000},
        {"1.9999999999999998", 200000000},
        {"0.9999999999999999", 100000000},
        {"1.0000000000000000000000000000000000000000000000000000000000000000001", 100000000},
        {"1.23456789012", 123456790},   /* 11 decimals are no noise */
        {"1.2345678901234", 123456790}, /* 13, and something is left at 10 */
        {"1.00000000000000E-5", 1000},
        {"1.2345E-9", 1}, /* 13 decimals: 10^-9 is left, then up */
        {"1E-13", 0},
        {"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
         "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
         "0000000000000000000000000000000000000000000000000000000000000000000000000000000000001.5",
         150000000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money got = {0}, loose = {0};
        if (!money_parse(str_of(cases[i].text), MONEY_UP, &got) || got.units != cases[i].units)
            fail_msg("\"%s\": %lld units", cases[i].text, (long long)got.units);
        assert_true(money_parse_loose(str_of(cases[i].text), STR_NONE, &loose, NULL));
        assert_int_equal(loose.units, got.units);
    }
}

static void test_from_double(void **state)
{
    static const struct {
        double value;
        bool is_good;
        int64_t units;
    } cases[] = {
        {0.1, true, 10000000},
        {93.60000000000001, true, 9360000000},
        {0.00011999999999999999, true, 12000},
        {1.0e-5, true, 1000},
        {0.27819000001, true, 27819001},
        {-2.5, true, -250000000},
        {1e300, false, 0},
        {(double)INFINITY, false, 0},
        {(double)NAN, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money got = {0};
        assert_int_equal(money_from_double(cases[i].value, &got), cases[i].is_good);
        assert_int_equal(got.units, cases[i].units);
    }
}

static void test_print(void **state)
{
    static const struct {
        int64_t units;
        unsigned min_decimals;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 2, "0.00"},
        {90000000, 2, "0.90"},
        {90000000, 0, "0.9"},
        {27819000, 5, "0.27819"},
        {1, 2, "0.00000001"},
        {-1, 8, "-0.00000001"},
        {-150000000, 1, "-1.5"},
        {INT64_MAX, 5, "92233720368.54775807"},
        {INT64_MIN, 5, "-92233720368.54775808"},
        {100000000, 20, "1.00000000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[MONEY_TEXT];
        size_t len = money_print((struct money){cases[i].units}, cases[i].min_decimals, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(len, strlen(text));
    }
}

static void test_arithmetic(void **state)
{
    struct money max = {INT64_MAX}, min = {INT64_MIN}, one = {1}, got = {5};
    (void)state;
    assert_false(money_add(max, one, &got));
    assert_false(money_subtract(min, one, &got));
    assert_int_equal(got.units, 5);
    assert_true(money_add(max, min, &got));
    assert_int_equal(got.units, -1);
    assert_true(money_round_up((struct money){27819001}, 5, &got));
    assert_int_equal(got.units, 27820000);
    assert_true(money_round_up((struct money){-27819001}, 5, &got));
    assert_int_equal(got.units, -27819000);
    assert_false(money_round_up(max, 0, &got));
    assert_true(money_share_up((struct money){100000000}, 1, 3, 5, &got));
    assert_int_equal(got.units, 33334000);
    assert_true(money_share_up((struct money){-100000000}, 1, 3, 5, &got));
    assert_int_equal(got.units, -33333000);
    assert_true(money_share_up(max, INT64_MAX, INT64_MAX, 8, &got));
    assert_int_equal(got.units, INT64_MAX);
    assert_false(money_share_up(max, 2, 1, 8, &got));
    assert_false(money_share_up(one, 1, 0, 8, &got));
    assert_false(money_share_up(one, -1, 1, 8, &got));
}

static void test_factor(void **state)
{
    struct factor got = {0};
    (void)state;
    assert_true(money_parse_factor(STR("1.08"), &got));
    assert_int_equal(got.units, INT64_C(1080000000000));
    assert_true(money_parse_factor(STR("0.000000000001"), &got));
    assert_int_equal(got.units, 1);
    assert_false(money_parse_factor(STR("0.0000000000001"), &got));
    assert_false(money_parse_factor(STR("10000000"), &got));
}

static void test_percent(void **state)
{
    struct percent got = {0};
    (void)state;
    assert_true(money_parse_percent(STR("25%"), &got));
    assert_int_equal(got.units, PERCENT_WHOLE / 4);
    assert_true(money_parse_percent(STR("-3 %"), &got));
    assert_int_equal(got.units, INT64_C(-3000000000000));
    assert_true(money_parse_percent(STR("0.000000000001%"), &got));
    assert_int_equal(got.units, 1);
    assert_false(money_parse_percent(STR("0.0000000000001%"), &got));
    assert_false(money_parse_percent(STR("25"), &got));
    assert_false(money_parse_percent(STR("%"), &got));
}

static uint64_t seed;

static size_t pick(size_t count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % count;
}

/* The way by hand for plain amounts says what the general one says. */
static void test_parse_plain_is_no_other(void **state)
{
    (void)state;
    static const char bytes[] = "0123456789.00999..-+eE ,";
    for (size_t round = 0; round < 100000; round++) {
        char text[24];
        struct decimal value;
        struct money exact = MONEY_ZERO;
        size_t len = pick(sizeof text), kinds = pick(4) ? 18 : sizeof bytes - 1;
        for (size_t i = 0; i < len; i++)
            text[i] = bytes[pick(kinds)];
        bool is_good = decimal_parse(str_make(text, len), 8, &value) && !value.is_cut;
        int64_t units = is_good ? (int64_t)value.magnitude : 0;
        if (money_parse(str_make(text, len), MONEY_EXACT, &exact) != is_good ||
            exact.units != (is_good && value.is_negative ? -units : units))
            fail_msg("\"%.*s\": %lld units", (int)len, text, (long long)exact.units);
    }
}

static void test_print_by_hand_is_no_other(void **state)
{
    (void)state;
    static const int64_t steps[] = {1, 1, 10, 10000, 1000000, 10000000, 100000000, 10000000000};
    for (size_t round = 0; round < 50000; round++) {
        char text[MONEY_TEXT], expected[64];
        unsigned min = (unsigned)pick(10), decimals = 8;
        uint64_t units = (((uint64_t)pick(1u << 31) << 32 | pick(1u << 31) << 1) >> pick(63));
        int64_t step = steps[pick(COUNT_OF(steps))], amount = (int64_t)units / step * step;
        amount = pick(100) == 0 ? INT64_MIN : pick(2) ? -amount : amount;
        units = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
        int len = snprintf(expected, sizeof expected, "%s%llu.%08llu", amount < 0 ? "-" : "",
                           (unsigned long long)(units / 100000000),
                           (unsigned long long)(units % 100000000));
        for (; decimals > (min < 8 ? min : 8) && expected[len - 1] == '0'; decimals--)
            len--;
        expected[decimals ? len : len - 1] = '\0';
        assert_int_equal(money_print((struct money){amount}, min, text), strlen(expected));
        assert_string_equal(text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_exact),
        cmocka_unit_test(test_parse_up),
        cmocka_unit_test(test_parse_loose),
        cmocka_unit_test(test_coinless),
        cmocka_unit_test(test_long_amounts),
        cmocka_unit_test(test_from_double),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_factor),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_parse_plain_is_no_other),
        cmocka_unit_test(test_print_by_hand_is_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
