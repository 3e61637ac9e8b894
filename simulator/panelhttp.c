/* See panelhttp.h. */
#include "simulator/panelhttp.h"

bool panelhttp_next_header(struct str *rest, struct str *name_out, struct str *value_out)
{
    struct str line;
    while (str_next(rest, '\n', &line)) {
        size_t colon = str_find_byte(line, ':');
        if (colon == SIZE_MAX)
            continue;
        *name_out = str_trim(str_first(line, colon));
        *value_out = str_trim(str_from(line, colon + 1));
        return true;
    }
    return false;
}

static bool panelhttp_take_header(struct panelhttp_head *head, struct str name, struct str value)
{
    if (str_equal_folded(name, STR("content-length")))
        return str_to_u64(value, &head->body_len);
    if (str_equal_folded(name, STR("transfer-encoding")))
        head->is_chunked = str_find_folded(value, STR("chunked")) != SIZE_MAX;
    else if (str_equal_folded(name, STR("content-type")))
        head->content_type = value;
    else if (str_equal_folded(name, STR("expect")))
        head->expects_continue = str_equal_folded(value, STR("100-continue"));
    else if (str_equal_folded(name, STR("connection")) && str_equal_folded(value, STR("close")))
        head->keeps_alive = false;
    else if (str_equal_folded(name, STR("connection")) &&
             str_equal_folded(value, STR("keep-alive")))
        head->keeps_alive = true;
    return true;
}

bool panelhttp_parse_head(struct str bytes, struct panelhttp_head *out)
{
    struct str rest = bytes, line, target, version, name, value;
    *out = (struct panelhttp_head){.body_len = 0};
    if (!str_next(&rest, '\n', &line))
        return false;
    line = str_trim(line);
    if (!str_next(&line, ' ', &out->method) || !str_next(&line, ' ', &target) ||
        !str_next(&line, ' ', &version) || out->method.len == 0 || target.len == 0)
        return false;
    if (!str_starts(version, STR("HTTP/1.")))
        return false;
    out->keeps_alive = !str_is(version, "HTTP/1.0");
    size_t mark = str_find_byte(target, '?');
    out->path = str_first(target, mark);
    out->query = mark == SIZE_MAX ? STR("") : str_from(target, mark + 1);
    out->headers = str_trim(rest);
    struct str headers = out->headers;
    while (panelhttp_next_header(&headers, &name, &value))
        if (!panelhttp_take_header(out, name, value))
            return false;
    if (out->is_chunked)
        out->body_len = 0;
    return out->body_len <= PANELHTTP_MOST_BODY_BYTES;
}

static bool panelhttp_hex_to_size(struct str text, size_t *out)
{
    size_t value = 0;
    text = str_trim(str_first(text, str_find_byte(text, ';')));
    if (text.len == 0 || text.len > 8)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        unsigned digit = 0;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            digit = (unsigned)((c | 32) - 'a') + 10;
        else
            return false;
        value = value * 16 + digit;
    }
    *out = value;
    return true;
}

enum panelhttp_progress panelhttp_read_chunked(struct str bytes, struct buf *body_out,
                                               size_t *consumed_out)
{
    size_t at = 0;
    buf_clear(body_out);
    for (;;) {
        struct str rest = str_from(bytes, at);
        size_t line_len = str_find_byte(rest, '\n'), size = 0;
        if (line_len == SIZE_MAX)
            return rest.len > 1024 ? PANELHTTP_BAD : PANELHTTP_MORE;
        if (!panelhttp_hex_to_size(str_first(rest, line_len), &size) ||
            size > PANELHTTP_MOST_BODY_BYTES)
            return PANELHTTP_BAD;
        at += line_len + 1;
        if (size == 0)
            break;
        if (bytes.len < at + size + 2)
            return PANELHTTP_MORE;
        buf_add(body_out, bytes.ptr + at, size);
        if (body_out->is_over || bytes.ptr[at + size] != '\r')
            return PANELHTTP_BAD;
        at += size + 2;
    }
    for (;;) { /* trailers, up to the empty line */
        struct str rest = str_from(bytes, at);
        size_t line_len = str_find_byte(rest, '\n');
        if (line_len == SIZE_MAX)
            return PANELHTTP_MORE;
        at += line_len + 1;
        if (str_trim(str_first(rest, line_len)).len == 0)
            break;
    }
    *consumed_out = at;
    return PANELHTTP_DONE;
}
