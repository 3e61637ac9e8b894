/* status for clients: from the last known state when fresh, else the panel is queried (one query
 * per order, however many want it), and after status_within the last known state is given. An order
 * context's thread. */
#ifndef ORDERS_STATUS_QUERY_H
#define ORDERS_STATUS_QUERY_H
#include "orders/order_context.h"

struct status_query_status {
    uint32_t id;         /* as asked; 0 stays unfound */
    bool is_found;       /* false: Incorrect order ID, or */
    bool is_unavailable; /* the ledger could not be read: try again later */
    const char *word;
    struct order_course course; /* as the client sees it; paid is its charge */
    struct str extra; /* `"posts":"10","orders":["7"]` to append to the object, or STR_NONE */
};
typedef void status_query_done_fn(const struct status_query_status *list, size_t count, void *arg);
/* ids: at most 100, in the client's order; doubles allowed. True: every id is known and fresh, out
 * is filled (count entries, extra in the arena), and that is all. False: done is called once,
 * later, with a list that lives until it returns; ids are copied, out is not used any more. */
bool status_query_start(struct order_context *context, unsigned client_id, const uint32_t *ids,
                        size_t count, struct arena *arena, struct status_query_status *out,
                        status_query_done_fn *done, void *arg);

#endif
