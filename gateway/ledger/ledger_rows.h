/* The rows of the ledger: keys of the file's first level. */
#ifndef LEDGER_LEDGER_ROWS_H
#define LEDGER_LEDGER_ROWS_H
#include "ledger/ledger.h"
#include "settings/rows.h"

extern const struct setting_table ledger_rows; /* struct ledger_settings */

#endif
