/* Lines that are held, and what brings them along. Standard error is a pipe meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* How many lines have come since the last look, and how many of them say that some were dropped;
 * the last one is kept. */
static char last[4096];
static size_t reports;
static size_t lines_come(void)
{
    static char bytes[1 << 20];
    ssize_t len = read(reading, bytes, sizeof bytes - 1);
    size_t lines = 0, start = 0;
    reports = 0;
    for (ssize_t i = 0; i < len; i++) {
        if (bytes[i] != '\n')
            continue;
        snprintf(last, sizeof last, "%.*s", (int)((size_t)i - start), bytes + start);
        reports += strstr(last, "event=log_lines_dropped count=") != NULL;
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

static void outside_values_cannot_steer_a_terminal(void **state)
{
    static const struct {
        const char *text, *logged;
    } cases[] = {
        {"plain", "plain"},
        {"", "\"\""},
        {"a b", "\"a b\""},
        {"a\"b\\", "\"a\\\"b\\\\\""},
        {"\x1b[31m\r\n", "\"\\x1b[31m\\x0d\\x0a\""},
        {"é 👍", "\"é 👍\""},
        {"\u202etxt", "\"\\u202etxt\""},
        {"a\u2028b\u2029c", "\"a\\u2028b\\u2029c\""},
        {"\u200b\ufeff\u2066\u061c", "\"\\u200b\\ufeff\\u2066\\u061c\""},
        {"\xc2\x9b", "\"\\u009b\""},
        {"\xff\xc3", "\"\\xff\\xc3\""},
        {"\U000e0041", "\"\\U000e0041\""},
        {"می\u200cروم", "\"می\u200cروم\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(log_value(str_of(cases[i].text)).text, cases[i].logged);
    for (size_t len = 240; len < 270; len++) { /* cut between characters only */
        char text[4 * 270];
        for (size_t i = 0; i < len; i++)
            memcpy(text + 3 * i, "\u20ac", 3);
        struct log_value value = log_value(str_make(text, 3 * len));
        assert_true(str_is_utf8(str_of(value.text)));
        assert_true(strlen(value.text) < sizeof value.text);
    }
}

/* A reader that stalls: nothing waits, lines are counted, and the next one that fits says so. */
static void check_a_stalled_reader(void)
{
    uint64_t before = log_lines_dropped();
    size_t written = 0;
    while (log_lines_dropped() < before + 3) {
        log_event(LOG_INFO, "filling", "text=%0200d", 0);
        written++;
        assert_true(written < 10000);
    }
    assert_int_equal(lines_come() - reports, written - 3);
    log_event(LOG_INFO, "after", "%s", "");
    assert_int_equal(lines_come(), 2);
    assert_int_equal(reports, 1);
    assert_non_null(strstr(last, "event=after"));
    assert_int_equal(log_lines_dropped(), before + 3);
}

static void a_full_pipe_drops_lines(void **state)
{
    (void)state;
    fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) & ~O_NONBLOCK);
    log_begin();
    check_a_stalled_reader();
}

static void so_does_one_that_cannot_be_opened_again(void **state)
{
    struct rlimit limit, none;
    (void)state;
    fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) & ~O_NONBLOCK);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    log_begin();
    setrlimit(RLIMIT_NOFILE, &limit);
    check_a_stalled_reader();
}

static void so_does_a_socket(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    dup2(ends[1], STDERR_FILENO);
    dup2(ends[0], reading);
    close(ends[0]);
    close(ends[1]);
    log_begin();
    check_a_stalled_reader();
}

/* $JOURNAL_STREAM names the stream that the journal reads; a stale one is nobody's. */
static void the_journal_is_told_priorities(void **state)
{
    static const struct {
        const char *format; /* of its device and inode */
        enum log_level level;
        const char *begin;
    } cases[] = {
        {"%llu:%llu", LOG_DEBUG, "<7>"}, {"%llu:%llu", LOG_INFO, "<6>"},
        {"%llu:%llu", LOG_WARN, "<4>"},  {"%llu:%llu", LOG_ERROR, "<3>"},
        {"%llu:1%llu", LOG_ERROR, "20"}, {"1%llu:%llu", LOG_ERROR, "20"},
        {"%llu:%llu ", LOG_ERROR, "20"}, {"%llu", LOG_ERROR, "20"},
        {"", LOG_ERROR, "20"},           {":", LOG_ERROR, "20"},
        {"x%llu:%llu", LOG_ERROR, "20"},
    };
    struct stat facts;
    (void)state;
    fstat(STDERR_FILENO, &facts);
    log_set_level(LOG_DEBUG);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char stream[80];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(stream, sizeof stream, cases[i].format, (unsigned long long)facts.st_dev,
                 (unsigned long long)facts.st_ino);
#pragma GCC diagnostic pop
        setenv("JOURNAL_STREAM", stream, 1);
        log_begin();
        log_event(cases[i].level, "one", "n=%d", 1);
        assert_int_equal(lines_come(), 1);
        assert_memory_equal(last, cases[i].begin, strlen(cases[i].begin));
        assert_non_null(strstr(last, " event=one n=1"));
    }
    unsetenv("JOURNAL_STREAM");
    log_set_level(LOG_INFO);
    log_begin();
    log_event(LOG_INFO, "one", "n=%d", 1);
    assert_int_equal(lines_come(), 1);
    assert_memory_equal(last, "20", 2);
}

/* Held lines go in pieces that a pipe takes whole or not at all. */
static void held_lines_are_dropped_whole(void **state)
{
    size_t written = 0, come;
    uint64_t before = log_lines_dropped();
    (void)state;
    fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096);
    log_begin();
    log_hold(true);
    for (; written < 50; written++)
        log_event(LOG_INFO, "held", "n=%zu text=%0200d", written, 0);
    log_flush();
    come = lines_come() - reports;
    assert_in_range(come, 1, 49);
    assert_int_equal(log_lines_dropped() - before, written - come);
    log_event(LOG_WARN, "after", "%s", "");
    assert_int_equal(lines_come(), 2);
    assert_int_equal(reports, 1);
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
        cmocka_unit_test(outside_values_cannot_steer_a_terminal),
        CAUGHT(a_full_pipe_drops_lines),
        CAUGHT(so_does_one_that_cannot_be_opened_again),
        CAUGHT(so_does_a_socket),
        CAUGHT(the_journal_is_told_priorities),
        CAUGHT(held_lines_are_dropped_whole),
        cmocka_unit_test(the_moment_is_told_to_the_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
