/* struct count: a whole number of pieces as panels and clients write it: remains, start counts,
 * limits, quantities. "1,500", "1.500", "1 500" and "1'500" are 1500; a count has no decimals but
 * zeros: "12.00" is 12, "12.5" is no count. Arabic and Persian digits are digits. Pure, any thread.
 */
#ifndef PROTOCOL_COUNT_H
#define PROTOCOL_COUNT_H
#include "base/str.h"

struct count {
    int64_t value;
    bool has_plus; /* "+12" */
    /* One '.' or ',' before exactly three digits: taken for a mark between thousands, but it may be
     * a decimal point: "2.000" is 2000, or 2. */
    bool is_ambiguous;
    int64_t other;       /* with it as the decimal point, the fraction cut off */
    bool is_other_whole; /* and the fraction is zero */
};

static inline struct count count_exactly(int64_t value)
{
    return (struct count){.value = value};
}
/* False for what is no whole number, or beyond 64 bits. */
bool count_parse(struct str text, struct count *out) MUST_USE;
/* The reading that does not exceed most; the thousands where both do or neither does. False where
 * only a reading with a fraction is left. most <= 0: no ceiling is known. */
bool count_within(struct count count, int64_t most, int64_t *out) MUST_USE;

#endif
