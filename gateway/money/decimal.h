/* Decimal text into a whole number of 10^-decimals: what money and factors share. Pure, any
 * thread. */
#ifndef MONEY_DECIMAL_H
#define MONEY_DECIMAL_H
#include "base/str.h"

__extension__ typedef __int128 decimal_wide;

struct decimal {
    uint64_t magnitude; /* in units of 10^-decimals, cut off */
    bool is_negative;
    bool is_cut;             /* a digit other than 0 stood beyond the last decimal */
    unsigned written;        /* decimals in the text, its exponent counted in */
    unsigned tail;           /* the two digits beyond the last decimal, 0 to 99 */
    bool is_tail_rounded_up; /* the digit behind those is 5 or more */
};

/* Optional sign, digits with an optional point, optional exponent; nothing else, 4096 bytes at
 * most. False also when it is beyond 2^63 - 1 units. */
bool decimal_parse(struct str text, unsigned decimals, struct decimal *out) MUST_USE;
/* a / b towards plus infinity, b > 0. */
decimal_wide decimal_divide_up(decimal_wide a, decimal_wide b);
/* False when the value does not fit. */
bool decimal_narrow(decimal_wide value, int64_t *out) MUST_USE;
/* 10^power, 0 <= power <= 18. */
int64_t decimal_power(unsigned power);

#endif
