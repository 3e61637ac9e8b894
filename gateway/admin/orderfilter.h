/* Which orders a list is of: the filters of GET /orders and of `order list`, as words, become the
 * ledger's query. Pure. */
#ifndef ADMIN_ORDERFILTER_H
#define ADMIN_ORDERFILTER_H
#include "base/fault.h"
#include "ledger/ledger.h"

enum { ORDERFILTER_LIMIT_DEFAULT = 50, ORDERFILTER_LIMIT_MAX = 1000 };

struct orderfilter {  /* STR_NONE or "": not given */
    struct str state; /* names of states, separated by commas */
    struct str client, provider, service, link, upstream, since, until, before, limit;
    bool is_doubt;
    bool has_refused; /* tries that were refused, too */
};
/* The texts are borrowed. A fault says which filter is wrong and what would be right. */
bool orderfilter_read(const struct orderfilter *given, struct ledger_query *out,
                      struct fault *why) MUST_USE;
/* What the ledger does by itself in a list; for orders that come from elsewhere. */
bool orderfilter_matches(const struct ledger_query *query, const struct ledger_order *order);

#endif
