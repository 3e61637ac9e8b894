/* The rows of what we sell: `catalogue:`, `services:`, `imports:` and the keys beside them. */
#ifndef CATALOGUE_CATALOGUE_ROWS_H
#define CATALOGUE_CATALOGUE_ROWS_H
#include "catalogue/catalogue_settings.h"
#include "settings/rows.h"

extern const struct setting_table catalogue_rows; /* struct catalogue_settings, first level */
/* enum ordertype, by any of its spellings. */
extern const struct setting_kind catalogue_rows_type;

#endif
