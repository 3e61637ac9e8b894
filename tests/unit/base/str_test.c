/* base/str.h as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/str.h"

static void trims_what_nobody_sees(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {" a b ", "a b"},
        {"\xEF\xBB\xBF"
         "key",
         "key"},
        {"\xE2\x80\x8E"
         "link\xE2\x80\x8B",
         "link"},
        {"\xC2\xA0\xE2\x81\xA6@name\xE2\x81\xA9 \xE3\x80\x80", "@name"},
        {"\xE2\x80\xAA\xE2\x80\xAC", ""},
        {"a\xE2\x80\x8B"
         "b",
         "a\xE2\x80\x8B"
         "b"},                                                    /* inside it may mean something */
        {"\xE2\x9D\xA4\xEF\xB8\x8F", "\xE2\x9D\xA4\xEF\xB8\x8F"}, /* a heart's variation selector */
        {"\xC3\xA9t\xC3\xA9", "\xC3\xA9t\xC3\xA9"},
        {"\x80\x8B", "\x80\x8B"}, /* no UTF-8: left alone */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(str_is(str_trim_unseen(str_of(cases[i].in)), cases[i].out));
}

static void trims(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"", ""}, {" a ", "a"}, {"\r\n\ta b\v\f", "a b"}, {"   ", ""}, {"a", "a"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(str_is(str_trim(str_of(cases[i].in)), cases[i].out));
}

static void splits(void **state)
{
    static const struct {
        const char *in;
        size_t pieces;
        const char *last;
    } cases[] = {{"", 1, ""}, {"a", 1, "a"}, {"a,b", 2, "b"}, {"a,", 2, ""}, {",,", 3, ""}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rest = str_of(cases[i].in), piece = STR_NONE;
        size_t pieces = 0;
        while (str_next(&rest, ',', &piece))
            pieces++;
        assert_int_equal(pieces, cases[i].pieces);
        assert_true(str_is(piece, cases[i].last));
    }
    struct str none = STR_NONE, piece;
    assert_false(str_next(&none, ',', &piece));
}

static void reads_numbers(void **state)
{
    static const struct {
        const char *in;
        bool is_u64, is_i64;
        int64_t value;
    } cases[] = {
        {"0", true, true, 0},
        {"42", true, true, 42},
        {"-42", false, true, -42},
        {"9223372036854775807", true, true, INT64_MAX},
        {"9223372036854775808", true, false, 0},
        {"18446744073709551616", false, false, 0},
        {"", false, false, 0},
        {"-", false, false, 0},
        {"+1", false, false, 0},
        {"1 ", false, false, 0},
        {"1.0", false, false, 0},
        {"0x1", false, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t u = 7;
        int64_t s = 7;
        assert_int_equal(str_to_u64(str_of(cases[i].in), &u), cases[i].is_u64);
        assert_int_equal(str_to_i64(str_of(cases[i].in), &s), cases[i].is_i64);
        assert_int_equal(s, cases[i].is_i64 ? cases[i].value : 7);
        if (cases[i].is_u64 && cases[i].is_i64)
            assert_int_equal(u, cases[i].value);
    }
}

static void matches_patterns(void **state)
{
    static const struct {
        const char *text, *pattern;
        bool is_match;
    } cases[] = {
        {"Views fast", "views*", true},
        {"fast views", "views*", false},
        {"abc", "*", true},
        {"", "*", true},
        {"", "", true},
        {"a", "", false},
        {"aXbXc", "a*b*c", true},
        {"aXbX", "a*b*c", false},
        {"mississippi", "*iss*ppi", true},
        {"mississippi", "*isx*", false},
        {"abc", "abc", true},
        {"abc", "ab", false},
        {"abc", "abc*", true},
        {"aaa", "a*a*a*a", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(str_matches(str_of(cases[i].text), str_of(cases[i].pattern)),
                         cases[i].is_match);
}

static void knows_utf8(void **state)
{
    static const struct {
        const char *in;
        bool is_utf8;
    } cases[] = {
        {"plain", true},
        {"\xc3\xa9", true},
        {"\xf0\x9f\x94\xa5", true},
        {"\xc3", false},
        {"\xc0\x80", false},
        {"\xed\xa0\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\x80", false},
        {"\xe0\x80\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"a\xe2\x82\xac"
         "b",
         true},
        {"\xe2\x82", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(str_is_utf8(str_of(cases[i].in)), cases[i].is_utf8);
}

static void finds(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
    assert_int_equal(str_find(STR("abc"), STR("x")), SIZE_MAX);
    assert_int_equal(str_find(STR("ab"), STR("abc")), SIZE_MAX);
    assert_int_equal(str_find_folded(STR("Invalid API Key"), STR("api key")), 8);
    assert_int_equal(str_find_byte(STR(""), 'a'), SIZE_MAX);
    assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
    assert_true(str_equal_folded(STR("AbZ"), STR("aBz")) && !str_equal_folded(STR("a"), STR("b")));
    assert_true(str_compare(STR("a"), STR("ab")) < 0 && str_compare(STR("b"), STR("ab")) > 0);
    assert_int_equal(str_compare(STR("ab"), STR("ab")), 0);
}

static void measures_distance(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {{"listen", "listen", 0},
                 {"lisen", "listen", 1},
                 {"kitten", "sitting", 3},
                 {"", "abc", 3},
                 {"abc", "xyzuvw", 4}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(str_distance(str_of(cases[i].a), str_of(cases[i].b), 4),
                         cases[i].distance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trims),
        cmocka_unit_test(trims_what_nobody_sees),
        cmocka_unit_test(splits),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(matches_patterns),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(finds),
        cmocka_unit_test(measures_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
