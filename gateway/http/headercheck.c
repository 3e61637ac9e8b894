/* See headercheck.h. */
#include "http/headercheck.h"

#include <event2/http.h>
#include <string.h>
#include <sys/queue.h>

#include "base/str.h"

enum { LENGTH_DIGITS = 18 };

/* ---- the raw bytes ---- */

/* The request line's last eight bytes are its version, exactly; evhttp would scan "HTTP/01.1" or
 * "HTTP/1.4294967297" for numbers. */
static bool headercheck_is_version(const char last_bytes[8])
{
    return memcmp(last_bytes, "HTTP/1.1", 8) == 0 || memcmp(last_bytes, "HTTP/1.0", 8) == 0;
}

/* The value's length as evhttp keeps it: no blanks before, neither blanks nor tabs behind. */
static void headercheck_measure(struct headercheck_scan *scan, const char *bytes, size_t len)
{
    if (!scan->in_line) {
        scan->headers++;
        scan->in_value = false;
        scan->value_len = scan->value_room = 0;
    }
    if (!scan->in_value) {
        const char *colon = memchr(bytes, ':', len);
        if (colon == NULL)
            return;
        scan->in_value = true;
        len -= (size_t)(colon + 1 - bytes);
        bytes = colon + 1;
    }
    for (; scan->value_room == 0 && len > 0 && *bytes == ' '; len--)
        bytes++;
    size_t last = len;
    while (last > 0 && (bytes[last - 1] == ' ' || bytes[last - 1] == '\t'))
        last--;
    if (last > 0)
        scan->value_len = scan->value_room + (uint32_t)last;
    scan->value_room += (uint32_t)len;
}

static void headercheck_end_line(struct headercheck_scan *scan)
{
    if (!scan->has_line)
        scan->has_odd_version = !headercheck_is_version(scan->last_bytes);
    else if (!scan->in_line)
        scan->is_done = true;
    scan->has_line = true;
    scan->in_line = false;
}

static void headercheck_keep_last(struct headercheck_scan *scan, const char *bytes, size_t len)
{
    size_t kept = len < sizeof scan->last_bytes ? sizeof scan->last_bytes - len : 0;
    memmove(scan->last_bytes, scan->last_bytes + sizeof scan->last_bytes - kept, kept);
    memcpy(scan->last_bytes + kept, bytes + len - (sizeof scan->last_bytes - kept),
           sizeof scan->last_bytes - kept);
}

/* Bytes within a line, none of them a line's end. */
static void headercheck_feed_text(struct headercheck_scan *scan, const char *bytes, size_t len)
{
    scan->is_bad |= scan->after_cr;
    scan->after_cr = false;
    scan->is_bad |= !scan->in_line && (bytes[0] == ' ' || bytes[0] == '\t');
    if (scan->has_line)
        headercheck_measure(scan, bytes, len);
    else
        headercheck_keep_last(scan, bytes, len);
    scan->in_line = true;
}

static void headercheck_feed_control(struct headercheck_scan *scan, char c)
{
    if (c == '\n') {
        scan->is_bad |= !scan->after_cr;
        scan->after_cr = false;
        headercheck_end_line(scan);
        return;
    }
    scan->is_bad |= scan->after_cr || c != '\r';
    scan->after_cr = c == '\r';
    scan->in_line |= c != '\r';
}

static bool headercheck_is_text(char c)
{
    unsigned char byte = (unsigned char)c;
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
}

/* Past those that are text, eight at a time as long as none of them is a control character. */
static size_t headercheck_skip_text(const char *bytes, size_t i, size_t len)
{
    const uint64_t ones = UINT64_MAX / 0xFF, tops = ones * 0x80;
    for (uint64_t eight; i + sizeof eight <= len; i += sizeof eight) {
        memcpy(&eight, bytes + i, sizeof eight);
        uint64_t del = eight ^ (ones * 0x7F);
        /* A byte below 0x20, or 0x7F; a borrow can only show one too many, above a true one. */
        if ((((eight - ones * 0x20) & ~eight) | ((del - ones) & ~del)) & tops)
            break;
    }
    while (i < len && headercheck_is_text(bytes[i]))
        i++;
    return i;
}

void headercheck_feed(struct headercheck_scan *scan, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !scan->is_done;) {
        size_t start = i;
        i = headercheck_skip_text(bytes, i, len);
        if (i > start)
            headercheck_feed_text(scan, bytes + start, i - start);
        else
            headercheck_feed_control(scan, bytes[i++]);
    }
}

void headercheck_cut_trailers(const struct headercheck_scan *scan, struct evkeyvalq *headers)
{
    struct evkeyvalq trailers;
    struct evkeyval *header = TAILQ_FIRST(headers), *next;
    TAILQ_INIT(&trailers);
    for (uint32_t i = 1; header != NULL; header = next, i++) {
        next = TAILQ_NEXT(header, next);
        if (i == scan->headers && strlen(header->value) > scan->value_len)
            header->value[scan->value_len] = '\0';
        if (i <= scan->headers)
            continue;
        TAILQ_REMOVE(headers, header, next);
        TAILQ_INSERT_TAIL(&trailers, header, next);
    }
    evhttp_clear_headers(&trailers);
}

/* ---- the headers as evhttp parsed them ---- */

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
        return "Content-Length must be a single decimal number";
    if (found->encodings && found->lengths)
        return "Content-Length and Transfer-Encoding exclude each other";
    if (found->encodings > 1 ||
        (found->encoding && !str_equal_folded(str_of(found->encoding), STR("chunked"))))
        return "Transfer-Encoding must be chunked";
    if (found->encodings && request->minor == 0)
        return "Transfer-Encoding requires HTTP/1.1";
    if (!request->may_have_body &&
        (found->encodings || (found->length && !headercheck_is_zero(found->length))))
        return "This method takes no body";
    return NULL;
}

static const char *headercheck_judge_head(const struct headercheck_request *request,
                                          const struct framing *found)
{
    if (request->has_odd_version || request->major != 1 || request->minor < 0 || request->minor > 1)
        return "Unsupported HTTP version: use HTTP/1.1 or HTTP/1.0";
    if (request->has_bad_bytes)
        return "Invalid request head: lines must end with CRLF and hold no control characters";
    if (found->headers > HEADERCHECK_MAX)
        return "Too many headers";
    if (found->has_bad_name)
        return "Invalid header name: letters, digits and hyphens are allowed, blanks are not";
    if (found->hosts > 1 || (found->hosts == 0 && request->minor == 1))
        return "Exactly one Host header is required";
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
