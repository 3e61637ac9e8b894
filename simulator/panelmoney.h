/* The simulated panel's own arithmetic of amounts, in 10^-8 of its currency. Pure. */
#ifndef SIMULATOR_PANELMONEY_H
#define SIMULATOR_PANELMONEY_H
#include "base/buf.h"

/* "12", "-0.5", "0.27819"; digits past the eighth are dropped. False when it is no such number. */
bool panelmoney_parse(struct str text, int64_t *out) MUST_USE;
/* At least two decimals, at most eight. */
void panelmoney_print(struct buf *out, int64_t amount);
/* rate is for 1000; rounded up to 10^-8. */
int64_t panelmoney_charge(int64_t rate, int64_t quantity, bool is_flat);

#endif
