/* status for clients: from the last known state when fresh, else the panel is asked (one flight per
 * order, however many ask), and after status_within the last known state is given. A desk's thread.
 */
#ifndef ORDERS_FOLLOW_H
#define ORDERS_FOLLOW_H
#include "orders/order_context.h"

struct status_query_status {
    uint32_t id;         /* as asked; 0 stays unfound */
    bool is_found;       /* false: Incorrect order ID, or */
    bool is_unavailable; /* the books could not be read: try again later */
    /* As the client sees it: paid is its charge, Canceled 0; remains of a canceled one the
     * quantity. */
    struct order_course course;
    enum ordertype type;
    struct str extra; /* `"posts":"10","orders":["7"]` to append to the object, or STR_NONE */
};
/* ids: at most 100, copied, in the client's order; doubles allowed. done once, later; the results
 * live until it returns. */
typedef void status_query_done_fn(const struct status_query_status *list, size_t count, void *arg);
void status_query_start(struct order_context *context, unsigned client_id, const uint32_t *ids,
                        size_t count, status_query_done_fn *done, void *arg);
/* When every id is known and fresh: fills out (count entries, extra in the arena) at once and
 * returns true, and nothing else happens; else false and the caller starts a follow. */
bool status_query_now(struct order_context *context, unsigned client_id, const uint32_t *ids,
                      size_t count, struct arena *arena, struct status_query_status *out);

#endif
