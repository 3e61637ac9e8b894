/* The JSON in a panel's answer: found behind a byte order mark, PHP notices or comments, repaired
 * where text inside strings is broken, refused where it is too deep, cut off, or stands twice.
 * Pure. */
#ifndef PROVIDERS_REPLYJSON_H
#define PROVIDERS_REPLYJSON_H
#include <jansson.h>

#include "base/arena.h"

enum { REPLYJSON_DEPTH = 32 };

struct replyjson {
    json_t *root;         /* owned; NULL when there is none to be trusted */
    bool has_double_keys; /* some object names a key twice (strict only) */
};

/* is_strict (add, refill, cancel): doubled keys, NULs and numbers beyond 64 bits leave no root. */
struct replyjson replyjson_load(struct str body, bool is_strict, struct arena *arena);

#endif
