/* See rows.h. The scalar kinds, then those made of other values: lists, maps, tables. */
#include "settings/rows.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/regularfile.h"

enum { TEXT_MAX = 4096, NAME_MAX_LEN = 64 };

static bool kind_parse_text(struct str text, const struct setting_row *row, void *field,
                            struct fault *why)
{
    (void)row;
    if (text.len == 0)
        return fault_set(why, FAULT_INVALID, "must not be empty; write at least one character");
    if (text.len > TEXT_MAX)
        return fault_set(why, FAULT_INVALID, "is too long; %d bytes are the most", TEXT_MAX);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return fault_set(why, FAULT_INVALID,
                             "holds a line end or another control character; write one line");
    *(char **)field = str_copy(text);
    return true;
}

const struct setting_kind kind_text = {
    .name = "a text",
    .size = sizeof(char *),
    .is_text = true,
    .parse = kind_parse_text,
};

const struct setting_kind kind_secret = {
    .name = "a secret",
    .form = "as ${env:NAME} or ${file:/path}",
    .size = sizeof(char *),
    .is_text = true,
    .is_secret = true,
    .parse = kind_parse_text,
};

static bool kind_is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool kind_parse_name(struct str text, const struct setting_row *row, void *field,
                            struct fault *why)
{
    (void)row;
    (void)why;
    if (text.len == 0 || text.len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!kind_is_name_byte(text.ptr[i]))
            return false;
    *(char **)field = str_copy(text);
    return true;
}

const struct setting_kind kind_name = {
    .name = "a name",
    .form = "1 to 64 letters, digits, `.`, `_` or `-`",
    .size = sizeof(char *),
    .is_text = true,
    .parse = kind_parse_name,
};

static bool kind_parse_file(struct str text, const struct setting_row *row, void *field,
                            struct fault *why)
{
    char *path;
    const char *reason;
    if (!kind_parse_text(text, row, &path, why))
        return false;
    if (!regularfile_is(path, &reason)) {
        free(path);
        return fault_set(why, FAULT_INVALID, "cannot be read: %s; check its path and rights",
                         reason);
    }
    *(char **)field = path;
    return true;
}

const struct setting_kind kind_file = {
    .name = "a file",
    .form = "the path of a file that can be read",
    .size = sizeof(char *),
    .is_text = true,
    .parse = kind_parse_file,
};

static bool kind_parse_bool(struct str text, const struct setting_row *row, void *field,
                            struct fault *why)
{
    (void)row;
    (void)why;
    static const char *const message[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < COUNT_OF(message); i++) {
        if (str_equal_folded(text, str_of(message[i]))) {
            *(bool *)field = i % 2;
            return true;
        }
    }
    return false;
}

const struct setting_kind kind_bool = {
    .name = "a yes or no",
    .form = "true or false",
    .size = sizeof(bool),
    .parse = kind_parse_bool,
};

/* ---- numbers ---- */

static bool kind_check_bounds(int64_t value, const struct setting_row *row, struct fault *why)
{
    if (row->min == 0 && row->max == 0)
        return true;
    if (value >= row->min && value <= row->max)
        return true;
    return fault_set(why, FAULT_INVALID, "is out of range; %lld to %lld is right",
                     (long long)row->min, (long long)row->max);
}

static bool kind_parse_integer(struct str text, const struct setting_row *row, void *field,
                               struct fault *why)
{
    int64_t value;
    if (!str_to_i64(text, &value) || !kind_check_bounds(value, row, why))
        return false;
    *(int64_t *)field = value;
    return true;
}

const struct setting_kind kind_integer = {
    .name = "a whole number",
    .form = "plain digits",
    .size = sizeof(int64_t),
    .parse = kind_parse_integer,
};

static bool kind_parse_unsigned(struct str text, const struct setting_row *row, void *field,
                                struct fault *why)
{
    int64_t value;
    if (!kind_parse_integer(text, row, &value, why))
        return false;
    if (value < 0 || value > UINT32_MAX)
        return fault_set(why, FAULT_INVALID, "is out of range; 0 to 4294967295 is right");
    *(unsigned *)field = (unsigned)value;
    return true;
}

const struct setting_kind kind_unsigned = {
    .name = "a whole number",
    .form = "plain digits",
    .size = sizeof(unsigned),
    .parse = kind_parse_unsigned,
};

struct unit {
    const char *word;
    int64_t times;
};

/* "15s": digits, then one of the units; false also when it doesn't fit. */
static bool kind_parse_with_unit(struct str text, const struct unit *units, size_t count,
                                 int64_t *value_out)
{
    size_t digits = 0;
    int64_t number;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    struct str word = str_trim(str_from(text, digits));
    if (!str_to_i64(str_first(text, digits), &number))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_equal_folded(word, str_of(units[i].word)))
            return !__builtin_mul_overflow(number, units[i].times, value_out);
    return false;
}

/* From 1 ms to ten years unless the row says otherwise. */
static bool kind_parse_duration(struct str text, const struct setting_row *row, void *field,
                                struct fault *why)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    int64_t value, max = row->max ? row->max : INT64_C(315360000000);
    int64_t min = row->min ? row->min : 1;
    if (!kind_parse_with_unit(text, units, COUNT_OF(units), &value))
        return false;
    if (value < min)
        return fault_set(why, FAULT_INVALID, "is too short; at least %lldms", (long long)min);
    if (value > max)
        return fault_set(why, FAULT_INVALID, "is too long; at most %llds", (long long)(max / 1000));
    *(int64_t *)field = value;
    return true;
}

const struct setting_kind kind_duration = {
    .name = "a duration",
    .form = "a whole number with its unit, such as 1500ms, 15s, 10m, 2h or 1d",
    .size = sizeof(int64_t),
    .parse = kind_parse_duration,
};

static bool kind_parse_duration_or_off(struct str text, const struct setting_row *row, void *field,
                                       struct fault *why)
{
    if (!str_equal_folded(text, STR("off")))
        return kind_parse_duration(text, row, field, why);
    *(int64_t *)field = 0;
    return true;
}

const struct setting_kind kind_duration_or_off = {
    .name = "a duration or off",
    .form = "a whole number with its unit, such as 1500ms, 15s, 10m, 2h or 1d, or off",
    .size = sizeof(int64_t),
    .parse = kind_parse_duration_or_off,
};

static bool kind_parse_size(struct str text, const struct setting_row *row, void *field,
                            struct fault *why)
{
    static const struct unit units[] = {{"", 1},          {"B", 1},          {"KiB", 1 << 10},
                                        {"MiB", 1 << 20}, {"GiB", 1 << 30},  {"kB", 1000},
                                        {"MB", 1000000},  {"GB", 1000000000}};
    int64_t value;
    if (!kind_parse_with_unit(text, units, COUNT_OF(units), &value))
        return false;
    if (!kind_check_bounds(value, row, why))
        return false;
    *(size_t *)field = (size_t)value;
    return true;
}

const struct setting_kind kind_size = {
    .name = "a size",
    .form = "a whole number with its unit, such as 512KiB or 1MiB",
    .size = sizeof(size_t),
    .parse = kind_parse_size,
};

/* "10", "0.5": in thousandths. */
static bool kind_parse_thousandths(struct str text, int64_t *out)
{
    size_t point = str_find_byte(text, '.');
    struct str decimals = point == SIZE_MAX ? STR("") : str_from(text, point + 1);
    int64_t whole, part = 0;
    if (point != SIZE_MAX && (decimals.len == 0 || decimals.len > 3))
        return false;
    if (!str_to_i64(str_first(text, point), &whole) || whole < 0 || whole > 1000000)
        return false;
    if (decimals.len && (!str_to_i64(decimals, &part) || part < 0))
        return false;
    for (size_t i = decimals.len; i < 3; i++)
        part *= 10;
    *out = whole * 1000 + part;
    return true;
}

static bool kind_parse_rate_window(struct str text, const struct setting_row *row, void *field,
                                   struct fault *why)
{
    (void)row;
    struct setting_rate *rate = field;
    size_t slash = str_find_byte(text, '/');
    struct str unit = slash == SIZE_MAX ? STR_NONE : str_trim(str_from(text, slash + 1));
    int64_t thousandths;
    if (str_is(text, "none")) {
        *rate = (struct setting_rate){0, 1000};
        return true;
    }
    int seconds = str_is(unit, "s") ? 1 : str_is(unit, "m") ? 60 : str_is(unit, "h") ? 3600 : 0;
    if (seconds == 0 || !kind_parse_thousandths(str_trim(str_first(text, slash)), &thousandths))
        return false;
    if (thousandths == 0)
        return fault_set(why, FAULT_INVALID, "must be above 0; `none` is no limit");
    *rate = (struct setting_rate){(double)thousandths / 1000 / seconds, seconds * INT64_C(1000)};
    return true;
}

static bool kind_parse_rate(struct str text, const struct setting_row *row, void *field,
                            struct fault *why)
{
    struct setting_rate rate;
    if (!kind_parse_rate_window(text, row, &rate, why))
        return false;
    *(double *)field = rate.per_s;
    return true;
}

const struct setting_kind kind_rate = {
    .name = "a rate limit",
    .form = "such as 10/s, 300/m or 5000/h, or none",
    .size = sizeof(double),
    .parse = kind_parse_rate,
};

const struct setting_kind kind_rate_window = {
    .name = "a rate limit",
    .form = "such as 10/s, 300/m or 5000/h, or none",
    .size = sizeof(struct setting_rate),
    .parse = kind_parse_rate_window,
};

/* ---- choices ---- */

static const char *kind_first_built(const struct setting_row *row)
{
    for (const struct setting_choice *at = row->choices; at->word; at++)
        if (!at->is_due)
            return at->word;
    return "nothing";
}

static bool kind_find_choice(struct str text, const struct setting_row *row, unsigned *out,
                             struct fault *why)
{
    const char *message[32];
    size_t count = 0;
    struct buf hint;
    for (const struct setting_choice *at = row->choices; at->word && count < 32; at++) {
        if (!at->is_due)
            message[count++] = at->word;
        if (!str_equal_folded(text, str_of(at->word)))
            continue;
        *out = at->value;
        if (!at->is_due)
            return true;
        return fault_set(why, FAULT_INVALID, "is not built yet; for now there is `%s`",
                         kind_first_built(row));
    }
    buf_init(&hint, 200);
    rows_suggest(text, message, count, &hint);
    fault_set(why, FAULT_INVALID, "is none of the choices; %s", buf_str(&hint).ptr);
    buf_fini(&hint);
    return false;
}

static bool kind_parse_choice(struct str text, const struct setting_row *row, void *field,
                              struct fault *why)
{
    unsigned value;
    if (!kind_find_choice(text, row, &value, why))
        return false;
    *(unsigned *)field = value;
    return true;
}

const struct setting_kind kind_choice = {
    .name = "a choice",
    .size = sizeof(unsigned),
    .parse = kind_parse_choice,
};

static bool kind_parse_choice_bool(struct str text, const struct setting_row *row, void *field,
                                   struct fault *why)
{
    unsigned value;
    if (!kind_find_choice(text, row, &value, why))
        return false;
    *(bool *)field = value != 0;
    return true;
}

const struct setting_kind kind_choice_bool = {
    .name = "a choice",
    .size = sizeof(bool),
    .parse = kind_parse_choice_bool,
};

/* ---- lists, maps, tables ---- */

static bool kind_report_shape(struct setting_reader *reader, const struct setting_row *row,
                              const struct yamlnode *node, const char *right)
{
    if (node->kind != YAMLNODE_BROKEN)
        faultlist_add(reader->faults, node->place, "`%s` is %s; right is %s", row->key,
                      yamltree_kind_name(node), right);
    return false;
}

static bool kind_check_count(struct setting_reader *reader, const struct setting_row *row,
                             const struct yamlnode *node)
{
    if (row->max == 0 || node->count <= (size_t)row->max)
        return true;
    faultlist_add(reader->faults, node->place, "`%s` has %zu entries; %lld are the most", row->key,
                  node->count, (long long)row->max);
    return false;
}

/* A record for each child, in the same order, so that rules can look at both. */
static bool kind_read_tables(struct setting_reader *reader, const struct setting_row *row,
                             const struct yamlnode *node, void *record)
{
    if (node->kind != YAMLNODE_LIST)
        return kind_report_shape(reader, row, node, "a list, an entry a line with `-`");
    if (!kind_check_count(reader, row, node))
        return false;
    char *list = memory_array(node->count + 1, row->table->size), *at = list;
    *(void **)((char *)record + row->offset) = list;
    *(size_t *)((char *)record + row->count_offset) = node->count;
    for (const struct yamlnode *child = node->first; child; child = child->next) {
        rows_read_table(reader, row->table, child, at);
        at += row->table->size;
    }
    return true;
}

static bool kind_read_list(struct setting_reader *reader, const struct setting_row *row,
                           const struct yamlnode *node, void *record)
{
    if (row->table)
        return kind_read_tables(reader, row, node, record);
    bool is_single = node->kind == YAMLNODE_SCALAR;
    if (is_single && row->empty_word && str_is(node->text, row->empty_word))
        return true;
    if (!is_single && node->kind != YAMLNODE_LIST)
        return kind_report_shape(reader, row, node, "a list or a single value");
    if (!kind_check_count(reader, row, node))
        return false;
    char *list = memory_array(node->count + 2, row->of->size);
    size_t count = 0;
    bool is_ok = true;
    for (const struct yamlnode *child = is_single ? node : node->first; child;
         child = is_single ? NULL : child->next) {
        if (rows_read_scalar(reader, row, row->of, child, list + count * row->of->size))
            count++;
        else
            is_ok = false;
    }
    *(void **)((char *)record + row->offset) = list;
    *(size_t *)((char *)record + row->count_offset) = count;
    return is_ok;
}

const struct setting_kind kind_list = {.name = "a list", .read = kind_read_list};

static bool kind_read_map(struct setting_reader *reader, const struct setting_row *row,
                          const struct yamlnode *node, void *record)
{
    const struct setting_map *map = row->map;
    if (node->kind != YAMLNODE_MAP)
        return kind_report_shape(reader, row, node, "a map");
    if (!kind_check_count(reader, row, node))
        return false;
    char *list = memory_array(node->count + 1, map->size), *at = list;
    for (const struct yamlnode *child = node->first; child; child = child->next) {
        struct yamlnode key = {
            .kind = YAMLNODE_SCALAR, .text = child->key, .place = child->key_place};
        rows_read_scalar(reader, &map->key, map->key.kind, &key, at + map->key.offset);
        if (map->value.kind->read)
            map->value.kind->read(reader, &map->value, child, at);
        else
            rows_read_scalar(reader, &map->value, map->value.kind, child, at + map->value.offset);
        at += map->size;
    }
    *(void **)((char *)record + row->offset) = list;
    *(size_t *)((char *)record + row->count_offset) = node->count;
    return true;
}

const struct setting_kind kind_map = {.name = "a map", .read = kind_read_map};

static bool kind_read_table(struct setting_reader *reader, const struct setting_row *row,
                            const struct yamlnode *node, void *record)
{
    rows_read_table(reader, row->table, node, (char *)record + row->offset);
    return true;
}

const struct setting_kind kind_table = {.name = "a map", .read = kind_read_table};

/* Never read by itself: rows.c looks through it. */
const struct setting_kind kind_inline = {.name = "keys"};
