/* See call_queue.h. A loop's queues exist only while somebody waits there. */
#include "providers/call_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "providers/provider.h"

TAILQ_HEAD(call_queue_waiters, call_queue_waiter);

/* All queues of one loop. */
struct call_queue {
    struct loop_message wake; /* in the loop's mailbox while is_posted */
    LIST_ENTRY(call_queue) entry;
    TAILQ_ENTRY(call_queue) registered; /* while waiting > 0 */
    struct loop *loop;                  /* borrowed */
    size_t waiting;
    bool is_posted;            /* registry.lock guards this and the next */
    bool is_due[PROVIDER_MAX]; /* a connection of that provider was given back */
    struct call_queue_waiters queues[PROVIDER_MAX]; /* first come, first served */
    _Atomic size_t counts[PROVIDER_MAX];            /* of them; written by the loop's thread */
};

/* The queues of this thread's loops; tests run several loops on one thread. */
static _Thread_local LIST_HEAD(, call_queue) call_queues;

/* The queues of all threads that have waiters, the one woken last at the end. */
static struct {
    pthread_mutex_t lock;
    TAILQ_HEAD(, call_queue) list;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER, .list = TAILQ_HEAD_INITIALIZER(registry.list)};
static _Atomic size_t waiting_for[PROVIDER_MAX]; /* on all loops */

static struct call_queue *call_queue_find(struct loop *loop)
{
    struct call_queue *all;
    LIST_FOREACH(all, &call_queues, entry) if (all->loop == loop) return all;
    return NULL;
}

static void call_queue_on_wake(struct loop_message *message);

static struct call_queue *call_queue_need(struct loop *loop)
{
    struct call_queue *all = call_queue_find(loop);
    if (all != NULL)
        return all;
    all = memory_new(sizeof *all);
    all->wake.run = call_queue_on_wake;
    all->loop = loop;
    for (size_t i = 0; i < PROVIDER_MAX; i++)
        TAILQ_INIT(&all->queues[i]);
    LIST_INSERT_HEAD(&call_queues, all, entry);
    return all;
}

/* Its message still names it while that is under way. */
static void call_queue_drop_when_empty(struct call_queue *all)
{
    pthread_mutex_lock(&registry.lock);
    bool is_needed = all->waiting > 0 || all->is_posted;
    pthread_mutex_unlock(&registry.lock);
    if (is_needed)
        return;
    LIST_REMOVE(all, entry);
    free(all);
}

static void call_queue_add(struct call_queue *all, struct call_queue_waiter *waiter)
{
    unsigned id = waiter->provider->id;
    TAILQ_INSERT_TAIL(&all->queues[id], waiter, entry);
    waiter->is_waiting = true;
    atomic_fetch_add(&all->counts[id], 1);
    if (all->waiting++ == 0) {
        pthread_mutex_lock(&registry.lock);
        TAILQ_INSERT_TAIL(&registry.list, all, registered);
        pthread_mutex_unlock(&registry.lock);
    }
    atomic_fetch_add(&waiting_for[id], 1);
}

static void call_queue_remove(struct call_queue *all, struct call_queue_waiter *waiter)
{
    unsigned id = waiter->provider->id;
    TAILQ_REMOVE(&all->queues[id], waiter, entry);
    waiter->is_waiting = false;
    atomic_fetch_sub(&waiting_for[id], 1);
    atomic_fetch_sub(&all->counts[id], 1);
    if (--all->waiting == 0) {
        pthread_mutex_lock(&registry.lock);
        TAILQ_REMOVE(&registry.list, all, registered);
        pthread_mutex_unlock(&registry.lock);
    }
}

static bool call_queue_take_connection(const struct provider *provider)
{
    return provider_state_take_connection(provider->state, provider->settings.max_connections);
}

static void call_queue_admit_waiting(struct call_queue *all, unsigned provider_id)
{
    struct call_queue_waiter *waiter;
    while ((waiter = TAILQ_FIRST(&all->queues[provider_id])) != NULL &&
           call_queue_take_connection(waiter->provider)) {
        call_queue_remove(all, waiter);
        waiter->admit(waiter);
    }
}

/* ---- between loops ---- */

/* registry.lock is held. */
static void call_queue_post(struct call_queue *all, unsigned provider_id)
{
    all->is_due[provider_id] = true;
    if (all->is_posted)
        return;
    all->is_posted = true;
    loop_post(all->loop, &all->wake);
}

/* Offers a connection to the loops that wait for the provider, in turn. True when it is own's turn,
 * which is not posted to. */
static bool call_queue_offer(unsigned provider_id, struct call_queue *own)
{
    struct call_queue *all;
    if (atomic_load(&waiting_for[provider_id]) == 0)
        return false;
    pthread_mutex_lock(&registry.lock);
    TAILQ_FOREACH(all, &registry.list, registered)
    if (atomic_load(&all->counts[provider_id]) > 0)
        break;
    if (all) {
        TAILQ_REMOVE(&registry.list, all, registered);
        TAILQ_INSERT_TAIL(&registry.list, all, registered);
        if (all != own)
            call_queue_post(all, provider_id);
    }
    pthread_mutex_unlock(&registry.lock);
    return all && all == own;
}

static void call_queue_use_offer(struct call_queue *all, unsigned provider_id)
{
    call_queue_admit_waiting(all, provider_id);
    /* Waiters may have left meanwhile: what this loop does not need goes to the next one. */
    if (TAILQ_EMPTY(&all->queues[provider_id]))
        call_queue_offer(provider_id, all);
}

static void call_queue_on_wake(struct loop_message *message)
{
    struct call_queue *all = (struct call_queue *)message;
    bool is_due[PROVIDER_MAX];
    pthread_mutex_lock(&registry.lock);
    memcpy(is_due, all->is_due, sizeof is_due);
    memset(all->is_due, 0, sizeof all->is_due);
    all->is_posted = false;
    pthread_mutex_unlock(&registry.lock);
    for (unsigned i = 0; i < PROVIDER_MAX; i++)
        if (is_due[i])
            call_queue_use_offer(all, i);
    call_queue_drop_when_empty(all);
}

/* ---- for the calls ---- */

bool call_queue_enter(const struct provider *provider)
{
    return atomic_load(&waiting_for[provider->id]) == 0 && call_queue_take_connection(provider);
}

bool call_queue_wait(struct call_queue_waiter *waiter)
{
    const struct provider *provider = waiter->provider;
    struct call_queue *all = call_queue_need(waiter->loop);
    if (atomic_load(&all->counts[provider->id]) >= CALL_QUEUE_MAX)
        return false;
    call_queue_add(all, waiter);
    /* A connection given back before the waiter was seen was offered to nobody. */
    if (provider_connections(provider) < provider->settings.max_connections) {
        pthread_mutex_lock(&registry.lock);
        call_queue_post(all, provider->id);
        pthread_mutex_unlock(&registry.lock);
    }
    return true;
}

void call_queue_leave(struct call_queue_waiter *waiter)
{
    if (!waiter->is_waiting)
        return;
    struct call_queue *all = call_queue_find(waiter->loop);
    ASSERT(all != NULL);
    call_queue_remove(all, waiter);
    call_queue_drop_when_empty(all);
}

void call_queue_give_back(struct loop *loop, const struct provider *provider)
{
    struct call_queue *own = call_queue_find(loop);
    provider_state_give_connection(provider->state);
    if (!call_queue_offer(provider->id, own))
        return;
    call_queue_use_offer(own, provider->id);
    call_queue_drop_when_empty(own);
}
