/* See field.h. */
#include "protocol/field.h"

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"

struct field_row {
    const char *name;
    bool is_list;
};

static const struct field_row rows[FIELD_COUNT] = {
    [FIELD_LINK] = {"link", false},
    [FIELD_QUANTITY] = {"quantity", false},
    [FIELD_COMMENTS] = {"comments", true},
    [FIELD_KEYWORDS] = {"keywords", true},
    [FIELD_USERNAMES] = {"usernames", true},
    [FIELD_USERNAME] = {"username", false},
    [FIELD_HASHTAGS] = {"hashtags", true},
    [FIELD_HASHTAG] = {"hashtag", false},
    [FIELD_MEDIA] = {"media", false},
    [FIELD_ANSWER_NUMBER] = {"answer_number", false},
    [FIELD_GROUPS] = {"groups", true},
    [FIELD_RUNS] = {"runs", false},
    [FIELD_INTERVAL] = {"interval", false},
    [FIELD_MIN] = {"min", false},
    [FIELD_MAX] = {"max", false},
    [FIELD_POSTS] = {"posts", false},
    [FIELD_OLD_POSTS] = {"old_posts", false},
    [FIELD_DELAY] = {"delay", false},
    [FIELD_EXPIRY] = {"expiry", false},
    [FIELD_COUNTRY] = {"country", false},
    [FIELD_DEVICE] = {"device", false},
    [FIELD_TYPE_OF_TRAFFIC] = {"type_of_traffic", false},
    [FIELD_GOOGLE_KEYWORD] = {"google_keyword", false},
    [FIELD_REFERRING_URL] = {"referring_url", false},
};

static const struct {
    const char *name;
    enum field field;
} variants[] = {
    {"url", FIELD_LINK},
    {"custom_data", FIELD_COMMENTS},
    {"customComments", FIELD_COMMENTS},
    {"custom_comments", FIELD_COMMENTS},
    {"comment", FIELD_COMMENTS},
    {"keyword", FIELD_KEYWORDS},
    {"media_url", FIELD_MEDIA},
    {"answer", FIELD_ANSWER_NUMBER},
    {"intervals", FIELD_INTERVAL},
    {"group", FIELD_GROUPS},
    {"referrer", FIELD_REFERRING_URL},
};

const char *field_name(enum field field)
{
    ASSERT(field < FIELD_COUNT);
    return rows[field].name;
}

bool field_is_list(enum field field)
{
    ASSERT(field < FIELD_COUNT);
    return rows[field].is_list;
}

bool field_find(struct str name, enum field *out)
{
    for (int field = 0; field < FIELD_COUNT; field++)
        if (str_equal_folded(name, str_of(rows[field].name))) {
            *out = (enum field)field;
            return true;
        }
    for (size_t i = 0; i < COUNT_OF(variants); i++)
        if (str_equal_folded(name, str_of(variants[i].name))) {
            *out = variants[i].field;
            return true;
        }
    return false;
}

void fields_print(const struct fields *fields, struct buf *out)
{
    bool is_first = true;
    buf_add_byte(out, '{');
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (fields->value[field].ptr == NULL)
            continue;
        if (!is_first)
            buf_add_byte(out, ',');
        is_first = false;
        buf_add_json(out, str_of(rows[field].name));
        buf_add_byte(out, ':');
        buf_add_json(out, fields->value[field]);
    }
    buf_add_byte(out, '}');
}

bool fields_parse(struct str json, struct arena *arena, struct fields *out)
{
    struct fields fields = {0};
    const char *key;
    json_t *value;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    bool is_good = json_is_object(root);
    if (is_good)
        json_object_foreach(root, key, value)
        {
            int field = 0;
            while (field < FIELD_COUNT && strcmp(rows[field].name, key) != 0)
                field++;
            if (field == FIELD_COUNT || !json_is_string(value)) {
                is_good = false;
                break;
            }
            fields.value[field] =
                arena_str(arena, str_make(json_string_value(value), json_string_length(value)));
        }
    json_decref(root);
    if (is_good)
        *out = fields;
    return is_good;
}
