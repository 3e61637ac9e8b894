/* The one reply of an exchange: headers, body by copy or by reference, and the listener's own 503.
 * evhttp's send_error and send_page are not used: they drop headers and close the connection. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/connection.h"
#include "http/exchange_private.h"

enum { ADDED_BYTES = 4096, HEAD_BYTES = ADDED_BYTES + 512 };

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

/* evhttp would print it anew for each reply. */
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

/* ---- the head, as evhttp would print it; printf and its list of headers are a fifth of a small
 * request's cost ---- */

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
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    exchange_reply_put(head, digits + at, sizeof digits - at);
}

static void exchange_reply_put_first_line(struct head *head, const struct exchange *x, int status)
{
    /* Whatever version the client thinks there is. */
    bool is_old = x->request->major == 1 && x->request->minor == 0;
    exchange_reply_put_text(head, is_old ? "HTTP/1.0 " : "HTTP/1.1 ");
    exchange_reply_put_number(head, (size_t)status);
    exchange_reply_put_text(head, " ");
    exchange_reply_put_text(head, exchange_reply_phrase_of(status));
    exchange_reply_put_text(head, "\r\n");
}

/* evhttp reads its own lists to know whether the connection ends with this reply; so must_close is
 * told there, too. */
static void exchange_reply_put_connection(struct head *head, const struct exchange *x)
{
    struct evhttp_request *request = x->request;
    const char *asked = evhttp_find_header(request->input_headers, "Connection");
    if (x->must_close || x->listener->is_draining) {
        evhttp_add_header(request->output_headers, "Connection", "close");
        exchange_reply_put_text(head, "Connection: close\r\n");
    } else if (asked && !(request->flags & EVHTTP_PROXY_REQUEST)) {
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
    connection_finish_request(x->connection);
    x->connection = NULL;
    exchange_leave(x);
}

typedef void release_fn(const void *bytes, size_t len, void *arg);

struct body {
    struct str bytes;    /* copied when there is no release */
    release_fn *release; /* NULL: none, or taken over by the output */
    void *arg;
    bool has_pages; /* see exchange_reply_pages */
};

static size_t exchange_reply_send_parts(int fd, struct str head, struct str body, int flags)
{
    struct iovec parts[] = {
        {.iov_base = (void *)(uintptr_t)head.ptr, .iov_len = head.len},
        {.iov_base = (void *)(uintptr_t)body.ptr,
         .iov_len = body.len < CONNECTION_IO_BYTES ? body.len : CONNECTION_IO_BYTES},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = body.len > 0 ? 2 : 1};
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
    return sent > 0 ? (size_t)sent : 0;
}

/* How much of both went out at once: the socket has nearly always room, and a turn of the loop with
 * its epoll_ctl is saved. An error is left to the loop to find. */
static size_t exchange_reply_write_now(struct connection *connection, struct str head,
                                       const struct body *body)
{
    struct listener *listener = connection->listener;
    struct bufferevent *bufferevent = connection->bufferevent;
    int fd = bufferevent_getfd(bufferevent);
    if (connection->is_tls || evbuffer_get_length(bufferevent_get_output(bufferevent)) > 0)
        return 0;
    if (!body->has_pages || body->bytes.len < SPLICER_MIN_BYTES)
        return exchange_reply_send_parts(fd, head, body->bytes, 0);
    size_t sent = exchange_reply_send_parts(fd, head, STR(""), MSG_MORE);
    if (sent == head.len)
        sent += splicer_send(&listener->splicer, fd, body->bytes.ptr, body->bytes.len);
    return sent;
}

/* What evhttp does when a reply is to be written, its part that is not the text. */
static void exchange_reply_write_by_loop(struct bufferevent *bufferevent)
{
    bufferevent_data_cb on_written;
    bufferevent_event_cb on_event;
    void *evcon;
    bufferevent_getcb(bufferevent, NULL, &on_written, &on_event, &evcon);
    bufferevent_setcb(bufferevent, NULL, on_written, on_event, evcon);
    bufferevent_enable(bufferevent, EV_READ | EV_WRITE);
}

static bool exchange_reply_takes_body(const struct exchange *x, int status, size_t len)
{
    return len > 0 && x->method != EXCHANGE_HEAD && status != 204 && status != 304;
}

/* The body from there on. */
static void exchange_reply_add_remainder(struct exchange *x, struct body *body, size_t from)
{
    struct evbuffer *output = bufferevent_get_output(x->connection->bufferevent);
    struct str bytes = body->bytes;
    if (!body->release) {
        ASSERT(evbuffer_add(output, bytes.ptr + from, bytes.len - from) == 0);
        return;
    }
    /* Release is to see the bytes it was given, so the whole is referred to. */
    struct evbuffer *whole = evhttp_request_get_output_buffer(x->request);
    ASSERT(evbuffer_add_reference(whole, bytes.ptr, bytes.len, body->release, body->arg) == 0 &&
           evbuffer_drain(whole, from) == 0 && evbuffer_add_buffer(output, whole) == 0);
    body->release = NULL;
}

/* True: all is out. */
static bool exchange_reply_write_reply(struct exchange *x, struct str head, struct body *body)
{
    struct evbuffer *output = bufferevent_get_output(x->connection->bufferevent);
    size_t sent = exchange_reply_write_now(x->connection, head, body);
    if (sent == head.len + body->bytes.len)
        return true;
    if (sent < head.len)
        ASSERT(evbuffer_add(output, head.ptr + sent, head.len - sent) == 0);
    if (body->bytes.len > 0)
        exchange_reply_add_remainder(x, body, sent > head.len ? sent - head.len : 0);
    return false;
}

/* The client has left: evhttp only frees the request. */
static void exchange_reply_send_into_the_void(struct exchange *x)
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
    bool is_whole = exchange_reply_write_reply(
        x, head, exchange_reply_takes_body(x, status, body->bytes.len) ? body : &none);
    evhttp_request_set_on_complete_cb(request, exchange_reply_on_sent, x);
    connection_start_writing(x->connection);
    request->chunked = 0; /* it tells of the question; evhttp would end our answer by it */
    evhttp_send_reply_end(request);
    if (is_whole)
        return;
    exchange_reply_write_by_loop(bufferevent);
    loop_yield(loop);
}

/* After this the exchange may be gone. */
static void exchange_reply_send_reply(struct exchange *x, int status, struct body body)
{
    x->is_answered = true;
    if (x->connection)
        exchange_reply_send_to_client(x, status, &body);
    else
        exchange_reply_send_into_the_void(x);
    if (body.release)
        body.release(body.bytes.ptr, body.bytes.len, body.arg);
}

/* False: the deadline has answered already. */
static bool exchange_reply_begin_reply(struct exchange *x)
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

static void exchange_reply_reply(struct exchange *x, int status, struct body body)
{
    if (exchange_reply_begin_reply(x)) {
        exchange_reply_send_reply(x, status, body);
        return;
    }
    exchange_leave(x);
    if (body.release)
        body.release(body.bytes.ptr, body.bytes.len, body.arg);
}

void exchange_reply(struct exchange *x, int status, struct str bytes)
{
    exchange_reply_reply(x, status, (struct body){.bytes = bytes});
}

void exchange_reply_shared(struct exchange *x, int status, struct str bytes,
                           void (*release)(const void *bytes, size_t len, void *arg), void *arg)
{
    exchange_reply_reply(x, status, (struct body){.bytes = bytes, .release = release, .arg = arg});
}

void exchange_reply_pages(struct exchange *x, int status, struct str bytes,
                          void (*release)(const void *bytes, size_t len, void *arg), void *arg)
{
    exchange_reply_reply(
        x, status,
        (struct body){.bytes = bytes, .release = release, .arg = arg, .has_pages = true});
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

/* evhttp frees a request with its reply: what the handler may still hold views of moves over. */
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
    struct str json = exchange_reply_error_json(x, "Request timed out");
    exchange_reply_keep_for_handler(x);
    /* What the handler had meant to say belongs to the reply that will not be sent. */
    x->added = STR("");
    x->has_content_type = false;
    x->must_close = true;
    exchange_reply_send_reply(x, 503, (struct body){.bytes = json});
}
