/* Where a Redis is and how to log in, from the setting `cache`:
 *   redis://[user:password@]host[:port][/db]         port 6379, db 0
 *   redis+unix://[user:password@]/path[?db=N]
 * User, password and path may be written with %XX. Faults go on from "the value …" and, as what is
 * shown, hold neither user nor password. Pure. */
#ifndef CACHE_REDISURL_H
#define CACHE_REDISURL_H
#include "base/fault.h"
#include "base/str.h"

struct redisurl {
    char *host; /* owned; NULL: a unix socket */
    uint16_t port;
    char *path;            /* owned; NULL: host and port */
    char *user, *password; /* owned; NULL: none */
    unsigned database;
    char shown[100]; /* "host:6379/0" or "/path?db=0" */
};

/* location: what follows the scheme's colon. Nothing is left behind by a fault. */
bool redisurl_parse(struct str location, struct redisurl *out, struct fault *why) MUST_USE;
bool redisurl_parse_unix(struct str location, struct redisurl *out, struct fault *why) MUST_USE;
void redisurl_fini(struct redisurl *url); /* wipes the password */

#endif
