/* The door: finds the store by the URL's scheme, keeps each question's deadline, counts. A store
 * that answers late finds its question gone; that is where a remote store's troubles end. */
#include "cache/cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/memorystore.h"

enum { CACHE_DEADLINE_MS = 1000 };

/* A get on its way. The store holds it until it answers, hence it outlives its deadline. */
struct question {
    TAILQ_ENTRY(question) entry; /* among the waiting or the late ones */
    struct cache *cache;
    cache_done_fn *done; /* NULL once the deadline has passed */
    void *arg;
    int64_t deadline_ms;
};
TAILQ_HEAD(questions, question);

struct cache {
    const struct cache_store *kind;
    void *store;
    struct loop *loop;
    struct questions waiting; /* oldest first: all have the same time */
    struct questions late;
    struct loop_timer timer; /* of the oldest that waits */
    _Atomic uint64_t gets, hits, puts, failures;
};

static const struct cache_store *const stores[] = {&memorystore};

const struct cache_store *cache_store_find(struct str scheme)
{
    for (size_t i = 0; i < COUNT_OF(stores); i++)
        if (str_is(scheme, stores[i]->scheme))
            return stores[i];
    return NULL;
}

/* Of the URL only the scheme is ever shown: the rest may hold a password. */
static void refuse_scheme(struct str scheme, struct fault *why)
{
    if (str_is(scheme, "redis"))
        fault_set(why, FAULT_INVALID,
                  "cache: redis is not built into this version yet; use memory");
    else
        fault_set(why, FAULT_INVALID, "cache: there is no store \"%.20s\"; use memory",
                  log_value(scheme).text);
}

struct cache *cache_open(const struct cache_settings *settings, struct loop *loop,
                         struct fault *why)
{
    struct str rest = settings->url ? str_of(settings->url) : STR("memory"), scheme;
    const struct cache_store *kind;
    (void)!str_next(&rest, ':', &scheme);
    kind = cache_store_find(scheme);
    if (kind == NULL) {
        refuse_scheme(scheme, why);
        return NULL;
    }
    return cache_open_store(kind, rest, loop, why);
}

struct cache *cache_open_store(const struct cache_store *kind, struct str location,
                               struct loop *loop, struct fault *why)
{
    void *store = kind->open(location, loop, why);
    struct cache *cache;
    if (store == NULL)
        return NULL;
    cache = memory_new(sizeof *cache);
    cache->kind = kind;
    cache->store = store;
    cache->loop = loop;
    TAILQ_INIT(&cache->waiting);
    TAILQ_INIT(&cache->late);
    return cache;
}

static void free_questions(struct questions *questions)
{
    struct question *question;
    while ((question = TAILQ_FIRST(questions)) != NULL) {
        TAILQ_REMOVE(questions, question, entry);
        free(question);
    }
}

void cache_close(struct cache **cache)
{
    struct cache *old = *cache;
    *cache = NULL;
    if (old == NULL)
        return;
    old->kind->close(old->store); /* from here on it answers nothing */
    loop_timer_fini(&old->timer);
    free_questions(&old->waiting);
    free_questions(&old->late);
    free(old);
}

static void arm(struct cache *cache);

static void on_deadline(void *arg)
{
    struct cache *cache = arg;
    struct question *question;
    int64_t now_ms = clock_steady_ms();
    while ((question = TAILQ_FIRST(&cache->waiting)) != NULL && question->deadline_ms <= now_ms) {
        cache_done_fn *done = question->done;
        question->done = NULL;
        TAILQ_REMOVE(&cache->waiting, question, entry);
        TAILQ_INSERT_TAIL(&cache->late, question, entry);
        atomic_fetch_add_explicit(&cache->failures, 1, memory_order_relaxed);
        done(STR_NONE, 0, question->arg);
    }
    arm(cache);
}

static void arm(struct cache *cache)
{
    struct question *first = TAILQ_FIRST(&cache->waiting);
    if (first)
        loop_timer_start(&cache->timer, cache->loop, first->deadline_ms - clock_steady_ms(),
                         on_deadline, cache);
    else
        loop_timer_cancel(&cache->timer);
}

static void on_answer(struct str value, int64_t age_ms, void *arg)
{
    struct question *question = arg;
    struct cache *cache = question->cache;
    cache_done_fn *done = question->done;
    void *done_arg = question->arg;
    bool was_first = question == TAILQ_FIRST(&cache->waiting);
    TAILQ_REMOVE(done ? &cache->waiting : &cache->late, question, entry);
    free(question);
    if (was_first)
        arm(cache);
    if (done == NULL)
        return;
    if (value.ptr)
        atomic_fetch_add_explicit(&cache->hits, 1, memory_order_relaxed);
    done(value, age_ms, done_arg);
}

void cache_get(struct cache *cache, const char *name, cache_done_fn *done, void *arg)
{
    struct question *question = memory_new(sizeof *question);
    question->cache = cache;
    question->done = done;
    question->arg = arg;
    question->deadline_ms = clock_steady_ms() + CACHE_DEADLINE_MS;
    TAILQ_INSERT_TAIL(&cache->waiting, question, entry);
    if (question == TAILQ_FIRST(&cache->waiting))
        arm(cache);
    atomic_fetch_add_explicit(&cache->gets, 1, memory_order_relaxed);
    cache->kind->get(cache->store, name, on_answer, question);
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
