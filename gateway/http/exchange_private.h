/* The exchange as the files of this room see it. Two sides hold it: the handler until its reply,
 * and the wire until the reply has left or the connection has died. When the deadline passes first,
 * the wire gets its 503 and evhttp will free the request; what the handler may still look at (body,
 * headers) is moved over to the exchange before that, so that no view of it dangles. */
#ifndef HTTP_EXCHANGE_PRIVATE_H
#define HTTP_EXCHANGE_PRIVATE_H
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "http/exchange.h"
#include "http/listener_private.h"
#include "http/network.h"

enum { EXCHANGE_FIRST_BYTES = 4096, EXCHANGE_ID_BYTES = 64 };

struct exchange {
    struct exchange *next;          /* the pool's */
    struct listener *listener;      /* borrowed */
    struct connection *connection;  /* NULL once it has died */
    struct evhttp_request *request; /* evhttp's; NULL once it may have been freed */
    struct evkeyvalq *headers;      /* the request's or kept_headers */
    struct evbuffer *body;          /* the request's or kept_body */
    struct evkeyvalq kept_headers;
    struct evbuffer *kept_body; /* owned; NULL unless the deadline passed */
    struct str path, query;     /* in the arena */
    struct str added;           /* header lines of the reply; in the arena */
    struct arena arena;
    void (*on_end)(void *arg);
    void *on_end_arg;
    struct in6_addr peer;
    enum exchange_method method;
    bool is_answered;     /* a reply was given to the wire */
    bool is_handler_done; /* the handler's one reply has come */
    bool is_wire_done;    /* the reply has left, or never will */
    bool has_content_type;
    bool must_close; /* the connection ends with this reply */
    size_t peer_len; /* of peer_text; 0: not printed yet */
    char peer_text[NETWORK_TEXT_BYTES];
    size_t request_id_len;
    char request_id[EXCHANGE_ID_BYTES + 1];
    _Alignas(16) char first_bytes[EXCHANGE_FIRST_BYTES]; /* the arena's first block */
};

/* evhttp's generic callback; arg is the listener. */
void exchange_on_request(struct evhttp_request *request, void *arg);
void exchange_time_out(struct exchange *x);
void exchange_lose_connection(struct exchange *x);
/* Ends the exchange when both sides are done with it. */
void exchange_leave(struct exchange *x);
void exchange_free_pool(struct listener *listener);

#endif
