/* Numbers in decimal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/digits.h"

static void each_length(void **state)
{
    (void)state;
    const uint64_t around[] = {0, 1, 9, 5, 42, 73};
    uint64_t power = 1;
    for (unsigned length = 1; length <= DIGITS_MAX; length++) {
        for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
            uint64_t value = i % 2 ? power - around[i] : power + around[i];
            char text[DIGITS_MAX + 2] = "", right[DIGITS_MAX + 2];
            memset(text, '#', sizeof text);
            *digits_put(text, value) = '\0';
            snprintf(right, sizeof right, "%llu", (unsigned long long)value);
            assert_string_equal(text, right);
            assert_int_equal(text[sizeof text - 1], '#');
        }
        power *= 10;
    }
}

static void the_greatest(void **state)
{
    (void)state;
    char text[DIGITS_MAX + 1];
    *digits_put(text, UINT64_MAX) = '\0';
    assert_string_equal(text, "18446744073709551615");
}

static void pairs(void **state)
{
    (void)state;
    for (uint32_t pair = 0; pair < 100; pair++) {
        char text[3], right[12];
        *digits_put_pair(text, pair) = '\0';
        snprintf(right, sizeof right, "%02u", pair);
        assert_string_equal(text, right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_length),
        cmocka_unit_test(the_greatest),
        cmocka_unit_test(pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
