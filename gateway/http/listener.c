/* See listener.h. */
#include "http/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/keyvalq_struct.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/log.h"
#include "http/listener_private.h"

enum {
    DEFAULT_TIMEOUT_MS = 30 * 1000,
    DEFAULT_BODY_BYTES = 1024 * 1024,
    DEFAULT_CONNECTIONS = 16384,
    BACKLOG = 4096,
};

/* evhttp owns the argument of its listeners' callbacks, so an accept error names the evhttp only.
 * Used when descriptors run out, and when a listener is made or freed. */
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

/* ---- sockets: evhttp_bind_socket knows neither SO_REUSEPORT nor a backlog above 128 nor
 * TCP_NODELAY (which accepted sockets inherit) ---- */

static bool listener_bind_set_option(int fd, int level, int name)
{
    int one = 1;
    return setsockopt(fd, level, name, &one, sizeof one) == 0;
}

static bool listener_bind_refuse(const struct listener_address *address, int error,
                                 struct fault *why)
{
    if (error == EADDRINUSE)
        return fault_set(why, FAULT_CONFLICT, "%s is in use by another process", address->text);
    return fault_set(why, FAULT_UNAVAILABLE, "cannot listen on %s: %s", address->text,
                     strerror(error));
}

static int listener_bind_socket_new(const struct listener_address *address)
{
    int family = address->address.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* IPv6 alone on its socket, so that 0.0.0.0 and [::] with one port can stand side by side. */
    if (!listener_bind_set_option(fd, SOL_SOCKET, SO_REUSEADDR) ||
        !listener_bind_set_option(fd, IPPROTO_TCP, TCP_NODELAY) ||
        (family == AF_INET6 && !listener_bind_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY))) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool listener_bind_one(const struct listener_address *address, int fd)
{
    return bind(fd, (const struct sockaddr *)&address->address, address->address_len) == 0 &&
           listen(fd, BACKLOG) == 0;
}

/* With SO_REUSEPORT a second process would silently share the address. */
static bool listener_bind_test_bind(const struct listener_address *address, struct fault *why)
{
    int fd = listener_bind_socket_new(address);
    bool is_free = fd >= 0 && listener_bind_one(address, fd);
    int error = errno;
    if (fd >= 0)
        close(fd);
    return is_free || listener_bind_refuse(address, error, why);
}

/* With port 0 the first socket's port serves the others. */
static bool listener_bind_take_address(int fd, struct listener_address *address)
{
    address->address_len = sizeof address->address;
    return getsockname(fd, (struct sockaddr *)&address->address, &address->address_len) == 0;
}

bool listener_bind_more(const struct listener_address *address, int *fds, size_t count,
                        struct fault *why)
{
    struct listener_address actual = *address;
    for (size_t i = 0; i < count; i++) {
        fds[i] = listener_bind_socket_new(&actual);
        if (fds[i] >= 0 && listener_bind_set_option(fds[i], SOL_SOCKET, SO_REUSEPORT) &&
            listener_bind_one(&actual, fds[i]) && listener_bind_take_address(fds[i], &actual))
            continue;
        int error = errno;
        for (size_t made = 0; made <= i; made++)
            if (fds[made] >= 0)
                close(fds[made]);
        return listener_bind_refuse(address, error, why);
    }
    return true;
}

bool listener_bind(const struct listener_address *address, int *fds, size_t count,
                   struct fault *why)
{
    return listener_bind_test_bind(address, why) && listener_bind_more(address, fds, count, why);
}

/* ---- accepting ---- */

static void listener_on_files_again(void *arg)
{
    struct listener *listener = arg;
    listener->is_out_of_files = false;
    connection_update_accepting(listener);
}

/* Out of descriptors the socket stays readable; without a pause the loop would spin. */
static void listener_on_accept_error(struct evconnlistener *accepting, void *evhttp)
{
    int error = EVUTIL_SOCKET_ERROR();
    struct listener *listener = listener_registry_find(evhttp);
    (void)accepting;
    ASSERT(listener != NULL);
    log_event(LOG_WARN, "accept_failed", "loop=%s error=\"%s\" pause_ms=%d",
              loop_name(listener->loop), strerror(error), LISTENER_EMFILE_PAUSE_MS);
    listener->is_out_of_files = true;
    connection_update_accepting(listener);
    loop_timer_start(&listener->emfile_timer, listener->loop, LISTENER_EMFILE_PAUSE_MS,
                     listener_on_files_again, listener);
}

static void listener_on_adopt(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    connection_adopt_all(arg);
    connection_end_some(arg);
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
    connection_update_accepting(listener);
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
    /* Methods that no path of ours takes are let in for the 405 in JSON; others get evhttp's 501.
     */
    evhttp_set_allowed_methods(evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                           EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                           EVHTTP_REQ_PATCH);
    return evhttp;
}

struct listener *listener_new(struct loop *loop, listener_handler_fn *handler, void *arg)
{
    struct listener *listener = memory_new(sizeof *listener);
    evhttp_quirks_check_version();
    listener->loop = loop;
    listener->handler = handler;
    listener->handler_arg = arg;
    listener->is_accepting = true;
    listener->on_time_out = exchange_time_out;
    listener->on_lost = exchange_lose_connection;
    listener->deadline_at_ms = INT64_MAX;
    LIST_INIT(&listener->sockets);
    LIST_INIT(&listener->ending);
    TAILQ_INIT(&listener->newborn);
    TAILQ_INIT(&listener->silent);
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
    connection_update_accepting(listener);
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
