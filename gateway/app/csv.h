/* Free text in CSV: quoted, and never taken for a formula by a spreadsheet. One thread. */
#ifndef APP_CSV_H
#define APP_CSV_H
#include <stdio.h>

void csv_print_text(const char *text, FILE *out);

#endif
