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
