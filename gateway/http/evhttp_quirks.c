/* See listener_private.h. Further reliances, which need no code of their own:
 *   - evhttp takes the last of a request out of the input right before it hands the request over,
 *     so the connection whose input changed last is that request's (connection_of);
 *   - what evhttp answers by itself is written while our connection is still READING;
 *   - trailers: 2.1.12-stable-8 adds them to the headers, +deb12u1 throws them away; headercheck
 *     counts the head's own lines and exchange.c cuts the rest off. */
#include "http/listener_private.h"

#include <event2/event.h>
#include <event2/http_struct.h>

#include "base/memory.h"

void evhttp_quirks_check_version(void)
{
    ASSERT(event_get_version_number() >> 16 == 0x0201);
}

struct evhttp_connection *evhttp_quirks_connection(struct bufferevent *bufferevent)
{
    void *evcon = NULL;
    bufferevent_getcb(bufferevent, NULL, NULL, NULL, &evcon);
    return evcon;
}

void evhttp_quirks_write_by_loop(struct bufferevent *bufferevent)
{
    bufferevent_data_cb on_written;
    bufferevent_event_cb on_event;
    void *evcon;
    bufferevent_getcb(bufferevent, NULL, &on_written, &on_event, &evcon);
    bufferevent_setcb(bufferevent, NULL, on_written, on_event, evcon);
    bufferevent_enable(bufferevent, EV_READ | EV_WRITE);
}

void evhttp_quirks_forget_chunks(struct evhttp_request *request)
{
    request->chunked = 0;
}

void evhttp_quirks_forget_proxy(struct evhttp_request *request)
{
    request->flags &= ~EVHTTP_PROXY_REQUEST;
}
