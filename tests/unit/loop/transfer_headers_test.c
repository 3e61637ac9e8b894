/* Header lines of an upstream's answer, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/transfer.h"

/* 2026-01-31T12:00:00.400Z */
static const int64_t NOW_MS = 1769860800400;

struct wait_case {
    const char *value;
    int64_t seconds;
};

static void retry_after_is_seconds_or_a_date(void **state)
{
    static const struct wait_case CASES[] = {
        {"120", 120},
        {"0", 0},
        {"99999999999", 366 * 86400},
        {"Sat, 31 Jan 2026 12:00:30 GMT", 30},
        {"Sat, 31 Jan 2026 11:00:00 GMT", 0},
        {"Fri, 31 Jan 2025 11:00:00 GMT", 0},
        {"-5", -1},
        {"soon enough", -1},
        {"", -1},
        {"12 apples and a very long tail that no date has, whatever its format may be, really", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(transfer_headers_parse_retry_after(str_of(CASES[i].value), NOW_MS),
                         CASES[i].seconds);
}

static void reset_is_seconds_or_a_unix_time(void **state)
{
    static const struct wait_case CASES[] = {
        {"45", 45},
        {"0", 0},
        {"1769860860", 60},
        {"1769860860.75", 60},
        {"1769860860000", 60},
        {"1769860000", 0},
        {"18446744073709551615", 366 * 86400},
        {"never", -1},
        {"", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(transfer_headers_parse_reset(str_of(CASES[i].value), NOW_MS),
                         CASES[i].seconds);
}

static void add_all(struct response_headers *headers, const char *const *lines, size_t count)
{
    headers->bytes = 0;
    transfer_headers_clear(headers);
    for (size_t i = 0; i < count; i++)
        transfer_headers_add(headers, str_of(lines[i]), NOW_MS);
}

static void fields_are_found_in_any_case(void **state)
{
    static const char *const LINES[] = {
        "HTTP/1.1 429 Too Many Requests\r\n",
        "CONTENT-TYPE:  text/html; charset=utf-8 \r\n",
        "Server:cloudflare\r\n",
        "location: /orders/42\r\n",
        "CF-Mitigated: challenge\r\n",
        "x-ratelimit-reset: 7\r\n",
        "nonsense without a sign\r\n",
        "\r\n",
    };
    struct response_headers headers;
    (void)state;
    add_all(&headers, LINES, COUNT_OF(LINES));
    assert_true(str_is(str_make(headers.content_type, headers.content_type_len),
                       "text/html; charset=utf-8"));
    assert_true(str_is(str_make(headers.server, headers.server_len), "cloudflare"));
    assert_true(str_is(str_make(headers.location, headers.location_len), "/orders/42"));
    assert_true(headers.has_cf_mitigated);
    assert_int_equal(transfer_headers_retry_after_s(&headers), 7);
    transfer_headers_add(&headers, STR("Retry-After: 9\r\n"), NOW_MS);
    assert_int_equal(transfer_headers_retry_after_s(&headers), 9);
}

static void a_status_line_forgets_the_former_answer(void **state)
{
    static const char *const LINES[] = {
        "HTTP/1.1 103 Early Hints\r\n", "Server: early\r\n",
        "Retry-After: 5\r\n",           "\r\n",
        "HTTP/1.1 200 OK\r\n",          "\r\n",
    };
    struct response_headers headers;
    size_t bytes = 0;
    (void)state;
    add_all(&headers, LINES, COUNT_OF(LINES));
    for (size_t i = 0; i < COUNT_OF(LINES); i++)
        bytes += strlen(LINES[i]);
    assert_int_equal(headers.server_len, 0);
    assert_int_equal(transfer_headers_retry_after_s(&headers), -1);
    assert_int_equal(headers.bytes, bytes); /* the ceiling is over all of them */
}

static void long_values_are_cut(void **state)
{
    char line[400] = "Server: ";
    struct response_headers headers;
    (void)state;
    memset(line + 8, 'x', sizeof line - 8);
    headers.bytes = 0;
    transfer_headers_clear(&headers);
    transfer_headers_add(&headers, str_make(line, sizeof line), NOW_MS);
    assert_int_equal(headers.server_len, sizeof headers.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(reset_is_seconds_or_a_unix_time),
        cmocka_unit_test(fields_are_found_in_any_case),
        cmocka_unit_test(a_status_line_forgets_the_former_answer),
        cmocka_unit_test(long_values_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
