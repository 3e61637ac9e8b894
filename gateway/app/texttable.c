/* See texttable.h. */
#include "app/texttable.h"

#include <stdlib.h>

enum { CELL_BYTES = 4096 };

void texttable_init(struct texttable *table, const char *const *heads, size_t columns)
{
    ASSERT(columns <= TEXTTABLE_COLUMNS);
    *table = (struct texttable){.heads = heads, .columns = columns};
}

void texttable_mask(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t point;
        size_t len = str_code_point(text, i, &point);
        if (len > 0 && str_is_printable(point))
            buf_add(out, text.ptr + i, len);
        else
            buf_add_byte(out, '?');
        i += len ? len : 1;
    }
}

void texttable_add(struct texttable *table, const char *const *cells)
{
    size_t at = table->rows++ * table->columns;
    table->cells = memory_resize(table->cells, table->rows * table->columns, sizeof *table->cells);
    for (size_t i = 0; i < table->columns; i++) {
        struct buf text;
        buf_init(&text, CELL_BYTES);
        texttable_mask(str_of(cells[i] && cells[i][0] ? cells[i] : "-"), &text);
        table->cells[at + i] = text.ptr ? buf_take(&text) : memory_text("-");
        buf_fini(&text);
    }
}

static size_t texttable_width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void texttable_print_cell(const char *text, size_t width, bool is_right, bool is_last,
                                 FILE *out)
{
    int blanks = (int)(width - texttable_width_of(text));
    if (is_right)
        fprintf(out, "%*s%s", blanks, "", text);
    else if (is_last)
        fputs(text, out);
    else
        fprintf(out, "%s%*s", text, blanks, "");
    fputs(is_last ? "\n" : "  ", out);
}

static void texttable_print_row(const struct texttable *table, const char *const *cells,
                                const size_t *widths, FILE *out)
{
    for (size_t i = 0; i < table->columns; i++)
        texttable_print_cell(cells[i], widths[i], table->heads[i][0] == '>',
                             i + 1 == table->columns, out);
}

void texttable_print(const struct texttable *table, const char *empty, FILE *out)
{
    const char *heads[TEXTTABLE_COLUMNS];
    size_t widths[TEXTTABLE_COLUMNS];
    if (table->rows == 0) {
        fprintf(out, "%s\n", empty);
        return;
    }
    for (size_t i = 0; i < table->columns; i++) {
        heads[i] = table->heads[i] + (table->heads[i][0] == '>');
        widths[i] = texttable_width_of(heads[i]);
        for (size_t row = 0; row < table->rows; row++) {
            size_t width = texttable_width_of(table->cells[row * table->columns + i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    texttable_print_row(table, heads, widths, out);
    for (size_t row = 0; row < table->rows; row++)
        texttable_print_row(table, (const char *const *)table->cells + row * table->columns, widths,
                            out);
}

void texttable_fini(struct texttable *table)
{
    for (size_t i = 0; i < table->rows * table->columns; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct texttable){0};
}
