/* The little of HTTP/1.1 that a panel needs, on bytes in memory: the head of a request and chunked
 * bodies. Pure; the views of a parsed head point into the bytes given. */
#ifndef SIMULATOR_PANELHTTP_H
#define SIMULATOR_PANELHTTP_H
#include "base/buf.h"

#define PANELHTTP_MOST_HEAD_BYTES ((size_t)64 * 1024)
#define PANELHTTP_MOST_BODY_BYTES ((size_t)16 * 1024 * 1024)

struct panelhttp_head {
    struct str method, path, query; /* path without the query */
    struct str headers;             /* the lines after the first, without the empty one */
    struct str content_type;        /* absent when none */
    uint64_t body_len;              /* 0 when chunked */
    bool is_chunked, keeps_alive, expects_continue;
};

/* bytes is the whole head, its empty line included. False when it is none. */
bool panelhttp_parse_head(struct str bytes, struct panelhttp_head *out) MUST_USE;

enum panelhttp_progress { PANELHTTP_MORE, PANELHTTP_DONE, PANELHTTP_BAD };
/* Reads a whole chunked body from the start of bytes; when done, body_out holds it and
 * *consumed_out says how many bytes it took. */
enum panelhttp_progress panelhttp_read_chunked(struct str bytes, struct buf *body_out,
                                               size_t *consumed_out);
/* The next header of the lines of *rest: name as sent, value trimmed. */
bool panelhttp_next_header(struct str *rest, struct str *name_out, struct str *value_out);

#endif
