/* struct statuspoll: asks panels for the status of orders this desk leads the flights of. Per
 * provider a queue: when the provider's rate bucket lets it, what waits goes out, one id singly,
 * several as one multi-status of up to 100; panels that cannot do that are found out and asked
 * singly. Each landing settles the order, writes what changed and ends the flight. The desk's
 * thread. */
#ifndef ORDERS_STATUSPOLL_H
#define ORDERS_STATUSPOLL_H
#include "orders/liveorders.h"

struct desk;
struct statuspoll;
struct statuspoll *statuspoll_new(struct desk *desk);
/* Cancels what is under way and asks nothing any more; flights land unanswered. */
void statuspoll_stop(struct statuspoll *poll);
void statuspoll_free(struct statuspoll *poll);
/* The caller leads order's flight; it ends by liveorders_land within wait_ms (for the rate bucket)
 * plus the provider's time-out, at once when the provider may not be asked. */
void statuspoll_ask(struct statuspoll *poll, const struct liveorder *order, int64_t wait_ms);
/* After a group of statuspoll_ask: what was asked, by others as well, goes out together when the
 * loop is quiet. */
void statuspoll_flush(struct statuspoll *poll);

#endif
