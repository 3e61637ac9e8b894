/* The one reply of an exchange: headers, body by copy or by reference, and the listener's own 503.
 * evhttp's send_error and send_page are not used: they drop headers and close the connection. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/connection.h"
#include "http/exchange_private.h"

static const char *phrase_of(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
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
    return NULL; /* evhttp knows a word for the class */
}

static struct evkeyvalq *reply_headers(const struct exchange *x)
{
    return evhttp_request_get_output_headers(x->request);
}

/* evhttp would print it anew for each reply. */
static const char *date_now(struct listener *listener)
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

/* The lines each reply with a body has, as one header with line breaks in its value: a third of the
 * allocations and prints. evhttp_add_header would refuse that, and is right for values from
 * outside; here all bytes are ours (the id's were checked). */
static void add_common_lines(struct exchange *x, size_t len)
{
    static const char type[] = "\r\nContent-Type: application/json";
    static const char id[] = "\r\nX-Request-Id: ";
    struct evkeyval *header = memory_new(sizeof *header);
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + len % 10);
    while (len /= 10);
    char *value = memory_new(sizeof digits + sizeof type + sizeof id + x->request_id_len);
    char *end = mempcpy(value, digits + at, sizeof digits - at);
    if (!x->has_content_type)
        end = mempcpy(end, type, sizeof type - 1);
    end = mempcpy(end, id, sizeof id - 1);
    memcpy(end, x->request_id, x->request_id_len);
    header->key = memory_text("Content-Length"); /* the name evhttp looks for */
    header->value = value;
    TAILQ_INSERT_TAIL(reply_headers(x), header, next);
}

static void add_own_headers(struct exchange *x, int status, size_t len)
{
    if (status != 204 && status != 304)
        add_common_lines(x, len);
    else
        evhttp_add_header(reply_headers(x), "X-Request-Id", x->request_id);
    evhttp_add_header(reply_headers(x), "Date", date_now(x->listener));
    if (x->must_close || x->listener->is_draining) {
        /* Else evhttp adds the keep-alive of an HTTP/1.0 client beside it. */
        evhttp_remove_header(evhttp_request_get_input_headers(x->request), "Connection");
        evhttp_add_header(reply_headers(x), "Connection", "close");
    }
}

static void on_sent(struct evhttp_request *request, void *arg)
{
    struct exchange *x = arg;
    (void)request;
    x->request = NULL;
    x->is_wire_done = true;
    connection_finish_request(x->connection);
    x->connection = NULL;
    exchange_leave(x);
}

/* Writes now what the loop would write in its next turn, by its own callback: the socket has nearly
 * always room, and then the turn, both epoll_ctl, and all that waits for the reply's end are saved.
 * What does not fit goes by the loop. Over TLS the callback may first have to shake hands. */
static void write_now(struct connection *connection)
{
    if (connection->listener->tls != NULL)
        return;
    const struct event *write = &connection->bufferevent->ev_write;
    event_get_callback(write)(event_get_fd(write), EV_WRITE, event_get_callback_arg(write));
}

/* Headers and body stand in the request. After this the exchange may be gone. */
static void send_reply(struct exchange *x, int status)
{
    struct evhttp_request *request = x->request;
    x->is_answered = true;
    struct connection *connection = x->connection;
    if (connection) {
        evhttp_request_set_on_complete_cb(request, on_sent, x);
        connection_start_writing(connection);
        evhttp_send_reply(request, status, phrase_of(status), NULL);
        write_now(connection);
        return;
    }
    /* The client has left: evhttp only frees the request. */
    x->request = NULL;
    x->is_wire_done = true;
    evhttp_send_reply(request, status, phrase_of(status), NULL);
    exchange_leave(x);
}

static bool takes_body(const struct exchange *x, int status, size_t len)
{
    return len > 0 && x->method != EXCHANGE_HEAD && status != 204 && status != 304;
}

/* False: the deadline has answered already. */
static bool begin_reply(struct exchange *x)
{
    ASSERT(!x->is_handler_done);
    x->is_handler_done = true;
    return !x->is_answered;
}

void exchange_add_header(struct exchange *x, const char *name, const char *value)
{
    ASSERT(!x->is_handler_done);
    if (x->is_answered)
        return;
    x->has_content_type |= str_equal_folded(str_of(name), STR("content-type"));
    evhttp_add_header(reply_headers(x), name, value);
}

void exchange_reply(struct exchange *x, int status, struct str bytes)
{
    if (!begin_reply(x)) {
        exchange_leave(x);
        return;
    }
    add_own_headers(x, status, bytes.len);
    if (takes_body(x, status, bytes.len))
        evbuffer_add(evhttp_request_get_output_buffer(x->request), bytes.ptr, bytes.len);
    send_reply(x, status);
}

void exchange_reply_shared(struct exchange *x, int status, struct str bytes,
                           void (*release)(const void *bytes, size_t len, void *arg), void *arg)
{
    bool is_sent = begin_reply(x) && takes_body(x, status, bytes.len);
    if (!x->is_answered)
        add_own_headers(x, status, bytes.len);
    if (is_sent)
        ASSERT(evbuffer_add_reference(evhttp_request_get_output_buffer(x->request), bytes.ptr,
                                      bytes.len, release, arg) == 0);
    if (x->is_answered)
        exchange_leave(x);
    else
        send_reply(x, status);
    if (!is_sent && release)
        release(bytes.ptr, bytes.len, arg);
}

static struct str error_json(struct exchange *x, const char *words)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_add_text(&text, "{\"error\":");
    buf_add_json(&text, str_of(words));
    buf_add_byte(&text, '}');
    struct str json =
        text.is_over ? STR("{\"error\":\"Internal error\"}") : arena_str(&x->arena, buf_str(&text));
    buf_fini(&text);
    return json;
}

void exchange_reply_error(struct exchange *x, int status, const char *words)
{
    exchange_reply(x, status, error_json(x, words));
}

/* evhttp frees a request with its reply: what the handler may still hold views of moves over. */
static void keep_for_handler(struct exchange *x)
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
    struct str json = error_json(x, "Request timed out");
    keep_for_handler(x);
    /* What the handler had meant to say belongs to the reply that will not be sent. */
    evhttp_clear_headers(reply_headers(x));
    x->has_content_type = false;
    x->must_close = true;
    add_own_headers(x, 503, json.len);
    if (takes_body(x, 503, json.len))
        evbuffer_add(evhttp_request_get_output_buffer(x->request), json.ptr, json.len);
    send_reply(x, 503);
}
