/* Where a Redis is and how to log in, from the setting `cache`:
 *   redis://[user:password@]host[:port][/db]         port 6379, db 0
 *   redis+unix://[user:password@]/path[?db=N]
 * User, password and path may be written with %XX. Faults go on from "the value …" and, like
 * address, hold neither user nor password. Pure.
 *
 * By hand, since libcurl's parser reads these wrongly (docs/decisions/0013). */
#ifndef CACHE_REDIS_URL_H
#define CACHE_REDIS_URL_H
#include "base/fault.h"
#include "base/str.h"

struct redis_url {
    char *host; /* owned; NULL: a unix socket */
    uint16_t port;
    char *path;            /* owned; NULL: host and port */
    char *user, *password; /* owned; NULL: none */
    unsigned database;
    char address[100]; /* to be shown: "host:6379/0" or "/path?db=0" */
};

/* url begins with one of the two schemes. *out is empty after a fault. */
bool redis_url_parse(struct str url, struct redis_url *out, struct fault *why) MUST_USE;
void redis_url_fini(struct redis_url *url); /* wipes the password */

#endif
