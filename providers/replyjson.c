/* See replyjson.h. */
#include "providers/replyjson.h"

#include "providers/textfold.h"

enum { CANDIDATES = 24, LONGEST_NUMBER = 18, LONGEST_EXPONENT = 3 };
/* So many are free, and one more for each so many bytes. */
enum { CONTAINERS = 10000, CONTAINER_BYTES = 60, VALUES = 100000, VALUE_BYTES = 8 };

/* What jansson would follow 2048 deep, or make a hundred bytes of memory of for each one that came
 * ("[{},{},…"), is refused before it sees it. A list's row has 60 bytes and more, its members 8. */
static bool replyjson_is_too_much(struct str text)
{
    size_t depth = 0, containers = 0, values = 0;
    const size_t most_containers = CONTAINERS + text.len / CONTAINER_BYTES;
    const size_t most_values = VALUES + text.len / VALUE_BYTES;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > REPLYJSON_DEPTH || ++containers > most_containers)
                return true;
        } else if (c == ',') {
            if (++values > most_values)
                return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

static bool replyjson_hex4(struct str text, size_t at, uint32_t *out)
{
    *out = 0;
    if (at + 4 > text.len)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        char c = text.ptr[i];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

struct repair {
    struct str in;
    size_t at; /* next byte of in */
    char *out;
    size_t len;
    bool may_quote_numbers;
};

static void replyjson_put(struct repair *r, const char *bytes, size_t len)
{
    memcpy(r->out + r->len, bytes, len);
    r->len += len;
}

/* An escape inside a string: lone surrogates and unknown escapes are what panels get wrong. */
static void replyjson_repair_escape(struct repair *r)
{
    uint32_t unit, second;
    char next = r->at + 1 < r->in.len ? r->in.ptr[r->at + 1] : '\0';
    if (next == 'u' && replyjson_hex4(r->in, r->at + 2, &unit)) {
        bool is_pair = unit >= 0xD800 && unit < 0xDC00 && r->at + 7 < r->in.len &&
                       r->in.ptr[r->at + 6] == '\\' && r->in.ptr[r->at + 7] == 'u' &&
                       replyjson_hex4(r->in, r->at + 8, &second) && second >= 0xDC00 &&
                       second < 0xE000;
        size_t len = is_pair ? 12 : 6;
        if (!is_pair && unit >= 0xD800 && unit < 0xE000)
            replyjson_put(r, "\\ufffd", 6);
        else
            replyjson_put(r, r->in.ptr + r->at, len);
        r->at += len;
        return;
    }
    if (next != '\0' && strchr("\"\\/bfnrt", next) != NULL)
        replyjson_put(r, r->in.ptr + r->at, 2);
    else if (next == '\'')
        replyjson_put(r, "'", 1);
    else
        replyjson_put(r, "?", 1);
    r->at += next == '\0' ? 1 : 2;
}

static void replyjson_repair_string(struct repair *r)
{
    replyjson_put(r, r->in.ptr + r->at++, 1);
    while (r->at < r->in.len) {
        char c = r->in.ptr[r->at];
        if (c == '\\') {
            replyjson_repair_escape(r);
            continue;
        }
        size_t start = r->at;
        uint32_t point = textfold_next(r->in, &r->at);
        if (point == 0xFFFD && r->at - start == 1)
            replyjson_put(r, "\xEF\xBF\xBD", 3);
        else if (point < 0x20)
            replyjson_put(r, " ", 1);
        else
            replyjson_put(r, r->in.ptr + start, r->at - start);
        if (c == '"')
            return;
    }
}

/* A number too large for the parser becomes a text, so that it spoils its own row only. */
static void replyjson_repair_number(struct repair *r)
{
    size_t start = r->at, digits = 0, exponent = 0;
    bool is_real = false, in_exponent = false;
    for (; r->at < r->in.len; r->at++) {
        char c = r->in.ptr[r->at];
        if (c >= '0' && c <= '9') {
            digits++;
            exponent += in_exponent;
        } else if (c == 'e' || c == 'E') {
            in_exponent = is_real = true;
        } else if (c == '.') {
            is_real = true;
        } else if (c != '-' && c != '+') {
            break;
        }
    }
    bool is_long = is_real ? exponent >= LONGEST_EXPONENT || digits > 300 : digits > LONGEST_NUMBER;
    bool is_quoted = is_long && r->may_quote_numbers;
    if (is_quoted)
        replyjson_put(r, "\"", 1);
    replyjson_put(r, r->in.ptr + start, r->at - start);
    if (is_quoted)
        replyjson_put(r, "\"", 1);
}

static struct str replyjson_repair_text(struct str text, bool may_quote_numbers,
                                        struct arena *arena)
{
    struct repair r = {.in = text, .may_quote_numbers = may_quote_numbers};
    r.out = arena_new(arena, text.len * 3 + 16);
    while (r.at < text.len) {
        char c = text.ptr[r.at];
        if (c == '"')
            replyjson_repair_string(&r);
        else if ((c >= '0' && c <= '9') || c == '-')
            replyjson_repair_number(&r);
        else
            replyjson_put(&r, text.ptr + r.at++, 1);
    }
    return str_make(r.out, r.len);
}

/* Marks of a page rather than of notices around an answer. */
static bool replyjson_is_page(struct str text)
{
    return str_find_folded(text, STR("<html")) != SIZE_MAX ||
           str_find_folded(text, STR("<!doctype")) != SIZE_MAX ||
           str_find_folded(text, STR("<script")) != SIZE_MAX ||
           str_find_folded(text, STR("<body")) != SIZE_MAX;
}

static bool replyjson_may_start(struct str text)
{
    if (text.ptr[0] == '{')
        return true;
    struct str inside = str_trim(str_from(text, 1));
    return text.ptr[0] == '[' && inside.len > 0 && (inside.ptr[0] == '{' || inside.ptr[0] == ']');
}

/* The one whole object or array among other text; NULL when there is another, or a page. */
static json_t *replyjson_load_among_text(struct str text, size_t flags)
{
    size_t tries = 0;
    for (size_t at = 0; at < text.len && tries < CANDIDATES; at++) {
        json_error_t error;
        if (!replyjson_may_start(str_from(text, at)))
            continue;
        tries++;
        /* Seen from here, other quotes are a string's first. */
        if (replyjson_is_too_much(str_from(text, at)))
            return NULL;
        json_t *root =
            json_loadb(text.ptr + at, text.len - at, flags | JSON_DISABLE_EOF_CHECK, &error);
        if (root == NULL)
            return NULL; /* what stands in a broken whole is no whole */
        size_t used = error.position > 0 ? (size_t)error.position : 0;
        struct str rest = str_from(text, at + used);
        if (used > 0 && str_find_byte(rest, '{') == SIZE_MAX && !replyjson_is_page(rest) &&
            !replyjson_is_page(str_first(text, at)))
            return root;
        json_decref(root);
        return NULL;
    }
    return NULL;
}

static json_t *replyjson_load_text(struct str text, size_t flags, json_error_t *error)
{
    return json_loadb(text.ptr ? text.ptr : "", text.len, flags, error);
}

struct replyjson replyjson_load(struct str body, bool is_strict, struct arena *arena)
{
    struct replyjson reply = {0};
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | (is_strict ? JSON_REJECT_DUPLICATES : 0);
    json_error_t error;
    body = str_trim(body);
    while (str_starts(body, STR("\xEF\xBB\xBF")))
        body = str_trim(str_from(body, 3));
    /* jansson passes over a NUL behind a number. */
    bool has_nul = is_strict && str_find_byte(body, '\0') != SIZE_MAX;
    if (body.len == 0 || has_nul || replyjson_is_too_much(body))
        return reply;
    reply.root = replyjson_load_text(body, flags, &error);
    if (reply.root != NULL)
        return reply;
    if (json_error_code(&error) == json_error_duplicate_key) {
        reply.has_double_keys = true;
        return reply;
    }
    struct str repaired = replyjson_repair_text(body, !is_strict, arena);
    reply.root = replyjson_load_text(repaired, flags, &error);
    if (reply.root == NULL && json_error_code(&error) != json_error_numeric_overflow)
        reply.root = replyjson_load_among_text(repaired, flags);
    return reply;
}
