/* A panel to measure against: one thread, raw epoll, answers made by copying a few bytes. It must
 * never be what limits a measurement, so it parses no more of HTTP and of a form than its callers
 * send. It counts what it is given, by the key of the asker, for the runner to compare.
 *
 *   panel PORT SERVICES
 *
 * POST: services, add, status (order or orders), balance. An order is never finished, so that each
 * status question is worth asking. GET /set?latency=MS&drop=N: answer that late; close the
 * connection on each Nth add, after it was taken. GET /counts: what came, as JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MOST = 8192,
    INPUT_BYTES = 64 * 1024,
    ANSWER_BYTES = 64 * 1024,
    ASKERS_MOST = 32,
    UNIQUE_MOST = 4 * 1024 * 1024, /* numbers of links that are to come once only */
    EVENTS = 512,
    FIRST_ORDER = 1000001,
};

struct text {
    const char *at;
    size_t len;
};

/* Bytes on their way: made ones, or the list, which is shared. */
struct output {
    char *bytes; /* owned; NULL: the list */
    size_t len, sent;
    bool is_last; /* the connection ends after it */
    int64_t due_us;
    struct output *next;
};

struct connection {
    int fd;
    bool wants_write;
    size_t input_len;
    char *input;
    struct output *first, *last;
    struct connection *next_late; /* among those with something due later */
    bool is_late;
};

struct asker {
    char key[64];
    uint64_t requests, adds, dropped, doubled, statuses;
};

static struct connection *connections[CONNECTIONS_MOST];
static int poller;
static char *list;
static size_t list_len;
static struct asker askers[ASKERS_MOST];
static uint8_t seen[UNIQUE_MOST / 8];
static uint32_t next_order = FIRST_ORDER;
static int64_t latency_us;
static uint64_t drop_each;
static struct connection *late_first, *late_last;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- what is sold ---- */

static void make_list(unsigned count)
{
    size_t len = 0;
    FILE *out = open_memstream(&list, &len);
    char *body = NULL;
    size_t body_len = 0;
    FILE *rows = open_memstream(&body, &body_len);
    for (unsigned i = 1; i <= count; i++)
        fprintf(rows,
                "%c{\"service\":%u,\"name\":\"Followers, steady, no drop [max %uK] [start: 0-%u h] "
                "[speed: up to %uK a day] [refill: %u days] \\u2b50\",\"type\":\"Default\","
                "\"category\":\"Network %u: Followers, guaranteed\",\"rate\":\"%u.%04u\","
                "\"min\":\"%u\",\"max\":\"%u\",\"dripfeed\":false,\"refill\":%s,\"cancel\":%s,"
                "\"average_time\":%u}",
                i == 1 ? '[' : ',', i, 10 + i % 300, 1 + i % 24, 1 + i % 80, 30 + i % 60,
                1 + i / 60, i % 15, i * 41 % 10000, 10 + i % 50, 20000 + i % 90 * 1000,
                i % 2 ? "true" : "false", i % 3 ? "true" : "false", 5 + i % 2000);
    fputc(']', rows);
    fclose(rows);
    fprintf(out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
            body_len, body);
    fclose(out);
    free(body);
    list_len = len;
}

/* ---- output ---- */

static void watch(struct connection *c, bool wants_write)
{
    if (c->wants_write == wants_write)
        return;
    struct epoll_event event = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0u),
                                .data.fd = c->fd};
    c->wants_write = wants_write;
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void drop_output(struct connection *c)
{
    struct output *gone = c->first;
    c->first = gone->next;
    if (gone->bytes != list)
        free(gone->bytes);
    free(gone);
}

static void drop_connection(struct connection *c)
{
    while (c->first)
        drop_output(c);
    close(c->fd);
    connections[c->fd] = NULL;
    free(c->input);
    c->input = NULL;
    c->fd = -1;
    if (!c->is_late)
        free(c);
}

/* Sends what is due; false: the connection is gone. */
static bool send_due(struct connection *c, int64_t now)
{
    while (c->first && c->first->due_us <= now) {
        struct output *o = c->first;
        ssize_t sent = send(c->fd, o->bytes + o->sent, o->len - o->sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch(c, true);
            return true;
        }
        if (sent < 0) {
            drop_connection(c);
            return false;
        }
        o->sent += (size_t)sent;
        if (o->sent < o->len)
            continue;
        if (o->is_last) {
            drop_connection(c);
            return false;
        }
        drop_output(c);
    }
    watch(c, false);
    return true;
}

static void put_late(struct connection *c)
{
    c->is_late = true;
    c->next_late = NULL;
    if (late_first)
        late_last->next_late = c;
    else
        late_first = c;
    late_last = c;
}

/* One answer a connection is under way at a time with all our callers, so first in is first due.
 * Returns how long to wait for the next one. */
static int run_late(void)
{
    int64_t now = now_us();
    while (late_first) {
        struct connection *c = late_first;
        if (c->fd >= 0 && c->first && c->first->due_us > now)
            return (int)((c->first->due_us - now + 999) / 1000);
        late_first = c->next_late;
        c->is_late = false;
        if (c->fd < 0)
            free(c);
        else
            send_due(c, now);
    }
    return -1;
}

/* Whole answers, head included. Straight to the socket when nothing is before it. */
static bool answer(struct connection *c, char *bytes, size_t len, bool is_last)
{
    size_t sent = 0;
    if (latency_us == 0 && c->first == NULL) {
        ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
        sent = n > 0 ? (size_t)n : 0;
        if (sent == len && !is_last)
            return true;
    }
    struct output *o = calloc(1, sizeof *o);
    o->bytes = bytes;
    if (bytes != list) {
        o->bytes = malloc(len + 1);
        memcpy(o->bytes, bytes, len);
    }
    o->len = len;
    o->sent = sent;
    o->is_last = is_last;
    o->due_us = latency_us ? now_us() + latency_us : 0;
    if (c->first)
        c->last->next = o;
    else
        c->first = o;
    c->last = o;
    if (latency_us) {
        if (!c->is_late)
            put_late(c);
        return true;
    }
    return send_due(c, 0);
}

/* ---- making answers ---- */

static char *add_text(char *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(out, text, len);
    return out + len;
}

static char *add_number(char *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    memcpy(out, digits + at, sizeof digits - at);
    return out + sizeof digits - at;
}

static bool answer_json(struct connection *c, const char *body, size_t len, bool is_last)
{
    static char whole[ANSWER_BYTES + 256];
    char *end = add_text(whole, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                "Content-Length: ");
    end = add_number(end, len);
    end = add_text(end, "\r\n\r\n");
    memcpy(end, body, len);
    return answer(c, whole, (size_t)(end - whole) + len, is_last);
}

static char *add_status(char *out, uint64_t order)
{
    static const char *const words[] = {"Pending", "In progress", "Processing"};
    out = add_text(out, "{\"charge\":\"0.");
    out = add_number(out, 10000 + order % 80000);
    out = add_text(out, "\",\"start_count\":\"");
    out = add_number(out, 2000 + order % 9000);
    out = add_text(out, "\",\"status\":\"");
    out = add_text(out, words[order % 3]);
    out = add_text(out, "\",\"remains\":\"");
    out = add_number(out, 1 + order % 99);
    return add_text(out, "\",\"currency\":\"USD\"}");
}

/* ---- reading questions ---- */

static struct text field(struct text form, const char *name)
{
    size_t name_len = strlen(name);
    const char *at = form.at, *end = form.at + form.len;
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        if ((size_t)(stop - at) > name_len && at[name_len] == '=' && !memcmp(at, name, name_len))
            return (struct text){at + name_len + 1, (size_t)(stop - at) - name_len - 1};
        at = stop + 1;
    }
    return (struct text){NULL, 0};
}

static bool is(struct text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

static uint64_t take_number(struct text *text)
{
    uint64_t number = 0;
    for (; text->len && *text->at >= '0' && *text->at <= '9'; text->at++, text->len--)
        number = number * 10 + (uint64_t)(*text->at - '0');
    return number;
}

static struct asker *asker_of(struct text key)
{
    size_t i;
    for (i = 0; i + 1 < ASKERS_MOST && askers[i].key[0]; i++)
        if (is(key, askers[i].key))
            return &askers[i];
    if (key.len && key.len < sizeof askers[i].key)
        memcpy(askers[i].key, key.at, key.len);
    return &askers[i];
}

/* A link with "unique-N" in it may come once. */
static void note_link(struct asker *asker, struct text link)
{
    static const char mark[] = "unique-";
    const char *at = link.len ? memmem(link.at, link.len, mark, sizeof mark - 1) : NULL;
    if (at == NULL)
        return;
    at += sizeof mark - 1;
    struct text rest = {at, (size_t)(link.at + link.len - at)};
    uint64_t number = take_number(&rest) % UNIQUE_MOST;
    uint8_t bit = (uint8_t)(1u << number % 8);
    if (seen[number / 8] & bit)
        asker->doubled++;
    seen[number / 8] |= bit;
}

static bool answer_add(struct connection *c, struct asker *asker, struct text form)
{
    char body[64];
    asker->adds++;
    note_link(asker, field(form, "link"));
    if (drop_each && asker->adds % drop_each == 0) {
        asker->dropped++;
        drop_connection(c);
        return false;
    }
    char *end = add_number(add_text(body, "{\"order\":"), next_order++);
    *end++ = '}';
    return answer_json(c, body, (size_t)(end - body), false);
}

static bool answer_status(struct connection *c, struct asker *asker, struct text form)
{
    static char body[ANSWER_BYTES];
    struct text one = field(form, "order"), many = field(form, "orders");
    char *end = body;
    if (one.len) {
        asker->statuses++;
        end = add_status(end, take_number(&one));
        return answer_json(c, body, (size_t)(end - body), false);
    }
    *end++ = '{';
    while (many.len && end < body + ANSWER_BYTES - 256) {
        uint64_t order = take_number(&many);
        asker->statuses++;
        if (end > body + 1)
            *end++ = ',';
        *end++ = '"';
        end = add_number(end, order);
        end = add_text(end, "\":");
        end = add_status(end, order);
        size_t comma = many.len && *many.at == '%' ? 3 : 1;
        comma = comma < many.len ? comma : many.len;
        many.at += comma;
        many.len -= comma;
    }
    *end++ = '}';
    return answer_json(c, body, (size_t)(end - body), false);
}

static bool answer_post(struct connection *c, struct text form)
{
    static const char balance[] = "{\"balance\":\"90210.51771\",\"currency\":\"USD\"}";
    static const char unknown[] = "{\"error\":\"Incorrect request\"}";
    struct asker *asker = asker_of(field(form, "key"));
    struct text action = field(form, "action");
    asker->requests++;
    if (is(action, "status"))
        return answer_status(c, asker, form);
    if (is(action, "add"))
        return answer_add(c, asker, form);
    if (is(action, "services"))
        return answer(c, list, list_len, false);
    if (is(action, "balance"))
        return answer_json(c, balance, sizeof balance - 1, false);
    return answer_json(c, unknown, sizeof unknown - 1, false);
}

/* The runner's own questions. */
static bool answer_get(struct connection *c, struct text target)
{
    char body[8192];
    int len = snprintf(body, sizeof body, "{");
    const char *question = memchr(target.at, '?', target.len);
    if (question) {
        struct text form = {question + 1, (size_t)(target.at + target.len - question - 1)};
        struct text latency = field(form, "latency"), drop = field(form, "drop");
        latency_us = (int64_t)take_number(&latency) * 1000;
        drop_each = take_number(&drop);
    }
    for (size_t i = 0; i < ASKERS_MOST && askers[i].key[0]; i++)
        len +=
            snprintf(body + len, sizeof body - (size_t)len,
                     "%s\"%s\":{\"requests\":%llu,\"adds\":%llu,\"dropped\":%llu,\"doubled\":%llu,"
                     "\"statuses\":%llu}",
                     i ? "," : "", askers[i].key, (unsigned long long)askers[i].requests,
                     (unsigned long long)askers[i].adds, (unsigned long long)askers[i].dropped,
                     (unsigned long long)askers[i].doubled, (unsigned long long)askers[i].statuses);
    body[len++] = '}';
    int64_t latency = latency_us;
    latency_us = 0; /* the runner does not wait */
    bool is_there = answer_json(c, body, (size_t)len, false);
    latency_us = latency;
    return is_there;
}

static size_t content_length(const char *head, const char *end)
{
    for (const char *line = memchr(head, '\n', (size_t)(end - head)); line && line < end;
         line = memchr(line, '\n', (size_t)(end - line))) {
        line++;
        if ((*line | 32) == 'c' && end - line > 15 && !strncasecmp(line, "content-length:", 15))
            return strtoul(line + 15, NULL, 10);
    }
    return 0;
}

/* Answers all whole requests; false: the connection is gone. */
static bool answer_all(struct connection *c)
{
    char *at = c->input, *end = c->input + c->input_len;
    for (;;) {
        char *head_end = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
        if (head_end == NULL)
            break;
        size_t len = content_length(at, head_end);
        struct text body = {head_end + 4, len};
        if ((size_t)(end - body.at) < len)
            break;
        struct text target = {at + 4, strcspn(at + 4, " \r")};
        if (!(at[0] == 'G' ? answer_get(c, target) : answer_post(c, body)))
            return false;
        at = head_end + 4 + len;
    }
    c->input_len = (size_t)(end - at);
    if (c->input_len && at > c->input)
        memmove(c->input, at, c->input_len);
    c->input[c->input_len] = '\0';
    return true;
}

static void read_more(struct connection *c)
{
    ssize_t n = recv(c->fd, c->input + c->input_len, INPUT_BYTES - c->input_len, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        drop_connection(c);
        return;
    }
    c->input_len += (size_t)n;
    c->input[c->input_len] = '\0';
    if (answer_all(c) && c->input_len == INPUT_BYTES)
        drop_connection(c);
}

/* ---- life ---- */

static void accept_all(int listening)
{
    int fd, one = 1;
    while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= CONNECTIONS_MOST) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *c = calloc(1, sizeof *c);
        c->fd = fd;
        c->input = malloc(INPUT_BYTES + 1);
        connections[fd] = c;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

static int listen_on(const char *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096))
        fail("panel: listen");
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    if (argc != 3) {
        fputs("usage: panel PORT SERVICES\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    make_list((unsigned)strtoul(argv[2], NULL, 10));
    int listening = listen_on(argv[1]);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listening};
    epoll_ctl(poller, EPOLL_CTL_ADD, listening, &event);
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS, run_late());
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listening)
                accept_all(listening);
            else if (connections[fd] && events[i].events & EPOLLOUT &&
                     !send_due(connections[fd], now_us()))
                continue;
            else if (connections[fd] && events[i].events & ~(uint32_t)EPOLLOUT)
                read_more(connections[fd]);
        }
    }
}
