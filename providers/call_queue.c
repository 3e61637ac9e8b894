/* See call_queue.h. A loop's queues exist only while somebody waits there. */
#include "providers/call_queue.h"

#include <stdlib.h>

#include "providers/provider_state.h"

enum { LOOK_AGAIN_MS = 20 };

TAILQ_HEAD(places, call_queue_waiter);

struct call_queue_state {
    struct places places; /* first come first */
    size_t count;
};

/* All queues of one loop. */
struct call_queue {
    LIST_ENTRY(call_queue) entry;
    struct loop *loop; /* borrowed */
    struct loop_timer timer;
    size_t waiting;
    struct call_queue_state queues[PROVIDER_MAX];
};

/* Those of this thread's loops: one, but for tests. */
static _Thread_local LIST_HEAD(, call_queue) call_queues;

static struct call_queue *call_queue_find(struct loop *loop)
{
    struct call_queue *all;
    LIST_FOREACH(all, &call_queues, entry) if (all->loop == loop) return all;
    return NULL;
}

static void call_queue_on_look_again(void *arg);

static struct call_queue *call_queue_need(struct loop *loop)
{
    struct call_queue *all = call_queue_find(loop);
    if (all != NULL)
        return all;
    all = memory_new(sizeof *all);
    all->loop = loop;
    for (size_t i = 0; i < PROVIDER_MAX; i++)
        TAILQ_INIT(&all->queues[i].places);
    LIST_INSERT_HEAD(&call_queues, all, entry);
    loop_timer_start(&all->timer, loop, LOOK_AGAIN_MS, call_queue_on_look_again, all);
    return all;
}

static void call_queue_drop_when_empty(struct call_queue *all)
{
    if (all->waiting > 0)
        return;
    LIST_REMOVE(all, entry);
    loop_timer_fini(&all->timer);
    free(all);
}

static void call_queue_take_out(struct call_queue *all, struct call_queue_waiter *place)
{
    struct call_queue_state *queue = &all->queues[place->provider->id];
    TAILQ_REMOVE(&queue->places, place, entry);
    queue->count--;
    all->waiting--;
    place->is_waiting = false;
}

static bool call_queue_take_connection(const struct provider *provider)
{
    return provider_state_take_connection(provider->state, provider->settings.max_connections);
}

static void call_queue_admit_waiting(struct call_queue *all, unsigned provider_id)
{
    struct call_queue_waiter *place;
    while ((place = TAILQ_FIRST(&all->queues[provider_id].places)) != NULL &&
           call_queue_take_connection(place->provider)) {
        call_queue_take_out(all, place);
        place->admit(place);
    }
}

static void call_queue_on_look_again(void *arg)
{
    struct call_queue *all = arg;
    for (unsigned i = 0; i < PROVIDER_MAX; i++)
        call_queue_admit_waiting(all, i);
    if (all->waiting > 0)
        loop_timer_start(&all->timer, all->loop, LOOK_AGAIN_MS, call_queue_on_look_again, all);
    call_queue_drop_when_empty(all);
}

bool call_queue_enter(struct loop *loop, const struct provider *provider)
{
    struct call_queue *all = call_queue_find(loop);
    if (all != NULL && all->queues[provider->id].count > 0)
        return false;
    return call_queue_take_connection(provider);
}

bool call_queue_wait(struct call_queue_waiter *place)
{
    struct call_queue *all = call_queue_need(place->loop);
    struct call_queue_state *queue = &all->queues[place->provider->id];
    if (queue->count >= CALL_QUEUE_MAX)
        return false;
    TAILQ_INSERT_TAIL(&queue->places, place, entry);
    queue->count++;
    all->waiting++;
    place->is_waiting = true;
    return true;
}

void call_queue_leave(struct call_queue_waiter *place)
{
    if (!place->is_waiting)
        return;
    struct call_queue *all = call_queue_find(place->loop);
    ASSERT(all != NULL);
    call_queue_take_out(all, place);
    call_queue_drop_when_empty(all);
}

void call_queue_give_back(struct loop *loop, const struct provider *provider)
{
    provider_state_give_connection(provider->state);
    struct call_queue *all = call_queue_find(loop);
    if (all == NULL)
        return;
    call_queue_admit_waiting(all, provider->id);
    call_queue_drop_when_empty(all);
}
