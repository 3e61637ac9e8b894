/* The median of how long a service's orders take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/usual_course.h"

static int64_t median_of(const int64_t *list, size_t count)
{
    struct usual_course *course = usual_course_new();
    for (size_t i = 0; i < count; i++)
        usual_course_note(course, 7, list[i]);
    int64_t median = usual_course_ms(course, 7);
    assert_int_equal(usual_course_ms(course, 8), 0);
    usual_course_free(course);
    return median;
}

static void assert_near(int64_t value, int64_t right)
{
    if (value < right - right / 10 || value > right + right / 10)
        fail_msg("%lld is not near %lld", (long long)value, (long long)right);
}

static void few_orders_say_nothing(void **state)
{
    (void)state;
    int64_t list[] = {1000, 1000, 1000, 1000, 1000};
    assert_int_equal(median_of(list, 0), 0);
    assert_int_equal(median_of(list, 4), 0);
    assert_near(median_of(list, 5), 1000);
}

static void one_slow_order_moves_it_little(void **state)
{
    (void)state;
    int64_t minutes[] = {600000, 620000, 590000, 610000, 605000, 864000000, 1};
    assert_near(median_of(minutes, 7), 605000);
    int64_t mixed[] = {1000, 2000, 4000, 8000, 16000, 32000, 64000};
    assert_near(median_of(mixed, 7), 8000);
}

static void any_time_has_its_place(void **state)
{
    (void)state;
    const int64_t times[] = {1, 3, 17, 999, 12345, 3600000, 86400000, INT64_C(2592000000)};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t list[] = {times[i], times[i], times[i], times[i], times[i]};
        int64_t median = median_of(list, 5);
        assert_true(median >= times[i] - times[i] / 10 - 1 &&
                    median <= times[i] + times[i] / 8 + 1);
    }
    int64_t beyond[] = {INT64_MAX, INT64_MAX, INT64_MAX, 0, 0, -5, -5, -5};
    assert_true(median_of(beyond, 8) <= 2); /* a clock that was set back */
}

static void what_is_long_past_weighs_less(void **state)
{
    (void)state;
    struct usual_course *course = usual_course_new();
    for (unsigned i = 0; i < 100000; i++)
        usual_course_note(course, 7, 1000);
    for (unsigned i = 0; i < 60000; i++)
        usual_course_note(course, 7, 60000);
    assert_near(usual_course_ms(course, 7), 60000);
    usual_course_free(course);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_orders_say_nothing),
        cmocka_unit_test(one_slow_order_moves_it_little),
        cmocka_unit_test(any_time_has_its_place),
        cmocka_unit_test(what_is_long_past_weighs_less),
    };
    return cmocka_run_group_tests_name("usual_course", tests, NULL, NULL);
}
