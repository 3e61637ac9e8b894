/* What a request's head may not hold: the parsed headers and the raw bytes, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <event2/http.h>
#include <stdio.h>
#include <sys/queue.h>

#include "base/str.h"
#include "http/headercheck.h"

struct check_case {
    const char *what;
    const char *headers[4][2];
    const char *fault; /* part of the message; NULL: passes */
    int minor;         /* of HTTP/1.minor, plus one; 0: 1.1 */
    bool is_head, has_bad_bytes, has_odd_version, is_chunked;
};

static const struct check_case check_cases[] = {
    {.what = "plain", .headers = {{"Host", "x"}}},
    {.what = "with a body", .headers = {{"Host", "x"}, {"Content-Length", "20"}}},
    {.what = "zero", .headers = {{"Host", "x"}, {"Content-Length", "0"}}},
    {.what = "chunked",
     .headers = {{"Host", "x"}, {"Transfer-Encoding", "chunked"}},
     .is_chunked = true},
    {.what = "Chunked",
     .headers = {{"Host", "x"}, {"transfer-encoding", "Chunked"}},
     .is_chunked = true},
    {.what = "no Host", .headers = {{"Accept", "x"}}, .fault = "Host"},
    {.what = "no Host in HTTP/1.0", .headers = {{"Accept", "x"}}, .minor = 1},
    {.what = "two Hosts", .headers = {{"Host", "x"}, {"host", "x"}}, .fault = "Host"},
    {.what = "two Hosts in HTTP/1.0",
     .headers = {{"Host", "x"}, {"host", "x"}},
     .minor = 1,
     .fault = "Host"},
    {.what = "HTTP/1.2", .headers = {{"Host", "x"}}, .minor = 3, .fault = "HTTP/1.1"},
    {.what = "doubled",
     .headers = {{"Host", "x"}, {"Content-Length", "5"}, {"Content-Length", "6"}},
     .fault = "Content-Length"},
    {.what = "doubled, the same",
     .headers = {{"Host", "x"}, {"Content-Length", "5"}, {"content-length", "5"}},
     .fault = "Content-Length"},
    {.what = "list",
     .headers = {{"Host", "x"}, {"Content-Length", "5, 5"}},
     .fault = "Content-Length"},
    {.what = "plus",
     .headers = {{"Host", "x"}, {"Content-Length", "+5"}},
     .fault = "Content-Length"},
    {.what = "minus",
     .headers = {{"Host", "x"}, {"Content-Length", "-5"}},
     .fault = "Content-Length"},
    {.what = "empty",
     .headers = {{"Host", "x"}, {"Content-Length", ""}},
     .fault = "Content-Length"},
    {.what = "leading blank",
     .headers = {{"Host", "x"}, {"Content-Length", "\t5"}},
     .fault = "Content-Length"},
    {.what = "hexadecimal",
     .headers = {{"Host", "x"}, {"Content-Length", "0x5"}},
     .fault = "Content-Length"},
    {.what = "beyond 64 bits",
     .headers = {{"Host", "x"}, {"Content-Length", "99999999999999999999"}},
     .fault = "Content-Length"},
    {.what = "both",
     .headers = {{"Host", "x"}, {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}},
     .fault = "exclude"},
    {.what = "xchunked",
     .headers = {{"Host", "x"}, {"Transfer-Encoding", "xchunked"}},
     .fault = "must be chunked"},
    {.what = "gzip, chunked",
     .headers = {{"Host", "x"}, {"Transfer-Encoding", "gzip, chunked"}},
     .fault = "must be chunked"},
    {.what = "identity",
     .headers = {{"Host", "x"}, {"Transfer-Encoding", "identity"}},
     .fault = "must be chunked"},
    {.what = "chunked twice",
     .headers = {{"Host", "x"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
     .fault = "must be chunked"},
    {.what = "chunked in HTTP/1.0",
     .headers = {{"Host", "x"}, {"Transfer-Encoding", "chunked"}},
     .minor = 1,
     .fault = "HTTP/1.1"},
    {.what = "blank after the name",
     .headers = {{"Host", "x"}, {"Content-Length ", "5"}},
     .fault = "blank"},
    {.what = "blank within a name", .headers = {{"Host", "x"}, {"a b", "5"}}, .fault = "blank"},
    {.what = "empty name", .headers = {{"Host", "x"}, {"", "5"}}, .fault = "blank"},
    {.what = "tab before a name",
     .headers = {{"Host", "x"}, {"\tTransfer-Encoding", "chunked"}},
     .fault = "blank"},
    {.what = "bracket in a name", .headers = {{"Host", "x"}, {"a[b]", "5"}}, .fault = "blank"},
    {.what = "HEAD", .headers = {{"Host", "x"}, {"Content-Length", "0"}}, .is_head = true},
    {.what = "HEAD with a body",
     .headers = {{"Host", "x"}, {"Content-Length", "5"}},
     .is_head = true,
     .fault = "no body"},
    {.what = "HEAD with chunks",
     .headers = {{"Host", "x"}, {"Transfer-Encoding", "chunked"}},
     .is_head = true,
     .fault = "no body"},
    {.what = "odd version",
     .headers = {{"Host", "x"}},
     .has_odd_version = true,
     .fault = "HTTP version"},
    {.what = "bad bytes", .headers = {{"Host", "x"}}, .has_bad_bytes = true, .fault = "CRLF"},
};

static void test_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(check_cases); i++) {
        const struct check_case *c = &check_cases[i];
        struct evkeyvalq headers;
        struct headercheck_request request = {.major = 1,
                                              .minor = c->minor ? c->minor - 1 : 1,
                                              .may_have_body = !c->is_head,
                                              .has_bad_bytes = c->has_bad_bytes,
                                              .has_odd_version = c->has_odd_version};
        TAILQ_INIT(&headers);
        for (size_t h = 0; h < COUNT_OF(c->headers) && c->headers[h][0]; h++)
            evhttp_add_header(&headers, c->headers[h][0], c->headers[h][1]);
        struct headercheck_verdict verdict = headercheck_judge(&request, &headers);
        evhttp_clear_headers(&headers);
        if ((verdict.message != NULL) != (c->fault != NULL))
            print_error("%s: %s\n", c->what, verdict.message ? verdict.message : "passes");
        assert_int_equal(verdict.message != NULL, c->fault != NULL);
        if (c->fault)
            assert_non_null(strstr(verdict.message, c->fault));
        else
            assert_int_equal(verdict.is_chunked, c->is_chunked);
    }
}

static void test_too_many_headers(void **state)
{
    struct evkeyvalq headers;
    struct headercheck_request request = {.major = 1, .minor = 1, .may_have_body = true};
    (void)state;
    TAILQ_INIT(&headers);
    evhttp_add_header(&headers, "Host", "x");
    for (int i = 1; i < HEADERCHECK_MAX; i++)
        evhttp_add_header(&headers, "A", "b");
    assert_null(headercheck_judge(&request, &headers).message);
    evhttp_add_header(&headers, "A", "b");
    assert_string_equal(headercheck_judge(&request, &headers).message, "Too many headers");
    evhttp_clear_headers(&headers);
}

struct scan_case {
    const char *what, *bytes;
    size_t len; /* 0: strlen */
    bool is_bad, is_open /* the empty line has not come */, is_odd /* its version is */;
};

static const struct scan_case scan_cases[] = {
    {.what = "plain", .bytes = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
    {.what = "no headers", .bytes = "GET / HTTP/1.1\r\n\r\n"},
    {.what = "raw UTF-8 and tab", .bytes = "GET /?\xC3\xBC HTTP/1.1\r\nA:\tb\r\n\r\n"},
    {.what = "the body is not looked at", .bytes = "POST / HTTP/1.1\r\n\r\n\n\n\1\2"},
    {.what = "not ended", .bytes = "GET / HTTP/1.1\r\nHost: x\r\n", .is_open = true},
    {.what = "ended by halves", .bytes = "GET / HTTP/1.1\r\n\r", .is_open = true},
    {.what = "bare LF after the request line",
     .bytes = "GET / HTTP/1.1\nHost: x\r\n\r\n",
     .is_bad = true},
    {.what = "bare LF after a header", .bytes = "GET / HTTP/1.1\r\nHost: x\n\r\n", .is_bad = true},
    {.what = "bare LF at the end", .bytes = "GET / HTTP/1.1\r\nHost: x\r\n\n", .is_bad = true},
    {.what = "bare CR in a value", .bytes = "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", .is_bad = true},
    {.what = "two CR", .bytes = "GET / HTTP/1.1\r\nA: b\r\r\n\r\n", .is_bad = true},
    {.what = "NUL in a value",
     .bytes = "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n",
     .len = 27,
     .is_bad = true},
    {.what = "NUL at a line's start",
     .bytes = "GET / HTTP/1.1\r\n\0\r\n\r\n",
     .len = 21,
     .is_bad = true},
    {.what = "folded line", .bytes = "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", .is_bad = true},
    {.what = "folded by a tab", .bytes = "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", .is_bad = true},
    {.what = "blank before the first header",
     .bytes = "GET / HTTP/1.1\r\n A: b\r\n\r\n",
     .is_bad = true},
    {.what = "escape", .bytes = "GET / HTTP/1.1\r\nA: \x1B[0m\r\n\r\n", .is_bad = true},
    {.what = "DEL", .bytes = "GET /\x7F HTTP/1.1\r\n\r\n", .is_bad = true},
    {.what = "HTTP/1.0", .bytes = "GET / HTTP/1.0\r\n\r\n"},
    {.what = "a leading zero", .bytes = "GET / HTTP/01.1\r\n\r\n", .is_odd = true},
    {.what = "a trailing zero", .bytes = "GET / HTTP/1.10\r\n\r\n", .is_odd = true},
    {.what = "1 modulo 2^32", .bytes = "GET / HTTP/1.4294967297\r\n\r\n", .is_odd = true},
    {.what = "a sign", .bytes = "GET / HTTP/1.+1\r\n\r\n", .is_odd = true},
    {.what = "a blank behind", .bytes = "GET / HTTP/1.1 \r\n\r\n", .is_odd = true},
    {.what = "small letters", .bytes = "GET / http/1.1\r\n\r\n", .is_odd = true},
    {.what = "HTTP/2", .bytes = "PRI * HTTP/2.0\r\n\r\n", .is_odd = true},
    {.what = "none", .bytes = "GET /\r\n\r\n", .is_odd = true},
    {.what = "of a header", .bytes = "GET / HTTP/1.1\r\nA: HTTP/2.0\r\n\r\n"},
};

static void test_scan(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scan_cases); i++) {
        const struct scan_case *c = &scan_cases[i];
        size_t len = c->len ? c->len : strlen(c->bytes);
        for (size_t piece = 1; piece <= len; piece++) {
            struct headercheck_scan scan = {0};
            for (size_t at = 0; at < len; at += piece)
                headercheck_feed(&scan, c->bytes + at, at + piece < len ? piece : len - at);
            if (scan.is_bad != c->is_bad || scan.is_done == c->is_open)
                print_error("%s in pieces of %zu\n", c->what, piece);
            assert_int_equal(scan.is_bad, c->is_bad);
            assert_int_equal(scan.has_odd_version, c->is_odd);
            assert_int_equal(scan.is_done, !c->is_open);
        }
    }
}

/* Eight bytes are looked at together; fed one by one, each is looked at by itself. Every byte at
 * every place, with every byte behind it: a borrow goes from one to the next. */
static void test_scan_of_eight_is_that_of_one(void **state)
{
    enum { PLACES = 10 };
    (void)state;
    for (unsigned both = 0; both < 256 * 256; both++)
        for (size_t place = 0; place < PLACES; place++) {
            char line[] = "A: 4567890123456789";
            struct headercheck_scan whole, single;
            memset(&whole, 0, sizeof whole); /* the gaps as well */
            whole.has_line = true;
            memcpy(&single, &whole, sizeof single);
            line[3 + place] = (char)(both >> 8);
            line[4 + place] = (char)(both & 0xFF);
            headercheck_feed(&whole, line, sizeof line - 1);
            for (size_t i = 0; i < sizeof line - 1; i++)
                headercheck_feed(&single, line + i, 1);
            if (memcmp(&whole, &single, sizeof whole) != 0)
                fail_msg("%02x %02x at %zu", both >> 8, both & 0xFF, place);
        }
}

/* What libevent makes of a head with trailers behind it: its last headers are the trailers'. */
static const struct {
    const char *what, *head;
    const char *parsed[5][2], *left[5][2];
} trailer_cases[] = {
    {"no trailer", "Host: x\r\nA: b\r\n", {{"Host", "x"}, {"A", "b"}}, {{"Host", "x"}, {"A", "b"}}},
    {"a trailer",
     "Host: x\r\nA: b\r\n",
     {{"Host", "x"}, {"A", "b"}, {"X-API-Key", "k"}},
     {{"Host", "x"}, {"A", "b"}}},
    {"two, of a name that was there",
     "Host: x\r\nX-Forwarded-For: 1.2.3.4\r\n",
     {{"Host", "x"}, {"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-For", "9"}, {"Host", "y"}},
     {{"Host", "x"}, {"X-Forwarded-For", "1.2.3.4"}}},
    {"a folded first trailer",
     "Host: x\r\nX-Forwarded-For:   1.2.3.4, 5.6.7.8\t \r\n",
     {{"Host", "x"}, {"X-Forwarded-For", "1.2.3.4, 5.6.7.8 9.9.9.9"}, {"A", "b"}},
     {{"Host", "x"}, {"X-Forwarded-For", "1.2.3.4, 5.6.7.8"}}},
    {"behind an empty value", "A:\r\n", {{"A", " b"}, {"C", "d"}}, {{"A", ""}}},
    {"behind a value with colons", "A: b:c\r\n", {{"A", "b:c d"}}, {{"A", "b:c"}}},
    {"no header at all", "", {{"A", "b"}}, {{0}}},
};

static void test_trailers_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(trailer_cases); i++) {
        struct headercheck_scan scan = {0};
        struct evkeyvalq headers;
        size_t left = 0;
        TAILQ_INIT(&headers);
        headercheck_feed(&scan, "POST / HTTP/1.1\r\n", 17);
        headercheck_feed(&scan, trailer_cases[i].head, strlen(trailer_cases[i].head));
        headercheck_feed(&scan, "\r\nX: in the body\r\n\r\n", 22);
        for (size_t h = 0; h < 5 && trailer_cases[i].parsed[h][0]; h++)
            evhttp_add_header(&headers, trailer_cases[i].parsed[h][0],
                              trailer_cases[i].parsed[h][1]);
        headercheck_cut_trailers(&scan, &headers);
        const struct evkeyval *header;
        TAILQ_FOREACH(header, &headers, next)
        {
            assert_true(left < 5 && trailer_cases[i].left[left][0] != NULL);
            assert_string_equal(header->key, trailer_cases[i].left[left][0]);
            assert_string_equal(header->value, trailer_cases[i].left[left++][1]);
        }
        assert_true(left == 5 || trailer_cases[i].left[left][0] == NULL);
        evhttp_clear_headers(&headers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_too_many_headers),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_scan_of_eight_is_that_of_one),
        cmocka_unit_test(test_trailers_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
