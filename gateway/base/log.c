/* See log.h. */
#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* PIECE_BYTES: as PIPE_BUF, so that a pipe takes all of a piece or nothing. */
enum { LINE_BYTES = 2048, HELD_BYTES = 16 * 1024, PIECE_BYTES = 4096 };
_Static_assert(LINE_BYTES <= PIECE_BYTES, "a line is never cut");

static _Thread_local struct {
    bool may_hold;
    size_t len;
    char bytes[HELD_BYTES];
} held;

static _Atomic enum log_level lowest = LOG_INFO;
static _Atomic uint64_t warnings;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&lowest, level, memory_order_relaxed);
}

uint64_t log_warnings(void)
{
    return atomic_load_explicit(&warnings, memory_order_relaxed);
}

/* ---- stderr ---- */

/* O_NONBLOCK on stderr itself would be seen by all who share it, the shell that started us too.
 * Hence a pipe or a terminal is opened once more, a socket is sent to with MSG_DONTWAIT, and what
 * cannot be opened is polled first. A regular file takes what it is given. */
static enum { LOG_WAITS, LOG_NONBLOCKING, LOG_SOCKET, LOG_POLLED } log_way;
static int log_fd = STDERR_FILENO;
static pthread_mutex_t log_polling = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t dropped, unreported; /* lines; unreported: no line has said so yet */
static _Atomic bool is_cut;                  /* what was written last does not end a line */
static bool is_journal;                      /* each line begins with its priority */

/* "DEVICE:INODE" of the stream that the service manager reads. */
static bool log_is_journal(const char *stream, const struct stat *facts)
{
    uint64_t device, inode;
    size_t colon = str_find_byte(str_of(stream), ':');
    return colon != SIZE_MAX && str_to_u64(str_make(stream, colon), &device) &&
           str_to_u64(str_of(stream + colon + 1), &inode) && device == facts->st_dev &&
           inode == facts->st_ino;
}

void log_begin(void)
{
    struct stat facts;
    const char *stream = getenv("JOURNAL_STREAM");
    log_way = LOG_WAITS;
    log_fd = STDERR_FILENO;
    is_journal = false;
    if (fstat(STDERR_FILENO, &facts) != 0)
        return;
    is_journal = stream && log_is_journal(stream, &facts);
    if (S_ISREG(facts.st_mode))
        return;
    if (S_ISSOCK(facts.st_mode)) {
        log_way = LOG_SOCKET;
        return;
    }
    int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    log_way = fd < 0 ? LOG_POLLED : LOG_NONBLOCKING;
    log_fd = fd < 0 ? STDERR_FILENO : fd;
}

const char *log_priority(enum log_level level)
{
    static const char *const priorities[] = {"<7>", "<6>", "<4>", "<3>"}; /* of syslog(3) */
    return is_journal ? priorities[level] : "";
}

uint64_t log_lines_dropped(void)
{
    return atomic_load_explicit(&dropped, memory_order_relaxed);
}

/* The mutex, for two threads that find room for one piece. */
static ssize_t log_write_polled(const char *bytes, size_t len)
{
    struct pollfd state = {.fd = STDERR_FILENO, .events = POLLOUT};
    pthread_mutex_lock(&log_polling);
    bool may_write = poll(&state, 1, 0) == 1 && state.revents & POLLOUT;
    ssize_t written = may_write ? write(STDERR_FILENO, bytes, len) : -1;
    pthread_mutex_unlock(&log_polling);
    return written;
}

/* False when not all of it was written. */
static bool log_try(const char *bytes, size_t len)
{
    ssize_t written = log_way == LOG_POLLED ? log_write_polled(bytes, len)
                      : log_way == LOG_SOCKET
                          ? send(STDERR_FILENO, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                          : write(log_fd, bytes, len);
    if (written > 0 && (size_t)written < len)
        atomic_store_explicit(&is_cut, bytes[written - 1] != '\n', memory_order_relaxed);
    return written == (ssize_t)len;
}

static void log_drop(const char *bytes, size_t len)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    atomic_fetch_add_explicit(&dropped, lines, memory_order_relaxed);
    atomic_fetch_add_explicit(&unreported, lines, memory_order_relaxed);
}

/* False when that cannot be written either. */
static bool log_report_dropped(void)
{
    char line[160], moment[25];
    uint64_t lines = atomic_exchange_explicit(&unreported, 0, memory_order_relaxed);
    if (lines == 0)
        return true;
    clock_print(clock_wall_ms(), moment);
    int len = snprintf(line, sizeof line, "%s%s%s level=warn event=log_lines_dropped count=%llu\n",
                       atomic_exchange_explicit(&is_cut, false, memory_order_relaxed) ? "\n" : "",
                       log_priority(LOG_WARN), moment, (unsigned long long)lines);
    if (log_try(line, (size_t)len)) {
        atomic_fetch_add_explicit(&warnings, 1, memory_order_relaxed);
        return true;
    }
    atomic_fetch_add_explicit(&unreported, lines, memory_order_relaxed);
    return false;
}

/* As many whole lines as PIECE_BYTES hold. */
static size_t log_piece(const char *bytes, size_t len)
{
    if (len <= PIECE_BYTES)
        return len;
    const char *end = memrchr(bytes, '\n', PIECE_BYTES);
    return (size_t)(end - bytes) + 1;
}

static void log_write_out(const char *bytes, size_t len)
{
    while (len > 0) {
        size_t piece = log_way == LOG_WAITS ? len : log_piece(bytes, len);
        if (!log_report_dropped() || !log_try(bytes, piece))
            log_drop(bytes, piece);
        bytes += piece;
        len -= piece;
    }
}

/* ---- lines ---- */

void log_flush(void)
{
    if (held.len > 0)
        log_write_out(held.bytes, held.len);
    held.len = 0;
}

static void log_write_fatal(const char *line, size_t len)
{
    char text[LINE_BYTES];
    int more = snprintf(text, sizeof text, "%s%.*s", is_journal ? "<2>" : "", (int)len, line);
    log_flush();
    log_write_out(text, (size_t)more < sizeof text ? (size_t)more : sizeof text - 1);
}

__attribute__((constructor)) static void log_register(void)
{
    memory_write_fatal = log_write_fatal;
}

void log_hold(bool may_hold)
{
    log_flush();
    held.may_hold = may_hold;
}

bool log_is_holding_lines(void)
{
    return held.len > 0;
}

static void log_write(enum log_level level, const char *line, size_t len)
{
    if (!held.may_hold) {
        log_write_out(line, len);
        return;
    }
    if (held.len + len > sizeof held.bytes)
        log_flush();
    memcpy(held.bytes + held.len, line, len);
    held.len += len;
    if (level >= LOG_WARN)
        log_flush();
}

/* What is too long is cut. */
static size_t log_append(char *line, size_t len, struct str text)
{
    text = str_first(text, LINE_BYTES / 4);
    memcpy(line + len, text.ptr, text.len);
    return len + text.len;
}

static size_t log_begin_line(char line[LINE_BYTES], enum log_level level, const char *event)
{
    static const char *const levels[] = {
        " level=debug event=", " level=info event=", " level=warn event=", " level=error event="};
    char moment[25];
    clock_print(clock_wall_ms(), moment);
    size_t len = log_append(line, 0, str_of(log_priority(level)));
    len = log_append(line, len, str_of(moment));
    len = log_append(line, len, str_of(levels[level]));
    len = log_append(line, len, str_of(event));
    line[len++] = ' ';
    return len;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    char line[LINE_BYTES];
    if (level < atomic_load_explicit(&lowest, memory_order_relaxed))
        return;
    if (level >= LOG_WARN)
        atomic_fetch_add_explicit(&warnings, 1, memory_order_relaxed);
    size_t len = log_begin_line(line, level, event);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + len, sizeof line - len, format, args);
    va_end(args);
    len += more > 0 ? (size_t)more : 0;
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    if (line[len - 1] == ' ')
        len--;
    line[len++] = '\n';
    log_write(level, line, len);
}

/* The character at `at` into out, which has room for any; *at goes on to the next. */
static size_t log_escape(struct str s, size_t *at, char *out)
{
    uint32_t point;
    size_t len = str_code_point(s, *at, &point);
    const char *from = s.ptr + *at;
    *at += len ? len : 1;
    if (len == 0 || (point < 0x80 && !str_is_printable(point)))
        return (size_t)sprintf(out, "\\x%02x", (unsigned char)*from);
    if (!str_is_printable(point))
        return (size_t)sprintf(out, point > 0xFFFF ? "\\U%08x" : "\\u%04x", (unsigned)point);
    if (point == '"' || point == '\\')
        *out++ = '\\';
    memcpy(out, from, len);
    return len + (point == '"' || point == '\\');
}

struct log_value log_value(struct str s)
{
    struct log_value value;
    size_t n = 0;
    bool is_plain = s.len > 0;
    for (size_t i = 0; i < s.len && is_plain; i++) {
        char c = s.ptr[i];
        is_plain = c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    }
    if (!is_plain)
        value.text[n++] = '"';
    for (size_t i = 0; i < s.len && n < sizeof value.text - 12;)
        n += log_escape(s, &i, value.text + n);
    if (!is_plain)
        value.text[n++] = '"';
    value.text[n] = '\0';
    return value;
}
