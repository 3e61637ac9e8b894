/* The stores "redis" and "redis+unix": values in a Redis that several gateways share. Names become
 * keys "panelmux:1:<name>", locks "panelmux:1:lock:<name>"; redisvalue.h says how a value looks.
 *
 * Whatever is done to that Redis, a question is answered: what cannot be asked or understood is
 * absent, a lock that cannot be asked for is ours, a put that cannot be sent is dropped. Such
 * failures are counted, and told once for each change of state. At most REDISSTORE_COMMANDS and
 * REDISSTORE_BYTES are under way at a time, and a value has REDISSTORE_VALUE_BYTES at most. */
#ifndef CACHE_REDISSTORE_H
#define CACHE_REDISSTORE_H
#include "cache/cache.h"

enum {
    REDISSTORE_COMMANDS = 1024,
    REDISSTORE_VALUE_BYTES = 32 * 1024 * 1024,
    REDISSTORE_BYTES = 64 * 1024 * 1024,
};

extern const struct cache_store redisstore, redisstore_unix;

#endif
