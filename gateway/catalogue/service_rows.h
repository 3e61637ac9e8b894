/* The rows of one of `services:`. */
#ifndef CATALOGUE_SERVICE_ROWS_H
#define CATALOGUE_SERVICE_ROWS_H
#include "catalogue/catalogue_settings.h"
#include "settings/rows.h"

extern const struct setting_table service_rows;            /* struct service_settings */
extern const struct setting_choice service_rows_margins[]; /* never_below_cost, allow_loss */

#endif
