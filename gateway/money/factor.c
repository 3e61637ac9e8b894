/* Exchange rates and percentages, with 12 decimals both. See money.h. */
#include "money/decimal.h"
#include "money/money.h"

enum { FACTOR_DECIMALS = 12, PERCENT_DECIMALS = 12 };

static bool factor_parse_units(struct str text, unsigned decimals, int64_t *out)
{
    struct decimal value;
    if (!decimal_parse(text, decimals, &value) || value.is_cut)
        return false;
    int64_t units = (int64_t)value.magnitude;
    *out = value.is_negative ? -units : units;
    return true;
}

bool factor_parse(struct str text, struct factor *out)
{
    return factor_parse_units(text, FACTOR_DECIMALS, &out->units);
}

bool factor_parse_percent(struct str text, struct percent *out)
{
    if (!str_ends(text, STR("%")))
        return false;
    return factor_parse_units(str_trim(str_first(text, text.len - 1)), PERCENT_DECIMALS,
                              &out->units);
}
