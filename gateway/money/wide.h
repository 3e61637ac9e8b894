/* Signed numbers of 256 bits, just enough to compute a price without any rounding before the last:
 * base x exchange x two factors needs 252 bits. Pure, any thread. */
#ifndef MONEY_WIDE_H
#define MONEY_WIDE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

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
