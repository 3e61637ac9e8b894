/* The listener over real sockets: what a well-behaved client sees, and what ill-formed requests
 * get. Limits and deadlines: listener_limits_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "http/network.h"
#include "unit/http/listener_house.h"

static struct house *open_house(const struct listener_settings *settings)
{
    struct house *house = calloc(1, sizeof *house);
    if (settings)
        house->settings = *settings;
    house_open(house);
    return house;
}

static void test_keep_alive(void **state)
{
    struct house *house = open_house(NULL);
    int fd = client_open(house);
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct upstream_response answer = client_ask(fd, "POST /api/v2?x=1 HTTP/1.1\r\nHost: x\r\n"
                                                         "Content-Length: 7\r\n\r\nkey=abc");
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "key=abc");
        assert_non_null(answer_header(&answer, "\r\nContent-Type: application/json\r\n"));
        assert_non_null(answer_header(&answer, "\r\nContent-Length: 7\r\n"));
        assert_non_null(answer_header(&answer, "\r\nX-Request-Id: "));
        assert_non_null(answer_header(&answer, " GMT\r\n"));
        assert_null(answer_header(&answer, "\r\nServer:"));
        assert_null(answer_header(&answer, "\r\nConnection:"));
        house_wait(&house->ended);
    }
    house_run(house, house_nothing); /* the turn in which it ended is over */
    assert_int_equal(listener_connection_count(house->listener), 1);
    assert_int_equal(listener_exchange_count(house->listener), 0);
    assert_int_equal(listener_totals(house->listener)->requests, 3);
    close(fd);
    close_house(house);
}

static void test_pipelining(void **state)
{
    struct house *house = open_house(NULL);
    int fd = client_open(house);
    (void)state;
    client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nA"
                    "GET /tell?second HTTP/1.1\r\nHost: x\r\nX-Request-Id: two\r\n\r\n"
                    "\r\n\r\n" /* some scripts end a body so */
                    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nC"
                    "GET / HTTP/1.1\r\nHost: x\r\nbad:\n\r\n");
    assert_string_equal(client_answer(fd, true).body, "A");
    assert_string_equal(client_answer(fd, true).body, "0 /tell second 127.0.0.1 two");
    assert_string_equal(client_answer(fd, true).body, "C");
    assert_int_equal(client_answer(fd, true).status, 400);
    assert_true(client_is_closed(fd));
    close(fd);
    close_house(house);
}

static void test_target_and_request_id(void **state)
{
    static const struct {
        const char *target, *header, *set; /* told up to the id */
        bool is_taken;
    } cases[] = {
        {"/tell?a=b&c=%20#d?e", "X-Request-Id: A.b_c-9", "0 /tell a=b&c=%20#d?e 127.0.0.1 A.b_c-9",
         true},
        {"/tell", "X-Request-Id: with blank", "0 /tell  127.0.0.1 ", false},
        {"/tell?", "X-Request-Id: ", "0 /tell  127.0.0.1 ", false},
        {"/tell?raw blank \xC3\xBC", "X: y", "0 /tell raw blank \xC3\xBC 127.0.0.1 ", false},
        {"http://x/tell?q", "X: y", "0 /tell q 127.0.0.1 ", false},
        {"/tell",
         "X-Request-Id: "
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "0 /tell  127.0.0.1 ", false},
    };
    struct house *house = open_house(NULL);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char request[512];
        int fd = client_open(house);
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n",
                 cases[i].target, cases[i].header);
        struct upstream_response answer = client_ask(fd, request);
        size_t set = strlen(cases[i].set);
        assert_int_equal(answer.status, 200);
        assert_memory_equal(answer.body, cases[i].set, set);
        if (!cases[i].is_taken) {
            assert_int_equal(strlen(answer.body + set), 16);
            assert_int_equal(strspn(answer.body + set, "0123456789abcdef"), 16);
            assert_non_null(answer_header(&answer, answer.body + set));
        } else {
            assert_non_null(answer_header(&answer, "\r\nX-Request-Id: A.b_c-9\r\n"));
        }
        close(fd);
    }
    close_house(house);
}

static void test_shapes_of_replies(void **state)
{
    struct house *house = open_house(NULL);
    int fd = client_open(house);
    (void)state;
    struct upstream_response answer = client_ask(fd, "GET /html HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 429);
    assert_non_null(strstr(answer.head, "429 Too Many Requests\r\n"));
    assert_non_null(answer_header(&answer, "\r\nContent-Type: text/html\r\n"));
    assert_null(answer_header(&answer, "application/json"));
    assert_non_null(answer_header(&answer, "\r\nRetry-After: 3\r\n"));

    client_send(fd, "HEAD /html HTTP/1.1\r\nHost: x\r\n\r\n");
    answer = client_answer(fd, false);
    assert_int_equal(answer.status, 429);
    assert_int_equal(answer.body_len, 3);

    answer = client_ask(fd, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 304);
    assert_null(answer_header(&answer, "\r\nContent-Length:"));

    answer = client_ask(fd, "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer.body, "{\"error\":\"Method not allowed\"}");
    assert_non_null(answer_header(&answer, "\r\nAllow: GET, HEAD, POST\r\n"));

    assert_int_equal(client_ask(fd, "BREW / HTTP/1.1\r\nHost: x\r\n\r\n").status, 501);
    assert_true(client_is_closed(fd));
    close(fd);
    close_house(house);
}

static void test_http_1_0(void **state)
{
    struct house *house = open_house(NULL);
    int fd = client_open(house);
    (void)state;
    struct upstream_response answer = client_ask(fd, "POST / HTTP/1.0\r\nConnection: keep-alive\r\n"
                                                     "Content-Length: 2\r\n\r\nab");
    assert_string_equal(answer.body, "ab");
    assert_non_null(answer_header(&answer, "\r\nConnection: keep-alive\r\n"));
    answer = client_ask(fd, "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\ncd");
    assert_string_equal(answer.body, "cd");
    assert_true(client_is_closed(fd));
    close(fd);
    close_house(house);
}

static void test_shared_reply(void **state)
{
    struct house *house = open_house(NULL);
    int fd = client_open(house);
    (void)state;
    struct upstream_response answer = client_ask(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.body_len, HOUSE_BIG_BYTES);
    house_wait(&house->freed);
    house_wait(&house->ended);
    client_send(fd, "HEAD /big HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(client_answer(fd, false).body_len, HOUSE_BIG_BYTES);
    house_wait(&house->freed);
    house_wait(&house->ended);
    assert_false(house_is_posted(&house->freed));
    close(fd);
    close_house(house);
}

static void read_pages(int fd, size_t len)
{
    static char got[65536];
    char head[1024] = "";
    for (size_t n = 0; n + 1 < sizeof head && strstr(head, "\r\n\r\n") == NULL; n++)
        assert_int_equal(recv(fd, head + n, 1, 0), 1);
    for (size_t at = 0; at < len;) {
        size_t want = len - at < sizeof got ? len - at : sizeof got;
        ssize_t count = recv(fd, got, want, 0);
        assert_true(count > 0);
        for (ssize_t i = 0; i < count; i++, at++)
            if (got[i] != house_pages_byte(at))
                fail_msg("byte %zu of %zu is another", at, len);
    }
}

/* What the socket takes at once, more than it takes, and none at all by HEAD. */
static void test_pages_reply(void **state)
{
    static const size_t sizes[] = {1000, 262144, 300001, 1048576, 1500007, 20 << 20};
    struct house *house = open_house(NULL);
    int fd = client_open(house);
    char request[64];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        snprintf(request, sizeof request, "GET /pages?%zu HTTP/1.1\r\nHost: x\r\n\r\n", sizes[i]);
        client_send(fd, request);
        read_pages(fd, sizes[i]);
        house_wait(&house->freed);
    }
    client_send(fd, "HEAD /pages?500000 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(client_answer(fd, false).body_len, 500000);
    house_wait(&house->freed);
    close(fd);
    close_house(house);
}

static void test_chunks_and_expect(void **state)
{
    struct house *house = open_house(NULL);
    int fd = client_open(house);
    (void)state;
    client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_answer(fd, false).status, 100);
    struct upstream_response answer = client_ask(fd, "abc");
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "abc");

    answer = client_ask(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_string_equal(answer.body, "abcde");
    assert_non_null(answer_header(&answer, "\r\nConnection: close\r\n"));
    assert_true(client_is_closed(fd));
    close(fd);
    close_house(house);
}

/* Each is followed by a request that must never be answered. */
static void test_ill_formed_requests_end_the_connection(void **state)
{
    static const char *const requests[] = {
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
        "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        "GET / HTTP/1.1\r\nAccept: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n",
        "GET / HTTP/1.7\r\nHost: x\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na",
        "GARBAGE\r\n\r\n",
    };
    struct house *house = open_house(NULL);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        int fd = client_open(house);
        char text[1024];
        snprintf(text, sizeof text, "%sGET /tell HTTP/1.1\r\nHost: x\r\n\r\n", requests[i]);
        client_send(fd, text);
        bool is_head = strncmp(text, "HEAD", 4) == 0;
        struct upstream_response answer = client_answer(fd, !is_head);
        if (answer.status != 400)
            print_error("%s: %d\n", requests[i], answer.status);
        assert_int_equal(answer.status, 400);
        assert_non_null(answer_header(&answer, "\r\nConnection: close\r\n"));
        assert_true(client_is_closed(fd));
        close(fd);
    }
    assert_int_equal(atomic_load(&house->handled), 0);
    assert_true(listener_totals(house->listener)->rejected > 10);
    close_house(house);
}

static void test_nul_in_a_header(void **state)
{
    static const char request[] = "GET /tell HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n";
    struct house *house = open_house(NULL);
    (void)state;
    /* In one piece, and in pieces that end anywhere. */
    for (size_t piece = 1; piece < sizeof request; piece += 7) {
        int fd = client_open(house);
        send(fd, request, piece, MSG_NOSIGNAL);
        house_run(house, house_nothing);
        send(fd, request + piece, sizeof request - 1 - piece, MSG_NOSIGNAL);
        struct upstream_response answer = client_answer(fd, true);
        assert_int_equal(answer.status, 400);
        assert_non_null(strstr(answer.body, "{\"error\":\"Invalid request head"));
        close(fd);
    }
    assert_int_equal(atomic_load(&house->handled), 0);
    close_house(house);
}

static void test_forwarded_for(void **state)
{
    struct network trusted;
    struct listener_settings settings = {.trusted_proxies = &trusted, .trusted_proxy_count = 1};
    (void)state;
    assert_true(network_parse(STR("127.0.0.0/8"), &trusted, NULL));
    struct house *house = open_house(&settings);
    int fd = client_open(house);
    struct upstream_response answer =
        client_ask(fd, "GET /tell HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\n"
                       "X-Forwarded-For: 192.0.2.7, 127.0.0.9\r\nX-Request-Id: i\r\n\r\n");
    assert_string_equal(answer.body, "0 /tell  192.0.2.7 i");
    close(fd);
    close_house(house);

    house = open_house(NULL);
    fd = client_open(house);
    answer = client_ask(fd, "GET /tell HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\n"
                            "X-Request-Id: i\r\n\r\n");
    assert_string_equal(answer.body, "0 /tell  127.0.0.1 i");
    close(fd);
    close_house(house);
}

static void test_address_in_use(void **state)
{
    struct house *house = open_house(NULL);
    struct listener_address address;
    struct fault why = {0};
    char text[32];
    int fds[2];
    (void)state;
    snprintf(text, sizeof text, "127.0.0.1:%u", house->port);
    assert_true(listener_settings_parse_address(str_of(text), &address, &why));
    assert_false(listener_bind(&address, fds, 2, &why));
    assert_int_equal(why.code, FAULT_CONFLICT);
    assert_non_null(strstr(why.message, text));
    assert_true(listener_bind_more(&address, fds, 2, &why));
    close(fds[0]);
    close(fds[1]);
    close_house(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_target_and_request_id),
        cmocka_unit_test(test_shapes_of_replies),
        cmocka_unit_test(test_http_1_0),
        cmocka_unit_test(test_shared_reply),
        cmocka_unit_test(test_pages_reply),
        cmocka_unit_test(test_chunks_and_expect),
        cmocka_unit_test(test_ill_formed_requests_end_the_connection),
        cmocka_unit_test(test_nul_in_a_header),
        cmocka_unit_test(test_forwarded_for),
        cmocka_unit_test(test_address_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
