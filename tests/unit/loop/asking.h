/* How the tests of transfers ask: a question to an upstream, and what came back. Header only; the
 * includer has cmocka.h in already. */
#ifndef UNIT_LOOP_ASKING_H
#define UNIT_LOOP_ASKING_H
#include <zlib.h>

#include "loop/transfer.h"
#include "unit/loop/upstream.h"

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

static inline void keep_text(char *out, size_t room, struct str text)
{
    snprintf(out, room, STR_FMT, STR_ARG(text));
}

static inline void keep_outcome(const struct transfer_result *result, void *arg)
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
    size_t max_body;
    bool may_repeat;
};

static inline void start(struct outcome *outcome, struct loop *loop, struct question question)
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
        .max_body = question.max_body ? question.max_body : 64 * 1024,
        .may_repeat = question.may_repeat,
    };
    *outcome = (struct outcome){.loop = loop, .is_starting = true};
    outcome->transfer = transfer_start(loop, &request, keep_outcome, outcome);
    outcome->is_starting = false;
    memset(url, 'x', sizeof url - 1); /* it was borrowed only until now */
}

static inline struct outcome ask(struct loop *loop, struct question question)
{
    struct outcome outcome;
    start(&outcome, loop, question);
    loop_run(loop);
    assert_int_equal(outcome.calls, 1);
    assert_false(outcome.was_called_while_starting);
    return outcome;
}

/* A loop, an upstream with a script, one question. */
static inline struct outcome ask_once(upstream_script *script, const char *answer,
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

static inline void stop_loop(void *arg)
{
    loop_stop(arg);
}

static inline void turn_for(struct loop *loop, int64_t duration_ms)
{
    struct loop_timer timer = {0};
    loop_timer_start(&timer, loop, duration_ms, stop_loop, loop);
    loop_run(loop);
    loop_timer_fini(&timer);
}

static inline size_t gzip(const char *bytes, size_t len, unsigned char *out, size_t room)
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

static inline void say_gzip(int fd, const char *bytes, size_t len)
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

#endif
