/* The bounded table of offers with something to remember. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "routing/availability.h"

static void test_find_and_forget(void **state)
{
    struct availability_table offers = {0};
    char longest[AVAILABILITY_SERVICE_BYTES + 1];
    struct availability *watch;
    (void)state;
    memset(longest, '7', sizeof longest);
    assert_null(availability_table_find(&offers, STR("1")));
    assert_null(availability_table_find(&offers, STR_NONE));
    assert_null(availability_table_get(&offers, STR_NONE));
    assert_null(availability_table_get(&offers, str_make(longest, sizeof longest)));
    assert_non_null(availability_table_get(&offers, str_make(longest, sizeof longest - 1)));
    watch = availability_table_get(&offers, STR("1"));
    availability_cool_down(watch, WHY_REFUSED, 0, 1000);
    assert_ptr_equal(availability_table_find(&offers, STR("1")), watch);
    assert_null(availability_table_find(&offers, STR("10")));
    assert_int_equal(availability_table_cooling_down(&offers, 1000), 1);
    assert_int_equal(availability_table_cooling_down(&offers, 31000), 0);
    availability_table_forget(&offers, STR("1"));
    availability_table_forget(&offers, STR("1"));
    assert_null(availability_table_find(&offers, STR("1")));
    assert_int_equal(availability_table_count(&offers), 1);
    availability_table_clear(&offers);
    assert_int_equal(availability_table_count(&offers), 0);
}

static void test_the_oldest_goes(void **state)
{
    struct availability_table offers = {0};
    (void)state;
    for (int i = 0; i < AVAILABILITY_TABLE_MAX + 2; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "%d", i);
        assert_non_null(availability_table_get(&offers, str_make(text, (size_t)len)));
    }
    assert_int_equal(availability_table_count(&offers), AVAILABILITY_TABLE_MAX);
    assert_null(availability_table_find(&offers, STR("0")));
    assert_null(availability_table_find(&offers, STR("1")));
    assert_non_null(availability_table_find(&offers, STR("2")));
    assert_non_null(availability_table_find(&offers, STR("20001")));
    availability_table_clear(&offers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_and_forget),
        cmocka_unit_test(test_the_oldest_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
