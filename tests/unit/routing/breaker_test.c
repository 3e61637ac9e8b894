/* The breaker as a script of calls at given moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "routing/availability.h"

enum deed { TAKE, REFUSED, GOOD, BAD, BACK, STATE };
struct step {
    enum deed deed;
    int64_t at_ms;
    int times;                /* GOOD, BAD; 0 is once */
    enum breaker_state state; /* after it */
};

static void play(const char *name, const struct step *steps, size_t count)
{
    struct breaker breaker = {0};
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        for (int n = 0; n == 0 || n < step->times; n++) {
            bool allows = breaker_allows(&breaker, step->at_ms);
            switch (step->deed) {
            case TAKE:
            case REFUSED:
                if (breaker_take(&breaker, step->at_ms) != (step->deed == TAKE) ||
                    allows != (step->deed == TAKE))
                    fail_msg("%s, step %zu: take", name, i);
                break;
            case GOOD:
                breaker_note(&breaker, true, step->at_ms);
                break;
            case BAD:
                breaker_note(&breaker, false, step->at_ms);
                break;
            case BACK:
                breaker_give_back(&breaker);
                break;
            case STATE:
                break;
            }
        }
        if (breaker_state(&breaker, step->at_ms) != step->state)
            fail_msg("%s, step %zu: state %d", name, i, (int)breaker_state(&breaker, step->at_ms));
    }
}

static void test_scripts(void **state)
{
    static const struct step opens_at_five[] = {
        {BAD, 1000, 4, BREAKER_CLOSED},      {TAKE, 1000, 0, BREAKER_CLOSED},
        {BAD, 1000, 1, BREAKER_OPEN},        {REFUSED, 1000, 0, BREAKER_OPEN},
        {REFUSED, 30999, 0, BREAKER_OPEN},   {STATE, 31000, 0, BREAKER_HALF_OPEN},
        {TAKE, 31000, 0, BREAKER_HALF_OPEN}, {REFUSED, 31000, 0, BREAKER_HALF_OPEN},
        {GOOD, 31500, 1, BREAKER_CLOSED},    {BAD, 31600, 4, BREAKER_CLOSED},
    };
    static const struct step success_between[] = {
        {BAD, 1, 4, BREAKER_CLOSED},
        {GOOD, 1, 1, BREAKER_CLOSED},
        {BAD, 1, 4, BREAKER_CLOSED},
        {BAD, 1, 1, BREAKER_OPEN},
    };
    static const struct step grows[] = {
        {BAD, 0, 5, BREAKER_OPEN},           {TAKE, 30000, 0, BREAKER_HALF_OPEN},
        {BAD, 30000, 1, BREAKER_OPEN},       {REFUSED, 89999, 0, BREAKER_OPEN},
        {TAKE, 90000, 0, BREAKER_HALF_OPEN}, {BAD, 90000, 1, BREAKER_OPEN},
        {REFUSED, 179999, 0, BREAKER_OPEN},  {TAKE, 180000, 0, BREAKER_HALF_OPEN},
        {GOOD, 180000, 1, BREAKER_CLOSED},   {BAD, 180001, 5, BREAKER_OPEN},
        {REFUSED, 210000, 0, BREAKER_OPEN},  {TAKE, 210001, 0, BREAKER_HALF_OPEN},
    };
    static const struct step lost_probe[] = {
        {BAD, 0, 5, BREAKER_OPEN},
        {TAKE, 40000, 0, BREAKER_HALF_OPEN},
        {REFUSED, 69999, 0, BREAKER_HALF_OPEN},
        {TAKE, 70000, 0, BREAKER_HALF_OPEN},
        {REFUSED, 70000, 0, BREAKER_HALF_OPEN},
    };
    static const struct step given_back[] = {
        {BACK, 5, 0, BREAKER_CLOSED},        {BAD, 5, 5, BREAKER_OPEN},
        {BACK, 6, 0, BREAKER_OPEN},          {REFUSED, 7, 0, BREAKER_OPEN},
        {TAKE, 30005, 0, BREAKER_HALF_OPEN}, {BACK, 30005, 0, BREAKER_HALF_OPEN},
        {TAKE, 30005, 0, BREAKER_HALF_OPEN}, {REFUSED, 30005, 0, BREAKER_HALF_OPEN},
    };
    static const struct step late_failures[] = {
        {BAD, 10, 9, BREAKER_OPEN}, /* those after the fifth lengthen nothing */
        {STATE, 30010, 0, BREAKER_HALF_OPEN}, {TAKE, 30010, 0, BREAKER_HALF_OPEN},
        {BAD, 30010, 1, BREAKER_OPEN},        {TAKE, 90010, 0, BREAKER_HALF_OPEN},
    };
    (void)state;
    play("opens at five", opens_at_five, COUNT_OF(opens_at_five));
    play("success between", success_between, COUNT_OF(success_between));
    play("grows", grows, COUNT_OF(grows));
    play("lost probe", lost_probe, COUNT_OF(lost_probe));
    play("given back", given_back, COUNT_OF(given_back));
    play("late failures", late_failures, COUNT_OF(late_failures));
}

static void test_at_most_five_minutes(void **state)
{
    struct breaker breaker = {0};
    int64_t now_ms = 1, longest_ms = 0;
    (void)state;
    for (int i = 0; i < BREAKER_FAILURES; i++)
        breaker_note(&breaker, false, now_ms);
    for (int n = 1; n <= 70000; n++) { /* beyond what the counters hold */
        int64_t cool_down_ms = breaker.open_until_ms - now_ms;
        if (cool_down_ms > longest_ms)
            longest_ms = cool_down_ms;
        assert_int_equal(cool_down_ms, n < 10 ? n * BREAKER_STEP_MS : BREAKER_MAX_MS);
        now_ms = breaker.open_until_ms;
        assert_true(breaker_take(&breaker, now_ms));
        breaker_note(&breaker, false, now_ms);
    }
    assert_int_equal(longest_ms, BREAKER_MAX_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_at_most_five_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
