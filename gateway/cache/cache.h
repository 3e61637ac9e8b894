/* struct cache: named values with an age, asynchronous so that a remote store fits. Belongs to one
 * loop and its thread. Never fails towards its user: an absent value is the worst that happens. */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H
#include "base/fault.h"
#include "base/str.h"
#include "loop/loop.h"

struct cache;
struct cache_settings {
    char *url; /* "memory", "redis://…", "redis+unix://…"; NULL is the first */
};
/* Whether there is a store of that URL; nothing is opened. Faults go on from "the value …" and
 * never show what may be a password. Pure. */
bool cache_check(struct str url, struct fault *why) MUST_USE;

struct cache *cache_open(const struct cache_settings *settings, struct loop *loop,
                         struct fault *why);
/* What is in flight is never completed. Not from inside done. */
void cache_close(struct cache **cache);

/* value.ptr is NULL when absent; valid until done returns. age since it was put, by wall clock. */
typedef void cache_done_fn(struct str value, int64_t age_ms, void *arg);
/* done once, later, on the loop's thread, within 1 s. */
void cache_get(struct cache *cache, const char *name, cache_done_fn *done, void *arg);
/* Copies; keeps for at most ttl_ms. */
void cache_put(struct cache *cache, const char *name, struct str value, int64_t ttl_ms);

/* One of the gateways that share a store does something for all of them. is_mine: it is ours, until
 * cache_unlock or until ttl_ms have passed; also when the store cannot say (rather done twice than
 * never) and when it was ours already. Otherwise another gateway holds it. */
typedef void cache_lock_fn(bool is_mine, void *arg);
/* done once, later, on the loop's thread, within 1 s. */
void cache_lock(struct cache *cache, const char *name, int64_t ttl_ms, cache_lock_fn *done,
                void *arg);
/* Does nothing when it is another's by now. */
void cache_unlock(struct cache *cache, const char *name);

struct cache_health {
    bool is_usable;
    char message[120];
    uint64_t gets, hits, puts, failures;
};
void cache_health(struct cache *cache, struct cache_health *out); /* any thread */

/* Each store is a file of its own and a row in cache.c, which has its schemes. url is the whole
 * setting; check is pure, its faults as those of cache_check, and open is
 * given only what passed it. get and lock complete once, later, on the loop's thread, never after
 * close; or return false: the store cannot do it now and will not complete it. The deadline is
 * cache.c's, so that completing late does no harm. put may drop the value; ttl_ms <= 0 forgets it.
 * token (16 bytes at least) says whose a lock is. health fills all but gets, hits and puts, from
 * any thread. */
struct cache_store {
    void *(*open)(struct str url, struct loop *loop, struct fault *why);
    void (*close)(void *store);
    bool (*get)(void *store, const char *name, cache_done_fn *done, void *arg);
    void (*put)(void *store, const char *name, struct str value, int64_t ttl_ms);
    void (*health)(void *store, struct cache_health *out);
    bool (*check)(struct str url, struct fault *why);
    bool (*lock)(void *store, const char *name, const char *token, int64_t ttl_ms,
                 cache_lock_fn *done, void *arg);
    void (*unlock)(void *store, const char *name, const char *token);
};
const struct cache_store *cache_store_find(struct str scheme);
/* cache_open with that store. */
struct cache *cache_open_store(const struct cache_store *kind, struct str url, struct loop *loop,
                               struct fault *why);

/* The store "memory": values in this process, gone with it. At most MEMORYSTORE_BYTES, names and
 * overhead counted; what is too much pushes out what was put longest ago. */
enum { MEMORYSTORE_BYTES = 256 * 1024 * 1024 };
extern const struct cache_store memorystore;

struct setting_table;
extern const struct setting_table cache_rows; /* struct cache_settings */

#endif
