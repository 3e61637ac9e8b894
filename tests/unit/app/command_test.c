/* How the arguments of a command are read. */
#include "app/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct command_case {
    const char *arguments[8];
    bool is_good;
    const char *config, *client, *first;
    bool is_json, is_doubt;
    size_t word_count;
};

static const struct command_case cases[] = {
    {{"list"}, true, NULL, NULL, "list", false, false, 1},
    {{"-c", "a.yaml", "list"}, true, "a.yaml", NULL, "list", false, false, 1},
    {{"list", "--json", "-c", "a"}, true, "a", NULL, "list", true, false, 1},
    {{"list", "--client", "shop"}, true, NULL, "shop", "list", false, false, 1},
    {{"list", "--client=shop"}, true, NULL, "shop", "list", false, false, 1},
    {{"list", "--client="}, true, NULL, "", "list", false, false, 1},
    {{"list", "--client", "--json"}, true, NULL, "--json", "list", false, false, 1},
    {{"--in-doubt", "list"}, true, NULL, NULL, "list", false, true, 1},
    {{"--", "--json"}, true, NULL, NULL, "--json", false, false, 1},
    {{"-"}, true, NULL, NULL, "-", false, false, 1},
    {{"list", "--client"}, false, NULL, NULL, NULL, false, false, 0},
    {{"list", "-c"}, false, NULL, NULL, NULL, false, false, 0},
    {{"list", "--jsn"}, false, NULL, NULL, NULL, false, false, 0},
    {{"list", "--json=1"}, false, NULL, NULL, NULL, false, false, 0},
    {{"list", "--clien", "shop"}, false, NULL, NULL, NULL, false, false, 0}, /* names in full */
    {{"list", "--js"}, false, NULL, NULL, NULL, false, false, 0},
    {{"list", "--js=1"}, false, NULL, NULL, NULL, false, false, 0},
    {{"list", "-json"}, false, NULL, NULL, NULL, false, false, 0},
    {{"-c=a.yaml", "list"}, true, "a.yaml", NULL, "list", false, false, 1},
    {{"list", "-ca.yaml"}, true, "a.yaml", NULL, "list", false, false, 1},
    {{"-c", "=a", "list"}, true, "=a", NULL, "list", false, false, 1},
    {{"list", "--client", "-5", "--", "-c"}, true, NULL, "-5", "list", false, false, 2},
    {{"list", "-x"}, false, NULL, NULL, NULL, false, false, 0},
};

static void check_text(const char *found, const char *expected)
{
    if (expected)
        assert_string_equal(found, expected);
    else
        assert_null(found);
}

static void test_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct command_case *c = &cases[i];
        char name[] = "order";
        char *argv[10] = {name};
        int argc = 1;
        const char *client = NULL;
        bool is_doubt = false;
        const struct command_option own[] = {{"--client", NULL, &client},
                                             {"--in-doubt", &is_doubt, NULL}};
        struct command_options options;
        for (size_t w = 0; w < COUNT_OF(c->arguments) && c->arguments[w]; w++)
            argv[argc++] = (char *)(uintptr_t)c->arguments[w];
        assert_int_equal(command_parse(argc, argv, own, COUNT_OF(own), &options), c->is_good);
        if (!c->is_good)
            continue;
        check_text(options.config, c->config);
        check_text(client, c->client);
        check_text(options.arguments[0], c->first);
        assert_int_equal(options.is_json, c->is_json);
        assert_int_equal(is_doubt, c->is_doubt);
        assert_int_equal(options.argument_count, c->word_count);
    }
}

static void test_too_many_words(void **state)
{
    (void)state;
    char word[] = "word";
    char *argv[COMMAND_ARGUMENTS_MAX + 2];
    struct command_options options;
    for (size_t i = 0; i < COUNT_OF(argv); i++)
        argv[i] = word;
    assert_true(command_parse(COMMAND_ARGUMENTS_MAX + 1, argv, NULL, 0, &options));
    assert_false(command_parse(COMMAND_ARGUMENTS_MAX + 2, argv, NULL, 0, &options));
}

static void test_count(void **state)
{
    (void)state;
    const struct command_options none = {.arguments = {"show"}, .argument_count = 1};
    const struct command_options one = {.arguments = {"show", "1"}, .argument_count = 2};
    assert_true(command_check_count(&none, 0, 0));
    assert_false(command_check_count(&none, 1, 1));
    assert_true(command_check_count(&one, 1, 1));
    assert_false(command_check_count(&one, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_options),
                                       cmocka_unit_test(test_too_many_words),
                                       cmocka_unit_test(test_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
