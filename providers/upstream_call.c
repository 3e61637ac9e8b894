/* See upstream_call.h. A call is waiting (for a connection), under way (a transfer), or failing
 * (its outcome is known, but done must come later).
 *
 *     upstream_call_start ──> under way ──────────────> done
 *         ├───────> waiting ──> under way
 *         │            └──────> done (wait_ms is over: not sent)
 *         └───────> failing ──> done (queue full, or no wait wanted: not sent) */
#include "providers/upstream_call.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/transfer.h"
#include "providers/call_queue.h"
#include "providers/decode.h"

/* ---- names of actions and outcomes, in logs and metrics ---- */

static const char *const action_names[UPSTREAM_ACTION_COUNT] = {
    [UPSTREAM_SERVICES] = "services",
    [UPSTREAM_ADD] = "add",
    [UPSTREAM_STATUS] = "status",
    [UPSTREAM_STATUS_MANY] = "status_many",
    [UPSTREAM_REFILL] = "refill",
    [UPSTREAM_REFILL_MANY] = "refill_many",
    [UPSTREAM_REFILL_STATUS] = "refill_status",
    [UPSTREAM_REFILL_STATUS_MANY] = "refill_status_many",
    [UPSTREAM_CANCEL] = "cancel",
    [UPSTREAM_BALANCE] = "balance",
};

const char *upstream_action_name(enum upstream_action action)
{
    ASSERT(action < UPSTREAM_ACTION_COUNT);
    return action_names[action];
}

const char *upstream_outcome_name(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_ACCEPTED:
        return "accepted";
    case OUTCOME_NOT_SENT:
        return "not_sent";
    case OUTCOME_REFUSED:
        return "refused";
    case OUTCOME_DOUBT:
        return "doubt";
    }
    UNREACHABLE();
}

/* ---- the call ---- */

enum {
    REQUEST_ID_ROOM = 72,
    ARENA_BYTES = 512, /* enough for request and response of one order */
    UPSTREAM_MAX = 8 * 1024 * 1024,
    UPSTREAM_BYTES = 400, /* of a usual one, */
    ID_BYTES = 16,        /* and each id of a list */
    ANSWER_MAX = 1024 * 1024,
    LIST_MAX = 16 * 1024 * 1024,
    DEFAULT_TIMEOUT_MS = 15000,
    DEFAULT_CONNECT_TIMEOUT_MS = 5000,
    COOL_DOWN_MAX_S = 900,
};

struct upstream_call {
    struct call_queue_waiter place;  /* loop and provider are there */
    struct upstream_request request; /* ids in the arena; fields are not kept */
    struct arena arena;
    struct buf body; /* the encoded request, until it is handed to the transfer */
    struct transfer *transfer;
    struct loop_timer timer; /* end of waiting, or the later of a failure */
    const char *failure;     /* why nothing was sent; static */
    int64_t timeout_ms;
    int64_t started_us;
    char request_id[REQUEST_ID_ROOM];
    upstream_call_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[ARENA_BYTES];
};

static struct upstream_call_totals totals;

const struct upstream_call_totals *upstream_call_totals(void)
{
    return &totals;
}

static void upstream_call_forget_body(struct upstream_call *call)
{
    if (call->body.ptr != NULL) /* it holds the key */
        explicit_bzero(call->body.ptr, call->body.room);
    buf_fini(&call->body);
}

/* Frees what it holds; a connection is given back by whoever took it. */
static void upstream_call_free(struct upstream_call *call)
{
    loop_timer_fini(&call->timer);
    upstream_call_forget_body(call);
    arena_fini(&call->arena);
    free(call);
}

static void upstream_call_note(const struct upstream_call *call,
                               const struct upstream_response *answer, long http_status)
{
    enum upstream_action action = call->request.action;
    const struct provider *provider = call->place.provider;
    int64_t took_us = call->started_us ? clock_monotonic_us() - call->started_us : 0;
    atomic_fetch_add_explicit(&totals.calls[provider->id][action][answer->outcome], 1,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&totals.microseconds[provider->id][action], (uint64_t)took_us,
                              memory_order_relaxed);
    log_event(decode_is_writing(action) ? LOG_INFO : LOG_DEBUG, "provider_call",
              "provider=%s action=%s outcome=%s http=%ld took_ms=%lld request=%s",
              provider->settings.name, upstream_action_name(action),
              upstream_outcome_name(answer->outcome), http_status, (long long)(took_us / 1000),
              call->request_id);
}

static void upstream_call_cool_down_when_limited(const struct upstream_call *call,
                                                 const struct upstream_response *answer)
{
    int64_t cool_down_s = answer->retry_after_s;
    if (!answer->is_rate_limited || cool_down_s <= 0)
        return;
    cool_down_s = cool_down_s < COOL_DOWN_MAX_S ? cool_down_s : COOL_DOWN_MAX_S;
    /* A limit on readings says nothing of orders, nor the other way round. */
    enum provider_lane lane =
        call->request.action == UPSTREAM_ADD ? PROVIDER_LANE_ADD : PROVIDER_LANE_OTHER;
    provider_cool_down_until(call->place.provider, lane, clock_monotonic_ms() + cool_down_s * 1000);
}

/* The end: decodes the response and completes the call. */
static void upstream_call_finish(struct upstream_call *call, const struct reply_facts *facts)
{
    const struct provider_settings *settings = &call->place.provider->settings;
    const struct dialect *dialect = settings->dialect ? settings->dialect : dialect_default();
    struct upstream_response answer;
    dialect->decode(settings, &call->request, facts, &call->arena, &answer);
    upstream_call_note(call, &answer, facts->http_status);
    upstream_call_cool_down_when_limited(call, &answer);
    call->done(&answer, call->arg);
    upstream_call_free(call);
}

/* Our own doing: the outcome has no evidence, for the panel had no part in it. */
static void upstream_call_finish_unsent(struct upstream_call *call)
{
    struct reply_facts facts = {.retry_after_s = -1,
                                .body = STR(""),
                                .content_type = STR(""),
                                .server = STR(""),
                                .transport_error = ""};
    log_event(LOG_INFO, "provider_call_kept", "provider=%s action=%s reason=\"%s\" request=%s",
              call->place.provider->settings.name, upstream_action_name(call->request.action),
              call->failure, call->request_id);
    upstream_call_finish(call, &facts);
}

static const char *upstream_call_error_of(const struct transfer_result *result)
{
    if (result->is_too_large)
        return "the answer is too large";
    if (result->is_timeout && (result->error == NULL || result->error[0] == '\0'))
        return "timed out";
    if (result->error != NULL && result->error[0] != '\0')
        return result->error;
    return result->was_sent ? "" : "the connection failed";
}

static void upstream_call_on_answer(const struct transfer_result *result, void *arg)
{
    struct upstream_call *call = arg;
    struct reply_facts facts = {
        .was_sent = result->was_sent,
        .is_complete = result->curl_code == 0 && result->http_status != 0 && !result->is_too_large,
        .http_status = result->http_status,
        .content_type = result->content_type,
        .body = result->body,
        .server = result->server,
        .location = result->location,
        .has_cf_mitigated = result->has_cf_mitigated,
        .retry_after_s = result->retry_after_s,
        .transport_error = upstream_call_error_of(result),
    };
    call->transfer = NULL;
    call_queue_give_back(call->place.loop, call->place.provider);
    upstream_call_finish(call, &facts);
}

/* With a connection taken. */
static void upstream_call_send(struct upstream_call *call)
{
    const struct provider_settings *settings = &call->place.provider->settings;
    int64_t connect_timeout_ms = settings->connect_timeout_ms > 0 ? settings->connect_timeout_ms
                                                                  : DEFAULT_CONNECT_TIMEOUT_MS;
    struct transfer_request request = {
        .url = settings->url,
        .body = buf_str(&call->body),
        .ca_file = settings->ca_file,
        .timeout_ms = call->timeout_ms,
        .connect_timeout_ms =
            connect_timeout_ms < call->timeout_ms ? connect_timeout_ms : call->timeout_ms,
        .max_body = call->request.action == UPSTREAM_SERVICES ? LIST_MAX : ANSWER_MAX,
        .may_repeat = !decode_is_writing(call->request.action),
    };
    loop_timer_cancel(&call->timer);
    call->started_us = clock_monotonic_us();
    call->transfer = transfer_start(call->place.loop, &request, upstream_call_on_answer, call);
    upstream_call_forget_body(call);
}

static void upstream_call_on_admit(struct call_queue_waiter *place)
{
    upstream_call_send((struct upstream_call *)(void *)place);
}

static void upstream_call_on_timer(void *arg)
{
    struct upstream_call *call = arg;
    if (call->place.is_waiting) {
        call_queue_leave(&call->place);
        call->failure = "no connection below max_connections became free in time";
    }
    upstream_call_finish_unsent(call);
}

static void upstream_call_fail_later(struct upstream_call *call, const char *failure)
{
    call->failure = failure;
    loop_timer_start(&call->timer, call->place.loop, 0, upstream_call_on_timer, call);
}

static void upstream_call_copy_request_id(struct upstream_call *call, const char *request_id)
{
    size_t len = 0;
    for (const char *at = request_id ? request_id : ""; *at && len < REQUEST_ID_ROOM - 1; at++)
        if (*at > ' ' && *at < 0x7f && *at != '"')
            call->request_id[len++] = *at;
    if (len == 0)
        call->request_id[len++] = '-';
}

static void upstream_call_copy_request(struct upstream_call *call,
                                       const struct upstream_request *request)
{
    struct str *ids = arena_new(&call->arena, (request->id_count + 1) * sizeof *ids);
    for (size_t i = 0; i < request->id_count; i++)
        ids[i] = arena_str(&call->arena, request->ids[i]);
    call->request = (struct upstream_request){
        .action = request->action, .ids = ids, .id_count = request->id_count};
}

struct upstream_call *upstream_call_start(struct loop *loop, const struct provider *provider,
                                          const struct upstream_request *request,
                                          const struct upstream_call_options *options,
                                          upstream_call_done_fn *done, void *arg)
{
    _Static_assert(offsetof(struct upstream_call, place) == 0, "ask_on_admit casts");
    const struct provider_settings *settings = &provider->settings;
    const struct dialect *dialect = settings->dialect ? settings->dialect : dialect_default();
    struct upstream_call *call = memory_new(sizeof *call);
    call->place = (struct call_queue_waiter){
        .loop = loop, .provider = provider, .admit = upstream_call_on_admit};
    call->done = done;
    call->arg = arg;
    call->timeout_ms = options->timeout_ms > 0    ? options->timeout_ms
                       : settings->timeout_ms > 0 ? settings->timeout_ms
                                                  : DEFAULT_TIMEOUT_MS;
    arena_init_on(&call->arena, call->first_bytes, sizeof call->first_bytes);
    buf_init(&call->body, UPSTREAM_MAX);
    (void)buf_reserve(&call->body, UPSTREAM_BYTES + request->id_count * ID_BYTES);
    upstream_call_copy_request_id(call, options->request_id);
    upstream_call_copy_request(call, request);
    dialect->encode(settings, request, &call->body);
    if (call->body.is_over)
        upstream_call_fail_later(call, "the question is too large");
    else if (call_queue_enter(provider))
        upstream_call_send(call);
    else if (options->wait_ms <= 0)
        upstream_call_fail_later(call, "no connection below max_connections");
    else if (!call_queue_wait(&call->place))
        upstream_call_fail_later(call, "too many wait for a connection already");
    else
        loop_timer_start(&call->timer, loop, options->wait_ms, upstream_call_on_timer, call);
    return call;
}

void upstream_call_cancel(struct upstream_call *call)
{
    struct transfer *transfer = call->transfer;
    call->transfer = NULL;
    call_queue_leave(&call->place);
    if (transfer != NULL) {
        transfer_cancel(transfer);
        call_queue_give_back(call->place.loop, call->place.provider);
    }
    upstream_call_free(call);
}
