/* What outlives a configuration: a client's small id and its rate bucket, by its name. Private to
 * this room. Any thread; nothing is ever freed, for ids stay in orders. */
#ifndef CLIENTS_CLIENT_STATE_H
#define CLIENTS_CLIENT_STATE_H
#include "base/ratelimit.h"
#include "clients/client.h"

struct client_state {
    char *name;
    unsigned id;
    struct ratelimit bucket;
};

/* When a key was last used; likewise, by its SHA-256. */
struct client_key_use {
    _Atomic int64_t at_ms; /* wall; 0: never */
    int64_t taken_ms;      /* what client_key_take_use gave last */
};
struct client_key_use *client_state_key_use(const struct digest *sha256);

/* Made at first sight. */
struct client_state *client_state_of(struct str name);

#endif
