/* A kept list as text, for the ledger and the cache: compact JSON of our own,
 *   {"version":1,"fetched":<wall ms>,
 *    "rows":[[id,name,category,type,rate,min,max,flags],…],
 *    "held":[[id,pending,accepted,lists,since,held since],…]}
 * rate null: unreadable; min and max null: not said; flags: 1 refill, 2 cancel, 4 dripfeed, 8 the
 * limits leave nothing, 16 and 32 refill and cancel are denied. held: the quarantined prices;
 * pending null: unreadable, accepted null: none; the version before wrote no "held since". What is
 * ill-formed in any place is absent as a whole: the cache is not the truth. Pure. */
#ifndef CATALOGUE_LISTTEXT_H
#define CATALOGUE_LISTTEXT_H
#include "base/buf.h"
#include "catalogue/pricebook.h"
#include "catalogue/provider_list.h"

enum { LISTTEXT_MAX = 64 * 1024 * 1024 };

/* False when it would pass the buffer's ceiling. book may be NULL. */
bool listtext_print(const struct provider_list *list, const struct pricebook *book,
                    struct buf *out) MUST_USE;
/* NULL when ill-formed. book, when not NULL, gets the accepted price of each row and what was
 * held; prices that it holds already stay as they are when keep_known. */
struct provider_list *listtext_parse(struct str text, struct pricebook *book, bool keep_known);

#endif
