/* See rediswire.h. hiredis frees its context by itself when a connection ends, in the middle of its
 * own callbacks: hence the wire outlives it and tells its end by a timer. */
#include "cache/rediswire.h"

#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cache/respcommand.h"

enum { LOGIN_BYTES = 4096 };

struct rediswire {
    struct loop *loop;
    const struct redisurl *url; /* borrowed */
    redisAsyncContext *context; /* hiredis' own; NULL once it is gone or about to be */
    struct event *read, *write; /* owned, until hiredis cleans up */
    struct loop_timer timer;    /* the deadline, or the telling of the end */
    int64_t alive_at_ms;        /* steady: bytes came or went, or nothing was awaited */
    size_t awaited;             /* replies */
    bool is_ready, has_ended;
    enum redistrouble why;
    char word[24];
    struct rediswire_events events;
    void *arg;
};

struct awaited { /* one reply */
    struct rediswire *wire;
    rediswire_reply_fn *fn;
    void *arg;
};

/* ---- the end ---- */

static void rediswire_on_told(void *arg)
{
    struct rediswire *wire = arg;
    wire->events.ended(wire->why, str_of(wire->word), wire->arg);
}

/* The first reason counts. hiredis frees the context now, or when its callback returns. */
static void rediswire_end(struct rediswire *wire, enum redistrouble why, struct str error)
{
    redisAsyncContext *context = wire->context;
    wire->context = NULL;
    if (!wire->has_ended) {
        wire->has_ended = true;
        wire->why = why;
        snprintf(wire->word, sizeof wire->word, STR_FMT, STR_ARG(redistrouble_name(error)));
        loop_timer_start(&wire->timer, wire->loop, 0, rediswire_on_told, wire);
    }
    if (context)
        redisAsyncFree(context);
}

static void rediswire_on_deadline(void *arg)
{
    struct rediswire *wire = arg;
    int64_t limit_ms = wire->is_ready ? REDISWIRE_SILENCE_MS : REDISWIRE_HANDSHAKE_MS;
    int64_t left_ms = wire->alive_at_ms + limit_ms - clock_monotonic_ms();
    if (wire->is_ready && wire->awaited == 0)
        return;
    if (left_ms > 0)
        loop_timer_start(&wire->timer, wire->loop, left_ms, rediswire_on_deadline, wire);
    else
        rediswire_end(wire, REDISTROUBLE_SILENT, STR(""));
}

/* ---- hiredis on our loop ---- */

static void rediswire_on_readable(evutil_socket_t fd, short events, void *arg)
{
    struct rediswire *wire = arg;
    (void)fd, (void)events;
    (void)loop_now_ms(wire->loop); /* this turn's time counts */
    wire->alive_at_ms = clock_monotonic_ms();
    if (wire->context)
        redisAsyncHandleRead(wire->context);
}

static void rediswire_on_writable(evutil_socket_t fd, short events, void *arg)
{
    struct rediswire *wire = arg;
    (void)fd, (void)events;
    wire->alive_at_ms = clock_monotonic_ms();
    if (wire->context)
        redisAsyncHandleWrite(wire->context);
}

static void rediswire_add_read(void *arg)
{
    event_add(((struct rediswire *)arg)->read, NULL);
}
static void rediswire_del_read(void *arg)
{
    event_del(((struct rediswire *)arg)->read);
}
static void rediswire_add_write(void *arg)
{
    event_add(((struct rediswire *)arg)->write, NULL);
}
static void rediswire_del_write(void *arg)
{
    event_del(((struct rediswire *)arg)->write);
}
static void rediswire_clean_up(void *arg)
{
    struct rediswire *wire = arg;
    event_free(wire->read);
    event_free(wire->write);
    wire->read = wire->write = NULL;
}

static void rediswire_attach(struct rediswire *wire)
{
    redisAsyncContext *context = wire->context;
    struct event_base *base = loop_base(wire->loop);
    wire->read = event_new(base, context->c.fd, EV_READ | EV_PERSIST, rediswire_on_readable, wire);
    wire->write =
        event_new(base, context->c.fd, EV_WRITE | EV_PERSIST, rediswire_on_writable, wire);
    ASSERT(wire->read && wire->write);
    context->data = wire;
    context->ev.data = wire;
    context->ev.addRead = rediswire_add_read;
    context->ev.delRead = rediswire_del_read;
    context->ev.addWrite = rediswire_add_write;
    context->ev.delWrite = rediswire_del_write;
    context->ev.cleanup = rediswire_clean_up;
}

/* ---- replies ---- */

static void rediswire_on_reply(redisAsyncContext *context, void *reply, void *arg)
{
    struct awaited *awaited = arg;
    struct rediswire *wire = awaited->wire;
    rediswire_reply_fn *fn = awaited->fn;
    void *fn_arg = awaited->arg;
    (void)context;
    free(awaited);
    wire->awaited--;
    fn(reply, fn_arg);
}

static bool rediswire_send_text(struct rediswire *wire, struct str command, rediswire_reply_fn *fn,
                                void *arg)
{
    struct awaited *awaited;
    if (!wire->context)
        return false;
    awaited = memory_new(sizeof *awaited);
    *awaited = (struct awaited){wire, fn, arg};
    if (redisAsyncFormattedCommand(wire->context, rediswire_on_reply, awaited, command.ptr,
                                   command.len) != REDIS_OK) {
        free(awaited);
        return false;
    }
    if (wire->awaited++ == 0 && wire->is_ready) {
        wire->alive_at_ms = clock_monotonic_ms();
        loop_timer_start(&wire->timer, wire->loop, REDISWIRE_SILENCE_MS, rediswire_on_deadline,
                         wire);
    }
    return true;
}

bool rediswire_send(struct rediswire *wire, struct str command, rediswire_reply_fn *reply,
                    void *arg)
{
    ASSERT(wire->is_ready);
    return rediswire_send_text(wire, command, reply, arg);
}

/* ---- the handshake: all at once, PING last ---- */

static bool rediswire_is_error(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR;
}

/* A refused AUTH or SELECT is final, whatever its word. */
static void rediswire_on_login(const redisReply *reply, void *arg)
{
    struct rediswire *wire = arg;
    if (!reply || !rediswire_is_error(reply))
        return;
    struct str error = str_make(reply->str, reply->len);
    enum redistrouble why = redistrouble_of_error(error);
    rediswire_end(wire, why == REDISTROUBLE_OTHER ? REDISTROUBLE_DENIED : why, error);
}

static void rediswire_on_named(const redisReply *reply, void *arg)
{
    (void)reply, (void)arg; /* only a courtesy to who looks at CLIENT LIST */
}

static void rediswire_on_pong(const redisReply *reply, void *arg)
{
    struct rediswire *wire = arg;
    if (!reply || wire->has_ended)
        return;
    if (rediswire_is_error(reply)) {
        struct str error = str_make(reply->str, reply->len);
        rediswire_end(wire, redistrouble_of_error(error), error);
        return;
    }
    wire->is_ready = true;
    loop_timer_cancel(&wire->timer);
    wire->events.ready(wire->arg);
}

static void rediswire_login(struct rediswire *wire)
{
    const struct redisurl *url = wire->url;
    struct buf command;
    bool is_sent = true;
    buf_init(&command, LOGIN_BYTES);
    if (url->password) {
        respcommand_begin(&command, url->user ? 3 : 2);
        respcommand_word(&command, STR("AUTH"));
        if (url->user)
            respcommand_word(&command, str_of(url->user));
        respcommand_word(&command, str_of(url->password));
        is_sent = rediswire_send_text(wire, buf_str(&command), rediswire_on_login, wire);
        explicit_bzero(command.ptr, command.len);
        buf_clear(&command);
    }
    respcommand_begin(&command, 2);
    respcommand_word(&command, STR("SELECT"));
    respcommand_number(&command, url->database);
    is_sent =
        is_sent && rediswire_send_text(wire, buf_str(&command), rediswire_on_login, wire) &&
        rediswire_send_text(wire, STR("*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$8\r\npanelmux\r\n"),
                            rediswire_on_named, wire) &&
        rediswire_send_text(wire, STR("*1\r\n$4\r\nPING\r\n"), rediswire_on_pong, wire);
    buf_fini(&command);
    if (!is_sent)
        rediswire_end(wire, REDISTROUBLE_LOST, STR(""));
}

/* ---- the connection ---- */

static void rediswire_on_connect(const redisAsyncContext *context, int status)
{
    struct rediswire *wire = context->data;
    if (status == REDIS_OK) {
        rediswire_login(wire);
        return;
    }
    wire->context = NULL; /* hiredis frees it on return */
    rediswire_end(wire, REDISTROUBLE_UNREACHABLE, STR(""));
}

static void rediswire_on_disconnect(const redisAsyncContext *context, int status)
{
    struct rediswire *wire = context->data;
    (void)status;
    wire->context = NULL; /* as above */
    rediswire_end(wire, REDISTROUBLE_LOST, STR(""));
}

struct rediswire *rediswire_open(struct loop *loop, const struct redisurl *url, const char *address,
                                 const struct rediswire_events *events, void *arg)
{
    struct rediswire *wire = memory_new(sizeof *wire);
    wire->loop = loop;
    wire->url = url;
    wire->events = *events;
    wire->arg = arg;
    wire->alive_at_ms = clock_monotonic_ms();
    wire->context =
        url->path ? redisAsyncConnectUnix(url->path) : redisAsyncConnect(address, url->port);
    ASSERT(wire->context); /* only without memory */
    if (wire->context->err != 0) {
        rediswire_end(wire, REDISTROUBLE_UNREACHABLE, STR(""));
        return wire;
    }
    rediswire_attach(wire);
    redisAsyncSetDisconnectCallback(wire->context, rediswire_on_disconnect);
    redisAsyncSetConnectCallback(wire->context,
                                 rediswire_on_connect); /* asks for the first write event */
    loop_timer_start(&wire->timer, loop, REDISWIRE_HANDSHAKE_MS, rediswire_on_deadline, wire);
    return wire;
}

void rediswire_close(struct rediswire **wire)
{
    struct rediswire *old = *wire;
    *wire = NULL;
    if (!old)
        return;
    old->has_ended = true; /* nobody is told any more */
    rediswire_end(old, REDISTROUBLE_NONE, STR(""));
    loop_timer_fini(&old->timer);
    free(old);
}
