/* Price, cost and, for each offer, why it would be taken or skipped. Also what place plans with. */
#ifndef ORDERS_EXPLAIN_H
#define ORDERS_EXPLAIN_H
#include "orders/draft.h"
#include "orders/order_context.h"

/* The candidates of a draft, one per offer of its service (at most RANKING_MAX), with what health
 * and configuration say now. Looks only. */
size_t explain_candidates(struct order_context *context, const struct draft *draft,
                          struct candidate candidates_out[RANKING_MAX]);

/* The offers (bits) to which those attempts went: each is tried once for an order. */
uint64_t explain_tried(const struct provider_set *providers, const struct service *service,
                       const struct ledger_attempt *attempts, size_t count);

#endif
