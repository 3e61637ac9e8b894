/* struct exchange: one request, from its arrival to its one reply. The pointer stays valid until
 * exchange_reply* is called, even when the client has left. There is exactly one reply; when the
 * request's deadline passes first, the listener answers 503 by itself, exchange_is_answered() is
 * true from then on, and a later reply is dropped silently. The loop's own thread only. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H
#include "base/arena.h"
#include "base/str.h"
#include "http/params.h"
#include "loop/loop.h"

struct exchange;

enum exchange_method { EXCHANGE_GET, EXCHANGE_POST, EXCHANGE_HEAD, EXCHANGE_OTHER };

enum exchange_method exchange_method(const struct exchange *x);
struct str exchange_path(const struct exchange *x);                     /* without the query */
struct str exchange_query(const struct exchange *x);                    /* raw, "" when absent */
struct str exchange_header(const struct exchange *x, const char *name); /* STR_NONE when absent */
/* It is there more than once, with different values. */
bool exchange_header_differs(const struct exchange *x, const char *name);
struct str exchange_content_type(const struct exchange *x);
struct str exchange_body(struct exchange *x); /* contiguous; lives as long as the exchange */
struct str exchange_request_id(const struct exchange *x); /* taken from X-Request-Id or made */
/* The client's address after trusted_proxies, as text ("192.0.2.1", "2001:db8::1"). */
struct str exchange_peer(const struct exchange *x);
const struct in6_addr *exchange_peer_address(const struct exchange *x); /* v4-mapped for IPv4 */
struct arena *exchange_arena(struct exchange *x);
bool exchange_is_answered(const struct exchange *x);
/* Called when the exchange ends, after its reply, to drop pins. One per exchange. */
void exchange_on_end(struct exchange *x, void (*fn)(void *arg), void *arg);

/* Called once when the client's side of the connection has ended before the reply was written; the
 * reply is still to come. From then on the request's connection is watched. One per exchange. */
void exchange_on_lost(struct exchange *x, void (*fn)(void *arg), void *arg);
/* Within on_end: the reply was handed to the system to its last byte, while the client was there.
 */
bool exchange_was_written(const struct exchange *x);

/* A header of the reply; both copied. */
void exchange_add_header(struct exchange *x, const char *name, const char *value);
/* The one reply; bytes are copied. Content-Type is application/json unless a header says otherwise.
 */
void exchange_reply(struct exchange *x, int status, struct str bytes);
/* The same without a copy: release is called once the bytes are no longer needed. */
void exchange_reply_shared(struct exchange *x, int status, struct str bytes,
                           void (*release)(const void *bytes, size_t len, void *arg), void *arg);
/* {"error":"…"} with that status. */
void exchange_reply_error(struct exchange *x, int status, const char *message);

#endif
