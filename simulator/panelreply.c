/* See panelreply.h. */
#include "simulator/panelreply.h"

#include <zlib.h>

#define MOST_BOMB_BYTES ((size_t)16 * 1024 * 1024)

static const struct {
    int status;
    const char *words;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {413, "Content Too Large"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *panelreply_reason_of(int status)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].words;
    return "Status";
}

/* mib of zeros, compressed: about a thousandth of that. */
static void panelreply_print_bomb(int64_t mib, struct buf *out)
{
    static const unsigned char zeros[64 * 1024];
    unsigned char made[16 * 1024];
    z_stream stream = {.next_in = NULL};
    int64_t blocks = mib * 16;
    ASSERT(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    for (int64_t i = 0; i <= blocks; i++) {
        bool is_last = i == blocks;
        stream.next_in = (unsigned char *)(uintptr_t)zeros;
        stream.avail_in = is_last ? 0 : sizeof zeros;
        do {
            stream.next_out = made;
            stream.avail_out = sizeof made;
            deflate(&stream, is_last ? Z_FINISH : Z_NO_FLUSH);
            buf_add(out, made, sizeof made - stream.avail_out);
        } while (stream.avail_out == 0);
    }
    deflateEnd(&stream);
}

static void panelreply_print_body(const struct panelrule_deed *deed, struct str usual,
                                  const char *order, struct buf *out)
{
    static const struct str mark = {"{order}", 7};
    if (deed && deed->bomb_mib > 0) {
        panelreply_print_bomb(deed->bomb_mib, out);
        return;
    }
    struct str rest = deed && deed->has_body ? buf_str(&deed->body) : usual;
    for (size_t at; deed && deed->has_body && order && (at = str_find(rest, mark)) != SIZE_MAX;) {
        buf_add_str(out, str_first(rest, at));
        buf_add_text(out, order);
        rest = str_from(rest, at + mark.len);
    }
    buf_add_str(out, rest);
}

static void panelreply_print_head(const struct panelrule_deed *deed, int status, size_t body_len,
                                  bool must_close, struct buf *out)
{
    const char *name;
    json_t *value;
    buf_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n", status, panelreply_reason_of(status),
               deed && deed->content_type ? deed->content_type : "application/json");
    if (deed && deed->headers) {
        json_object_foreach(deed->headers, name, value)
        {
            if (json_is_string(value))
                buf_printf(out, "%s: %s\r\n", name, json_string_value(value));
            else if (json_is_integer(value))
                buf_printf(out, "%s: %lld\r\n", name, (long long)json_integer_value(value));
        }
    }
    if (deed && deed->bomb_mib > 0)
        buf_add_text(out, "Content-Encoding: gzip\r\n");
    if (deed && deed->is_endless) {
        buf_add_text(out, "Transfer-Encoding: chunked\r\n");
    } else {
        int64_t said = (int64_t)body_len + (deed ? deed->wrong_length : 0);
        buf_printf(out, "Content-Length: %lld\r\n", (long long)(said > 0 ? said : 0));
    }
    buf_add_text(out, must_close ? "Connection: close\r\n\r\n" : "\r\n");
}

struct panelreply panelreply_print(const struct panelrule_deed *deed, int status, struct str usual,
                                   const char *order, bool keeps_alive, struct buf *out)
{
    struct panelreply reply = {.status = deed && deed->status ? deed->status : status};
    struct buf body;
    reply.must_close = !keeps_alive || (deed && (deed->closes_after || deed->wrong_length != 0));
    if (deed == NULL) { /* the common case copies once */
        panelreply_print_head(NULL, reply.status, usual.len, reply.must_close, out);
        reply.head_len = out->len;
        buf_add_str(out, usual);
        return reply;
    }
    if (deed->is_raw) {
        panelreply_print_body(deed, usual, order, out);
        reply.must_close = deed->closes_after;
        return reply;
    }
    buf_init(&body, out->max + MOST_BOMB_BYTES);
    panelreply_print_body(deed, usual, order, &body);
    panelreply_print_head(deed, reply.status, body.len, reply.must_close, out);
    reply.head_len = out->len;
    if (!deed->is_endless)
        buf_add_str(out, buf_str(&body));
    buf_fini(&body);
    return reply;
}
