/* Two gateways with one real Redis: locks, what is done to the server meanwhile, ceilings. */
#include "cache/cache_redis.h"
#include "contract/redisserver.h"

#include "base/clock.h"
#include "base/log.h"

struct world {
    struct redisserver server;
    struct loop *loop;
    struct cache *one, *two;
    unsigned answers, left;
    bool is_mine, is_absent;
    int64_t deadline_ms;
    struct loop_timer timer;
};

static void world_init(struct world *w)
{
    *w = (struct world){0};
    redisserver_start(&w->server);
    w->loop = loop_new("test");
    w->one = cache_open(&(struct cache_settings){w->server.url}, w->loop, NULL);
    w->two = cache_open(&(struct cache_settings){w->server.url}, w->loop, NULL);
    assert_true(w->one && w->two);
    redisserver_do(&w->server, "SELECT 1");
}

static void world_fini(struct world *w)
{
    loop_timer_fini(&w->timer);
    cache_close(&w->one);
    cache_close(&w->two);
    loop_free(w->loop);
    redisserver_stop(&w->server);
}

static void one_less(struct world *w)
{
    w->answers++;
    if (--w->left == 0)
        loop_stop(w->loop);
}

static void on_lock(bool is_mine, void *arg)
{
    struct world *w = arg;
    w->is_mine = is_mine;
    one_less(w);
}

static void on_value(struct str value, int64_t age_ms, void *arg)
{
    struct world *w = arg;
    (void)age_ms;
    w->is_absent = value.ptr == NULL;
    one_less(w);
}

static bool lock(struct world *w, struct cache *cache, int64_t ttl_ms)
{
    w->left = 1;
    cache_lock(cache, "x", ttl_ms, on_lock, w);
    assert_int_equal(w->left, 1);
    loop_run(w->loop);
    return w->is_mine;
}

static bool has(struct world *w, struct cache *cache, const char *name)
{
    w->left = 1;
    cache_get(cache, name, on_value, w);
    loop_run(w->loop);
    return !w->is_absent;
}

static bool is_usable(struct cache *cache)
{
    struct cache_health health;
    cache_health(cache, &health);
    return health.is_usable;
}

static void on_look(void *arg)
{
    struct world *w = arg;
    if (is_usable(w->one) && is_usable(w->two)) {
        loop_stop(w->loop);
        return;
    }
    if (clock_monotonic_ms() > w->deadline_ms)
        fail_msg("not in use again in time");
    loop_timer_start(&w->timer, w->loop, 5, on_look, w);
}

static void await_use(struct world *w, int64_t most_ms)
{
    w->deadline_ms = clock_monotonic_ms() + most_ms;
    loop_timer_start(&w->timer, w->loop, 0, on_look, w);
    loop_run(w->loop);
}

static void test_locks(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    assert_true(lock(&w, w.one, 60000));
    assert_false(lock(&w, w.two, 60000));
    assert_true(lock(&w, w.one, 60000)); /* it is ours */
    cache_unlock(w.two, "x");            /* not two's to give back */
    assert_false(lock(&w, w.two, 60000));
    cache_unlock(w.one, "x");
    assert_true(lock(&w, w.one, 1)); /* ends by itself */
    while (!lock(&w, w.two, 60000))
        assert_int_equal(w.server.pid > 0, true);
    assert_false(lock(&w, w.one, 60000));
    /* What is no lock of anybody's does not stay in the way. */
    redisserver_do(&w.server, "DEL panelmux:1:lock:x");
    redisserver_do(&w.server, "RPUSH panelmux:1:lock:x a");
    assert_true(lock(&w, w.one, 60000));
    redisserver_do(&w.server, "SET panelmux:1:lock:x forever");
    assert_true(lock(&w, w.two, 60000));
    assert_false(lock(&w, w.one, 60000));
    world_fini(&w);
}

static void test_shared_and_gone(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    await_use(&w, 2000);
    cache_put(w.one, "n", STR("value"), 60000);
    assert_true(has(&w, w.one, "n"));
    assert_true(has(&w, w.two, "n"));
    redisserver_kill(&w.server);
    cache_put(w.one, "n", STR("lost"), 60000);
    w.left = 40; /* asked while it is going, and when it has gone */
    for (int i = 0; i < 20; i++) {
        cache_get(w.one, "n", on_value, &w);
        cache_lock(w.one, "x", 60000, on_lock, &w);
    }
    loop_run(w.loop);
    assert_true(w.is_absent && w.is_mine);
    assert_false(has(&w, w.two, "n"));
    assert_true(lock(&w, w.two, 60000));
    assert_false(is_usable(w.one) || is_usable(w.two));
    redisserver_launch(&w.server);
    await_use(&w, 2000);
    assert_false(has(&w, w.one, "n"));
    cache_put(w.two, "n", STR("again"), 60000);
    assert_true(has(&w, w.two, "n"));
    assert_true(has(&w, w.one, "n"));
    world_fini(&w);
}

static void test_frozen(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    await_use(&w, 2000);
    cache_put(w.one, "n", STR("value"), 60000);
    assert_true(has(&w, w.one, "n"));
    kill(w.server.pid, SIGSTOP);
    int64_t from_ms = clock_monotonic_ms();
    assert_false(has(&w, w.one, "n"));
    assert_in_range(clock_monotonic_ms() - from_ms, 400, 1500);
    assert_false(is_usable(w.one));
    from_ms = clock_monotonic_ms();
    for (int i = 0; i < 50; i++) /* the breaker is open: nobody waits any more */
        assert_false(has(&w, w.one, "n"));
    assert_in_range(clock_monotonic_ms() - from_ms, 0, 300);
    kill(w.server.pid, SIGCONT);
    await_use(&w, 2000);
    assert_true(has(&w, w.one, "n"));
    world_fini(&w);
}

/* Once a Redis is silent, what is under way stays below the ceilings. */
static void test_ceilings(void **state)
{
    struct world w;
    struct cache_health health;
    size_t len = 20 * 1024 * 1024;
    char *large = memory_new(2 * len);
    (void)state;
    world_init(&w);
    await_use(&w, 2000);
    cache_put(w.one, "large", str_make(large, 2 * len), 60000); /* more than a value may have */
    cache_health(w.one, &health);
    assert_int_equal(health.failures, 1);
    assert_non_null(strstr(health.message, "too large"));
    kill(w.server.pid, SIGSTOP);
    for (int i = 0; i < 4; i++) /* the fourth would pass 64 MiB */
        cache_put(w.one, "large", str_make(large, len), 60000);
    cache_health(w.one, &health);
    assert_int_equal(health.failures, 2);
    w.left = CACHE_REDIS_COMMANDS + 10;
    for (int i = 0; i < CACHE_REDIS_COMMANDS + 10; i++)
        cache_get(w.two, "n", on_value, &w);
    cache_health(w.two, &health);
    assert_int_equal(health.failures, 10);
    loop_run(w.loop);
    kill(w.server.pid, SIGCONT);
    await_use(&w, 3000);
    free(large);
    world_fini(&w);
}

/* Closed in each state there is. */
static void test_close(void **state)
{
    struct world w;
    struct redisserver *server = &w.server;
    (void)state;
    world_init(&w);
    char *urls[] = {server->url, (char *)(uintptr_t) "redis://localhost:1/0",
                    (char *)(uintptr_t) "redis://no-such-host.invalid:1/0",
                    (char *)(uintptr_t) "redis://127.0.0.1:1/0"};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct cache *cache = cache_open(&(struct cache_settings){urls[i]}, w.loop, NULL);
        cache_get(cache, "n", on_value, &w);
        cache_lock(cache, "n", 1000, on_lock, &w);
        cache_put(cache, "n", STR("v"), 1000);
        cache_close(&cache);
    }
    assert_int_equal(w.answers, 0);
    await_use(&w, 2000);
    cache_get(w.one, "n", on_value, &w);
    cache_lock(w.one, "x", 60000, on_lock, &w);
    cache_close(&w.one);
    assert_int_equal(w.answers, 0);
    redisserver_kill(server);
    cache_get(w.two, "n", on_value, &w);
    cache_close(&w.two);
    assert_int_equal(w.answers, 0);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks),  cmocka_unit_test(test_shared_and_gone),
        cmocka_unit_test(test_frozen), cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_close),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
