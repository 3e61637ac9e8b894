/* See client_state.h and the second half of client.h. */
#include "clients/client_state.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/table.h"

struct client_name {
    struct client_state state;
    UT_hash_handle hh;
};

/* States by id, in segments of doubling size that never move, so that a reader needs no lock. */
enum { CLIENT_SEGMENTS = 24, CLIENT_SEGMENT_FIRST = 256 };

static pthread_mutex_t client_names_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct client_name *client_names; /* guarded by the mutex */
static unsigned client_name_count;       /* likewise */
static struct client_state *_Atomic *_Atomic client_segments[CLIENT_SEGMENTS];

static unsigned client_state_segment_of(unsigned id)
{
    unsigned segment = 0;
    while (segment < CLIENT_SEGMENTS && id >= (unsigned)CLIENT_SEGMENT_FIRST << segment)
        id -= (unsigned)CLIENT_SEGMENT_FIRST << segment++;
    return segment;
}

/* Ids of a segment are numbered on from those of all before it. */
static unsigned client_state_segment_start(unsigned segment)
{
    return ((unsigned)CLIENT_SEGMENT_FIRST << segment) - CLIENT_SEGMENT_FIRST;
}

static void client_state_index(struct client_state *state)
{
    unsigned segment = client_state_segment_of(state->id),
             start = client_state_segment_start(segment);
    ASSERT(segment < CLIENT_SEGMENTS); /* four thousand million names */
    if (state->id == start)
        atomic_store_explicit(
            &client_segments[segment],
            memory_array((size_t)CLIENT_SEGMENT_FIRST << segment, sizeof *client_segments[0]),
            memory_order_release);
    struct client_state *_Atomic *states =
        atomic_load_explicit(&client_segments[segment], memory_order_relaxed);
    atomic_store_explicit(&states[state->id - start], state, memory_order_release);
}

static struct client_name *client_state_add(struct str name)
{
    struct client_name *row = memory_new(sizeof *row);
    row->state.name = str_copy(name);
    row->state.id = client_name_count++;
    HASH_ADD_KEYPTR(hh, client_names, row->state.name, name.len, row);
    client_state_index(&row->state);
    return row;
}

struct client_state *client_state_of(struct str name)
{
    struct client_name *row;
    pthread_mutex_lock(&client_names_mutex);
    HASH_FIND(hh, client_names, name.ptr ? name.ptr : "", name.len, row);
    if (row == NULL)
        row = client_state_add(name);
    pthread_mutex_unlock(&client_names_mutex);
    return &row->state;
}

unsigned client_id(struct str name)
{
    return client_state_of(name)->id;
}

struct str client_name(unsigned id)
{
    unsigned segment = client_state_segment_of(id);
    if (segment >= CLIENT_SEGMENTS)
        return STR("");
    struct client_state *_Atomic *states =
        atomic_load_explicit(&client_segments[segment], memory_order_acquire);
    const struct client_state *state =
        states ? atomic_load_explicit(&states[id - client_state_segment_start(segment)],
                                      memory_order_acquire)
               : NULL;
    return state ? str_of(state->name) : STR("");
}

/* ---- keys ---- */

struct key_use {
    struct digest sha256;
    struct client_key_use use;
    UT_hash_handle hh;
};
static pthread_mutex_t key_uses_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct key_use *key_uses; /* guarded by the mutex */

struct client_key_use *client_state_key_use(const struct digest *sha256)
{
    struct key_use *row;
    pthread_mutex_lock(&key_uses_mutex);
    HASH_FIND(hh, key_uses, sha256, sizeof *sha256, row);
    if (row == NULL) {
        row = memory_new(sizeof *row);
        row->sha256 = *sha256;
        HASH_ADD(hh, key_uses, sha256, sizeof row->sha256, row);
    }
    pthread_mutex_unlock(&key_uses_mutex);
    return &row->use;
}

int64_t client_key_last_use(const struct digest *sha256)
{
    return atomic_load_explicit(&client_state_key_use(sha256)->at_ms, memory_order_relaxed);
}

void client_key_set_use(const struct digest *sha256, int64_t wall_ms)
{
    struct client_key_use *use = client_state_key_use(sha256);
    atomic_store_explicit(&use->at_ms, wall_ms, memory_order_relaxed);
    use->taken_ms = wall_ms;
}

int64_t client_key_take_use(const struct digest *sha256)
{
    struct client_key_use *use = client_state_key_use(sha256);
    int64_t at_ms = atomic_load_explicit(&use->at_ms, memory_order_relaxed);
    if (at_ms == use->taken_ms)
        return 0;
    use->taken_ms = at_ms;
    return at_ms;
}

bool client_reserve_token(const struct client *client, int64_t monotonic_now_ms,
                          int64_t patience_ms, int64_t *wait_ms_out)
{
    const struct setting_rate *limit = &client->settings.rate_limit;
    struct ratelimit_rule rule = {.per_s = limit->per_s, .burst_ms = limit->window_ms};
    return ratelimit_take(&client->state->bucket, &rule, monotonic_now_ms, patience_ms,
                          wait_ms_out);
}
