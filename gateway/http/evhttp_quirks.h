/* All that leans on evhttp's inner workings beyond its documented interface, in one place: to be
 * looked through with each new version of libevent, which evhttp_quirks_check_version insists on.
 */
#ifndef HTTP_EVHTTP_QUIRKS_H
#define HTTP_EVHTTP_QUIRKS_H
#include <event2/bufferevent.h>
#include <event2/http.h>

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
