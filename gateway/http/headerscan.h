/* Reads a request's raw head (request line and headers) as it arrives, for what evhttp takes
 * without a word and no longer shows: bare LF, bare CR, NUL and other control bytes, folded lines.
 * Streaming: feed every byte once, in any pieces. Pure. */
#ifndef HTTP_HEADERSCAN_H
#define HTTP_HEADERSCAN_H
#include <stdbool.h>
#include <stddef.h>

struct headerscan { /* zero it before each request */
    bool is_done;   /* the empty line was there */
    bool is_bad;
    bool has_line; /* the request line has ended */
    bool in_line;  /* the line has a byte already */
    bool after_cr;
};

void headerscan_feed(struct headerscan *scan, const char *bytes, size_t len);

#endif
