/* The JSON in a panel's response: found among byte order marks, PHP notices, dumps and comments;
 * repaired where text inside strings is broken, where a number is none (NaN) or does not fit 64
 * bits, both of which become texts; refused where it is too deep, cut short, or where two whole
 * values say different things. Pure. */
#ifndef PROVIDERS_REPLYJSON_H
#define PROVIDERS_REPLYJSON_H
#include <jansson.h>

#include "base/arena.h"

enum { REPLYJSON_DEPTH = 32 };

struct replyjson {
    json_t *root;         /* owned; NULL when there is none to be trusted */
    bool has_double_keys; /* some object names a key twice */
};

/* is_strict (add, refill, cancel): doubled keys, NULs and reals beyond a double leave no root. Else
 * a key that stands twice with different values is null. */
struct replyjson replyjson_load(struct str body, bool is_strict, struct arena *arena);
/* Does JSON, whole or not, begin before a page or behind it? */
bool replyjson_is_beside_page(struct str body);

#endif
