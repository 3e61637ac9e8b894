/* Judges a request's headers as evhttp parsed them, for what it lets through: lengths and encodings
 * over which two servers could disagree about where a request ends. What is refused here gets 400
 * and the connection closes, so that nothing after it is read. Pure. */
#ifndef HTTP_HEADERCHECK_H
#define HTTP_HEADERCHECK_H
#include <event2/keyvalq_struct.h>
#include <stdbool.h>

enum { HEADERCHECK_MAX = 100 }; /* headers of a request */

struct headercheck_request {
    int major, minor;   /* of HTTP/major.minor */
    bool may_have_body; /* false for HEAD: evhttp reads none then */
    bool has_bad_bytes; /* what headerscan saw */
};

struct headercheck_verdict {
    const char *message; /* why it is refused; NULL: it may pass */
    bool is_chunked;     /* a body in chunks: answer, then close */
};

struct headercheck_verdict headercheck_judge(const struct headercheck_request *request,
                                             const struct evkeyvalq *headers);

#endif
