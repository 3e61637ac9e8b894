/* See rows.h. */
#include "settings/rows.h"

#include "settings/names.h"

enum { SCRATCH_BYTES = 2 * SECRET_FILE_BYTES, KEYS_MAX = 128 };

void rows_init(struct setting_reader *reader, struct faultlist *faults, struct yamltree *tree)
{
    *reader = (struct setting_reader){.faults = faults, .tree = tree, .names = names_new()};
    buf_init(&reader->scratch, SCRATCH_BYTES);
    /* All of it at once: it must never move, or a copy of a secret would stay behind. */
    buf_reserve(&reader->scratch, SCRATCH_BYTES);
}

static void rows_wipe_scratch(struct setting_reader *reader)
{
    if (reader->scratch.len)
        explicit_bzero(reader->scratch.ptr, reader->scratch.len);
    buf_clear(&reader->scratch);
}

void rows_fini(struct setting_reader *reader)
{
    rows_wipe_scratch(reader);
    buf_fini(&reader->scratch);
    names_free(reader->names);
    *reader = (struct setting_reader){0};
}

void rows_check_references(struct setting_reader *reader)
{
    names_check(reader->names, reader->faults);
}

/* ---- keys ---- */

const struct setting_row *rows_find(const struct setting_table *table, struct str key)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i], *inner = NULL;
        if (row->kind == &kind_inline)
            inner = rows_find(row->table, key);
        else if (str_is(key, row->key))
            inner = row;
        if (inner)
            return inner;
    }
    return NULL;
}

static size_t rows_list_keys(const struct setting_table *table, const char **keys, size_t count)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (row->kind == &kind_inline)
            count = rows_list_keys(row->table, keys, count);
        else if (!row->is_due && count < KEYS_MAX)
            keys[count++] = row->key;
    }
    return count;
}

void rows_suggest(struct str wrong, const char *const *candidates, size_t count, struct buf *out)
{
    size_t best = wrong.len / 3 + 2, at = count, shown = 0;
    for (size_t i = 0; i < count; i++) {
        size_t distance = str_distance(wrong, str_of(candidates[i]), best);
        if (distance < best) {
            best = distance;
            at = i;
        }
    }
    if (at < count) {
        buf_printf(out, "did you mean `%s`?", candidates[at]);
        return;
    }
    for (; shown < count && shown < 24 && out->len + 80 < out->max; shown++)
        buf_printf(out, "%s%s", shown ? ", " : "there is: ", candidates[shown]);
    if (shown < count)
        buf_add_text(out, ", …");
}

static void rows_report_unknown_keys(struct setting_reader *reader,
                                     const struct setting_table *table, const struct yamlnode *map)
{
    const char *keys[KEYS_MAX];
    size_t count = rows_list_keys(table, keys, 0);
    for (const struct yamlnode *child = map->first; child; child = child->next) {
        struct buf hint;
        if (rows_find(table, child->key))
            continue;
        buf_init(&hint, 400);
        if (reader->faults->dropped == 0) /* nobody reads it beyond that */
            rows_suggest(child->key, keys, count, &hint);
        faultlist_add(reader->faults, child->key_place, "unknown key `%s`; %s",
                      yamltree_show(child->key).text, buf_str(&hint).ptr);
        buf_fini(&hint);
    }
}

/* ---- values ---- */

/* "`timeout`: `0ms` is too short; at least 1ms". The value as written, and only if no secret. */
static void rows_report_value(struct setting_reader *reader, const struct setting_row *row,
                              const struct setting_kind *kind, const struct yamlnode *node,
                              const struct fault *why)
{
    struct shown shown = yamltree_show(node->text);
    bool is_shown = !kind->is_secret && !kind->is_hidden && node->text.len > 0;
    struct buf message;
    buf_init(&message, 600);
    if (why->code != FAULT_NONE)
        buf_add_text(&message, why->message);
    else
        buf_printf(&message, "is not %s%s%s", kind->name, kind->form ? "; right is " : "",
                   kind->form ? kind->form : "");
    faultlist_add(reader->faults, node->place, "`%s`: %s%s%s %s", row->key, is_shown ? "`" : "",
                  is_shown ? shown.text : "the value", is_shown ? "`" : "", buf_str(&message).ptr);
    buf_fini(&message);
}

static bool rows_expand(struct setting_reader *reader, const struct setting_row *row,
                        const struct yamlnode *node, struct str *text_out)
{
    struct fault why = {0};
    *text_out = node->text;
    if (str_find(node->text, STR("${")) == SIZE_MAX)
        return true;
    bool is_ok = secret_expand(node->text, &reader->scratch, &why);
    *text_out = buf_str(&reader->scratch);
    if (!is_ok)
        faultlist_add(reader->faults, node->place, "`%s`: %s", row->key, why.message);
    return is_ok;
}

bool rows_read_scalar(struct setting_reader *reader, const struct setting_row *row,
                      const struct setting_kind *kind, const struct yamlnode *node, void *field)
{
    struct fault why = {0};
    struct str text;
    if (node->kind == YAMLNODE_BROKEN)
        return false;
    if (node->kind != YAMLNODE_SCALAR || node->is_null) {
        faultlist_add(reader->faults, node->place, "`%s` is %s; right is %s%s%s", row->key,
                      yamltree_kind_name(node), kind->name, kind->form ? ": " : "",
                      kind->form ? kind->form : "");
        return false;
    }
    bool is_ok = rows_expand(reader, row, node, &text);
    if (is_ok && kind->is_secret && node->place.line && !secret_is_elsewhere(node->text))
        faultlist_warn(reader->faults, node->place,
                       "`%s` is a literal secret; use ${env:NAME} or ${file:/path}", row->key);
    if (is_ok && !kind->parse(text, row, field, &why)) {
        is_ok = false;
        rows_report_value(reader, row, kind, node, &why);
    }
    rows_wipe_scratch(reader);
    return is_ok;
}

static bool rows_read_value(struct setting_reader *reader, const struct setting_row *row,
                            const struct yamlnode *node, void *record)
{
    if (row->kind->read)
        return row->kind->read(reader, row, node, record);
    return rows_read_scalar(reader, row, row->kind, node, (char *)record + row->offset);
}

static struct str rows_field_bytes(const struct setting_row *row, const void *record)
{
    const char *field = (const char *)record + row->offset;
    if (row->kind->is_text)
        return str_of(*(char *const *)(const void *)field);
    return str_make(field, row->kind->size);
}

static void rows_note_names(struct setting_reader *reader, const struct setting_row *row,
                            const struct yamlnode *node, const void *record)
{
    struct source_location first;
    struct str bytes = rows_field_bytes(row, record);
    if (row->refers_to)
        names_refer(reader->names, row->refers_to, bytes, node->place);
    if (row->names && !names_add(reader->names, row->names, bytes, node->place, &first))
        faultlist_add(reader->faults, node->place,
                      "%s `%s` is there twice, first at %s:%u:%u; give each its own", row->names,
                      yamltree_show(node->text).text, first.file, first.line, first.column);
}

static void rows_set_default(struct setting_reader *reader, const struct setting_row *row,
                             void *record)
{
    if (row->standard) {
        struct yamlnode node = {.kind = YAMLNODE_SCALAR, .text = str_of(row->standard)};
        ASSERT(rows_read_value(reader, row, &node, record));
    } else if (row->table && row->kind != &kind_list) {
        rows_defaults(reader, row->table, (char *)record + row->offset);
    }
}

static void rows_set_absent(struct setting_reader *reader, const struct setting_table *table,
                            const struct setting_row *row, const struct yamlnode *map, void *record)
{
    if (row->is_needed)
        faultlist_add(reader->faults, map->place, "`%s` is missing; %s needs it", row->key,
                      table->name);
    rows_set_default(reader, row, record);
}

static void rows_read_row(struct setting_reader *reader, const struct setting_table *table,
                          const struct setting_row *row, const struct yamlnode *map, void *record)
{
    const struct yamlnode *node = yamltree_find(map, row->key);
    bool is_structured = row->kind->read != NULL && row->kind->size == 0;
    if (node == NULL || (node->is_null && is_structured)) {
        rows_set_absent(reader, table, row, map, record);
    } else if (row->is_due) {
        faultlist_add(reader->faults, node->key_place, "`%s` is not built yet; leave it out",
                      row->key);
    } else if (rows_read_value(reader, row, node, record)) {
        if (row->has_offset)
            *(bool *)((char *)record + row->has_offset) = true;
        if (row->names || row->refers_to)
            rows_note_names(reader, row, node, record);
    } else if (row->kind->read == NULL) {
        rows_set_default(reader, row,
                         record); /* so that the rules between keys meet a sane value */
    }
}

static void rows_read_rows(struct setting_reader *reader, const struct setting_table *table,
                           const struct yamlnode *map, void *record)
{
    if (table->begin)
        table->begin(record);
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (row->kind == &kind_inline)
            rows_read_rows(reader, row->table, map, (char *)record + row->offset);
        else
            rows_read_row(reader, table, row, map, record);
    }
    if (table->check)
        table->check(reader, map, record);
}

void rows_read_table(struct setting_reader *reader, const struct setting_table *table,
                     const struct yamlnode *map, void *record)
{
    bool is_usable = map->kind == YAMLNODE_MAP || map->is_null;
    if (is_usable) {
        rows_report_unknown_keys(reader, table, map);
        rows_read_rows(reader, table, map, record);
        return;
    }
    if (map->kind != YAMLNODE_BROKEN)
        faultlist_add(reader->faults, map->place, "%s is %s; right is a map of keys and values",
                      table->name, yamltree_kind_name(map));
    rows_defaults(reader, table, record);
}

void rows_defaults(struct setting_reader *reader, const struct setting_table *table, void *record)
{
    if (table->begin)
        table->begin(record);
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (row->kind == &kind_inline)
            rows_defaults(reader, row->table, (char *)record + row->offset);
        else
            rows_set_default(reader, row, record);
    }
}

void rows_compare(const struct setting_table *table, const void *a, const void *b,
                  void (*report)(const struct setting_row *row, void *arg), void *arg)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (row->kind == &kind_inline || (row->kind == &kind_table))
            rows_compare(row->table, (const char *)a + row->offset, (const char *)b + row->offset,
                         report, arg);
        else if (row->is_restart && !str_equal(rows_field_bytes(row, a), rows_field_bytes(row, b)))
            report(row, arg);
    }
}
