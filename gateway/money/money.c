/* See money.h. */
#include "money/money.h"

#include <math.h>
#include <stdio.h>

#include "base/digits.h"
#include "base/jsonwriter.h"
#include "money/money_private.h"
#include "money/quote.h"
#include "settings/rows.h"

enum { DECIMALS = 8, PLAIN_WHOLE = 10, NOISE_DECIMALS = 12 };

/* Some digits, and perhaps a point and some more: nearly all amounts there are, and no rounding. 22
 * ns beside the 45 of decimal_parse, its plain twin, which takes what this leaves (gcc -O2). */
static bool money_parse_plain(struct str text, struct money *out)
{
    int64_t units = 0;
    unsigned digit;
    size_t i = 0, max = text.len < PLAIN_WHOLE ? text.len : PLAIN_WHOLE;
    for (; i < max && (digit = (unsigned)(text.ptr[i] - '0')) <= 9; i++)
        units = units * 10 + digit;
    if (i == 0 || (i < text.len && text.ptr[i++] != '.'))
        return false;
    size_t left = DECIMALS;
    for (; i < text.len && left > 0 && (digit = (unsigned)(text.ptr[i] - '0')) <= 9; i++, left--)
        units = units * 10 + digit;
    if (i < text.len)
        return false;
    for (; left > 0; left--)
        units *= 10;
    out->units = units;
    return true;
}

/* More than 12 decimals are the noise of a float: 0.10000000000000001 is 0.1. They are rounded to
 * 10 before what is left of them is rounded up. */
static void money_drop_noise(struct decimal *value)
{
    unsigned tail = value->tail + value->is_tail_rounded_up;
    value->magnitude += tail == 100;
    value->is_cut = tail != 0 && tail != 100;
}

bool money_parse(struct str text, enum money_rounding rounding, struct money *out)
{
    struct decimal value;
    if (money_parse_plain(text, out))
        return true;
    if (!decimal_parse(text, DECIMALS, &value))
        return false;
    if (value.is_cut && rounding == MONEY_EXACT)
        return false;
    if (value.written > NOISE_DECIMALS && rounding == MONEY_UP)
        money_drop_noise(&value);
    value.magnitude += value.is_cut && !value.is_negative;
    if (value.magnitude > INT64_MAX)
        return false;
    int64_t units = (int64_t)value.magnitude;
    out->units = value.is_negative ? -units : units;
    return true;
}

bool money_from_double(double value, struct money *out)
{
    char text[48];
    if (!isfinite(value))
        return false;
    int len = snprintf(text, sizeof text, "%.15g", value);
    return money_parse(str_make(text, (size_t)len), MONEY_UP, out);
}

/* Two digits at a time: 15 ns beside 29 of a loop over digits and 91 of snprintf (gcc -O2), and an
 * answer to `status` has up to a hundred amounts. */
size_t money_print(struct money amount, unsigned min_decimals, char out[MONEY_TEXT])
{
    uint64_t units = amount.units < 0 ? 0 - (uint64_t)amount.units : (uint64_t)amount.units;
    uint64_t whole = units / MONEY_ONE;
    uint32_t part = (uint32_t)(units % MONEY_ONE), high = part / 10000, low = part % 10000;
    size_t decimals = DECIMALS, min = min_decimals < DECIMALS ? min_decimals : DECIMALS;
    char *at = out;
    if (amount.units < 0)
        *at++ = '-';
    at = digits_put(at, whole);
    *at++ = '.';
    digits_put_pair(at, high / 100);
    digits_put_pair(at + 2, high % 100);
    digits_put_pair(at + 4, low / 100);
    digits_put_pair(at + 6, low % 100);
    while (decimals > min && at[decimals - 1] == '0')
        decimals--;
    at = decimals > 0 ? at + decimals : at - 1;
    *at = '\0';
    return (size_t)(at - out);
}

void money_write_json(struct jsonwriter *w, const char *key, struct money amount)
{
    char text[MONEY_TEXT];
    size_t len = money_print(amount, 2, text);
    jsonwriter_text(w, key, str_make(text, len));
}

bool money_add(struct money a, struct money b, struct money *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a.units, b.units, &sum))
        return false;
    out->units = sum;
    return true;
}

bool money_subtract(struct money a, struct money b, struct money *out)
{
    int64_t difference;
    if (__builtin_sub_overflow(a.units, b.units, &difference))
        return false;
    out->units = difference;
    return true;
}

bool money_round_up(struct money amount, unsigned decimals, struct money *out)
{
    ASSERT(decimals <= DECIMALS);
    int64_t step = decimal_power(DECIMALS - decimals);
    return decimal_narrow(decimal_divide_up(amount.units, step) * step, &out->units);
}

bool money_share_up(struct money amount, int64_t part, int64_t whole, unsigned decimals,
                    struct money *out)
{
    ASSERT(decimals <= DECIMALS);
    if (whole <= 0 || part < 0)
        return false;
    int64_t step = decimal_power(DECIMALS - decimals);
    decimal_wide product = (decimal_wide)amount.units * part;
    return decimal_narrow(decimal_divide_up(product, (decimal_wide)whole * step) * step,
                          &out->units);
}

/* ---- exchange rates and percentages, with 12 decimals both ---- */

enum { FACTOR_DECIMALS = 12, PERCENT_DECIMALS = 12 };

static bool money_parse_units(struct str text, unsigned decimals, int64_t *out)
{
    struct decimal value;
    if (!decimal_parse(text, decimals, &value) || value.is_cut)
        return false;
    int64_t units = (int64_t)value.magnitude;
    *out = value.is_negative ? -units : units;
    return true;
}

bool money_parse_factor(struct str text, struct factor *out)
{
    return money_parse_units(text, FACTOR_DECIMALS, &out->units);
}

bool money_parse_percent(struct str text, struct percent *out)
{
    if (!str_ends(text, STR("%")))
        return false;
    return money_parse_units(str_trim(str_first(text, text.len - 1)), PERCENT_DECIMALS,
                             &out->units);
}

/* ---- as settings ---- */

static bool money_kinds_parse_amount(struct str text, const struct setting_row *row, void *field,
                                     struct fault *why)
{
    (void)row;
    struct money amount;
    if (!money_parse(text, MONEY_EXACT, &amount))
        return false;
    if (amount.units < 0)
        return fault_set(why, FAULT_INVALID, "is below 0; an amount from 0 is right");
    *(struct money *)field = amount;
    return true;
}

const struct setting_kind money_kinds_amount = {
    .name = "an amount",
    .form = "such as 1.20, with 8 decimals at most",
    .size = sizeof(struct money),
    .parse = money_kinds_parse_amount,
};

static bool money_kinds_parse_exchange(struct str text, const struct setting_row *row, void *field,
                                       struct fault *why)
{
    (void)row;
    struct factor factor;
    if (!money_parse_factor(text, &factor))
        return false;
    if (factor.units <= 0)
        return fault_set(why, FAULT_INVALID, "must be above 0; what one unit is worth is right");
    *(struct factor *)field = factor;
    return true;
}

const struct setting_kind money_kinds_exchange = {
    .name = "an exchange rate",
    .form = "such as 1.08, with 12 decimals at most",
    .size = sizeof(struct factor),
    .parse = money_kinds_parse_exchange,
};

/* As what bounds are: whole percents, or the least above none. */
static struct str money_kinds_bound_print(int64_t units, char room[32])
{
    const int64_t one = PERCENT_WHOLE / 100;
    if (units % one == 0)
        snprintf(room, 32, "%lld%%", (long long)(units / one));
    else
        snprintf(room, 32, "%lld.%lld%%", (long long)(units / one),
                 (long long)(units % one / (one / 10)));
    return str_of(room);
}

static bool money_kinds_parse_percent(struct str text, const struct setting_row *row, void *field,
                                      struct fault *why)
{
    struct percent percent;
    char min[32], max[32];
    if (!money_parse_percent(text, &percent))
        return false;
    if (percent.units < row->min || percent.units > row->max)
        return fault_set(why, FAULT_INVALID, "is out of range; " STR_FMT " to " STR_FMT " is right",
                         STR_ARG(money_kinds_bound_print(row->min, min)),
                         STR_ARG(money_kinds_bound_print(row->max, max)));
    *(struct percent *)field = percent;
    return true;
}

const struct setting_kind money_kinds_percent = {
    .name = "a percentage",
    .form = "such as 50% or 2.5%",
    .size = sizeof(struct percent),
    .parse = money_kinds_parse_percent,
};

static bool money_kinds_parse_markup(struct str text, const struct setting_row *row, void *field,
                                     struct fault *why)
{
    (void)row;
    struct markup markup;
    if (!quote_parse_markup(text, &markup))
        return false;
    if (markup.percent.units <= -PERCENT_WHOLE)
        return fault_set(why, FAULT_INVALID, "gives everything away; above -100%% is right");
    *(struct markup *)field = markup;
    return true;
}

const struct setting_kind money_kinds_markup = {
    .name = "a markup",
    .form = "such as 25%, -3%, 0.05 or 25% + 0.05",
    .size = sizeof(struct markup),
    .parse = money_kinds_parse_markup,
};
