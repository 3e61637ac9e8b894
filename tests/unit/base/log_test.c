/* Lines that are held, and what brings them along. Standard error is a pipe meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static int saved = -1, reading = -1;

static int catch_lines(void **state)
{
    int ends[2];
    (void)state;
    if (pipe2(ends, O_NONBLOCK) != 0)
        return -1;
    saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    reading = ends[0];
    return 0;
}

static int let_lines_go(void **state)
{
    (void)state;
    log_hold(false);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(reading);
    return 0;
}

/* How many lines have come since the last look; the last one is kept. */
static char last[4096];
static size_t lines_come(void)
{
    static char bytes[65536];
    ssize_t len = read(reading, bytes, sizeof bytes - 1);
    size_t lines = 0, start = 0;
    for (ssize_t i = 0; i < len; i++) {
        if (bytes[i] != '\n')
            continue;
        snprintf(last, sizeof last, "%.*s", (int)((size_t)i - start), bytes + start);
        start = (size_t)i + 1;
        lines++;
    }
    assert_int_equal(start, len < 0 ? 0 : len); /* whole lines only */
    return lines;
}

static void a_line_is_written_at_once(void **state)
{
    (void)state;
    log_event(LOG_INFO, "one", "n=%d", 1);
    assert_int_equal(lines_come(), 1);
    assert_non_null(strstr(last, " level=info event=one n=1"));
}

static void held_lines_come_together(void **state)
{
    (void)state;
    log_hold(true);
    assert_false(log_is_holding_lines());
    log_event(LOG_INFO, "one", "n=%d", 1);
    log_event(LOG_INFO, "two", "%s", "");
    assert_int_equal(lines_come(), 0);
    assert_true(log_is_holding_lines());
    log_flush();
    assert_int_equal(lines_come(), 2);
    assert_false(log_is_holding_lines());
    log_flush();
    assert_int_equal(lines_come(), 0);
}

static void a_warning_brings_them_along(void **state)
{
    (void)state;
    log_hold(true);
    log_event(LOG_INFO, "one", "n=%d", 1);
    log_event(LOG_WARN, "two", "n=%d", 2);
    assert_int_equal(lines_come(), 2);
    assert_non_null(strstr(last, "event=two"));
}

static void no_longer_holding_lets_them_go(void **state)
{
    (void)state;
    log_hold(true);
    log_event(LOG_INFO, "one", "n=%d", 1);
    log_hold(false);
    assert_int_equal(lines_come(), 1);
}

static void what_is_held_has_a_ceiling(void **state)
{
    size_t lines = 0;
    (void)state;
    log_hold(true);
    for (unsigned i = 0; i < 200; i++) {
        log_event(LOG_INFO, "long", "n=%u text=%0500d", i, 0);
        lines += lines_come();
    }
    assert_true(lines > 150);
    log_flush();
    assert_int_equal(lines + lines_come(), 200);
    assert_non_null(strstr(last, "n=199 "));
}

static void the_moment_is_told_to_the_millisecond(void **state)
{
    static const struct {
        int64_t wall_ms;
        const char *text;
    } cases[] = {{0, "1970-01-01T00:00:00.000Z"},
                 {1, "1970-01-01T00:00:00.001Z"},
                 {1769860800123, "2026-01-31T12:00:00.123Z"},
                 {1769860800999, "2026-01-31T12:00:00.999Z"},
                 {1769860801040, "2026-01-31T12:00:01.040Z"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[25];
        clock_print(cases[i].wall_ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
#define CAUGHT(test) cmocka_unit_test_setup_teardown(test, catch_lines, let_lines_go)
    const struct CMUnitTest tests[] = {
        CAUGHT(a_line_is_written_at_once),
        CAUGHT(held_lines_come_together),
        CAUGHT(a_warning_brings_them_along),
        CAUGHT(no_longer_holding_lets_them_go),
        CAUGHT(what_is_held_has_a_ceiling),
        cmocka_unit_test(the_moment_is_told_to_the_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
