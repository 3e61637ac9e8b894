/* Outgoing transfers that go well, that must not go twice, and that never left. Every test runs a
 * loop of its own on this thread; an alarm ends a test that hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <time.h>

#include "base/clock.h"
#include "unit/loop/asking.h"

/* ---- what goes well ---- */

static void an_answer_comes_whole(void **state)
{
    int deliveries;
    struct outcome outcome = ask_once(upstream_answer_all,
                                      "HTTP/1.1 503 Busy\r\nServer: nginx\r\n"
                                      "Content-Type: application/json\r\nRetry-After: 17\r\n"
                                      "CF-Mitigated: challenge\r\nContent-Length: 2\r\n\r\n{}",
                                      (struct question){0}, &deliveries);
    (void)state;
    assert_int_equal(outcome.result.curl_code, 0);
    assert_true(outcome.result.was_sent);
    assert_int_equal(outcome.result.http_status, 503);
    assert_string_equal(outcome.body, "{}");
    assert_string_equal(outcome.content_type, "application/json");
    assert_string_equal(outcome.server, "nginx");
    assert_true(outcome.result.has_cf_mitigated);
    assert_int_equal(outcome.result.retry_after_s, 17);
    assert_string_equal(outcome.error, "");
    assert_int_equal(deliveries, 1);
}

static void the_request_is_a_plain_form(void **state)
{
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct loop *loop = loop_new("form");
    (void)state;
    struct outcome outcome =
        ask(loop, (struct question){.port = upstream->port, .body = "key=a%26b"});
    loop_free(loop);
    upstream_end(upstream);
    struct str request = str_of(upstream->request);
    assert_string_equal(outcome.body, "{\"order\":7}");
    assert_int_equal(outcome.result.retry_after_s, -1);
    assert_string_equal(outcome.server, "");
    assert_true(str_starts(request, STR("POST /api/v2 HTTP/1.1\r\n")));
    assert_true(str_ends(request, STR("\r\n\r\nkey=a%26b")));
    assert_true(str_find(request, STR("application/x-www-form-urlencoded")) != SIZE_MAX);
    assert_true(str_find(request, STR("Accept-Encoding: gzip\r\n")) != SIZE_MAX);
    assert_true(str_find_folded(request, STR("expect:")) == SIZE_MAX);
    upstream_free(upstream);
}

static void connections_and_handles_are_used_again(void **state)
{
    static const char *const BODIES[] = {"key=1", "key=22", "", "key=4444", "key=5555"};
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct loop *loop = loop_new("again");
    struct transfer *first = NULL;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
        struct outcome outcome = ask(
            loop,
            (struct question){.port = upstream->port, .body = BODIES[i], .may_repeat = i % 2 == 0});
        assert_int_equal(outcome.result.curl_code, 0);
        assert_true(outcome.result.was_sent);
        first = first ? first : outcome.transfer;
        assert_ptr_equal(outcome.transfer, first);
    }
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->connections), 1);
    assert_int_equal(atomic_load(&upstream->deliveries), COUNT_OF(BODIES));
    assert_true(str_ends(str_of(upstream->request), STR("\r\n\r\nkey=5555")));
    upstream_free(upstream);
}

static void a_handle_goes_to_the_host_it_is_told(void **state)
{
    struct upstream *upstreams[2];
    struct loop *loop = loop_new("hosts");
    (void)state;
    for (int i = 0; i < 2; i++)
        upstreams[i] = upstream_begin(upstream_answer_all, NULL);
    for (int i = 0; i < 6; i++) {
        struct outcome outcome = ask(loop, (struct question){.port = upstreams[i % 2]->port});
        assert_int_equal(outcome.result.curl_code, 0);
    }
    loop_free(loop);
    for (int i = 0; i < 2; i++) {
        upstream_end(upstreams[i]);
        assert_int_equal(atomic_load(&upstreams[i]->deliveries), 3);
        assert_int_equal(atomic_load(&upstreams[i]->connections), 1);
        upstream_free(upstreams[i]);
    }
}

static void a_large_body_goes_whole(void **state)
{
    enum { LARGE = 150 * 1024 };
    char *body = memory_new(LARGE + 1);
    int deliveries;
    (void)state;
    memset(body, 'a', LARGE);
    struct outcome outcome =
        ask_once(upstream_answer_all, NULL, (struct question){.body = body}, &deliveries);
    assert_int_equal(outcome.result.curl_code, 0);
    assert_int_equal(deliveries, 1);
    free(body);
}

enum { MANY = 60 };

struct crowd {
    struct loop *loop;
    struct outcome outcomes[MANY];
    struct question question;
    int to_start;
    int finished;
    int good;
};

static void crowd_finished(const struct transfer_result *result, void *arg);

static void crowd_start_one(struct crowd *crowd)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", crowd->question.port);
    struct transfer_request request = {.url = url,
                                       .body = STR("key=x"),
                                       .timeout_ms = 10000,
                                       .connect_timeout_ms = 5000,
                                       .max_body = 1024};
    crowd->to_start--;
    transfer_start(crowd->loop, &request, crowd_finished, crowd);
}

static void crowd_finished(const struct transfer_result *result, void *arg)
{
    struct crowd *crowd = arg;
    crowd->finished++;
    crowd->good += result->curl_code == 0 && str_is(result->body, "{\"order\":7}");
    if (crowd->to_start > 0)
        crowd_start_one(crowd); /* from inside done */
    if (crowd->finished == 3 * MANY)
        loop_stop(crowd->loop);
}

static void many_at_once_share_connections(void **state)
{
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct crowd crowd = {.loop = loop_new("many"), .to_start = 3 * MANY};
    (void)state;
    crowd.question.port = upstream->port;
    transfer_set_max_connections(crowd.loop, MANY);
    for (int i = 0; i < MANY; i++)
        crowd_start_one(&crowd);
    loop_run(crowd.loop);
    assert_int_equal(crowd.good, 3 * MANY);
    loop_free(crowd.loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->deliveries), 3 * MANY);
    assert_true(atomic_load(&upstream->connections) <= MANY);
    upstream_free(upstream);
}

struct chain {
    struct loop *loop;
    bool is_over;
    int links;
};

static void chain_next(const struct transfer_result *result, void *arg)
{
    /* It ends at once, without any wait for a socket. */
    static const struct transfer_request REQUEST = {.url = "file:///etc/hostname",
                                                    .timeout_ms = 1000,
                                                    .connect_timeout_ms = 1000,
                                                    .max_body = 1024};
    struct chain *chain = arg;
    (void)result;
    chain->links++;
    if (chain->is_over)
        loop_stop(chain->loop);
    else
        transfer_start(chain->loop, &REQUEST, chain_next, chain);
}

static void end_chain(void *arg)
{
    ((struct chain *)arg)->is_over = true;
}

static void transfers_that_start_one_another_leave_turns_to_others(void **state)
{
    struct chain chain = {.loop = loop_new("chain")};
    struct loop_timer timer = {0};
    (void)state;
    chain_next(NULL, &chain);
    loop_timer_start(&timer, chain.loop, 20, end_chain, &chain);
    loop_run(chain.loop); /* goes on for ever when the timer gets no turn */
    assert_true(chain.links > 2);
    loop_timer_fini(&timer);
    loop_free(chain.loop);
}

static void names_are_looked_up(void **state)
{
    /* Where localhost is ::1 first, that attempt is refused and the next one gets its descriptor.
     */
    struct outcome outcome =
        ask_once(upstream_answer_all, NULL, (struct question){.host = "localhost"}, NULL);
    (void)state;
    assert_int_equal(outcome.result.curl_code, 0);
    assert_string_equal(outcome.body, "{\"order\":7}");
}

static void answer_gzip(struct upstream *upstream, int fd)
{
    if (upstream_read(upstream, fd))
        say_gzip(fd, "[{\"service\":1}]", 15);
    upstream_read(upstream, fd);
}

static void a_gzip_answer_is_unpacked(void **state)
{
    struct outcome outcome = ask_once(answer_gzip, NULL, (struct question){0}, NULL);
    (void)state;
    assert_int_equal(outcome.result.curl_code, 0);
    assert_string_equal(outcome.body, "[{\"service\":1}]");
}

/* ---- never twice ---- */

/* Answers the first request of the first connection; whatever comes after that is read and the
 * line cut. */
static void answer_then_hang_up(struct upstream *upstream, int fd)
{
    if (!upstream_read(upstream, fd))
        return;
    if (atomic_load(&upstream->deliveries) > 1)
        return;
    upstream_ok(fd, "{}");
    upstream_read(upstream, fd);
}

static void a_request_is_not_replayed(void **state)
{
    struct upstream *upstream = upstream_begin(answer_then_hang_up, NULL);
    struct loop *loop = loop_new("once");
    (void)state;
    struct outcome first = ask(loop, (struct question){.port = upstream->port});
    assert_int_equal(first.result.curl_code, 0);
    struct outcome second = ask(loop, (struct question){.port = upstream->port});
    assert_int_not_equal(second.result.curl_code, 0);
    assert_true(second.result.was_sent);
    assert_int_equal(second.result.http_status, 0);
    assert_false(second.result.is_timeout);
    /* The handle remembers nothing of it. */
    struct outcome third = ask(loop, (struct question){.port = upstream->port});
    assert_true(third.result.was_sent);
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->deliveries), 3); /* one each */
    upstream_free(upstream);
}

static void answer_second_connection(struct upstream *upstream, int fd)
{
    if (!upstream_read(upstream, fd))
        return;
    int delivery = atomic_load(&upstream->deliveries);
    upstream_ok(fd, delivery == 1 ? "first" : "replayed");
    upstream_read(upstream, fd); /* delivery 2: cut */
}

static void what_may_repeat_is_replayed(void **state)
{
    struct upstream *upstream = upstream_begin(answer_second_connection, NULL);
    struct loop *loop = loop_new("twice");
    (void)state;
    struct outcome first = ask(loop, (struct question){.port = upstream->port, .may_repeat = true});
    assert_string_equal(first.body, "first");
    struct outcome second =
        ask(loop, (struct question){.port = upstream->port, .may_repeat = true});
    assert_int_equal(second.result.curl_code, 0);
    assert_string_equal(second.body, "replayed");
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->deliveries), 3);
    upstream_free(upstream);
}

static void answer_and_close(struct upstream *upstream, int fd)
{
    if (upstream_read(upstream, fd))
        upstream_ok(fd, "{}");
}

static int64_t thread_cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void an_idle_connection_that_ended_is_left_alone(void **state)
{
    struct upstream *upstream = upstream_begin(answer_and_close, NULL);
    struct loop *loop = loop_new("idle");
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = ask(loop, (struct question){.port = upstream->port});
        assert_int_equal(outcome.result.curl_code, 0);
        int64_t before_us = thread_cpu_us();
        turn_for(loop, 100);
        assert_true(thread_cpu_us() - before_us < 50000); /* its end does not spin the loop */
    }
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->deliveries), 3);
    assert_int_equal(atomic_load(&upstream->connections), 3);
    upstream_free(upstream);
}

enum { PAIRS = 12 };

static void on_pair_readable(evutil_socket_t fd, short what, void *arg)
{
    char byte;
    (void)what;
    assert_int_equal(recv(fd, &byte, 1, 0), 1);
    (*(int *)arg)++;
}

/* Registers both ends of fresh pairs, whose descriptors libcurl had before. */
static int count_readable_pairs(struct loop *loop)
{
    int readable = 0;
    int ends[PAIRS][2];
    struct event *events[PAIRS][2];
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
        for (int end = 0; end < 2; end++) {
            events[i][end] = event_new(loop_base(loop), ends[i][end], EV_READ | EV_PERSIST,
                                       on_pair_readable, &readable);
            event_add(events[i][end], NULL);
            assert_int_equal(send(ends[i][end], "x", 1, 0), 1);
        }
    }
    turn_for(loop, 20);
    for (int i = 0; i < PAIRS; i++)
        for (int end = 0; end < 2; end++) {
            event_free(events[i][end]);
            close(ends[i][end]);
        }
    return readable;
}

static void hold_back(struct upstream *upstream, int fd)
{
    upstream_read(upstream, fd);
    upstream_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    upstream_read(upstream, fd);
}

static void descriptors_are_left_clean_for_others(void **state)
{
    struct upstream *closing = upstream_begin(answer_and_close, NULL);
    struct upstream *holding = upstream_begin(hold_back, NULL);
    const struct question questions[] = {
        {.host = "nonexistent.invalid", .port = 80}, /* the resolver's pair */
        {.port = closing->port},                     /* closed by the other end */
        {.port = holding->port, .timeout_ms = 50},   /* closed by libcurl while it reads */
        {.port = 1},                                 /* never made */
        {.host = "localhost", .port = closing->port},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        /* Each on its own, for what opens a descriptor next cleans up after the last. */
        struct loop *loop = loop_new("clean");
        ask(loop, questions[i]);
        assert_int_equal(count_readable_pairs(loop), 2 * PAIRS);
        loop_free(loop);
    }
    upstream_end(closing);
    upstream_free(closing);
    upstream_end(holding);
    upstream_free(holding);
}

/* ---- never sent ---- */

static void a_refused_connection_sent_nothing(void **state)
{
    int port;
    int fd = upstream_listen(&port); /* bound, not listening */
    struct loop *loop = loop_new("refused");
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = ask(loop, (struct question){.port = port});
        assert_int_equal(outcome.result.curl_code, CURLE_COULDNT_CONNECT);
        assert_false(outcome.result.was_sent);
        assert_int_equal(outcome.result.http_status, 0);
        assert_true(outcome.error[0] != '\0');
    }
    loop_free(loop);
    close(fd);
}

static void an_unknown_host_sent_nothing(void **state)
{
    struct loop *loop = loop_new("unknown");
    (void)state;
    struct outcome outcome =
        ask(loop, (struct question){.host = "nonexistent.invalid", .port = 80});
    assert_true(outcome.result.curl_code == CURLE_COULDNT_RESOLVE_HOST ||
                outcome.result.is_timeout);
    assert_false(outcome.result.was_sent);
    loop_free(loop);
}

static void other_schemes_are_refused(void **state)
{
    struct loop *loop = loop_new("scheme");
    struct outcome outcome = {.loop = loop};
    struct transfer_request request = {.url = "file:///etc/hostname",
                                       .timeout_ms = 1000,
                                       .connect_timeout_ms = 1000,
                                       .max_body = 1024};
    (void)state;
    outcome.transfer = transfer_start(loop, &request, keep_outcome, &outcome);
    assert_int_equal(outcome.calls, 0);
    loop_run(loop);
    assert_int_equal(outcome.calls, 1);
    assert_int_equal(outcome.result.curl_code, CURLE_UNSUPPORTED_PROTOCOL);
    assert_false(outcome.result.was_sent);
    loop_free(loop);
}

static void a_full_backlog_ends_by_the_connect_timeout(void **state)
{
    int port;
    int listener = upstream_listen(&port);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fillers[8];
    (void)state;
    assert_int_equal(listen(listener, 0), 0);
    for (size_t i = 0; i < COUNT_OF(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    struct loop *loop = loop_new("backlog");
    struct outcome outcome = ask(loop, (struct question){.port = port, .timeout_ms = 300});
    assert_true(outcome.result.is_timeout);
    assert_false(outcome.result.was_sent);
    loop_free(loop);
    for (size_t i = 0; i < COUNT_OF(fillers); i++)
        close(fillers[i]);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_whole),
        cmocka_unit_test(the_request_is_a_plain_form),
        cmocka_unit_test(connections_and_handles_are_used_again),
        cmocka_unit_test(a_handle_goes_to_the_host_it_is_told),
        cmocka_unit_test(a_large_body_goes_whole),
        cmocka_unit_test(many_at_once_share_connections),
        cmocka_unit_test(transfers_that_start_one_another_leave_turns_to_others),
        cmocka_unit_test(names_are_looked_up),
        cmocka_unit_test(a_gzip_answer_is_unpacked),
        cmocka_unit_test(a_request_is_not_replayed),
        cmocka_unit_test(what_may_repeat_is_replayed),
        cmocka_unit_test(an_idle_connection_that_ended_is_left_alone),
        cmocka_unit_test(descriptors_are_left_clean_for_others),
        cmocka_unit_test(a_refused_connection_sent_nothing),
        cmocka_unit_test(an_unknown_host_sent_nothing),
        cmocka_unit_test(other_schemes_are_refused),
        cmocka_unit_test(a_full_backlog_ends_by_the_connect_timeout),
    };
    alarm(120);
    transfer_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
