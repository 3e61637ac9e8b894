/* See headercheck.h. */
#include "http/headercheck.h"

#include <sys/queue.h>

#include "base/str.h"

enum { LENGTH_DIGITS = 18 };

/* RFC 9110's token, as a set of bits over ASCII. */
static bool headercheck_is_token(const char *name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (*name == '\0')
        return false;
    for (; *name; name++) {
        char c = *name;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')
            continue;
        if (strchr(others, c) == NULL)
            return false;
    }
    return true;
}

static bool headercheck_is_length(const char *value)
{
    size_t digits = strspn(value, "0123456789");
    return digits > 0 && digits <= LENGTH_DIGITS && value[digits] == '\0';
}

static bool headercheck_is_zero(const char *value)
{
    return value[strspn(value, "0")] == '\0';
}

struct framing {
    const char *length, *encoding; /* borrowed; NULL when absent */
    unsigned lengths, encodings, hosts, headers;
    bool has_bad_name;
};

static struct framing headercheck_gather(const struct evkeyvalq *headers)
{
    struct framing found = {0};
    const struct evkeyval *header;
    TAILQ_FOREACH(header, headers, next)
    {
        struct str name = str_of(header->key);
        found.headers++;
        found.has_bad_name |= !headercheck_is_token(header->key);
        if (str_equal_folded(name, STR("content-length"))) {
            found.lengths++;
            found.length = header->value;
        } else if (str_equal_folded(name, STR("transfer-encoding"))) {
            found.encodings++;
            found.encoding = header->value;
        } else if (str_equal_folded(name, STR("host"))) {
            found.hosts++;
        }
    }
    return found;
}

static const char *headercheck_judge_framing(const struct headercheck_request *request,
                                             const struct framing *found)
{
    if (found->lengths > 1 || (found->length && !headercheck_is_length(found->length)))
        return "Content-Length must be one plain number";
    if (found->encodings && found->lengths)
        return "Content-Length and Transfer-Encoding exclude each other";
    if (found->encodings > 1 ||
        (found->encoding && !str_equal_folded(str_of(found->encoding), STR("chunked"))))
        return "Transfer-Encoding must be chunked";
    if (found->encodings && request->minor == 0)
        return "Transfer-Encoding needs HTTP/1.1";
    if (!request->may_have_body &&
        (found->encodings || (found->length && !headercheck_is_zero(found->length))))
        return "This method takes no body";
    return NULL;
}

static const char *headercheck_judge_head(const struct headercheck_request *request,
                                          const struct framing *found)
{
    if (request->major != 1 || request->minor < 0 || request->minor > 1)
        return "HTTP/1.1 or HTTP/1.0 is spoken here";
    if (request->has_bad_bytes)
        return "Lines of a request's head end with CRLF and hold no control characters";
    if (found->headers > HEADERCHECK_MAX)
        return "Too many headers";
    if (found->has_bad_name)
        return "A header's name may hold no blank";
    if (found->hosts > 1 || (found->hosts == 0 && request->minor == 1))
        return "One Host header is needed";
    return NULL;
}

struct headercheck_verdict headercheck_judge(const struct headercheck_request *request,
                                             const struct evkeyvalq *headers)
{
    struct framing found = headercheck_gather(headers);
    struct headercheck_verdict verdict = {.message = headercheck_judge_head(request, &found)};
    if (verdict.message == NULL)
        verdict.message = headercheck_judge_framing(request, &found);
    verdict.is_chunked = found.encodings > 0;
    return verdict;
}
