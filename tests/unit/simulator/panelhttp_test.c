/* Requests as they come: heads, chunked bodies, fields in every encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/panelform.h"
#include "simulator/panelhttp.h"

static void test_heads(void **state)
{
    static const struct {
        const char *text;
        bool is_good, keeps_alive, is_chunked, expects;
        uint64_t len;
        const char *path, *query;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", true, true, false, false, 0, "/", ""},
        {"POST /a?b=c HTTP/1.1\r\ncontent-LENGTH: 7\r\n\r\n", true, true, false, false, 7, "/a",
         "b=c"},
        {"POST / HTTP/1.0\r\n\r\n", true, false, false, false, 0, "/", ""},
        {"POST / HTTP/1.1\r\nConnection: Close\r\n\r\n", true, false, false, false, 0, "/", ""},
        {"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", true, true, false,
         true, 2, "/", ""},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n", true, true,
         true, false, 0, "/", ""},
        {"nonsense\r\n\r\n", false, false, false, false, 0, NULL, NULL},
        {"GET / SPDY/3\r\n\r\n", false, false, false, false, 0, NULL, NULL},
        {"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", false, false, false, false, 0, NULL, NULL},
        {"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", false, false, false, false, 0,
         NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct panelhttp_head head;
        if (panelhttp_parse_head(str_of(cases[i].text), &head) != cases[i].is_good)
            fail_msg("%s", cases[i].text);
        if (!cases[i].is_good)
            continue;
        assert_int_equal(head.keeps_alive, cases[i].keeps_alive);
        assert_int_equal(head.is_chunked, cases[i].is_chunked);
        assert_int_equal(head.expects_continue, cases[i].expects);
        assert_int_equal(head.body_len, cases[i].len);
        assert_true(str_is(head.path, cases[i].path));
        assert_true(str_is(head.query, cases[i].query));
    }
}

static void test_chunked(void **state)
{
    static const struct {
        const char *text;
        enum panelhttp_progress progress;
        const char *body;
        size_t consumed;
    } cases[] = {
        {"3\r\nabc\r\n0\r\n\r\nNEXT", PANELHTTP_DONE, "abc", 13},
        {"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n", PANELHTTP_DONE, "abc0123456789",
         38},
        {"3\r\nab", PANELHTTP_MORE, NULL, 0},
        {"3\r\nabc\r\n0\r\n", PANELHTTP_MORE, NULL, 0},
        {"", PANELHTTP_MORE, NULL, 0},
        {"zz\r\n", PANELHTTP_BAD, NULL, 0},
        {"3\r\nabcd\r\n", PANELHTTP_BAD, NULL, 0},
        {"ffffffff\r\n", PANELHTTP_BAD, NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf body;
        size_t consumed = 0;
        buf_init(&body, 1024);
        if (panelhttp_read_chunked(str_of(cases[i].text), &body, &consumed) != cases[i].progress)
            fail_msg("%s", cases[i].text);
        if (cases[i].body) {
            assert_true(str_is(buf_str(&body), cases[i].body));
            assert_int_equal(consumed, cases[i].consumed);
        }
        buf_fini(&body);
    }
}

static void test_forms(void **state)
{
    static const struct {
        const char *type, *body, *query, *name, *value;
    } cases[] = {
        {"application/x-www-form-urlencoded", "a=1&b=x%20y+z", "", "b", "x y z"},
        {"", "a=1", "a=2&c=3", "a", "1"}, /* the body wins */
        {"", "a=1", "a=2&c=3", "c", "3"},
        {"", "a", "", "a", ""},
        {"", "a=%zz%4", "", "a", "%zz%4"},
        {"", "", "", "a", NULL},
        {"application/json", "{\"a\":7,\"b\":true}", "", "a", "7"},
        {"", " {\"a\":\"t\"}", "", "a", "t"},
        {"multipart/form-data; boundary=\"x\"",
         "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--x--\r\n", "", "a",
         "1\r\n2"},
        {"multipart/form-data; boundary=x", "--x\r\nContent-Disp", "", "a", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct panelform form;
        panelform_init(&form, str_of(cases[i].type), str_of(cases[i].body), str_of(cases[i].query));
        struct str value = panelform_get(&form, cases[i].name);
        if (!str_equal(value, str_of(cases[i].value)) || !value.ptr != !cases[i].value)
            fail_msg("case %zu: \"" STR_FMT "\"", i, STR_ARG(value));
        panelform_fini(&form);
    }
}

static void test_ids_and_packing(void **state)
{
    struct panelform form;
    struct str ids[8];
    struct buf line;
    (void)state;
    panelform_init(&form, STR(""), STR("orders=1, 2,,3&order=9&orders[]=4&orders[7]=5&key=secret"),
                   STR(""));
    assert_int_equal(panelform_ids(&form, "orders", ids, 8), 5);
    assert_true(str_is(ids[1], "2") && str_is(ids[4], "5"));
    assert_int_equal(panelform_ids(&form, "orders", ids, 2), 2);
    assert_int_equal(panelform_ids(&form, "order", ids, 8), 1);
    buf_init(&line, 1024);
    panelform_pack(&form, &line);
    assert_true(str_find(buf_str(&line), STR("secret")) == SIZE_MAX);
    assert_true(str_ends(buf_str(&line), STR("&key=***")));
    buf_fini(&line);
    panelform_fini(&form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_chunked),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_ids_and_packing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
