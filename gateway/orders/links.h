/* struct links: which links have an unfinished order of a service that takes one order per link at
 * a time (by a hash of service and link), and who waits for one, first come first served. Each
 * unfinished order in the table keeps its own, and one that is being placed keeps it by a
 * reservation. Who waits stands here by its number; its turn comes when nobody keeps the link.
 * Process-wide, one mutex; any thread. */
#ifndef ORDERS_LINKS_H
#define ORDERS_LINKS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINKS_WAITING_MAX = 10000, LINKS_WAITING_PER_LINK_MAX = 100 };

struct links;
struct links *links_new(void);
void links_free(struct links *links);

/* hash 0 is no link in all of these. */
void links_keep(struct links *links, int64_t hash);
/* False: an order has it, or waits for it. */
bool links_reserve(struct links *links, int64_t hash);
/* What was kept or reserved. */
void links_release(struct links *links, int64_t hash);

enum links_place {
    LINKS_RESERVED,
    LINKS_QUEUED, /* it is the order's turn only once links_ready was called */
    LINKS_FULL    /* too many wait, for this link or in all */
};
enum links_place links_reserve_or_queue(struct links *links, int64_t hash, uint32_t order);
/* It is in the ledger, so its turn may come. */
void links_ready(struct links *links, int64_t hash, uint32_t order);
/* It waits no longer. Nothing when its turn has come. */
void links_leave(struct links *links, int64_t hash, uint32_t order);

/* An order of the ledger that waits, however many do: by number, before links_start. */
void links_load(struct links *links, int64_t hash, uint32_t order);
/* All that keep a link are known: from now on turns come. */
void links_start(struct links *links);

/* An order whose turn has come; the link is reserved for it. */
struct links_turn {
    uint32_t order;
    int64_t hash;
};
bool links_take_turn(struct links *links, struct links_turn *out);
/* Called after a turn has come, without any lock, on the thread that brought it about. */
void links_on_turn(struct links *links, void (*call)(void *arg), void *arg);
size_t links_waiting(struct links *links);

#endif
