/* The front of all stores: finds one by the URL's scheme, keeps the deadline of each request,
 * counts, and completes what a store refuses. A store that completes late finds its request gone;
 * that is where a remote store's troubles end. */
#include "cache/cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "cache/cache_redis.h"
#include "settings/rows.h"

enum { CACHE_DEADLINE_MS = 1000, TOKEN_DIGITS = 32 };

/* A get or a lock. The store holds it until it completes, hence it outlives its deadline. */
struct cache_request {
    TAILQ_ENTRY(cache_request) entry; /* of one of the lists below */
    struct cache *cache;
    cache_done_fn *done;   /* of a get */
    cache_lock_fn *locked; /* of a lock */
    bool is_late;          /* the deadline has passed, the caller was called back */
    void *arg;
    int64_t deadline_ms;
};
TAILQ_HEAD(cache_requests, cache_request);

struct cache {
    const struct cache_store *kind;
    void *store;
    struct loop *loop;
    struct cache_requests waiting; /* oldest first: all have the same time */
    struct cache_requests late;
    struct cache_requests refused; /* to be completed on the next turn */
    struct loop_timer timer;       /* of the refused, or of the oldest that waits */
    char token[TOKEN_DIGITS + 1];  /* this gateway's, in the locks it takes */
    _Atomic uint64_t gets, hits, puts, failures;
};

static const struct {
    const char *scheme;
    const struct cache_store *store;
} stores[] = {{"memory", &memorystore}, {"redis", &cache_redis}, {"redis+unix", &cache_redis}};

const struct cache_store *cache_store_find(struct str scheme)
{
    for (size_t i = 0; i < COUNT_OF(stores); i++)
        if (str_is(scheme, stores[i].scheme))
            return stores[i].store;
    return NULL;
}

static const struct cache_store *cache_store_of(struct str url, struct fault *why)
{
    struct str scheme = str_first(url, str_find_byte(url, ':'));
    const struct cache_store *kind = cache_store_find(scheme);
    if (kind)
        return kind;
    if (str_is(scheme, "rediss"))
        fault_set(why, FAULT_INVALID,
                  "asks for TLS, which hiredis here does not have; use redis:// through a tunnel "
                  "such as stunnel");
    else /* only the scheme is ever shown: the rest may hold a password */
        fault_set(why, FAULT_INVALID,
                  "is for no store \"%.20s\"; memory or redis://host:6379/0 is right",
                  log_value(scheme).text);
    return NULL;
}

bool cache_check(struct str url, struct fault *why)
{
    const struct cache_store *kind = cache_store_of(url, why);
    return kind && kind->check(url, why);
}

struct cache *cache_open(const struct cache_settings *settings, struct loop *loop,
                         struct fault *why)
{
    struct str url = settings->url ? str_of(settings->url) : STR("memory");
    struct fault wrong;
    const struct cache_store *kind = cache_store_of(url, &wrong);
    if (kind && kind->check(url, &wrong))
        return cache_open_store(kind, url, loop, why);
    fault_set(why, wrong.code, "cache: the value %.200s", wrong.message);
    return NULL;
}

struct cache *cache_open_store(const struct cache_store *kind, struct str url, struct loop *loop,
                               struct fault *why)
{
    void *store = kind->open(url, loop, why);
    struct cache *cache;
    if (store == NULL)
        return NULL;
    cache = memory_new(sizeof *cache);
    cache->kind = kind;
    cache->store = store;
    cache->loop = loop;
    TAILQ_INIT(&cache->waiting);
    TAILQ_INIT(&cache->late);
    TAILQ_INIT(&cache->refused);
    digest_random_hex(cache->token, TOKEN_DIGITS);
    cache->token[TOKEN_DIGITS] = '\0';
    return cache;
}

static void cache_free_requests(struct cache_requests *requests)
{
    struct cache_request *request;
    while ((request = TAILQ_FIRST(requests)) != NULL) {
        TAILQ_REMOVE(requests, request, entry);
        free(request);
    }
}

void cache_close(struct cache **cache)
{
    struct cache *old = *cache;
    *cache = NULL;
    if (old == NULL)
        return;
    old->kind->close(old->store); /* from here on it completes nothing */
    loop_timer_fini(&old->timer);
    cache_free_requests(&old->waiting);
    cache_free_requests(&old->late);
    cache_free_requests(&old->refused);
    free(old);
}

static void cache_arm(struct cache *cache);

static void cache_fail(const struct cache_request *request)
{
    if (request->locked)
        request->locked(true, request->arg); /* rather locked twice than never */
    else
        request->done(STR_NONE, 0, request->arg);
}

static void cache_complete_refused(struct cache *cache)
{
    struct cache_requests refused = TAILQ_HEAD_INITIALIZER(refused);
    struct cache_request *request;
    TAILQ_CONCAT(&refused, &cache->refused, entry); /* what is refused meanwhile waits a turn */
    while ((request = TAILQ_FIRST(&refused)) != NULL) {
        TAILQ_REMOVE(&refused, request, entry);
        cache_fail(request);
        free(request);
    }
}

static void cache_on_timer(void *arg)
{
    struct cache *cache = arg;
    struct cache_request *request;
    int64_t now_ms = clock_monotonic_ms();
    cache_complete_refused(cache);
    while ((request = TAILQ_FIRST(&cache->waiting)) != NULL && request->deadline_ms <= now_ms) {
        request->is_late = true;
        TAILQ_REMOVE(&cache->waiting, request, entry);
        TAILQ_INSERT_TAIL(&cache->late, request, entry);
        atomic_fetch_add_explicit(&cache->failures, 1, memory_order_relaxed);
        cache_fail(request);
    }
    cache_arm(cache);
}

static void cache_arm(struct cache *cache)
{
    struct cache_request *first = TAILQ_FIRST(&cache->waiting);
    if (!TAILQ_EMPTY(&cache->refused))
        loop_timer_start(&cache->timer, cache->loop, 0, cache_on_timer, cache);
    else if (first)
        loop_timer_start(&cache->timer, cache->loop, first->deadline_ms - clock_monotonic_ms(),
                         cache_on_timer, cache);
    else
        loop_timer_cancel(&cache->timer);
}

/* The request is over. False when its caller was called back before. */
static bool cache_take_back(struct cache_request *request, struct cache_request *out)
{
    struct cache *cache = request->cache;
    bool was_first = request == TAILQ_FIRST(&cache->waiting);
    *out = *request;
    TAILQ_REMOVE(request->is_late ? &cache->late : &cache->waiting, request, entry);
    free(request);
    if (was_first)
        cache_arm(cache);
    return !out->is_late;
}

static void cache_on_value(struct str value, int64_t age_ms, void *arg)
{
    struct cache_request request;
    if (!cache_take_back(arg, &request))
        return;
    if (value.ptr)
        atomic_fetch_add_explicit(&request.cache->hits, 1, memory_order_relaxed);
    request.done(value, age_ms, request.arg);
}

static void cache_on_lock(bool is_mine, void *arg)
{
    struct cache_request request;
    if (cache_take_back(arg, &request))
        request.locked(is_mine, request.arg);
}

static struct cache_request *cache_begin(struct cache *cache, void *arg)
{
    struct cache_request *request = memory_new(sizeof *request);
    request->cache = cache;
    request->arg = arg;
    request->deadline_ms = clock_monotonic_ms() + CACHE_DEADLINE_MS;
    TAILQ_INSERT_TAIL(&cache->waiting, request, entry);
    if (request == TAILQ_FIRST(&cache->waiting))
        cache_arm(cache);
    return request;
}

static void cache_refuse(struct cache_request *request)
{
    struct cache *cache = request->cache;
    TAILQ_REMOVE(&cache->waiting, request, entry);
    TAILQ_INSERT_TAIL(&cache->refused, request, entry);
    if (request == TAILQ_FIRST(&cache->refused))
        cache_arm(cache);
}

void cache_get(struct cache *cache, const char *name, cache_done_fn *done, void *arg)
{
    struct cache_request *request = cache_begin(cache, arg);
    request->done = done;
    atomic_fetch_add_explicit(&cache->gets, 1, memory_order_relaxed);
    if (!cache->kind->get(cache->store, name, cache_on_value, request))
        cache_refuse(request);
}

void cache_lock(struct cache *cache, const char *name, int64_t ttl_ms, cache_lock_fn *done,
                void *arg)
{
    struct cache_request *request = cache_begin(cache, arg);
    request->locked = done;
    if (!cache->kind->lock(cache->store, name, cache->token, ttl_ms, cache_on_lock, request))
        cache_refuse(request);
}

void cache_unlock(struct cache *cache, const char *name)
{
    cache->kind->unlock(cache->store, name, cache->token);
}

void cache_put(struct cache *cache, const char *name, struct str value, int64_t ttl_ms)
{
    atomic_fetch_add_explicit(&cache->puts, 1, memory_order_relaxed);
    cache->kind->put(cache->store, name, value, ttl_ms);
}

void cache_health(struct cache *cache, struct cache_health *out)
{
    *out = (struct cache_health){0};
    cache->kind->health(cache->store, out);
    out->gets = atomic_load_explicit(&cache->gets, memory_order_relaxed);
    out->hits = atomic_load_explicit(&cache->hits, memory_order_relaxed);
    out->puts = atomic_load_explicit(&cache->puts, memory_order_relaxed);
    out->failures += atomic_load_explicit(&cache->failures, memory_order_relaxed);
}

/* ---- the row of the settings ---- */

static bool cache_rows_parse_url(struct str text, const struct setting_row *row, void *field,
                                 struct fault *why)
{
    struct str scheme = str_first(text, str_find_byte(text, ':'));
    if (cache_store_find(scheme) == NULL && !str_is(scheme, "rediss"))
        return false;
    return cache_check(text, why) && kind_text.parse(text, row, field, why);
}

static const struct setting_kind url_kind = {
    .name = "a cache",
    .form = "memory, redis://[user:password@]host:6379/0 or redis+unix:///path?db=0",
    .size = sizeof(char *),
    .is_text = true,
    .is_hidden = true, /* it may hold a password */
    .parse = cache_rows_parse_url,
};

static const struct setting_row list[] = {
    {.key = "cache",
     .kind = &url_kind,
     .offset = offsetof(struct cache_settings, url),
     .standard = "memory",
     .is_restart = true,
     .sentence = "Where providers' lists and balances are held between refreshes: in this process, "
                 "or in a Redis that several gateways share and that outlives them."},
};

const struct setting_table cache_rows = {.name = "the cache",
                                         .rows = list,
                                         .count = COUNT_OF(list),
                                         .size = sizeof(struct cache_settings)};
