/* What each provider holds for us, as last read: one cell for each provider, written by the
 * refresher, read by any thread. */
#ifndef CATALOGUE_BALANCES_H
#define CATALOGUE_BALANCES_H
#include "providers/provider.h"

struct balance_cell {
    bool is_known;
    struct money amount; /* the provider's currency */
    int64_t at_ms;       /* wall */
};
struct balance_cell balances_get(unsigned provider_id);
void balances_set(unsigned provider_id, struct money amount, int64_t wall_at_ms);
/* The sum over the set in our currency, each rounded down to 10^-8; unknown ones count nothing. */
struct money balances_sum(const struct provider_set *set);

#endif
