/* What every cache store promises, asked of each through the door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "cache/cache.h"
#include "contract/redisserver.h"

static struct redisserver redis;
static const char *const urls[] = {"memory", redis.url}; /* a further store: its URL here */

struct world {
    struct loop *loop;
    struct cache *cache;
    struct reading {
        struct world *world;
        unsigned times;
        bool is_absent;
        int64_t age_ms;
        size_t len;
        char value[64];
    } last;
    bool is_inside; /* of a call of ours: done may not run then */
    unsigned more;  /* questions to ask from inside done */
    const char *put_inside;
};

static void on_value(struct str value, int64_t age_ms, void *arg)
{
    struct reading *reading = arg;
    struct world *world = reading->world;
    assert_false(world->is_inside);
    reading->times++;
    if (world->put_inside) /* the value read stays whole */
        cache_put(world->cache, world->put_inside, STR("replaced meanwhile"), 60000);
    reading->is_absent = value.ptr == NULL;
    reading->age_ms = age_ms;
    reading->len = value.len;
    memcpy(reading->value, value.ptr ? value.ptr : "",
           value.len < sizeof reading->value ? value.len : sizeof reading->value);
    if (world->more) {
        world->more--;
        world->is_inside = true;
        cache_get(world->cache, "name", on_value, reading);
        world->is_inside = false;
    } else {
        loop_stop(world->loop);
    }
}

static struct reading *read_now(struct world *world, const char *name)
{
    world->last = (struct reading){.world = world};
    world->is_inside = true;
    cache_get(world->cache, name, on_value, &world->last);
    world->is_inside = false;
    assert_int_equal(world->last.times, 0);
    loop_run(world->loop);
    return &world->last;
}

static void check_value(struct world *world, const char *name, const char *value)
{
    struct reading *reading = read_now(world, name);
    assert_int_equal(reading->times, 1);
    if (value == NULL) {
        assert_true(reading->is_absent);
        return;
    }
    assert_false(reading->is_absent);
    assert_int_equal(reading->len, strlen(value));
    assert_memory_equal(reading->value, value, reading->len);
    assert_in_range(reading->age_ms, 0, 10000);
}

static void check_put_and_get(struct world *world)
{
    char bytes[] = "first";
    check_value(world, "name", NULL);
    cache_put(world->cache, "name", str_of(bytes), 60000);
    memset(bytes, '?', 5); /* it was copied */
    check_value(world, "name", "first");
    check_value(world, "nam", NULL);
    check_value(world, "name ", NULL);
    cache_put(world->cache, "name", STR("second, longer"), 60000);
    check_value(world, "name", "second, longer");
    cache_put(world->cache, "empty", STR(""), 60000);
    check_value(world, "empty", "");
    cache_put(world->cache, "name", STR("gone"), 0);
    check_value(world, "name", NULL);
}

static void wake(void *arg)
{
    loop_stop(arg);
}

static void check_age_and_end(struct world *world)
{
    struct loop_timer timer = {0};
    cache_put(world->cache, "short", STR("x"), 40);
    cache_put(world->cache, "long", STR("y"), 60000);
    loop_timer_start(&timer, world->loop, 60, wake, world->loop);
    loop_run(world->loop);
    loop_timer_fini(&timer);
    check_value(world, "short", NULL);
    check_value(world, "long", "y");
    assert_in_range(read_now(world, "long")->age_ms, 50, 10000);
}

static void check_from_inside(struct world *world)
{
    struct cache_health health;
    cache_put(world->cache, "name", STR("as it was"), 60000);
    world->put_inside = "name";
    check_value(world, "name", "as it was");
    world->put_inside = NULL;
    world->more = 3;
    assert_int_equal(read_now(world, "name")->times, 4);
    check_value(world, "name", "replaced meanwhile");
    cache_health(world->cache, &health);
    assert_true(health.is_usable);
    assert_true(health.message[0] != '\0');
    assert_int_equal(health.gets, 6);
    assert_int_equal(health.hits, 6);
    assert_int_equal(health.puts, 2);
    assert_int_equal(health.failures, 0);
}

static void check_binary_and_large(struct world *world)
{
    size_t len = 8 * 1024 * 1024;
    char *large = memory_new(len);
    struct reading *reading;
    memset(large, 7, len);
    memcpy(large, "a\0b\r\n", 5);
    cache_put(world->cache, "large", str_make(large, len), 60000);
    /* A busy machine may miss the cache's deadline with so many bytes, and the value is there. */
    for (unsigned i = 0; (reading = read_now(world, "large"))->is_absent && i < 20;)
        i++;
    assert_false(reading->is_absent);
    assert_int_equal(reading->len, len);
    assert_memory_equal(reading->value, large, sizeof reading->value);
    free(large);
}

static void on_lock(bool is_mine, void *arg)
{
    struct reading *reading = arg;
    struct world *world = reading->world;
    assert_false(world->is_inside);
    assert_true(is_mine); /* there is no other here */
    reading->times++;
    loop_stop(world->loop);
}

static void check_lock(struct world *world)
{
    for (int i = 0; i < 4; i++) { /* taken, taken again, given back twice */
        world->last = (struct reading){.world = world};
        world->is_inside = true;
        cache_lock(world->cache, "name", 60000, on_lock, &world->last);
        world->is_inside = false;
        loop_run(world->loop);
        assert_int_equal(world->last.times, 1);
        if (i > 1)
            cache_unlock(world->cache, "name");
    }
    check_value(world, "name", NULL); /* a lock is no value */
    cache_put(world->cache, "name", STR("value"), 60000);
    cache_unlock(world->cache, "name");
    check_value(world, "name", "value");
}

static void each(void (*check)(struct world *world))
{
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct world world = {.loop = loop_new("test")};
        redisserver_do(&redis, "FLUSHALL");
        char *url = memory_text(urls[i]);
        world.cache = cache_open(&(struct cache_settings){url}, world.loop, NULL);
        assert_non_null(world.cache);
        check(&world);
        cache_close(&world.cache);
        loop_free(world.loop);
        free(url);
    }
}

static void test_put_and_get(void **state)
{
    (void)state;
    each(check_put_and_get);
}
static void test_age_and_end(void **state)
{
    (void)state;
    each(check_age_and_end);
}
static void test_from_inside(void **state)
{
    (void)state;
    each(check_from_inside);
}
static void test_binary_and_large(void **state)
{
    (void)state;
    each(check_binary_and_large);
}
static void test_lock(void **state)
{
    (void)state;
    each(check_lock);
}

static int start(void **state)
{
    (void)state;
    redisserver_start(&redis);
    return 0;
}
static int stop(void **state)
{
    (void)state;
    redisserver_stop(&redis);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_and_get), cmocka_unit_test(test_age_and_end),
        cmocka_unit_test(test_from_inside), cmocka_unit_test(test_binary_and_large),
        cmocka_unit_test(test_lock),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
