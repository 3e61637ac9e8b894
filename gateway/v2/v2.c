/* See v2.h. */
#include "v2/v2.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "v2/call.h"

enum { RATE_PATIENCE_MS = 1000 };

struct v2 {
    struct order_context *context;
    struct client_set *clients; /* pinned */
};

static const struct action actions[] = {
    {.name = "add", .changes = true, .run = action_add_run},
    {.name = "balance", .run = action_balance_run},
    {.name = "cancel", .changes = true, .run = action_refill_run_cancel},
    {.name = "orders", .run = action_orders_run},
    {.name = "refill", .changes = true, .run = action_refill_run},
    {.name = "refill_status", .run = action_refill_status_run},
    {.name = "services", .run = action_services_run},
    {.name = "status", .run = action_status_run},
};
_Static_assert(COUNT_OF(actions) < V2_ACTIONS_MAX, "the totals have a row too few");

static const struct {
    const char *alias, *name;
    bool is_many; /* always answered by id, also where one order is named */
} aliases[] = {
    {"multi-status", "status", true},
    {"multi_status", "status", true},
    {"statuses", "status", true},
    {"mass", "status", true},
    {"multi_refill", "refill", false},
    {"multi-refill", "refill", false},
    {"refills", "refill", false},
    {"refill-status", "refill_status", false},
    {"multi_refill_status", "refill_status", false},
};

size_t v2_action_count(void)
{
    return COUNT_OF(actions) + 1;
}

const char *v2_action_name(size_t row)
{
    return row < COUNT_OF(actions) ? actions[row].name : "other";
}

struct v2 *v2_new(struct order_context *context)
{
    struct v2 *v2 = memory_new(sizeof *v2);
    v2->context = context;
    return v2;
}

void v2_set_clients(struct v2 *v2, struct client_set *clients)
{
    if (v2->clients)
        client_set_unpin(&v2->clients);
    v2->clients = clients;
}

void v2_free(struct v2 *v2)
{
    if (v2 == NULL)
        return;
    if (v2->clients)
        client_set_unpin(&v2->clients);
    free(v2);
}

static bool v2_is_our_path(struct str path)
{
    static const char *const paths[] = {"/api/v2", "/api/v2/", "/api/v1", "/api/v1/",
                                        "/api",    "/api/",    "/api.php"};
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (str_is(path, paths[i]))
            return true;
    return false;
}

/* For a load balancer in front: this worker's loop is alive. */
static bool v2_is_health_check(const struct exchange *x)
{
    enum exchange_method method = exchange_method(x);
    return str_is(exchange_path(x), "/healthz") &&
           (method == EXCHANGE_GET || method == EXCHANGE_HEAD);
}

static const struct action *v2_find_action(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (str_equal_folded(name, str_of(actions[i].name)))
            return &actions[i];
    return NULL;
}

/* With a parameter for orders, `orders` is another panel's word for multi-status: a script that
 * polls so reads the answer by number, and would take element 45 of a listing for order 45. It may
 * be empty: a script with nothing to ask for is a script all the same. */
static const struct action *v2_choose_action(struct call *call)
{
    static const char *const names[] = {"action", NULL};
    struct str name = call_param(call, names);
    if (str_equal_folded(name, STR("orders")) && call_names_orders(call)) {
        call->is_many = true;
        return v2_find_action(STR("status"));
    }
    for (size_t i = 0; i < COUNT_OF(aliases); i++) {
        if (!str_equal_folded(name, str_of(aliases[i].alias)))
            continue;
        call->is_many = aliases[i].is_many;
        return v2_find_action(str_of(aliases[i].name));
    }
    return v2_find_action(name);
}

static struct str v2_find_key(const struct call *call)
{
    static const char *const names[] = {"key", "api_token", "apikey", "api_key", "api", NULL};
    struct str key = call_param(call, names);
    if (key.len > 0)
        return key;
    key = str_trim_unseen(exchange_header(call->exchange, "X-API-Key"));
    if (key.len > 0)
        return key;
    struct str bearer = exchange_header(call->exchange, "Authorization");
    if (bearer.len > 7 && str_equal_folded(str_first(bearer, 6), STR("Bearer")) &&
        (bearer.ptr[6] == ' ' || bearer.ptr[6] == '\t'))
        return str_trim_unseen(str_from(bearer, 7));
    return STR_NONE;
}

/* ---- requests that wait: the answer to a bad key, a client over its rate ---- */

struct held {
    struct call *call;
    struct loop_timer timer;
};

static void v2_hold(struct call *call, int64_t delay_ms, void (*fn)(void *held))
{
    struct held *held = memory_new(sizeof *held);
    held->call = call;
    loop_timer_start(&held->timer, call->context->loop, delay_ms, fn, held);
}

/* The request goes on. */
static struct call *v2_release(struct held *held)
{
    struct call *call = held->call;
    loop_timer_fini(&held->timer);
    free(held);
    return call;
}

static void v2_on_bad_key(void *held)
{
    call_error(v2_release(held), "Invalid API key");
}

static void v2_refuse_key(struct call *call)
{
    const struct in6_addr *peer = exchange_peer_address(call->exchange);
    int64_t hold_ms = keyguard_note_bad(peer, loop_now_ms(call->context->loop));
    atomic_fetch_add_explicit(&v2_totals.bad_keys, 1, memory_order_relaxed);
    log_event(LOG_INFO, "bad_key", "request=" STR_FMT " from=" STR_FMT " held_ms=%lld",
              STR_ARG(exchange_request_id(call->exchange)), STR_ARG(exchange_peer(call->exchange)),
              (long long)hold_ms);
    if (hold_ms > 0)
        v2_hold(call, hold_ms, v2_on_bad_key);
    else
        call_error(call, "Invalid API key");
}

/* ---- one request ---- */

static void v2_drop_pins(void *arg)
{
    struct call *call = arg;
    if (call->order)
        action_add_end(call);
    client_set_unpin(&call->clients);
    if (call->catalogue)
        catalogue_unpin(&call->catalogue);
}

static bool v2_read_params(struct call *call, struct fault *why)
{
    struct exchange *x = call->exchange;
    struct arena *arena = exchange_arena(x);
    call->params = arena_new(arena, sizeof *call->params);
    if (exchange_method(x) == EXCHANGE_POST)
        return params_decode(call->params, exchange_content_type(x), exchange_body(x),
                             exchange_query(x), arena, why);
    return params_add_form(call->params, exchange_query(x), arena, why);
}

/* What changes something comes by POST, or by GET where the client may; never by HEAD, which only
 * looks. */
static bool v2_is_method_right(const struct call *call, const struct action *action)
{
    enum exchange_method method = exchange_method(call->exchange);
    return !action->changes || method == EXCHANGE_POST ||
           (method == EXCHANGE_GET && call->client->settings.get_orders);
}

static void v2_run_action(struct call *call)
{
    const struct action *action = v2_choose_action(call);
    if (action == NULL) {
        call_error(call, "Incorrect request");
        return;
    }
    call->row = (size_t)(action - actions);
    if (action->changes && call->client->settings.is_frozen) {
        call_error(call, MESSAGES_FROZEN);
        return;
    }
    if (!v2_is_method_right(call, action)) {
        exchange_add_header(call->exchange, "Allow", "POST");
        call_note(call, true);
        exchange_reply_error(call->exchange, 405, "Incorrect request: use POST for this action");
        return;
    }
    action->run(call);
}

static void v2_on_token(void *held)
{
    v2_run_action(v2_release(held));
}

static void v2_refuse_rate(struct call *call, int64_t wait_ms)
{
    char seconds[24];
    atomic_fetch_add_explicit(&v2_totals.rate_limited, 1, memory_order_relaxed);
    snprintf(seconds, sizeof seconds, "%lld", (long long)((wait_ms + 999) / 1000));
    exchange_add_header(call->exchange, "Retry-After", seconds);
    call_note(call, true);
    exchange_reply_error(call->exchange, 429, "Too many requests");
}

/* A token that comes within RATE_PATIENCE_MS is taken now and waited for, so no more wait than can
 * be served; who is further behind gets 429 at once. */
static void v2_run_within_rate(struct call *call)
{
    int64_t now_ms = loop_now_ms(call->context->loop), wait_ms;
    if (!client_reserve_token(call->client, now_ms, RATE_PATIENCE_MS, &wait_ms))
        v2_refuse_rate(call, wait_ms);
    else if (wait_ms > 0)
        v2_hold(call, wait_ms, v2_on_token);
    else
        v2_run_action(call);
}

/* Unknown parameters may be anything; ours are texts, numbers or lists of them. */
static const struct param *v2_find_nested(const struct params *params)
{
    static const char *const names[] = {"key",      "action",    "service", "order", "orders",
                                        "order_id", "order_ids", "id",      "ids",   "refill",
                                        "refills",  "refill_id", "limit",   "before"};
    for (size_t i = 0; i < params->count; i++) {
        enum field field;
        if (!params_is_nested(&params->list[i]))
            continue;
        bool is_ours = field_find(params->list[i].name, &field);
        for (size_t n = 0; n < COUNT_OF(names); n++)
            is_ours = is_ours || str_is(params->list[i].name, names[n]);
        if (is_ours)
            return &params->list[i];
    }
    return NULL;
}

static void v2_handle_request(struct call *call)
{
    struct fault why;
    if (!v2_read_params(call, &why)) {
        call_error(call, arena_printf(exchange_arena(call->exchange), "Incorrect request: %s",
                                      why.message));
        return;
    }
    const struct param *nested = v2_find_nested(call->params);
    if (nested) {
        call_error(call, arena_printf(exchange_arena(call->exchange),
                                      "Incorrect request: " STR_FMT
                                      " must be a text, a number or a list of them",
                                      STR_ARG(nested->name)));
        return;
    }
    struct str key = v2_find_key(call);
    call->client = client_set_call_key(call->clients, key, clock_wall_ms());
    if (key.len == 0)
        call_error(call, "Invalid API key"); /* forgotten, not guessed: nobody is slowed for it */
    else if (call->client == NULL)
        v2_refuse_key(call);
    else if (!client_may_call_from(call->client, exchange_peer_address(call->exchange)))
        call_error(call, "This address is not allowed to use this API key");
    else
        v2_run_within_rate(call);
}

void v2_handle(struct exchange *exchange, void *arg)
{
    struct v2 *v2 = arg;
    if (v2_is_health_check(exchange)) {
        exchange_reply(exchange, 200, STR("{\"status\":\"ok\"}"));
        return;
    }
    if (!v2_is_our_path(exchange_path(exchange))) {
        exchange_reply_error(exchange, 404, "Not found: the API is at /api/v2");
        return;
    }
    if (exchange_method(exchange) == EXCHANGE_OTHER) {
        exchange_add_header(exchange, "Allow", "GET, HEAD, POST");
        exchange_reply_error(exchange, 405, "Method not allowed: use POST or GET");
        return;
    }
    struct call *call = arena_new(exchange_arena(exchange), sizeof *call);
    call->exchange = exchange;
    call->context = v2->context;
    call->clients = client_set_pin(v2->clients);
    call->catalogue = v2->context->catalogue ? catalogue_pin(v2->context->catalogue) : NULL;
    call->row = COUNT_OF(actions);
    call->started_at_us = clock_monotonic_us();
    exchange_on_end(exchange, v2_drop_pins, call);
    v2_handle_request(call);
}
