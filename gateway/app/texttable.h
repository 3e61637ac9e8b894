/* struct texttable: columns aligned for people. Cells may come from outside: control characters
 * are masked, so that a terminal shows text and nothing else. One thread. */
#ifndef APP_TEXTTABLE_H
#define APP_TEXTTABLE_H
#include <stdio.h>

#include "base/buf.h"

enum { TEXTTABLE_COLUMNS = 16 };

struct texttable {
    const char *const *heads; /* borrowed; a '>' before one aligns its column to the right */
    size_t columns;
    char **cells; /* owned, row by row */
    size_t rows;
};
void texttable_init(struct texttable *table, const char *const *heads, size_t columns);
/* As many cells as there are columns; NULL is "-". Copied. */
void texttable_add(struct texttable *table, const char *const *cells);
/* Nothing but `empty` and a line end when there is no row. */
void texttable_print(const struct texttable *table, const char *empty, FILE *out);
void texttable_fini(struct texttable *table);

/* The text with control characters masked, for lines of our own. */
void texttable_mask(struct str text, struct buf *out);

#endif
