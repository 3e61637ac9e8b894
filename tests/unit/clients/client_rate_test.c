/* The rate bucket of a client, alone, under many threads, and names without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "clients/client.h"

static struct client_set *make_windowed(const char *name, double per_s, int64_t window_ms)
{
    struct client_settings settings = {.name = memory_text(name), .rate_limit = {per_s, window_ms}};
    struct client_set *set = client_set_new(&settings, 1, NULL);
    assert_non_null(set);
    return set;
}

static struct client_set *make(const char *name, double per_s)
{
    return make_windowed(name, per_s, 1000);
}

/* Without patience. */
static int64_t take(const struct client *client, int64_t now_ms)
{
    int64_t wait_ms;
    bool is_taken = client_reserve_token(client, now_ms, 0, &wait_ms);
    assert_int_equal(is_taken, wait_ms == 0);
    return wait_ms;
}

static unsigned take_all(const struct client *client, int64_t now_ms, int64_t *wait_ms)
{
    unsigned taken = 0;
    while (taken < 100000 && (*wait_ms = take(client, now_ms)) == 0)
        taken++;
    return taken;
}

static void test_rates(void **state)
{
    static const struct {
        double per_s;
        unsigned burst;
        int64_t wait_ms;    /* once empty */
        unsigned in_second; /* after one second more */
    } cases[] = {{50, 50, 20, 50},  {1, 1, 1000, 1},        {0.5, 1, 2000, 0},
                 {10, 10, 100, 10}, {1000, 1000, 1, 1000},  {3, 3, 334, 3},
                 {1.5, 1, 334, 1},  {0.001, 1, 1000000, 0}, {1e-12, 1, 1000000000, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[32];
        struct client_set *set;
        int64_t wait_ms = 0, now_ms = 5000;
        unsigned taken;
        snprintf(name, sizeof name, "rate %zu", i);
        set = make(name, cases[i].per_s);
        taken = take_all(&set->list[0], now_ms, &wait_ms);
        if (taken != cases[i].burst)
            fail_msg("%g/s: burst %u", cases[i].per_s, taken);
        if (wait_ms != cases[i].wait_ms && cases[i].per_s != 1.5)
            fail_msg("%g/s: wait %lld", cases[i].per_s, (long long)wait_ms);
        assert_int_not_equal(take(&set->list[0], now_ms + wait_ms - 1), 0);
        if (cases[i].in_second == 0) {
            assert_int_equal(take(&set->list[0], now_ms + wait_ms), 0);
        } else {
            taken = take_all(&set->list[0], now_ms + 1000, &wait_ms);
            if (taken != cases[i].in_second)
                fail_msg("%g/s: %u in the next second", cases[i].per_s, taken);
        }
        client_set_unpin(&set);
    }
}

/* "3/m": three at once, then one each 20 seconds. */
static void test_windows(void **state)
{
    struct client_set *set = make_windowed("three a minute", 3 / 60.0, 60000);
    int64_t wait_ms;
    (void)state;
    assert_int_equal(take_all(&set->list[0], 1000, &wait_ms), 3);
    assert_true(wait_ms >= 19999 && wait_ms <= 20001);
    assert_int_equal(take_all(&set->list[0], 21001, &wait_ms), 1);
    assert_int_equal(take_all(&set->list[0], 121001, &wait_ms), 3);
    client_set_unpin(&set);
}

static void test_no_limit(void **state)
{
    struct client_set *set = make("free", 0);
    int64_t wait_ms;
    (void)state;
    assert_int_equal(take_all(&set->list[0], 1, &wait_ms), 100000);
    client_set_unpin(&set);
}

static void test_reload(void **state)
{
    struct client_set *slow = make("reloaded", 0.001), *fast;
    int64_t wait_ms;
    (void)state;
    assert_int_equal(take_all(&slow->list[0], 1000, &wait_ms), 1);
    fast = make("reloaded", 100); /* the same bucket, emptied, yet not for a quarter of an hour */
    assert_int_equal(take_all(&fast->list[0], 1000, &wait_ms), 0);
    assert_int_equal(wait_ms, 10);
    assert_int_equal(take_all(&fast->list[0], 2000, &wait_ms), 100);
    client_set_unpin(&slow);
    client_set_unpin(&fast);
}

enum { THREADS = 4, TAKES = 5000 };
struct hammer {
    const struct client *client;
    _Atomic unsigned taken;
};

static void *hammer_run(void *arg)
{
    struct hammer *hammer = arg;
    unsigned taken = 0;
    for (int i = 0; i < TAKES; i++) {
        taken += take(hammer->client, 7000) == 0;
        (void)client_id(i % 2 ? STR("seen by all threads") : STR("and this"));
    }
    atomic_fetch_add(&hammer->taken, taken);
    return NULL;
}

static void test_threads(void **state)
{
    struct client_set *set = make("hammered", 700);
    struct hammer hammer = {.client = &set->list[0]};
    pthread_t threads[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer_run, &hammer), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(hammer.taken, 700); /* exactly, however they meet */
    assert_true(str_is(client_name(client_id(STR("and this"))), "and this"));
    client_set_unpin(&set);
}

/* What comes within the patience is given out, in order and never beyond the rate. */
static void test_patience(void **state)
{
    struct client_set *set = make("patient", 5);
    const struct client *client = &set->list[0];
    int64_t wait_ms;
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(take(client, 1000), 0);
    for (int i = 1; i <= 5; i++) {
        assert_true(client_reserve_token(client, 1000, 1000, &wait_ms));
        assert_int_equal(wait_ms, 200 * i);
    }
    assert_false(client_reserve_token(client, 1000, 1000, &wait_ms));
    assert_int_equal(wait_ms, 1200);
    assert_false(client_reserve_token(client, 1199, 1000, &wait_ms)); /* refusals cost nothing */
    assert_true(client_reserve_token(client, 1200, 1000, &wait_ms));
    assert_int_equal(wait_ms, 1000);
    client_set_unpin(&set);
}

/* More than any configuration holds: each name keeps an id of its own. */
static void test_names_have_no_end(void **state)
{
    enum { NAMES = 150000 };
    static unsigned ids[NAMES];
    char name[32];
    (void)state;
    for (int i = 0; i < NAMES; i++) {
        int len = snprintf(name, sizeof name, "name %d", i);
        ids[i] = client_id(str_make(name, (size_t)len));
        assert_true(i == 0 || ids[i] == ids[i - 1] + 1);
    }
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "name %d", i);
        assert_true(str_is(client_name(ids[i]), name));
    }
    assert_true(str_is(client_name(ids[NAMES - 1] + 1), ""));
    struct client_set *set = make("a new one", 1);
    assert_true(str_is(client_name(set->list[0].id), "a new one"));
    client_set_unpin(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_names_have_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
