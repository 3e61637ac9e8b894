/* See refs.h. */
#include "orders/refs.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"

struct refs_flight {
    struct digest digest;
    uint32_t order; /* 0 until its number was given */
    struct refs_waiter *waiters;
    UT_hash_handle hh;
    size_t key_len;
    unsigned char key[sizeof(unsigned) + REFS_TEXT_BYTES];
};

struct refs_key {
    size_t len;
    unsigned char bytes[sizeof(unsigned) + REFS_TEXT_BYTES]; /* the client's id, the ref */
};

struct refs {
    pthread_mutex_t lock;
    struct refs_flight *flights;
};

struct refs *refs_new(void)
{
    struct refs *refs = memory_new(sizeof *refs);
    pthread_mutex_init(&refs->lock, NULL);
    return refs;
}

void refs_free(struct refs *refs)
{
    struct refs_flight *flight, *next;
    if (refs == NULL)
        return;
    HASH_ITER(hh, refs->flights, flight, next)
    {
        HASH_DEL(refs->flights, flight);
        free(flight);
    }
    pthread_mutex_destroy(&refs->lock);
    free(refs);
}

static struct refs_key refs_key_of(unsigned client_id, struct str ref)
{
    struct refs_key key = {.len = sizeof client_id + ref.len};
    ASSERT(ref.len > 0 && ref.len <= REFS_TEXT_BYTES);
    memcpy(key.bytes, &client_id, sizeof client_id);
    memcpy(key.bytes + sizeof client_id, ref.ptr, ref.len);
    return key;
}

/* ---- the table; with the lock ---- */

static struct refs_flight *refs_find(struct refs *refs, const struct refs_key *key)
{
    struct refs_flight *flight;
    HASH_FIND(hh, refs->flights, key->bytes, key->len, flight);
    return flight;
}

static void refs_add(struct refs *refs, const struct refs_key *key, const struct digest *digest)
{
    struct refs_flight *flight = memory_new(sizeof *flight);
    flight->digest = *digest;
    flight->key_len = key->len;
    memcpy(flight->key, key->bytes, key->len);
    HASH_ADD_KEYPTR(hh, refs->flights, flight->key, flight->key_len, flight);
}

static struct refs_waiter *refs_take_waiters(struct refs_flight *flight, uint32_t order,
                                             const char *refusal)
{
    struct refs_waiter *waiters = flight->waiters;
    for (struct refs_waiter *waiter = waiters; waiter; waiter = waiter->next) {
        waiter->order = order;
        waiter->refusal = refusal;
    }
    flight->waiters = NULL;
    return waiters;
}

/* Without the lock. A waiter may be gone once it was posted. */
static void refs_notify(struct refs_waiter *waiters)
{
    while (waiters) {
        struct refs_waiter *waiter = waiters;
        waiters = waiter->next;
        loop_post(waiter->loop, &waiter->message);
    }
}

/* ---- a ref's life ---- */

enum refs_join refs_join(struct refs *refs, unsigned client_id, struct str ref,
                         const struct digest *digest, struct refs_waiter *waiter)
{
    struct refs_key key = refs_key_of(client_id, ref);
    enum refs_join join = REFS_BEGUN;
    waiter->digest = *digest;
    pthread_mutex_lock(&refs->lock);
    struct refs_flight *flight = refs_find(refs, &key);
    if (flight == NULL) {
        refs_add(refs, &key, digest);
    } else {
        join = flight->order ? REFS_GIVEN : REFS_JOINED;
        waiter->is_same = digest_equal(digest, &flight->digest);
        waiter->order = flight->order;
        if (join == REFS_JOINED) {
            waiter->next = flight->waiters;
            flight->waiters = waiter;
        }
    }
    pthread_mutex_unlock(&refs->lock);
    return join;
}

void refs_give(struct refs *refs, unsigned client_id, struct str ref, uint32_t order)
{
    struct refs_key key = refs_key_of(client_id, ref);
    struct refs_waiter *waiters = NULL;
    pthread_mutex_lock(&refs->lock);
    struct refs_flight *flight = refs_find(refs, &key);
    if (flight) {
        flight->order = order;
        waiters = refs_take_waiters(flight, order, NULL);
    }
    pthread_mutex_unlock(&refs->lock);
    refs_notify(waiters);
}

void refs_end(struct refs *refs, unsigned client_id, struct str ref, uint32_t order,
              const char *refusal)
{
    struct refs_key key = refs_key_of(client_id, ref);
    struct refs_waiter *waiters = NULL;
    pthread_mutex_lock(&refs->lock);
    struct refs_flight *flight = refs_find(refs, &key);
    if (flight) {
        waiters = refs_take_waiters(flight, order, refusal);
        HASH_DEL(refs->flights, flight);
        free(flight);
    }
    pthread_mutex_unlock(&refs->lock);
    refs_notify(waiters);
}
