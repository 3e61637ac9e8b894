/* Reports our state to the service manager, as sd_notify(3) does but without its library: a
 * datagram to the unix socket named by $NOTIFY_SOCKET. Without that variable nothing happens, and a
 * manager that does not listen is ignored. The main thread. See gateway_private.h. */
#include "app/gateway_private.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

socklen_t notify_address(const char *value, struct sockaddr_un *out)
{
    struct str name = str_of(value);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (name.len < 2 || name.len >= sizeof out->sun_path)
        return 0;
    if (name.ptr[0] != '/' && name.ptr[0] != '@')
        return 0;
    memcpy(out->sun_path, name.ptr, name.len);
    if (name.ptr[0] == '@')
        out->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name.len);
}

/* Never waits: a full queue of the manager's loses a message, not our clients' time. */
static void notify_send(const char *text)
{
    struct sockaddr_un address;
    const char *value = getenv("NOTIFY_SOCKET");
    socklen_t len = value ? notify_address(value, &address) : 0;
    if (len == 0)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                  (const struct sockaddr *)&address, len);
    close(fd);
}

void notify_ready(void)
{
    notify_send("READY=1\nSTATUS=Serving");
}

/* The time lets the manager tell this reload from an earlier one. */
void notify_reloading(void)
{
    char text[96];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text,
             "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=Reading the configuration",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify_send(text);
}

void notify_reloaded(bool is_taken)
{
    notify_send(is_taken
                    ? "READY=1\nSTATUS=Serving"
                    : "READY=1\nSTATUS=Serving; the last reload was refused, the old configuration "
                      "is in force");
}

void notify_stopping(void)
{
    notify_send("STOPPING=1\nSTATUS=Draining");
}
