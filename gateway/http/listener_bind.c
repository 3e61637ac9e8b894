/* The sockets of listener.h, made by hand: evhttp_bind_socket knows neither SO_REUSEPORT nor a
 * backlog above 128 nor TCP_NODELAY (which accepted sockets inherit). Any thread. */
#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "http/listener.h"

enum { BACKLOG = 4096 };

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

/* With SO_REUSEPORT a second process would share the address in silence. */
static bool listener_bind_test_bind(const struct listener_address *address, struct fault *why)
{
    int fd = listener_bind_socket_new(address);
    bool is_free = fd >= 0 && listener_bind_one(address, fd);
    int error = errno;
    if (fd >= 0)
        close(fd);
    return is_free || listener_bind_refuse(address, error, why);
}

/* Where port 0 was asked, the first socket's port serves the rest. */
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
