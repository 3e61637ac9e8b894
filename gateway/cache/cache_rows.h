/* The row of the cache: a key of the file's first level. */
#ifndef CACHE_CACHE_ROWS_H
#define CACHE_CACHE_ROWS_H
#include "base/str.h"
#include "cache/cache.h"
#include "settings/rows.h"

extern const struct setting_table cache_rows; /* struct cache_settings */

#endif
