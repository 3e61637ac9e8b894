/* Upstream calls that wait for a connection below their provider's max_connections: one bounded
 * queue per provider and loop, each used by its loop's thread only. A connection given back by
 * another loop wakes a loop that waits for it. */
#ifndef PROVIDERS_CALL_QUEUE_H
#define PROVIDERS_CALL_QUEUE_H
#include <sys/queue.h>

#include "loop/loop.h"
#include "providers/provider.h"

enum { CALL_QUEUE_MAX = 1024 }; /* waiting for one provider in one loop */

struct call_queue_waiter {
    TAILQ_ENTRY(call_queue_waiter) entry;
    struct loop *loop;
    const struct provider *provider;
    bool is_waiting;
    void (*admit)(struct call_queue_waiter *waiter); /* with a connection taken for it */
};

/* Takes a connection at once; false when the cap is reached or others wait already. */
bool call_queue_enter(const struct provider *provider) MUST_USE;
/* Waits; false when the queue is full. admit is called once, later, unless call_queue_leave was. */
bool call_queue_wait(struct call_queue_waiter *waiter) MUST_USE;
void call_queue_leave(struct call_queue_waiter *waiter);
/* Gives a connection back and admits whoever waited for it, here or on another loop. */
void call_queue_give_back(struct loop *loop, const struct provider *provider);

#endif
