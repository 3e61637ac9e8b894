/* See askqueue.h. A loop's queues exist only while somebody waits there. */
#include "providers/askqueue.h"

#include <stdlib.h>

#include "providers/provider_state.h"

enum { LOOK_AGAIN_MS = 20 };

TAILQ_HEAD(places, askqueue_place);

struct queue {
    struct places places; /* first come first */
    size_t count;
};

/* All queues of one loop. */
struct askqueue {
    LIST_ENTRY(askqueue) entry;
    struct loop *loop; /* borrowed */
    struct loop_timer timer;
    size_t waiting;
    struct queue queues[PROVIDER_MAX];
};

/* Those of this thread's loops: one, but for tests. */
static _Thread_local LIST_HEAD(, askqueue) askqueues;

static struct askqueue *askqueue_find(struct loop *loop)
{
    struct askqueue *all;
    LIST_FOREACH(all, &askqueues, entry) if (all->loop == loop) return all;
    return NULL;
}

static void askqueue_on_look_again(void *arg);

static struct askqueue *askqueue_need(struct loop *loop)
{
    struct askqueue *all = askqueue_find(loop);
    if (all != NULL)
        return all;
    all = memory_new(sizeof *all);
    all->loop = loop;
    for (size_t i = 0; i < PROVIDER_MAX; i++)
        TAILQ_INIT(&all->queues[i].places);
    LIST_INSERT_HEAD(&askqueues, all, entry);
    loop_timer_start(&all->timer, loop, LOOK_AGAIN_MS, askqueue_on_look_again, all);
    return all;
}

static void askqueue_drop_when_empty(struct askqueue *all)
{
    if (all->waiting > 0)
        return;
    LIST_REMOVE(all, entry);
    loop_timer_fini(&all->timer);
    free(all);
}

static void askqueue_take_out(struct askqueue *all, struct askqueue_place *place)
{
    struct queue *queue = &all->queues[place->provider->id];
    TAILQ_REMOVE(&queue->places, place, entry);
    queue->count--;
    all->waiting--;
    place->is_waiting = false;
}

static bool askqueue_take_connection(const struct provider *provider)
{
    return provider_state_take_connection(provider->state, provider->settings.max_connections);
}

static void askqueue_admit_waiting(struct askqueue *all, unsigned provider_id)
{
    struct askqueue_place *place;
    while ((place = TAILQ_FIRST(&all->queues[provider_id].places)) != NULL &&
           askqueue_take_connection(place->provider)) {
        askqueue_take_out(all, place);
        place->admit(place);
    }
}

static void askqueue_on_look_again(void *arg)
{
    struct askqueue *all = arg;
    for (unsigned i = 0; i < PROVIDER_MAX; i++)
        askqueue_admit_waiting(all, i);
    if (all->waiting > 0)
        loop_timer_start(&all->timer, all->loop, LOOK_AGAIN_MS, askqueue_on_look_again, all);
    askqueue_drop_when_empty(all);
}

bool askqueue_enter(struct loop *loop, const struct provider *provider)
{
    struct askqueue *all = askqueue_find(loop);
    if (all != NULL && all->queues[provider->id].count > 0)
        return false;
    return askqueue_take_connection(provider);
}

bool askqueue_wait(struct askqueue_place *place)
{
    struct askqueue *all = askqueue_need(place->loop);
    struct queue *queue = &all->queues[place->provider->id];
    if (queue->count >= ASKQUEUE_CEILING)
        return false;
    TAILQ_INSERT_TAIL(&queue->places, place, entry);
    queue->count++;
    all->waiting++;
    place->is_waiting = true;
    return true;
}

void askqueue_leave(struct askqueue_place *place)
{
    if (!place->is_waiting)
        return;
    struct askqueue *all = askqueue_find(place->loop);
    ASSERT(all != NULL);
    askqueue_take_out(all, place);
    askqueue_drop_when_empty(all);
}

void askqueue_give_back(struct loop *loop, const struct provider *provider)
{
    provider_state_give_connection(provider->state);
    struct askqueue *all = askqueue_find(loop);
    if (all == NULL)
        return;
    askqueue_admit_waiting(all, provider->id);
    askqueue_drop_when_empty(all);
}
