/* The tables of settings as a Markdown page: docs/configuration.md is made by its test. */
#ifndef TESTS_ROWS_DOCUMENT_H
#define TESTS_ROWS_DOCUMENT_H
#include "settings/rows.h"

static void rows_document(const struct setting_table *table, const char *path, struct buf *out);

/* The page's head explains these once. */
static bool rows_document_is_explained(const struct setting_kind *kind)
{
    return kind == &kind_bool || kind == &kind_unsigned || kind == &kind_integer ||
           kind == &kind_duration || kind == &kind_size || kind == &kind_rate ||
           kind == &kind_secret || kind == &kind_file;
}

static void rows_document_add_bounds(const struct setting_row *row, struct buf *out)
{
    bool is_number = row->kind == &kind_unsigned || row->kind == &kind_integer;
    if (is_number && (row->min || row->max))
        buf_printf(out, ", %lld to %lld", (long long)row->min, (long long)row->max);
}

static void rows_document_add_choices(const struct setting_row *row, struct buf *out)
{
    for (const struct setting_choice *at = row->choices; at->word; at++)
        buf_printf(out, "%s`%s`%s", at == row->choices ? "" : ", ", at->word,
                   at->is_due ? " (not built yet)" : "");
}

static void rows_document_add_value(const struct setting_row *row, struct buf *out)
{
    if (row->choices) {
        rows_document_add_choices(row, out);
        return;
    }
    if (row->kind == &kind_list && row->table) {
        buf_printf(out, "a list, each %s", row->table->name);
        return;
    }
    if (row->kind == &kind_list)
        buf_printf(out, "%s%s%s%s, or a list", row->empty_word ? "`" : "",
                   row->empty_word ? row->empty_word : "", row->empty_word ? "`, " : "",
                   row->of->name);
    else
        buf_add_text(out, row->kind->name);
    const struct setting_kind *kind = row->of ? row->of : row->kind;
    if (kind->form && !rows_document_is_explained(kind))
        buf_printf(out, ": %s", kind->form);
    rows_document_add_bounds(row, out);
}

static void rows_document_add_row(const struct setting_row *row, struct buf *out)
{
    buf_printf(out, "| `%s` | ", row->key);
    rows_document_add_value(row, out);
    buf_add_text(out, " | ");
    if (row->is_needed)
        buf_add_text(out, "needed");
    else if (row->standard_text)
        buf_add_text(out, row->standard_text);
    else if (row->standard)
        buf_printf(out, "`%s`", row->standard);
    else if (row->empty_word)
        buf_printf(out, "`%s`", row->empty_word);
    buf_printf(out, " | %s%s%s |\n", row->is_due ? "Not built yet: refused. " : "", row->sentence,
               row->is_restart ? " Needs a restart." : "");
}

static void rows_document_add_rows(const struct setting_table *table, struct buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].kind == &kind_inline)
            rows_document_add_rows(table->rows[i].table, out);
        else
            rows_document_add_row(&table->rows[i], out);
    }
}

static const struct setting_table *rows_document_child_table(const struct setting_row *row)
{
    return row->map ? row->map->value.table : row->table;
}

static void rows_document_add_children(const struct setting_table *table, const char *path,
                                       struct buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        const struct setting_table *child = rows_document_child_table(row);
        if (row->kind == &kind_inline)
            rows_document_add_children(row->table, path, out);
        else if (child) {
            struct buf name;
            buf_init(&name, 256);
            buf_printf(&name, "%s%s%s", path, *path ? "." : "", row->key);
            rows_document(child, buf_str(&name).ptr, out);
            buf_fini(&name);
        }
    }
}

/* A section for each table, depth first. */
static void rows_document(const struct setting_table *table, const char *path, struct buf *out)
{
    bool is_called_so = table->name[0] == '`'; /* the path says it already */
    if (*path)
        buf_printf(out, "\n## `%s`%s%s\n", path, is_called_so ? "" : ": ",
                   is_called_so ? "" : table->name);
    buf_add_text(out, "\n| key | value | default | meaning |\n|---|---|---|---|\n");
    rows_document_add_rows(table, out);
    rows_document_add_children(table, path, out);
}

#endif
