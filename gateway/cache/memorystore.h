/* The store "memory": values in this process, gone with it. At most MEMORYSTORE_BYTES, names and
 * overhead counted; what is too much pushes out what was put longest ago. */
#ifndef CACHE_MEMORYSTORE_H
#define CACHE_MEMORYSTORE_H
#include "cache/cache.h"

enum { MEMORYSTORE_BYTES = 256 * 1024 * 1024 };

extern const struct cache_store memorystore;

#endif
