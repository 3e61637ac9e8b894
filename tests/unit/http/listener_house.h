/* A listener on a loop of its own thread, and blocking clients, for the listener's tests.
 * What touches the listener or an exchange runs on the loop by house_run. Included after cmocka. */
#ifndef LISTENER_HOUSE_H
#define LISTENER_HOUSE_H
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/listener.h"

enum { HOUSE_BIG_BYTES = 8 << 20, HOUSE_PATIENCE_S = 10 };

struct house {
    struct loop *loop;
    struct listener *listener;
    struct listener_settings settings;
    struct tls_context *tls;
    pthread_t thread;
    unsigned short port;
    struct exchange *held;       /* of the last request to /hold; the loop's thread */
    sem_t holding, ended, freed; /* posted: a request is held, an exchange ended, /big released */
    atomic_uint handled, connections_seen; /* the latter: at the latest request */
    char *big;
};

static inline void house_on_end(void *arg)
{
    struct house *house = arg;
    sem_post(&house->ended);
}

static inline void house_on_release(const void *bytes, size_t len, void *arg)
{
    struct house *house = arg;
    assert_ptr_equal(bytes, house->big);
    assert_int_equal(len, HOUSE_BIG_BYTES);
    sem_post(&house->freed);
}

static inline char house_pages_byte(size_t at)
{
    return (char)((at * 2654435761u) >> 24);
}

static inline void house_on_pages_release(const void *bytes, size_t len, void *arg)
{
    struct house *house = arg;
    assert_int_equal(munmap((void *)(uintptr_t)bytes, len), 0);
    sem_post(&house->freed);
}

/* As many bytes as the query says. */
static inline void house_reply_pages(struct house *house, struct exchange *x)
{
    uint64_t len;
    assert_true(str_to_u64(exchange_query(x), &len));
    char *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    for (size_t i = 0; i < len; i++)
        pages[i] = house_pages_byte(i);
    exchange_reply_shared(x, 200, str_make(pages, len), house_on_pages_release, house);
}

static inline void house_tell(struct exchange *x)
{
    struct str path = exchange_path(x), query = exchange_query(x), peer = exchange_peer(x);
    struct str id = exchange_request_id(x);
    exchange_reply(
        x, 200,
        str_of(arena_printf(exchange_arena(x), "%d " STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT,
                            exchange_method(x), STR_ARG(path), STR_ARG(query), STR_ARG(peer),
                            STR_ARG(id))));
}

static inline void house_handle(struct exchange *x, void *arg)
{
    struct house *house = arg;
    struct str path = exchange_path(x);
    atomic_fetch_add(&house->handled, 1);
    atomic_store(&house->connections_seen, listener_connection_count(house->listener));
    exchange_on_end(x, house_on_end, house);
    if (str_is(path, "/hold")) {
        house->held = x;
        sem_post(&house->holding);
    } else if (str_is(path, "/big")) {
        exchange_reply_shared(x, 200, str_make(house->big, HOUSE_BIG_BYTES), house_on_release,
                              house);
    } else if (str_is(path, "/pages")) {
        house_reply_pages(house, x);
    } else if (str_is(path, "/html")) {
        exchange_add_header(x, "Content-Type", "text/html");
        exchange_add_header(x, "Retry-After", "3");
        exchange_reply(x, 429, STR("<b>"));
    } else if (str_is(path, "/none")) {
        exchange_reply(x, 304, STR("not to be seen"));
    } else if (str_is(path, "/tell")) {
        house_tell(x);
    } else {
        exchange_reply(x, 200, exchange_body(x));
    }
}

static inline void *house_thread(void *arg)
{
    struct house *house = arg;
    loop_run(house->loop);
    return NULL;
}

struct house_errand {
    struct loop_message message;
    void (*fn)(struct house *house);
    struct house *house;
    sem_t done;
};

static inline void house_on_errand(struct loop_message *message)
{
    struct house_errand *deferred = (struct house_errand *)message;
    deferred->fn(deferred->house);
    sem_post(&deferred->done);
}

static inline void house_wait(sem_t *what)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HOUSE_PATIENCE_S;
    assert_int_equal(sem_timedwait(what, &until), 0);
}

static inline bool house_is_posted(sem_t *what)
{
    return sem_trywait(what) == 0;
}

/* On the loop's thread; returns when it is done. */
static inline void house_run(struct house *house, void (*fn)(struct house *house))
{
    struct house_errand deferred = {.message = {.run = house_on_errand}, .fn = fn, .house = house};
    sem_init(&deferred.done, 0, 0);
    loop_post(house->loop, &deferred.message);
    house_wait(&deferred.done);
    sem_destroy(&deferred.done);
}

static inline void house_nothing(struct house *house)
{
    (void)house;
}

/* Fill in settings and tls first. */
static inline void house_open(struct house *house)
{
    struct listener_address address;
    struct sockaddr_in bound;
    socklen_t len = sizeof bound;
    struct fault why = {0};
    int fd;
    sem_init(&house->holding, 0, 0);
    sem_init(&house->ended, 0, 0);
    sem_init(&house->freed, 0, 0);
    house->big = malloc(HOUSE_BIG_BYTES);
    memset(house->big, 'b', HOUSE_BIG_BYTES);
    house->loop = loop_new("test");
    house->listener = listener_new(house->loop, house_handle, house);
    listener_configure(house->listener, &house->settings, house->tls);
    assert_true(listener_settings_parse_address(STR("127.0.0.1:0"), &address, &why));
    assert_true(listener_bind(&address, &fd, 1, &why));
    assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &len), 0);
    house->port = ntohs(bound.sin_port);
    listener_add(house->listener, fd, address.text);
    assert_int_equal(pthread_create(&house->thread, NULL, house_thread, house), 0);
}

static inline void house_free_listener(struct house *house)
{
    listener_free(house->listener);
    house->listener = NULL;
}

static inline void house_close(struct house *house)
{
    if (house->listener)
        house_run(house, house_free_listener);
    house_run(house, house_nothing); /* libevent's finalizers have their turn */
    loop_stop(house->loop);
    pthread_join(house->thread, NULL);
    loop_free(house->loop);
    free(house->big);
    sem_destroy(&house->holding);
    sem_destroy(&house->ended);
    sem_destroy(&house->freed);
}

/* For one that stands on the heap. */
static inline void close_house(struct house *house)
{
    house_close(house);
    free(house);
}

/* ---- clients ---- */

static inline int client_open(const struct house *house)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(house->port)};
    struct timeval patience = {.tv_sec = HOUSE_PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void client_send(int fd, const char *text)
{
    size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

struct upstream_response {
    int status; /* 0: the connection closed without one */
    char head[4096];
    char body[4096]; /* its start */
    size_t body_len;
};

static inline const char *answer_header(const struct upstream_response *answer,
                                        const char *name_colon)
{
    return strcasestr(answer->head, name_colon);
}

/* One answer, no byte of what follows it. */
static inline struct upstream_response client_answer(int fd, bool has_body)
{
    struct upstream_response answer = {0};
    size_t len = 0;
    while (len + 1 < sizeof answer.head && strstr(answer.head, "\r\n\r\n") == NULL) {
        if (recv(fd, answer.head + len, 1, 0) != 1)
            return answer;
        len++;
    }
    assert_int_equal(sscanf(answer.head, "HTTP/1.%*d %d", &answer.status), 1);
    const char *length = answer_header(&answer, "\r\nContent-Length: ");
    answer.body_len = length ? strtoul(length + 18, NULL, 10) : 0;
    for (size_t at = 0; has_body && at < answer.body_len;) {
        static char sink[65536];
        size_t want = answer.body_len - at < sizeof sink ? answer.body_len - at : sizeof sink;
        ssize_t got = recv(fd, sink, want, 0);
        assert_true(got > 0);
        for (size_t i = 0; i < (size_t)got && at + i + 1 < sizeof answer.body; i++)
            answer.body[at + i] = sink[i];
        at += (size_t)got;
    }
    return answer;
}

static inline struct upstream_response client_ask(int fd, const char *request)
{
    client_send(fd, request);
    return client_answer(fd, true);
}

/* True when the other side has closed, with nothing left to read. */
static inline bool client_is_closed(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

#endif
