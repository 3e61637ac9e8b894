/* Every way clients send parameters (form, query, multipart, and which of them it is), good and
 * bad, as tables; JSON in depth has a file of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "http/params.h"
#include "unit/http/params_checks.h"

struct decode_case {
    const char *what;
    const char *content_type; /* NULL: none */
    const char *body, *query;
    size_t body_len; /* 0: strlen */
    struct expected expected[6];
    const char *fault; /* part of its message; NULL: no fault */
};

#define MULTIPART "multipart/form-data; boundary=XyZ"
#define FORM "application/x-www-form-urlencoded"

static const struct decode_case decode_cases[] = {
    {.what = "official PHP class",
     .content_type = FORM,
     .body =
         "key=abc&action=add&service=1&link=https%3A%2F%2Fx.example%2Fp%3Fa%3D1%26b&quantity=10",
     .expected = {{"key", "abc"},
                  {"action", "add"},
                  {"link", "https://x.example/p?a=1&b"},
                  {"quantity", "10"},
                  {"order", NULL}}},
    {.what = "plus and percent",
     .content_type = FORM,
     .body = "a=x+y%20z%2B&b=%C3%BC",
     .expected = {{"a", "x y z+"}, {"b", "\xC3\xBC"}}},
    {.what = "names folded and trimmed",
     .content_type = FORM,
     .body = "+Key+=k&ACTION=Add",
     .expected = {{"key", "k"}, {"action", "Add"}}},
    {.what = "encoded name", .content_type = FORM, .body = "%6Bey=k", .expected = {{"key", "k"}}},
    {.what = "no equals sign",
     .content_type = FORM,
     .body = "key=k&flag&x=",
     .expected = {{"flag", ""}, {"x", ""}, {"key", "k"}}},
    {.what = "empty pairs and names",
     .content_type = FORM,
     .body = "&&=v&key=k&",
     .expected = {{"key", "k"}, {"", NULL}}},
    {.what = "value with equals signs",
     .content_type = FORM,
     .body = "link=a=b==",
     .expected = {{"link", "a=b=="}}},
    {.what = "bad percent stays",
     .content_type = FORM,
     .body = "a=100%&b=%zz&c=%4&d=%",
     .expected = {{"a", "100%"}, {"b", "%zz"}, {"c", "%4"}, {"d", "%"}}},
    {.what = "NUL in value", .content_type = FORM, .body = "key=a%00b", .fault = "NUL"},
    {.what = "NUL in name", .content_type = FORM, .body = "k%00ey=a", .fault = "NUL"},
    {.what = "raw NUL", .content_type = FORM, .body = "key=a\0b", .body_len = 7, .fault = "NUL"},
    {.what = "the last scalar wins",
     .content_type = FORM,
     .body = "a=1&a=2&A=3",
     .expected = {{"a", "3"}}},
    {.what = "body wins over query",
     .content_type = FORM,
     .body = "a=1",
     .query = "a=2&b=3&b=4",
     .expected = {{"a", "1"}, {"b", "4"}}},
    {.what = "an empty value in the body wins too",
     .content_type = FORM,
     .body = "a=",
     .query = "a=2",
     .expected = {{"a", ""}}},
    {.what = "all in the query",
     .query = "key=k&action=status&order=1",
     .expected = {{"key", "k"}, {"order", "1"}}},
    {.what = "raw link in the query",
     .query = "key=k&action=add&link=https://x.example/watch?v=1&t=5&quantity=7",
     .expected = {{"link", "https://x.example/watch?v=1"}, {"t", "5"}, {"quantity", "7"}}},
    {.what = "orders[]",
     .content_type = FORM,
     .body = "orders[]=1&orders[]=22&orders[]=333",
     .expected = {{"orders", "1,22,333"}}},
    {.what = "orders%5B0%5D",
     .content_type = FORM,
     .body = "orders%5B0%5D=1&orders%5B1%5D=2",
     .expected = {{"orders", "1,2"}}},
    {.what = "orders[0]",
     .content_type = FORM,
     .body = "orders[0]=1&x=y&orders[7]=2",
     .expected = {{"orders", "1,2"}, {"x", "y"}}},
    {.what = "comments[] by line",
     .content_type = FORM,
     .body = "comments[]=a,b&comments[]=c",
     .expected = {{"comments", "a,b\nc"}}},
    {.what = "link[] by line",
     .content_type = FORM,
     .body = "link[]=a&link[]=b",
     .expected = {{"link", "a\nb"}}},
    {.what = "array after scalar",
     .content_type = FORM,
     .body = "orders=9&orders[]=1&orders[]=2",
     .expected = {{"orders", "9,1,2"}}},
    {.what = "scalar after array",
     .content_type = FORM,
     .body = "orders[]=1&orders[]=2&orders=9",
     .expected = {{"orders", "1,2,9"}}},
    {.what = "a repeated name is a list where its parameter is one",
     .content_type = FORM,
     .body = "orders=1&key=k&orders=2&comments=a,b&comments=c&refill=7&refill=8&Comments=c",
     .expected = {{"orders", "1,2"}, {"comments", "a,b\nc\nc"}, {"refill", "7,8"}, {"key", "k"}}},
    {.what = "spellings of comments by line",
     .content_type = FORM,
     .body = "custom_comments[]=a,b&custom_comments[]=c&customComments=d&customComments=e",
     .expected = {{"custom_comments", "a,b\nc"}, {"customcomments", "d\ne"}}},
    {.what = "repeated links are no single link",
     .content_type = FORM,
     .body = "link=a&link=b",
     .expected = {{"link", "a\nb"}}},
    {.what = "repeated in the query, beside the body's own",
     .content_type = FORM,
     .body = "orders=1",
     .query = "orders=2&orders=3&refills=4&refills=5",
     .expected = {{"orders", "1"}, {"refills", "4,5"}}},
    {.what = "a printed list of numbers",
     .content_type = FORM,
     .body = "orders=[1,+2,3]&refills=%5B%20%274%27%2C+%225%22+%5D",
     .expected = {{"orders", "1,2,3"}, {"refills", "4,5"}}},
    {.what = "a printed list of one, and of none",
     .content_type = FORM,
     .body = "orders=[12]&refills=[]&usernames=[ann,+bob]",
     .expected = {{"orders", "12"}, {"refills", "[]"}, {"usernames", "ann,bob"}}},
    {.what = "tuples and sets of numbers",
     .content_type = FORM,
     .body = "orders=(1,+2)&refills={3,4}&ids=[u'5',+u\"6\"]&order=(7,)",
     .expected = {{"orders", "1,2"}, {"refills", "3,4"}, {"ids", "5,6"}, {"order", "7"}}},
    {.what = "words in such brackets are words",
     .content_type = FORM,
     .body = "usernames=(ann)&keywords=(a,+b)&comments=(1,+2)&hashtags={x}&orders=(1,+2",
     .expected = {{"usernames", "(ann)"},
                  {"keywords", "(a, b)"},
                  {"comments", "(1, 2)"},
                  {"hashtags", "{x}"},
                  {"orders", "(1, 2"}}},
    {.what = "a printed list of comments",
     .content_type = FORM,
     .body = "comments=['it\\'s, good', \"two\"]&custom_comments=[\"caf\\u00e9\",\"b\"]",
     .expected = {{"comments", "it's, good\ntwo"}, {"custom_comments", "caf\xC3\xA9\nb"}}},
    {.what = "a comment in brackets is one",
     .content_type = FORM,
     .body = "comments=[nice]&usernames=[a]]&hashtags=[a,,b]&keywords=['a&groups=['a'b]",
     .expected = {{"comments", "[nice]"},
                  {"usernames", "[a]]"},
                  {"hashtags", "[a,,b]"},
                  {"keywords", "['a"},
                  {"groups", "['a'b]"}}},
    {.what = "a printed list as JSON text",
     .content_type = "application/json",
     .body = "{\"orders\":\"[1, 2]\"}",
     .expected = {{"orders", "1,2"}}},
    {.what = "form with a BOM, raw and escaped",
     .content_type = FORM,
     .body = "\xEF\xBB\xBFkey=k&%EF%BB%BForder%E2%80%8B=1",
     .expected = {{"key", "k"}, {"order", "1"}}},
    {.what = "multipart with a BOM",
     .content_type = MULTIPART,
     .body =
         "\xEF\xBB\xBF--XyZ\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--XyZ--",
     .expected = {{"key", "k"}}},
    {.what = "array of the query beside one of the body",
     .content_type = FORM,
     .body = "orders[]=1&orders[]=2",
     .query = "orders[]=3",
     .expected = {{"orders", "1,2"}}},
    {.what = "a bracket alone is a name",
     .content_type = FORM,
     .body = "[=1&x]=2",
     .expected = {{"[", "1"}, {"x]", "2"}}},
    {.what = "long names are dropped",
     .content_type = FORM,
     .body = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1&b=2",
     .expected = {{"b", "2"}}},
    {.what = "form without a type", .body = "key=k", .expected = {{"key", "k"}}},
    {.what = "form labelled text/plain",
     .content_type = "text/plain",
     .body = "key=k",
     .expected = {{"key", "k"}}},
    {.what = "form labelled JSON",
     .content_type = "application/json",
     .body = "key=k&a=b",
     .expected = {{"key", "k"}, {"a", "b"}}},
    {.what = "JSON without a type", .body = " {\"key\":\"k\"}", .expected = {{"key", "k"}}},
    {.what = "JSON labelled form (curl -d)",
     .content_type = FORM,
     .body = "{\"key\":\"k\"}",
     .expected = {{"key", "k"}}},
    {.what = "JSON with a BOM",
     .content_type = "application/json; charset=utf-8",
     .body = "\xEF\xBB\xBF{\"key\":\"k\"}",
     .expected = {{"key", "k"}}},
    {.what = "JSON and query",
     .content_type = "application/json",
     .body = "{\"a\":1}",
     .query = "a=2&b=3",
     .expected = {{"a", "1"}, {"b", "3"}}},
    {.what = "multipart",
     .content_type = MULTIPART,
     .body = "--XyZ\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n"
             "--XyZ\r\nContent-Disposition: form-data; name=\"comments\"\r\n"
             "Content-Type: text/plain\r\n\r\na\r\nb\r\n--XyZ--\r\n",
     .expected = {{"key", "k"}, {"comments", "a\r\nb"}}},
    {.what = "multipart labelled so, JSON within",
     .content_type = MULTIPART,
     .body = "{\"key\":\"k\"}",
     .expected = {{"key", "k"}}},
    {.what = "nothing at all", .expected = {{"key", NULL}}},
};

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(decode_cases); i++) {
        const struct decode_case *c = &decode_cases[i];
        struct arena arena;
        struct params params;
        struct fault why = {0};
        const char *text = c->body ? c->body : "";
        struct str body = exact(text, c->body_len ? c->body_len : strlen(text));
        arena_init(&arena);
        bool ok =
            params_decode(&params, str_of(c->content_type), body, str_of(c->query), &arena, &why);
        check_fault(c->what, ok, &why, c->fault);
        if (ok)
            check_values(c->what, &params, c->expected, COUNT_OF(c->expected));
        free((void *)(uintptr_t)body.ptr);
        arena_fini(&arena);
    }
}

#define DISPOSITION(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"

struct multipart_case {
    const char *what, *content_type, *body;
    struct expected expected[3];
    const char *fault;
};

static const struct multipart_case multipart_cases[] = {
    {"quoted boundary",
     "multipart/form-data; charset=x; Boundary=\"X yZ\"",
     "--X yZ\r\n" DISPOSITION("a") "1\r\n--X yZ--",
     {{"a", "1"}},
     NULL},
    {"preamble and epilogue",
     MULTIPART,
     "hello\r\n--XyZ\r\n" DISPOSITION("a") "1\r\n--XyZ--\r\nbye",
     {{"a", "1"}},
     NULL},
    {"no parts", MULTIPART, "--XyZ--\r\n", {{"a", NULL}}, NULL},
    {"empty value", MULTIPART, "--XyZ\r\n" DISPOSITION("a") "\r\n--XyZ--", {{"a", ""}}, NULL},
    {"value with dashes",
     MULTIPART,
     "--XyZ\r\n" DISPOSITION("a") "--XyZ\n--\r\n--Xy\r\n--XyZ--",
     {{"a", "--XyZ\n--\r\n--Xy"}},
     NULL},
    {"arrays",
     MULTIPART,
     "--XyZ\r\n" DISPOSITION("orders[]") "1\r\n--XyZ\r\n" DISPOSITION("orders[]") "2\r\n--XyZ--",
     {{"orders", "1,2"}},
     NULL},
    {"unquoted name, other case",
     MULTIPART,
     "--XyZ\r\nCONTENT-DISPOSITION:form-data;NAME=A\r\n\r\n1\r\n--XyZ--",
     {{"a", "1"}},
     NULL},
    {"escaped quote in a name",
     MULTIPART,
     "--XyZ\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\n1\r\n--XyZ--",
     {{"a\"b", "1"}},
     NULL},
    {"file as text",
     MULTIPART,
     "--XyZ\r\nContent-Disposition: form-data; filename=\"name=x;.txt\"; name=\"comments\"\r\n"
     "Content-Type: text/plain\r\n\r\nnice\r\n--XyZ--",
     {{"comments", "nice"}, {"x", NULL}},
     NULL},
    {"part without a name", MULTIPART, "--XyZ\r\nX: y\r\n\r\n1\r\n--XyZ--", {{"a", NULL}}, NULL},
    {"part without headers", MULTIPART, "--XyZ\r\n\r\n1\r\n--XyZ--", {{"a", NULL}}, NULL},
    {"blanks after the boundary",
     MULTIPART,
     "--XyZ \t\r\n" DISPOSITION("a") "1\r\n--XyZ--",
     {{"a", "1"}},
     NULL},
    {"no final boundary", MULTIPART, "--XyZ\r\n" DISPOSITION("a") "1", {{0}}, "final boundary"},
    {"ends after a boundary",
     MULTIPART,
     "--XyZ\r\n" DISPOSITION("a") "1\r\n--XyZ",
     {{0}},
     "final boundary"},
    {"headers never end", MULTIPART, "--XyZ\r\nA: b\r\n", {{0}}, "headers"},
    {"another boundary", MULTIPART, "--abc\r\n\r\n1\r\n--abc--", {{0}}, "not in the body"},
    {"boundary goes on", MULTIPART, "--XyZa\r\n\r\n1\r\n--XyZa--", {{0}}, "line break"},
    {"no boundary named", "multipart/form-data", "--XyZ--", {{0}}, "boundary"},
    {"empty boundary", "multipart/form-data; boundary=\"\"", "----", {{0}}, "boundary"},
    {"boundary too long",
     "multipart/form-data; "
     "boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "--a--",
     {{0}},
     "boundary"},
};

static void test_multipart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(multipart_cases); i++) {
        const struct multipart_case *c = &multipart_cases[i];
        struct arena arena;
        struct params params = {.count = 0};
        struct fault why = {0};
        struct str body = exact(c->body, strlen(c->body));
        arena_init(&arena);
        bool ok = params_add_multipart(&params, body, str_of(c->content_type), &arena, &why);
        check_fault(c->what, ok, &why, c->fault);
        if (ok)
            check_values(c->what, &params, c->expected, COUNT_OF(c->expected));
        free((void *)(uintptr_t)body.ptr);
        arena_fini(&arena);
    }
}

static void test_multipart_binary_file_is_skipped(void **state)
{
#define BINARY_FILE                                                                                \
    "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n\0\1\r\n--XyZ\r\n"
    static const char skipped[] = BINARY_FILE DISPOSITION("a") "1\r\n--XyZ--";
    static const char refused[] = BINARY_FILE DISPOSITION("a") "\0\r\n--XyZ--";
    struct arena arena;
    struct params params = {.count = 0};
    struct fault why = {0};
    (void)state;
    arena_init(&arena);
    assert_true(params_add_multipart(&params, str_make(skipped, sizeof skipped - 1), STR(MULTIPART),
                                     &arena, &why));
    assert_int_equal(params.count, 1);
    assert_true(str_is(params_get(&params, "a"), "1"));
    params.count = 0;
    assert_false(params_add_multipart(&params, str_make(refused, sizeof refused - 1),
                                      STR(MULTIPART), &arena, &why));
    assert_non_null(strstr(why.message, "NUL")); /* of a, which is no file */
    arena_fini(&arena);
}

static bool decode_text(const struct buf *text, const char *content_type, struct params *params,
                        struct arena *arena, struct fault *why)
{
    assert_false(text->is_over);
    return params_decode(params, str_of(content_type), buf_str(text), STR_NONE, arena, why);
}

static void test_ceilings(void **state)
{
    struct buf text;
    struct arena arena;
    struct params params;
    struct fault why = {0};
    (void)state;
    buf_init(&text, 4 << 20);
    for (int i = 0; i < PARAMS_MAX; i++)
        buf_printf(&text, "p%d=%d&", i, i);
    arena_init(&arena);
    assert_true(decode_text(&text, FORM, &params, &arena, &why));
    assert_int_equal(params.count, PARAMS_MAX);
    assert_true(str_is(params_get(&params, "p63"), "63"));
    buf_add_text(&text, "one_more=1");
    assert_false(decode_text(&text, FORM, &params, &arena, &why));
    assert_non_null(strstr(why.message, "at most 64"));
    arena_fini(&arena);

    /* Also of those that say nothing: each costs time. */
    buf_clear(&text);
    for (int i = 1; i < 20000; i++)
        buf_add_byte(&text, '&');
    arena_init(&arena);
    assert_true(decode_text(&text, FORM, &params, &arena, &why));
    buf_add_byte(&text, '&');
    assert_false(decode_text(&text, FORM, &params, &arena, &why));
    assert_non_null(strstr(why.message, "20000 parameters"));
    arena_fini(&arena);

    buf_clear(&text);
    buf_add_text(&text, "{\"orders\":[0");
    for (int i = 0; i < 30000; i++)
        buf_add_text(&text, ",1");
    buf_add_text(&text, "]}");
    arena_init(&arena);
    assert_false(decode_text(&text, "application/json", &params, &arena, &why));
    assert_non_null(strstr(why.message, "values"));
    arena_fini(&arena);

    buf_clear(&text);
    for (int i = 0; i < 1025; i++)
        buf_add_text(&text, "--XyZ\r\n\r\n\r\n");
    buf_add_text(&text, "--XyZ--");
    arena_init(&arena);
    assert_false(decode_text(&text, MULTIPART, &params, &arena, &why));
    assert_non_null(strstr(why.message, "parts"));
    arena_fini(&arena);
    buf_fini(&text);
}

/* A body full of elements or of half-attributes must not cost the square of its length. */
static void test_large_bodies_are_linear(void **state)
{
    struct buf text;
    struct arena arena;
    struct params params;
    struct fault why = {0};
    (void)state;
    buf_init(&text, 8 << 20);
    for (int i = 0; i < 19999; i++)
        buf_add_text(&text, "orders[]=1234567890&");
    arena_init(&arena);
    assert_true(decode_text(&text, FORM, &params, &arena, &why));
    assert_int_equal(params_get(&params, "orders").len, 11 * 19999 - 1);
    arena_fini(&arena);

    buf_clear(&text);
    for (int part = 0; part < 200; part++) {
        buf_add_text(&text, "--XyZ\r\nContent-Disposition: form-data");
        for (int i = 0; i < 1200; i++)
            buf_add_text(&text, ";a=");
        buf_add_text(&text, "\r\n\r\nx\r\n");
    }
    buf_add_text(&text, "--XyZ--");
    arena_init(&arena);
    assert_true(decode_text(&text, MULTIPART, &params, &arena, &why));
    assert_int_equal(params.count, 0);
    arena_fini(&arena);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_multipart_binary_file_is_skipped),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_large_bodies_are_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
