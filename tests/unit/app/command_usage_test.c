/* A line of usage, taken apart, and that people are told of every option. */
#include "app/command_usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

static const struct {
    const char *line, *words, *options; /* options: "!" behind one that takes a value */
    bool has_settings;
} cases[] = {
    {"serve", "serve", "", false},
    {"serve [-c FILE]", "serve", "-c!", false},
    {"client freeze|unfreeze NAME [-c FILE] [--json]", "client freeze|unfreeze", "-c! --json",
     false},
    {"order list [--in-doubt | --stuck] [--client NAME] [--json]", "order list",
     "--in-doubt --stuck --client! --json", false},
    {"order resolve ID --accepted UPSTREAM_ID [--force] | --next-offer | --refund", "order resolve",
     "--accepted! --force --next-offer --refund", false},
    {"provider pause NAME [--for 2h] [--reason TEXT]", "provider pause", "--for! --reason!", false},
    {"client add NAME [SETTINGS] [--label TEXT]", "client add", "--label!", true},
    {"client set NAME SETTINGS", "client set", "", true},
    {"explain SERVICE QUANTITY [--client NAME]", "explain", "--client!", false},
    {"x [--since TIME] [--csv | --json] [-c FILE]", "x", "--since! --csv --json -c!", false},
    {"", "", "", false},
};

static void check_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct command_usage usage;
        char words[200] = "", options[400] = "";
        command_usage_read(str_of(cases[i].line), &usage);
        for (size_t k = 0; k < usage.word_count; k++)
            snprintf(words + strlen(words), sizeof words - strlen(words), "%s" STR_FMT,
                     k ? " " : "", STR_ARG(usage.words[k]));
        for (size_t k = 0; k < usage.option_count; k++)
            snprintf(options + strlen(options), sizeof options - strlen(options), "%s" STR_FMT "%s",
                     k ? " " : "", STR_ARG(usage.options[k]), usage.has_value[k] ? "!" : "");
        assert_string_equal(words, cases[i].words);
        assert_string_equal(options, cases[i].options);
        assert_int_equal(usage.has_settings, cases[i].has_settings);
    }
}

static void check_many_options(void **state)
{
    struct command_usage usage;
    char line[2048] = "x";
    (void)state;
    for (size_t i = 0; i < USAGE_OPTIONS_MAX + 10; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), " [--o%zu]", i);
    command_usage_read(str_of(line), &usage);
    assert_int_equal(usage.option_count, USAGE_OPTIONS_MAX);
}

static void check_words(void **state)
{
    struct command_usage usage;
    (void)state;
    command_usage_read(STR("client freeze|unfreeze NAME"), &usage);
    assert_true(command_usage_has_word(&usage, 0, STR("client")));
    assert_true(command_usage_has_word(&usage, 1, STR("freeze")));
    assert_true(command_usage_has_word(&usage, 1, STR("unfreeze")));
    assert_false(command_usage_has_word(&usage, 1, STR("free")));
    assert_false(command_usage_has_word(&usage, 1, STR("freeze|unfreeze")));
    assert_false(command_usage_has_word(&usage, 2, STR("NAME")));
}

/* The longest that fits: --client of explain is another one than that of order list. */
static void check_descriptions(void **state)
{
    struct command_usage explain, list, other;
    (void)state;
    command_usage_read(STR("explain SERVICE QUANTITY [--client NAME] [--json]"), &explain);
    command_usage_read(STR("order list [--client NAME]"), &list);
    command_usage_read(STR("nothing [--client NAME]"), &other);
    assert_string_equal(command_usage_describe(&explain, STR("--client"))->of, "explain");
    assert_string_equal(command_usage_describe(&list, STR("--client"))->of, "order list");
    assert_null(command_usage_describe(&other, STR("--client")));
    assert_string_equal(command_usage_describe(&explain, STR("--json"))->of, "");
    assert_null(command_usage_describe(&explain, STR("--jso")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_lines),
        cmocka_unit_test(check_many_options),
        cmocka_unit_test(check_words),
        cmocka_unit_test(check_descriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
