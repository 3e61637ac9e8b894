/* struct redislink: keeps a connection to one Redis, coming back by itself, and is its breaker:
 * closed while READY, open while RESTING (nobody waits for anything), half open in between, with
 * the handshake's PING as the probe.
 *
 *   RESTING -> LOOKING (the name) -> CONNECTING -> READY -> RESTING …
 *
 * The rests are short enough to be READY within 2 s of Redis' return. Each change of state is one
 * log line, with the address and never the password. The loop's thread, but for the standing. */
#ifndef CACHE_REDISLINK_H
#define CACHE_REDISLINK_H
#include "cache/rediswire.h"

struct redislink;
enum redislink_news {
    REDISLINK_READY,
    REDISLINK_DOWN, /* lost, or a try failed */
};
typedef void redislink_news_fn(enum redislink_news news, void *arg);

/* Takes the URL over. news comes later, on the loop's thread. */
struct redislink *redislink_new(struct loop *loop, struct redisurl *url, redislink_news_fn *news,
                                void *arg);
void redislink_free(struct redislink **link); /* not from inside news or a reply */

/* Not ready, yet likely to be in a moment: the first try is under way. */
bool redislink_is_promising(const struct redislink *link);
/* As rediswire_send; false also when it is not ready. */
bool redislink_send(struct redislink *link, struct str command, rediswire_reply_fn *reply,
                    void *arg) MUST_USE;
/* A command went well: the next rest is a short one again. */
void redislink_served(struct redislink *link);

enum redistrouble redislink_standing(const struct redislink *link); /* any thread */
const char *redislink_address(const struct redislink *link);        /* any thread; to be shown */

#endif
