/* A JSON object of parameters. jansson would lose the digits of reals and refuse whole numbers
 * beyond 64 bits, and allows 2048 levels: so a scan of our own comes first, which holds depth and
 * size to their ceilings and copies the text with every number in quotes. jansson then sees texts
 * only; strings, UTF-8 and structure are its work. Its error texts quote the input (and so perhaps
 * a key) and are never shown. */
#include <jansson.h>

#include "http/params_private.h"

enum { VALUES_MAX = 20000, NUMBER_BYTES = 64 };

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

static void params_json_scan_quote(struct params_scan *scan)
{
    if (scan->out)
        scan->out[scan->out_len] = '"';
    scan->out_len++;
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

static bool params_json_scan_number(struct params_scan *scan, struct fault *why)
{
    size_t end = params_json_number_end(scan->text, scan->at);
    if (end == scan->at || !params_json_ends_a_number(scan->text, end))
        return fault_set(why, FAULT_INVALID, "JSON body holds an ill-formed number");
    if (end - scan->at > NUMBER_BYTES)
        return fault_set(why, FAULT_INVALID, "JSON body holds a number of more than %d digits",
                         NUMBER_BYTES);
    params_json_scan_quote(scan);
    params_json_scan_copy(scan, end);
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

bool params_add_json(struct params *params, struct str text, struct arena *arena, struct fault *why)
{
    struct params_source source;
    struct str quoted;
    json_error_t error;
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        text = str_from(text, 3);
    text = str_trim(text);
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
