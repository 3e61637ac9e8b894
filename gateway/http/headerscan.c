/* See headerscan.h. */
#include "http/headerscan.h"

#include <stdint.h>
#include <string.h>

static void headerscan_line_end(struct headerscan *scan)
{
    if (!scan->in_line && scan->has_line)
        scan->is_done = true;
    scan->has_line = true;
    scan->in_line = false;
}

static void headerscan_feed_byte(struct headerscan *scan, unsigned char c)
{
    if (c == '\n') {
        scan->is_bad |= !scan->after_cr;
        scan->after_cr = false;
        headerscan_line_end(scan);
        return;
    }
    scan->is_bad |= scan->after_cr;
    scan->after_cr = c == '\r';
    if (scan->after_cr)
        return;
    scan->is_bad |= (c < 0x20 && c != '\t') || c == 0x7F;
    scan->is_bad |= !scan->in_line && (c == ' ' || c == '\t');
    scan->in_line = true;
}

/* Bytes that change nothing within a line: all but control bytes. */
static size_t headerscan_skip_plain(const char *bytes, size_t i, size_t len)
{
    const uint64_t ones = UINT64_MAX / 0xFF, tops = ones * 0x80;
    for (uint64_t eight; i + sizeof eight <= len; i += sizeof eight) {
        memcpy(&eight, bytes + i, sizeof eight);
        uint64_t del = eight ^ (ones * 0x7F);
        /* A byte below 0x20, or 0x7F; a borrow can only show one too many, above a true one. */
        if ((((eight - ones * 0x20) & ~eight) | ((del - ones) & ~del)) & tops)
            break;
    }
    while (i < len && (unsigned char)bytes[i] >= 0x20 && bytes[i] != 0x7F)
        i++;
    return i;
}

void headerscan_feed(struct headerscan *scan, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !scan->is_done; i++) {
        if (scan->in_line && !scan->after_cr)
            i = headerscan_skip_plain(bytes, i, len);
        if (i < len)
            headerscan_feed_byte(scan, (unsigned char)bytes[i]);
    }
}
