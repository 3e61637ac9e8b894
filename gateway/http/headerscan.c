/* See headerscan.h. */
#include "http/headerscan.h"

static void line_end(struct headerscan *scan)
{
    if (!scan->in_line && scan->has_line)
        scan->is_done = true;
    scan->has_line = true;
    scan->in_line = false;
}

static void feed_byte(struct headerscan *scan, unsigned char c)
{
    if (c == '\n') {
        scan->is_bad |= !scan->after_cr;
        scan->after_cr = false;
        line_end(scan);
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

void headerscan_feed(struct headerscan *scan, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !scan->is_done; i++)
        feed_byte(scan, (unsigned char)bytes[i]);
}
