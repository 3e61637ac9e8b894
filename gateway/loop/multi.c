/* See multi.h. What differs from libcurl's own example, each for its system calls:
 *
 * - The read event of a connection stays registered while the connection idles between transfers.
 *   CURL_POLL_REMOVE is therefore ignored for it and multi_close_socket drops it. That is right
 * only for sockets that libcurl closes by that callback: connections once they are established,
 * which is also the first time it wants to read from them. A failed attempt to connect and the
 *   resolver's socket pair are closed without it, but announced by CURL_POLL_REMOVE.
 * - A transfer that another callback starts (0 ms) is run in this turn, without a wait between. */
#include "loop/multi.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

struct multi_socket {
    struct multi *multi;
    struct event *read; /* owned, persistent */
    struct event *write;
    curl_socket_t fd;
    int wanted; /* CURL_POLL_IN, OUT, INOUT, or 0 */
    bool is_reading;
    bool is_writing;
    bool is_connection; /* opened by multi_open_socket */
};

/* ---- what has happened ---- */

static void multi_take_finished(struct multi *multi)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi->curl, &left));)
        if (message->msg == CURLMSG_DONE)
            multi->on_finished(message->easy_handle, message->data.result);
}

static void multi_act(struct multi *multi, curl_socket_t fd, int flags)
{
    int running;
    multi->is_acting = true;
    ASSERT(curl_multi_socket_action(multi->curl, fd, flags, &running) == CURLM_OK);
    multi_take_finished(multi);
    multi->is_acting = false;
    loop_yield(multi->loop);
}

static void multi_stop_reading(struct multi_socket *socket)
{
    if (socket->is_reading)
        event_del(socket->read);
    socket->is_reading = false;
}

static void multi_stop_writing(struct multi_socket *socket)
{
    if (socket->is_writing)
        event_del(socket->write);
    socket->is_writing = false;
}

/* An idle connection ends, or brings an unsolicited response: a second one, a 408. libcurl checks
 * that it is alive before it uses it again, but takes bytes as a sign of life, and then as the
 * response to the next request; a reset likewise. So the connection ends here, and its descriptor
 * reads as closed from now on, whatever the panel still sends. */
static void multi_end_idle(const struct multi *multi, evutil_socket_t fd)
{
    ASSERT(dup3(multi->ended, fd, O_CLOEXEC) == fd);
}

static int multi_ended_new(void)
{
    int ends[2];
    ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    close(ends[1]);
    return ends[0];
}

static void multi_on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct multi_socket *socket = arg;
    (void)what;
    loop_now_ms(socket->multi->loop);
    if (socket->wanted & CURL_POLL_IN) {
        multi_act(socket->multi, fd, CURL_CSELECT_IN);
        return;
    }
    multi_stop_reading(socket);
    if (socket->wanted == 0)
        multi_end_idle(socket->multi, fd);
}

static void multi_on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct multi_socket *socket = arg;
    (void)what;
    loop_now_ms(socket->multi->loop);
    multi_act(socket->multi, fd, CURL_CSELECT_OUT);
}

static void multi_on_timeout(evutil_socket_t fd, short what, void *arg)
{
    struct multi *multi = arg;
    (void)fd;
    (void)what;
    loop_now_ms(multi->loop);
    multi_act(multi, CURL_SOCKET_TIMEOUT, 0);
}

/* ---- what libcurl wants ---- */

static struct multi_socket *multi_find_socket(struct multi *multi, curl_socket_t fd)
{
    ASSERT(fd >= 0);
    size_t at = (size_t)fd;
    if (at >= multi->socket_room) {
        size_t room = multi->socket_room ? multi->socket_room : 64;
        while (room <= at)
            room *= 2;
        multi->sockets = memory_resize(multi->sockets, room, sizeof multi->sockets[0]);
        for (size_t i = multi->socket_room; i < room; i++)
            multi->sockets[i] = NULL;
        multi->socket_room = room;
    }
    struct multi_socket *socket = multi->sockets[at];
    if (!socket) {
        struct event_base *base = loop_base(multi->loop);
        socket = multi->sockets[at] = memory_new(sizeof *socket);
        socket->multi = multi;
        socket->fd = fd;
        socket->read = event_new(base, fd, EV_READ | EV_PERSIST, multi_on_readable, socket);
        socket->write = event_new(base, fd, EV_WRITE | EV_PERSIST, multi_on_writable, socket);
        ASSERT(socket->read && socket->write);
    }
    return socket;
}

static void multi_watch(struct multi_socket *socket)
{
    if (socket->wanted & CURL_POLL_IN && !socket->is_reading) {
        ASSERT(event_add(socket->read, NULL) == 0);
        socket->is_reading = true;
    }
    if (socket->wanted & CURL_POLL_OUT && !socket->is_writing) {
        ASSERT(event_add(socket->write, NULL) == 0);
        socket->is_writing = true;
    }
    if (!(socket->wanted & CURL_POLL_OUT))
        multi_stop_writing(socket);
}

static int multi_on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    struct multi_socket *socket = multi_find_socket(arg, fd);
    (void)easy;
    (void)unused;
    socket->wanted = what == CURL_POLL_REMOVE ? 0 : what;
    multi_watch(socket);
    if (what == CURL_POLL_REMOVE && !(socket->is_connection && socket->is_reading)) {
        multi_stop_reading(socket);
        socket->is_connection = false;
    }
    return 0;
}

static int multi_on_curl_timer(CURLM *curl, long timeout_ms, void *arg)
{
    struct multi *multi = arg;
    (void)curl;
    if (timeout_ms < 0) {
        event_del(multi->timer);
    } else if (timeout_ms == 0 && !multi->is_acting) {
        event_active(multi->timer, EV_TIMEOUT, 0);
    } else {
        /* From our own callbacks even 0 ms waits for the next turn: transfers that start one
         * another could go on forever, and nobody else would get a turn. */
        struct timeval delay = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
        ASSERT(event_add(multi->timer, &delay) == 0);
    }
    return 0;
}

curl_socket_t multi_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct multi_socket *socket = multi_find_socket(arg, fd);
    /* A failed attempt may have been closed a moment ago within libcurl, and this descriptor is
     * the same again: libcurl sees no change, but the kernel has forgotten our registration. */
    multi_stop_reading(socket);
    multi_stop_writing(socket);
    multi_watch(socket);
    socket->is_connection = true;
    return fd;
}

int multi_close_socket(void *arg, curl_socket_t fd)
{
    struct multi_socket *socket = multi_find_socket(arg, fd);
    multi_stop_reading(socket);
    multi_stop_writing(socket);
    socket->wanted = 0;
    socket->is_connection = false;
    return close(fd);
}

/* ---- life ---- */

void multi_init(struct multi *multi, struct loop *loop, multi_finished_fn *on_finished)
{
    *multi = (struct multi){.loop = loop, .on_finished = on_finished, .ended = multi_ended_new()};
    multi->timer = event_new(loop_base(loop), -1, 0, multi_on_timeout, multi);
    multi->curl = curl_multi_init();
    ASSERT(multi->timer && multi->curl);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, multi_on_curl_socket);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, multi_on_curl_timer);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
}

void multi_fini(struct multi *multi)
{
    curl_multi_cleanup(multi->curl);
    for (size_t i = 0; i < multi->socket_room; i++) {
        struct multi_socket *socket = multi->sockets[i];
        if (!socket)
            continue;
        event_free(socket->read);
        event_free(socket->write);
        free(socket);
    }
    free(multi->sockets);
    event_free(multi->timer);
    close(multi->ended);
}
