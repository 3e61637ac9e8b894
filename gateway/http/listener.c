/* See listener.h. */
#include "http/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/keyvalq_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/exchange_private.h"

enum {
    DEFAULT_TIMEOUT_MS = 30 * 1000,
    DEFAULT_BODY_BYTES = 1024 * 1024,
    DEFAULT_CONNECTIONS = 16384,
};

/* evhttp owns the argument of its listeners' callbacks, so an accept error tells the evhttp only.
 * Looked at when files run out, and at birth and death of a listener. */
static struct {
    pthread_mutex_t lock;
    LIST_HEAD(, listener) list;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct listener *listener_registry_find(const void *evhttp)
{
    struct listener *listener;
    pthread_mutex_lock(&registry.lock);
    LIST_FOREACH(listener, &registry.list, entry)
    {
        if (listener->evhttp == evhttp)
            break;
    }
    pthread_mutex_unlock(&registry.lock);
    return listener;
}

/* ---- accepting ---- */

void listener_update_accepting(struct listener *listener)
{
    struct listener_socket *socket;
    bool may_accept = !listener->is_draining && !listener->is_out_of_files &&
                      listener->newborn_count < LISTENER_TURN_MAX &&
                      atomic_load(&listener->connection_count) < listener->settings.max_connections;
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

static void listener_on_files_again(void *arg)
{
    struct listener *listener = arg;
    listener->is_out_of_files = false;
    listener_update_accepting(listener);
}

/* Out of descriptors the socket stays readable: without a pause the loop would spin. */
static void listener_on_accept_error(struct evconnlistener *accepting, void *evhttp)
{
    int error = EVUTIL_SOCKET_ERROR();
    struct listener *listener = listener_registry_find(evhttp);
    (void)accepting;
    ASSERT(listener != NULL);
    log_event(LOG_WARN, "accept_failed", "loop=%s error=\"%s\" pause_ms=%d",
              loop_name(listener->loop), strerror(error), LISTENER_EMFILE_PAUSE_MS);
    listener->is_out_of_files = true;
    listener_update_accepting(listener);
    loop_timer_start(&listener->emfile_timer, listener->loop, LISTENER_EMFILE_PAUSE_MS,
                     listener_on_files_again, listener);
}

static void listener_on_adopt(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    connection_adopt_all(arg);
    connection_end_full(arg);
}

void listener_add(struct listener *listener, int fd, const char *address_text)
{
    struct listener_socket *socket = memory_new(sizeof *socket);
    socket->bound = evhttp_accept_socket_with_handle(listener->evhttp, fd);
    ASSERT(socket->bound != NULL);
    socket->accepting = evhttp_bound_socket_get_listener(socket->bound);
    socket->address = memory_text(address_text);
    evconnlistener_set_error_cb(socket->accepting, listener_on_accept_error);
    if (!listener->is_accepting)
        evconnlistener_disable(socket->accepting);
    LIST_INSERT_HEAD(&listener->sockets, socket, entry);
}

static void listener_socket_free(struct listener *listener, struct listener_socket *socket)
{
    LIST_REMOVE(socket, entry);
    evhttp_del_accept_socket(listener->evhttp, socket->bound);
    free(socket->address);
    free(socket);
}

void listener_remove(struct listener *listener, const char *address_text)
{
    struct listener_socket *socket = LIST_FIRST(&listener->sockets), *next;
    for (; socket; socket = next) {
        next = LIST_NEXT(socket, entry);
        if (strcmp(socket->address, address_text) == 0)
            listener_socket_free(listener, socket);
    }
}

void listener_stop_accepting(struct listener *listener)
{
    listener->is_draining = true;
    listener_update_accepting(listener);
    connection_close_idle(listener);
}

/* ---- life ---- */

static struct evhttp *listener_evhttp_make(struct listener *listener)
{
    struct evhttp *evhttp = evhttp_new(loop_base(listener->loop));
    ASSERT(evhttp != NULL);
    evhttp_set_gencb(evhttp, exchange_on_request, listener);
    evhttp_set_bevcb(evhttp, connection_new, listener);
    evhttp_set_default_content_type(evhttp, NULL);
    evhttp_set_max_headers_size(evhttp, LISTENER_HEADER_BYTES);
    /* What none of our paths takes is let in, for the 405 in JSON; the rest gets evhttp's 501. */
    evhttp_set_allowed_methods(evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                           EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                           EVHTTP_REQ_PATCH);
    return evhttp;
}

struct listener *listener_new(struct loop *loop, listener_handler_fn *handler, void *arg)
{
    struct listener *listener = memory_new(sizeof *listener);
    listener->loop = loop;
    listener->handler = handler;
    listener->handler_arg = arg;
    listener->is_accepting = true;
    listener->deadline_at_ms = INT64_MAX;
    LIST_INIT(&listener->sockets);
    LIST_INIT(&listener->full);
    TAILQ_INIT(&listener->newborn);
    TAILQ_INIT(&listener->idle);
    TAILQ_INIT(&listener->reading);
    TAILQ_INIT(&listener->working);
    TAILQ_INIT(&listener->writing);
    digest_random(&listener->next_request_id, sizeof listener->next_request_id);
    listener->evhttp = listener_evhttp_make(listener);
    listener->adopt_event = event_new(loop_base(loop), -1, EV_PERSIST, listener_on_adopt, listener);
    ASSERT(listener->adopt_event != NULL);
    listener_configure(listener, &(struct listener_settings){0}, NULL);
    pthread_mutex_lock(&registry.lock);
    LIST_INSERT_HEAD(&registry.list, listener, entry);
    pthread_mutex_unlock(&registry.lock);
    return listener;
}

void listener_configure(struct listener *listener, const struct listener_settings *settings,
                        struct tls_context *tls)
{
    struct listener_settings copy = listener_settings_copy(settings);
    if (copy.request_timeout_ms <= 0)
        copy.request_timeout_ms = DEFAULT_TIMEOUT_MS;
    if (copy.answer_timeout_ms < copy.request_timeout_ms)
        copy.answer_timeout_ms = copy.request_timeout_ms;
    if (copy.max_body_bytes == 0)
        copy.max_body_bytes = DEFAULT_BODY_BYTES;
    if (copy.max_connections == 0)
        copy.max_connections = DEFAULT_CONNECTIONS;
    tls_context_pin(tls); /* before the former one goes: it may be the same */
    tls_context_unpin(&listener->tls);
    listener->tls = tls;
    listener_settings_fini(&listener->settings);
    listener->settings = copy;
    evhttp_set_max_body_size(listener->evhttp, (ev_ssize_t)copy.max_body_bytes);
    listener_update_accepting(listener);
    connection_sweep(listener);
}

void listener_free(struct listener *listener)
{
    if (listener == NULL)
        return;
    connection_adopt_all(listener);
    /* evhttp_free frees requests too: a reply after that would touch freed memory. */
    ASSERT(TAILQ_EMPTY(&listener->working));
    listener->is_draining = true;
    while (!LIST_EMPTY(&listener->sockets))
        listener_socket_free(listener, LIST_FIRST(&listener->sockets));
    evhttp_free(listener->evhttp);
    ASSERT(atomic_load(&listener->exchange_count) == 0);
    ASSERT(atomic_load(&listener->connection_count) == 0);
    pthread_mutex_lock(&registry.lock);
    LIST_REMOVE(listener, entry);
    pthread_mutex_unlock(&registry.lock);
    exchange_free_pool(listener);
    splicer_fini(&listener->splicer);
    event_free(listener->adopt_event);
    loop_timer_fini(&listener->deadline_timer);
    loop_timer_fini(&listener->emfile_timer);
    tls_context_unpin(&listener->tls);
    listener_settings_fini(&listener->settings);
    free(listener);
}

void listener_on_idle(struct listener *listener, void (*on_idle)(void *arg), void *arg)
{
    listener->on_idle = on_idle;
    listener->on_idle_arg = arg;
}

/* ---- numbers ---- */

unsigned listener_exchange_count(const struct listener *listener)
{
    return atomic_load(&listener->exchange_count);
}

unsigned listener_connection_count(const struct listener *listener)
{
    return atomic_load(&listener->connection_count);
}

const struct listener_totals *listener_totals(const struct listener *listener)
{
    return &listener->totals;
}
