/* See csv.h. */
#include "app/csv.h"

#include <stdbool.h>
#include <string.h>

static bool csv_is_number(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789");
    size_t part = text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0;
    return whole > 0 && part != 1 && text[whole + part] == '\0';
}

/* Free text. A spreadsheet takes what begins so for a formula, and would carry it out. */
void csv_print_text(const char *text, FILE *out)
{
    putc('"', out);
    if (*text && strchr("=+-@\t\r", *text) && !csv_is_number(text))
        putc('\'', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}
