/* See exchange.h and exchange_private.h: from evhttp's request to the handler, and the end. */
#include "http/exchange.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/connection.h"
#include "http/exchange_private.h"
#include "http/headercheck.h"

/* ---- life ---- */

static struct exchange *exchange_take(struct listener *listener)
{
    struct exchange *x = listener->pool;
    if (x) {
        listener->pool = x->next;
        listener->pool_count--;
    } else {
        x = memory_new(sizeof *x);
        arena_init(&x->arena);
    }
    x->next = NULL;
    x->listener = listener;
    x->added = STR("");
    x->arena.at = x->first_bytes;
    x->arena.left = sizeof x->first_bytes;
    atomic_fetch_add(&listener->exchange_count, 1);
    return x;
}

/* Back to how memory_new made it, at the cost of what was used. */
static void exchange_wipe(struct exchange *x)
{
    size_t used = x->arena.blocks ? sizeof x->first_bytes : sizeof x->first_bytes - x->arena.left;
    arena_fini(&x->arena);
    memset(x->first_bytes, 0, used);
    memset(x, 0, offsetof(struct exchange, first_bytes));
}

static void exchange_give_back(struct exchange *x)
{
    struct listener *listener = x->listener;
    if (atomic_fetch_sub(&listener->exchange_count, 1) == 1 && listener->on_idle)
        listener->on_idle(listener->on_idle_arg);
    if (x->kept_body) {
        evbuffer_free(x->kept_body);
        evhttp_clear_headers(&x->kept_headers);
    }
    if (listener->pool_count == LISTENER_POOL_MAX) {
        arena_fini(&x->arena);
        free(x);
        return;
    }
    exchange_wipe(x);
    x->next = listener->pool;
    listener->pool = x;
    listener->pool_count++;
}

void exchange_free_pool(struct listener *listener)
{
    while (listener->pool) {
        struct exchange *x = listener->pool;
        listener->pool = x->next;
        free(x);
    }
    listener->pool_count = 0;
}

void exchange_leave(struct exchange *x)
{
    if (!x->is_handler_done || !x->is_wire_done)
        return;
    if (x->on_end)
        x->on_end(x->on_end_arg);
    exchange_give_back(x);
}

void exchange_lose_connection(struct exchange *x)
{
    x->connection = NULL;
    /* Unanswered, the request stays ours to answer, into the void; else evhttp frees it now. */
    if (!x->is_answered)
        return;
    x->request = NULL;
    x->is_wire_done = true;
    exchange_leave(x);
}

/* ---- arrival ---- */

static bool exchange_is_id(struct str s)
{
    if (s.len < 1 || s.len > EXCHANGE_ID_BYTES)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

/* splitmix64: ids need to differ, not to be secret. */
static uint64_t exchange_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void exchange_take_request_id(struct exchange *x)
{
    struct str given = exchange_header(x, "X-Request-Id");
    if (exchange_is_id(given)) {
        memcpy(x->request_id, given.ptr, given.len);
        x->request_id_len = given.len;
        return;
    }
    uint64_t made = exchange_mix(x->listener->next_request_id += 0x9E3779B97F4A7C15u);
    for (x->request_id_len = 0; x->request_id_len < 16; x->request_id_len++, made <<= 4)
        x->request_id[x->request_id_len] = "0123456789abcdef"[made >> 60];
}

/* The raw target, split by hand: what follows '?' stays whole, a '#' in it too. */
static void exchange_take_target(struct exchange *x)
{
    struct str target = str_of(evhttp_request_get_uri(x->request));
    if (target.len && target.ptr[0] != '/') {
        size_t scheme = str_find(target, STR("://"));
        size_t path = scheme == SIZE_MAX ? 0 : scheme + 3;
        while (path < target.len && target.ptr[path] != '/' && target.ptr[path] != '?')
            path++;
        target = scheme == SIZE_MAX ? target : str_from(target, path);
    }
    target = arena_str(&x->arena, target);
    size_t request = str_find_byte(target, '?');
    x->path = str_first(target, request);
    x->query = request == SIZE_MAX ? STR("") : str_from(target, request + 1);
}

/* Some proxies add a line of their own, so all lines count, in order. */
static struct str exchange_forwarded_for(struct exchange *x)
{
    const struct evkeyval *header;
    struct str all = STR_NONE;
    TAILQ_FOREACH(header, x->headers, next)
    {
        if (!str_equal_folded(str_of(header->key), STR("x-forwarded-for")))
            continue;
        all = all.ptr ? str_of(arena_printf(&x->arena, STR_FMT ",%s", STR_ARG(all), header->value))
                      : str_of(header->value);
    }
    return all;
}

static void exchange_take_peer(struct exchange *x)
{
    const struct listener_settings *settings = &x->listener->settings;
    x->peer = x->connection->peer;
    if (settings->trusted_proxy_count > 0 &&
        network_any_holds(settings->trusted_proxies, settings->trusted_proxy_count, &x->peer))
        x->peer = network_client_behind(&x->peer, exchange_forwarded_for(x),
                                        settings->trusted_proxies, settings->trusted_proxy_count);
}

static enum exchange_method exchange_method_of(struct evhttp_request *request)
{
    /* EVHTTP_REQ_* are bits of a mask, not a closed set: hence no switch. */
    enum evhttp_cmd_type command = evhttp_request_get_command(request);
    if (command == EVHTTP_REQ_GET)
        return EXCHANGE_GET;
    if (command == EVHTTP_REQ_POST)
        return EXCHANGE_POST;
    return command == EVHTTP_REQ_HEAD ? EXCHANGE_HEAD : EXCHANGE_OTHER;
}

static struct headercheck_verdict exchange_judge(const struct exchange *x)
{
    struct headercheck_request head = {
        .major = x->request->major,
        .minor = x->request->minor,
        .may_have_body = x->method != EXCHANGE_HEAD,
        .has_bad_bytes = x->connection->scan.is_bad,
        .has_odd_version = x->connection->scan.has_odd_version,
    };
    return headercheck_judge(&head, x->headers);
}

static struct exchange *exchange_begin(struct listener *listener, struct evhttp_request *request)
{
    struct exchange *x = exchange_take(listener);
    x->connection = connection_of(listener, request);
    x->request = request;
    x->headers = evhttp_request_get_input_headers(request);
    x->body = evhttp_request_get_input_buffer(request);
    x->method = exchange_method_of(request);
    exchange_take_target(x);
    exchange_take_request_id(x);
    exchange_take_peer(x);
    connection_start_working(x->connection, x);
    return x;
}

void exchange_on_request(struct evhttp_request *request, void *arg)
{
    struct listener *listener = arg;
    struct exchange *x = exchange_begin(listener, request);
    struct headercheck_verdict verdict = exchange_judge(x);
    x->must_close = verdict.is_chunked || verdict.message != NULL;
    if (verdict.message) {
        listener_count(&listener->totals.rejected);
        exchange_reply_error(x, 400, verdict.message);
        return;
    }
    listener_count(&listener->totals.requests);
    if (x->method == EXCHANGE_OTHER) {
        exchange_add_header(x, "Allow", "GET, HEAD, POST");
        exchange_reply_error(x, 405, "Method not allowed");
        return;
    }
    listener->handler(x, listener->handler_arg);
}

/* ---- what the handler asks ---- */

enum exchange_method exchange_method(const struct exchange *x)
{
    return x->method;
}

struct str exchange_path(const struct exchange *x)
{
    return x->path;
}

struct str exchange_query(const struct exchange *x)
{
    return x->query;
}

struct str exchange_header(const struct exchange *x, const char *name)
{
    return str_of(evhttp_find_header(x->headers, name));
}

struct str exchange_content_type(const struct exchange *x)
{
    return exchange_header(x, "Content-Type");
}

struct str exchange_body(struct exchange *x)
{
    size_t len = evbuffer_get_length(x->body);
    if (len == 0)
        return STR("");
    return str_make((const char *)evbuffer_pullup(x->body, -1), len);
}

struct str exchange_request_id(const struct exchange *x)
{
    return str_make(x->request_id, x->request_id_len);
}

struct str exchange_peer(const struct exchange *x)
{
    /* Printed at the first question; an exchange is never a const object. */
    struct exchange *printed = (struct exchange *)(uintptr_t)x;
    if (printed->peer_len == 0)
        printed->peer_len = network_print_address(&x->peer, printed->peer_text);
    return str_make(x->peer_text, x->peer_len);
}

const struct in6_addr *exchange_peer_address(const struct exchange *x)
{
    return &x->peer;
}

struct arena *exchange_arena(struct exchange *x)
{
    return &x->arena;
}

bool exchange_is_answered(const struct exchange *x)
{
    return x->is_answered;
}

void exchange_on_end(struct exchange *x, void (*fn)(void *arg), void *arg)
{
    ASSERT(x->on_end == NULL);
    x->on_end = fn;
    x->on_end_arg = arg;
}
