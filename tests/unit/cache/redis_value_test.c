/* How a value lies in Redis, and what is not taken for one; errors by their first word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "cache/cache_redis.h"
#include "cache/redis_value.h"

static struct buf printed(const char *name, struct str value)
{
    struct buf out;
    buf_init(&out, 4096);
    redis_value_print(str_of(name), value, 1700000000123, &out);
    assert_false(out.is_over);
    return out;
}

static enum redis_value_verdict verdict_of(struct str bytes, const char *name)
{
    struct str value;
    int64_t put_ms;
    return redis_value_parse(bytes, str_of(name), &value, &put_ms);
}

static void test_there_and_back(void **state)
{
    static const struct str values[] = {{"", 0}, {"x", 1}, {"a\0b\r\n\n", 6}, {"panelmux 1 ", 11}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct buf out = printed("list:a b", values[i]);
        struct str value = STR_NONE;
        int64_t put_ms = 0;
        assert_int_equal(redis_value_parse(buf_str(&out), STR("list:a b"), &value, &put_ms),
                         REDIS_VALUE_GOOD);
        assert_non_null(value.ptr);
        assert_true(str_equal(value, values[i]));
        assert_true(put_ms == 1700000000123);
        assert_true(out.len - values[i].len <= REDIS_VALUE_HEAD_MAX);
        buf_fini(&out);
    }
}

static void test_every_cut_and_flip(void **state)
{
    struct buf out = printed("name", STR("some value"));
    (void)state;
    for (size_t len = 0; len < out.len; len++) /* copied, so that reading on is seen */
    {
        char *bytes = memory_text_of(out.ptr, len);
        assert_int_not_equal(verdict_of(str_make(bytes, len), "name"), REDIS_VALUE_GOOD);
        free(bytes);
    }
    for (size_t i = 0; i < out.len; i++) {
        out.ptr[i] ^= 1;
        assert_int_not_equal(verdict_of(buf_str(&out), "name"), REDIS_VALUE_GOOD);
        out.ptr[i] ^= 1;
    }
    assert_int_equal(verdict_of(buf_str(&out), "name"), REDIS_VALUE_GOOD);
    assert_int_equal(verdict_of(buf_str(&out), "nam"), REDIS_VALUE_BROKEN);
    buf_fini(&out);
}

static void test_strangers(void **state)
{
    (void)state;
    assert_int_equal(verdict_of(STR(""), "n"), REDIS_VALUE_FOREIGN);
    assert_int_equal(verdict_of(STR("{\"version\":1}"), "n"), REDIS_VALUE_FOREIGN);
    assert_int_equal(verdict_of(STR("panelmux 0 x"), "n"), REDIS_VALUE_VERSION);
    assert_int_equal(verdict_of(STR("panelmux 12 x"), "n"), REDIS_VALUE_VERSION);
    assert_int_equal(verdict_of(STR("panelmux 1 x"), "n"), REDIS_VALUE_BROKEN);
}

static void test_errors(void **state)
{
    static const struct {
        const char *error, *word;
        enum redis_trouble trouble;
    } cases[] = {
        {"OOM command not allowed when used memory > 'maxmemory'.", "OOM", REDIS_TROUBLE_FULL},
        {"READONLY You can't write against a read only replica.", "READONLY",
         REDIS_TROUBLE_READONLY},
        {"WRONGPASS invalid username-password pair", "WRONGPASS", REDIS_TROUBLE_DENIED},
        {"NOAUTH", "NOAUTH", REDIS_TROUBLE_DENIED},
        {"LOADING Redis is loading", "LOADING", REDIS_TROUBLE_LOADING},
        {"ERR invalid DB index", "ERR", REDIS_TROUBLE_OTHER},
        {"the password hunter2 is wrong", "", REDIS_TROUBLE_OTHER},
        {"HUNTERHUNTERHUNTERHUNTER x", "", REDIS_TROUBLE_OTHER},
        {"", "", REDIS_TROUBLE_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(cache_redis_trouble_of(str_of(cases[i].error)), cases[i].trouble);
        assert_true(str_is(cache_redis_error_code(str_of(cases[i].error)), cases[i].word));
    }
    for (int i = 0; i < REDIS_TROUBLE_COUNT; i++)
        assert_non_null(cache_redis_message((enum redis_trouble)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_every_cut_and_flip),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
