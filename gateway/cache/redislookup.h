/* struct redislookup: a host's addresses without holding up the loop (hiredis 0.14 would): the
 * system's resolver on a thread of its own. The loop's thread. */
#ifndef CACHE_REDISLOOKUP_H
#define CACHE_REDISLOOKUP_H
#include "loop/loop.h"

enum { REDISLOOKUP_MAX = 8, REDISLOOKUP_TEXT = 64 };

struct redislookup_result {
    char addresses[REDISLOOKUP_MAX][REDISLOOKUP_TEXT]; /* numeric */
    size_t count;                                      /* 0: none was found */
};

struct redislookup;
/* Once, later; the lookup is over then. It has no deadline of its own. */
typedef void redislookup_done_fn(const struct redislookup_result *result, void *arg);
struct redislookup *redislookup_start(struct loop *loop, const char *host,
                                      redislookup_done_fn *done, void *arg);
void redislookup_cancel(struct redislookup *lookup);

#endif
