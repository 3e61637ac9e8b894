/* Exchange rates and percentages, exact to 10^-12. See money.h. */
#include "money/decimal.h"
#include "money/money.h"

enum { FACTOR_DECIMALS = 12 };

static bool parse_factor(struct str text, unsigned decimals, struct factor *out)
{
    struct decimal value;
    if (!decimal_parse(text, decimals, &value) || value.is_cut)
        return false;
    int64_t units = (int64_t)value.magnitude;
    out->units = value.is_negative ? -units : units;
    return true;
}

bool factor_parse(struct str text, struct factor *out)
{
    return parse_factor(text, FACTOR_DECIMALS, out);
}

bool factor_parse_percent(struct str text, struct factor *out)
{
    if (!str_ends(text, STR("%")))
        return false;
    return parse_factor(str_trim(str_first(text, text.len - 1)), FACTOR_DECIMALS - 2, out);
}
