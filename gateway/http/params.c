/* See params.h. What names and values become, whichever way they came; then the three ways of
 * writing them (form, multipart, JSON), and which of them a body is. Pure; any thread. */
#include "http/params.h"

#include <jansson.h>

enum {
    JOIN_FIRST_BYTES = 64,
    PAIRS_MAX = 20000, /* of a form: elements of lists and empty pairs included */
    PARTS_MAX = 1024,  /* of a multipart body */
    PART_HEADER_BYTES = 4096,
    BOUNDARY_BYTES = 70,
    VALUES_MAX = 20000, /* of a JSON body */
    NUMBER_BYTES = 64,
};

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* ---- one source (a query, a body) at a time ---- */

static const char params_nested[1] = ""; /* the value of a nested parameter points here */

struct params_source {
    struct params *params;       /* borrowed */
    struct arena *arena;         /* borrowed */
    size_t first;                /* rows before it belong to an earlier source and stay */
    size_t capacity[PARAMS_MAX]; /* of a list's joined value; 0: a scalar */
};

static void params_source_begin(struct params_source *source, struct params *params,
                                struct arena *arena)
{
    source->params = params;
    source->arena = arena;
    source->first = params->count;
}

bool params_is_nested(const struct param *param)
{
    return param->value.ptr == params_nested;
}

struct str params_get(const struct params *params, const char *name)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < params->count; i++)
        if (str_equal(params->list[i].name, wanted))
            return params->list[i].value;
    return STR_NONE;
}

static struct str params_name_fold(char *name, size_t len)
{
    struct str folded = str_trim_unseen(str_make(name, len));
    char *at = name + (folded.ptr - name);
    for (size_t i = 0; i < folded.len; i++)
        if (at[i] >= 'A' && at[i] <= 'Z')
            at[i] = (char)(at[i] + ('a' - 'A'));
    return folded;
}

/* Parameters that are lists by nature: repeated, or printed as a list ("[1, 2]"), each element
 * counts. Of any other name the last value wins, as in PHP; a list of several there is joined by
 * what no number holds, lest 1 and 200 become "1,200". */
static const struct params_list {
    struct str name;
    char separator; /* between the elements of the joined value; links and comments hold commas */
} params_lists[] = {
    {STR("orders"), ','},       {STR("order_ids"), ','},       {STR("ids"), ','},
    {STR("order"), ','},        {STR("order_id"), ','},        {STR("id"), ','},
    {STR("refills"), ','},      {STR("refill_ids"), ','},      {STR("refill"), ','},
    {STR("refill_id"), ','},    {STR("usernames"), ','},       {STR("hashtags"), ','},
    {STR("keywords"), ','},     {STR("groups"), ','},          {STR("comments"), '\n'},
    {STR("comment"), '\n'},     {STR("customcomments"), '\n'}, {STR("custom_comments"), '\n'},
    {STR("custom_data"), '\n'}, {STR("link"), '\n'},           {STR("links"), '\n'},
    {STR("url"), '\n'},
};

static const struct params_list *params_list_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(params_lists); i++)
        if (str_equal(name, params_lists[i].name))
            return &params_lists[i];
    return NULL;
}

static char params_separator_of(struct str name)
{
    const struct params_list *list = params_list_find(name);
    return list ? list->separator : '\n';
}

/* The row to write to: PARAMS_MAX when an earlier source has the name, *is_new when nobody has. */
static bool params_row_find(struct params_source *source, struct str name, size_t *row_out,
                            bool *is_new, struct fault *why)
{
    struct params *params = source->params;
    *is_new = false;
    for (size_t i = 0; i < params->count; i++) {
        if (str_equal(params->list[i].name, name)) {
            *row_out = i < source->first ? PARAMS_MAX : i;
            return true;
        }
    }
    if (params->count == PARAMS_MAX)
        return fault_set(why, FAULT_INVALID, "Too many parameters, at most %d", PARAMS_MAX);
    *row_out = params->count++;
    *is_new = true;
    params->list[*row_out].name = name;
    source->capacity[*row_out] = 0;
    return true;
}

/* Doubles its room, so that a body full of elements takes linear time. */
static void params_value_join(struct params_source *source, size_t row, struct str value)
{
    struct param *param = &source->params->list[row];
    size_t len = param->value.len + 1 + value.len;
    char *bytes = (char *)(uintptr_t)param->value.ptr;
    if (len > source->capacity[row]) {
        size_t room = source->capacity[row] * 2;
        if (room < len)
            room = len < JOIN_FIRST_BYTES ? JOIN_FIRST_BYTES : len;
        bytes = arena_new(source->arena, room);
        memcpy(bytes, param->value.ptr, param->value.len);
        source->capacity[row] = room;
    }
    bytes[param->value.len] = params_separator_of(param->name);
    if (value.len)
        memcpy(bytes + param->value.len + 1, value.ptr, value.len);
    param->value = str_make(bytes, len);
}

static void params_value_begin(struct params_source *source, size_t row, struct str value)
{
    size_t room = value.len < JOIN_FIRST_BYTES ? JOIN_FIRST_BYTES : value.len;
    char *bytes = arena_new(source->arena, room);
    if (value.len)
        memcpy(bytes, value.ptr, value.len);
    source->params->list[row].value = str_make(bytes, value.len);
    source->capacity[row] = room;
}

static bool params_is_nameless(struct str name)
{
    return name.len == 0 || name.len > PARAMS_NAME_BYTES;
}

static bool params_has_nul(struct str s)
{
    return str_find_byte(s, '\0') != SIZE_MAX;
}

static bool params_refuse_nul(struct fault *why)
{
    return fault_set(why, FAULT_INVALID, "A parameter holds a NUL byte");
}

/* The row a value goes to; PARAMS_MAX when it is to be ignored. */
static bool params_row_take(struct params_source *source, char *name, size_t name_len,
                            struct str value, size_t *row_out, bool *is_new_out, struct fault *why)
{
    struct str folded = params_name_fold(name, name_len);
    *row_out = PARAMS_MAX;
    *is_new_out = false;
    if (params_has_nul(folded) || params_has_nul(value))
        return params_refuse_nul(why);
    return params_is_nameless(folded) || params_row_find(source, folded, row_out, is_new_out, why);
}

/* One more element; a scalar that was there is the first. */
static void params_row_append(struct params_source *source, size_t row, bool is_new,
                              struct str value)
{
    struct param *param = &source->params->list[row];
    if (is_new || params_is_nested(param)) {
        params_value_begin(source, row, value);
        return;
    }
    if (source->capacity[row] == 0)
        params_value_begin(source, row, param->value);
    params_value_join(source, row, value);
}

/* One more element of the list called name (no brackets). */
static bool params_source_append(struct params_source *source, char *name, size_t name_len,
                                 struct str value, struct fault *why)
{
    size_t row;
    bool is_new;
    if (!params_row_take(source, name, name_len, value, &row, &is_new, why))
        return false;
    if (row != PARAMS_MAX)
        params_row_append(source, row, is_new, value);
    return true;
}

/* ---- printed lists: [1, 2], ["a", "b"], ['a', 'b'], (1, 2), {1, 2}, [u'1'] ---- */

static size_t params_printed_skip_blanks(struct str text, size_t at)
{
    while (at < text.len && strchr(" \t\r\n", text.ptr[at]) != NULL)
        at++;
    return at;
}

/* Without the backslashes before quotes and backslashes. */
static struct str params_printed_unescape(struct str raw, struct arena *arena)
{
    if (str_find_byte(raw, '\\') == SIZE_MAX)
        return raw;
    char *bytes = arena_new(arena, raw.len);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] == '\\' && i + 1 < raw.len && strchr("\\\"'/", raw.ptr[i + 1]) != NULL)
            i++;
        bytes[len++] = raw.ptr[i];
    }
    return str_make(bytes, len);
}

/* The element that starts at *at; false when there is none. */
static bool params_printed_element(struct str text, size_t *at, bool may_be_bare,
                                   struct arena *arena, struct str *out)
{
    size_t i = *at;
    if (may_be_bare && i + 1 < text.len && text.ptr[i] == 'u' &&
        strchr("\"'", text.ptr[i + 1]) != NULL)
        *at = ++i;
    char quote = i < text.len ? text.ptr[i] : '\0';
    if (quote != '"' && quote != '\'') {
        while (i < text.len && strchr(",[]{}()\"'", text.ptr[i]) == NULL)
            i++;
        *out = str_trim(str_from(str_first(text, i), *at));
        *at = i;
        return may_be_bare && out->len > 0;
    }
    for (i++; i < text.len && text.ptr[i] != quote; i++)
        i += text.ptr[i] == '\\';
    if (i >= text.len)
        return false;
    *out = params_printed_unescape(str_from(str_first(text, i), *at + 1), arena);
    *at = i + 1;
    return true;
}

/* In the brackets of a list; or, of numbers alone, in those of Python's tuples and sets. */
static bool params_printed_is_list(struct str text)
{
    if (text.len < 2)
        return false;
    char first = text.ptr[0], last = text.ptr[text.len - 1];
    bool is_of_numbers = (first == '(' && last == ')') || (first == '{' && last == '}');
    for (size_t i = 1; i + 1 < text.len && is_of_numbers; i++)
        is_of_numbers = str_find_byte(STR("0123456789,. \t\r\n'\"u"), text.ptr[i]) != SIZE_MAX;
    return (first == '[' && last == ']') || is_of_numbers;
}

/* Walks the elements of a printed list; with a source, appends them to row. False: it is none. */
static bool params_printed_walk(struct str text, bool may_be_bare, struct arena *arena,
                                struct params_source *source, size_t row, bool is_new)
{
    struct str element;
    bool is_empty = true;
    text = str_trim_unseen(text);
    if (!params_printed_is_list(text))
        return false;
    size_t at = params_printed_skip_blanks(text, 1);
    for (; at < text.len - 1; at = params_printed_skip_blanks(text, at + 1)) {
        if (!params_printed_element(text, &at, may_be_bare, arena, &element))
            return false;
        if (source)
            params_row_append(source, row, is_new && is_empty, element);
        is_empty = false;
        at = params_printed_skip_blanks(text, at);
        if (at >= text.len || (at < text.len - 1 && text.ptr[at] != ','))
            return false;
    }
    return !is_empty;
}

/* ["a\u00e9", "b"]: as JSON, where it is such. */
static bool params_printed_json(struct str text, struct params_source *source, size_t row,
                                bool is_new)
{
    json_t *list = json_loadb(text.ptr, text.len, 0, NULL), *element;
    size_t i;
    bool is_read = json_array_size(list) > 0;
    json_array_foreach(list, i, element)
    {
        is_read = is_read && json_is_string(element);
    }
    for (i = 0; is_read && i < json_array_size(list); i++) {
        element = json_array_get(list, i);
        struct str value = str_make(json_string_value(element), json_string_length(element));
        params_row_append(source, row, is_new && i == 0, value);
    }
    json_decref(list);
    return is_read;
}

/* Of bare words only ids are a list: a comment may well be "[nice]". True: the row holds it. */
static bool params_printed_take(struct params_source *source, size_t row,
                                const struct params_list *list, bool is_new, struct str text)
{
    bool may_be_bare = list->separator == ',';
    if (!params_printed_walk(text, may_be_bare, source->arena, NULL, row, is_new))
        return false;
    return params_printed_json(str_trim_unseen(text), source, row, is_new) ||
           params_printed_walk(text, may_be_bare, source->arena, source, row, is_new);
}

/* name may carry brackets ("orders[]", "orders[3]"), is writable and gets lower-cased in place;
 * name and value live as long as the arena. Names that are empty or too long are dropped. */
static bool params_source_add(struct params_source *source, char *name, size_t name_len,
                              struct str value, struct fault *why)
{
    struct str trimmed = str_trim(str_make(name, name_len));
    size_t bracket = str_find_byte(trimmed, '[');
    if (bracket != SIZE_MAX && bracket > 0 && trimmed.ptr[trimmed.len - 1] == ']')
        return params_source_append(source, name + (trimmed.ptr - name), bracket, value, why);
    size_t row;
    bool is_new;
    if (!params_row_take(source, name, name_len, value, &row, &is_new, why))
        return false;
    if (row == PARAMS_MAX)
        return true;
    struct param *param = &source->params->list[row];
    const struct params_list *list = params_list_find(param->name);
    if (list && params_printed_take(source, row, list, is_new, value))
        return true;
    if (list && !is_new) {
        params_row_append(source, row, false, value);
        return true;
    }
    param->value = value;
    source->capacity[row] = 0;
    return true;
}

/* ---- application/x-www-form-urlencoded ---- */

/* Returns how many bytes were written, never more than were read. A '%' that no two hex digits
 * follow stays, for links are often sent unescaped. */
static size_t params_form_decode(const char *from, size_t len, char *to)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = from[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%' && i + 2 < len) {
            int high = str_hex_digit(from[i + 1]), low = str_hex_digit(from[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        to[n++] = c;
    }
    return n;
}

bool params_add_form(struct params *params, struct str text, struct arena *arena, struct fault *why)
{
    struct params_source source;
    if (text.len == 0)
        return true;
    params_source_begin(&source, params, arena);
    char *to = arena_new(arena, text.len);
    struct str rest = text, pair;
    for (int count = 0; str_next(&rest, '&', &pair); count++) {
        if (count == PAIRS_MAX)
            return fault_set(why, FAULT_INVALID, "More than %d parameters", PAIRS_MAX);
        size_t equals = str_find_byte(pair, '=');
        size_t name_len = equals == SIZE_MAX ? pair.len : equals;
        struct str raw_value = equals == SIZE_MAX ? STR("") : str_from(pair, equals + 1);
        char *name = to;
        size_t decoded = params_form_decode(pair.ptr, name_len, to);
        to += decoded;
        struct str value = str_make(to, params_form_decode(raw_value.ptr, raw_value.len, to));
        to += value.len;
        if (!params_source_add(&source, name, decoded, value, why))
            return false;
    }
    return true;
}

/* ---- multipart/form-data (RFC 7578) ---- */

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

/* ---- JSON ---- */

struct params_scan {
    struct str text;
    size_t at;
    size_t depth, values, numbers;
    char *out; /* NULL on the counting pass */
    size_t out_len;
};

static void params_json_scan_copy(struct params_scan *scan, size_t end)
{
    if (scan->out)
        memcpy(scan->out + scan->out_len, scan->text.ptr + scan->at, end - scan->at);
    scan->out_len += end - scan->at;
    scan->at = end;
}

static void params_json_scan_put(struct params_scan *scan, char byte)
{
    if (scan->out)
        scan->out[scan->out_len] = byte;
    scan->out_len++;
}

static void params_json_scan_quote(struct params_scan *scan)
{
    params_json_scan_put(scan, '"');
}

/* End of the string that opens at the scan's place; the end of the text when it is not closed. */
static size_t params_json_string_end(const struct params_scan *scan)
{
    size_t i = scan->at + 1;
    while (i < scan->text.len && scan->text.ptr[i] != '"')
        i += scan->text.ptr[i] == '\\' ? 2 : 1;
    return i < scan->text.len ? i + 1 : scan->text.len;
}

static size_t params_json_digits_end(struct str text, size_t i)
{
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
        i++;
    return i;
}

/* Where the number at i ends by JSON's grammar; i itself when it is none. */
static size_t params_json_number_end(struct str text, size_t start)
{
    size_t i = start + (text.ptr[start] == '-');
    size_t whole = params_json_digits_end(text, i);
    if (whole == i || (text.ptr[i] == '0' && whole > i + 1))
        return start;
    i = whole;
    if (i < text.len && text.ptr[i] == '.') {
        size_t fraction = params_json_digits_end(text, i + 1);
        if (fraction == i + 1)
            return start;
        i = fraction;
    }
    if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
        size_t digits = i + 1;
        if (digits < text.len && (text.ptr[digits] == '+' || text.ptr[digits] == '-'))
            digits++;
        i = params_json_digits_end(text, digits);
        if (i == digits)
            return start;
    }
    return i;
}

static bool params_json_ends_a_number(struct str text, size_t i)
{
    return i == text.len || str_find_byte(STR(",]} \t\r\n"), text.ptr[i]) != SIZE_MAX;
}

/* 50.833 as a JSON number is a fraction; as text its point would be one between thousands. A zero
 * more keeps the value and the meaning. */
static bool params_json_has_three_decimals(struct str text, size_t start, size_t end)
{
    size_t point = str_find_byte(str_from(str_first(text, end), start), '.');
    return point != SIZE_MAX && end - (start + point) == 4;
}

static bool params_json_scan_number(struct params_scan *scan, struct fault *why)
{
    size_t end = params_json_number_end(scan->text, scan->at);
    if (end == scan->at || !params_json_ends_a_number(scan->text, end))
        return fault_set(why, FAULT_INVALID, "JSON body holds an ill-formed number");
    if (end - scan->at > NUMBER_BYTES)
        return fault_set(why, FAULT_INVALID, "JSON body holds a number of more than %d digits",
                         NUMBER_BYTES);
    bool has_three_decimals = params_json_has_three_decimals(scan->text, scan->at, end);
    params_json_scan_quote(scan);
    params_json_scan_copy(scan, end);
    if (has_three_decimals)
        params_json_scan_put(scan, '0');
    params_json_scan_quote(scan);
    scan->numbers++;
    return true;
}

static bool params_json_scan_open(struct params_scan *scan, struct fault *why)
{
    if (++scan->depth > PARAMS_JSON_DEPTH)
        return fault_set(why, FAULT_INVALID, "JSON body is nested deeper than %d levels",
                         PARAMS_JSON_DEPTH);
    scan->values++;
    params_json_scan_copy(scan, scan->at + 1);
    return true;
}

static bool params_json_scan_run(struct params_scan *scan, struct fault *why)
{
    while (scan->at < scan->text.len) {
        char c = scan->text.ptr[scan->at];
        if (c == '"') {
            params_json_scan_copy(scan, params_json_string_end(scan));
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            if (!params_json_scan_number(scan, why))
                return false;
        } else if (c == '{' || c == '[') {
            if (!params_json_scan_open(scan, why))
                return false;
        } else {
            scan->depth -= (c == '}' || c == ']') && scan->depth > 0;
            scan->values += c == ',';
            params_json_scan_copy(scan, scan->at + 1);
        }
        if (scan->values > VALUES_MAX)
            return fault_set(why, FAULT_INVALID, "JSON body holds more than %d values", VALUES_MAX);
    }
    return true;
}

/* The same text with its numbers in quotes, in the arena. */
static bool params_json_quote_numbers(struct str text, struct arena *arena, struct str *out,
                                      struct fault *why)
{
    struct params_scan count = {.text = text};
    if (!params_json_scan_run(&count, why))
        return false;
    struct params_scan copy = {.text = text, .out = arena_new(arena, count.out_len)};
    if (!params_json_scan_run(&copy, why))
        return false;
    *out = str_make(copy.out, copy.out_len);
    return true;
}

/* What a member or element is as text; false: null or a container. */
static bool params_json_scalar_text(const json_t *value, struct arena *arena, struct str *out)
{
    if (json_is_string(value)) {
        *out = arena_str(arena, str_make(json_string_value(value), json_string_length(value)));
        return true;
    }
    if (json_is_boolean(value)) {
        *out = json_is_true(value) ? STR("1") : STR("0");
        return true;
    }
    return false;
}

static bool params_json_holds_containers(json_t *container)
{
    const char *key;
    json_t *element;
    size_t i;
    json_array_foreach(container, i, element)
    {
        if (json_is_array(element) || json_is_object(element))
            return true;
    }
    json_object_foreach(container, key, element)
    {
        if (json_is_array(element) || json_is_object(element))
            return true;
    }
    return false;
}

static bool params_json_add_element(struct params_source *source, char *name, size_t name_len,
                                    const json_t *element, struct fault *why)
{
    struct str text;
    if (!params_json_scalar_text(element, source->arena, &text))
        return true;
    return params_source_append(source, name, name_len, text, why);
}

static bool params_json_add_list(struct params_source *source, char *name, size_t name_len,
                                 json_t *list, struct fault *why)
{
    size_t i;
    json_t *element;
    json_array_foreach(list, i, element)
    {
        if (!params_json_add_element(source, name, name_len, element, why))
            return false;
    }
    return true;
}

/* No elements, or nulls alone: a list is named all the same. */
static bool params_json_add_nothing(struct params_source *source, char *name, size_t name_len,
                                    struct fault *why)
{
    struct str folded = params_name_fold(name, name_len);
    const struct params_list *list = params_list_find(folded);
    return list == NULL || list->separator != ',' ||
           params_source_add(source, name, name_len, STR(""), why);
}

static bool params_json_is_nothing(json_t *value)
{
    const char *key;
    json_t *element;
    size_t i;
    if (!json_is_array(value) && !json_is_object(value))
        return json_is_null(value);
    json_array_foreach(value, i, element)
    {
        if (!json_is_null(element))
            return false;
    }
    json_object_foreach(value, key, element)
    {
        if (!json_is_null(element))
            return false;
    }
    return true;
}

/* PHP encodes an array with gaps as an object: {"0":"17","2":"19"}. */
static bool params_json_add_object(struct params_source *source, char *name, size_t name_len,
                                   json_t *object, struct fault *why)
{
    const char *key;
    json_t *element;
    json_object_foreach(object, key, element)
    {
        if (!params_json_add_element(source, name, name_len, element, why))
            return false;
    }
    return true;
}

static bool params_json_add_members(struct params_source *source, json_t *root, struct fault *why)
{
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        size_t name_len = strlen(key);
        char *name = arena_text(source->arena, str_make(key, name_len));
        struct str text;
        bool is_added = true;
        if (params_json_holds_containers(value))
            is_added = params_source_add(source, name, name_len, str_make(params_nested, 0), why);
        else if (params_json_is_nothing(value))
            is_added = params_json_add_nothing(source, name, name_len, why);
        else if (json_is_array(value))
            is_added = params_json_add_list(source, name, name_len, value, why);
        else if (json_is_object(value))
            is_added = params_json_add_object(source, name, name_len, value, why);
        else if (params_json_scalar_text(value, source->arena, &text))
            is_added = params_source_add(source, name, name_len, text, why);
        if (!is_added)
            return false;
    }
    return true;
}

static bool params_json_refuse_json(const json_error_t *error, struct fault *why)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_duplicate_key)
        return fault_set(why, FAULT_INVALID, "JSON body names a parameter twice");
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        return fault_set(why, FAULT_INVALID, "A parameter holds a NUL byte");
    return fault_set(why, FAULT_INVALID, "JSON body is not well-formed (line %d)", error->line);
}

/* jansson would lose the digits of reals and refuse whole numbers beyond 64 bits, and allows 2048
 * levels: so a scan of our own comes first, which keeps depth and size within their limits and
 * copies the text with every number in quotes. jansson then sees strings only. Its error texts
 * quote the input (and so perhaps a key) and are never shown. */
bool params_add_json(struct params *params, struct str text, struct arena *arena, struct fault *why)
{
    struct params_source source;
    struct str quoted;
    json_error_t error;
    text = str_trim_unseen(text);
    if (!str_is_utf8(text))
        return fault_set(why, FAULT_INVALID, "JSON body must be UTF-8");
    if (text.len == 0 || text.ptr[0] != '{')
        return fault_set(why, FAULT_INVALID, "JSON body must be an object");
    if (!params_json_quote_numbers(text, arena, &quoted, why))
        return false;
    json_t *root = json_loadb(quoted.ptr, quoted.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return params_json_refuse_json(&error, why);
    params_source_begin(&source, params, arena);
    bool is_added = params_json_add_members(&source, root, why);
    json_decref(root);
    return is_added;
}

/* ---- which of them ---- */

enum body_kind { BODY_FORM, BODY_JSON, BODY_MULTIPART };

/* Scripts name the wrong type or none: the first character decides between form and JSON. */
static enum body_kind params_body_kind_of(struct str content_type, struct str body)
{
    struct str type = str_trim(str_first(content_type, str_find_byte(content_type, ';')));
    struct str text = str_trim(body);
    char start = text.len ? text.ptr[0] : '\0';
    if (start == '{')
        return BODY_JSON;
    bool has_boundary = str_find_folded(content_type, STR("boundary")) != SIZE_MAX;
    if (str_equal_folded(type, STR("multipart/form-data")) && (has_boundary || start == '-'))
        return BODY_MULTIPART;
    if (start == '[' && str_find_folded(type, STR("json")) != SIZE_MAX)
        return BODY_JSON;
    return BODY_FORM;
}

bool params_decode(struct params *params, struct str content_type, struct str body,
                   struct str query, struct arena *arena, struct fault *why)
{
    bool is_read = true;
    params->count = 0;
    if (str_starts(body, STR(BYTE_ORDER_MARK)))
        body = str_from(body, strlen(BYTE_ORDER_MARK));
    if (body.len) {
        switch (params_body_kind_of(content_type, body)) {
        case BODY_FORM:
            is_read = params_add_form(params, body, arena, why);
            break;
        case BODY_JSON:
            is_read = params_add_json(params, body, arena, why);
            break;
        case BODY_MULTIPART:
            is_read = params_add_multipart(params, body, content_type, arena, why);
            break;
        }
    }
    return is_read && (query.len == 0 || params_add_form(params, query, arena, why));
}
