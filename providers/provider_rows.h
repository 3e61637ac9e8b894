/* The rows of one of `providers:`. */
#ifndef PROVIDERS_PROVIDER_ROWS_H
#define PROVIDERS_PROVIDER_ROWS_H
#include "providers/provider.h"
#include "settings/rows.h"

extern const struct setting_table provider_rows; /* struct provider_settings */
/* A currency code, upper case: char *. Also for the gateway's own. */
extern const struct setting_kind provider_rows_currency;

#endif
