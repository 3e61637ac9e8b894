/* The order in which offers are tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "routing/ranking.h"

static void test_orders(void **state)
{
    static const struct {
        const char *name;
        enum ranking_policy policy;
        size_t count;
        struct candidate candidates[6];
        size_t taken;
        uint8_t order[6];
    } cases[] = {
        {"none", RANKING_PRIORITY, 0, {{0}}, 0, {0}},
        {"as given",
         RANKING_PRIORITY,
         3,
         {{SKIP_NONE, {9}, 1}, {SKIP_NONE, {1}, 1}, {SKIP_NONE, {5}, 1}},
         3,
         {0, 1, 2}},
        {"left out",
         RANKING_PRIORITY,
         4,
         {{SKIP_KEY, {9}, 1}, {SKIP_NONE, {1}, 1}, {SKIP_COST, {5}, 1}, {SKIP_NONE, {7}, 1}},
         2,
         {1, 3}},
        {"cheapest, equal ones as given",
         RANKING_CHEAPEST,
         6,
         {{SKIP_NONE, {5}, 1},
          {SKIP_NONE, {3}, 1},
          {SKIP_NONE, {5}, 1},
          {SKIP_TRIED, {0}, 1},
          {SKIP_NONE, {3}, 1},
          {SKIP_NONE, {-1}, 1}},
         5,
         {5, 1, 4, 0, 2}},
        {"all left out, cheapest",
         RANKING_CHEAPEST,
         2,
         {{SKIP_GONE, {1}, 1}, {SKIP_TYPE, {1}, 1}},
         0,
         {0}},
        {"all left out, weighted",
         RANKING_WEIGHTED,
         2,
         {{SKIP_GONE, {1}, 1}, {SKIP_TYPE, {1}, 1}},
         0,
         {0}},
        {"one, weighted", RANKING_WEIGHTED, 2, {{SKIP_GONE, {1}, 1}, {SKIP_NONE, {1}, 0}}, 1, {1}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t order[RANKING_MAX];
        size_t taken =
            ranking_make(cases[i].policy, cases[i].candidates, cases[i].count, 12345, order);
        if (taken != cases[i].taken || memcmp(order, cases[i].order, taken) != 0)
            fail_msg("%s: %zu taken", cases[i].name, taken);
    }
}

static void test_weights(void **state)
{
    static const struct candidate candidates[] = {
        {SKIP_NONE, {1}, 6}, {SKIP_PAUSED, {1}, 1000}, {SKIP_NONE, {1}, 3}, {SKIP_NONE, {1}, 0}};
    enum { ROUNDS = 20000 };
    size_t first[4] = {0}, second_after_0[4] = {0};
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint8_t order[RANKING_MAX];
        unsigned seen = 0;
        assert_int_equal(ranking_make(RANKING_WEIGHTED, candidates, COUNT_OF(candidates), i, order),
                         3);
        for (size_t k = 0; k < 3; k++)
            seen |= 1U << order[k];
        assert_int_equal(seen, 1U << 0 | 1U << 2 | 1U << 3); /* each once */
        first[order[0]]++;
        if (order[0] == 0)
            second_after_0[order[1]]++;
    }
    /* 6 : 3 : 1 for the first, 3 : 1 among those left; within some five deviations. */
    assert_in_range(first[0], ROUNDS * 58 / 100, ROUNDS * 62 / 100);
    assert_in_range(first[2], ROUNDS * 28 / 100, ROUNDS * 32 / 100);
    assert_in_range(first[3], ROUNDS * 9 / 100, ROUNDS * 11 / 100);
    assert_in_range(second_after_0[2] * 100 / first[0], 72, 78);
}

static void test_same_random_same_order(void **state)
{
    struct candidate candidates[RANKING_MAX + 8];
    uint8_t a[RANKING_MAX], b[RANKING_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(candidates); i++)
        candidates[i] = (struct candidate){SKIP_NONE, {0}, UINT32_MAX};
    assert_int_equal(ranking_make(RANKING_WEIGHTED, candidates, COUNT_OF(candidates), 7, a),
                     RANKING_MAX);
    ranking_make(RANKING_WEIGHTED, candidates, COUNT_OF(candidates), 7, b);
    assert_memory_equal(a, b, sizeof a);
    ranking_make(RANKING_WEIGHTED, candidates, COUNT_OF(candidates), 8, b);
    assert_memory_not_equal(a, b, sizeof a);
}

/* What has been tried leaves the ranking of the others as it is, so that the next after a refusal
 * is drawn by weight too. */
static void test_next_after_a_refusal(void **state)
{
    enum { ROUNDS = 20000, OFFERS = 4 };
    static const unsigned weights[][OFFERS] = {{1, 1, 1, 1}, {8, 1, 1, 2}};
    (void)state;
    for (size_t w = 0; w < COUNT_OF(weights); w++) {
        size_t next_after_0[OFFERS] = {0}, rounds = 0;
        for (uint64_t random = 0; random < ROUNDS; random++) {
            struct candidate candidates[OFFERS];
            uint8_t whole[RANKING_MAX], left[RANKING_MAX];
            for (size_t i = 0; i < OFFERS; i++)
                candidates[i] = (struct candidate){SKIP_NONE, {1}, weights[w][i]};
            assert_int_equal(ranking_make(RANKING_WEIGHTED, candidates, OFFERS, random, whole),
                             OFFERS);
            for (size_t tried = 0; tried + 1 < OFFERS; tried++) {
                candidates[whole[tried]].skip = SKIP_TRIED;
                assert_int_equal(ranking_make(RANKING_WEIGHTED, candidates, OFFERS, random, left),
                                 OFFERS - tried - 1);
                assert_memory_equal(left, whole + tried + 1, OFFERS - tried - 1);
            }
            next_after_0[whole[1]] += whole[0] == 0;
            rounds += whole[0] == 0;
        }
        double others = weights[w][1] + weights[w][2] + weights[w][3];
        for (size_t i = 1; i < OFFERS; i++) {
            double share = (double)next_after_0[i] / (double)rounds;
            assert_true(share > weights[w][i] / others - 0.03);
            assert_true(share < weights[w][i] / others + 0.03);
        }
    }
}

static void test_each_skip_has_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SKIP_COUNT; i++) {
        assert_non_null(ranking_skip_name((enum skip)i));
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(ranking_skip_name((enum skip)i),
                                    ranking_skip_name((enum skip)k));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_same_random_same_order),
        cmocka_unit_test(test_next_after_a_refusal),
        cmocka_unit_test(test_each_skip_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
