/* What listener.c, connection.c and exchange.c know of each other, and nobody else.
 *
 * A connection is in one state, and each state is a list ordered by since_ms, so that one timer for
 * the listener's earliest deadline serves all connections:
 *
 *   accepted -> IDLE -> READING -> WORKING -> WRITING -> IDLE (or READING, when pipelined)
 *               idle    reading    working    writing
 *
 * In WORKING a connection is never closed: its request is in the handler's hands. */
#ifndef HTTP_LISTENER_PRIVATE_H
#define HTTP_LISTENER_PRIVATE_H
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "http/headercheck.h"
#include "http/listener.h"
#include "http/splicer.h"
#include "http/tls_context.h"

enum {
    LISTENER_HEADER_BYTES = 16 * 1024,
    /* Requests of all connections together; past it, what grows beyond its share is ended. With
     * larger bodies than usual allowed there is room for eight. */
    LISTENER_HELD_BYTES = 64 * 1024 * 1024,
    LISTENER_HELD_SHARE = 2 * LISTENER_HEADER_BYTES,
    LISTENER_IDLE_MS = 75 * 1000,
    LISTENER_EMFILE_PAUSE_MS = 100,
    LISTENER_POOL_MAX = 256,     /* exchanges kept for reuse */
    LISTENER_TURN_MAX = 32,      /* connections taken, or ended by time, in one turn of the loop */
    LISTENER_WRITE_PERIODS = 10, /* request timeouts a reply may take while its client reads on */
};

enum connection_state {
    CONNECTION_NEW,     /* made by evhttp's accept, not ours yet */
    CONNECTION_IDLE,    /* between requests; no byte of one has come, line breaks apart */
    CONNECTION_READING, /* from a request's first byte */
    CONNECTION_WORKING, /* the handler has the request */
    CONNECTION_WRITING, /* the reply is on its way */
};

struct connection {
    TAILQ_ENTRY(connection) entry;
    LIST_ENTRY(connection) full_entry; /* when is_full */
    struct listener *listener;         /* borrowed */
    struct bufferevent *bufferevent;   /* evhttp's */
    struct evhttp_connection *evcon;   /* evhttp's; NULL while NEW */
    struct exchange *exchange;         /* in WORKING and WRITING */
    int64_t since_ms;                  /* when the present wait began */
    size_t unsent_bytes;               /* of the reply, at the last look */
    struct in6_addr peer;
    struct headercheck_scan scan;
    uint8_t state; /* enum connection_state */
    uint8_t write_periods;
    uint32_t held_bytes; /* what came of the request at hand, and behind it */
    bool is_full;        /* its input reached the mark in this turn, or all hold too much */
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
    struct connection_list newborn, idle, reading, working, writing;
    unsigned newborn_count; /* of this turn */
    LIST_HEAD(, connection) full;
    struct connection *current; /* whose input changed last */
    /* Runs connection_adopt_all before any newborn's own events, connection_end_full after evhttp
     * has read what there is. */
    struct event *adopt_event;
    struct loop_timer deadline_timer, emfile_timer;
    int64_t deadline_at_ms; /* what deadline_timer waits for; INT64_MAX: nothing */
    bool is_draining, is_out_of_files, is_accepting;
    uint64_t next_request_id; /* seed of made X-Request-Ids */
    int64_t date_s;           /* the second that date tells */
    char date[32];            /* as in the Date header */
    struct splicer splicer;   /* for exchange_reply_pages */
    struct exchange *pool;    /* linked by next */
    size_t pool_count;
    _Atomic unsigned exchange_count, connection_count;
    struct listener_totals totals;
    void (*on_idle)(void *arg); /* see listener_on_idle; NULL: nobody waits */
    void *on_idle_arg;
    uint64_t held_bytes; /* of all connections */
};

/* One writer, any readers: no locked instruction needed. */
static inline void listener_count(_Atomic uint64_t *total)
{
    atomic_store_explicit(total, atomic_load_explicit(total, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}
/* Accepts or pauses, as the count of connections and the rest of its state demand. */
void listener_update_accepting(struct listener *listener);

#endif
