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

/* Made at first sight. */
struct client_state *client_state_of(struct str name);

#endif
