/* What of a panel's words is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "providers/paneltext.h"

static void test_redact(void **state)
{
    static const struct {
        const char *key, *text, *expected;
    } cases[] = {
        {"abcdef123", "bad key abcdef123.", "bad key [redacted]."},
        {"abcdef123", "ABCDEF123abcdef123", "[redacted][redacted]"},
        {"a+b/c=d", "key=a%2Bb%2Fc%3Dd&x", "key=[redacted]&x"},
        {"a+b/c=d", "key=a%2bb%2fc%3dd", "key=[redacted]"},
        {"ab", "cabin ab; ab", "cabin [redacted]; [redacted]"},
        {"", "nothing", "nothing"},
        {NULL, "nothing", "nothing"},
        {"abcdef123", "two\r\nlines\tand \x01 more", "two  lines and   more"},
        {"abcdef123", "broken \xe9 byte", "broken ? byte"},
        {"abcdef123", "", ""},
    };
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str got = paneltext_redact(cases[i].key, str_of(cases[i].text), &arena);
        if (!str_is(got, cases[i].expected))
            fail_msg("\"%s\": \"" STR_FMT "\"", cases[i].text, STR_ARG(got));
    }
    arena_fini(&arena);
}

static void test_ceiling(void **state)
{
    static char text[40000];
    struct arena arena;
    (void)state;
    arena_init(&arena);
    /* The key where the cut would be, and characters of two bytes on the ceiling. */
    memset(text, 'x', sizeof text - 1);
    memcpy(text + PANELTEXT_MAX - 4, "abcdef123", 9);
    struct str got = paneltext_redact("abcdef123", str_of(text), &arena);
    assert_true(got.len <= PANELTEXT_MAX);
    assert_int_equal(str_find(got, STR("abcd")), SIZE_MAX);
    for (size_t i = 1; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    got = paneltext_redact("abcdef123", str_of(text), &arena);
    assert_true(got.len >= PANELTEXT_MAX - 1);
    assert_true(str_is_utf8(got));
    for (size_t i = 0; i + 10 < sizeof text; i += 10)
        memcpy(text + i, "abcdef123 ", 10);
    got = paneltext_redact("abcdef123", str_of(text), &arena);
    assert_int_equal(str_find(got, STR("abcd")), SIZE_MAX);
    arena_fini(&arena);
}

static void test_fold(void **state)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"  Not  Enough\tFunds... ", "not enough funds"},
        {"BAKİYENİZ YETERSİZ!", "bakiyeniz yetersiz"},
        {"Bakiyeniz yetersız", "bakiyeniz yetersiz"},
        {"Số Dư KHÔNG ĐỦ", "so du khong du"},
        {"So\xCC\x82\xCC\x81 du\xCC\x9B", "so du"}, /* decomposed */
        {"Недостаточно Средств", "недостаточно средств"},
        {"neworder.error.min_quantity", "neworder.error.min quantity"},
        {"a*b*", "a*b*"},
        {"\xC2\xA0x\xE2\x80\x8By", "xy"},
        {"don\xE2\x80\x99t", "don't"},
        {"bad \xff byte", "bad \xEF\xBF\xBD byte"},
        {"", ""},
        {"...", ""},
    };
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str got = paneltext_fold(str_of(cases[i].text), &arena);
        if (!str_is(got, cases[i].folded))
            fail_msg("\"%s\": \"" STR_FMT "\"", cases[i].text, STR_ARG(got));
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redact),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_fold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
