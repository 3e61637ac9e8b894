/* struct draft: an order as a client wants it, checked against its service and type, its fields
 * normalised, its quantity derived and its charge quoted. Pure; the arena holds the fields. */
#ifndef ORDERS_DRAFT_H
#define ORDERS_DRAFT_H
#include "base/arena.h"
#include "base/fault.h"
#include "catalogue/catalogue.h"
#include "protocol/field.h"

enum { DRAFT_LINK_BYTES = 2048, DRAFT_LIST_BYTES = 262144, DRAFT_LIST_LINES = 100000 };

struct draft {
    const struct service *service; /* borrowed from the pinned catalogue */
    enum ordertype type;
    struct fields fields; /* normalised */
    int64_t quantity;     /* what the charge counts: runs x quantity; subscriptions 0 */
    int64_t run_quantity; /* what min and max are about */
    struct money rate;    /* published, for this client */
    struct money charge;  /* quoted; subscriptions 0 */
};

/* given: the values as the client sent them (empty ones count as absent); rate: the client's
 * published rate. A fault's words are the client's answer: "Missing parameter: comments", "Quantity
 * less than minimal 10"… */
bool draft_make(const struct service *service, struct money rate, unsigned decimals,
                const struct fields *given, struct arena *arena, struct draft *out,
                struct fault *why);
/* The same fields as kept in the books, taken as they are (resume, resolve). */
bool draft_restore(const struct service *service, struct money rate, struct money charge,
                   int64_t quantity, const struct fields *kept, struct draft *out,
                   struct fault *why);
/* What is left of it once `delivered` was delivered elsewhere for `spent`: a smaller quantity, and
 * so much less that may be spent. */
void draft_reduce(struct draft *draft, int64_t delivered, struct money spent, struct arena *arena);

#endif
