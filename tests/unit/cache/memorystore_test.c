/* What only the memory store promises: its ceiling, and who is pushed out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cache/cache.h"

enum { PIECE = 60 * 1024 * 1024 };

static size_t there; /* bit n: value n */

static void note(struct str value, int64_t age_ms, void *arg)
{
    (void)age_ms;
    if (value.ptr) {
        assert_int_equal(value.len, PIECE);
        there |= (size_t)1 << (uintptr_t)arg;
    }
}

static void stop(struct str value, int64_t age_ms, void *arg)
{
    (void)value;
    (void)age_ms;
    loop_stop(arg);
}

static size_t look(struct loop *loop, struct cache *cache)
{
    there = 0;
    for (uintptr_t i = 0; i < 8; i++) {
        char name[8];
        snprintf(name, sizeof name, "%u", (unsigned)i);
        cache_get(cache, name, note, (void *)i);
    }
    cache_get(cache, "last", stop, loop);
    loop_run(loop);
    return there;
}

static void test_ceiling(void **state)
{
    struct loop *loop = loop_new("test");
    struct cache *cache = cache_open_store(&memorystore, STR_NONE, loop, NULL);
    struct str piece = str_make(memory_new(PIECE), PIECE);
    struct cache_health health;
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        cache_put(cache, (const char[2]){(char)('0' + i), 0}, piece, 60000);
    assert_int_equal(look(loop, cache), 0xf);
    cache_put(cache, "0", piece, 60000); /* now the youngest */
    cache_put(cache, "5", piece, 60000); /* pushes out 1 */
    assert_int_equal(look(loop, cache), 0x2d);
    cache_put(cache, "6", str_make(piece.ptr, (size_t)MEMORYSTORE_BYTES), 60000);
    cache_put(cache, "7", str_make(piece.ptr, SIZE_MAX - 8), 60000); /* not read: too large */
    assert_int_equal(look(loop, cache), 0x2d);
    cache_health(cache, &health);
    assert_int_equal(health.failures, 2);
    assert_non_null(strstr(health.message, "4 values"));
    cache_put(cache, "0", STR("x"), 0); /* forgets */
    assert_int_equal(look(loop, cache), 0x2c);
    cache_close(&cache);
    loop_free(loop);
    free((char *)(uintptr_t)piece.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ceiling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
