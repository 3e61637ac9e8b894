/* See decode.h. */
#include "providers/decode.h"

enum { CANDIDATES = 64 };
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

static json_t *replyjson_load_text(struct str text, json_error_t *error)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES;
    return json_loadb(text.ptr ? text.ptr : "", text.len, flags, error);
}

static size_t replyjson_skip_blanks(struct str text, size_t at)
{
    while (at < text.len && strchr(" \t\r\n", text.ptr[at]) != NULL && text.ptr[at] != '\0')
        at++;
    return at;
}

/* Bytes of the string, object or array that text begins with; 0 when it is cut short. */
static size_t replyjson_extent(struct str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth == 0 && !in_string)
            return i < text.len ? i + 1 : 0;
    }
    return 0;
}

/* The same of any value; a number or word ends before what may follow it. */
static size_t replyjson_value_extent(struct str text)
{
    size_t len = 0;
    if (text.len > 0 && strchr("{[\"", text.ptr[0]) != NULL)
        return replyjson_extent(text);
    while (len < text.len && strchr(",]} \t\r\n", text.ptr[len]) == NULL)
        len++;
    return len;
}

static json_t *replyjson_load_divided(struct str text);

/* One `"name": value` into object. A name that stands twice with different values has none. */
static bool replyjson_load_member(json_t *object, struct str text, size_t *at)
{
    json_error_t error;
    size_t len = replyjson_value_extent(str_from(text, *at));
    json_t *name = replyjson_load_text(str_first(str_from(text, *at), len), &error);
    *at = replyjson_skip_blanks(text, *at + len);
    if (!json_is_string(name) || *at >= text.len || text.ptr[*at] != ':') {
        json_decref(name);
        return false;
    }
    *at = replyjson_skip_blanks(text, *at + 1);
    len = replyjson_value_extent(str_from(text, *at));
    json_t *value = replyjson_load_divided(str_first(str_from(text, *at), len));
    *at += len;
    json_t *former = json_object_get(object, json_string_value(name));
    bool is_good = value != NULL;
    if (is_good && former != NULL && !json_equal(former, value)) {
        json_decref(value);
        value = json_null();
    }
    if (is_good)
        json_object_set_new(object, json_string_value(name), value);
    json_decref(name);
    return is_good;
}

static bool replyjson_load_element(json_t *array, struct str text, size_t *at)
{
    size_t len = replyjson_value_extent(str_from(text, *at));
    json_t *value = replyjson_load_divided(str_first(str_from(text, *at), len));
    *at += len;
    return value != NULL && json_array_append_new(array, value) == 0;
}

/* Where names stand twice: each value by itself, so that a contradiction spoils no other. NULL when
 * something else is wrong. */
static json_t *replyjson_load_divided(struct str text)
{
    json_error_t error;
    json_t *root = replyjson_load_text(text, &error);
    if (root != NULL || json_error_code(&error) != json_error_duplicate_key)
        return root;
    bool is_object = text.ptr[0] == '{', is_good = true;
    root = is_object ? json_object() : json_array();
    size_t at = 0;
    do {
        at = replyjson_skip_blanks(text, at + 1);
        is_good = is_object ? replyjson_load_member(root, text, &at)
                            : replyjson_load_element(root, text, &at);
        at = replyjson_skip_blanks(text, at);
    } while (is_good && at < text.len && text.ptr[at] == ',');
    if (is_good && at + 1 == text.len && text.ptr[at] == (is_object ? '}' : ']'))
        return root;
    json_decref(root);
    return NULL;
}

/* The whole text as one value, repaired where that is needed. */
static json_t *replyjson_load_whole(struct str text, bool is_strict, struct arena *arena,
                                    bool *has_double_keys)
{
    json_error_t error;
    text = str_trim(text);
    if (replyjson_is_too_much(text))
        return NULL;
    json_t *root = replyjson_load_text(text, &error);
    if (root == NULL && json_error_code(&error) != json_error_duplicate_key) {
        text = replyrepair_text(text, is_strict, arena);
        root = replyjson_load_text(text, &error);
    }
    if (root != NULL || json_error_code(&error) != json_error_duplicate_key)
        return root;
    *has_double_keys = true;
    return is_strict ? NULL : replyjson_load_divided(text);
}

/* Marks of a page rather than of notices around a response. */
static bool replyjson_is_page(struct str text)
{
    return str_find_folded(text, STR("<html")) != SIZE_MAX ||
           str_find_folded(text, STR("<!doctype")) != SIZE_MAX ||
           str_find_folded(text, STR("<script")) != SIZE_MAX ||
           str_find_folded(text, STR("<body")) != SIZE_MAX;
}

/* A brace that no '"' or '}' follows opens no JSON: "{$name}" of a notice, "{main}" of a trace,
 * `array(1) {` of a dump. Nor does a bracket before anything but an object: "[runs]". */
static bool replyjson_may_start(struct str text)
{
    size_t next = replyjson_skip_blanks(text, 1);
    if (next >= text.len)
        return text.ptr[0] == '{' && next == 1; /* cut short behind it */
    return text.ptr[0] == '{'
               ? text.ptr[next] == '"' || text.ptr[next] == '}'
               : text.ptr[0] == '[' && (text.ptr[next] == '{' || text.ptr[next] == ']');
}

/* Bytes of a comment, to its end or that of the text; 0 when none begins here. */
static size_t replyjson_comment_at(struct str text)
{
    static const struct {
        const char *start, *end;
    } kinds[] = {{"<!--", "-->"}, {"/*", "*/"}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct str start = str_of(kinds[i].start), end = str_of(kinds[i].end);
        if (!str_starts(text, start))
            continue;
        size_t at = str_find(str_from(text, start.len), end);
        return at == SIZE_MAX ? text.len : start.len + at + end.len;
    }
    return 0;
}

/* The next place at or behind `at` where JSON may start, comments passed over; text.len: none. */
static size_t replyjson_next_start(struct str text, size_t at)
{
    while (at < text.len) {
        struct str rest = str_from(text, at);
        size_t skip = strchr("</{[", rest.ptr[0]) == NULL ? 1 : replyjson_comment_at(rest);
        bool is_variable = at > 0 && text.ptr[at - 1] == '$'; /* "${name}" */
        if (skip == 0 && !is_variable && replyjson_may_start(rest))
            return at;
        at += skip > 0 ? skip : 1;
    }
    return text.len;
}

/* Of two values that stand in one text: they must say the same; one without content says nothing.
 * NULL when they differ; takes both. */
static json_t *replyjson_choose(json_t *former, json_t *next)
{
    bool is_empty = json_object_size(former) + json_array_size(former) == 0;
    bool is_next_empty = json_object_size(next) + json_array_size(next) == 0;
    json_t *chosen = is_empty ? next : former;
    if (!is_empty && !is_next_empty && !json_equal(former, next)) {
        json_decref(former);
        json_decref(next);
        return NULL;
    }
    json_decref(chosen == next ? former : next);
    return chosen;
}

/* The one whole object or array among notices, dumps and comments. NULL where one is cut short or
 * broken, where two say different things, or where the text is a page. */
static json_t *replyjson_load_among_text(struct str text, bool is_strict, struct arena *arena,
                                         bool *has_double_keys)
{
    json_t *found = NULL;
    size_t end = 0, tries = 0;
    for (size_t at = 0; (at = replyjson_next_start(text, at)) < text.len; end = at) {
        struct str rest = str_from(text, at);
        size_t len = replyjson_extent(rest);
        bool may_load = len > 0 && tries++ < CANDIDATES &&
                        !replyjson_is_page(str_first(str_from(text, end), at - end));
        json_t *value =
            may_load ? replyjson_load_whole(str_first(rest, len), is_strict, arena, has_double_keys)
                     : NULL;
        if (value == NULL) {
            json_decref(found);
            return NULL;
        }
        found = found == NULL ? value : replyjson_choose(found, value);
        if (found == NULL)
            return NULL;
        at += len;
    }
    /* "Cannot use [] for reading" is no empty list. */
    bool is_empty = json_object_size(found) + json_array_size(found) == 0;
    if (found != NULL && !(is_empty && end < text.len) && !replyjson_is_page(str_from(text, end)))
        return found;
    json_decref(found);
    return NULL;
}

/* Without blanks, byte order marks and other invisible ones at both ends, a C string's end too. */
static struct str replyjson_trim(struct str text)
{
    static const char *const marks[] = {"\xEF\xBB\xBF", "\xE2\x80\x8B", "\xE2\x81\xA0"};
    size_t len;
    do {
        text = str_trim(text);
        len = text.len;
        for (size_t i = 0; i < COUNT_OF(marks); i++) {
            if (str_starts(text, str_of(marks[i])))
                text = str_from(text, strlen(marks[i]));
            if (str_ends(text, str_of(marks[i])))
                text.len -= strlen(marks[i]);
        }
        text.len -= text.len > 0 && text.ptr[text.len - 1] == '\0';
    } while (text.len < len);
    return text;
}

struct replyjson replyjson_load(struct str body, bool is_strict, struct arena *arena)
{
    struct replyjson reply = {0};
    body = replyjson_trim(body);
    /* jansson passes over a NUL behind a number. */
    bool has_nul = is_strict && str_find_byte(body, '\0') != SIZE_MAX;
    if (body.len == 0 || has_nul)
        return reply;
    reply.root = replyjson_load_whole(body, is_strict, arena, &reply.has_double_keys);
    if (reply.root == NULL && !reply.has_double_keys)
        reply.root = replyjson_load_among_text(body, is_strict, arena, &reply.has_double_keys);
    return reply;
}

bool replyjson_is_beside_page(struct str body)
{
    struct str before = str_first(body, str_find_byte(body, '<')), behind = STR("");
    size_t at;
    for (struct str rest = body; (at = str_find_folded(rest, STR("</html>"))) != SIZE_MAX;)
        rest = behind = str_from(rest, at + strlen("</html>"));
    behind = replyjson_trim(behind);
    return replyjson_next_start(before, 0) < before.len ||
           (behind.len > 0 && replyjson_next_start(behind, 0) == 0);
}
