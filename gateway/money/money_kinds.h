/* The kinds of settings that hold amounts, factors and markups. See settings/rows.h. */
#ifndef MONEY_MONEY_KINDS_H
#define MONEY_MONEY_KINDS_H
#include "settings/rows.h"

extern const struct setting_kind money_kinds_amount;   /* struct money, 0 or more, exact */
extern const struct setting_kind money_kinds_exchange; /* struct factor above 0: "1.08" */
extern const struct setting_kind money_kinds_percent;  /* struct percent, bounds in 10^-14: "50%" */
extern const struct setting_kind money_kinds_markup;   /* struct markup: "25% + 0.05" */

#endif
