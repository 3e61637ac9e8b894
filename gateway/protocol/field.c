/* See field.h. */
#include "protocol/field.h"

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"

struct field_row {
    struct str name; /* NUL-terminated */
    bool is_list;
};

static const struct field_row rows[FIELD_COUNT] = {
    [FIELD_LINK] = {STR("link"), false},
    [FIELD_QUANTITY] = {STR("quantity"), false},
    [FIELD_COMMENTS] = {STR("comments"), true},
    [FIELD_KEYWORDS] = {STR("keywords"), true},
    [FIELD_USERNAMES] = {STR("usernames"), true},
    [FIELD_USERNAME] = {STR("username"), false},
    [FIELD_HASHTAGS] = {STR("hashtags"), true},
    [FIELD_HASHTAG] = {STR("hashtag"), false},
    [FIELD_MEDIA] = {STR("media"), false},
    [FIELD_ANSWER_NUMBER] = {STR("answer_number"), false},
    [FIELD_GROUPS] = {STR("groups"), true},
    [FIELD_RUNS] = {STR("runs"), false},
    [FIELD_INTERVAL] = {STR("interval"), false},
    [FIELD_MIN] = {STR("min"), false},
    [FIELD_MAX] = {STR("max"), false},
    [FIELD_POSTS] = {STR("posts"), false},
    [FIELD_OLD_POSTS] = {STR("old_posts"), false},
    [FIELD_DELAY] = {STR("delay"), false},
    [FIELD_EXPIRY] = {STR("expiry"), false},
    [FIELD_COUNTRY] = {STR("country"), false},
    [FIELD_DEVICE] = {STR("device"), false},
    [FIELD_TYPE_OF_TRAFFIC] = {STR("type_of_traffic"), false},
    [FIELD_GOOGLE_KEYWORD] = {STR("google_keyword"), false},
    [FIELD_REFERRING_URL] = {STR("referring_url"), false},
};

static const struct {
    struct str name;
    enum field field;
} variants[] = {
    {STR("url"), FIELD_LINK},
    {STR("custom_data"), FIELD_COMMENTS},
    {STR("customComments"), FIELD_COMMENTS},
    {STR("custom_comments"), FIELD_COMMENTS},
    {STR("comment"), FIELD_COMMENTS},
    {STR("keyword"), FIELD_KEYWORDS},
    {STR("media_url"), FIELD_MEDIA},
    {STR("answer"), FIELD_ANSWER_NUMBER},
    {STR("intervals"), FIELD_INTERVAL},
    {STR("group"), FIELD_GROUPS},
    {STR("referrer"), FIELD_REFERRING_URL},
};

const char *field_name(enum field field)
{
    ASSERT(field < FIELD_COUNT);
    return rows[field].name.ptr;
}

bool field_is_list(enum field field)
{
    ASSERT(field < FIELD_COUNT);
    return rows[field].is_list;
}

/* Most are ruled out by their length or first letter, which is a small one in all that is wanted.
 */
static inline bool field_is_named(struct str name, struct str wanted)
{
    return name.len == wanted.len && (name.ptr[0] | 0x20) == wanted.ptr[0] &&
           str_equal_folded(name, wanted);
}

bool field_find(struct str name, enum field *out)
{
    for (int field = 0; field < FIELD_COUNT; field++)
        if (field_is_named(name, rows[field].name)) {
            *out = (enum field)field;
            return true;
        }
    for (size_t i = 0; i < COUNT_OF(variants); i++)
        if (field_is_named(name, variants[i].name)) {
            *out = variants[i].field;
            return true;
        }
    return false;
}

void field_print_all(const struct fields *fields, struct buf *out)
{
    bool is_first = true;
    buf_add_byte(out, '{');
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (fields->value[field].ptr == NULL)
            continue;
        if (!is_first)
            buf_add_byte(out, ',');
        is_first = false;
        buf_add_json(out, rows[field].name);
        buf_add_byte(out, ':');
        buf_add_json(out, fields->value[field]);
    }
    buf_add_byte(out, '}');
}

bool field_parse_all(struct str json, struct arena *arena, struct fields *out)
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
            while (field < FIELD_COUNT && strcmp(rows[field].name.ptr, key) != 0)
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
