/* See provider_state.h. The rate buckets are generic cell rates: one atomic a lane holds the
 * moment at which the bucket would be full again, so that nothing ticks and nothing drifts. */
#include "providers/provider_state.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LANES = 2 };
static const int64_t NS_PER_MS = 1000000, NS_PER_S = 1000000000;
/* A bucket holds what flows in 100 ms, at least one token: no panel sees a second's worth at once.
 */
static const int64_t BURST_NS = 100000000;
/* And a token may be taken that much early, so that a late timer costs no throughput. */
static const int64_t EARLY_NS = 5000000;

struct provider_state {
    unsigned id;
    char *name;
    _Atomic int64_t full_at_ns[LANES];
    _Atomic int64_t cool_down_until_ms[LANES];
    _Atomic unsigned connections;
    _Atomic bool is_paused;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the two below */
static struct provider_state *states[PROVIDER_MAX];
static unsigned state_count;

struct provider_state *provider_state_of(struct str name)
{
    struct provider_state *found = NULL;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < state_count && found == NULL; i++)
        if (str_is(name, states[i]->name))
            found = states[i];
    if (found == NULL && state_count < PROVIDER_MAX) {
        found = memory_new(sizeof *found);
        found->id = state_count;
        found->name = str_copy(name);
        for (int lane = 0; lane < LANES; lane++) {
            found->full_at_ns[lane] = INT64_MIN;
            found->cool_down_until_ms[lane] = INT64_MIN;
        }
        states[state_count++] = found;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

unsigned provider_id_of(struct str name)
{
    const struct provider_state *state = provider_state_of(name);
    return state ? state->id : PROVIDER_MAX;
}

struct str provider_name(unsigned id)
{
    struct str name = STR("");
    pthread_mutex_lock(&lock);
    if (id < state_count)
        name = str_of(states[id]->name);
    pthread_mutex_unlock(&lock);
    return name;
}

unsigned provider_state_id(const struct provider_state *state)
{
    return state->id;
}

bool provider_state_take_connection(struct provider_state *state, unsigned cap)
{
    unsigned used = atomic_load(&state->connections);
    do {
        if (cap != 0 && used >= cap)
            return false;
    } while (!atomic_compare_exchange_weak(&state->connections, &used, used + 1));
    return true;
}

void provider_state_give_connection(struct provider_state *state)
{
    unsigned before = atomic_fetch_sub(&state->connections, 1);
    ASSERT(before > 0);
}

unsigned provider_connections(const struct provider *provider)
{
    return atomic_load(&provider->state->connections);
}

void provider_pause(const struct provider *provider, bool is_paused)
{
    atomic_store(&provider->state->is_paused, is_paused);
}

bool provider_is_paused(const struct provider *provider)
{
    return atomic_load(&provider->state->is_paused);
}

void provider_cool_down_until(const struct provider *provider, enum provider_lane lane,
                              int64_t monotonic_at_ms)
{
    _Atomic int64_t *until = &provider->state->cool_down_until_ms[lane];
    int64_t now = atomic_load(until);
    while (now < monotonic_at_ms && !atomic_compare_exchange_weak(until, &now, monotonic_at_ms))
        ;
}

static int64_t provider_state_wait_ms_of(int64_t wait_ns)
{
    return (wait_ns + NS_PER_MS - 1) / NS_PER_MS;
}

/* How long a lane takes for one token, in ns; 0: it has no limit. */
static int64_t provider_state_token_ns(const struct provider *provider, enum provider_lane lane)
{
    const struct provider_limits *limits = &provider->settings.limits;
    double per_s = lane == PROVIDER_LANE_ADD ? limits->add_per_s : limits->other_per_s;
    if (!(per_s > 0))
        return 0;
    double token = (double)NS_PER_S / per_s;
    return token > 1e15 ? (int64_t)1e15 : token < 1 ? 1 : (int64_t)token;
}

static int64_t provider_state_cool_down_ms(const struct provider *provider, enum provider_lane lane,
                                           int64_t now_ms)
{
    int64_t until_ms = atomic_load(&provider->state->cool_down_until_ms[lane]);
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

int64_t provider_take_token(const struct provider *provider, enum provider_lane lane,
                            int64_t monotonic_now_ms)
{
    int64_t wait_ms = provider_state_cool_down_ms(provider, lane, monotonic_now_ms);
    int64_t token_ns = provider_state_token_ns(provider, lane);
    if (wait_ms > 0 || token_ns == 0)
        return wait_ms;
    int64_t now_ns = monotonic_now_ms * NS_PER_MS;
    int64_t ahead_ns = BURST_NS - token_ns > EARLY_NS ? BURST_NS - token_ns : EARLY_NS;
    _Atomic int64_t *full_at_ns = &provider->state->full_at_ns[lane];
    int64_t full_at = atomic_load(full_at_ns), start;
    do {
        start = full_at > now_ns ? full_at : now_ns;
        /* A reload may have raised a rate: what the old one reserved counts no longer. */
        if (start > now_ns + ahead_ns + token_ns)
            start = now_ns + ahead_ns + token_ns;
        if (start - now_ns > ahead_ns)
            return provider_state_wait_ms_of(start - now_ns - ahead_ns);
    } while (!atomic_compare_exchange_weak(full_at_ns, &full_at, start + token_ns));
    return 0;
}

/* The bucket must have been full for one token's time; that past time is what is taken. */
int64_t provider_take_spare_token(const struct provider *provider, enum provider_lane lane,
                                  int64_t monotonic_now_ms)
{
    int64_t wait_ms = provider_state_cool_down_ms(provider, lane, monotonic_now_ms);
    int64_t token_ns = provider_state_token_ns(provider, lane);
    if (wait_ms > 0 || token_ns == 0)
        return wait_ms;
    int64_t now_ns = monotonic_now_ms * NS_PER_MS;
    _Atomic int64_t *full_at_ns = &provider->state->full_at_ns[lane];
    int64_t full_at = atomic_load(full_at_ns);
    do {
        if (full_at > now_ns - token_ns)
            return provider_state_wait_ms_of(full_at + token_ns - now_ns);
    } while (!atomic_compare_exchange_weak(full_at_ns, &full_at, now_ns));
    return 0;
}
