/* See buf.h. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digits.h"

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_fini(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->is_over = false;
    if (b->ptr)
        b->ptr[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t len)
{
    if (len > b->max - b->len) {
        b->is_over = true;
        return NULL;
    }
    if (b->len + len + 1 > b->room) {
        size_t room = b->room ? b->room * 2 : 128;
        while (room < b->len + len + 1)
            room *= 2;
        b->ptr = memory_resize(b->ptr, room, 1);
        b->room = room;
    }
    return b->ptr + b->len;
}

void buf_added(struct buf *b, size_t len)
{
    b->len += len;
    b->ptr[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *to = buf_reserve(b, len);
    if (to == NULL)
        return;
    if (len)
        memcpy(to, bytes, len);
    buf_added(b, len);
}

void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.ptr, s.len);
}

void buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_byte(struct buf *b, char byte)
{
    buf_add(b, &byte, 1);
}

void buf_add_u64(struct buf *b, uint64_t value)
{
    char digits[DIGITS_MAX];
    buf_add(b, digits, (size_t)(digits_put(digits, value) - digits));
}

void buf_add_i64(struct buf *b, int64_t value)
{
    if (value < 0)
        buf_add_byte(b, '-');
    buf_add_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    ASSERT(len >= 0);
    char *to = buf_reserve(b, (size_t)len);
    if (to != NULL) {
        vsnprintf(to, (size_t)len + 1, format, again);
        buf_added(b, (size_t)len);
    }
    va_end(again);
}

static const bool needs_no_code[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true,
    ['_'] = true,         ['.'] = true,         ['~'] = true,
};

void buf_add_urlencoded(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    char *start = buf_reserve(b, s.len * 3), *to = start;
    if (start == NULL)
        return;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (needs_no_code[c]) {
            *to++ = (char)c;
        } else if (c == ' ') {
            *to++ = '+';
        } else {
            *to++ = '%';
            *to++ = hex[c >> 4];
            *to++ = hex[c & 15];
        }
    }
    buf_added(b, (size_t)(to - start));
}

static size_t buf_utf8_len(const unsigned char *p, size_t left)
{
    for (size_t len = 1; len <= 4 && len <= left; len++)
        if (str_is_utf8(str_make((const char *)p, len)))
            return len;
    return 0;
}

static void buf_add_json_control(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        buf_add(b, "\\\"", 2);
        break;
    case '\\':
        buf_add(b, "\\\\", 2);
        break;
    case '\n':
        buf_add(b, "\\n", 2);
        break;
    case '\r':
        buf_add(b, "\\r", 2);
        break;
    case '\t':
        buf_add(b, "\\t", 2);
        break;
    default:
        buf_printf(b, "\\u%04x", c);
    }
}

void buf_add_json(struct buf *b, struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t plain = 0;
    buf_add_byte(b, '"');
    for (size_t i = 0; i < s.len;) {
        unsigned char c = p[i];
        size_t len = c < 0x80 ? 1 : buf_utf8_len(p + i, s.len - i);
        if (len && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            i += len;
            continue;
        }
        buf_add(b, p + plain, i - plain);
        if (len)
            buf_add_json_control(b, c);
        else
            buf_add(b, "\xEF\xBF\xBD", 3);
        plain = ++i;
    }
    if (s.len > plain)
        buf_add(b, p + plain, s.len - plain);
    buf_add_byte(b, '"');
}

char *buf_take(struct buf *b)
{
    char *bytes = b->ptr ? b->ptr : memory_text("");
    *b = (struct buf){.max = b->max};
    return bytes;
}
