/* Outgoing transfers against servers that answer well, badly, slowly, or not at all. Every test
 * runs a loop of its own on this thread; an alarm ends a test that hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <time.h>
#include <zlib.h>

#include "base/clock.h"
#include "loop/transfer.h"
#include "unit/loop/upstream.h"

/* ---- asking ---- */

struct outcome {
    struct loop *loop;
    struct transfer *transfer;
    int calls;
    bool is_starting;
    bool was_called_while_starting;
    struct transfer_result result;
    char body[4096];
    char content_type[128];
    char server[128];
    char error[300];
};

static void keep_text(char *out, size_t room, struct str text)
{
    snprintf(out, room, STR_FMT, STR_ARG(text));
}

static void keep_outcome(const struct transfer_result *result, void *arg)
{
    struct outcome *outcome = arg;
    outcome->calls++;
    outcome->was_called_while_starting |= outcome->is_starting;
    outcome->result = *result;
    keep_text(outcome->body, sizeof outcome->body, result->body);
    keep_text(outcome->content_type, sizeof outcome->content_type, result->content_type);
    keep_text(outcome->server, sizeof outcome->server, result->server);
    keep_text(outcome->error, sizeof outcome->error, str_of(result->error));
    loop_stop(outcome->loop);
}

struct question {
    const char *host; /* NULL: 127.0.0.1 */
    int port;
    const char *body;
    int64_t timeout_ms;
    size_t body_ceiling;
    bool may_repeat;
};

static void start(struct outcome *outcome, struct loop *loop, struct question question)
{
    char url[128];
    const char *body = question.body ? question.body : "key=secret&action=balance";
    snprintf(url, sizeof url, "http://%s:%d/api/v2", question.host ? question.host : "127.0.0.1",
             question.port);
    struct transfer_request request = {
        .url = url,
        .body = str_of(body),
        .timeout_ms = question.timeout_ms ? question.timeout_ms : 10000,
        .connect_timeout_ms = 5000,
        .body_ceiling = question.body_ceiling ? question.body_ceiling : 64 * 1024,
        .may_repeat = question.may_repeat,
    };
    *outcome = (struct outcome){.loop = loop, .is_starting = true};
    outcome->transfer = transfer_start(loop, &request, keep_outcome, outcome);
    outcome->is_starting = false;
    memset(url, 'x', sizeof url - 1); /* it was borrowed only until now */
}

static struct outcome ask(struct loop *loop, struct question question)
{
    struct outcome outcome;
    start(&outcome, loop, question);
    loop_run(loop);
    assert_int_equal(outcome.calls, 1);
    assert_false(outcome.was_called_while_starting);
    return outcome;
}

/* A loop, an upstream with a script, one question. */
static struct outcome ask_once(upstream_script *script, const char *answer,
                               struct question question, int *deliveries_out)
{
    struct upstream *upstream = upstream_begin(script, answer);
    struct loop *loop = loop_new("once");
    question.port = upstream->port;
    struct outcome outcome = ask(loop, question);
    loop_free(loop);
    upstream_end(upstream);
    if (deliveries_out)
        *deliveries_out = atomic_load(&upstream->deliveries);
    upstream_free(upstream);
    return outcome;
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

static void turn_for(struct loop *loop, int64_t duration_ms)
{
    struct loop_timer timer = {0};
    loop_timer_start(&timer, loop, duration_ms, stop_loop, loop);
    loop_run(loop);
    loop_timer_fini(&timer);
}

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
                                       .body_ceiling = 1024};
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

static size_t gzip(const char *bytes, size_t len, unsigned char *out, size_t room)
{
    z_stream stream = {0};
    ASSERT(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)len;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}

static void say_gzip(int fd, const char *bytes, size_t len)
{
    size_t room = len / 100 + 1024;
    unsigned char *packed = memory_new(room);
    size_t packed_len = gzip(bytes, len, packed, room);
    char head[128];
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
             packed_len);
    upstream_say(fd, head);
    upstream_send(fd, packed, packed_len);
    free(packed);
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
                                       .body_ceiling = 1024};
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
        int64_t before_ms = clock_steady_ms();
        struct outcome outcome =
            ask_once(scripts[i], NULL, (struct question){.timeout_ms = 250}, &deliveries);
        assert_true(clock_steady_ms() - before_ms < 2000);
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
            ask_once(scripts[i], NULL, (struct question){.body_ceiling = 100 * 1024}, NULL);
        assert_true(outcome.result.is_too_large);
        assert_int_equal(outcome.result.curl_code, CURLE_WRITE_ERROR);
        assert_true(outcome.result.body.len <= 100 * 1024);
        assert_true(outcome.result.was_sent);
    }
}

static void an_answer_of_just_the_ceiling_fits(void **state)
{
    struct question question = {.body_ceiling = 11}; /* {"order":7} */
    (void)state;
    struct outcome outcome = ask_once(upstream_answer_all, NULL, question, NULL);
    assert_int_equal(outcome.result.curl_code, 0);
    assert_false(outcome.result.is_too_large);
    question.body_ceiling = 10;
    outcome = ask_once(upstream_answer_all, NULL, question, NULL);
    assert_true(outcome.result.is_too_large);
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
                                       .body_ceiling = 1024};
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
        cmocka_unit_test(an_answer_comes_whole),
        cmocka_unit_test(the_request_is_a_plain_form),
        cmocka_unit_test(connections_and_handles_are_used_again),
        cmocka_unit_test(a_large_body_goes_whole),
        cmocka_unit_test(many_at_once_share_connections),
        cmocka_unit_test(names_are_looked_up),
        cmocka_unit_test(a_gzip_answer_is_unpacked),
        cmocka_unit_test(a_request_is_not_replayed),
        cmocka_unit_test(what_may_repeat_is_replayed),
        cmocka_unit_test(an_idle_connection_that_ended_is_left_alone),
        cmocka_unit_test(a_refused_connection_sent_nothing),
        cmocka_unit_test(an_unknown_host_sent_nothing),
        cmocka_unit_test(other_schemes_are_refused),
        cmocka_unit_test(a_full_backlog_ends_by_the_connect_timeout),
        cmocka_unit_test(the_deadline_holds_against_slow_servers),
        cmocka_unit_test(answers_are_judged_by_their_framing),
        cmocka_unit_test(what_is_too_large_ends_the_transfer),
        cmocka_unit_test(an_answer_of_just_the_ceiling_fits),
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
