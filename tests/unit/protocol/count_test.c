/* Counts as panels and clients write them: each form with what it means, alone and beside the
 * quantity of its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/count.h"

#define NONE INT64_MIN /* unreadable */
#define NBSP "\xC2\xA0"

static const struct {
    const char *text;
    int64_t value;        /* where no quantity is known */
    int64_t most, inside; /* with that quantity */
} cases[] = {
    {"0", 0, 100, 0},
    {"1500", 1500, 5000, 1500},
    {" 1500 \r\n", 1500, 5000, 1500},
    {"007", 7, 100, 7},
    {"-4", -4, 100, -4},
    {"+12", 12, 100, 12},
    {"\xE2\x88\x92"
     "4",
     -4, 100, -4},
    {"- 4", -4, 100, -4},
    {"9223372036854775807", INT64_MAX, 0, INT64_MAX},
    /* one mark before three digits: thousands, unless only the other reading fits */
    {"2.000", 2000, 5000, 2000},
    {"2,000", 2000, 5000, 2000},
    {"2.000", 2000, 2000, 2000},
    {"2.000", 2000, 1999, 2},
    {"2,000", 2000, 1000, 2},
    {"2.000", 2000, 2, 2},
    {"2.000", 2000, 1, 2000}, /* both exceed it: to be clamped */
    {"1.500", 1500, 5000, 1500},
    {"1.500", 1500, 1000, NONE}, /* 1500 cannot be, one and a half is none */
    {"1.500", 1500, 2, NONE},
    {"1.500", 1500, 1, 1500},
    {"12.345", 12345, 20000, 12345},
    {"12,345", 12345, 20000, 12345},
    {"100.000", 100000, 100000, 100000},
    {"100.000", 100000, 500, 100},
    {"-1.500", -1500, 1000, -1500},
    {"+1.500", 1500, 5000, 1500},
    /* more marks of one kind, or two kinds: no doubt */
    {"1.234.567", 1234567, 100, 1234567},
    {"1,234,567", 1234567, 100, 1234567},
    {"1 234 567", 1234567, 100, 1234567},
    {"1'234'567", 1234567, 100, 1234567},
    {"12,34,567", 1234567, 100, 1234567},
    {"1,00,000", 100000, 100, 100000},
    {"1.000,00", 1000, 100, 1000},
    {"1,000.00", 1000, 100, 1000},
    {"1.234.567,0", 1234567, 100, 1234567},
    {"1,234,567.000", 1234567, 100, 1234567},
    {"1 500,00", 1500, 100, 1500},
    {"1'500.0", 1500, 100, 1500},
    {"1 500", 1500, 100, 1500},
    {"12 345", 12345, 100, 12345},
    {"1" NBSP "500", 1500, 100, 1500},
    {NBSP "1500" NBSP, 1500, 100, 1500},
    {"1\xE2\x80\xAF"
     "500",
     1500, 100, 1500},
    {"1\xE2\x80\x89"
     "500",
     1500, 100, 1500},
    {"1\xE2\x80\x99"
     "500",
     1500, 100, 1500},
    {"\xD9\xA3\xD9\xA0\xD9\xA0\xD9\xA0", 3000, 5000, 3000},
    {"\xDB\xB1\xDB\xB2", 12, 100, 12},
    {"\xD9\xA1\xD9\xAC\xD9\xA5\xD9\xA0\xD9\xA0", 1500, 5000, 1500},
    {"\xD9\xA1\xD9\xA2\xD9\xAB\xD9\xA0", 12, 100, 12},
    /* decimals that are zero */
    {"12.0", 12, 100, 12},
    {"12.00", 12, 100, 12},
    {"12,00", 12, 100, 12},
    {"12.0000", 12, 100, 12},
    {"1500.000", 1500, 100, 1500},
    {"0.000", 0, 100, 0},
    {"0,000", 0, 100, 0},
    {"0.00", 0, 100, 0},
    {"-4.0", -4, 100, -4},
    /* no counts */
    {"\xD9\xA1\xD9\xAA", NONE, 0, NONE}, /* a percent sign */
    {"\xD9\xA1\xD9\xA2\xD9\xAB\xD9\xA5", NONE, 0, NONE},
    {"12.5", NONE, 0, NONE},
    {"12,5", NONE, 0, NONE},
    {"12.50", NONE, 0, NONE},
    {"0.5", NONE, 0, NONE},
    {"0.500", NONE, 0, NONE},
    {"0,001", NONE, 0, NONE},
    {"1234.567", NONE, 0, NONE},
    {"1,000.50", NONE, 0, NONE},
    {"1.000,5", NONE, 0, NONE},
    {"1.000.50", NONE, 0, NONE},
    {"1.00.000.0", NONE, 0, NONE},
    {"1,2,3", NONE, 0, NONE},
    {"1 2", NONE, 0, NONE},
    {"1 000 00", NONE, 0, NONE},
    {"1,000 000", NONE, 0, NONE},
    {"1.000,000.000", NONE, 0, NONE},
    {"12.", NONE, 0, NONE},
    {".5", NONE, 0, NONE},
    {"1..000", NONE, 0, NONE},
    {"1K", NONE, 0, NONE},
    {"50K", NONE, 0, NONE},
    {"1.5K", NONE, 0, NONE},
    {"1e3", NONE, 0, NONE},
    {"0x10", NONE, 0, NONE},
    {"~1500", NONE, 0, NONE},
    {"1500 pcs", NONE, 0, NONE},
    {"$5", NONE, 0, NONE},
    {"--5", NONE, 0, NONE},
    {"5-", NONE, 0, NONE},
    {"", NONE, 0, NONE},
    {"-", NONE, 0, NONE},
    {"N/A", NONE, 0, NONE},
    {"NaN", NONE, 0, NONE},
    {"Infinity", NONE, 0, NONE},
    {"unlimited", NONE, 0, NONE},
    {"9223372036854775808", NONE, 0, NONE},
    {"1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", NONE, 0, NONE},
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct count count;
        int64_t inside;
        bool is_good = count_parse(str_of(cases[i].text), &count);
        if (is_good != (cases[i].value != NONE) || (is_good && count.value != cases[i].value))
            fail_msg("\"%s\": %d, %lld", cases[i].text, is_good, (long long)count.value);
        if (!is_good)
            continue;
        is_good = count_within(count, cases[i].most, &inside);
        if (is_good != (cases[i].inside != NONE) || (is_good && inside != cases[i].inside))
            fail_msg("\"%s\" of %lld: %d, %lld", cases[i].text, (long long)cases[i].most, is_good,
                     (long long)inside);
    }
}

static void test_plus(void **state)
{
    struct count count;
    (void)state;
    assert_true(count_parse(STR("+12"), &count));
    assert_true(count.has_plus);
    assert_true(count_parse(STR("12"), &count));
    assert_false(count.has_plus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_plus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
