/* One outgoing HTTP POST by libcurl's multi interface on this loop.
 *
 * Promises: done is called exactly once, later (never from inside transfer_start), on the loop's
 * thread, within timeout_ms; never after transfer_cancel. Redirects are not followed. TLS is
 * verified. An answer larger than max_body ends the transfer (is_too_large). With may_repeat
 * false the request is sent at most once, whatever libcurl would like: the replay on a reused
 * connection that died is stopped by a pre-request callback that aborts its second call, it goes
 * by HTTP/1.1 only, and connections older than 3 s of idleness are not reused.
 * Easy handles are pooled per loop, connections kept alive, read events kept registered. */
#ifndef LOOP_TRANSFER_H
#define LOOP_TRANSFER_H
#include "base/str.h"
#include "loop/loop.h"

struct transfer;

struct transfer_request {
    const char *url;     /* borrowed until transfer_start returns (libcurl copies it) */
    struct str body;     /* urlencoded form; copied by transfer_start */
    const char *ca_file; /* NULL: the system's; borrowed until done */
    int64_t timeout_ms;  /* the whole call */
    int64_t connect_timeout_ms;
    size_t max_body; /* of the decoded answer */
    bool may_repeat; /* false for add, refill, cancel */
};

struct transfer_result {
    int curl_code; /* CURLcode; 0 is a complete answer */
    bool was_sent; /* the pre-request callback ran: bytes may have left */
    bool is_too_large;
    bool is_timeout;
    long http_status;        /* 0 when no status line came */
    struct str body;         /* valid until done returns */
    struct str content_type; /* "" when absent */
    struct str server;       /* the answer's Server header, "" when absent */
    struct str location;     /* the answer's Location header, cut at 512 bytes; "" when absent */
    bool has_cf_mitigated;   /* a cf-mitigated header was there */
    int64_t retry_after_s;   /* from Retry-After or X-RateLimit-Reset; -1 when absent */
    int64_t took_ms;
    const char *error; /* libcurl's words, "" when none; may hold the host's name */
};

typedef void transfer_done_fn(const struct transfer_result *result, void *arg);

struct transfer *transfer_start(struct loop *loop, const struct transfer_request *request,
                                transfer_done_fn *done, void *arg);
void transfer_cancel(struct transfer *transfer);

/* Call once per process before threads start, and per loop the sum of the providers' caps. */
void transfer_global_init(void);
void transfer_set_max_connections(struct loop *loop, long connections);

#endif
