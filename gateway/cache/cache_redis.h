/* The stores "redis" and "redis+unix": values in a Redis that several gateways share. Names become
 * keys "panelmux:1:<name>", locks "panelmux:1:lock:<name>"; below is how a value lies there.
 *
 * Whatever happens to that Redis, each call completes: what cannot be read or understood is absent,
 * a lock that cannot be requested is granted, a put that cannot be sent is dropped. Such failures
 * are counted, and logged once for each change of state. At most CACHE_REDIS_COMMANDS and
 * CACHE_REDIS_BYTES are in flight, and a value has CACHE_REDIS_VALUE_BYTES at most.
 *
 * The loop's thread, but for health. */
#ifndef CACHE_CACHE_REDIS_H
#define CACHE_CACHE_REDIS_H
#include "base/buf.h"
#include "cache/cache.h"

enum {
    CACHE_REDIS_COMMANDS = 1024,
    CACHE_REDIS_VALUE_BYTES = 32 * 1024 * 1024,
    CACHE_REDIS_BYTES = 64 * 1024 * 1024,
};

extern const struct cache_store cache_redis;

/* What an error means, by its code: "its memory is full". Pure. */
const char *cache_redis_trouble_of(struct str error);
/* An error's code is its first word when it is one (capitals only, at most 20), else "": whatever
 * else an error says may hold anything and is never shown. Borrowed from error. Pure. */
struct str cache_redis_error_code(struct str error);

/* How a value lies in Redis: a line of our own, then the value as it is.
 *   panelmux 1 <32 hex digits> <put, wall ms> <name>\n<value>
 * The digits begin the SHA-256 of all that follows them, so what is cut, changed, put under another
 * name or not ours is not taken for a value. Pure. */
enum { CACHE_REDIS_HEAD_MAX = 512 }; /* what the line adds at most; a longer name is no name */
void cache_redis_print_value(struct str name, struct str value, int64_t put_wall_ms,
                             struct buf *out);
/* NULL when good, else what it is: "is not ours". value_out points into bytes and is never absent
 * when good. */
const char *cache_redis_parse_value(struct str bytes, struct str name, struct str *value_out,
                                    int64_t *put_wall_ms_out);

#endif
