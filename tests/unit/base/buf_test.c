/* base/buf.h, base/arena.h, base/digest.h, base/clock.h, base/log.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"

static void has_a_ceiling(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 10);
    buf_add_text(&b, "12345");
    buf_add_text(&b, "123456");
    assert_true(b.is_over);
    assert_string_equal(b.ptr, "12345");
    buf_add_text(&b, "67890");
    assert_string_equal(b.ptr, "1234567890");
    buf_clear(&b);
    assert_false(b.is_over);
    assert_int_equal(b.len, 0);
    buf_printf(&b, "%d-%s", 42, "abc");
    assert_string_equal(b.ptr, "42-abc");
    buf_printf(&b, "%s", "too long");
    assert_true(b.is_over);
    char *taken = buf_take(&b);
    assert_string_equal(taken, "42-abc");
    assert_null(b.ptr);
    free(taken);
    buf_fini(&b);
}

static void writes_numbers(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 200);
    buf_add_u64(&b, 0);
    buf_add_byte(&b, ' ');
    buf_add_u64(&b, UINT64_MAX);
    buf_add_byte(&b, ' ');
    buf_add_i64(&b, INT64_MIN);
    assert_string_equal(b.ptr, "0 18446744073709551615 -9223372036854775808");
    buf_fini(&b);
}

static void writes_json(void **state)
{
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } cases[] = {
        {"", 0, "\"\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\n\r\t\x01", 4, "\"\\n\\r\\t\\u0001\""},
        {"\xc3\xa9", 2, "\"\xc3\xa9\""},
        {"a\xff"
         "b",
         3,
         "\"a\xEF\xBF\xBD"
         "b\""},
        {"\xe2\x82", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"a\0b", 3, "\"a\\u0000b\""},
        {"\x7f", 1, "\"\\u007f\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b;
        buf_init(&b, 100);
        buf_add_json(&b, str_make(cases[i].in, cases[i].len));
        assert_string_equal(b.ptr, cases[i].out);
        buf_fini(&b);
    }
}

static void encodes_forms(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 100);
    buf_add_urlencoded(&b, STR("a b&c=\xc3\xa9/~-_."));
    assert_string_equal(b.ptr, "a+b%26c%3D%C3%A9%2F~-_.");
    buf_fini(&b);
}

static void arena_keeps_all(void **state)
{
    struct arena a;
    char *texts[300];
    (void)state;
    arena_init(&a);
    for (int i = 0; i < 300; i++)
        texts[i] = arena_printf(&a, "text %d", i);
    char *large = arena_new(&a, 100000);
    memset(large, 1, 100000);
    assert_string_equal(texts[0], "text 0");
    assert_string_equal(texts[299], "text 299");
    assert_null(arena_str(&a, STR_NONE).ptr);
    assert_int_equal((uintptr_t)arena_new(&a, 1) % 16, 0);
    arena_fini(&a);
}

static void digests(void **state)
{
    struct digest d, parsed, other;
    char text[65], random[17], again[17];
    (void)state;
    d = digest_sha256(STR("abc"));
    digest_print(&d, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(digest_parse(str_of(text), &parsed) && digest_equal(&d, &parsed));
    assert_true(
        digest_parse(STR("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"),
                     &parsed) &&
        digest_equal(&d, &parsed));
    other = digest_sha256(STR("abd"));
    assert_false(digest_equal(&d, &other));
    assert_false(digest_parse(STR("ba78"), &parsed));
    text[5] = 'g';
    assert_false(digest_parse(str_of(text), &parsed));
    digest_random_hex(random, 16);
    digest_random_hex(again, 16);
    assert_int_equal(strlen(random), 16);
    assert_string_not_equal(random, again);
}

static void prints_moments(void **state)
{
    char text[25];
    (void)state;
    clock_print(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_print(INT64_C(1769860800123), text);
    assert_string_equal(text, "2026-01-31T12:00:00.123Z");
}

static void quotes_log_values(void **state)
{
    (void)state;
    assert_string_equal(log_value(STR("plain")).text, "plain");
    assert_string_equal(log_value(STR("")).text, "\"\"");
    assert_string_equal(log_value(STR("a b")).text, "\"a b\"");
    assert_string_equal(log_value(STR("a\nb\"")).text, "\"a\\x0ab\\\"\"");
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text);
    assert_true(strlen(log_value(str_make(long_text, sizeof long_text)).text) < 260);
}

static void sets_faults(void **state)
{
    struct fault why = {0};
    (void)state;
    assert_false(fault_set(&why, FAULT_LIMIT, "at most %d", 5));
    assert_int_equal(why.code, FAULT_LIMIT);
    assert_string_equal(why.message, "at most 5");
    assert_false(fault_set(NULL, FAULT_LIMIT, "nobody listens"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_ceiling),   cmocka_unit_test(writes_numbers),
        cmocka_unit_test(writes_json),     cmocka_unit_test(encodes_forms),
        cmocka_unit_test(arena_keeps_all), cmocka_unit_test(digests),
        cmocka_unit_test(prints_moments),  cmocka_unit_test(quotes_log_values),
        cmocka_unit_test(sets_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
