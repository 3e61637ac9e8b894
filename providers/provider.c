/* See provider.h: the set and its settings, and the shared atomics that outlive reloads. */
#include "providers/provider.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/ratelimit.h"

struct provider_set *provider_set_new(struct provider_settings *settings,
                                      const struct factor *exchange, size_t count,
                                      struct fault *why)
{
    struct provider_set *set = memory_new(sizeof *set);
    set->list = memory_array(count, sizeof *set->list);
    for (size_t i = 0; i < count; i++) {
        struct provider *provider = &set->list[i];
        provider->state = provider_state_of(str_of(settings[i].name));
        if (provider->state == NULL) {
            fault_set(why, FAULT_LIMIT,
                      "too many providers: %d names since the start; restart to forget old ones",
                      PROVIDER_MAX);
            free(set->list);
            free(set);
            return NULL;
        }
        provider->id = provider_state_id(provider->state);
        provider->exchange = exchange[i];
    }
    for (size_t i = 0; i < count; i++) {
        set->list[i].settings = settings[i];
        settings[i] = (struct provider_settings){0};
    }
    set->count = count;
    atomic_init(&set->pins, 1);
    return set;
}

struct provider_set *provider_set_pin(struct provider_set *set)
{
    unsigned before = atomic_fetch_add(&set->pins, 1);
    ASSERT(before > 0);
    return set;
}

void provider_set_unpin(struct provider_set **set_at)
{
    struct provider_set *set = *set_at;
    *set_at = NULL;
    if (set == NULL || atomic_fetch_sub(&set->pins, 1) > 1)
        return;
    for (size_t i = 0; i < set->count; i++)
        provider_settings_fini(&set->list[i].settings);
    free(set->list);
    free(set);
}

const struct provider *provider_set_find(const struct provider_set *set, struct str name)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_is(name, set->list[i].settings.name))
            return &set->list[i];
    return NULL;
}

const struct provider *provider_set_by_id(const struct provider_set *set, unsigned id)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].id == id)
            return &set->list[i];
    return NULL;
}

void provider_settings_fini(struct provider_settings *settings)
{
    if (settings->key != NULL)
        explicit_bzero(settings->key, strlen(settings->key));
    for (size_t i = 0; i < settings->answer_count; i++)
        free(settings->answers[i].pattern);
    free(settings->answers);
    for (size_t i = 0; i < settings->status_count; i++)
        free(settings->statuses[i].word);
    free(settings->statuses);
    free(settings->ca_file);
    free(settings->currency);
    free(settings->key);
    free(settings->url);
    free(settings->name);
    *settings = (struct provider_settings){0};
}

/* ---- what outlives reloads: shared atomics, found by the provider's name ---- */

enum { LANES = 2 };
/* No panel sees a second's worth at once; and a late timer costs no throughput. */
enum { BURST_MS = 100, EARLY_MS = 5 };

struct provider_state {
    unsigned id;
    char *name;
    struct ratelimit buckets[LANES];
    _Atomic int64_t cool_down_until_ms[LANES];
    _Atomic unsigned connections;
    _Atomic int64_t paused_until_ms; /* wall; 0: not paused, INT64_MAX: until it is resumed */
    _Atomic bool is_leaving;
    struct provider_pause pause; /* the lock guards it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the two below, and each pause */
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
        for (int lane = 0; lane < LANES; lane++)
            found->cool_down_until_ms[lane] = INT64_MIN;
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

static void provider_state_pause(struct provider_state *state, const struct provider_pause *pause)
{
    pthread_mutex_lock(&lock);
    state->pause = *pause;
    pthread_mutex_unlock(&lock);
    atomic_store(&state->paused_until_ms, pause->until_ms ? pause->until_ms : INT64_MAX);
}

void provider_pause(const struct provider *provider, const struct provider_pause *pause)
{
    provider_state_pause(provider->state, pause);
}

void provider_pause_name(struct str name, const struct provider_pause *pause)
{
    struct provider_state *state = provider_state_of(name);
    if (state)
        provider_state_pause(state, pause);
}

void provider_resume(const struct provider *provider)
{
    atomic_store(&provider->state->paused_until_ms, 0);
}

bool provider_is_paused(const struct provider *provider)
{
    int64_t until_ms = atomic_load(&provider->state->paused_until_ms);
    return until_ms == INT64_MAX || (until_ms > 0 && clock_wall_ms() < until_ms);
}

void provider_leave(const struct provider *provider, bool is_leaving)
{
    atomic_store(&provider->state->is_leaving, is_leaving);
}

bool provider_is_leaving(const struct provider *provider)
{
    return atomic_load(&provider->state->is_leaving);
}

bool provider_get_pause(const struct provider *provider, struct provider_pause *pause_out)
{
    if (!provider_is_paused(provider))
        return false;
    pthread_mutex_lock(&lock);
    *pause_out = provider->state->pause;
    pthread_mutex_unlock(&lock);
    return true;
}

void provider_cool_down_until(const struct provider *provider, enum provider_lane lane,
                              int64_t monotonic_at_ms)
{
    _Atomic int64_t *until = &provider->state->cool_down_until_ms[lane];
    int64_t now = atomic_load(until);
    while (now < monotonic_at_ms && !atomic_compare_exchange_weak(until, &now, monotonic_at_ms))
        ;
}

static int64_t provider_state_cool_down_ms(const struct provider *provider, enum provider_lane lane,
                                           int64_t now_ms)
{
    int64_t until_ms = atomic_load(&provider->state->cool_down_until_ms[lane]);
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

typedef bool provider_state_take_fn(struct ratelimit *bucket, const struct ratelimit_rule *rule,
                                    int64_t now_ms, int64_t *wait_ms_out);

static bool provider_state_take_now(struct ratelimit *bucket, const struct ratelimit_rule *rule,
                                    int64_t now_ms, int64_t *wait_ms_out)
{
    return ratelimit_take(bucket, rule, now_ms, 0, wait_ms_out);
}

static int64_t provider_state_take(const struct provider *provider, enum provider_lane lane,
                                   int64_t now_ms, provider_state_take_fn *take)
{
    const struct provider_limits *limits = &provider->settings.limits;
    struct ratelimit_rule rule = {
        .per_s = lane == PROVIDER_LANE_ADD ? limits->add_per_s : limits->other_per_s,
        .burst_ms = BURST_MS,
        .early_ms = EARLY_MS,
    };
    int64_t wait_ms = provider_state_cool_down_ms(provider, lane, now_ms);
    if (wait_ms > 0)
        return wait_ms;
    return take(&provider->state->buckets[lane], &rule, now_ms, &wait_ms) ? 0 : wait_ms;
}

int64_t provider_take_token(const struct provider *provider, enum provider_lane lane,
                            int64_t monotonic_now_ms)
{
    return provider_state_take(provider, lane, monotonic_now_ms, provider_state_take_now);
}

int64_t provider_take_spare_token(const struct provider *provider, enum provider_lane lane,
                                  int64_t monotonic_now_ms)
{
    return provider_state_take(provider, lane, monotonic_now_ms, ratelimit_take_spare);
}
