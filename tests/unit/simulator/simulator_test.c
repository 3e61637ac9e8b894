/* Several panels on one loop, started and stopped from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "simulator/simulator.h"

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(line, (struct sockaddr *)&address, sizeof address), 0);
    return line;
}

/* Sends text and turns the loop until something comes back; main's alarm ends what hangs. */
static void call(struct event_base *base, int line, const char *text, char *answer, size_t room)
{
    ssize_t len = -1;
    assert_int_equal(write(line, text, strlen(text)), strlen(text));
    while (len < 0) {
        event_base_loop(base, EVLOOP_ONCE);
        len = recv(line, answer, room - 1, MSG_DONTWAIT);
    }
    assert_true(len > 0);
    answer[len] = '\0';
}

static void test_three_on_one_loop(void **state)
{
    struct event_base *base = event_base_new();
    struct simulator *panels[3];
    int lines[3];
    struct fault why = {.code = FAULT_NONE};
    static const char *const scripts[] = {"{key: k, balance: 1}", "{key: k, balance: 2}",
                                          "{key: k, balance: 3, rules: [{do: {hang: true}}]}"};
    static const char *const balances[] = {"\"1.00\"", "\"2.00\"", NULL};
    char answer[1024];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(panels); i++) {
        struct simulator_options options = {.listen_text = "127.0.0.1:0",
                                            .script_text = scripts[i]};
        panels[i] = simulator_start(base, &options, &why);
        if (panels[i] == NULL)
            fail_msg("%s", why.message);
        assert_true(simulator_port(panels[i]) > 0);
        lines[i] = connect_to(simulator_port(panels[i]));
        if (balances[i] == NULL)
            continue;
        call(base, lines[i], "GET /?key=k&action=balance HTTP/1.1\r\n\r\n", answer, sizeof answer);
        assert_non_null(strstr(answer, balances[i]));
    }
    /* one held, one waiting at control: both are cut by stopping */
    int waiting = connect_to(simulator_port(panels[2]));
    assert_true(write(lines[2], "GET /?key=k&action=add HTTP/1.1\r\n\r\n", 35) == 35);
    assert_true(write(waiting, "GET /_control/log?wait=60&count=9 HTTP/1.1\r\n\r\n", 46) == 46);
    for (int turns = 0; turns < 5; turns++)
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    for (size_t i = 0; i < COUNT_OF(panels); i++) {
        simulator_stop(&panels[i]);
        assert_null(panels[i]);
        close(lines[i]);
    }
    close(waiting);
    event_base_free(base);
}

static void test_bad_starts(void **state)
{
    static const struct {
        const char *listen_text, *script_text;
        enum fault_code code;
        const char *message;
    } cases[] = {
        {"127.0.0.1:65536", NULL, FAULT_INVALID, "must be an address and a port"},
        {"nowhere:80", NULL, FAULT_INVALID, "must be an address and a port"},
        {"127.0.0.1", NULL, FAULT_INVALID, "must be an address and a port"},
        {"192.0.2.1:0", NULL, FAULT_UNAVAILABLE, "cannot listen on 192.0.2.1:0"},
        {"127.0.0.1:0", "kay: x", FAULT_INVALID, "did you mean key?"},
    };
    struct event_base *base = event_base_new();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fault why = {.code = FAULT_NONE};
        struct simulator_options options = {.listen_text = cases[i].listen_text,
                                            .script_text = cases[i].script_text};
        struct simulator *simulator = simulator_start(base, &options, &why);
        assert_null(simulator);
        assert_int_equal(why.code, cases[i].code);
        if (!strstr(why.message, cases[i].message))
            fail_msg("%s", why.message);
    }
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_on_one_loop),
        cmocka_unit_test(test_bad_starts),
    };
    alarm(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
