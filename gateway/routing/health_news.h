/* Changes of state that are to be logged, gathered under the lock and written after it, since a
 * log line is a system call. Private to this room. */
#ifndef ROUTING_HEALTH_NEWS_H
#define ROUTING_HEALTH_NEWS_H
#include "base/log.h"
#include "routing/health.h"

enum { HEALTH_NEWS_MAX = 8 };
struct health_news {
    unsigned provider_id;
    struct str service; /* of the offer, borrowed; STR_NONE */
    size_t count;
    struct health_item {
        enum log_level level;
        const char *event;  /* "provider_cooling_down" */
        const char *reason; /* a snake_case word */
    } items[HEALTH_NEWS_MAX];
};
void health_news_add(struct health_news *news, enum log_level level, const char *event,
                     const char *reason);
void health_news_log(const struct health_news *news);

#endif
