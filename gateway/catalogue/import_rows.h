/* The rows of one of `imports:`. */
#ifndef CATALOGUE_IMPORT_ROWS_H
#define CATALOGUE_IMPORT_ROWS_H
#include "catalogue/catalogue_settings.h"
#include "settings/rows.h"

extern const struct setting_table import_rows; /* struct import_settings */

#endif
