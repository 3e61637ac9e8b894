/* The bounded table of offers with something to remember. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "routing/offerwatches.h"

static void test_find_and_forget(void **state)
{
    struct offerwatches offers = {0};
    char longest[OFFERWATCHES_SERVICE_BYTES + 1];
    struct watch *watch;
    (void)state;
    memset(longest, '7', sizeof longest);
    assert_null(offerwatches_find(&offers, STR("1")));
    assert_null(offerwatches_find(&offers, STR_NONE));
    assert_null(offerwatches_get(&offers, STR_NONE));
    assert_null(offerwatches_get(&offers, str_make(longest, sizeof longest)));
    assert_non_null(offerwatches_get(&offers, str_make(longest, sizeof longest - 1)));
    watch = offerwatches_get(&offers, STR("1"));
    watch_rest(watch, 0, 1000);
    assert_ptr_equal(offerwatches_find(&offers, STR("1")), watch);
    assert_null(offerwatches_find(&offers, STR("10")));
    assert_int_equal(offerwatches_resting(&offers, 1000), 1);
    assert_int_equal(offerwatches_resting(&offers, 31000), 0);
    offerwatches_forget(&offers, STR("1"));
    offerwatches_forget(&offers, STR("1"));
    assert_null(offerwatches_find(&offers, STR("1")));
    assert_int_equal(offerwatches_count(&offers), 1);
    offerwatches_clear(&offers);
    assert_int_equal(offerwatches_count(&offers), 0);
}

static void test_the_oldest_goes(void **state)
{
    struct offerwatches offers = {0};
    (void)state;
    for (int i = 0; i < OFFERWATCHES_MAX + 2; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "%d", i);
        assert_non_null(offerwatches_get(&offers, str_make(text, (size_t)len)));
    }
    assert_int_equal(offerwatches_count(&offers), OFFERWATCHES_MAX);
    assert_null(offerwatches_find(&offers, STR("0")));
    assert_null(offerwatches_find(&offers, STR("1")));
    assert_non_null(offerwatches_find(&offers, STR("2")));
    assert_non_null(offerwatches_find(&offers, STR("20001")));
    offerwatches_clear(&offers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_and_forget),
        cmocka_unit_test(test_the_oldest_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
