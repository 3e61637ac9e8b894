/* Which codes are currencies: those of ISO 4217 and what panels use besides. Pure. */
#ifndef MONEY_CURRENCY_H
#define MONEY_CURRENCY_H
#include "base/str.h"

/* Case is ignored. */
bool currency_is_known(struct str code);
/* What was meant by a code that is none, "USD" for "UDS" or "USDD"; NULL: nothing is near enough.
 */
const char *currency_suggest(struct str code);

#endif
