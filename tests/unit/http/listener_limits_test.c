/* The listener's limits: deadlines, slow and vanished clients, connection cap, descriptors,
 * bodies too large, floods, and the graceful end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include "base/log.h"
#include "http/listener_private.h"
#include "unit/http/listener_house.h"

static struct house *open_house(int64_t timeout_ms, unsigned connections)
{
    struct house *house = calloc(1, sizeof *house);
    house->settings.request_timeout_ms = timeout_ms;
    house->settings.max_connections = connections;
    house_open(house);
    return house;
}

static void reply_held(struct house *house)
{
    struct exchange *x = house->held;
    house->held = NULL;
    exchange_reply(x, 200, STR("late"));
}

static void test_body_too_large(void **state)
{
    struct house *house = calloc(1, sizeof *house);
    (void)state;
    house->settings.max_body_bytes = 1000;
    house_open(house);
    int fd = client_open(house);
    /* From the declared length, without waiting for the body. */
    client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    assert_int_equal(client_answer(fd, true).status, 413);
    assert_true(client_is_closed(fd));
    close(fd);
    fd = client_open(house);
    client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_answer(fd, true).status, 413);
    close(fd);
    fd = client_open(house);
    client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
    assert_int_equal(client_answer(fd, true).status, 413);
    close(fd);
    assert_int_equal(atomic_load(&house->handled), 0);
    close_house(house);
}

static void test_head_too_large(void **state)
{
    struct house *house = open_house(0, 0);
    char *text = calloc(1, 40000);
    int fd = client_open(house);
    (void)state;
    strncpy(text, "GET / HTTP/1.1\r\nHost: x\r\nA: ", 40000);
    memset(text + strlen(text), 'a', 20000);
    strncat(text, "\r\n\r\n", 5);
    send(fd, text, strlen(text), MSG_NOSIGNAL);
    int status = client_answer(fd, true).status;
    assert_true(status == 400 || status == 0); /* evhttp's own; closed in any case */
    assert_true(client_is_closed(fd));
    assert_int_equal(atomic_load(&house->handled), 0);
    free(text);
    close(fd);
    close_house(house);
}

/* One byte at a time does not keep a request alive beyond its time. */
static void test_slow_senders_are_closed(void **state)
{
    static const char *const starts[] = {
        "G",
        "GET / HTTP/1.1\r\nHost: x\r\nA: ",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n",
    };
    struct house *house = open_house(200, 0);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        int fd = client_open(house);
        struct timeval tick = {.tv_usec = 20000};
        int64_t began_ms = clock_monotonic_ms();
        char byte;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
        client_send(fd, starts[i]);
        /* The receive's time-out is the drip's rhythm; end of file is what is awaited. */
        while (recv(fd, &byte, 1, 0) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            assert_true(clock_monotonic_ms() - began_ms < 5000);
            if (send(fd, "a", 1, MSG_NOSIGNAL) < 0)
                break;
        }
        int64_t took_ms = clock_monotonic_ms() - began_ms;
        if (took_ms < 190)
            print_error("%s: closed after %d ms\n", starts[i], (int)took_ms);
        assert_true(took_ms >= 190);
        close(fd);
        house_run(house, house_nothing);
        assert_int_equal(listener_totals(house->listener)->timeouts, i + 1);
    }
    assert_int_equal(atomic_load(&house->handled), 0);
    close_house(house);
}

/* Idle connections outlive the request's time; the next request has its own. */
static void test_idle_connection_stays(void **state)
{
    struct house *house = open_house(100, 0);
    int slow = client_open(house), fd = client_open(house);
    (void)state;
    assert_int_equal(client_ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    client_send(slow, "G"); /* its end tells that more than a request's time has passed */
    assert_true(client_is_closed(slow));
    assert_int_equal(client_ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    close(slow);
    close(fd);
    close_house(house);
}

static const char *held_header_seen, *held_body_seen;

static void look_at_held(struct house *house)
{
    held_header_seen = exchange_header(house->held, "X-Mine").ptr;
    held_body_seen = exchange_body(house->held).ptr;
}

static void look_again_at_held(struct house *house)
{
    struct exchange *x = house->held;
    assert_true(exchange_is_answered(x));
    assert_memory_equal(held_header_seen, "yes", 4);
    assert_memory_equal(held_body_seen, "body", 4);
    assert_true(str_is(exchange_header(x, "X-Mine"), "yes"));
    assert_true(str_is(exchange_body(x), "body"));
    assert_true(str_is(exchange_path(x), "/hold"));
    exchange_add_header(x, "Late", "1");
}

/* The listener answers in the handler's place, and the handler's views stay valid. */
static void test_deadline_answers(void **state)
{
    struct house *house = open_house(150, 0);
    int fd = client_open(house);
    (void)state;
    client_send(fd, "POST /hold HTTP/1.1\r\nHost: x\r\nX-Mine: yes\r\nX-Request-Id: me\r\n"
                    "Content-Length: 4\r\n\r\nbody");
    house_wait(&house->holding);
    house_run(house, look_at_held);
    struct upstream_response answer = client_answer(fd, true);
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer.body, "{\"error\":\"Request timed out\"}");
    assert_non_null(answer_header(&answer, "\r\nConnection: close\r\n"));
    assert_non_null(answer_header(&answer, "\r\nX-Request-Id: me\r\n"));
    assert_true(client_is_closed(fd));
    close(fd);
    house_run(house, look_again_at_held);
    assert_int_equal(listener_exchange_count(house->listener), 1);
    assert_false(house_is_posted(&house->ended));
    house_run(house, reply_held);
    assert_true(house_is_posted(&house->ended));
    assert_false(house_is_posted(&house->ended));
    assert_int_equal(listener_exchange_count(house->listener), 0);
    assert_int_equal(listener_totals(house->listener)->timeouts, 1);
    close_house(house);
}

static void reply_shared_held(struct house *house)
{
    struct exchange *x = house->held;
    house->held = NULL;
    exchange_reply_shared(x, 200, str_make(house->big, HOUSE_BIG_BYTES), house_on_release, house);
}

static void test_late_shared_reply_is_released(void **state)
{
    struct house *house = open_house(50, 0);
    int fd = client_open(house);
    (void)state;
    client_send(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    house_wait(&house->holding);
    assert_int_equal(client_answer(fd, true).status, 503);
    house_run(house, reply_shared_held);
    assert_true(house_is_posted(&house->freed));
    assert_false(house_is_posted(&house->freed));
    house_wait(&house->ended);
    close(fd);
    close_house(house);
}

/* Gone by FIN or by RST while the handler works: the reply goes nowhere, and nothing breaks. */
static void test_clients_that_leave(void **state)
{
    struct house *house = open_house(5000, 0);
    (void)state;
    for (int round = 0; round < 4; round++) {
        int fd = client_open(house);
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        client_send(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
        house_wait(&house->holding);
        if (round % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
        house_run(house, house_nothing);
        house_run(house, round < 2 ? reply_held : reply_shared_held);
        house_wait(&house->ended);
        if (round >= 2)
            house_wait(&house->freed);
    }
    house_run(house, house_nothing);
    assert_int_equal(listener_exchange_count(house->listener), 0);
    assert_int_equal(atomic_load(&house->handled), 4);
    close_house(house);
}

/* A 100 Continue that cannot be delivered breaks the connection under a request at work. */
static void test_client_resets_after_expect(void **state)
{
    struct house *house = open_house(5000, 0);
    (void)state;
    for (int round = 0; round < 20; round++) {
        int fd = client_open(house);
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        client_send(fd, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                        "Expect: 100-continue\r\n\r\n");
        if (round % 2)
            assert_int_equal(client_answer(fd, false).status, 100);
        client_send(fd, "a");
        house_wait(&house->holding);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
        house_run(house, house_nothing);
        house_run(house, reply_held);
        house_wait(&house->ended);
    }
    close_house(house);
}

/* A client that does not read its answer is closed when nothing has moved for a while. */
static void test_client_that_does_not_read(void **state)
{
    struct house *house = open_house(100, 0);
    int fd = client_open(house);
    (void)state;
    client_send(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    house_wait(&house->freed);
    house_wait(&house->ended);
    house_run(house, house_nothing);
    assert_int_equal(listener_connection_count(house->listener), 0);
    close(fd);
    close_house(house);
}

/* What a client sends while it leaves its answer unread does not pile up here. */
static void test_flood_is_bounded(void **state)
{
    static char junk[65536];
    struct house *house = open_house(60000, 0);
    int fd = client_open(house);
    size_t sent = 0;
    (void)state;
    client_send(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    struct timeval patience = {.tv_usec = 300000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    for (ssize_t took; sent < 256u << 20; sent += (size_t)took)
        if ((took = send(fd, junk, sizeof junk, MSG_NOSIGNAL)) <= 0)
            break;
    /* Our mark of about 1 MiB, and what the kernel holds for both ends. */
    assert_true(sent < 32u << 20);
    close(fd);
    house_wait(&house->freed);
    close_house(house);
}

/* Bodies that are never finished hold no more than their common ceiling; small requests go on. */
static void test_bodies_have_a_common_ceiling(void **state)
{
    enum { CLIENTS = 100, BODY = 1000000 };
    static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n";
    static char body[BODY];
    int fds[CLIENTS], small;
    size_t ended = 0;
    struct house *house = open_house(60000, 0);
    (void)state;
    small = client_open(house);
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = client_open(house);
        client_send(fds[i], head);
        for (size_t sent = 0; sent < BODY;) {
            ssize_t took = send(fds[i], body + sent, BODY - sent, MSG_NOSIGNAL);
            if (took <= 0)
                break;
            sent += (size_t)took;
        }
    }
    assert_int_equal(client_ask(small, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    /* 64 MiB hold 67 of them; what we sent may still be on its way. */
    for (int i = 0; i < 500 && ended < CLIENTS - 67; i++) {
        ended = 0;
        for (int j = 0; j < CLIENTS; j++) {
            struct pollfd over = {.fd = fds[j], .events = POLLIN};
            ended += poll(&over, 1, i > 0 && j == 0 ? 10 : 0) > 0;
        }
    }
    assert_in_range(ended, CLIENTS - 67, CLIENTS - 60); /* a few may have come halfway */
    assert_int_equal(atomic_load(&listener_totals(house->listener)->rejected), ended);
    /* What was held is let go with its connection: there is room again. */
    for (int i = 0; i < CLIENTS; i++)
        close(fds[i]);
    assert_int_equal(client_ask(small, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    int late = client_open(house);
    client_send(late, head);
    for (size_t sent = 0; sent < BODY; sent += sizeof body / 100)
        assert_true(send(late, body, sizeof body / 100, MSG_NOSIGNAL) > 0);
    assert_int_equal(client_ask(late, "x").status, 200);
    close(late);
    close(small);
    close_house(house);
}

static void send_bytes(int fd, const char *bytes, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t took = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        assert_true(took > 0);
        sent += (size_t)took;
    }
}

static void fill_with_breaks(char *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = i % 2 ? '\n' : '\r';
}

/* Line breaks between requests are thrown away, so they count for nothing. */
static void test_line_breaks_hold_nothing(void **state)
{
    enum { BREAKS = 80 * 1024 * 1024, BODY = 500000 };
    static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n";
    static char breaks[65536], body[BODY];
    struct house *house = open_house(60000, 0);
    int idle = client_open(house);
    (void)state;
    fill_with_breaks(breaks, sizeof breaks);
    for (size_t sent = 0; sent < BREAKS; sent += sizeof breaks)
        send_bytes(idle, breaks, sizeof breaks);
    assert_int_equal(client_ask(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    for (size_t sent = 0; sent < BREAKS; sent += sizeof breaks)
        send_bytes(idle, breaks, sizeof breaks);
    int other = client_open(house); /* not before: a silent one has 10 s */
    client_send(other, head);
    send_bytes(other, body, BODY - 1);
    assert_int_equal(client_ask(other, "x").status, 200);
    assert_int_equal(atomic_load(&listener_totals(house->listener)->rejected), 0);
    close(idle);
    close(other);
    close_house(house);
}

static size_t held_bytes_seen;

static void look_at_held_bytes(struct house *house)
{
    held_bytes_seen = house->listener->held_bytes;
}

/* Those that came while an answer was on its way are held until it is read, and no longer. */
static void test_line_breaks_behind_an_answer(void **state)
{
    enum { BREAKS = 100000 };
    static char breaks[BREAKS];
    struct house *house = open_house(60000, 0);
    int fd = client_open(house);
    (void)state;
    fill_with_breaks(breaks, sizeof breaks);
    client_send(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    send_bytes(fd, breaks, sizeof breaks);
    for (int i = 0; i < 5000 && held_bytes_seen < BREAKS; i++)
        house_run(house, look_at_held_bytes);
    assert_in_range(held_bytes_seen, BREAKS, BREAKS + 1000);
    assert_int_equal(client_answer(fd, true).status, 200);
    for (int i = 0; i < 5000 && held_bytes_seen > 0; i++)
        house_run(house, look_at_held_bytes);
    assert_int_equal(held_bytes_seen, 0);
    close(fd);
    close_house(house);
}

/* A line break comes whole or in two, as the packets fall. */
static void test_line_break_in_two(void **state)
{
    struct house *house = open_house(60000, 0);
    int fd = client_open(house);
    (void)state;
    for (int round = 0; round < 2; round++) {
        client_send(fd, "\r\n\r");
        house_run(house, house_nothing);
        house_run(house, house_nothing); /* read by now */
        client_send(fd, "\n\r");
        house_run(house, house_nothing);
        house_run(house, house_nothing);
        assert_int_equal(client_ask(fd, "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    }
    close(fd);
    close_house(house);
}

/* Full, the one idle longest makes room, and who is being served is left alone. */
static void test_the_longest_idle_makes_room(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct house *house = open_house(0, 3);
    int busy = client_open(house), silent = client_open(house), idle = client_open(house);
    (void)state;
    client_send(busy, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(sem_wait(&house->holding), 0);
    assert_int_equal(client_ask(idle, request).status, 200);
    int fourth = client_open(house);
    assert_int_equal(client_ask(fourth, request).status, 200);
    assert_true(client_is_closed(silent));
    assert_int_equal(client_ask(idle, request).status, 200); /* the fourth waits longer now */
    int fifth = client_open(house);
    assert_int_equal(client_ask(fifth, request).status, 200);
    assert_true(client_is_closed(fourth));
    assert_int_equal(listener_connection_count(house->listener), 3);
    assert_int_equal(listener_totals(house->listener)->displaced, 2);
    house_run(house, reply_held);
    assert_int_equal(client_answer(busy, true).status, 200);
    int all[] = {busy, silent, idle, fourth, fifth};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        close(all[i]);
    close_house(house);
}

/* Where all are being served a newcomer waits in the backlog. */
static void test_connection_cap(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct house *house = open_house(0, 2);
    int first = client_open(house), second = client_open(house);
    char byte;
    (void)state;
    client_send(first, "GET / HTTP/1.1\r\n");
    client_send(second, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(sem_wait(&house->holding), 0);
    house_run(house, house_nothing);
    int third = client_open(house);
    client_send(third, request);
    assert_int_equal(client_ask(first, "Host: x\r\nX-Request-Id: first\r\n\r\n").status, 200);
    assert_int_equal(client_answer(third, true).status, 200); /* for the first is idle now */
    assert_true(client_is_closed(first));
    client_send(third, "GET / HTTP/1.1\r\n");
    house_run(house, house_nothing);
    int fourth = client_open(house);
    client_send(fourth, request);
    house_run(house, house_nothing);
    assert_int_equal(recv(fourth, &byte, 1, MSG_DONTWAIT), -1);
    close(third);
    assert_int_equal(client_answer(fourth, true).status, 200);
    assert_int_equal(listener_totals(house->listener)->connections, 4);
    house_run(house, reply_held);
    assert_int_equal(client_answer(second, true).status, 200);
    close(second);
    close(fourth);
    close(first);
    close_house(house);
}

/* The limit for files is this process's own while the listener finds none left. */
static void test_out_of_descriptors(void **state)
{
    struct house *house = open_house(0, 0);
    struct rlimit before, none;
    uint64_t warnings = log_warnings();
    (void)state;
    int fd = client_open(house);
    assert_int_equal(client_ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    int second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(house->port)};
    struct timeval patience = {.tv_sec = HOUSE_PATIENCE_S};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(second, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    int64_t began_ms = clock_monotonic_ms();
    int connected = connect(second, (struct sockaddr *)&to, sizeof to);
    send(second, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, MSG_NOSIGNAL);
    /* Clients that are here go on meanwhile. */
    int status = client_ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status;
    while (log_warnings() < warnings + 3 && clock_monotonic_ms() - began_ms < 5000)
        house_run(house, house_nothing);
    int64_t took_ms = clock_monotonic_ms() - began_ms;
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(connected, 0);
    assert_int_equal(status, 200);
    assert_int_equal(log_warnings(), warnings + 3);
    assert_true(took_ms >= 190); /* three tries, 100 ms apart */
    assert_int_equal(client_answer(second, true).status, 200);
    close(fd);
    close(second);
    close_house(house);
}

static void stop_accepting(struct house *house)
{
    listener_stop_accepting(house->listener);
}

static void test_graceful_end(void **state)
{
    struct house *house = open_house(0, 0);
    int idle = client_open(house), busy = client_open(house), half = client_open(house);
    (void)state;
    assert_int_equal(client_ask(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    client_send(busy, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    house_wait(&house->holding);
    client_send(half, "GET / HTTP/1.1\r\nHost: x\r\n"); /* has begun, so it may end */
    int probe = client_open(house);
    assert_int_equal(client_ask(probe, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    close(probe);

    house_run(house, stop_accepting);
    assert_true(client_is_closed(idle));
    assert_int_equal(listener_exchange_count(house->listener), 1);
    struct upstream_response answer = client_ask(half, "\r\n");
    assert_int_equal(answer.status, 200);
    assert_non_null(answer_header(&answer, "\r\nConnection: close\r\n"));
    assert_true(client_is_closed(half));
    house_run(house, reply_held);
    answer = client_answer(busy, true);
    assert_string_equal(answer.body, "late");
    assert_non_null(answer_header(&answer, "\r\nConnection: close\r\n"));
    assert_true(client_is_closed(busy));
    house_run(house, house_nothing);
    assert_int_equal(listener_exchange_count(house->listener), 0);
    assert_int_equal(listener_connection_count(house->listener), 0);
    close(idle);
    close(busy);
    close(half);
    close_house(house);
}

/* A reply that was on its way when the end began promised nothing: closed when it has left. */
static void test_graceful_end_while_writing(void **state)
{
    struct house *house = open_house(0, 0);
    int fd = client_open(house);
    (void)state;
    client_send(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    while (atomic_load(&house->handled) == 0)
        house_run(house, house_nothing);
    house_run(house, stop_accepting);
    assert_int_equal(listener_exchange_count(house->listener), 1);
    struct upstream_response answer = client_answer(fd, true);
    assert_int_equal(answer.body_len, HOUSE_BIG_BYTES);
    assert_null(answer_header(&answer, "\r\nConnection:"));
    assert_true(client_is_closed(fd));
    house_wait(&house->freed);
    close(fd);
    close_house(house);
}

static void remove_address(struct house *house)
{
    listener_remove(house->listener, "127.0.0.1:0");
}

static void test_address_goes(void **state)
{
    struct house *house = open_house(0, 0);
    int fd = client_open(house);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(house->port)};
    (void)state;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(client_ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    house_run(house, remove_address);
    /* Who is here stays; nobody new comes in. */
    assert_int_equal(client_ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&to, sizeof to), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(late);
    close(fd);
    close_house(house);
}

/* Connections of every kind are open when the listener is freed. */
static void test_free_with_open_connections(void **state)
{
    struct house *house = open_house(60000, 0);
    int fds[4];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        fds[i] = client_open(house);
    assert_int_equal(client_ask(fds[0], "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    client_send(fds[1], "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123");
    client_send(fds[2], "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    int probe = client_open(house);
    assert_int_equal(client_ask(probe, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    house_run(house, house_free_listener);
    house_wait(&house->freed);
    assert_true(client_is_closed(fds[0]));
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    close(probe);
    close_house(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_too_large),
        cmocka_unit_test(test_head_too_large),
        cmocka_unit_test(test_slow_senders_are_closed),
        cmocka_unit_test(test_idle_connection_stays),
        cmocka_unit_test(test_deadline_answers),
        cmocka_unit_test(test_late_shared_reply_is_released),
        cmocka_unit_test(test_clients_that_leave),
        cmocka_unit_test(test_client_resets_after_expect),
        cmocka_unit_test(test_client_that_does_not_read),
        cmocka_unit_test(test_flood_is_bounded),
        cmocka_unit_test(test_bodies_have_a_common_ceiling),
        cmocka_unit_test(test_line_breaks_hold_nothing),
        cmocka_unit_test(test_line_breaks_behind_an_answer),
        cmocka_unit_test(test_line_break_in_two),
        cmocka_unit_test(test_connection_cap),
        cmocka_unit_test(test_the_longest_idle_makes_room),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_graceful_end),
        cmocka_unit_test(test_graceful_end_while_writing),
        cmocka_unit_test(test_address_goes),
        cmocka_unit_test(test_free_with_open_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
