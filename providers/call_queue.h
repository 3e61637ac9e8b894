/* Questions that wait for a connection below their provider's cap: one bounded queue a provider
 * and loop. Belongs to the loop's thread. A connection that another loop gives back is noticed
 * within 20 ms. */
#ifndef PROVIDERS_ASKQUEUE_H
#define PROVIDERS_ASKQUEUE_H
#include <sys/queue.h>

#include "loop/loop.h"
#include "providers/provider.h"

enum { CALL_QUEUE_MAX = 1024 }; /* waiting at one provider in one loop */

struct call_queue_waiter {
    TAILQ_ENTRY(call_queue_waiter) entry;
    struct loop *loop;
    const struct provider *provider;
    bool is_waiting;
    void (*admit)(struct call_queue_waiter *place); /* with a connection taken for it */
};

/* Takes a connection at once; false when the cap is reached or others wait already. */
bool call_queue_enter(struct loop *loop, const struct provider *provider) MUST_USE;
/* Waits; false when the queue is full. Later admit is called once, unless call_queue_leave was. */
bool call_queue_wait(struct call_queue_waiter *place) MUST_USE;
void call_queue_leave(struct call_queue_waiter *place);
/* Gives a connection back and admits who waited for it. */
void call_queue_give_back(struct loop *loop, const struct provider *provider);

#endif
