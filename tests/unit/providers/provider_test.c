/* Provider sets, their lasting states, and the rate buckets. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "providers/provider.h"

static struct provider_set *set_of(const char *name, double add_per_s, double other_per_s)
{
    struct provider_settings settings = {
        .name = memory_text(name),
        .key = memory_text("a_key"),
        .limits = {.add_per_s = add_per_s, .other_per_s = other_per_s},
    };
    struct factor exchange = {FACTOR_ONE};
    struct provider_set *set = provider_set_new(&settings, &exchange, 1, NULL);
    assert_non_null(set);
    assert_null(settings.name);
    return set;
}

static void test_set(void **state)
{
    struct provider_set *first = set_of("set_one", 1, 1), *second = set_of("set_one", 2, 2);
    struct provider_set *other = set_of("set_two", 1, 1);
    const struct provider *provider = provider_set_find(first, STR("set_one"));
    (void)state;
    assert_non_null(provider);
    assert_null(provider_set_find(first, STR("set_two")));
    assert_ptr_equal(provider_set_by_id(first, provider->id), provider);
    assert_null(provider_set_by_id(first, other->list[0].id));
    assert_int_equal(second->list[0].id, provider->id);
    assert_int_not_equal(other->list[0].id, provider->id);
    struct provider_pause pause = {.at_ms = 1, .who = "admin", .reason = "too slow"}, found;
    assert_false(provider_get_pause(provider, &found));
    provider_pause(provider, &pause);
    assert_true(provider_is_paused(&second->list[0]));
    assert_true(provider_get_pause(&second->list[0], &found));
    assert_string_equal(found.reason, "too slow");
    pause.until_ms = clock_wall_ms() + 3600000;
    provider_pause_name(STR("set_one"), &pause);
    assert_true(provider_is_paused(provider));
    pause.until_ms = clock_wall_ms() - 1; /* over */
    provider_pause(provider, &pause);
    assert_false(provider_is_paused(provider));
    assert_false(provider_get_pause(provider, &found));
    pause.until_ms = 0;
    provider_pause(provider, &pause);
    assert_false(provider_is_paused(&other->list[0]));
    provider_resume(provider);
    assert_false(provider_is_paused(provider));
    struct provider_set *pinned = provider_set_pin(first);
    provider_set_unpin(&first);
    assert_null(first);
    assert_string_equal(pinned->list[0].settings.name, "set_one");
    provider_set_unpin(&pinned);
    provider_set_unpin(&second);
    provider_set_unpin(&other);
    provider_set_unpin(&other);
}

/* How many tokens come within a time, asking each ms. */
static int tokens_within(const struct provider *provider, enum provider_lane lane, int64_t from_ms,
                         int64_t ms)
{
    int tokens = 0;
    for (int64_t now = from_ms; now < from_ms + ms; now++)
        while (provider_take_token(provider, lane, now) == 0)
            tokens++;
    return tokens;
}

static void test_bucket(void **state)
{
    static const struct {
        double per_s;
        int64_t ms;
        int min, max;
    } cases[] = {
        {10, 1000, 10, 11},       {10, 10000, 100, 101}, {0.5, 10000, 5, 6},
        {100, 1000, 100, 110},    {3, 10000, 30, 31},    {1000, 1000, 1000, 1100},
        {5000, 1000, 5000, 5500}, {0.001, 10000, 1, 1},  {7.5, 60000, 450, 451},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[32];
        snprintf(name, sizeof name, "bucket_%zu", i);
        struct provider_set *set = set_of(name, cases[i].per_s, 1);
        int got = tokens_within(&set->list[0], PROVIDER_LANE_ADD, 5000, cases[i].ms);
        if (got < cases[i].min || got > cases[i].max)
            fail_msg("%g per s: %d tokens in %lld ms", cases[i].per_s, got, (long long)cases[i].ms);
        provider_set_unpin(&set);
    }
}

static void test_waits(void **state)
{
    struct provider_set *set = set_of("waits", 4, 0);
    const struct provider *provider = &set->list[0];
    (void)state;
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_ADD, 1000), 0);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_ADD, 1000), 245);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_ADD, 1244), 1);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_ADD, 1245), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(provider_take_token(provider, PROVIDER_LANE_OTHER, 1245), 0);
    provider_cool_down_until(provider, PROVIDER_LANE_OTHER, 9000);
    provider_cool_down_until(provider, PROVIDER_LANE_OTHER, 3000);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_OTHER, 2000), 7000);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_ADD, 2000), 0);
    provider_cool_down_until(provider, PROVIDER_LANE_ADD, 9500);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_OTHER, 9000), 0);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_ADD, 9499), 1);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_ADD, 9500), 0);
    provider_set_unpin(&set);
}

/* What can wait takes what lay there unwanted, and whoever comes next finds a token all the same.
 */
static void test_spare(void **state)
{
    struct provider_set *set = set_of("spare", 0, 4);
    const struct provider *provider = &set->list[0];
    (void)state;
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_OTHER, 10000), 0);
    assert_int_equal(provider_take_spare_token(provider, PROVIDER_LANE_OTHER, 10000), 500);
    assert_int_equal(provider_take_spare_token(provider, PROVIDER_LANE_OTHER, 10499), 1);
    assert_int_equal(provider_take_spare_token(provider, PROVIDER_LANE_OTHER, 10500), 0);
    assert_int_equal(provider_take_spare_token(provider, PROVIDER_LANE_OTHER, 10500), 250);
    assert_int_equal(provider_take_token(provider, PROVIDER_LANE_OTHER, 10500), 0);
    assert_int_equal(provider_take_spare_token(provider, PROVIDER_LANE_OTHER, 10750), 250);
    for (int64_t now = 20000; now < 30000; now += 250) { /* whoever takes all leaves none */
        assert_int_equal(provider_take_token(provider, PROVIDER_LANE_OTHER, now), 0);
        assert_true(provider_take_spare_token(provider, PROVIDER_LANE_OTHER, now + 240) > 0);
    }
    provider_cool_down_until(provider, PROVIDER_LANE_OTHER, 50000);
    assert_int_equal(provider_take_spare_token(provider, PROVIDER_LANE_OTHER, 49000), 1000);
    assert_int_equal(provider_take_spare_token(provider, PROVIDER_LANE_ADD, 49000),
                     0); /* no limit */
    provider_set_unpin(&set);
}

static void test_raised_rate(void **state)
{
    struct provider_set *slow = set_of("raised", 0.01, 1), *fast = set_of("raised", 10, 1);
    (void)state;
    assert_int_equal(provider_take_token(&slow->list[0], PROVIDER_LANE_ADD, 1000), 0);
    assert_int_equal(provider_take_token(&slow->list[0], PROVIDER_LANE_ADD, 1000), 99995);
    assert_true(provider_take_token(&fast->list[0], PROVIDER_LANE_ADD, 1001) <= 100);
    provider_set_unpin(&slow);
    provider_set_unpin(&fast);
}

static void test_connections(void **state)
{
    struct provider_set *set = set_of("connections", 1, 1);
    struct provider_state *shared = set->list[0].state;
    (void)state;
    assert_true(provider_state_take_connection(shared, 2));
    assert_true(provider_state_take_connection(shared, 2));
    assert_false(provider_state_take_connection(shared, 2));
    assert_true(provider_state_take_connection(shared, 0));
    assert_int_equal(provider_connections(&set->list[0]), 3);
    for (int i = 0; i < 3; i++)
        provider_state_give_connection(shared);
    assert_true(provider_state_take_connection(shared, 1));
    provider_state_give_connection(shared);
    provider_set_unpin(&set);
}

static _Atomic int taken;

static void *take_tokens(void *arg)
{
    taken += tokens_within(arg, PROVIDER_LANE_ADD, 1000, 1000);
    return NULL;
}

static void test_threads_share_one_bucket(void **state)
{
    struct provider_set *set = set_of("threads", 50, 1);
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, take_tokens, &set->list[0]);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    /* Each thread has a clock of its own here; one that lags finds the bucket taken. */
    assert_in_range(taken, 50, 55);
    provider_set_unpin(&set);
}

static void test_too_many(void **state)
{
    struct fault why = {0};
    struct factor exchange = {FACTOR_ONE};
    struct provider_set *set;
    (void)state;
    for (int i = 0;; i++) {
        char name[32];
        snprintf(name, sizeof name, "many_%d", i);
        struct provider_settings settings = {.name = memory_text(name)};
        set = provider_set_new(&settings, &exchange, 1, &why);
        if (set == NULL) {
            assert_string_equal(settings.name, name); /* still the caller's */
            provider_settings_fini(&settings);
            break;
        }
        assert_true(i < PROVIDER_MAX);
        provider_set_unpin(&set);
    }
    assert_int_equal(why.code, FAULT_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_spare),
        cmocka_unit_test(test_raised_rate),
        cmocka_unit_test(test_connections),
        cmocka_unit_test(test_threads_share_one_bucket),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
