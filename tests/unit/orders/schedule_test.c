/* When an order is queried though nobody asks, and when it is stuck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "orders/schedule.h"

#define S INT64_C(1000)
#define M (60 * S)
#define H (60 * M)

static void the_first_query_comes_between_one_and_three_times(void **state)
{
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (uint64_t random = 0; random < 100000; random += 7) {
        int64_t ms = schedule_first_ms(10 * S, random);
        least = ms < least ? ms : least;
        most = ms > most ? ms : most;
    }
    assert_true(least == 10 * S && most > 29 * S && most < 30 * S);
    assert_true(schedule_first_ms(1, 12345) >= 1 && schedule_first_ms(1, 12345) <= 3);
}

static const struct {
    int64_t first_ms, age_ms, usual_ms;
    int64_t least_ms, most_ms; /* without and with all jitter */
} steps[] = {
    {10 * S, 0, 0, 10 * S, 12500}, /* never more often than at first */
    {10 * S, 20 * S, 0, 10 * S, 12500},
    {10 * S, 4 * M, 0, 1 * M, 75 * S},           /* a quarter of its age */
    {10 * S, 2 * H, 0, 30 * M, 37 * M + 30 * S}, /* half an hour at most */
    {10 * S, 300 * H, 0, 30 * M, 37 * M + 30 * S},
    {10 * S, 20 * S, 10 * M, 193333,
     241667}, /* long before the usual end: a third of what is left */
    {10 * S, 20 * S, 100 * H, 30 * M, 37 * M + 30 * S},
    {10 * S, 9 * M, 10 * M, 135 * S, 168750}, /* near it: by age again */
    {10 * S, 11 * M, 10 * M, 165 * S, 206250},
    {10 * S, -5 * S, 0, 10 * S, 12500}, /* the wall clock was set back */
    {50, 100, 0, 50, 62},               /* short settings, for tests */
    {2 * H, 2 * H, 0, 2 * H, 150 * M},  /* whoever wants it rarer gets it rarer */
};

static void a_step_goes_by_age_and_usual_course(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        int64_t least = INT64_MAX, most = 0;
        for (uint64_t random = 0; random < 4000000; random += 331) {
            int64_t ms = schedule_next_ms(steps[i].first_ms, steps[i].age_ms, steps[i].usual_ms,
                                          random * 977);
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
        }
        if (least < steps[i].least_ms || most > steps[i].most_ms ||
            least > steps[i].least_ms + steps[i].least_ms / 20 + 1)
            fail_msg("row %zu: %lld to %lld", i, (long long)least, (long long)most);
    }
}

static void a_restart_spreads_its_orders(void **state)
{
    (void)state;
    int64_t most = 0;
    for (uint64_t random = 0; random < 1000000; random += 97) {
        int64_t ms = schedule_restart_ms(10 * S, 100000, random);
        assert_true(ms >= 10 * S && ms < 10 * S + 5 * M);
        most = ms > most ? ms : most;
        assert_true(schedule_restart_ms(10 * S, 3, random) < 30 * S);
    }
    assert_true(most > 4 * M);
}

static const struct {
    unsigned stuck;
    int64_t age_ms, usual_ms, unknown_ms;
    enum schedule_verdict verdict;
} judged[] = {
    {5, 49 * M, 10 * M, 0, SCHEDULE_ON_COURSE},      {5, 50 * M, 10 * M, 0, SCHEDULE_SLOW},
    {5, 500 * H, 0, 0, SCHEDULE_ON_COURSE}, /* nobody knows what is usual */
    {0, 500 * H, 1 * M, 0, SCHEDULE_ON_COURSE},      {1, 1 * M, 1 * M, 0, SCHEDULE_SLOW},
    {5, 10 * M, 10 * M, 59 * M, SCHEDULE_ON_COURSE}, /* a lag for the first hour */
    {5, 10 * M, 10 * M, 1 * H, SCHEDULE_UNKNOWN},    {0, 10 * M, 0, 2 * H, SCHEDULE_UNKNOWN},
    {5, 500 * M, 10 * M, 2 * H, SCHEDULE_UNKNOWN},
};

static void what_takes_too_long_or_is_unknown_is_stuck(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(judged); i++)
        if (schedule_judge(true, judged[i].stuck, judged[i].age_ms, judged[i].usual_ms,
                           judged[i].unknown_ms) != SCHEDULE_REVIEW ||
            schedule_judge(false, judged[i].stuck, judged[i].age_ms, judged[i].usual_ms,
                           judged[i].unknown_ms) != judged[i].verdict)
            fail_msg("row %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_query_comes_between_one_and_three_times),
        cmocka_unit_test(a_step_goes_by_age_and_usual_course),
        cmocka_unit_test(a_restart_spreads_its_orders),
        cmocka_unit_test(what_takes_too_long_or_is_unknown_is_stuck),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
