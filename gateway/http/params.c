/* See params.h. Which decoder reads a body, and how names and values are gathered. */
#include "http/params.h"

#include "http/params_private.h"

enum { JOIN_FIRST_BYTES = 64 };

void params_source_begin(struct params_source *source, struct params *params, struct arena *arena)
{
    source->params = params;
    source->arena = arena;
    source->first = params->count;
}

const char params_nested[1] = "";

bool param_is_nested(const struct param *param)
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
    struct str folded = str_trim(str_make(name, len));
    char *at = name + (folded.ptr - name);
    for (size_t i = 0; i < folded.len; i++)
        if (at[i] >= 'A' && at[i] <= 'Z')
            at[i] = (char)(at[i] + ('a' - 'A'));
    return folded;
}

/* Lists of links and comments hold commas of their own. */
static char params_separator_of(struct str name)
{
    static const struct str by_line[] = {STR("link"), STR("links"), STR("url"), STR("comments"),
                                         STR("customcomments")};
    for (size_t i = 0; i < COUNT_OF(by_line); i++)
        if (str_equal(name, by_line[i]))
            return '\n';
    return ',';
}

/* The row to write to; count when the name belongs to an earlier source, *is_new for a fresh one.
 */
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

/* Grows by doubling, so that a body full of elements costs linear time. */
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

/* The row a value goes to; PARAMS_MAX when it is passed over. */
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

bool params_source_append(struct params_source *source, char *name, size_t name_len,
                          struct str value, struct fault *why)
{
    size_t row;
    bool is_new;
    if (!params_row_take(source, name, name_len, value, &row, &is_new, why))
        return false;
    if (row == PARAMS_MAX)
        return true;
    if (is_new || source->capacity[row] == 0)
        params_value_begin(source, row, value);
    else
        params_value_join(source, row, value);
    return true;
}

bool params_source_add(struct params_source *source, char *name, size_t name_len, struct str value,
                       struct fault *why)
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
    source->params->list[row].value = value;
    source->capacity[row] = 0;
    return true;
}

enum body_kind { BODY_FORM, BODY_JSON, BODY_MULTIPART };

/* Scripts name the wrong type or none: what the body looks like decides between form and JSON. */
static enum body_kind params_body_kind_of(struct str content_type, struct str body)
{
    struct str type = str_trim(str_first(content_type, str_find_byte(content_type, ';')));
    struct str text = str_starts(body, STR("\xEF\xBB\xBF")) ? str_from(body, 3) : body;
    text = str_trim(text);
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
