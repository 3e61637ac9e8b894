/* The simulated panel's amounts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/panelmoney.h"

static void test_parse_and_print(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        int64_t amount;
        const char *printed;
    } cases[] = {
        {"0", true, 0, "0.00"},
        {"12", true, 1200000000, "12.00"},
        {"0.27819", true, 27819000, "0.27819"},
        {"-1.5", true, -150000000, "-1.50"},
        {"0.000000019", true, 1, "0.00000001"},
        {"1000.10", true, 100010000000, "1000.10"},
        {"", false, 0, NULL},
        {".5", false, 0, NULL},
        {"1,5", false, 0, NULL},
        {"1e5", false, 0, NULL},
        {"12345678901", false, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t amount = 0;
        struct buf out;
        buf_init(&out, 64);
        if (panelmoney_parse(str_of(cases[i].text), &amount) != cases[i].is_good)
            fail_msg("\"%s\"", cases[i].text);
        if (cases[i].is_good) {
            assert_int_equal(amount, cases[i].amount);
            panelmoney_print(&out, amount);
            assert_string_equal(out.ptr, cases[i].printed);
        }
        buf_fini(&out);
    }
}

static void test_charge(void **state)
{
    static const struct {
        int64_t rate, quantity;
        bool is_flat;
        int64_t charge;
    } cases[] = {
        {90000000, 1000, false, 90000000},
        {90000000, 100, false, 9000000},
        {1, 1, false, 1}, /* upwards */
        {250000000, 77, true, 250000000},
        {0, 5, false, 0},
        {INT64_MAX / 8, 100000000, false, INT64_MAX / 4},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(panelmoney_charge(cases[i].rate, cases[i].quantity, cases[i].is_flat),
                         cases[i].charge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_and_print),
        cmocka_unit_test(test_charge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
