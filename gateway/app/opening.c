/* The sockets: test-bound first, opened when the gateway is ready, changed by a reload without
 * closing what stays. See gateway_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/gateway_private.h"
#include "base/log.h"

static bool opening_test_all(const struct listener_settings *settings, struct fault *why)
{
    for (size_t i = 0; i < settings->listen_count; i++)
        if (!listener_bind(&settings->listen[i], NULL, 0, why))
            return false;
    return true;
}

bool opening_test(const struct configuration *configuration, struct fault *why)
{
    return opening_test_all(&configuration->front, why) &&
           opening_test_all(&configuration->admin.listener, why);
}

/* The address as bound: port 0 has become a real port. */
static void opening_log_listening(const char *side, int fd, const struct listener_address *address)
{
    struct sockaddr_storage actual;
    socklen_t len = sizeof actual;
    unsigned port = 0;
    if (getsockname(fd, (struct sockaddr *)&actual, &len) == 0)
        port = actual.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&actual)->sin6_port)
                                            : ntohs(((struct sockaddr_in *)&actual)->sin_port);
    log_event(LOG_INFO, "listening", "side=%s address=%s port=%u", side, address->text, port);
}

static bool opening_open_admin_address(struct gateway *g, const struct listener_address *address,
                                       struct fault *why)
{
    int fd;
    if (!listener_bind(address, &fd, 1, why))
        return false;
    opening_log_listening("admin", fd, address);
    listener_add(g->admin_listener, fd, address->text);
    return true;
}

bool opening_admin(struct gateway *g, struct fault *why)
{
    const struct listener_settings *settings = &g->configuration->admin.listener;
    for (size_t i = 0; i < settings->listen_count; i++)
        if (!opening_open_admin_address(g, &settings->listen[i], why))
            return false;
    return true;
}

static bool opening_open_front_address(struct gateway *g, const struct listener_address *address,
                                       struct fault *why)
{
    int *fds = memory_array(g->worker_count, sizeof *fds);
    bool is_open = listener_bind(address, fds, g->worker_count, why);
    if (is_open) {
        opening_log_listening("clients", fds[0], address);
        for (size_t i = 0; i < g->worker_count; i++)
            worker_add_socket(g->workers[i], fds[i], address->text);
    }
    free(fds);
    return is_open;
}

bool opening_front(struct gateway *g, struct fault *why)
{
    for (size_t i = 0; i < g->configuration->front.listen_count; i++)
        if (!opening_open_front_address(g, &g->configuration->front.listen[i], why))
            return false;
    return true;
}

static bool opening_has_address(const struct listener_settings *settings, const char *text)
{
    for (size_t i = 0; i < settings->listen_count; i++)
        if (strcmp(settings->listen[i].text, text) == 0)
            return true;
    return false;
}

typedef bool open_fn(struct gateway *g, const struct listener_address *address, struct fault *why);
typedef void close_fn(struct gateway *g, const char *text);

static void opening_close_front_address(struct gateway *g, const char *text)
{
    for (size_t i = 0; i < g->worker_count; i++)
        worker_remove_socket(g->workers[i], text);
}

static void opening_close_admin_address(struct gateway *g, const char *text)
{
    listener_remove(g->admin_listener, text);
}

/* Opens what is new; on a fault closes again what it opened. */
static bool opening_open_new(struct gateway *g, const struct listener_settings *old,
                             const struct listener_settings *fresh, open_fn *open_one,
                             close_fn *close_one, struct fault *why)
{
    for (size_t i = 0; i < fresh->listen_count; i++) {
        if (opening_has_address(old, fresh->listen[i].text) || open_one(g, &fresh->listen[i], why))
            continue;
        for (size_t j = 0; j < i; j++)
            if (!opening_has_address(old, fresh->listen[j].text))
                close_one(g, fresh->listen[j].text);
        return false;
    }
    return true;
}

static void opening_close_old(struct gateway *g, const struct listener_settings *old,
                              const struct listener_settings *fresh, close_fn *close_one)
{
    for (size_t i = 0; i < old->listen_count; i++)
        if (!opening_has_address(fresh, old->listen[i].text))
            close_one(g, old->listen[i].text);
}

bool opening_change(struct gateway *g, const struct configuration *fresh, struct fault *why)
{
    const struct configuration *old = g->coming ? g->coming : g->configuration;
    if (!opening_open_new(g, &old->admin.listener, &fresh->admin.listener,
                          opening_open_admin_address, opening_close_admin_address, why))
        return false;
    /* Before the clients' port is open only the configuration changes. */
    if (g->is_open && !opening_open_new(g, &old->front, &fresh->front, opening_open_front_address,
                                        opening_close_front_address, why)) {
        opening_close_old(g, &fresh->admin.listener, &old->admin.listener,
                          opening_close_admin_address);
        return false;
    }
    opening_close_old(g, &old->admin.listener, &fresh->admin.listener, opening_close_admin_address);
    if (g->is_open)
        opening_close_old(g, &old->front, &fresh->front, opening_close_front_address);
    return true;
}
