/* How a value lies in Redis, and what is not taken for one; errors by their first word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "cache/redistrouble.h"
#include "cache/redisvalue.h"

static struct buf printed(const char *name, struct str value)
{
    struct buf out;
    buf_init(&out, 4096);
    redisvalue_print(str_of(name), value, 1700000000123, &out);
    assert_false(out.is_over);
    return out;
}

static enum redisvalue_verdict verdict_of(struct str bytes, const char *name)
{
    struct str value;
    int64_t put_ms;
    return redisvalue_parse(bytes, str_of(name), &value, &put_ms);
}

static void test_there_and_back(void **state)
{
    static const struct str values[] = {{"", 0}, {"x", 1}, {"a\0b\r\n\n", 6}, {"panelmux 1 ", 11}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct buf out = printed("list:a b", values[i]);
        struct str value = STR_NONE;
        int64_t put_ms = 0;
        assert_int_equal(redisvalue_parse(buf_str(&out), STR("list:a b"), &value, &put_ms),
                         REDISVALUE_GOOD);
        assert_non_null(value.ptr);
        assert_true(str_equal(value, values[i]));
        assert_true(put_ms == 1700000000123);
        assert_true(out.len - values[i].len <= REDISVALUE_HEAD_MAX);
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
        assert_int_not_equal(verdict_of(str_make(bytes, len), "name"), REDISVALUE_GOOD);
        free(bytes);
    }
    for (size_t i = 0; i < out.len; i++) {
        out.ptr[i] ^= 1;
        assert_int_not_equal(verdict_of(buf_str(&out), "name"), REDISVALUE_GOOD);
        out.ptr[i] ^= 1;
    }
    assert_int_equal(verdict_of(buf_str(&out), "name"), REDISVALUE_GOOD);
    assert_int_equal(verdict_of(buf_str(&out), "nam"), REDISVALUE_BROKEN);
    buf_fini(&out);
}

static void test_strangers(void **state)
{
    (void)state;
    assert_int_equal(verdict_of(STR(""), "n"), REDISVALUE_FOREIGN);
    assert_int_equal(verdict_of(STR("{\"version\":1}"), "n"), REDISVALUE_FOREIGN);
    assert_int_equal(verdict_of(STR("panelmux 0 x"), "n"), REDISVALUE_VERSION);
    assert_int_equal(verdict_of(STR("panelmux 12 x"), "n"), REDISVALUE_VERSION);
    assert_int_equal(verdict_of(STR("panelmux 1 x"), "n"), REDISVALUE_BROKEN);
}

static void test_errors(void **state)
{
    static const struct {
        const char *error, *word;
        enum redistrouble trouble;
    } cases[] = {
        {"OOM command not allowed when used memory > 'maxmemory'.", "OOM", REDISTROUBLE_FULL},
        {"READONLY You can't write against a read only replica.", "READONLY",
         REDISTROUBLE_READONLY},
        {"WRONGPASS invalid username-password pair", "WRONGPASS", REDISTROUBLE_DENIED},
        {"NOAUTH", "NOAUTH", REDISTROUBLE_DENIED},
        {"LOADING Redis is loading", "LOADING", REDISTROUBLE_LOADING},
        {"ERR invalid DB index", "ERR", REDISTROUBLE_OTHER},
        {"the password hunter2 is wrong", "", REDISTROUBLE_OTHER},
        {"HUNTERHUNTERHUNTERHUNTER x", "", REDISTROUBLE_OTHER},
        {"", "", REDISTROUBLE_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(redistrouble_of_error(str_of(cases[i].error)), cases[i].trouble);
        assert_true(str_is(redistrouble_name(str_of(cases[i].error)), cases[i].word));
    }
    for (int i = 0; i < REDISTROUBLE_COUNT; i++)
        assert_non_null(redistrouble_words((enum redistrouble)i));
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
