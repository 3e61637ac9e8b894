/* See links.h. */
#include "orders/links.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/table.h"

struct links_waiter {
    STAILQ_ENTRY(links_waiter) next;
    struct links_turn turn;
    bool is_ready;
};
STAILQ_HEAD(links_waiters, links_waiter);

struct links_link {
    int64_t hash;
    unsigned kept; /* by orders and reservations */
    size_t waiting;
    struct links_waiters waiters;
    UT_hash_handle hh;
};

struct links {
    pthread_mutex_t lock;
    struct links_link *by_hash;
    size_t waiting;
    struct links_waiters turns; /* come, and not taken yet */
    void (*on_turn)(void *arg);
    void *on_turn_arg;
};

struct links *links_new(void)
{
    struct links *links = memory_new(sizeof *links);
    pthread_mutex_init(&links->lock, NULL);
    STAILQ_INIT(&links->turns);
    return links;
}

static void links_free_waiters(struct links_waiters *waiters)
{
    struct links_waiter *waiter;
    while ((waiter = STAILQ_FIRST(waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(waiters, next);
        free(waiter);
    }
}

void links_free(struct links *links)
{
    struct links_link *link, *next;
    if (links == NULL)
        return;
    HASH_ITER(hh, links->by_hash, link, next)
    {
        HASH_DEL(links->by_hash, link);
        links_free_waiters(&link->waiters);
        free(link);
    }
    links_free_waiters(&links->turns);
    pthread_mutex_destroy(&links->lock);
    free(links);
}

/* ---- with the lock ---- */

static struct links_link *links_find(struct links *links, int64_t hash)
{
    struct links_link *link;
    HASH_FIND(hh, links->by_hash, &hash, sizeof hash, link);
    return link;
}

static struct links_link *links_add(struct links *links, int64_t hash)
{
    struct links_link *link = links_find(links, hash);
    if (link == NULL) {
        link = memory_new(sizeof *link);
        link->hash = hash;
        STAILQ_INIT(&link->waiters);
        HASH_ADD(hh, links->by_hash, hash, sizeof link->hash, link);
    }
    return link;
}

static void links_add_waiter(struct links *links, struct links_link *link, uint32_t order)
{
    struct links_waiter *waiter = memory_new(sizeof *waiter);
    waiter->turn = (struct links_turn){.order = order, .hash = link->hash};
    STAILQ_INSERT_TAIL(&link->waiters, waiter, next);
    link->waiting++;
    links->waiting++;
}

/* Whoever is first gets the link when nobody keeps it: true. A link that nobody wants goes. */
static bool links_advance(struct links *links, struct links_link *link)
{
    struct links_waiter *first = STAILQ_FIRST(&link->waiters);
    if (link->kept > 0 || (first && !first->is_ready))
        return false;
    if (first == NULL) {
        HASH_DEL(links->by_hash, link);
        free(link);
        return false;
    }
    STAILQ_REMOVE_HEAD(&link->waiters, next);
    link->waiting--;
    links->waiting--;
    link->kept = 1;
    STAILQ_INSERT_TAIL(&links->turns, first, next);
    return true;
}

static struct links_waiter *links_find_waiter(struct links_link *link, uint32_t order)
{
    struct links_waiter *waiter;
    STAILQ_FOREACH(waiter, &link->waiters, next)
    if (waiter->turn.order == order)
        return waiter;
    return NULL;
}

/* ---- */

static void links_unlock(struct links *links, bool has_turn)
{
    pthread_mutex_unlock(&links->lock);
    if (has_turn && links->on_turn)
        links->on_turn(links->on_turn_arg);
}

void links_keep(struct links *links, int64_t hash)
{
    if (hash == 0)
        return;
    pthread_mutex_lock(&links->lock);
    links_add(links, hash)->kept++;
    pthread_mutex_unlock(&links->lock);
}

static bool links_reserve_free(struct links *links, int64_t hash)
{
    if (links_find(links, hash) != NULL)
        return false;
    links_add(links, hash)->kept = 1;
    return true;
}

bool links_reserve(struct links *links, int64_t hash)
{
    if (hash == 0)
        return true;
    pthread_mutex_lock(&links->lock);
    bool is_free = links_reserve_free(links, hash);
    pthread_mutex_unlock(&links->lock);
    return is_free;
}

void links_release(struct links *links, int64_t hash)
{
    if (hash == 0)
        return;
    pthread_mutex_lock(&links->lock);
    struct links_link *link = links_find(links, hash);
    if (link && link->kept > 0)
        link->kept--;
    links_unlock(links, link && links_advance(links, link));
}

enum links_place links_reserve_or_queue(struct links *links, int64_t hash, uint32_t order)
{
    enum links_place place = LINKS_RESERVED;
    pthread_mutex_lock(&links->lock);
    if (!links_reserve_free(links, hash)) {
        struct links_link *link = links_find(links, hash);
        bool is_full =
            links->waiting >= LINKS_WAITING_MAX || link->waiting >= LINKS_WAITING_PER_LINK_MAX;
        place = is_full ? LINKS_FULL : LINKS_QUEUED;
        if (!is_full)
            links_add_waiter(links, link, order);
    }
    pthread_mutex_unlock(&links->lock);
    return place;
}

void links_ready(struct links *links, int64_t hash, uint32_t order)
{
    pthread_mutex_lock(&links->lock);
    struct links_link *link = links_find(links, hash);
    struct links_waiter *waiter = link ? links_find_waiter(link, order) : NULL;
    if (waiter)
        waiter->is_ready = true;
    links_unlock(links, waiter && links_advance(links, link));
}

void links_leave(struct links *links, int64_t hash, uint32_t order)
{
    pthread_mutex_lock(&links->lock);
    struct links_link *link = links_find(links, hash);
    struct links_waiter *waiter = link ? links_find_waiter(link, order) : NULL;
    if (waiter) {
        STAILQ_REMOVE(&link->waiters, waiter, links_waiter, next);
        link->waiting--;
        links->waiting--;
        free(waiter);
    }
    links_unlock(links, waiter && links_advance(links, link));
}

void links_load(struct links *links, int64_t hash, uint32_t order)
{
    pthread_mutex_lock(&links->lock);
    links_add_waiter(links, links_add(links, hash), order);
    pthread_mutex_unlock(&links->lock);
}

void links_start(struct links *links)
{
    struct links_link *link, *next_link;
    struct links_waiter *waiter;
    bool has_turn = false;
    pthread_mutex_lock(&links->lock);
    HASH_ITER(hh, links->by_hash, link, next_link)
    {
        STAILQ_FOREACH(waiter, &link->waiters, next)
        waiter->is_ready = true;
        has_turn = links_advance(links, link) || has_turn;
    }
    links_unlock(links, has_turn);
}

bool links_take_turn(struct links *links, struct links_turn *out)
{
    pthread_mutex_lock(&links->lock);
    struct links_waiter *first = STAILQ_FIRST(&links->turns);
    if (first) {
        *out = first->turn;
        STAILQ_REMOVE_HEAD(&links->turns, next);
        free(first);
    }
    pthread_mutex_unlock(&links->lock);
    return first != NULL;
}

void links_on_turn(struct links *links, void (*call)(void *arg), void *arg)
{
    links->on_turn = call;
    links->on_turn_arg = arg;
}

size_t links_waiting(struct links *links)
{
    pthread_mutex_lock(&links->lock);
    size_t waiting = links->waiting;
    pthread_mutex_unlock(&links->lock);
    return waiting;
}
