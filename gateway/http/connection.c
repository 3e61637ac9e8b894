/* struct connection: our side of one evhttp connection: its state, its deadlines, the raw bytes of
 * its request's head. Made in evhttp's bufferevent callback, freed in its close callback. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "http/listener_private.h"
#include "http/network.h"

enum { DISCARD_BYTES = 4 * 1024 * 1024, PEEK_EXTENTS = 4 };

static struct connection_list *connection_list_of(struct connection *connection)
{
    switch ((enum connection_state)connection->state) {
    case CONNECTION_NEW:
        return &connection->listener->newborn;
    case CONNECTION_SILENT:
        return &connection->listener->silent;
    case CONNECTION_IDLE:
        return &connection->listener->idle;
    case CONNECTION_READING:
        return &connection->listener->reading;
    case CONNECTION_WORKING:
        return &connection->listener->working;
    case CONNECTION_WRITING:
        return &connection->listener->writing;
    }
    UNREACHABLE();
}

/* Waiting for a request of which nothing has arrived: nobody loses anything if it ends. */
static bool connection_is_waiting(const struct connection *connection)
{
    return connection->state == CONNECTION_SILENT || connection->state == CONNECTION_IDLE;
}

static int64_t connection_patience_ms(const struct connection *connection)
{
    const struct listener *listener = connection->listener;
    if (connection_is_waiting(connection))
        return listener->is_draining                    ? 0
               : connection->state == CONNECTION_SILENT ? LISTENER_SILENT_MS
                                                        : LISTENER_IDLE_MS;
    if (connection->state == CONNECTION_WORKING)
        return listener->settings.answer_timeout_ms;
    return listener->settings.request_timeout_ms;
}

static void connection_on_deadline(void *arg)
{
    connection_sweep(arg);
}

static void connection_await_deadline(struct listener *listener, int64_t deadline_at_ms)
{
    if (deadline_at_ms >= listener->deadline_at_ms)
        return;
    int64_t delay_ms = deadline_at_ms - loop_now_ms(listener->loop);
    listener->deadline_at_ms = deadline_at_ms;
    loop_timer_start(&listener->deadline_timer, listener->loop, delay_ms > 0 ? delay_ms : 0,
                     connection_on_deadline, listener);
}

/* ---- places ---- */

/* When all places are taken, newcomers are accepted as long as somebody can make room for them. */
void connection_update_accepting(struct listener *listener)
{
    struct listener_socket *socket;
    unsigned count = atomic_load(&listener->connection_count);
    bool has_room = count < listener->settings.max_connections + listener->waiting_count;
    bool may_accept = !listener->is_draining && !listener->is_out_of_files &&
                      listener->newborn_count < LISTENER_TURN_MAX && has_room;
    if (may_accept == listener->is_accepting)
        return;
    listener->is_accepting = may_accept;
    LIST_FOREACH(socket, &listener->sockets, entry)
    {
        if (may_accept)
            evconnlistener_enable(socket->accepting);
        else
            evconnlistener_disable(socket->accepting);
    }
}

static struct connection *connection_longest_waiting(struct listener *listener)
{
    struct connection *silent = TAILQ_FIRST(&listener->silent),
                      *idle = TAILQ_FIRST(&listener->idle);
    if (silent == NULL || idle == NULL)
        return silent ? silent : idle;
    return silent->since_ms <= idle->since_ms ? silent : idle;
}

/* For the newcomers of this turn, which are on no list yet. */
static void connection_make_room(struct listener *listener)
{
    struct connection *longest;
    while (atomic_load(&listener->connection_count) > listener->settings.max_connections &&
           (longest = connection_longest_waiting(listener)) != NULL) {
        listener_count(&listener->totals.displaced);
        evhttp_connection_free(longest->evcon);
    }
}

/* ---- states ---- */

/* The only way to change state. A wait begins now. */
static void connection_enter(struct connection *connection, enum connection_state state)
{
    struct listener *listener = connection->listener;
    TAILQ_REMOVE(connection_list_of(connection), connection, entry);
    listener->waiting_count -= connection_is_waiting(connection);
    connection->state = (uint8_t)state;
    listener->waiting_count += connection_is_waiting(connection);
    connection->since_ms = loop_now_ms(listener->loop);
    TAILQ_INSERT_TAIL(connection_list_of(connection), connection, entry);
    connection_await_deadline(listener, connection->since_ms + connection_patience_ms(connection));
    connection_update_accepting(listener);
}

static void connection_scan_input(struct connection *connection, struct evbuffer *input,
                                  size_t from)
{
    struct evbuffer_iovec extents[PEEK_EXTENTS];
    struct evbuffer_ptr at;
    size_t len = evbuffer_get_length(input);
    while (from < len && !connection->scan.is_done) {
        if (evbuffer_ptr_set(input, &at, from, EVBUFFER_PTR_SET) != 0)
            return;
        int count = evbuffer_peek(input, -1, &at, extents, PEEK_EXTENTS);
        for (int i = 0; i < count && i < PEEK_EXTENTS; i++) {
            headercheck_feed(&connection->scan, extents[i].iov_base, extents[i].iov_len);
            from += extents[i].iov_len;
        }
        if (count <= 0)
            return;
    }
}

/* ---- how much input is held ---- */

static void connection_hold(struct connection *connection, size_t bytes)
{
    connection->held_bytes += (uint32_t)bytes;
    connection->listener->held_bytes += bytes;
}

static void connection_let_go(struct connection *connection)
{
    connection->listener->held_bytes -= connection->held_bytes;
    connection->held_bytes = 0;
}

static bool connection_is_over_share(const struct connection *connection)
{
    const struct listener *listener = connection->listener;
    uint64_t room = 8 * (uint64_t)listener->settings.max_body_bytes;
    return listener->held_bytes > (room > LISTENER_HELD_BYTES ? room : LISTENER_HELD_BYTES) &&
           connection->held_bytes > LISTENER_HELD_SHARE;
}

static bool connection_is_at_mark(const struct connection *connection)
{
    size_t mark = 0;
    bufferevent_getwatermark(connection->bufferevent, EV_READ, NULL, &mark);
    return evbuffer_get_length(bufferevent_get_input(connection->bufferevent)) >= mark;
}

static bool connection_is_too_much(const struct connection *connection)
{
    return connection_is_at_mark(connection) || connection_is_over_share(connection);
}

/* Deferred to later in this turn: the callers are callbacks of its own buffers. */
static void connection_end_soon(struct connection *connection)
{
    if (connection->must_end)
        return;
    connection->must_end = true;
    LIST_INSERT_HEAD(&connection->listener->ending, connection, end_entry);
    event_active(connection->listener->adopt_event, EV_TIMEOUT, 1);
}

static void connection_leave_ending(struct connection *connection)
{
    if (connection->must_end)
        LIST_REMOVE(connection, end_entry);
    connection->must_end = false;
}

void connection_end_some(struct listener *listener)
{
    struct connection *connection;
    while ((connection = LIST_FIRST(&listener->ending)) != NULL) {
        connection_leave_ending(connection);
        if (!connection->is_refused &&
            (connection->state != CONNECTION_READING || !connection_is_too_much(connection)))
            continue;
        listener_count(&listener->totals.rejected);
        evhttp_connection_free(connection->evcon);
    }
}

/* ---- input ---- */

/* Some scripts send a line break behind the body, which evhttp would take for an empty request.
 * False while only line breaks have arrived, or the first half of one. */
static bool connection_skip_line_breaks(struct evbuffer *input)
{
    char start[2] = "";
    ssize_t len;
    while ((len = evbuffer_copyout(input, start, 2)) == 2 && start[0] == '\r' && start[1] == '\n')
        evbuffer_drain(input, 2);
    return len > 1 || (len == 1 && start[0] != '\r');
}

static void connection_begin_reading(struct connection *connection, struct evbuffer *input)
{
    if (!connection_skip_line_breaks(input)) {
        connection_let_go(connection); /* of what was discarded */
        if (connection->state == CONNECTION_SILENT)
            connection_enter(connection, CONNECTION_IDLE);
        return;
    }
    connection->scan = (struct headercheck_scan){0};
    connection_enter(connection, CONNECTION_READING);
    connection_scan_input(connection, input, 0);
}

static void connection_on_input(struct evbuffer *input, const struct evbuffer_cb_info *info,
                                void *arg)
{
    struct connection *connection = arg;
    /* evhttp drains the last of a request right before it hands the request over: see
     * evhttp_quirks.c. */
    connection->listener->current = connection;
    if (info->n_added == 0)
        return;
    connection_hold(connection, info->n_added);
    if (connection_is_waiting(connection))
        connection_begin_reading(connection, input);
    else if (connection->state == CONNECTION_READING && !connection->scan.is_done)
        connection_scan_input(connection, input, evbuffer_get_length(input) - info->n_added);
    if (connection->state == CONNECTION_READING && connection_is_too_much(connection))
        connection_end_soon(connection);
}

/* What evhttp refuses by itself promises status and close; after some of it (CONNECT, a foreign
 * method with a whole URL) it would read on. "100 Continue" is no refusal. */
static void connection_on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
                                 void *arg)
{
    struct connection *connection = arg;
    char start[13] = "";
    if (connection->state != CONNECTION_READING)
        return;
    if (info->n_added > 0 && info->orig_size == 0)
        connection->is_refused = evbuffer_copyout(output, start, sizeof start - 1) < 12 ||
                                 strcmp(start + 8, " 100") != 0;
    if (connection->is_refused && info->n_deleted > 0 && evbuffer_get_length(output) == 0)
        connection_end_soon(connection);
}

static struct bufferevent *connection_bufferevent_make(struct listener *listener,
                                                       struct event_base *base)
{
    if (listener->tls == NULL)
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    SSL *session = tls_context_session(listener->tls);
    if (session == NULL)
        return NULL;
    struct bufferevent *made = bufferevent_openssl_socket_new(
        base, -1, session, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (made == NULL)
        SSL_free(session);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(made, 1);
    return made;
}

struct bufferevent *connection_new(struct event_base *base, void *arg)
{
    struct listener *listener = arg;
    struct bufferevent *bufferevent = connection_bufferevent_make(listener, base);
    ASSERT(bufferevent != NULL);
    struct connection *connection = memory_new(sizeof *connection);
    connection->listener = listener;
    connection->bufferevent = bufferevent;
    connection->is_tls = listener->tls != NULL;
    connection->state = CONNECTION_NEW;
    TAILQ_INSERT_TAIL(&listener->newborn, connection, entry);
    bufferevent_set_max_single_read(bufferevent, CONNECTION_IO_BYTES);
    bufferevent_set_max_single_write(bufferevent, CONNECTION_IO_BYTES);
    /* evhttp keeps reading while it writes and nobody consumes: without a mark memory would grow.
     */
    bufferevent_setwatermark(bufferevent, EV_READ, 0,
                             listener->settings.max_body_bytes + 2 * LISTENER_HEADER_BYTES);
    bufferevent_incref(bufferevent);
    listener_count(&listener->totals.connections);
    atomic_fetch_add(&listener->connection_count, 1);
    listener->newborn_count++;
    connection_update_accepting(listener);
    event_active(listener->adopt_event, EV_TIMEOUT, 1);
    return bufferevent;
}

static void connection_free(struct connection *connection)
{
    struct listener *listener = connection->listener;
    connection_leave_ending(connection);
    connection_let_go(connection);
    TAILQ_REMOVE(connection_list_of(connection), connection, entry);
    listener->waiting_count -= connection_is_waiting(connection);
    if (listener->current == connection)
        listener->current = NULL;
    free(connection);
    atomic_fetch_sub(&listener->connection_count, 1);
    connection_update_accepting(listener);
}

/* What a client still sends after a refusal or its last request is discarded before the descriptor
 * is closed: closing with unread bytes sends a reset, which could overtake the answer that says
 * why. */
static void connection_discard_unread(struct connection *connection)
{
    static _Thread_local char sink[65536];
    ssize_t got, total = 0;
    if (connection->state == CONNECTION_WRITING || connection->is_tls)
        return;
    do {
        got = recv(bufferevent_getfd(connection->bufferevent), sink, sizeof sink, MSG_DONTWAIT);
        total += got > 0 ? got : 0;
    } while (got > 0 && total < DISCARD_BYTES);
}

static void connection_on_close(struct evhttp_connection *evcon, void *arg)
{
    struct connection *connection = arg;
    struct loop *loop = connection->listener->loop;
    (void)evcon;
    connection_discard_unread(connection);
    evbuffer_remove_cb(bufferevent_get_input(connection->bufferevent), connection_on_input,
                       connection);
    evbuffer_remove_cb(bufferevent_get_output(connection->bufferevent), connection_on_output,
                       connection);
    if (connection->exchange)
        connection->listener->on_lost(connection->exchange);
    connection_free(connection);
    loop_yield(loop);
}

static void connection_adopt(struct connection *connection)
{
    struct bufferevent *bufferevent = connection->bufferevent;
    connection->evcon = evhttp_quirks_connection(bufferevent);
    if (connection->evcon == NULL) {
        connection_free(connection);
        bufferevent_decref(bufferevent);
        return;
    }
    connection->peer = network_address_of(evhttp_connection_get_addr(connection->evcon));
    evhttp_connection_set_closecb(connection->evcon, connection_on_close, connection);
    evbuffer_add_cb(bufferevent_get_input(bufferevent), connection_on_input, connection);
    evbuffer_add_cb(bufferevent_get_output(bufferevent), connection_on_output, connection);
    connection_enter(connection, CONNECTION_SILENT);
    bufferevent_decref(bufferevent);
}

void connection_adopt_all(struct listener *listener)
{
    struct connection *connection;
    connection_make_room(listener);
    while ((connection = TAILQ_FIRST(&listener->newborn)) != NULL)
        connection_adopt(connection);
    listener->newborn_count = 0;
    connection_update_accepting(listener);
}

struct connection *connection_of(struct listener *listener, struct evhttp_request *request)
{
    struct connection *connection = listener->current;
    ASSERT(connection && connection->evcon == evhttp_request_get_connection(request));
    ASSERT(connection->state == CONNECTION_READING);
    return connection;
}

void connection_start_working(struct connection *connection, struct exchange *exchange)
{
    connection->exchange = exchange;
    connection_enter(connection, CONNECTION_WORKING);
}

void connection_start_writing(struct connection *connection)
{
    connection->write_periods = 0;
    connection->unsent_bytes = SIZE_MAX;
    connection_enter(connection, CONNECTION_WRITING);
}

/* With its input full libevent leaves decoded bytes in the TLS session and then waits for the
 * socket, which may have no more. */
static void connection_take_decoded(struct connection *connection, struct evbuffer *input)
{
    char decoded[16384]; /* the most of a record */
    SSL *session = connection->is_tls ? bufferevent_openssl_get_ssl(connection->bufferevent) : NULL;
    if (session == NULL || SSL_pending(session) <= 0 || connection_is_at_mark(connection))
        return;
    int len = SSL_read(session, decoded, sizeof decoded);
    if (len > 0)
        ASSERT(evbuffer_add(input, decoded, (size_t)len) == 0);
}

void connection_finish_request(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->bufferevent);
    connection_take_decoded(connection, input);
    connection->exchange = NULL;
    connection_let_go(connection);
    connection_hold(connection, evbuffer_get_length(input));
    connection_enter(connection, CONNECTION_IDLE);
    connection_begin_reading(connection, input);
    loop_yield(connection->listener->loop);
}

/* A slow client that keeps reading gets more time for a long answer. */
static bool connection_may_write_on(struct connection *connection)
{
    size_t unsent = evbuffer_get_length(bufferevent_get_output(connection->bufferevent));
    bool is_moving = unsent < connection->unsent_bytes;
    connection->unsent_bytes = unsent;
    return is_moving && ++connection->write_periods < LISTENER_WRITE_PERIODS;
}

static void connection_expire(struct connection *connection)
{
    struct listener *listener = connection->listener;
    switch ((enum connection_state)connection->state) {
    case CONNECTION_NEW:
        return;
    case CONNECTION_SILENT:
    case CONNECTION_IDLE:
        evhttp_connection_free(connection->evcon);
        return;
    case CONNECTION_READING:
        listener_count(&listener->totals.timeouts);
        evhttp_connection_free(connection->evcon);
        return;
    case CONNECTION_WORKING:
        listener_count(&listener->totals.timeouts);
        listener->on_time_out(connection->exchange);
        return;
    case CONNECTION_WRITING:
        if (connection_may_write_on(connection)) {
            connection_enter(connection, CONNECTION_WRITING);
            return;
        }
        listener_count(&listener->totals.timeouts);
        evhttp_connection_free(connection->evcon);
        return;
    }
}

/* What exceeds one turn's share is left to the next. */
static void connection_sweep_list(struct listener *listener, struct connection_list *list,
                                  int64_t now_ms)
{
    struct connection *first;
    for (int i = 0; (first = TAILQ_FIRST(list)) != NULL && i < LISTENER_TURN_MAX; i++) {
        if (first->since_ms + connection_patience_ms(first) > now_ms)
            break;
        connection_expire(first);
    }
    if (first)
        connection_await_deadline(listener, first->since_ms + connection_patience_ms(first));
}

void connection_sweep(struct listener *listener)
{
    int64_t now_ms = loop_now_ms(listener->loop);
    listener->deadline_at_ms = INT64_MAX;
    loop_timer_cancel(&listener->deadline_timer);
    connection_sweep_list(listener, &listener->reading, now_ms);
    connection_sweep_list(listener, &listener->working, now_ms);
    connection_sweep_list(listener, &listener->writing, now_ms);
    connection_sweep_list(listener, &listener->silent, now_ms);
    connection_sweep_list(listener, &listener->idle, now_ms);
}

void connection_close_idle(struct listener *listener)
{
    struct connection *connection;
    connection_adopt_all(listener);
    while ((connection = connection_longest_waiting(listener)) != NULL)
        evhttp_connection_free(connection->evcon);
}
