/* struct listener: evhttp on one loop, fed by sockets of our own making (SO_REUSEPORT, backlog
 * 4096, TCP_NODELAY), with the limits evhttp lacks: a number of connections, an absolute deadline
 * per request (a byte per second holds nothing open), ceilings for headers and bodies, a high-water
 * mark for input, and 400 and close for duplicate, signed or unknown lengths and encodings, invalid
 * header names, bare LF, NUL, and a missing Host.
 *
 * Addresses are bound once per process (listener_bind); each worker has a socket of its own. The
 * loop's own thread, except listener_bind. */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H
#include "base/fault.h"
#include "http/exchange.h"
#include "http/listener_settings.h"

struct listener;
struct tls_context; /* counted; made from certificate and key */

typedef void listener_handler_fn(struct exchange *x, void *arg);

/* Test-binds the address without SO_REUSEPORT (in use is a fault that names it), then opens count
 * sockets with SO_REUSEPORT into fds. listener_bind_more skips the test: the address is ours
 * already.
 */
bool listener_bind(const struct listener_address *address, int *fds, size_t count,
                   struct fault *why);
bool listener_bind_more(const struct listener_address *address, int *fds, size_t count,
                        struct fault *why);

struct tls_context *tls_context_new(const char *certificate, const char *key, struct fault *why);
struct tls_context *tls_context_pin(struct tls_context *context);
void tls_context_unpin(struct tls_context **context);

struct listener *listener_new(struct loop *loop, listener_handler_fn *handler, void *arg);
/* Limits and certificate for requests from now on; settings are copied, tls is pinned. */
void listener_configure(struct listener *listener, const struct listener_settings *settings,
                        struct tls_context *tls);
/* Takes ownership of the descriptor; the text names it for listener_remove. */
void listener_add(struct listener *listener, int fd, const char *address_text);
void listener_remove(struct listener *listener, const char *address_text);
/* For shutdown: idle connections close, replies from now on carry Connection: close. */
void listener_stop_accepting(struct listener *listener);
/* on_idle is called whenever the last open exchange has ended, from inside its end: it may only
 * leave a note for later. */
void listener_on_idle(struct listener *listener, void (*on_idle)(void *arg), void *arg);
/* Exchanges whose reply is not written yet, and open connections; any thread. */
unsigned listener_exchange_count(const struct listener *listener);
unsigned listener_connection_count(const struct listener *listener);
/* No exchange may be open. Closes idle connections. */
void listener_free(struct listener *listener);

struct listener_totals { /* since its start; any thread may read */
    _Atomic uint64_t requests, rejected, timeouts, connections;
    _Atomic uint64_t displaced; /* ended to make room for a newcomer */
};
const struct listener_totals *listener_totals(const struct listener *listener);

#endif
