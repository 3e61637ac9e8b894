/* See client_state.h and the second half of client.h. */
#include "clients/client_state.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/table.h"

/* The last id stands for all names beyond the ceiling; no configured client ever has it. */
enum { CLIENT_ID_OTHERS = CLIENT_MAX - 1 };

struct client_name {
    struct client_state state;
    UT_hash_handle hh;
};

static pthread_mutex_t names_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct client_name *names; /* guarded by names_mutex */
static unsigned name_count;       /* likewise */
static struct client_state *_Atomic states_by_id[CLIENT_MAX];

static struct client_state *client_state_add_name(struct str name)
{
    struct client_name *row;
    if (name_count >= CLIENT_ID_OTHERS)
        return NULL;
    row = memory_new(sizeof *row);
    row->state.name = str_copy(name);
    row->state.id = name_count++;
    HASH_ADD_KEYPTR(hh, names, row->state.name, name.len, row);
    atomic_store_explicit(&states_by_id[row->state.id], &row->state, memory_order_release);
    return &row->state;
}

struct client_state *client_state_of(struct str name)
{
    struct client_name *row;
    struct client_state *state;
    pthread_mutex_lock(&names_mutex);
    HASH_FIND(hh, names, name.ptr ? name.ptr : "", name.len, row);
    state = row ? &row->state : client_state_add_name(name);
    pthread_mutex_unlock(&names_mutex);
    return state;
}

unsigned client_id(struct str name)
{
    const struct client_state *state = client_state_of(name);
    return state ? state->id : CLIENT_ID_OTHERS;
}

struct str client_name(unsigned id)
{
    const struct client_state *state;
    if (id >= CLIENT_MAX)
        return STR("");
    state = atomic_load_explicit(&states_by_id[id], memory_order_acquire);
    return state ? str_of(state->name) : STR("");
}

/* Slower than a token in eleven days counts as that, faster than one a nanosecond likewise. */
static int64_t client_state_interval_ns_of(double per_s)
{
    if (per_s < 1e-6)
        return INT64_C(1000000000000000);
    return per_s > 1e9 ? 1 : (int64_t)(1e9 / per_s);
}

/* A bucket by its moment of fullness (GCRA): each token moves it one interval on, and a token is
 * there while it lies no further ahead than the burst, the window's worth, allows. */
int64_t client_take_token(const struct client *client, int64_t monotonic_now_ms)
{
    const int64_t window_ns = client->settings.rate_limit.window_ms * 1000000;
    double per_s = client->settings.rate_limit.per_s;
    int64_t now_ns = monotonic_now_ms * 1000000, interval_ns, ahead_ns, wait_ns, full_at_ns,
            next_ns;
    if (!(per_s > 0))
        return 0;
    interval_ns = client_state_interval_ns_of(per_s);
    ahead_ns = interval_ns < window_ns ? window_ns - interval_ns : 0;
    full_at_ns = atomic_load_explicit(&client->state->full_at_ns, memory_order_relaxed);
    do {
        int64_t from_ns = full_at_ns > now_ns ? full_at_ns : now_ns;
        /* A slower limit, before a reload, may have left it further ahead than this one can. */
        if (from_ns > now_ns + ahead_ns + interval_ns)
            from_ns = now_ns + ahead_ns + interval_ns;
        wait_ns = from_ns - now_ns - ahead_ns;
        next_ns = wait_ns > 0 ? from_ns : from_ns + interval_ns;
    } while (next_ns != full_at_ns && !atomic_compare_exchange_weak_explicit(
                                          &client->state->full_at_ns, &full_at_ns, next_ns,
                                          memory_order_relaxed, memory_order_relaxed));
    return wait_ns > 0 ? (wait_ns + 999999) / 1000000 : 0;
}
