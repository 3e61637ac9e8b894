/* Orders as JSON for the operator: also what `order list` and `order show` print when they read the
 * ledger themselves. Pure; every text from a panel was redacted when it was booked. */
#ifndef ADMIN_ORDERJSON_H
#define ADMIN_ORDERJSON_H
#include "base/jsonwriter.h"
#include "ledger/ledger.h"

/* One order as an object, without what surrounds it. doubt: the attempt in doubt, or NULL. */
void orderjson_order(struct jsonwriter *w, const struct ledger_order *order,
                     const struct ledger_attempt *doubt);
/* The answer of LEDGER_QUERY_SHOW: the order with attempts, events, refills and cancels. */
void orderjson_show(struct buf *out, const struct ledger_rows *rows);
/* The newest attempt in doubt of such an answer, or NULL. */
const struct ledger_attempt *orderjson_doubt(const struct ledger_rows *rows);
/* {"orders":[ … ],"next_before":N}: begin, each order, end. next_before is null at the end of the
 * list. */
struct jsonwriter orderjson_list_begin(struct buf *out);
void orderjson_list_end(struct jsonwriter *w, uint32_t next_before);

#endif
