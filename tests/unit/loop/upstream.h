/* struct upstream: a small HTTP server on loopback for the tests of transfers. Each connection has
 * a thread that runs the test's script, which reads requests and answers as badly as it likes.
 * Header only, for each test is one file. */
#ifndef UNIT_LOOP_UPSTREAM_H
#define UNIT_LOOP_UPSTREAM_H
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"

enum { UPSTREAM_CONNECTIONS = 256, UPSTREAM_REQUEST_ROOM = 200 * 1024 };

struct upstream;
typedef void upstream_script(struct upstream *upstream, int fd);

struct upstream {
    int listen_fd;
    int port;
    upstream_script *script;
    const char *answer;    /* for scripts that send one text */
    atomic_int deliveries; /* requests read wholly */
    atomic_int connections;
    atomic_bool is_ending;
    char request[4096]; /* the last one, cut; read it after upstream_end */
    pthread_mutex_t mutex;
    pthread_t accepting;
    pthread_t threads[UPSTREAM_CONNECTIONS];
    int fds[UPSTREAM_CONNECTIONS];
};

/* Reads a request with its body; false when the other end has closed. */
static inline bool upstream_read(struct upstream *upstream, int fd)
{
    char *bytes = memory_new(UPSTREAM_REQUEST_ROOM + 1);
    size_t len = 0;
    size_t wanted = SIZE_MAX;
    while (len < wanted) {
        ssize_t got = recv(fd, bytes + len, UPSTREAM_REQUEST_ROOM - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        size_t head = str_find(str_make(bytes, len), STR("\r\n\r\n"));
        size_t field = str_find_folded(str_make(bytes, len), STR("\r\ncontent-length: "));
        if (wanted == SIZE_MAX && head != SIZE_MAX && field != SIZE_MAX)
            wanted = head + 4 + strtoul(bytes + field + 18, NULL, 10);
    }
    bool is_whole = len == wanted;
    if (is_whole) {
        pthread_mutex_lock(&upstream->mutex);
        snprintf(upstream->request, sizeof upstream->request, "%s", bytes);
        pthread_mutex_unlock(&upstream->mutex);
        atomic_fetch_add(&upstream->deliveries, 1);
    }
    free(bytes);
    return is_whole;
}

/* False when the other end has gone. */
static inline bool upstream_send(int fd, const void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t sent = send(fd, (const char *)bytes + at, len - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += (size_t)sent;
    }
    return true;
}

static inline bool upstream_say(int fd, const char *text)
{
    return upstream_send(fd, text, strlen(text));
}

static inline void upstream_ok(int fd, const char *body)
{
    char text[512];
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
             body);
    upstream_say(fd, text);
}

/* Scripts of common use. */
static inline void upstream_answer_all(struct upstream *upstream, int fd)
{
    while (upstream_read(upstream, fd))
        if (upstream->answer)
            upstream_say(fd, upstream->answer);
        else
            upstream_ok(fd, "{\"order\":7}");
}

static inline void upstream_answer_once(struct upstream *upstream, int fd)
{
    if (upstream_read(upstream, fd))
        upstream_say(fd, upstream->answer);
}

struct upstream_connection {
    struct upstream *upstream;
    int index;
    int fd;
};

static inline void *upstream_talk(void *arg)
{
    struct upstream_connection connection = *(struct upstream_connection *)arg;
    struct upstream *upstream = connection.upstream;
    free(arg);
    upstream->script(upstream, connection.fd);
    pthread_mutex_lock(&upstream->mutex);
    upstream->fds[connection.index] = -1;
    pthread_mutex_unlock(&upstream->mutex);
    close(connection.fd);
    return NULL;
}

static inline void *upstream_accept(void *arg)
{
    struct upstream *upstream = arg;
    for (int i = 0; i < UPSTREAM_CONNECTIONS; i++) {
        int fd = accept(upstream->listen_fd, NULL, NULL);
        if (fd < 0)
            break;
        struct upstream_connection *connection = memory_new(sizeof *connection);
        *connection = (struct upstream_connection){.upstream = upstream, .index = i, .fd = fd};
        pthread_mutex_lock(&upstream->mutex);
        upstream->fds[i] = fd;
        pthread_mutex_unlock(&upstream->mutex);
        ASSERT(pthread_create(&upstream->threads[i], NULL, upstream_talk, connection) == 0);
        atomic_fetch_add(&upstream->connections, 1);
    }
    return NULL;
}

static inline int upstream_listen(int *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(fd >= 0);
    ASSERT(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    ASSERT(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

static inline struct upstream *upstream_begin(upstream_script *script, const char *answer)
{
    struct upstream *upstream = memory_new(sizeof *upstream);
    upstream->script = script;
    upstream->answer = answer;
    upstream->listen_fd = upstream_listen(&upstream->port);
    ASSERT(pthread_mutex_init(&upstream->mutex, NULL) == 0);
    ASSERT(listen(upstream->listen_fd, 128) == 0);
    ASSERT(pthread_create(&upstream->accepting, NULL, upstream_accept, upstream) == 0);
    return upstream;
}

/* Ends all connections and threads; the counts may be read until upstream_free. */
static inline void upstream_end(struct upstream *upstream)
{
    atomic_store(&upstream->is_ending, true);
    shutdown(upstream->listen_fd, SHUT_RDWR);
    pthread_join(upstream->accepting, NULL);
    pthread_mutex_lock(&upstream->mutex);
    for (int i = 0; i < upstream->connections; i++)
        if (upstream->fds[i] >= 0)
            shutdown(upstream->fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&upstream->mutex);
    for (int i = 0; i < upstream->connections; i++)
        pthread_join(upstream->threads[i], NULL);
    close(upstream->listen_fd);
}

static inline void upstream_free(struct upstream *upstream)
{
    pthread_mutex_destroy(&upstream->mutex);
    free(upstream);
}

#endif
