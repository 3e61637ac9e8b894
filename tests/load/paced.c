/* The normal clients of a measurement (crowd.c is the other half):
 *
 *   paced PORT CONNECTIONS SECONDS RATE KEY ORDER
 *
 * CONNECTIONS keep-alive connections ask status (of ORDER), balance and add in turn, RATE requests
 * a second in all, each at its set moment, whatever became of those before; latencies count from
 * that moment, so that a wait of ours or of the gateway hides nothing. RATE 0: each asks as soon as
 * it has its answer. The figures are one line of JSON. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum action { STATUS, BALANCE, ADD, ACTIONS };
enum { ANSWER_BYTES = 8192, EVENTS = 256, LAST_ANSWER_US = 10000000, SHOWN_ERRORS = 5 };

static const char *const names[ACTIONS] = {"status", "balance", "add"};

struct line {
    int fd;
    unsigned asked; /* also chooses the next action */
    bool is_busy;
    int64_t due_us; /* of the question under way, or the next */
    size_t len;
    char answer[ANSWER_BYTES + 1];
};

struct latencies {
    uint32_t *us;
    size_t count, room;
};

static struct {
    uint16_t port;
    unsigned connections;
    double period_us; /* of one connection; 0: no pause */
    const char *key, *order;
    int64_t began_us, end_us;
    struct line *lines;
    int epoll;
    unsigned busy, links;
    uint64_t errors;
    struct latencies of[ACTIONS + 1]; /* the last: of all */
} paced;

static void die(const char *what)
{
    fprintf(stderr, "paced: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- latencies ---- */

static void note(struct latencies *list, int64_t us)
{
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 4096;
        list->us = reallocarray(list->us, list->room, sizeof *list->us);
        if (list->us == NULL)
            die("memory");
    }
    list->us[list->count++] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static double at_ms(const struct latencies *list, double share)
{
    return list->count ? list->us[(size_t)((double)(list->count - 1) * share)] / 1000.0 : 0;
}

static void print_latencies(const char *name, struct latencies *list)
{
    if (list->count)
        qsort(list->us, list->count, sizeof *list->us, compare);
    printf(", \"%s\": {\"requests\": %zu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"p999_ms\": %.2f, "
           "\"most_ms\": %.2f}",
           name, list->count, at_ms(list, 0.5), at_ms(list, 0.99), at_ms(list, 0.999),
           at_ms(list, 1));
}

/* ---- connections ---- */

static void line_open(struct line *line)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(paced.port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line->fd < 0 || connect(line->fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(paced.epoll, EPOLL_CTL_ADD, line->fd, &event) != 0)
        die("epoll_ctl");
}

static void fault(const struct line *line, const char *what)
{
    if (paced.errors++ < SHOWN_ERRORS)
        fprintf(stderr, "paced: %s: %s: %.300s\n", names[line->asked % ACTIONS], what,
                line->answer);
}

static void call(struct line *line)
{
    char body[512], text[1024];
    enum action action = (enum action)(line->asked % ACTIONS);
    int len = 0;
    if (action == STATUS)
        len = snprintf(body, sizeof body, "key=%s&action=status&order=%s", paced.key, paced.order);
    else if (action == BALANCE)
        len = snprintf(body, sizeof body, "key=%s&action=balance", paced.key);
    else
        len = snprintf(body, sizeof body,
                       "key=%s&action=add&service=1&quantity=100&link=https://example.com/%d/%u",
                       paced.key, (int)getpid(), paced.links++);
    len = snprintf(text, sizeof text,
                   "POST /api/v2 HTTP/1.1\r\nHost: paced\r\nContent-Type: "
                   "application/x-www-form-urlencoded\r\n"
                   "Content-Length: %d\r\n\r\n%s",
                   len, body);
    line->is_busy = true;
    line->len = 0;
    line->answer[0] = '\0';
    paced.busy++;
    if (send(line->fd, text, (size_t)len, MSG_NOSIGNAL) != len)
        fault(line, "cannot be sent");
}

static void plan_next(struct line *line, int64_t now)
{
    line->asked++;
    line->is_busy = false;
    paced.busy--;
    line->due_us = paced.period_us > 0 ? line->due_us + (int64_t)paced.period_us : now;
}

static void ask_if_due(struct line *line, int64_t now)
{
    if (!line->is_busy && line->due_us <= now && line->due_us < paced.end_us)
        call(line);
}

/* The length of a whole answer, 0 while some of it is to come. */
static size_t whole_answer(struct line *line, const char **body)
{
    line->answer[line->len] = '\0';
    char *end = strstr(line->answer, "\r\n\r\n");
    const char *length = end ? strcasestr(line->answer, "\r\nContent-Length:") : NULL;
    if (length == NULL || length > end)
        return 0;
    size_t whole = (size_t)(end - line->answer) + 4 + strtoul(length + 17, NULL, 10);
    *body = end + 4;
    return line->len >= whole ? whole : 0;
}

static void line_read(struct line *line)
{
    const char *body;
    ssize_t got = recv(line->fd, line->answer + line->len, ANSWER_BYTES - line->len, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (got <= 0) {
        if (line->is_busy) {
            fault(line, "the connection broke");
            plan_next(line, now_us());
        }
        close(line->fd);
        line_open(line);
        return;
    }
    line->len += (size_t)got;
    size_t whole = whole_answer(line, &body);
    if (whole == 0)
        return;
    int64_t now = now_us();
    if (!line->is_busy || whole != line->len)
        fault(line, "more than was asked");
    else if (memcmp(line->answer, "HTTP/1.1 200", 12) != 0 || strncmp(body, "{\"error\"", 8) == 0)
        fault(line, "an error");
    note(&paced.of[line->asked % ACTIONS], now - line->due_us);
    note(&paced.of[ACTIONS], now - line->due_us);
    plan_next(line, now);
    ask_if_due(line, now);
}

static int tick_new(void)
{
    struct itimerspec each = {.it_interval.tv_nsec = 500000, .it_value.tv_nsec = 500000};
    struct epoll_event event = {.events = EPOLLIN};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0 || timerfd_settime(fd, 0, &each, NULL) != 0 ||
        epoll_ctl(paced.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("timer");
    return fd;
}

static void run(void)
{
    struct epoll_event events[EVENTS];
    int tick = tick_new();
    uint64_t ticks;
    for (int64_t now = now_us();
         now < paced.end_us || (paced.busy && now < paced.end_us + LAST_ANSWER_US);
         now = now_us()) {
        int count = epoll_wait(paced.epoll, events, EVENTS, 1000);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                line_read(events[i].data.ptr);
            else if (read(tick, &ticks, sizeof ticks) < 0)
                continue;
        }
        now = now_us();
        for (unsigned i = 0; i < paced.connections; i++)
            ask_if_due(&paced.lines[i], now);
    }
    for (unsigned i = 0; i < paced.connections; i++)
        if (paced.lines[i].is_busy)
            fault(&paced.lines[i], "no answer");
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "paced PORT CONNECTIONS SECONDS RATE KEY ORDER\n");
        return 2;
    }
    double rate = strtod(argv[4], NULL);
    paced.port = (uint16_t)strtoul(argv[1], NULL, 10);
    paced.connections = (unsigned)strtoul(argv[2], NULL, 10);
    paced.key = argv[5];
    paced.order = argv[6];
    paced.lines = calloc(paced.connections, sizeof *paced.lines);
    paced.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (paced.lines == NULL || paced.epoll < 0)
        die("start");
    if (rate > 0)
        paced.period_us = 1e6 * paced.connections / rate;
    for (unsigned i = 0; i < paced.connections; i++)
        line_open(&paced.lines[i]);
    paced.began_us = now_us();
    paced.end_us = paced.began_us + (int64_t)(strtod(argv[3], NULL) * 1e6);
    for (unsigned i = 0; i < paced.connections; i++) {
        paced.lines[i].asked = i;
        paced.lines[i].due_us = paced.began_us + (int64_t)(paced.period_us * i / paced.connections);
    }
    run();
    printf("{\"errors\": %lu, \"seconds\": %.1f", paced.errors,
           (double)(now_us() - paced.began_us) / 1e6);
    for (int i = 0; i < ACTIONS; i++)
        print_latencies(names[i], &paced.of[i]);
    print_latencies("all", &paced.of[ACTIONS]);
    printf("}\n");
    return 0;
}
