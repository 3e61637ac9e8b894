/* The stores "redis" and "redis+unix": values in a Redis that several gateways share. Names become
 * keys "panelmux:1:<name>", locks "panelmux:1:lock:<name>"; redis_value.h says how a value looks.
 *
 * Whatever happens to that Redis, each call completes: what cannot be read or understood is absent,
 * a lock that cannot be requested is granted, a put that cannot be sent is dropped. Such failures
 * are counted, and logged once for each change of state. At most CACHE_REDIS_COMMANDS and
 * CACHE_REDIS_BYTES are in flight, and a value has CACHE_REDIS_VALUE_BYTES at most.
 *
 * The loop's thread, but for health. */
#ifndef CACHE_CACHE_REDIS_H
#define CACHE_CACHE_REDIS_H
#include "cache/cache.h"

enum {
    CACHE_REDIS_COMMANDS = 1024,
    CACHE_REDIS_VALUE_BYTES = 32 * 1024 * 1024,
    CACHE_REDIS_BYTES = 64 * 1024 * 1024,
};

extern const struct cache_store cache_redis, cache_redis_unix;

/* What can be wrong with a Redis. */
enum redis_trouble {
    REDIS_TROUBLE_NONE,
    REDIS_TROUBLE_NAME,        /* its name cannot be resolved */
    REDIS_TROUBLE_UNREACHABLE, /* no connection can be made */
    REDIS_TROUBLE_SILENT,      /* connected, no reply in time */
    REDIS_TROUBLE_LOST,        /* the connection ended */
    REDIS_TROUBLE_DENIED,      /* login or permission */
    REDIS_TROUBLE_LOADING,     /* not ready yet */
    REDIS_TROUBLE_FULL,        /* out of memory */
    REDIS_TROUBLE_READONLY,    /* takes no writes */
    REDIS_TROUBLE_ILLFORMED,   /* a value that is not ours */
    REDIS_TROUBLE_LARGE,       /* a value beyond our ceiling */
    REDIS_TROUBLE_CROWDED,     /* too much in flight already */
    REDIS_TROUBLE_OTHER,       /* another error */
    REDIS_TROUBLE_COUNT,
};
const char *cache_redis_message(enum redis_trouble trouble); /* "cannot be reached" */
/* By the error's code, its first word. Pure. */
enum redis_trouble cache_redis_trouble_of(struct str error);
/* That code when it is one (capitals only, at most 20), else "": whatever else an error says may
 * hold anything and is never shown. Borrowed from error. Pure. */
struct str cache_redis_error_code(struct str error);

#endif
