/* What listener.c, exchange.c and connection.c know of each other, and nobody else. Calls go that
 * way only; a connection notifies its exchange through the listener's hooks.
 *
 * A connection is in one state, and each state is a list ordered by since_ms, so that one timer for
 * the listener's earliest deadline serves all connections:
 *
 *   accepted -> SILENT -> READING -> WORKING -> WRITING -> IDLE -> READING …
 *               silent    reading    working    writing    idle
 *
 * When all places are taken, the one that has been SILENT or IDLE longest makes room for a
 * newcomer. In WORKING a connection is never closed: its request is in the handler's hands. */
#ifndef HTTP_LISTENER_PRIVATE_H
#define HTTP_LISTENER_PRIVATE_H
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "http/headercheck.h"
#include "http/listener.h"

enum {
    LISTENER_HEADER_BYTES = 16 * 1024,
    /* Input of all connections together; beyond it, connections that exceed their share are ended.
     * Where larger bodies are allowed there is room for eight of them. */
    LISTENER_HELD_BYTES = 64 * 1024 * 1024,
    LISTENER_HELD_SHARE = 2 * LISTENER_HEADER_BYTES,
    LISTENER_IDLE_MS = 75 * 1000,
    LISTENER_SILENT_MS = 10 * 1000, /* for a new connection's first byte */
    LISTENER_EMFILE_PAUSE_MS = 100,
    LISTENER_POOL_MAX = 256, /* exchanges kept for reuse */
    LISTENER_TURN_MAX = 32,  /* connections accepted, or timed out, in one turn of the loop */
    LISTENER_WRITE_PERIODS =
        10, /* request timeouts that a reply may take while its client keeps reading */
};

enum connection_state {
    CONNECTION_NEW,     /* made by evhttp's accept, not ours yet */
    CONNECTION_SILENT,  /* not a byte has come */
    CONNECTION_IDLE,    /* no byte of the next request has come, line breaks apart */
    CONNECTION_READING, /* from a request's first byte */
    CONNECTION_WORKING, /* the handler has the request */
    CONNECTION_WRITING, /* the reply is on its way */
};

struct connection {
    TAILQ_ENTRY(connection) entry;
    LIST_ENTRY(connection) end_entry; /* when must_end */
    struct listener *listener;        /* borrowed */
    struct bufferevent *bufferevent;  /* evhttp's */
    struct evhttp_connection *evcon;  /* evhttp's; NULL while NEW */
    struct exchange *exchange;        /* in WORKING and WRITING */
    int64_t since_ms;                 /* when the present wait began */
    size_t unsent_bytes;              /* of the reply, at the last look */
    struct in6_addr peer;
    struct headercheck_scan scan;
    uint8_t state; /* enum connection_state */
    uint8_t write_periods;
    uint32_t held_bytes; /* what came of the request at hand, and behind it */
    bool must_end;       /* at the end of this turn: see connection_end_some */
    bool is_refused;     /* evhttp answered by itself */
    bool is_tls;         /* the listener's tls may be another by now, or none */
};
TAILQ_HEAD(connection_list, connection);

struct listener_socket {
    LIST_ENTRY(listener_socket) entry;
    struct evhttp_bound_socket *bound; /* evhttp's; closes the descriptor */
    struct evconnlistener *accepting;  /* the same */
    char *address;
};

struct exchange;

struct listener {
    LIST_ENTRY(listener) entry; /* the registry's */
    struct loop *loop;          /* borrowed */
    struct evhttp *evhttp;
    listener_handler_fn *handler;
    void *handler_arg;
    struct listener_settings settings;
    struct tls_context *tls; /* NULL: plain */
    LIST_HEAD(, listener_socket) sockets;
    struct connection_list newborn, silent, idle, reading, working, writing;
    unsigned newborn_count; /* of this turn */
    unsigned waiting_count; /* SILENT and IDLE */
    LIST_HEAD(, connection) ending;
    struct connection *current;              /* whose input changed last */
    void (*on_time_out)(struct exchange *x); /* its request was not answered in time */
    void (*on_lost)(struct exchange *x);     /* its connection has died */
    /* Runs connection_adopt_all before any newborn's own events, connection_end_some after evhttp
     * has read what there is. */
    struct event *adopt_event;
    struct loop_timer deadline_timer, emfile_timer;
    int64_t deadline_at_ms; /* what deadline_timer waits for; INT64_MAX: nothing */
    bool is_draining, is_out_of_files, is_accepting;
    uint64_t next_request_id; /* seed of made X-Request-Ids */
    int64_t date_s;           /* the second in date */
    char date[32];            /* as in the Date header */
    struct exchange *pool;    /* linked by next */
    size_t pool_count;
    _Atomic unsigned exchange_count, connection_count;
    struct listener_totals totals;
    void (*on_idle)(void *arg); /* see listener_on_idle; NULL: nobody waits */
    void *on_idle_arg;
    uint64_t held_bytes; /* of all connections */
};

/* One writer, any number of readers: no locked instruction needed. */
static inline void listener_count(_Atomic uint64_t *total)
{
    atomic_store_explicit(total, atomic_load_explicit(total, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}
/* ---- tls_context.c ---- */

SSL *tls_context_session(const struct tls_context *context); /* NULL: out of memory */

/* ---- connection.c ---- */

enum { CONNECTION_IO_BYTES = 1024 * 1024 }; /* the most of one read or write */

/* evhttp's bevcb; arg is the listener. */
struct bufferevent *connection_new(struct event_base *base, void *arg);
/* Closes what must end: what has its input full of a request that goes on (evhttp sets no end to
 * the line of a chunk's size, and would look at the full input over and over); what goes on with a
 * large request while all together hold too much; what evhttp has refused and would read on from.
 */
void connection_end_some(struct listener *listener);
/* Adopts what was accepted since; before that a connection has no address and no deadline. */
void connection_adopt_all(struct listener *listener);
/* The connection a request came on. */
struct connection *connection_of(struct listener *listener, struct evhttp_request *request);
void connection_start_working(struct connection *connection, struct exchange *exchange);
void connection_start_writing(struct connection *connection);
/* The reply is written; what the client sent meanwhile is the next request. */
void connection_finish_request(struct connection *connection);
/* Closes or answers all whose deadline has passed, and waits for the next. */
void connection_sweep(struct listener *listener);
void connection_close_idle(struct listener *listener);
/* Accepts or pauses, as the count of connections and the listener's state demand. */
void connection_update_accepting(struct listener *listener);

/* ---- exchange.c ---- */

/* evhttp's generic callback; arg is the listener. */
void exchange_on_request(struct evhttp_request *request, void *arg);
void exchange_time_out(struct exchange *x);
void exchange_lose_connection(struct exchange *x);
void exchange_free_pool(struct listener *listener);

/* All that leans on evhttp's inner workings beyond its documented interface, in one place: to be
 * looked through with each new version of libevent, which evhttp_quirks_check_version insists on.
 */
/* Ends the program on a libevent other than 2.1. */
void evhttp_quirks_check_version(void);
/* The connection of a bufferevent that evhttp has taken; NULL once it is freed. evhttp names it
 * only with the first request, but it is the argument of the callbacks evhttp has set. */
struct evhttp_connection *evhttp_quirks_connection(struct bufferevent *bufferevent);
/* The reply stands in the output already: what evhttp would set up before writing it. */
void evhttp_quirks_write_by_loop(struct bufferevent *bufferevent);
/* The mark for a chunked body is the request's, yet evhttp would end the reply by it. */
void evhttp_quirks_forget_chunks(struct evhttp_request *request);
/* With a whole URL for a target evhttp would look at Proxy-Connection instead of Connection, and
 * keep open what is to close. */
void evhttp_quirks_forget_proxy(struct evhttp_request *request);

#endif
