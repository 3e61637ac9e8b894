/* One outgoing HTTP POST by libcurl's multi interface on this loop.
 *
 * Promises: done is called exactly once, later (never from inside transfer_start), on the loop's
 * thread, within timeout_ms; never after transfer_cancel. Redirects are not followed. TLS is
 * verified. A response larger than max_body ends the transfer (is_too_large). With may_repeat false
 * the request is sent at most once, whatever libcurl would prefer: a pre-request callback aborts
 * the replay on a reused connection that died, HTTP/1.1 is the only version, and connections idle
 * for more than 3 s are not reused.
 * Easy handles are pooled per loop, connections kept alive, read events kept registered. */
#ifndef LOOP_TRANSFER_H
#define LOOP_TRANSFER_H
#include "base/fault.h"
#include "base/str.h"
#include "loop/loop.h"

/* struct response_headers: the few header fields of an upstream's response that the gateway reads.
 * Private to this room. Pure: lines and a moment in, values out; nothing is allocated, and longer
 * values are cut. */
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

void transfer_headers_clear(struct response_headers *headers);
/* One line as it came. A status line begins a new response (100 Continue comes before the final
 * one) and forgets the former. */
void transfer_headers_add(struct response_headers *headers, struct str line, int64_t wall_ms);
/* What Retry-After says, else X-RateLimit-Reset, else -1. */
int64_t transfer_headers_retry_after_s(const struct response_headers *headers);

/* Seconds from now: "120" or an HTTP date; -1 when neither. */
int64_t transfer_headers_parse_retry_after(struct str value, int64_t wall_ms);
/* Seconds from now: a Unix time (seconds or milliseconds) or already seconds; -1 when neither. */
int64_t transfer_headers_parse_reset(struct str value, int64_t wall_ms);

struct transfer;

struct transfer_request {
    const char *url;     /* borrowed until transfer_start returns (libcurl copies it) */
    struct str body;     /* urlencoded form; copied by transfer_start */
    const char *ca_file; /* NULL: the system's; borrowed until done */
    int64_t timeout_ms;  /* the whole call */
    int64_t connect_timeout_ms;
    size_t max_body; /* of the decoded response */
    bool may_repeat; /* false for add, refill, cancel */
};

struct transfer_result {
    int curl_code; /* CURLcode; 0 is a complete response */
    bool was_sent; /* the pre-request callback ran: bytes may have left */
    bool is_too_large;
    bool is_timeout;
    long http_status;        /* 0 when no status line came */
    struct str body;         /* valid until done returns */
    struct str content_type; /* "" when absent */
    struct str server;       /* the Server header, "" when absent */
    struct str location;     /* the Location header, cut at 512 bytes; "" when absent */
    bool has_cf_mitigated;   /* there was a cf-mitigated header */
    int64_t retry_after_s;   /* from Retry-After or X-RateLimit-Reset; -1 when absent */
    int64_t took_ms;
    const char *error; /* libcurl's message, "" when none; may hold the host's name */
};

typedef void transfer_done_fn(const struct transfer_result *result, void *arg);

struct transfer *transfer_start(struct loop *loop, const struct transfer_request *request,
                                transfer_done_fn *done, void *arg);
void transfer_cancel(struct transfer *transfer);

/* Once per process, before threads start. */
void transfer_global_init(void);
/* A file of certificates that libcurl can use; faults go on from "the value …". */
bool transfer_check_ca_file(const char *path, struct fault *why) MUST_USE;
/* For each loop: the sum of the providers' limits. */
void transfer_set_max_connections(struct loop *loop, long connections);

#endif
