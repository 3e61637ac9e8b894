/* The door: what it refuses, how it keeps its deadline with a store that is slow or silent. The
 * store here answers when the test says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "cache/cache.h"

enum { MOCK_MAX = 8 };
static struct mock {
    cache_done_fn *done[MOCK_MAX];
    void *args[MOCK_MAX];
    size_t count;
} mock;

static void *mock_open(struct str location, struct loop *loop, struct fault *why)
{
    (void)loop;
    if (str_is(location, "broken")) {
        fault_set(why, FAULT_UNAVAILABLE, "broken");
        return NULL;
    }
    mock = (struct mock){0};
    return &mock;
}
static void mock_close(void *store)
{
    (void)store;
}
static bool mock_get(void *store, const char *name, cache_done_fn *done, void *arg)
{
    (void)store;
    (void)name;
    assert_true(mock.count < MOCK_MAX);
    mock.done[mock.count] = done;
    mock.args[mock.count++] = arg;
    return true;
}
static void mock_put(void *store, const char *name, struct str value, int64_t ttl_ms)
{
    (void)store;
    (void)name;
    (void)value;
    (void)ttl_ms;
}
static void mock_health(void *store, struct cache_health *out)
{
    (void)store;
    out->is_usable = true;
}
static bool mock_check(struct str location, struct fault *why)
{
    (void)location;
    (void)why;
    return true;
}
static bool mock_lock(void *store, const char *name, const char *token, int64_t ttl_ms,
                      cache_lock_fn *done, void *arg) /* never answers */
{
    (void)store, (void)name, (void)ttl_ms, (void)done, (void)arg;
    assert_true(strlen(token) >= 16);
    return true;
}
static void mock_unlock(void *store, const char *name, const char *token)
{
    (void)store, (void)name, (void)token;
}
static const struct cache_store mock_store = {mock_open,   mock_close, mock_get,  mock_put,
                                              mock_health, mock_check, mock_lock, mock_unlock};

struct seen {
    struct loop *loop;
    unsigned times, left; /* stops the loop when none is left */
    bool is_absent;
    char value[32];
    int64_t at_ms;
};

static void note(struct str value, int64_t age_ms, void *arg)
{
    struct seen *seen = arg;
    (void)age_ms;
    seen->times++;
    seen->at_ms = clock_monotonic_ms();
    seen->is_absent = value.ptr == NULL;
    memcpy(seen->value, value.ptr ? value.ptr : "", value.len);
    if (--seen->left == 0)
        loop_stop(seen->loop);
}

static void test_urls(void **state)
{
    static const struct {
        const char *url;
        const char *message; /* NULL: fine */
    } cases[] = {
        {NULL, NULL},
        {"memory", NULL},
        {"memory:", NULL},
        {"memory:x", "just memory"},
        {"redis:hunter2", "no //"},
        {"redis://:hunter2@", "no host"},
        {"redis://hunter2@127.0.0.1:1/0", "user:password@"},
        {"redis://:hunter2%2@127.0.0.1:1/0", "ill-formed user or password"},
        {"redis://:hunter2@127.0.0.1:65536/0", "port"},
        {"redis://:hunter2@127.0.0.1:1/x", "database"},
        {"redis+unix://:hunter2@/a?x=1", "?db=N"},
        {"rediss://:hunter2@127.0.0.1/0", "tunnel such as stunnel"},
        {"memcached://h", "no store \"memcached\""},
        {"", "no store"},
    };
    struct loop *loop = loop_new("test");
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *url = cases[i].url ? memory_text(cases[i].url) : NULL;
        struct fault why = {0};
        struct cache *cache = cache_open(&(struct cache_settings){url}, loop, &why);
        if ((cache != NULL) != (cases[i].message == NULL))
            fail_msg("%s: %s", url, why.message);
        if (cache == NULL) {
            assert_int_equal(why.code, FAULT_INVALID);
            if (strstr(why.message, cases[i].message) == NULL)
                fail_msg("%s: %s", url, why.message);
            assert_null(strstr(why.message, "hunter2"));
        }
        cache_close(&cache);
        assert_null(cache);
        free(url);
    }
    assert_null(cache_open_store(&mock_store, STR("broken"), loop, NULL));
    loop_free(loop);
}

static void test_deadline(void **state)
{
    struct loop *loop = loop_new("test");
    struct cache *cache = cache_open_store(&mock_store, STR_NONE, loop, NULL);
    struct seen late = {.loop = loop, .left = 2}, quick = {.loop = loop, .left = 9};
    struct cache_health health;
    int64_t from_ms = clock_monotonic_ms();
    (void)state;
    cache_get(cache, "a", note, &late);
    cache_get(cache, "b", note, &quick);
    cache_get(cache, "c", note, &late);
    mock.done[1](STR("here"), 5, mock.args[1]);
    assert_int_equal(quick.times, 1);
    assert_string_equal(quick.value, "here");
    assert_int_equal(late.times, 0);
    loop_run(loop);
    assert_int_equal(late.times, 2);
    assert_true(late.is_absent);
    assert_in_range(late.at_ms - from_ms, 1000, 1900);
    mock.done[0](STR("late"), 0, mock.args[0]); /* nobody hears of it; under ASan: nor leaks it */
    assert_int_equal(late.times, 2);
    cache_health(cache, &health);
    assert_true(health.is_usable);
    assert_int_equal(health.gets, 3);
    assert_int_equal(health.hits, 1);
    assert_int_equal(health.failures, 2);
    cache_close(&cache); /* the third one never answered */
    loop_free(loop);
}

static void note_lock(bool is_mine, void *arg)
{
    struct seen *seen = arg;
    assert_true(is_mine);
    note(STR_NONE, 0, seen);
}

/* A store that says nothing: rather twice than never. */
static void test_lock_deadline(void **state)
{
    struct loop *loop = loop_new("test");
    struct cache *cache = cache_open_store(&mock_store, STR_NONE, loop, NULL);
    struct seen seen = {.loop = loop, .left = 1};
    int64_t from_ms = clock_monotonic_ms();
    (void)state;
    cache_lock(cache, "a", 1000, note_lock, &seen);
    assert_int_equal(seen.times, 0);
    loop_run(loop);
    assert_int_equal(seen.times, 1);
    assert_in_range(seen.at_ms - from_ms, 1000, 1900);
    cache_close(&cache);
    loop_free(loop);
}

static void test_close_while_asked(void **state)
{
    struct loop *loop = loop_new("test");
    struct cache *cache = cache_open_store(&mock_store, STR_NONE, loop, NULL);
    struct seen seen = {.loop = loop, .left = 1};
    (void)state;
    cache_get(cache, "a", note, &seen);
    cache_close(&cache);
    assert_int_equal(seen.times, 0);
    cache = cache_open(&(struct cache_settings){NULL}, loop, NULL);
    cache_get(cache, "a", note, &seen);
    cache_close(&cache);
    cache = cache_open(&(struct cache_settings){NULL}, loop, NULL);
    seen = (struct seen){.loop = loop, .left = 1};
    cache_get(cache, "b", note, &seen);
    loop_run(loop); /* only what was asked of the living one */
    assert_int_equal(seen.times, 1);
    cache_close(&cache);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_lock_deadline),
        cmocka_unit_test(test_close_while_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
