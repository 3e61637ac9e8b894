/* Names as real lists have them. */
#include "world.h"

#include "catalogue/cleantext.h"

static void test_make(void **state)
{
    static const struct {
        const char *raw, *clean;
    } cases[] = {
        {"Followers", "Followers"},
        {"  two \t words\r\n", "two words"},
        {"Tom &amp; Jerry &#039;s &quot;x&quot;", "Tom & Jerry 's \"x\""},
        {"&#x1F525;fire &#128293;", "\xF0\x9F\x94\xA5"
                                    "fire \xF0\x9F\x94\xA5"},
        {"<b>Bold</b><br/>text", "Bold text"},
        {"&lt;script&gt;alert(1)&lt;/script&gt;x", "alert(1) x"},
        {"open <script", "open script"},
        {"I <3 it, 1 < 2", "I <3 it, 1 < 2"},
        {"&nbsp;a&nbsp;b", "a b"},
        {"&unknown; &", "&unknown; &"},
        {"&#0;&#xD800;", "&#0;&#xD800;"},
        {"bad \xFF\xC3 byte", "bad byte"},
        {"cut \xF0\x9F\x94", "cut"},
        {"over\xC0\xAFlong", "overlong"},
        {"c1\xC2\x80mark\xEF\xBB\xBF", "c1 mark"},
        {"bell\x07x", "bell x"},
        {"", ""},
        {" \r\n ", ""},
    };
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str clean = cleantext_make(&arena, str_of(cases[i].raw));
        if (!str_is(clean, cases[i].clean))
            fail_msg("\"%s\": \"" STR_FMT "\"", cases[i].raw, STR_ARG(clean));
    }
    assert_true(str_is(cleantext_make(&arena, STR_NONE), ""));
    arena_fini(&arena);
}

static void test_cut(void **state)
{
    char raw[5000];
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i + 4 <= sizeof raw; i += 4)
        memcpy(raw + i, "\xF0\x9F\x94\xA5", 4);
    struct str clean = cleantext_make(&arena, str_make(raw, sizeof raw));
    assert_int_equal(clean.len, CLEANTEXT_MAX);
    assert_true(str_is_utf8(clean));
    clean = cleantext_make(&arena, str_make(raw + 1, sizeof raw - 1));
    assert_true(clean.len <= CLEANTEXT_MAX && str_is_utf8(clean));
    memset(raw, 'a', sizeof raw);
    memcpy(raw + CLEANTEXT_MAX - 1, "\xC3\xA9", 2);
    assert_int_equal(cleantext_make(&arena, str_make(raw, sizeof raw)).len, CLEANTEXT_MAX - 1);
    arena_fini(&arena);
}

static void test_decoration(void **state)
{
    static const struct {
        const char *name;
        bool is_decoration;
    } cases[] = {
        {"/-----/", true},
        {"", true},
        {"=== *** ===", true},
        {"\xE2\xAD\x90\xE2\xAD\x90", true},                          /* stars */
        {"\xF0\x9F\x94\xA5 \xF0\x9F\x87\xBA\xF0\x9F\x87\xB8", true}, /* fire, flag */
        {"\xE2\x94\x80\xE2\x94\x80", true},                          /* box drawing */
        {"---- 1 ----", false},
        {"Likes", false},
        {"\xD0\x9B\xD0\xB0\xD0\xB9\xD0\xBA\xD0\xB8", false},         /* Cyrillic */
        {"\xF0\x9D\x97\xA9\xF0\x9D\x97\x9C\xF0\x9D\x97\xA3", false}, /* mathematical bold */
        {"\xE5\x96\x9C\xE6\xAC\xA2", false},                         /* Han */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (cleantext_is_decoration(str_of(cases[i].name)) != cases[i].is_decoration)
            fail_msg("\"%s\"", cases[i].name);
}

static void test_framed(void **state)
{
    static const struct {
        const char *name;
        bool is_framed;
    } cases[] = {
        {"=== NEW SERVICES ===", true},
        {"------------- 15 Day Packages -------------", true},
        {"- Likes -", true},
        {"| Likes |", true},
        {">>> Cheap <<<", true},
        {"[=== VIP ===]", true},
        {"= = NEW = =", true},
        {"\xE2\x98\x85\xE2\x98\x85 VIP \xE2\x98\x85\xE2\x98\x85", true}, /* two stars */
        {"\xE2\x94\x81 VIP \xE2\x94\x81", true},                         /* box drawing */
        {"\xE2\x9E\x96 VIP \xE2\x9E\x96", true},                         /* heavy minus */
        {"\xE2\x86\x93 VIP \xE2\x86\x93", true},                         /* arrow */
        {"\xF0\x9F\x94\xA5 VIP \xF0\x9F\x94\xA5", false},                /* one fire each */
        {"\xE2\xAD\x90 Best Likes \xE2\xAD\x90", false},
        {"[VIP] Likes [30 Days]", false},
        {"(HQ) \"Likes\"!!", false},
        {"\xE3\x80\x90VIP\xE3\x80\x91 Likes \xE3\x80\x90R30\xE3\x80\x91", false},
        {"=== NEW", false},
        {"NEW ===", false},
        {"Likes - fast - cheap", false},
        {"======", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (cleantext_is_framed(str_of(cases[i].name)) != cases[i].is_framed)
            fail_msg("\"%s\"", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_make), cmocka_unit_test(test_cut),
                                       cmocka_unit_test(test_decoration),
                                       cmocka_unit_test(test_framed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
