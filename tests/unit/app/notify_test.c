/* What a service manager is told, and where; with a real socket. */
#include "app/gateway_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_addresses(void **state)
{
    char longest[120];
    struct sockaddr_un address;
    size_t before = offsetof(struct sockaddr_un, sun_path);
    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[sizeof address.sun_path] = '\0';
    assert_int_equal(notify_address(longest, &address), 0);
    longest[sizeof address.sun_path - 1] = '\0';
    assert_int_equal(notify_address(longest, &address), before + sizeof address.sun_path - 1);
    assert_int_equal(notify_address("/run/systemd/notify", &address), before + 19);
    assert_string_equal(address.sun_path, "/run/systemd/notify");
    assert_int_equal(notify_address("@name", &address), before + 5);
    assert_memory_equal(address.sun_path, "\0name", 5);
    assert_int_equal(notify_address("", &address), 0);
    assert_int_equal(notify_address("/", &address), 0);
    assert_int_equal(notify_address("@", &address), 0);
    assert_int_equal(notify_address("vsock:2:1", &address), 0);
}

static int listen_at(const char *value)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t len = notify_address(value, &address);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    setenv("NOTIFY_SOCKET", value, 1);
    return fd;
}

static void assert_told(int fd, const char *beginning)
{
    char text[256];
    ssize_t len = recv(fd, text, sizeof text - 1, 0);
    assert_true(len > 0);
    text[len] = '\0';
    assert_memory_equal(text, beginning, strlen(beginning));
}

static void test_messages(void **state)
{
    char value[64];
    (void)state;
    snprintf(value, sizeof value, "@panelmux-notify-test-%d", (int)getpid());
    int fd = listen_at(value);
    notify_ready();
    assert_told(fd, "READY=1\n");
    notify_reloading();
    assert_told(fd, "RELOADING=1\nMONOTONIC_USEC=");
    notify_reloaded(true);
    assert_told(fd, "READY=1\nSTATUS=Serving");
    notify_reloaded(false);
    assert_told(fd, "READY=1\nSTATUS=Serving; the last reload was refused");
    notify_stopping();
    assert_told(fd, "STOPPING=1\n");
    close(fd);
}

/* Neither a manager that has gone nor none at all is a fault. */
static void test_nobody_listens(void **state)
{
    (void)state;
    setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
    notify_ready();
    setenv("NOTIFY_SOCKET", "", 1);
    notify_ready();
    unsetenv("NOTIFY_SOCKET");
    notify_stopping();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
