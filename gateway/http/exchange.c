/* See exchange.h: from evhttp's request to the handler, and the one reply: its head, its body by
 * copy or by reference, and the listener's own 503. Two sides hold an exchange: the handler until
 * its reply, and the wire until the reply has left or the connection has died. When the deadline
 * passes first, the wire gets its 503 and evhttp will free the request; what the handler may still
 * look at (body, headers) is moved over to the exchange before that, so that no view of it dangles.
 *
 * evhttp's send_error and send_page are not used: they drop headers and close the connection. */
#include "http/exchange.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/digits.h"
#include "http/headercheck.h"
#include "http/listener_private.h"
#include "http/network.h"

enum {
    FIRST_BYTES = 4096, /* of an exchange's arena */
    ID_BYTES = 64,
    ADDED_BYTES = 4096, /* header lines that a handler adds */
    HEAD_BYTES = ADDED_BYTES + 512,
};

struct exchange {
    struct exchange *next;          /* the pool's */
    struct listener *listener;      /* borrowed */
    struct connection *connection;  /* NULL once it has died */
    struct evhttp_request *request; /* evhttp's; NULL once it may have been freed */
    struct evkeyvalq *headers;      /* the request's or kept_headers */
    struct evbuffer *body;          /* the request's or kept_body */
    struct evkeyvalq kept_headers;
    struct evbuffer *kept_body; /* owned; NULL unless the deadline passed */
    struct str path, query;     /* in the arena */
    struct str added;           /* header lines of the reply; in the arena */
    struct arena arena;
    void (*on_end)(void *arg);
    void *on_end_arg;
    void (*on_lost)(void *arg);
    void *on_lost_arg;
    struct event *closed; /* owned; watches for the client's end of the connection */
    bool is_lost;         /* that has come */
    bool is_written;      /* to the last byte */
    struct in6_addr peer;
    enum exchange_method method;
    bool is_answered;     /* a reply was given to the wire */
    bool is_handler_done; /* the handler has given its one reply */
    bool is_wire_done;    /* the reply is written, or never will be */
    bool has_content_type;
    bool must_close; /* the connection ends with this reply */
    size_t peer_len; /* of peer_text; 0: not printed yet */
    char peer_text[NETWORK_TEXT_BYTES];
    size_t request_id_len;
    char request_id[ID_BYTES + 1];
    _Alignas(16) char first_bytes[FIRST_BYTES]; /* the arena's first block */
};

/* ---- life ---- */

static struct exchange *exchange_take(struct listener *listener)
{
    struct exchange *x = listener->pool;
    if (x) {
        listener->pool = x->next;
        listener->pool_count--;
    } else {
        x = memory_new(sizeof *x);
        arena_init(&x->arena);
    }
    x->next = NULL;
    x->listener = listener;
    x->added = STR("");
    x->arena.at = x->first_bytes;
    x->arena.left = sizeof x->first_bytes;
    atomic_fetch_add(&listener->exchange_count, 1);
    return x;
}

/* Back to zeroes, touching only what was used. */
static void exchange_wipe(struct exchange *x)
{
    size_t used = x->arena.blocks ? sizeof x->first_bytes : sizeof x->first_bytes - x->arena.left;
    arena_fini(&x->arena);
    memset(x->first_bytes, 0, used);
    memset(x, 0, offsetof(struct exchange, first_bytes));
}

static void exchange_give_back(struct exchange *x)
{
    struct listener *listener = x->listener;
    if (atomic_fetch_sub(&listener->exchange_count, 1) == 1 && listener->on_idle)
        listener->on_idle(listener->on_idle_arg);
    if (x->kept_body) {
        evbuffer_free(x->kept_body);
        evhttp_clear_headers(&x->kept_headers);
    }
    if (listener->pool_count == LISTENER_POOL_MAX) {
        arena_fini(&x->arena);
        free(x);
        return;
    }
    exchange_wipe(x);
    x->next = listener->pool;
    listener->pool = x;
    listener->pool_count++;
}

void exchange_free_pool(struct listener *listener)
{
    while (listener->pool) {
        struct exchange *x = listener->pool;
        listener->pool = x->next;
        free(x);
    }
    listener->pool_count = 0;
}

/* Ends the exchange when both sides are done with it. */
static void exchange_leave(struct exchange *x)
{
    if (!x->is_handler_done || !x->is_wire_done)
        return;
    if (x->on_end)
        x->on_end(x->on_end_arg);
    exchange_give_back(x);
}

/* Before its connection is closed or taken by the next request. */
static void exchange_stop_watching(struct exchange *x)
{
    if (x->closed)
        event_free(x->closed);
    x->closed = NULL;
}

/* Its client will not have what the handler replies. */
static void exchange_lose(struct exchange *x)
{
    bool is_news = !x->is_lost;
    exchange_stop_watching(x);
    x->is_lost = true;
    if (is_news && x->on_lost)
        x->on_lost(x->on_lost_arg);
}

static void exchange_on_closed(int fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    exchange_lose(arg);
}

void exchange_lose_connection(struct exchange *x)
{
    x->connection = NULL;
    exchange_lose(x);
    /* Without a reply yet the request stays ours until there is one; else evhttp frees it now. */
    if (!x->is_answered)
        return;
    x->request = NULL;
    x->is_wire_done = true;
    exchange_leave(x);
}

/* ---- the reply ---- */

static const char *exchange_reply_phrase_of(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Answer";
}

/* Printed once per second; evhttp would print it for every reply. */
static const char *exchange_reply_date_now(struct listener *listener)
{
    int64_t now_s = clock_wall_ms() / 1000;
    if (now_s != listener->date_s) {
        time_t seconds = (time_t)now_s;
        struct tm utc;
        gmtime_r(&seconds, &utc);
        evutil_date_rfc1123(listener->date, sizeof listener->date, &utc);
        listener->date_s = now_s;
    }
    return listener->date;
}

/* ---- the reply's head, as evhttp would print it; printf and its list of headers are a fifth of a
 * small request's cost ---- */

struct head {
    char *end;
    char bytes[HEAD_BYTES];
};

static void exchange_reply_put(struct head *head, const char *bytes, size_t len)
{
    ASSERT(len <= (size_t)(head->bytes + sizeof head->bytes - head->end));
    head->end = mempcpy(head->end, bytes, len);
}

static void exchange_reply_put_text(struct head *head, const char *text)
{
    exchange_reply_put(head, text, strlen(text));
}

static void exchange_reply_put_number(struct head *head, size_t number)
{
    char digits[DIGITS_MAX];
    exchange_reply_put(head, digits, (size_t)(digits_put(digits, number) - digits));
}

static void exchange_reply_put_first_line(struct head *head, const struct exchange *x, int status)
{
    /* Whatever version the client claims. */
    bool is_old = x->request->major == 1 && x->request->minor == 0;
    exchange_reply_put_text(head, is_old ? "HTTP/1.0 " : "HTTP/1.1 ");
    exchange_reply_put_number(head, (size_t)status);
    exchange_reply_put_text(head, " ");
    exchange_reply_put_text(head, exchange_reply_phrase_of(status));
    exchange_reply_put_text(head, "\r\n");
}

/* evhttp looks at its own header lists to see whether the connection ends with this reply, so
 * must_close goes there as well. */
static void exchange_reply_put_connection(struct head *head, const struct exchange *x)
{
    struct evhttp_request *request = x->request;
    const char *asked = evhttp_find_header(request->input_headers, "Connection");
    if (x->must_close || x->listener->is_draining) {
        evhttp_add_header(request->output_headers, "Connection", "close");
        exchange_reply_put_text(head, "Connection: close\r\n");
    } else if (asked) {
        if (strcasecmp(asked, "close") == 0)
            exchange_reply_put_text(head, "Connection: close\r\n");
        else if (request->major == 1 && request->minor == 0 &&
                 strncasecmp(asked, "keep-alive", strlen("keep-alive")) == 0)
            exchange_reply_put_text(head, "Connection: keep-alive\r\n");
    }
}

static void exchange_reply_put_head(struct head *head, const struct exchange *x, int status,
                                    size_t len)
{
    head->end = head->bytes;
    exchange_reply_put_first_line(head, x, status);
    exchange_reply_put(head, x->added.ptr, x->added.len);
    if (status != 204 && status != 304) {
        exchange_reply_put_text(head, "Content-Length: ");
        exchange_reply_put_number(head, len);
        if (!x->has_content_type)
            exchange_reply_put_text(head, "\r\nContent-Type: application/json");
        exchange_reply_put_text(head, "\r\n");
    }
    exchange_reply_put_text(head, "X-Request-Id: ");
    exchange_reply_put(head, x->request_id, x->request_id_len);
    exchange_reply_put_text(head, "\r\nDate: ");
    exchange_reply_put_text(head, exchange_reply_date_now(x->listener));
    exchange_reply_put_text(head, "\r\n");
    exchange_reply_put_connection(head, x);
    exchange_reply_put_text(head, "\r\n");
}

/* ---- to the wire ---- */

static void exchange_reply_on_sent(struct evhttp_request *request, void *arg)
{
    struct exchange *x = arg;
    (void)request;
    x->request = NULL;
    x->is_wire_done = true;
    x->is_written = true;
    exchange_stop_watching(x);
    connection_finish_request(x->connection);
    x->connection = NULL;
    exchange_leave(x);
}

typedef void release_fn(const void *bytes, size_t len, void *arg);

struct body {
    struct str bytes;    /* copied unless there is a release */
    release_fn *release; /* NULL: none, or owned by the output already */
    void *arg;
};

/* How much of both went out at once: the socket nearly always has room, and a turn of the loop with
 * its epoll_ctl is saved. An error is left for the loop to find.
 *
 * Plain writes, also for the megabyte of a price list: 168 us of processor per `services` of 720 KB
 * and 16 connections, where sendfile from a memfd took 183 and pages lent by vmsplice 267 (medians
 * of five interleaved rounds; docs/decisions has the figures). */
static size_t exchange_reply_write_now(struct connection *connection, struct str head,
                                       struct str body)
{
    struct bufferevent *bufferevent = connection->bufferevent;
    if (connection->is_tls || evbuffer_get_length(bufferevent_get_output(bufferevent)) > 0)
        return 0;
    struct iovec parts[] = {
        {.iov_base = (void *)(uintptr_t)head.ptr, .iov_len = head.len},
        {.iov_base = (void *)(uintptr_t)body.ptr,
         .iov_len = body.len < CONNECTION_IO_BYTES ? body.len : CONNECTION_IO_BYTES},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = body.len > 0 ? 2 : 1};
    ssize_t sent = sendmsg(bufferevent_getfd(bufferevent), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? (size_t)sent : 0;
}

static bool exchange_reply_takes_body(const struct exchange *x, int status, size_t len)
{
    return len > 0 && x->method != EXCHANGE_HEAD && status != 204 && status != 304;
}

/* The body from that offset on. */
static void exchange_reply_add_remainder(struct exchange *x, struct body *body, size_t from)
{
    struct evbuffer *output = bufferevent_get_output(x->connection->bufferevent);
    struct str bytes = body->bytes;
    if (!body->release) {
        ASSERT(evbuffer_add(output, bytes.ptr + from, bytes.len - from) == 0);
        return;
    }
    /* release expects the bytes it was given, so the whole body is referenced and then drained. */
    struct evbuffer *whole = evhttp_request_get_output_buffer(x->request);
    ASSERT(evbuffer_add_reference(whole, bytes.ptr, bytes.len, body->release, body->arg) == 0 &&
           evbuffer_drain(whole, from) == 0 && evbuffer_add_buffer(output, whole) == 0);
    body->release = NULL;
}

/* True: all of it was written. */
static bool exchange_reply_write(struct exchange *x, struct str head, struct body *body)
{
    struct evbuffer *output = bufferevent_get_output(x->connection->bufferevent);
    size_t sent = exchange_reply_write_now(x->connection, head, body->bytes);
    if (sent == head.len + body->bytes.len)
        return true;
    if (sent < head.len)
        ASSERT(evbuffer_add(output, head.ptr + sent, head.len - sent) == 0);
    if (body->bytes.len > 0)
        exchange_reply_add_remainder(x, body, sent > head.len ? sent - head.len : 0);
    return false;
}

/* The client has left: evhttp just frees the request. */
static void exchange_reply_discard(struct exchange *x)
{
    struct evhttp_request *request = x->request;
    x->request = NULL;
    x->is_wire_done = true;
    evhttp_send_reply_end(request);
    exchange_leave(x);
}

static void exchange_reply_send_to_client(struct exchange *x, int status, struct body *body)
{
    struct evhttp_request *request = x->request;
    struct bufferevent *bufferevent = x->connection->bufferevent;
    struct loop *loop = x->listener->loop;
    struct body none = {.bytes = STR("")};
    struct head text;
    exchange_reply_put_head(&text, x, status, body->bytes.len);
    struct str head = str_make(text.bytes, (size_t)(text.end - text.bytes));
    bool is_whole = exchange_reply_write(
        x, head, exchange_reply_takes_body(x, status, body->bytes.len) ? body : &none);
    evhttp_request_set_on_complete_cb(request, exchange_reply_on_sent, x);
    connection_start_writing(x->connection);
    evhttp_quirks_forget_chunks(request);
    evhttp_send_reply_end(request);
    if (is_whole)
        return;
    evhttp_quirks_write_by_loop(bufferevent);
    loop_yield(loop);
}

/* The exchange may be gone afterwards. */
static void exchange_reply_send(struct exchange *x, int status, struct body body)
{
    x->is_answered = true;
    if (x->connection)
        exchange_reply_send_to_client(x, status, &body);
    else
        exchange_reply_discard(x);
    if (body.release)
        body.release(body.bytes.ptr, body.bytes.len, body.arg);
}

/* False: the deadline has sent the 503 already. */
static bool exchange_reply_begin(struct exchange *x)
{
    ASSERT(!x->is_handler_done);
    x->is_handler_done = true;
    return !x->is_answered;
}

void exchange_add_header(struct exchange *x, const char *name, const char *value)
{
    struct str key = str_of(name), text = str_of(value);
    ASSERT(!x->is_handler_done);
    if (x->is_answered)
        return;
    ASSERT(str_find_byte(text, '\r') == SIZE_MAX && str_find_byte(text, '\n') == SIZE_MAX);
    ASSERT(x->added.len + key.len + text.len + 4 <= ADDED_BYTES);
    x->has_content_type |= str_equal_folded(key, STR("content-type"));
    char *lines = arena_new(&x->arena, x->added.len + key.len + text.len + 4);
    char *end = mempcpy(lines, x->added.ptr, x->added.len);
    end = mempcpy(end, key.ptr, key.len);
    end = mempcpy(end, ": ", 2);
    end = mempcpy(end, text.ptr, text.len);
    end = mempcpy(end, "\r\n", 2);
    x->added = str_make(lines, (size_t)(end - lines));
}

static void exchange_reply_once(struct exchange *x, int status, struct body body)
{
    if (exchange_reply_begin(x)) {
        exchange_reply_send(x, status, body);
        return;
    }
    exchange_leave(x);
    if (body.release)
        body.release(body.bytes.ptr, body.bytes.len, body.arg);
}

void exchange_reply(struct exchange *x, int status, struct str bytes)
{
    exchange_reply_once(x, status, (struct body){.bytes = bytes});
}

void exchange_reply_shared(struct exchange *x, int status, struct str bytes,
                           void (*release)(const void *bytes, size_t len, void *arg), void *arg)
{
    exchange_reply_once(x, status, (struct body){.bytes = bytes, .release = release, .arg = arg});
}

static struct str exchange_reply_error_json(struct exchange *x, const char *message)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_add_text(&text, "{\"error\":");
    buf_add_json(&text, str_of(message));
    buf_add_byte(&text, '}');
    struct str json =
        text.is_over ? STR("{\"error\":\"Internal error\"}") : arena_str(&x->arena, buf_str(&text));
    buf_fini(&text);
    return json;
}

void exchange_reply_error(struct exchange *x, int status, const char *message)
{
    exchange_reply(x, status, exchange_reply_error_json(x, message));
}

/* evhttp frees a request with its reply, so what the handler may still hold views of moves here. */
static void exchange_reply_keep_for_handler(struct exchange *x)
{
    TAILQ_INIT(&x->kept_headers);
    TAILQ_CONCAT(&x->kept_headers, x->headers, next);
    x->headers = &x->kept_headers;
    x->kept_body = evbuffer_new();
    ASSERT(x->kept_body != NULL);
    evbuffer_add_buffer(x->kept_body, x->body);
    x->body = x->kept_body;
}

void exchange_time_out(struct exchange *x)
{
    ASSERT(!x->is_answered);
    exchange_lose(x);
    struct str json = exchange_reply_error_json(x, "Request timed out");
    exchange_reply_keep_for_handler(x);
    /* Headers the handler has added belong to the reply that will not be sent. */
    x->added = STR("");
    x->has_content_type = false;
    x->must_close = true;
    exchange_reply_send(x, 503, (struct body){.bytes = json});
}

/* ---- arrival ---- */

static bool exchange_is_id(struct str s)
{
    if (s.len < 1 || s.len > ID_BYTES)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

/* splitmix64: ids need to differ, not to be secret. */
static uint64_t exchange_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void exchange_take_request_id(struct exchange *x)
{
    struct str given = exchange_header(x, "X-Request-Id");
    if (exchange_is_id(given)) {
        memcpy(x->request_id, given.ptr, given.len);
        x->request_id_len = given.len;
        return;
    }
    uint64_t made = exchange_mix(x->listener->next_request_id += 0x9E3779B97F4A7C15u);
    for (x->request_id_len = 0; x->request_id_len < 16; x->request_id_len++, made <<= 4)
        x->request_id[x->request_id_len] = "0123456789abcdef"[made >> 60];
}

/* The raw target, split by hand so that everything behind the '?' is kept, including a '#'. */
static void exchange_take_target(struct exchange *x)
{
    struct str target = str_of(evhttp_request_get_uri(x->request));
    if (target.len && target.ptr[0] != '/') {
        size_t scheme = str_find(target, STR("://"));
        size_t path = scheme == SIZE_MAX ? 0 : scheme + 3;
        while (path < target.len && target.ptr[path] != '/' && target.ptr[path] != '?')
            path++;
        target = scheme == SIZE_MAX ? target : str_from(target, path);
    }
    target = arena_str(&x->arena, target);
    size_t request = str_find_byte(target, '?');
    x->path = str_first(target, request);
    x->query = request == SIZE_MAX ? STR("") : str_from(target, request + 1);
}

/* Some proxies add a line of their own: all lines count, in order. */
static struct str exchange_forwarded_for(struct exchange *x)
{
    const struct evkeyval *header;
    struct str all = STR_NONE;
    TAILQ_FOREACH(header, x->headers, next)
    {
        if (!str_equal_folded(str_of(header->key), STR("x-forwarded-for")))
            continue;
        all = all.ptr ? str_of(arena_printf(&x->arena, STR_FMT ",%s", STR_ARG(all), header->value))
                      : str_of(header->value);
    }
    return all;
}

static void exchange_take_peer(struct exchange *x)
{
    const struct listener_settings *settings = &x->listener->settings;
    x->peer = x->connection->peer;
    if (settings->trusted_proxy_count > 0 &&
        network_any_holds(settings->trusted_proxies, settings->trusted_proxy_count, &x->peer))
        x->peer = network_client_behind(&x->peer, exchange_forwarded_for(x),
                                        settings->trusted_proxies, settings->trusted_proxy_count);
}

static enum exchange_method exchange_method_of(struct evhttp_request *request)
{
    /* EVHTTP_REQ_* are bits of a mask, not a closed set: hence no switch. */
    enum evhttp_cmd_type command = evhttp_request_get_command(request);
    if (command == EVHTTP_REQ_GET)
        return EXCHANGE_GET;
    if (command == EVHTTP_REQ_POST)
        return EXCHANGE_POST;
    return command == EVHTTP_REQ_HEAD ? EXCHANGE_HEAD : EXCHANGE_OTHER;
}

static struct headercheck_verdict exchange_judge(const struct exchange *x)
{
    struct headercheck_request head = {
        .major = x->request->major,
        .minor = x->request->minor,
        .may_have_body = x->method != EXCHANGE_HEAD,
        .has_bad_bytes = x->connection->scan.is_bad,
        .has_odd_version = x->connection->scan.has_odd_version,
    };
    return headercheck_judge(&head, x->headers);
}

static struct exchange *exchange_begin(struct listener *listener, struct evhttp_request *request)
{
    struct exchange *x = exchange_take(listener);
    x->connection = connection_of(listener, request);
    x->request = request;
    x->headers = evhttp_request_get_input_headers(request);
    evhttp_quirks_forget_proxy(request);
    headercheck_cut_trailers(&x->connection->scan, x->headers);
    x->body = evhttp_request_get_input_buffer(request);
    x->method = exchange_method_of(request);
    exchange_take_target(x);
    exchange_take_request_id(x);
    exchange_take_peer(x);
    connection_start_working(x->connection, x);
    return x;
}

void exchange_on_request(struct evhttp_request *request, void *arg)
{
    struct listener *listener = arg;
    /* Behind what evhttp has refused nothing is served, even if it came before the connection could
     * be ended; evhttp frees this request with it. */
    if (connection_of(listener, request)->is_refused)
        return;
    struct exchange *x = exchange_begin(listener, request);
    struct headercheck_verdict verdict = exchange_judge(x);
    x->must_close = verdict.is_chunked || verdict.message != NULL;
    if (verdict.message) {
        listener_count(&listener->totals.rejected);
        exchange_reply_error(x, 400, verdict.message);
        return;
    }
    listener_count(&listener->totals.requests);
    if (x->method == EXCHANGE_OTHER) {
        exchange_add_header(x, "Allow", "GET, HEAD, POST");
        exchange_reply_error(x, 405, "Method not allowed");
        return;
    }
    listener->handler(x, listener->handler_arg);
}

/* ---- for the handler ---- */

enum exchange_method exchange_method(const struct exchange *x)
{
    return x->method;
}

struct str exchange_path(const struct exchange *x)
{
    return x->path;
}

struct str exchange_query(const struct exchange *x)
{
    return x->query;
}

struct str exchange_header(const struct exchange *x, const char *name)
{
    return str_of(evhttp_find_header(x->headers, name));
}

bool exchange_header_differs(const struct exchange *x, const char *name)
{
    struct str first = exchange_header(x, name);
    const struct evkeyval *header;
    TAILQ_FOREACH(header, x->headers, next)
    {
        if (evutil_ascii_strcasecmp(header->key, name) == 0 &&
            !str_equal(str_trim(str_of(header->value)), str_trim(first)))
            return true;
    }
    return false;
}

struct str exchange_content_type(const struct exchange *x)
{
    return exchange_header(x, "Content-Type");
}

struct str exchange_body(struct exchange *x)
{
    size_t len = evbuffer_get_length(x->body);
    if (len == 0)
        return STR("");
    return str_make((const char *)evbuffer_pullup(x->body, -1), len);
}

struct str exchange_request_id(const struct exchange *x)
{
    return str_make(x->request_id, x->request_id_len);
}

struct str exchange_peer(const struct exchange *x)
{
    /* Printed on first use; an exchange is never a const object. */
    struct exchange *printed = (struct exchange *)(uintptr_t)x;
    if (printed->peer_len == 0)
        printed->peer_len = network_print_address(&x->peer, printed->peer_text);
    return str_make(x->peer_text, x->peer_len);
}

const struct in6_addr *exchange_peer_address(const struct exchange *x)
{
    return &x->peer;
}

struct arena *exchange_arena(struct exchange *x)
{
    return &x->arena;
}

bool exchange_is_answered(const struct exchange *x)
{
    return x->is_answered;
}

void exchange_on_lost(struct exchange *x, void (*fn)(void *arg), void *arg)
{
    ASSERT(x->on_lost == NULL);
    x->on_lost = fn;
    x->on_lost_arg = arg;
    if (x->connection == NULL) {
        exchange_lose(x);
        return;
    }
    int fd = bufferevent_getfd(x->connection->bufferevent);
    x->closed = event_new(loop_base(x->listener->loop), fd, EV_CLOSED, exchange_on_closed, x);
    if (x->closed)
        event_add(x->closed, NULL);
}

bool exchange_was_written(const struct exchange *x)
{
    return x->is_written && !x->is_lost;
}

void exchange_on_end(struct exchange *x, void (*fn)(void *arg), void *arg)
{
    ASSERT(x->on_end == NULL);
    x->on_end = fn;
    x->on_end_arg = arg;
}
