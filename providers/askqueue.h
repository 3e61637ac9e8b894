/* Questions that wait for a connection below their provider's cap: one bounded queue a provider
 * and loop. Belongs to the loop's thread. A connection that another loop gives back is noticed
 * within 20 ms. */
#ifndef PROVIDERS_ASKQUEUE_H
#define PROVIDERS_ASKQUEUE_H
#include <sys/queue.h>

#include "loop/loop.h"
#include "providers/provider.h"

enum { ASKQUEUE_CEILING = 1024 }; /* waiting at one provider in one loop */

struct askqueue_place {
    TAILQ_ENTRY(askqueue_place) entry;
    struct loop *loop;
    const struct provider *provider;
    bool is_waiting;
    void (*admit)(struct askqueue_place *place); /* with a connection taken for it */
};

/* Takes a connection at once; false when the cap is reached or others wait already. */
bool askqueue_enter(struct loop *loop, const struct provider *provider) MUST_USE;
/* Waits; false when the queue is full. Later admit is called once, unless askqueue_leave was. */
bool askqueue_wait(struct askqueue_place *place) MUST_USE;
void askqueue_leave(struct askqueue_place *place);
/* Gives a connection back and admits who waited for it. */
void askqueue_give_back(struct loop *loop, const struct provider *provider);

#endif
