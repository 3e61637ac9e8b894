/* How a value lies in Redis: a line of our own, then the value as it is.
 *   panelmux 1 <32 hex digits> <put, wall ms> <name>\n<value>
 * The digits begin the SHA-256 of all that follows them, so what is cut, changed, put under another
 * name or not ours is not taken for a value. Pure. */
#ifndef CACHE_REDIS_VALUE_H
#define CACHE_REDIS_VALUE_H
#include "base/buf.h"

enum { REDIS_VALUE_HEAD_MAX = 512 }; /* what the line adds at most; a longer name is no name */

enum redis_value_verdict {
    REDIS_VALUE_GOOD,
    REDIS_VALUE_FOREIGN, /* not written by us */
    REDIS_VALUE_VERSION, /* by another version of us */
    REDIS_VALUE_BROKEN,  /* truncated, changed or moved */
};

void redis_value_print(struct str name, struct str value, int64_t put_wall_ms, struct buf *out);
/* value_out points into bytes; never absent when good, also when it is empty. */
enum redis_value_verdict redis_value_parse(struct str bytes, struct str name, struct str *value_out,
                                           int64_t *put_wall_ms_out);
const char *redis_value_message(enum redis_value_verdict verdict); /* "is not ours" */

#endif
