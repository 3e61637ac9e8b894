/* Each scalar kind: texts and what they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "settings/rows.h"

static const struct setting_row free_row = {.key = "k"};
static const struct setting_row bounded = {.key = "k", .min = 2, .max = 8};

static const struct {
    const struct setting_kind *kind;
    const struct setting_row *row;
    const char *text;
    int64_t expected;    /* -1: refused */
    const char *message; /* of the refusal; NULL: it just is not of that kind */
} numbers[] = {
    {&kind_integer, &free_row, "0", 0, NULL},
    {&kind_integer, &free_row, "9223372036854775807", INT64_MAX, NULL},
    {&kind_integer, &free_row, "9223372036854775808", -1, NULL},
    {&kind_integer, &free_row, "1.0", -1, NULL},
    {&kind_integer, &free_row, "+1", -1, NULL},
    {&kind_integer, &free_row, "0x10", -1, NULL},
    {&kind_integer, &free_row, " 1", -1, NULL},
    {&kind_integer, &free_row, "", -1, NULL},
    {&kind_integer, &bounded, "2", 2, NULL},
    {&kind_integer, &bounded, "8", 8, NULL},
    {&kind_integer, &bounded, "1", -1, "is out of range; 2 to 8 is right"},
    {&kind_integer, &bounded, "9", -1, "is out of range; 2 to 8 is right"},
    {&kind_integer, &bounded, "-3", -1, "is out of range; 2 to 8 is right"},
    {&kind_duration, &free_row, "1ms", 1, NULL},
    {&kind_duration, &free_row, "1500ms", 1500, NULL},
    {&kind_duration, &free_row, "15s", 15000, NULL},
    {&kind_duration, &free_row, "15 s", 15000, NULL},
    {&kind_duration, &free_row, "10m", 600000, NULL},
    {&kind_duration, &free_row, "2h", 7200000, NULL},
    {&kind_duration, &free_row, "1d", 86400000, NULL},
    {&kind_duration, &free_row, "3650d", INT64_C(315360000000), NULL},
    {&kind_duration, &free_row, "3651d", -1, "is too long; at most 315360000s"},
    {&kind_duration, &free_row, "0s", -1, "is too short; at least 1ms"},
    {&kind_duration, &free_row, "15", -1, NULL},
    {&kind_duration, &free_row, "s", -1, NULL},
    {&kind_duration, &free_row, "1.5s", -1, NULL},
    {&kind_duration, &free_row, "-1s", -1, NULL},
    {&kind_duration, &free_row, "1w", -1, NULL},
    {&kind_duration, &free_row, "9223372036854775807d", -1, NULL},
    {&kind_size, &free_row, "17", 17, NULL},
    {&kind_size, &free_row, "17B", 17, NULL},
    {&kind_size, &free_row, "1KiB", 1024, NULL},
    {&kind_size, &free_row, "1MiB", 1 << 20, NULL},
    {&kind_size, &free_row, "2GiB", INT64_C(2) << 30, NULL},
    {&kind_size, &free_row, "1kB", 1000, NULL},
    {&kind_size, &free_row, "1MB", 1000000, NULL},
    {&kind_size, &free_row, "1TiB", -1, NULL},
    {&kind_size, &bounded, "9B", -1, "is out of range; 2 to 8 is right"},
};

static void check_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct fault why = {0};
        int64_t value = -7;
        bool is_ok = numbers[i].kind->parse(str_of(numbers[i].text), numbers[i].row, &value, &why);
        if (is_ok != (numbers[i].expected >= 0) || (is_ok && value != numbers[i].expected))
            fail_msg("%s: %d %lld", numbers[i].text, is_ok, (long long)value);
        if (!is_ok)
            assert_int_equal(value, -7);
        assert_string_equal(why.message, numbers[i].message ? numbers[i].message : "");
    }
}

static void check_unsigned(void **state)
{
    (void)state;
    struct fault why = {0};
    unsigned value = 5;
    assert_true(kind_unsigned.parse(STR("4294967295"), &free_row, &value, &why));
    assert_int_equal(value, 4294967295u);
    assert_false(kind_unsigned.parse(STR("4294967296"), &free_row, &value, &why));
    assert_false(kind_unsigned.parse(STR("-1"), &free_row, &value, &why));
}

static const struct {
    const char *text;
    double expected; /* < 0: refused */
} rates[] = {
    {"10/s", 10}, {"300/m", 5},   {"3600/h", 1}, {"0.5/s", 0.5},   {"1.125/s", 1.125},
    {"none", 0},  {"10 / s", 10}, {"10", -1},    {"/s", -1},       {"0/s", -1},
    {"-1/s", -1}, {"1/d", -1},    {"1./s", -1},  {"1.0001/s", -1}, {"1e3/s", -1},
    {"", -1},     {"1.-5/s", -1}, {"s", -1},
};

static void check_rates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct fault why = {0};
        double value = -7;
        bool is_ok = kind_rate.parse(str_of(rates[i].text), &free_row, &value, &why);
        if (is_ok != (rates[i].expected >= 0) ||
            (is_ok && (value < rates[i].expected || value > rates[i].expected)))
            fail_msg("%s: %d %f", rates[i].text, is_ok, value);
    }
}

static void check_bools(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int expected;
    } cases[] = {{"true", 1}, {"True", 1}, {"yes", 1}, {"on", 1}, {"false", 0},
                 {"no", 0},   {"OFF", 0},  {"1", -1},  {"", -1},  {"maybe", -1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool value = cases[i].expected == 0;
        struct fault why = {0};
        bool is_ok = kind_bool.parse(str_of(cases[i].text), &free_row, &value, &why);
        assert_int_equal(is_ok, cases[i].expected >= 0);
        if (is_ok)
            assert_int_equal(value, cases[i].expected);
    }
}

static void check_texts(void **state)
{
    (void)state;
    char long_name[66];
    memset(long_name, 'n', sizeof long_name);
    long_name[65] = '\0';
    const struct {
        const struct setting_kind *kind;
        const char *text;
        bool is_ok;
        const char *message;
    } cases[] = {
        {&kind_text, "any text, ü", true, ""},
        {&kind_text, "", false, "must not be empty; write at least one character"},
        {&kind_text, "two\nlines", false,
         "holds a line end or another control character; write one line"},
        {&kind_secret, "", false, "must not be empty; write at least one character"},
        {&kind_name, "Shop-1_a.b", true, ""},
        {&kind_name, long_name + 1, true, ""},
        {&kind_name, long_name, false, ""},
        {&kind_name, "", false, ""},
        {&kind_name, "a b", false, ""},
        {&kind_name, "ü", false, ""},
        {&kind_file, TESTS_DIRECTORY "/README.md", true, ""},
        {&kind_file, "/dev/null", false,
         "cannot be read: it is not a regular file; check its path and rights"},
        {&kind_file, "/tmp", false, "cannot be read: Is a directory; check its path and rights"},
        {&kind_file, "/nonexistent", false,
         "cannot be read: No such file or directory; check its path and rights"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *value = NULL;
        struct fault why = {0};
        bool is_ok = cases[i].kind->parse(str_of(cases[i].text), &free_row, &value, &why);
        assert_int_equal(is_ok, cases[i].is_ok);
        assert_string_equal(why.message, cases[i].message);
        if (is_ok)
            assert_string_equal(value, cases[i].text);
        free(value);
    }
}

static void check_choices(void **state)
{
    (void)state;
    static const struct setting_choice choices[] = {{.word = "priority", .value = 3},
                                                    {.word = "cheapest", .value = 4},
                                                    {.word = "auction", .value = 5, .is_due = true},
                                                    {.word = NULL}};
    static const struct setting_row row = {.key = "routing", .choices = choices};
    static const struct {
        const char *text;
        int expected;
        const char *message;
    } cases[] = {
        {"priority", 3, ""},
        {"Cheapest", 4, ""},
        {"auction", -1, "is not built yet; for now there is `priority`"},
        {"cheepest", -1, "is none of the choices; did you mean `cheapest`?"},
        {"zzzzzzzzzz", -1, "is none of the choices; there is: priority, cheapest"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fault why = {0};
        unsigned value = 9;
        bool is_ok = kind_choice.parse(str_of(cases[i].text), &row, &value, &why);
        assert_int_equal(is_ok ? (int)value : -1, cases[i].expected);
        assert_string_equal(why.message, cases[i].message);
    }
    bool flag = false;
    struct fault why = {0};
    assert_true(kind_choice_bool.parse(STR("priority"), &row, &flag, &why));
    assert_true(flag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_numbers), cmocka_unit_test(check_unsigned),
        cmocka_unit_test(check_rates),   cmocka_unit_test(check_bools),
        cmocka_unit_test(check_texts),   cmocka_unit_test(check_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
