/* struct response_headers: the few header fields of an upstream's response that the gateway reads.
 * Private to this room. Pure: lines and a moment in, values out; nothing is allocated, and longer
 * values are cut. */
#ifndef LOOP_RESPONSE_HEADERS_H
#define LOOP_RESPONSE_HEADERS_H
#include "base/str.h"

enum { RESPONSE_HEADERS_LOCATION = 512 };

struct response_headers {
    char content_type[96];
    char server[64];
    char location[RESPONSE_HEADERS_LOCATION];
    size_t content_type_len;
    size_t server_len;
    size_t location_len;
    size_t bytes; /* of all lines so far, of all responses of the transfer */
    bool has_cf_mitigated;
    int64_t retry_after_s;      /* -1 when absent or unreadable */
    int64_t rate_limit_reset_s; /* the same */
};

void response_headers_clear(struct response_headers *headers);
/* One line as it came. A status line begins a new response (100 Continue comes before the final
 * one) and forgets the former. */
void response_headers_add(struct response_headers *headers, struct str line, int64_t wall_ms);
/* What Retry-After says, else X-RateLimit-Reset, else -1. */
int64_t response_headers_retry_after_s(const struct response_headers *headers);

/* Seconds from now: "120" or an HTTP date; -1 when neither. */
int64_t response_headers_parse_retry_after(struct str value, int64_t wall_ms);
/* Seconds from now: a Unix time (seconds or milliseconds) or already seconds; -1 when neither. */
int64_t response_headers_parse_reset(struct str value, int64_t wall_ms);

#endif
