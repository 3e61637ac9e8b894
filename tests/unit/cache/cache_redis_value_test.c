/* How a value lies in Redis, and what is not taken for one; errors by their first word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "cache/cache_redis.h"

static struct buf printed(const char *name, struct str value)
{
    struct buf out;
    buf_init(&out, 4096);
    cache_redis_print_value(str_of(name), value, 1700000000123, &out);
    assert_false(out.is_over);
    return out;
}

static const char *verdict_of(struct str bytes, const char *name)
{
    struct str value;
    int64_t put_ms;
    const char *wrong = cache_redis_parse_value(bytes, str_of(name), &value, &put_ms);
    return wrong ? wrong : "is good";
}

static void test_there_and_back(void **state)
{
    static const struct str values[] = {{"", 0}, {"x", 1}, {"a\0b\r\n\n", 6}, {"panelmux 1 ", 11}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct buf out = printed("list:a b", values[i]);
        struct str value = STR_NONE;
        int64_t put_ms = 0;
        assert_null(cache_redis_parse_value(buf_str(&out), STR("list:a b"), &value, &put_ms));
        assert_non_null(value.ptr);
        assert_true(str_equal(value, values[i]));
        assert_true(put_ms == 1700000000123);
        assert_true(out.len - values[i].len <= CACHE_REDIS_HEAD_MAX);
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
        assert_string_not_equal(verdict_of(str_make(bytes, len), "name"), "is good");
        free(bytes);
    }
    for (size_t i = 0; i < out.len; i++) {
        out.ptr[i] ^= 1;
        assert_string_not_equal(verdict_of(buf_str(&out), "name"), "is good");
        out.ptr[i] ^= 1;
    }
    assert_string_equal(verdict_of(buf_str(&out), "name"), "is good");
    assert_string_equal(verdict_of(buf_str(&out), "nam"), "is broken");
    buf_fini(&out);
}

static void test_strangers(void **state)
{
    (void)state;
    assert_string_equal(verdict_of(STR(""), "n"), "is not ours");
    assert_string_equal(verdict_of(STR("{\"version\":1}"), "n"), "is not ours");
    assert_string_equal(verdict_of(STR("panelmux 0 x"), "n"), "is of another version");
    assert_string_equal(verdict_of(STR("panelmux 12 x"), "n"), "is of another version");
    assert_string_equal(verdict_of(STR("panelmux 1 x"), "n"), "is broken");
}

static void test_errors(void **state)
{
    static const struct {
        const char *error, *word, *trouble;
    } cases[] = {
        {"OOM command not allowed when used memory > 'maxmemory'.", "OOM", "its memory is full"},
        {"READONLY You can't write against a read only replica.", "READONLY", "takes no writes"},
        {"WRONGPASS invalid username-password pair", "WRONGPASS", "refuses the login or a right"},
        {"NOAUTH", "NOAUTH", "refuses the login or a right"},
        {"LOADING Redis is loading", "LOADING", "is not ready yet"},
        {"ERR invalid DB index", "ERR", "answers with an error"},
        {"the password hunter2 is wrong", "", "answers with an error"},
        {"HUNTERHUNTERHUNTERHUNTER x", "", "answers with an error"},
        {"", "", "answers with an error"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(cache_redis_trouble_of(str_of(cases[i].error)), cases[i].trouble);
        assert_true(str_is(cache_redis_error_code(str_of(cases[i].error)), cases[i].word));
    }
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
