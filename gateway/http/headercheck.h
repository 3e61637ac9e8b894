/* Finds what evhttp lets through in a request's head and two servers could read differently: where
 * a request ends (lengths, encodings), what a line is (bare LF or CR, NUL and other control bytes,
 * folded lines), which version is spoken. What is refused here gets 400 and the connection closes,
 * so nothing behind it is read. Pure. */
#ifndef HTTP_HEADERCHECK_H
#define HTTP_HEADERCHECK_H
#include <event2/keyvalq_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEADERCHECK_MAX = 100 }; /* headers of a request */

/* The raw head (request line and headers) as it arrives: feed every byte once, in any pieces. Zero
 * it before each request. */
struct headercheck_scan {
    bool is_done; /* the empty line was there */
    bool is_bad;
    bool has_odd_version;
    bool has_line; /* the request line has ended */
    bool in_line;  /* the line has a byte already */
    bool after_cr;
    char last_bytes[8];             /* of the request line */
    bool in_value;                  /* behind a header's colon */
    uint32_t headers;               /* lines so far */
    uint32_t value_len, value_room; /* of the last header: as evhttp keeps it, blanks behind too */
};

void headercheck_feed(struct headercheck_scan *scan, const char *bytes, size_t len);
/* What counts of a request is its head: drops the headers that libevent may have added from the
 * trailers of a chunked body, and what a folded trailer added to the last one. */
void headercheck_cut_trailers(const struct headercheck_scan *scan, struct evkeyvalq *headers);

struct headercheck_request {
    int major, minor;                    /* of HTTP/major.minor */
    bool may_have_body;                  /* false for HEAD: evhttp reads none then */
    bool has_bad_bytes, has_odd_version; /* from the scan */
};

struct headercheck_verdict {
    const char *message; /* why it is refused; NULL: it may pass */
    bool is_chunked;     /* a body in chunks: answer, then close */
};

struct headercheck_verdict headercheck_judge(const struct headercheck_request *request,
                                             const struct evkeyvalq *headers);

#endif
