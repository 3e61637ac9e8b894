/* Numbers as the files of this room and its tests work with them. */
#ifndef MONEY_MONEY_PRIVATE_H
#define MONEY_MONEY_PRIVATE_H
#include "base/memory.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

/* Decimal text into a whole number of 10^-decimals: what money and factors share. Pure, any
 * thread. */
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

/* Signed numbers of 256 bits, just enough to compute a price without any rounding before the last:
 * base x exchange x two factors needs 252 bits. Pure, any thread. */
enum { WIDE_LIMBS = 4 };
struct wide {
    uint64_t limb[WIDE_LIMBS]; /* the magnitude, least significant first */
    bool is_negative;
};

struct wide wide_make(int64_t value);
/* An overflow of either is a bug: the callers' bounds exclude it. */
struct wide wide_multiply(struct wide a, int64_t factor);
struct wide wide_add(struct wide a, struct wide b);
/* a x 10^power. */
struct wide wide_raise(struct wide a, unsigned power);
bool wide_is_zero(const struct wide *a);
/* a / 10^power towards plus infinity, for a >= 0; false when it does not fit. */
bool wide_lower_up(struct wide a, unsigned power, int64_t *out) MUST_USE;

#endif
