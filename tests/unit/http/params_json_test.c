/* JSON bodies, good and bad, as a table: digits kept, depth and sizes held, clear messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/http/params_checks.h"

struct json_case {
    const char *what, *body;
    struct expected expected[4];
    const char *fault;
};

static const struct json_case json_cases[] = {
    {"scalars",
     "{\"a\":\"x\",\"b\":12,\"c\":true,\"d\":false}",
     {{"a", "x"}, {"b", "12"}, {"c", "1"}, {"d", "0"}},
     NULL},
    {"null is absent", "{\"a\":null,\"b\":1}", {{"a", NULL}, {"b", "1"}}, NULL},
    {"digits are kept",
     "{\"a\":12.0,\"b\":1e3,\"c\":-0.10,\"d\":1E-05}",
     {{"a", "12.0"}, {"b", "1e3"}, {"c", "-0.10"}, {"d", "1E-05"}},
     NULL},
    {"three decimals are no thousands",
     "{\"a\":50.833,\"b\":1.000,\"c\":1.00,\"e\":\"1.000\"}",
     {{"a", "50.8330"}, {"b", "1.0000"}, {"c", "1.00"}, {"e", "1.000"}},
     NULL},
    {"beyond 64 bits",
     "{\"a\":123456789012345678901234567890,\"b\":1e999}",
     {{"a", "123456789012345678901234567890"}, {"b", "1e999"}},
     NULL},
    {"a number like a novel",
     "{\"a\":11111111111111111111111111111111111111111111111111111111111111111111}",
     {{0}},
     "digits"},
    {"numbers inside texts stay",
     "{\"a\":\"[1,2] \\\"3\\\" {4}\",\"b\":5}",
     {{"a", "[1,2] \"3\" {4}"}, {"b", "5"}},
     NULL},
    {"escapes", "{\"a\":\"\\u00fc\\n\\\\\"}", {{"a", "\xC3\xBC\n\\"}}, NULL},
    {"array of numbers", "{\"orders\":[1, 22,333]}", {{"orders", "1,22,333"}}, NULL},
    {"array of texts", "{\"orders\":[\"1\",\"2\"]}", {{"orders", "1,2"}}, NULL},
    {"array with null", "{\"orders\":[1,null,2]}", {{"orders", "1,2"}}, NULL},
    {"empty array of ids: there, and empty", "{\"orders\":[]}", {{"orders", ""}}, NULL},
    {"nulls alone", "{\"orders\":[null,null]}", {{"orders", ""}}, NULL},
    {"null for ids", "{\"order\":null}", {{"order", ""}}, NULL},
    {"an empty object of ids", "{\"orders\":{}}", {{"orders", ""}}, NULL},
    {"empty array of another name",
     "{\"runs\":[],\"comments\":[null]}",
     {{"runs", NULL}, {"comments", NULL}},
     NULL},
    {"array of links", "{\"link\":[\"a,b\",\"c\"]}", {{"link", "a,b\nc"}}, NULL},
    {"array of what is one number", "{\"quantity\":[1,200]}", {{"quantity", "1\n200"}}, NULL},
    {"PHP array of the same", "{\"runs\":{\"0\":1,\"1\":200}}", {{"runs", "1\n200"}}, NULL},
    {"array of comments", "{\"comments\":[\"a\",\"b\"]}", {{"comments", "a\nb"}}, NULL},
    {"PHP array with gaps", "{\"orders\":{\"0\":1,\"2\":3}}", {{"orders", "1,3"}}, NULL},
    {"array of arrays: there, and empty", "{\"orders\":[[1]]}", {{"orders", ""}}, NULL},
    {"array of objects: likewise", "{\"orders\":[{\"id\":1}]}", {{"orders", ""}}, NULL},
    {"name folded", "{\" Key \":\"k\"}", {{"key", "k"}}, NULL},
    {"name with brackets", "{\"orders[]\":\"1\"}", {{"orders", "1"}}, NULL},
    {"empty object", "{}", {{"key", NULL}}, NULL},
    {"blanks around", " \r\n\t{\"a\":1}\n ", {{"a", "1"}}, NULL},
    {"named twice", "{\"a\":1,\"a\":2}", {{0}}, "twice"},
    {"NUL", "{\"a\":\"x\\u0000y\"}", {{0}}, "NUL"},
    {"NUL in a name", "{\"a\\u0000\":1}", {{0}}, "NUL"},
    {"not closed", "{\"a\":1", {{0}}, "not well-formed"},
    {"text not closed", "{\"a\":\"b", {{0}}, "not well-formed"},
    {"ends in an escape", "{\"a\":\"b\\", {{0}}, "not well-formed"},
    {"something after it", "{\"a\":1} x", {{0}}, "not well-formed"},
    {"single quotes", "{'a':1}", {{0}}, "not well-formed"},
    {"leading zero", "{\"a\":012}", {{0}}, "number"},
    {"plus sign", "{\"a\":+1}", {{0}}, "not well-formed"},
    {"point without digits", "{\"a\":1.}", {{0}}, "number"},
    {"exponent without digits", "{\"a\":1e}", {{0}}, "number"},
    {"minus alone", "{\"a\":-}", {{0}}, "number"},
    {"hexadecimal", "{\"a\":0x10}", {{0}}, "number"},
    {"NaN", "{\"a\":NaN}", {{0}}, "not well-formed"},
    {"lone surrogate", "{\"a\":\"\\ud800\"}", {{0}}, "not well-formed"},
    {"ill-formed UTF-8", "{\"a\":\"\xC3(\"}", {{0}}, "UTF-8"},
    {"overlong UTF-8", "{\"a\":\"\xC0\xAF\"}", {{0}}, "UTF-8"},
    {"an array", "[1]", {{0}}, "object"},
    {"eight levels", "{\"a\":[[[[[[[]]]]]]]}", {{"a", ""}}, NULL},
    {"nine levels", "{\"a\":[[[[[[[[]]]]]]]]}", {{0}}, "deeper"},
    {"brackets in texts are no levels", "{\"a\":\"[[[[[[[[[[[[\"}", {{"a", "[[[[[[[[[[[["}}, NULL},
};

static void test_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(json_cases); i++) {
        const struct json_case *c = &json_cases[i];
        struct arena arena;
        struct params params = {.count = 0};
        struct fault why = {0};
        struct str body = exact(c->body, strlen(c->body));
        arena_init(&arena);
        bool ok = params_add_json(&params, body, &arena, &why);
        free((void *)(uintptr_t)body.ptr);
        check_fault(c->what, ok, &why, c->fault);
        if (ok)
            check_values(c->what, &params, c->expected, COUNT_OF(c->expected));
        arena_fini(&arena);
    }
}

static void test_json_fault_shows_no_key(void **state)
{
    struct arena arena;
    struct params params = {.count = 0};
    struct fault why = {0};
    (void)state;
    arena_init(&arena);
    assert_false(params_add_json(&params, STR("{\"key\":\"SECRET\" SECRET"), &arena, &why));
    assert_null(strstr(why.message, "SECRET"));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_fault_shows_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
