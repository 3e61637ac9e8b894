/* struct connection: our side of one evhttp connection: its state, its deadlines, the raw bytes of
 * its request's head. Made in evhttp's bufferevent callback, freed in its close callback. */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H
#include "http/listener_private.h"

enum { CONNECTION_IO_BYTES = 1024 * 1024 }; /* the most of one read or write */

/* evhttp's bevcb; arg is the listener. */
struct bufferevent *connection_new(struct event_base *base, void *arg);
/* Closes what has its input full of a request that goes on: evhttp sets no end to the line of a
 * chunk's size, and would look at the full input over and over. And what goes on with a large
 * request while all together hold too much. */
void connection_end_full(struct listener *listener);
/* Takes in hand what was accepted since; before that a connection has no address and no deadline.
 */
void connection_adopt_all(struct listener *listener);
/* The connection a request came on. */
struct connection *connection_of(struct listener *listener, struct evhttp_request *request);
void connection_start_working(struct connection *connection, struct exchange *exchange);
void connection_start_writing(struct connection *connection);
/* The reply has left; what the client sent meanwhile is the next request's head. */
void connection_finish_request(struct connection *connection);
/* Closes or answers all whose time is over and waits for the next. */
void connection_sweep(struct listener *listener);
void connection_close_idle(struct listener *listener);

#endif
