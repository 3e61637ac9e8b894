/* struct multi: a libcurl multi handle driven by a loop: its sockets, its one timer, and the news
 * of what has finished. Private to this room; the loop's thread only.
 *
 * Promises: on_finished runs outside every callback of libcurl, so that it may start and cancel
 * transfers. Easy handles must open and close their sockets by multi_open_socket and
 * multi_close_socket (CURLOPT_OPENSOCKETDATA and CLOSESOCKETDATA: the multi). */
#ifndef LOOP_MULTI_H
#define LOOP_MULTI_H
#include <curl/curl.h>

#include "loop/loop.h"

struct multi_socket;
/* The easy handle is still in the multi handle; the receiver removes it. */
typedef void multi_finished_fn(CURL *easy, CURLcode code);

struct multi {
    struct loop *loop; /* borrowed */
    CURLM *curl;       /* owned */
    struct event *timer;
    bool is_acting; /* within one of our own events */
    multi_finished_fn *on_finished;
    struct multi_socket **sockets; /* by descriptor; grows, entries are kept for the next use */
    size_t socket_room;
    int ended; /* a descriptor whose other end is closed: what idle connections that end become */
};

void multi_init(struct multi *multi, struct loop *loop, multi_finished_fn *on_finished);
void multi_fini(struct multi *multi); /* after all easy handles were removed; closes connections */

curl_socket_t multi_open_socket(void *multi, curlsocktype purpose, struct curl_sockaddr *address);
int multi_close_socket(void *multi, curl_socket_t fd);

#endif
