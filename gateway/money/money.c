/* See money.h. */
#include "money/money.h"

#include <math.h>
#include <stdio.h>

#include "money/decimal.h"

enum { DECIMALS = 8 };

bool money_parse(struct str text, enum money_rounding rounding, struct money *out)
{
    struct decimal value;
    if (!decimal_parse(text, DECIMALS, &value))
        return false;
    if (value.is_cut && rounding == MONEY_EXACT)
        return false;
    if (value.is_cut && !value.is_negative && ++value.magnitude > INT64_MAX)
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

size_t money_print(struct money amount, unsigned min_decimals, char out[MONEY_TEXT])
{
    bool is_negative = amount.units < 0;
    uint64_t units = is_negative ? 0 - (uint64_t)amount.units : (uint64_t)amount.units;
    char digits[MONEY_TEXT]; /* from its end on; by hand, for lists of statuses are full of amounts
                              */
    size_t at = sizeof digits, decimals = 0,
           least = min_decimals < DECIMALS ? min_decimals : DECIMALS;
    for (; decimals < DECIMALS || units > 0; decimals++, units /= 10) {
        if (decimals == DECIMALS)
            digits[--at] = '.';
        digits[--at] = (char)('0' + units % 10);
    }
    if (decimals == DECIMALS) {
        digits[--at] = '.';
        digits[--at] = '0';
    }
    if (is_negative)
        digits[--at] = '-';
    size_t len = sizeof digits - at;
    size_t shortest = len - DECIMALS + least;
    while (len > shortest && digits[at + len - 1] == '0')
        len--;
    if (digits[at + len - 1] == '.')
        len--;
    memcpy(out, digits + at, len);
    out[len] = '\0';
    return len;
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
