/* struct rediswire: one connection to a Redis, from connecting to its end, with the deadlines that
 * hiredis lacks: while anything is awaited, RESP bytes must come or go at least so often.
 *
 *   rediswire_open -> connecting, login, PING -> ready -> ended        (or at once: ended)
 *
 * Both are called once at most, later, on the loop's thread. After ended only close is left. */
#ifndef CACHE_REDISWIRE_H
#define CACHE_REDISWIRE_H
#include <hiredis/hiredis.h>

#include "cache/redistrouble.h"
#include "cache/redisurl.h"
#include "loop/loop.h"

enum {
    REDISWIRE_HANDSHAKE_MS = 800, /* without a sign of life until it is ready… */
    REDISWIRE_SILENCE_MS = 500,   /* … and from then on, while something is awaited */
};

struct rediswire;
struct rediswire_events {
    void (*ready)(void *arg);
    /* word: of the error that ended it, "" when it was none. */
    void (*ended)(enum redistrouble why, struct str word, void *arg);
};

/* url is borrowed until close; address: a numeric one for its host, NULL for a unix socket. */
struct rediswire *rediswire_open(struct loop *loop, const struct redisurl *url, const char *address,
                                 const struct rediswire_events *events, void *arg);
/* NULL instead of a reply: none will come. That may happen inside close. */
typedef void rediswire_reply_fn(const redisReply *reply, void *arg);
/* A whole command as RESP, copied. Only when ready; false: the connection is about to end. */
bool rediswire_send(struct rediswire *wire, struct str command, rediswire_reply_fn *reply,
                    void *arg) MUST_USE;
/* Not from inside a reply. */
void rediswire_close(struct rediswire **wire);

#endif
