/* multipart/form-data (RFC 7578), one pass over the body. Strict about its frame, with ceilings on
 * parts and their headers; the content of a part, file or not, is the parameter's value. */
#include "http/params_private.h"

enum { PARTS_MAX = 1024, PART_HEADER_BYTES = 4096, BOUNDARY_BYTES = 70 };

struct multipart {
    struct params_source source;
    struct str rest;      /* what has not been read yet */
    struct str delimiter; /* CRLF "--" boundary */
};

static bool params_multipart_refuse(struct fault *why, const char *message)
{
    return fault_set(why, FAULT_INVALID, "multipart body: %s", message);
}

/* Where the attribute's value ends: at its closing quote, or before the next ';'. */
static size_t params_multipart_value_end(struct str s, size_t at)
{
    if (at >= s.len || s.ptr[at] != '"') {
        size_t semicolon = str_find_byte(str_from(s, at), ';');
        return semicolon == SIZE_MAX ? s.len : at + semicolon;
    }
    for (at++; at < s.len && s.ptr[at] != '"'; at++)
        at += s.ptr[at] == '\\' && at + 1 < s.len;
    return at < s.len ? at + 1 : s.len;
}

/* Without its quotes; inside them a backslash keeps the next quote or backslash. */
static struct str params_multipart_value_unquote(struct str raw, struct arena *arena)
{
    raw = str_trim(raw);
    if (raw.len < 2 || raw.ptr[0] != '"' || raw.ptr[raw.len - 1] != '"')
        return raw;
    char *value = arena_new(arena, raw.len);
    size_t len = 0;
    for (size_t i = 1; i + 1 < raw.len; i++) {
        if (raw.ptr[i] == '\\' && i + 2 < raw.len &&
            (raw.ptr[i + 1] == '"' || raw.ptr[i + 1] == '\\'))
            i++;
        value[len++] = raw.ptr[i];
    }
    return str_make(value, len);
}

/* An attribute (name="field", boundary=abc) of a header's value; false when absent. */
static bool params_multipart_attribute_find(struct str header, struct str wanted,
                                            struct arena *arena, struct str *out)
{
    size_t semicolon = str_find_byte(header, ';');
    while (semicolon != SIZE_MAX) {
        header = str_from(header, semicolon + 1);
        size_t equals = str_find_byte(header, '=');
        if (equals == SIZE_MAX)
            return false;
        size_t end = params_multipart_value_end(header, equals + 1);
        if (str_equal_folded(str_trim(str_first(header, equals)), wanted)) {
            *out =
                params_multipart_value_unquote(str_from(str_first(header, end), equals + 1), arena);
            return true;
        }
        header = str_from(header, end);
        semicolon = str_find_byte(header, ';');
    }
    return false;
}

/* Cuts the next CRLF line of the part's headers. */
static bool params_multipart_header_line(struct str *block, struct str *line)
{
    if (block->len == 0)
        return false;
    size_t end = str_find(*block, STR("\r\n"));
    *line = str_first(*block, end);
    *block = end == SIZE_MAX ? STR_NONE : str_from(*block, end + 2);
    return true;
}

struct params_part {
    struct str name; /* STR_NONE when it has none */
    bool is_file;
};

static struct params_part params_multipart_part_of(struct str headers, struct arena *arena)
{
    struct params_part part = {.name = STR_NONE};
    struct str line, filename;
    while (params_multipart_header_line(&headers, &line)) {
        size_t colon = str_find_byte(line, ':');
        if (colon == SIZE_MAX ||
            !str_equal_folded(str_trim(str_first(line, colon)), STR("content-disposition")))
            continue;
        struct str value = str_from(line, colon + 1);
        if (!params_multipart_attribute_find(value, STR("name"), arena, &part.name))
            part.name = STR_NONE;
        part.is_file = params_multipart_attribute_find(value, STR("filename"), arena, &filename);
        break;
    }
    return part;
}

/* The part that starts at rest: headers, blank line, content, delimiter. */
static bool params_multipart_part_read(struct multipart *m, struct fault *why)
{
    struct str headers = STR("");
    if (str_starts(m->rest, STR("\r\n"))) {
        m->rest = str_from(m->rest, 2);
    } else {
        size_t end = str_find(str_first(m->rest, PART_HEADER_BYTES), STR("\r\n\r\n"));
        if (end == SIZE_MAX)
            return params_multipart_refuse(
                why, "a part's headers are too long or not closed by an empty line");
        headers = str_first(m->rest, end);
        m->rest = str_from(m->rest, end + 4);
    }
    size_t end = str_find(m->rest, m->delimiter);
    if (end == SIZE_MAX)
        return params_multipart_refuse(why, "the final boundary is missing");
    struct str content = str_first(m->rest, end);
    m->rest = str_from(m->rest, end + m->delimiter.len);
    struct params_part part = params_multipart_part_of(headers, m->source.arena);
    bool is_binary = part.is_file && str_find_byte(content, '\0') != SIZE_MAX;
    if (part.name.ptr == NULL || is_binary)
        return true;
    char *name = arena_text(m->source.arena, part.name);
    return params_source_add(&m->source, name, part.name.len, content, why);
}

/* After a delimiter: "--" ends the body, blanks and CRLF open a part. */
static bool params_multipart_frame_next(struct multipart *m, bool *is_last, struct fault *why)
{
    *is_last = str_starts(m->rest, STR("--"));
    if (*is_last)
        return true;
    while (m->rest.len && (m->rest.ptr[0] == ' ' || m->rest.ptr[0] == '\t'))
        m->rest = str_from(m->rest, 1);
    if (!str_starts(m->rest, STR("\r\n")))
        return params_multipart_refuse(why, m->rest.len ? "a line break must follow the boundary"
                                                        : "the final boundary is missing");
    m->rest = str_from(m->rest, 2);
    return true;
}

static bool params_multipart_parts_read(struct multipart *m, struct fault *why)
{
    for (size_t count = 0;; count++) {
        bool is_last;
        if (!params_multipart_frame_next(m, &is_last, why))
            return false;
        if (is_last)
            return true;
        if (count == PARTS_MAX)
            return fault_set(why, FAULT_INVALID, "multipart body: more than %d parts", PARTS_MAX);
        if (!params_multipart_part_read(m, why))
            return false;
    }
}

bool params_add_multipart(struct params *params, struct str text, struct str content_type,
                          struct arena *arena, struct fault *why)
{
    struct multipart m;
    struct str boundary;
    if (!params_multipart_attribute_find(content_type, STR("boundary"), arena, &boundary) ||
        boundary.len == 0 || boundary.len > BOUNDARY_BYTES)
        return params_multipart_refuse(why,
                                       "Content-Type must name a boundary of 1 to 70 characters");
    char *delimiter = arena_printf(arena, "\r\n--" STR_FMT, STR_ARG(boundary));
    m.delimiter = str_make(delimiter, 4 + boundary.len);
    params_source_begin(&m.source, params, arena);
    /* The first delimiter may open the body, without a CRLF before it. */
    struct str opening = str_from(m.delimiter, 2);
    if (str_starts(text, opening)) {
        m.rest = str_from(text, opening.len);
    } else {
        size_t at = str_find(text, m.delimiter);
        if (at == SIZE_MAX)
            return params_multipart_refuse(why, "the boundary is not in the body");
        m.rest = str_from(text, at + m.delimiter.len);
    }
    return params_multipart_parts_read(&m, why);
}
