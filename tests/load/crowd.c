/* Many connections to one gateway from one thread, half of a measurement (paced.c is the other):
 *
 *   crowd slow PORT COUNT        requests that come at a byte a second, half of them in the head,
 * half in the body; what the gateway ends is replaced at once crowd idle PORT COUNT BODY   each
 * connection posts BODY, reads its answer and stays; all ask again at the end
 *
 * Says {"open": N} when all are there, goes on until its input ends, and prints one line of
 * figures. Sources are 127.0.1.1 to 127.0.1.200, so that no range of ports is in the way. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 1000, OPENED_A_TURN = 5, SOURCES = 200, EVENTS = 512, FAREWELL_MS = 60000 };

/* How a slow request begins, at once, and how it goes on, byte by byte, over and over. */
static const struct manner {
    const char *start, *drip;
} manners[] = {
    {"", "POST /api/v2 HTTP/1.1\r\nHost: slow\r\nAccept: */*\r\nA: b\r\nC: d\r\nE: f\r\nG: h\r\nI: "
         "j\r\n"},
    {"POST /api/v2 HTTP/1.1\r\nHost: slow\r\nContent-Length: 4000\r\n\r\n", "key=slow&"},
    {"POST /api/v2 HTTP/1.1\r\nHost: slow\r\nX-Slow: ", "slow "},
    {"POST /api/v2 HTTP/1.1\r\nHost: slow\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nk\r\n"},
};
enum { MANNERS = sizeof manners / sizeof *manners };

struct line {
    int fd;           /* -1: not open */
    int64_t began_ms; /* its first byte; 0: none was sent yet */
    unsigned sent;    /* bytes after the start */
    bool has_asked, has_answer;
};

static struct {
    bool is_slow;
    uint16_t port;
    unsigned count, opened_before;
    struct line *lines;
    char request[1024];
    size_t request_len;
    int epoll;
    unsigned open, answered;
    uint64_t opened, bytes, ended, answers, broken, refused;
    int64_t life_least_ms, life_most_ms;
} crowd = {.life_least_ms = INT64_MAX};

static void die(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- life of a connection ---- */

static void line_open(struct line *line)
{
    unsigned number = (unsigned)(line - crowd.lines);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = line};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    if (fd < 0)
        die("socket");
    from.sin_addr.s_addr = htonl(0x7F000101u + number % SOURCES);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(crowd.port);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
        die("bind");
    *line = (struct line){.fd = fd};
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        crowd.refused++;
        close(fd);
        line->fd = -1;
        return;
    }
    if (!crowd.is_slow)
        event.events |= EPOLLOUT | EPOLLET;
    if (epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
    crowd.opened++;
    crowd.open++;
}

static void line_end(struct line *line)
{
    int64_t life_ms = now_ms() - line->began_ms;
    if (line->began_ms) {
        crowd.ended++;
        crowd.life_least_ms = life_ms < crowd.life_least_ms ? life_ms : crowd.life_least_ms;
        crowd.life_most_ms = life_ms > crowd.life_most_ms ? life_ms : crowd.life_most_ms;
    } else {
        crowd.refused++;
    }
    if (line->has_asked && !line->has_answer)
        crowd.broken++;
    close(line->fd);
    line->fd = -1;
    crowd.open--;
}

/* ---- slow ---- */

static void line_drip(struct line *line)
{
    const struct manner *manner = &manners[(size_t)(line - crowd.lines) % MANNERS];
    bool is_first = line->began_ms == 0 && *manner->start;
    const char *bytes = is_first ? manner->start : manner->drip + line->sent % strlen(manner->drip);
    ssize_t sent = send(line->fd, bytes, is_first ? strlen(bytes) : 1, MSG_NOSIGNAL);
    if (sent <= 0)
        return; /* not connected yet, or its end is about to be read */
    crowd.bytes += (uint64_t)sent;
    line->sent += !is_first;
    if (line->began_ms == 0)
        line->began_ms = now_ms();
}

/* One millisecond's share: each connection has its turn once a second. */
static void drip_turn(int64_t turn)
{
    for (unsigned i = (unsigned)(turn % TURNS); i < crowd.count; i += TURNS) {
        struct line *line = &crowd.lines[i];
        if (line->fd < 0 && i < crowd.opened_before)
            line_open(line);
        else if (line->fd >= 0)
            line_drip(line);
    }
}

/* ---- idle ---- */

static void line_ask(struct line *line)
{
    line->has_asked = true;
    line->has_answer = false;
    if (send(line->fd, crowd.request, crowd.request_len, MSG_NOSIGNAL) !=
        (ssize_t)crowd.request_len)
        crowd.broken++;
    if (line->began_ms == 0)
        line->began_ms = now_ms();
}

/* ---- both ---- */

static void line_read(struct line *line)
{
    char bytes[4096];
    ssize_t got;
    while ((got = recv(line->fd, bytes, sizeof bytes, 0)) > 0) {
        bool is_good = got > 12 && memcmp(bytes, "HTTP/1.1 200", 12) == 0;
        crowd.answers++;
        if (!crowd.is_slow && line->has_asked && !line->has_answer && is_good) {
            line->has_answer = true;
            crowd.answered++;
        }
    }
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        line_end(line);
        if (crowd.is_slow)
            line_open(line);
    }
}

static void on_event(const struct epoll_event *event)
{
    struct line *line = event->data.ptr;
    if (!crowd.is_slow && (event->events & EPOLLOUT) && !line->has_asked)
        line_ask(line);
    if (event->events & ~(unsigned)EPOLLOUT)
        line_read(line);
}

static void take_events(int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(crowd.epoll, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++)
        on_event(&events[i]);
}

static void open_more(void)
{
    for (int i = 0; i < OPENED_A_TURN && crowd.opened_before < crowd.count; i++)
        line_open(&crowd.lines[crowd.opened_before++]);
}

/* All are there: each slow one has sent a byte, each idle one has its answer. */
static bool is_whole(void)
{
    unsigned begun = 0;
    if (crowd.opened_before < crowd.count)
        return false;
    for (unsigned i = 0; i < crowd.count; i++)
        begun += crowd.is_slow ? crowd.lines[i].began_ms != 0 : crowd.lines[i].has_answer;
    return begun == crowd.count;
}

static bool input_has_ended(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    char sink[16];
    return poll(&input, 1, 0) > 0 && read(0, sink, sizeof sink) <= 0;
}

static unsigned play(void)
{
    int64_t turn = now_ms(), last_look = turn;
    unsigned open_least = crowd.count;
    bool is_there = false;
    for (;;) {
        take_events(1);
        for (int64_t now = now_ms(); turn < now; turn++) {
            open_more();
            if (crowd.is_slow)
                drip_turn(turn);
        }
        if (is_there && crowd.open < open_least)
            open_least = crowd.open;
        if (turn - last_look < 20)
            continue;
        last_look = turn;
        if (!is_there && is_whole()) {
            is_there = true;
            printf("{\"open\": %u}\n", crowd.count);
            fflush(stdout);
        }
        if (input_has_ended())
            return open_least;
    }
}

static void ask_again(void)
{
    int64_t end_ms = now_ms() + FAREWELL_MS;
    crowd.answered = 0;
    for (unsigned i = 0; i < crowd.count; i++) {
        if (crowd.lines[i].fd >= 0)
            line_ask(&crowd.lines[i]);
        if (i % 64 == 63)
            take_events(0);
    }
    while (crowd.answered < crowd.open && now_ms() < end_ms)
        take_events(100);
}

static void print_figures(unsigned open_least)
{
    int64_t oldest_ms = 0, now = now_ms();
    for (unsigned i = 0; i < crowd.count; i++)
        if (crowd.lines[i].fd >= 0 && crowd.lines[i].began_ms &&
            now - crowd.lines[i].began_ms > oldest_ms)
            oldest_ms = now - crowd.lines[i].began_ms;
    printf("{\"open\": %u, \"open_least\": %u, \"opened\": %lu, \"bytes\": %lu, \"ended\": %lu, "
           "\"answers\": %lu, "
           "\"broken\": %lu, \"refused\": %lu, \"life_least_ms\": %ld, \"life_most_ms\": %ld, "
           "\"oldest_ms\": %ld, "
           "\"answered_again\": %u}\n",
           crowd.open, open_least, crowd.opened, crowd.bytes, crowd.ended, crowd.answers,
           crowd.broken, crowd.refused, crowd.ended ? crowd.life_least_ms : 0, crowd.life_most_ms,
           oldest_ms, crowd.is_slow ? 0 : crowd.answered);
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < crowd.count + 16) {
        fprintf(stderr, "crowd: %u connections need a limit for files above the %lu of here\n",
                crowd.count, (unsigned long)limit.rlim_cur);
        exit(3);
    }
}

int main(int argc, char **argv)
{
    bool is_idle = argc == 5 && strcmp(argv[1], "idle") == 0;
    crowd.is_slow = argc == 4 && strcmp(argv[1], "slow") == 0;
    if (!is_idle && !crowd.is_slow) {
        fprintf(stderr, "crowd slow PORT COUNT | crowd idle PORT COUNT BODY\n");
        return 2;
    }
    crowd.port = (uint16_t)strtoul(argv[2], NULL, 10);
    crowd.count = (unsigned)strtoul(argv[3], NULL, 10);
    if (is_idle)
        crowd.request_len =
            (size_t)snprintf(crowd.request, sizeof crowd.request,
                             "POST /api/v2 HTTP/1.1\r\nHost: idle\r\nContent-Length: %zu\r\n\r\n%s",
                             strlen(argv[4]), argv[4]);
    raise_file_limit();
    crowd.lines = calloc(crowd.count, sizeof *crowd.lines);
    crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (crowd.lines == NULL || crowd.epoll < 0)
        die("start");
    for (unsigned i = 0; i < crowd.count; i++)
        crowd.lines[i].fd = -1;
    unsigned open_least = play();
    if (is_idle)
        ask_again();
    print_figures(open_least);
    return 0;
}
