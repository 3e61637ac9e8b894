/* See log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_BYTES = 2048, HELD_BYTES = 16 * 1024 };

static _Thread_local struct {
    bool may_hold;
    size_t len;
    char bytes[HELD_BYTES];
} held;

static enum log_level lowest = LOG_INFO;
static _Atomic uint64_t warnings;

void log_set_level(enum log_level level)
{
    lowest = level;
}

uint64_t log_warnings(void)
{
    return atomic_load_explicit(&warnings, memory_order_relaxed);
}

/* A full or closed stderr must not stop the gateway. */
static void log_write_out(const char *bytes, size_t len)
{
    ssize_t written = write(STDERR_FILENO, bytes, len);
    (void)written;
}

void log_flush(void)
{
    if (held.len > 0)
        log_write_out(held.bytes, held.len);
    held.len = 0;
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

static void log_tell(enum log_level level, const char *line, size_t len)
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

/* Of a text that is too long the rest is left out. */
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
    size_t len = log_append(line, 0, str_of(moment));
    len = log_append(line, len, str_of(levels[level]));
    len = log_append(line, len, str_of(event));
    line[len++] = ' ';
    return len;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    char line[LINE_BYTES];
    if (level < lowest)
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
    log_tell(level, line, len);
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
    for (size_t i = 0; i < s.len && n < sizeof value.text - 8; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\') {
            value.text[n++] = '\\';
            value.text[n++] = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            n += (size_t)snprintf(value.text + n, 5, "\\x%02x", c);
        } else {
            value.text[n++] = (char)c;
        }
    }
    if (!is_plain)
        value.text[n++] = '"';
    value.text[n] = '\0';
    return value;
}
