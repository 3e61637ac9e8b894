/* See money_private.h. */
#include "money/money_private.h"

enum { TEXT_MAX = 4096, EXPONENT_MAX = 1000 };

/* "E-5" and the like at the end of the text; cuts it off. */
static bool decimal_take_exponent(struct str *text, int *exponent_out)
{
    size_t at = 0;
    int64_t value;
    *exponent_out = 0;
    while (at < text->len && text->ptr[at] != 'e' && text->ptr[at] != 'E')
        at++;
    if (at == text->len)
        return true;
    struct str digits = str_from(*text, at + 1);
    if (digits.len > 1 && digits.ptr[0] == '+')
        digits = str_from(digits, 1);
    if (!str_to_i64(digits, &value) || value > EXPONENT_MAX || value < -EXPONENT_MAX)
        return false;
    *exponent_out = (int)value;
    text->len = at;
    return true;
}

/* One digit that stands for digit x 10^power of the smallest unit. */
static bool decimal_add_digit(struct decimal *value, unsigned digit, int power)
{
    if (power < 0) {
        value->is_cut |= digit != 0;
        value->tail += power == -1 ? digit * 10 : power == -2 ? digit : 0;
        value->is_tail_rounded_up |= power == -3 && digit >= 5;
        return true;
    }
    return !__builtin_mul_overflow(value->magnitude, 10, &value->magnitude) &&
           !__builtin_add_overflow(value->magnitude, digit, &value->magnitude) &&
           value->magnitude <= INT64_MAX;
}

static bool decimal_raise_by(struct decimal *value, int power)
{
    for (; power > 0 && value->magnitude != 0; power--)
        if (__builtin_mul_overflow(value->magnitude, 10, &value->magnitude) ||
            value->magnitude > INT64_MAX)
            return false;
    return true;
}

bool decimal_parse(struct str text, unsigned decimals, struct decimal *out)
{
    struct decimal value = {0};
    int exponent, power;
    if (text.len == 0 || text.len > TEXT_MAX)
        return false;
    if (text.ptr[0] == '-' || text.ptr[0] == '+') {
        value.is_negative = text.ptr[0] == '-';
        text = str_from(text, 1);
    }
    if (!decimal_take_exponent(&text, &exponent))
        return false;
    size_t point = str_find_byte(text, '.');
    size_t whole = point == SIZE_MAX ? text.len : point;
    if (text.len == (point != SIZE_MAX)) /* a point alone, or nothing */
        return false;
    power = (int)whole + exponent + (int)decimals;
    int written = (int)(text.len - whole) - (point != SIZE_MAX) - exponent;
    value.written = written > 0 ? (unsigned)written : 0;
    for (size_t i = 0; i < text.len; i++) {
        if (i == point)
            continue;
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (!decimal_add_digit(&value, (unsigned)(text.ptr[i] - '0'), --power))
            return false;
    }
    if (!decimal_raise_by(&value, power))
        return false;
    *out = value;
    return true;
}

decimal_wide decimal_divide_up(decimal_wide a, decimal_wide b)
{
    decimal_wide quotient = a / b;
    return a % b > 0 ? quotient + 1 : quotient;
}

bool decimal_narrow(decimal_wide value, int64_t *out)
{
    if (value > INT64_MAX || value < INT64_MIN)
        return false;
    *out = (int64_t)value;
    return true;
}

int64_t decimal_power(unsigned power)
{
    int64_t value = 1;
    ASSERT(power <= 18);
    while (power-- > 0)
        value *= 10;
    return value;
}
