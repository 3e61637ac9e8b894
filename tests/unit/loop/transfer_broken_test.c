/* Outgoing transfers to servers that are slow, broken or too generous, and transfers that are
 * cancelled. Every test runs a loop of its own; an alarm ends a test that hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/clock.h"
#include "unit/loop/asking.h"

/* ---- slow, broken, too much ---- */

static void drip(struct upstream *upstream, int fd)
{
    if (!upstream_read(upstream, fd))
        return;
    upstream_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (!atomic_load(&upstream->is_ending) && upstream_say(fd, "x"))
        poll(NULL, 0, 10);
}

static void drip_headers(struct upstream *upstream, int fd)
{
    if (!upstream_read(upstream, fd))
        return;
    upstream_say(fd, "HTTP/1.1 200 OK\r\n");
    while (!atomic_load(&upstream->is_ending) && upstream_say(fd, "X-Wait: 1\r\n"))
        poll(NULL, 0, 10);
}

static void stay_silent(struct upstream *upstream, int fd)
{
    upstream_read(upstream, fd);
    upstream_read(upstream, fd);
}

static void the_deadline_holds_against_slow_servers(void **state)
{
    upstream_script *const scripts[] = {drip, drip_headers, stay_silent};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        int deliveries;
        int64_t before_ms = clock_monotonic_ms();
        struct outcome outcome =
            ask_once(scripts[i], NULL, (struct question){.timeout_ms = 250}, &deliveries);
        assert_true(clock_monotonic_ms() - before_ms < 2000);
        assert_true(outcome.result.is_timeout);
        assert_int_equal(outcome.result.curl_code, CURLE_OPERATION_TIMEDOUT);
        assert_true(outcome.result.was_sent);
        assert_in_range(outcome.result.took_ms, 250, 1500);
        assert_int_equal(deliveries, 1);
    }
}

struct answer_case {
    const char *answer;
    int code;
    long status;
    const char *body;
};

static void answers_are_judged_by_their_framing(void **state)
{
    static const struct answer_case CASES[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"order\":", CURLE_PARTIAL_FILE, 200,
         "{\"order\":"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"or\r\n", CURLE_PARTIAL_FILE,
         200, "{\"or"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nServer: t\r\n\r\n",
         0, 200, "{}"},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 0, 200, "until the end"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 1\r\n\r\n1", 0, 201,
         "1"},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 4\r\n\r\ngone", 0,
         302, "gone"},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
         CURLE_BAD_CONTENT_ENCODING, 200, ""},
        {"", CURLE_GOT_NOTHING, 0, ""},
        {"SSH-2.0-OpenSSH_9.2\r\n", CURLE_UNSUPPORTED_PROTOCOL, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int deliveries;
        struct outcome outcome = ask_once(upstream_answer_once, CASES[i].answer,
                                          (struct question){.may_repeat = true}, &deliveries);
        assert_int_equal(outcome.result.curl_code, CASES[i].code);
        assert_int_equal(outcome.result.http_status, CASES[i].status);
        assert_string_equal(outcome.body, CASES[i].body);
        assert_string_equal(outcome.server, "");
        assert_true(outcome.result.was_sent);
        assert_int_equal(deliveries, 1);
    }
}

static void flood_body(struct upstream *upstream, int fd)
{
    char block[4096];
    memset(block, 'x', sizeof block);
    if (!upstream_read(upstream, fd))
        return;
    upstream_say(fd, "HTTP/1.1 200 OK\r\n\r\n");
    while (!atomic_load(&upstream->is_ending) && upstream_send(fd, block, sizeof block)) {
    }
}

static void flood_headers(struct upstream *upstream, int fd)
{
    if (!upstream_read(upstream, fd))
        return;
    upstream_say(fd, "HTTP/1.1 200 OK\r\n");
    while (!atomic_load(&upstream->is_ending) && upstream_say(fd, "X-Filler: yes, again\r\n")) {
    }
}

static void flood_gzip(struct upstream *upstream, int fd)
{
    enum { BOMB = 32 * 1024 * 1024 };
    if (!upstream_read(upstream, fd))
        return;
    char *zeros = memory_new(BOMB);
    say_gzip(fd, zeros, BOMB);
    free(zeros);
    upstream_read(upstream, fd);
}

static void what_is_too_large_ends_the_transfer(void **state)
{
    upstream_script *const scripts[] = {flood_body, flood_headers, flood_gzip};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct outcome outcome =
            ask_once(scripts[i], NULL, (struct question){.max_body = 100 * 1024}, NULL);
        assert_true(outcome.result.is_too_large);
        assert_int_equal(outcome.result.curl_code, CURLE_WRITE_ERROR);
        assert_true(outcome.result.body.len <= 100 * 1024);
        assert_true(outcome.result.was_sent);
    }
}

static void an_answer_of_just_the_ceiling_fits(void **state)
{
    struct question question = {.max_body = 11}; /* {"order":7} */
    (void)state;
    struct outcome outcome = ask_once(upstream_answer_all, NULL, question, NULL);
    assert_int_equal(outcome.result.curl_code, 0);
    assert_false(outcome.result.is_too_large);
    question.max_body = 10;
    outcome = ask_once(upstream_answer_all, NULL, question, NULL);
    assert_true(outcome.result.is_too_large);
}

static void answer_twice(struct upstream *upstream, int fd)
{
    static const char late[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate";
    while (upstream_read(upstream, fd)) {
        upstream_ok(fd, "{}");
        poll(NULL, 0, 20);
        upstream_say(fd, late);
        poll(NULL, 0, 20);
        upstream_say(fd, late); /* after we have hung up for the first */
    }
}

/* Whatever comes while nobody waits for an answer is no answer to what is asked next, and does not
 * make a connection that was ended for it look alive again. */
static void bytes_on_an_idle_connection_answer_nothing(void **state)
{
    struct upstream *upstream = upstream_begin(answer_twice, NULL);
    struct loop *loop = loop_new("late");
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct outcome outcome =
            ask(loop, (struct question){.port = upstream->port, .may_repeat = i % 2 == 0});
        assert_int_equal(outcome.result.curl_code, 0);
        assert_int_equal(outcome.result.http_status, 200);
        assert_string_equal(outcome.body, "{}");
        turn_for(loop, 100);
    }
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->deliveries), 4);
    assert_int_equal(atomic_load(&upstream->connections), 4);
    upstream_free(upstream);
}

/* ---- cancel ---- */

static void a_cancelled_transfer_is_silent(void **state)
{
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct loop *loop = loop_new("cancel");
    struct outcome outcome;
    (void)state;
    start(&outcome, loop, (struct question){.port = upstream->port});
    transfer_cancel(outcome.transfer); /* before anything happened */
    turn_for(loop, 30);
    assert_int_equal(outcome.calls, 0);
    assert_int_equal(atomic_load(&upstream->deliveries), 0);

    struct outcome next = ask(loop, (struct question){.port = upstream->port});
    assert_int_equal(next.result.curl_code, 0);
    assert_ptr_equal(next.transfer, outcome.transfer);
    loop_free(loop);
    upstream_end(upstream);
    upstream_free(upstream);
}

static void a_transfer_is_cancelled_while_it_waits(void **state)
{
    struct upstream *upstream = upstream_begin(stay_silent, NULL);
    struct loop *loop = loop_new("cancel");
    struct outcome outcome;
    (void)state;
    start(&outcome, loop, (struct question){.port = upstream->port, .timeout_ms = 200});
    while (atomic_load(&upstream->deliveries) == 0)
        turn_for(loop, 5);
    transfer_cancel(outcome.transfer);
    turn_for(loop, 300); /* beyond its deadline */
    assert_int_equal(outcome.calls, 0);
    loop_free(loop);
    upstream_end(upstream);
    upstream_free(upstream);
}

static void a_name_being_looked_up_holds_nobody(void **state)
{
    struct loop *loop = loop_new("lookup");
    struct outcome outcome;
    (void)state;
    start(&outcome, loop, (struct question){.host = "nonexistent.invalid", .port = 80});
    turn_for(loop, 1);
    if (outcome.calls == 0)
        transfer_cancel(outcome.transfer);
    int calls = outcome.calls;
    turn_for(loop, 20);
    assert_int_equal(outcome.calls, calls);
    loop_free(loop);
}

struct pair {
    struct transfer *transfers[2];
    int calls;
};

static void cancel_the_other(struct pair *pair, struct transfer *other)
{
    pair->calls++;
    transfer_cancel(other);
}

static void first_done(const struct transfer_result *result, void *arg)
{
    struct pair *pair = arg;
    assert_int_equal(result->curl_code, 0);
    cancel_the_other(pair, pair->transfers[1]);
}

static void second_done(const struct transfer_result *result, void *arg)
{
    struct pair *pair = arg;
    assert_int_equal(result->curl_code, 0);
    cancel_the_other(pair, pair->transfers[0]);
}

static void one_transfer_cancels_another_from_its_done(void **state)
{
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct loop *loop = loop_new("pair");
    struct pair pair = {0};
    char url[64];
    (void)state;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", upstream->port);
    struct transfer_request request = {.url = url,
                                       .body = STR("key=x"),
                                       .timeout_ms = 5000,
                                       .connect_timeout_ms = 5000,
                                       .max_body = 1024};
    pair.transfers[0] = transfer_start(loop, &request, first_done, &pair);
    pair.transfers[1] = transfer_start(loop, &request, second_done, &pair);
    while (pair.calls == 0)
        turn_for(loop, 5);
    turn_for(loop, 50);
    assert_int_equal(pair.calls, 1);
    loop_free(loop);
    upstream_end(upstream);
    upstream_free(upstream);
}

static void a_loop_is_freed_with_transfers_pending(void **state)
{
    struct upstream *upstream = upstream_begin(stay_silent, NULL);
    struct loop *loop = loop_new("free");
    struct outcome outcomes[3];
    (void)state;
    start(&outcomes[0], loop, (struct question){.port = upstream->port});
    start(&outcomes[1], loop, (struct question){.port = upstream->port});
    while (atomic_load(&upstream->deliveries) < 2)
        turn_for(loop, 5);
    start(&outcomes[2], loop, (struct question){.host = "nonexistent.invalid", .port = 1});
    loop_free(loop);
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        assert_int_equal(outcomes[i].calls, 0);
    upstream_end(upstream);
    upstream_free(upstream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_deadline_holds_against_slow_servers),
        cmocka_unit_test(answers_are_judged_by_their_framing),
        cmocka_unit_test(what_is_too_large_ends_the_transfer),
        cmocka_unit_test(an_answer_of_just_the_ceiling_fits),
        cmocka_unit_test(bytes_on_an_idle_connection_answer_nothing),
        cmocka_unit_test(a_cancelled_transfer_is_silent),
        cmocka_unit_test(a_transfer_is_cancelled_while_it_waits),
        cmocka_unit_test(a_name_being_looked_up_holds_nobody),
        cmocka_unit_test(one_transfer_cancels_another_from_its_done),
        cmocka_unit_test(a_loop_is_freed_with_transfers_pending),
    };
    alarm(120);
    transfer_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
