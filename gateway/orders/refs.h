/* struct refs: adds with a ref of their client's that are being placed now. Whoever sends the same
 * ref meanwhile, on whatever worker, waits for the answer of the first instead of ordering again.
 * What has been placed is in the ledger, under its ref. Process-wide, one mutex; any thread. */
#ifndef ORDERS_REFS_H
#define ORDERS_REFS_H
#include "base/digest.h"
#include "loop/loop.h"

enum { REFS_TEXT_BYTES = 255 }; /* the longest ref */

struct refs;
struct refs *refs_new(void);
void refs_free(struct refs *refs);

/* Someone who waits. Allocated by the waiter, whose message is run once on its loop; from then on
 * it is the waiter's again. */
struct refs_waiter {
    struct loop_message message; /* first */
    struct loop *loop;
    struct refs_waiter *next; /* the table's */
    struct digest digest;     /* of what it orders; set by refs_join */
    bool is_same;             /* as the first one's */
    uint32_t order;           /* 0: refused, */
    const char *refusal;      /* and why; static */
};
enum refs_join {
    REFS_BEGUN,  /* nobody was placing it: the caller does, and must end it */
    REFS_JOINED, /* the waiter's message will be run */
    REFS_GIVEN,  /* its number was given already: waiter->order, is_same */
};
enum refs_join refs_join(struct refs *refs, unsigned client_id, struct str ref,
                         const struct digest *digest, struct refs_waiter *waiter);
/* Its number was given, and that is durable; the placing goes on. Without effect when nobody is
 * placing it. */
void refs_give(struct refs *refs, unsigned client_id, struct str ref, uint32_t order);
/* The end: order 0 is a refusal, which the ledger knows by now. */
void refs_end(struct refs *refs, unsigned client_id, struct str ref, uint32_t order,
              const char *refusal);

#endif
