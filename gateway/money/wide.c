/* See money_private.h. */

#include "money/money_private.h"

__extension__ typedef unsigned __int128 double_limb;

struct wide wide_make(int64_t value)
{
    bool is_negative = value < 0;
    uint64_t magnitude = is_negative ? 0 - (uint64_t)value : (uint64_t)value;
    return (struct wide){.limb = {magnitude}, .is_negative = is_negative};
}

struct wide wide_multiply(struct wide a, int64_t factor)
{
    uint64_t by = factor < 0 ? 0 - (uint64_t)factor : (uint64_t)factor;
    double_limb carry = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        carry += (double_limb)a.limb[i] * by;
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    ASSERT(carry == 0);
    a.is_negative ^= factor < 0;
    return a;
}

static int wide_compare_magnitude(const struct wide *a, const struct wide *b)
{
    for (int i = WIDE_LIMBS - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

static struct wide wide_subtract_magnitude(struct wide a, const struct wide *b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        double_limb left = (double_limb)a.limb[i] - b->limb[i] - borrow;
        a.limb[i] = (uint64_t)left;
        borrow = (left >> 64) != 0;
    }
    return a;
}

struct wide wide_add(struct wide a, struct wide b)
{
    double_limb carry = 0;
    if (a.is_negative != b.is_negative)
        return wide_compare_magnitude(&a, &b) >= 0 ? wide_subtract_magnitude(a, &b)
                                                   : wide_subtract_magnitude(b, &a);
    for (int i = 0; i < WIDE_LIMBS; i++) {
        carry += (double_limb)a.limb[i] + b.limb[i];
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    ASSERT(carry == 0);
    return a;
}

struct wide wide_raise(struct wide a, unsigned power)
{
    for (; power > 18; power -= 18)
        a = wide_multiply(a, decimal_power(18));
    return wide_multiply(a, decimal_power(power));
}

bool wide_is_zero(const struct wide *a)
{
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

static uint64_t wide_divide_magnitude(struct wide *a, uint64_t by)
{
    double_limb rest = 0;
    for (int i = WIDE_LIMBS - 1; i >= 0; i--) {
        rest = rest << 64 | a->limb[i];
        a->limb[i] = (uint64_t)(rest / by);
        rest %= by;
    }
    return (uint64_t)rest;
}

bool wide_lower_up(struct wide a, unsigned power, int64_t *out)
{
    bool has_rest = false;
    ASSERT(!a.is_negative || wide_is_zero(&a));
    while (power > 0) {
        unsigned step = power < 18 ? power : 18;
        has_rest |= wide_divide_magnitude(&a, (uint64_t)decimal_power(step)) != 0;
        power -= step;
    }
    if (a.limb[1] | a.limb[2] | a.limb[3] || a.limb[0] > (uint64_t)INT64_MAX - has_rest)
        return false;
    *out = (int64_t)a.limb[0] + has_rest;
    return true;
}
