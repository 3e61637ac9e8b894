/* The listener under floods: many connections at once, many that end at once, requests that fill
 * the input without coming to their end. */
#include <linux/sockios.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include "unit/http/listener_house.h"

static struct house *open_house(int64_t timeout_ms, size_t body_bytes)
{
    struct house *house = calloc(1, sizeof *house);
    house->settings.request_timeout_ms = timeout_ms;
    house->settings.max_body_bytes = body_bytes;
    house_open(house);
    return house;
}

struct stop { /* keeps the loop from its work between two semaphores */
    struct loop_message message;
    sem_t is_held, go_on;
};

static void on_stop(struct loop_message *message)
{
    struct stop *stop = (struct stop *)message;
    sem_post(&stop->is_held);
    while (sem_wait(&stop->go_on) != 0)
        continue;
}

static void post_stop(struct house *house, struct stop *stop)
{
    *stop = (struct stop){.message = {.run = on_stop}};
    sem_init(&stop->is_held, 0, 0);
    sem_init(&stop->go_on, 0, 0);
    loop_post(house->loop, &stop->message);
}

static void hold_loop(struct house *house, struct stop *stop)
{
    post_stop(house, stop);
    house_wait(&stop->is_held);
}

/* ---- many at once ---- */

enum { CROWD = 500, A_TURNS_MAX = 100 };

static void open_crowd(const struct house *house, int *fds, const char *text)
{
    for (int i = 0; i < CROWD; i++) {
        fds[i] = client_open(house);
        client_send(fds[i], text);
    }
}

static void close_crowd(const int *fds)
{
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
}

/* A rush of new connections is taken bit by bit: who is here already is served in between. */
static void test_a_rush_delays_nobody(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct house *house = open_house(0, 0);
    struct stop stop;
    int fds[CROWD], fd = client_open(house);
    (void)state;
    assert_int_equal(client_ask(fd, request).status, 200);
    hold_loop(house, &stop);
    open_crowd(house, fds, "G");
    client_send(fd, request);
    sem_post(&stop.go_on);
    assert_int_equal(client_answer(fd, true).status, 200);
    assert_true(atomic_load(&house->connections_seen) < A_TURNS_MAX);
    for (int i = 0; i < CROWD; i++)
        client_send(fds[i], "ET / HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(client_answer(fds[i], true).status, 200);
    close_crowd(fds);
    close(fd);
    close_house(house);
}

struct pulse { /* once in each turn of the loop */
    struct loop_message message;
    struct house *house;
    unsigned before, most_ended;
};

static void on_pulse(struct loop_message *message)
{
    struct pulse *pulse = (struct pulse *)message;
    unsigned now = listener_connection_count(pulse->house->listener);
    unsigned ended = pulse->before > now ? pulse->before - now : 0;
    pulse->most_ended = ended > pulse->most_ended ? ended : pulse->most_ended;
    pulse->before = now;
    if (now > 0)
        loop_post(pulse->house->loop, message);
    else
        sem_post(&pulse->house->ended);
}

/* So are those whose time is over, however many they are at the same moment. */
static void test_an_end_of_many_delays_nobody(void **state)
{
    struct house *house = open_house(2000, 0);
    struct stop stop;
    int fds[CROWD];
    struct pulse pulse = {.message = {.run = on_pulse}, .house = house, .before = CROWD};
    (void)state;
    open_crowd(house, fds, "G");
    int64_t began_ms = clock_monotonic_ms();
    while (listener_connection_count(house->listener) < CROWD)
        assert_true(clock_monotonic_ms() - began_ms < 1900); /* before the first one's end */
    int64_t all_over_ms = clock_monotonic_ms() + 2050;
    hold_loop(house, &stop);
    while (clock_monotonic_ms() < all_over_ms)
        usleep(1000); /* the time that runs out is what this is about */
    loop_post(house->loop, &pulse.message);
    sem_post(&stop.go_on);
    house_wait(&house->ended);
    assert_true(pulse.most_ended < A_TURNS_MAX);
    assert_int_equal(listener_totals(house->listener)->timeouts, CROWD);
    close_crowd(fds);
    close_house(house);
}

/* ---- input that is full ---- */

#define CHUNKED "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

/* evhttp has no limit for the line of a chunk's size; with the buffer full it would look at it over
 * and over until the request's time is out. */
static void test_a_chunks_size_without_end(void **state)
{
    static char junk[65536];
    struct house *house = open_house(60000, 1000);
    (void)state;
    memset(junk, 'x', sizeof junk);
    for (int is_pipelined = 0; is_pipelined < 2; is_pipelined++) {
        int fd = client_open(house);
        if (is_pipelined)
            client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
        client_send(fd, CHUNKED "1;");
        send(fd, junk, sizeof junk, MSG_NOSIGNAL);
        if (is_pipelined)
            assert_int_equal(client_answer(fd, true).status, 200);
        assert_true(client_is_closed(fd));
        close(fd);
    }
    assert_int_equal(listener_totals(house->listener)->rejected, 2);
    assert_int_equal(listener_totals(house->listener)->timeouts, 0);
    close_house(house);
}

/* More bytes at once than the buffer takes are no fault as long as chunks come to their end. */
static void test_wordy_chunks_are_read(void **state)
{
    struct house *house = open_house(60000, 1000);
    struct stop stop;
    char chunk[128];
    int fd = client_open(house);
    (void)state;
    snprintf(chunk, sizeof chunk, "1 %0100d\r\nk\r\n", 0);
    hold_loop(house, &stop);
    client_send(fd, CHUNKED);
    for (int i = 0; i < 900; i++)
        client_send(fd, chunk);
    client_send(fd, "0\r\n\r\n");
    sem_post(&stop.go_on);
    struct upstream_response answer = client_answer(fd, true);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_len, 900);
    close(fd);
    close_house(house);
}

/* Until the other side's kernel has all that was sent. */
static void await_delivery(int fd)
{
    int unsent;
    do
        assert_int_equal(ioctl(fd, SIOCOUTQ, &unsent), 0);
    while (unsent > 0);
}

/* The request behind a refused one arrives in the very turn in which the refusal has been written.
 */
static void test_nothing_is_served_behind_a_refusal(void **state)
{
    struct house *house = open_house(0, 0);
    struct stop before, between;
    int fd = client_open(house);
    (void)state;
    assert_int_equal(client_ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    hold_loop(house, &before);
    client_send(fd, "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n");
    post_stop(house, &between);
    sem_post(&before.go_on);
    house_wait(&between.is_held);
    client_send(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    await_delivery(fd);
    sem_post(&between.go_on);
    assert_int_equal(client_answer(fd, false).status, 501);
    char rest[256];
    while (recv(fd, rest, sizeof rest, 0) > 0)
        continue;
    house_run(house, house_nothing);
    assert_int_equal(atomic_load(&house->handled), 1);
    close(fd);
    close_house(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rush_delays_nobody),
        cmocka_unit_test(test_an_end_of_many_delays_nobody),
        cmocka_unit_test(test_a_chunks_size_without_end),
        cmocka_unit_test(test_wordy_chunks_are_read),
        cmocka_unit_test(test_nothing_is_served_behind_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
