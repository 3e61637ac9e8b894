/* See panelform.h. */
#include "simulator/panelform.h"

#include <jansson.h>
#include <stdlib.h>

static void panelform_add_field(struct panelform *form, struct str name, struct str value)
{
    if (form->count == PANELFORM_MOST_FIELDS)
        return;
    if (form->count == form->room) {
        form->room = form->room ? form->room * 2 : 16;
        form->fields = memory_resize(form->fields, form->room, sizeof form->fields[0]);
    }
    form->fields[form->count++] = (struct panelform_field){name, value};
}

static int panelform_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static struct str panelform_decoded(struct panelform *form, struct str s)
{
    char *to = arena_new(&form->memory, s.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%' && i + 2 < s.len && panelform_hex_value(s.ptr[i + 1]) >= 0 &&
                   panelform_hex_value(s.ptr[i + 2]) >= 0) {
            c = (char)(panelform_hex_value(s.ptr[i + 1]) * 16 + panelform_hex_value(s.ptr[i + 2]));
            i += 2;
        }
        to[len++] = c;
    }
    return str_make(to, len);
}

static void panelform_read_urlencoded(struct panelform *form, struct str rest)
{
    struct str pair;
    while (str_next(&rest, '&', &pair)) {
        if (pair.len == 0)
            continue;
        size_t at = str_find_byte(pair, '=');
        struct str name = str_first(pair, at);
        struct str value = at == SIZE_MAX ? STR("") : str_from(pair, at + 1);
        panelform_add_field(form, panelform_decoded(form, name), panelform_decoded(form, value));
    }
}

static struct str panelform_json_text(struct panelform *form, const json_t *value)
{
    if (json_is_string(value))
        return arena_str(&form->memory,
                         str_make(json_string_value(value), json_string_length(value)));
    if (json_is_boolean(value))
        return json_is_true(value) ? STR("1") : STR("0");
    if (json_is_null(value))
        return STR("");
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    struct str kept = arena_str(&form->memory, str_of(text ? text : ""));
    free(text);
    return kept;
}

static void panelform_read_json(struct panelform *form, struct str body)
{
    json_t *root = json_loadb(body.ptr, body.len, 0, NULL), *value;
    const char *name;
    if (json_is_object(root)) {
        json_object_foreach(root, name, value)
        {
            struct str field = arena_str(&form->memory, str_of(name));
            if (json_is_array(value)) {
                size_t i;
                json_t *item;
                json_array_foreach(value, i, item)
                    panelform_add_field(form, str_of(arena_printf(&form->memory, "%s[]", name)),
                                        panelform_json_text(form, item));
            } else {
                panelform_add_field(form, field, panelform_json_text(form, value));
            }
        }
    }
    json_decref(root);
}

static struct str panelform_quoted_after(struct str head, struct str mark)
{
    size_t at = str_find_folded(head, mark);
    if (at == SIZE_MAX)
        return STR_NONE;
    struct str rest = str_from(head, at + mark.len);
    size_t end = str_find_byte(rest, '"');
    return end == SIZE_MAX ? STR_NONE : str_first(rest, end);
}

static void panelform_read_multipart(struct panelform *form, struct str type, struct str rest)
{
    size_t at = str_find_folded(type, STR("boundary="));
    if (at == SIZE_MAX)
        return;
    struct str boundary = str_from(type, at + 9);
    boundary = str_trim(str_first(boundary, str_find_byte(boundary, ';')));
    if (boundary.len >= 2 && boundary.ptr[0] == '"')
        boundary = str_make(boundary.ptr + 1, boundary.len - 2);
    char *mark = arena_printf(&form->memory, "\r\n--" STR_FMT, STR_ARG(boundary));
    struct str between = str_of(mark), first = str_from(between, 2);
    if (boundary.len == 0 || !str_starts(rest, first))
        return;
    rest = str_from(rest, first.len);
    while (str_starts(rest, STR("\r\n"))) {
        rest = str_from(rest, 2);
        size_t head_len = str_find(rest, STR("\r\n\r\n"));
        if (head_len == SIZE_MAX)
            return;
        struct str name = panelform_quoted_after(str_first(rest, head_len), STR(" name=\""));
        rest = str_from(rest, head_len + 4);
        size_t end = str_find(rest, between);
        if (end == SIZE_MAX)
            return;
        panelform_add_field(form, arena_str(&form->memory, name),
                            arena_str(&form->memory, str_first(rest, end)));
        rest = str_from(rest, end + between.len);
    }
}

void panelform_init(struct panelform *form, struct str content_type, struct str body,
                    struct str query)
{
    *form = (struct panelform){.count = 0};
    arena_init(&form->memory);
    struct str seen = str_trim(body);
    if (str_find_folded(content_type, STR("multipart/form-data")) != SIZE_MAX)
        panelform_read_multipart(form, content_type, body);
    else if (str_find_folded(content_type, STR("json")) != SIZE_MAX ||
             (seen.len > 0 && seen.ptr[0] == '{'))
        panelform_read_json(form, body);
    else
        panelform_read_urlencoded(form, body);
    panelform_read_urlencoded(form, query);
}

void panelform_fini(struct panelform *form)
{
    arena_fini(&form->memory);
    free(form->fields);
    *form = (struct panelform){.count = 0};
}

struct str panelform_get(const struct panelform *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (str_is(form->fields[i].name, name))
            return form->fields[i].value.ptr ? form->fields[i].value : STR("");
    return STR_NONE;
}

size_t panelform_ids(const struct panelform *form, const char *name, struct str *ids_out,
                     size_t room)
{
    struct str wanted = str_of(name), rest, id;
    size_t count = 0;
    for (size_t i = 0; i < form->count; i++) {
        struct str field = form->fields[i].name;
        bool is_indexed = field.len > wanted.len && field.ptr[wanted.len] == '[';
        if (!str_starts(field, wanted) || (field.len != wanted.len && !is_indexed))
            continue;
        rest = form->fields[i].value;
        while (count < room && str_next(&rest, ',', &id)) {
            id = str_trim(id);
            if (id.len > 0)
                ids_out[count++] = id;
        }
    }
    return count;
}

void panelform_pack(const struct panelform *form, struct buf *out)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct panelform_field *field = &form->fields[i];
        if (i > 0)
            buf_add_byte(out, '&');
        buf_add_urlencoded(out, field->name);
        buf_add_byte(out, '=');
        if (str_is(field->name, "key"))
            buf_add_text(out, "***");
        else
            buf_add_urlencoded(out, field->value);
    }
}
