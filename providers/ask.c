/* See ask.h. A question is waiting (for a connection), under way (a transfer), or failing (its
 * answer is known, but done must come later).
 *
 *     ask_start ──> under way ──────────────> done
 *         ├───────> waiting ──> under way
 *         │            └──────> done (wait_ms is over: not sent)
 *         └───────> failing ──> done (queue full, or no wait wanted: not sent) */
#include "providers/ask.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/transfer.h"
#include "providers/askqueue.h"
#include "providers/decode.h"

enum {
    REQUEST_ID_ROOM = 72,
    ARENA_BYTES = 512, /* enough for what is asked and answered about one order */
    QUESTION_CEILING = 8 * 1024 * 1024,
    QUESTION_BYTES = 400, /* of a usual one, */
    ID_BYTES = 16,        /* and each id of a list */
    ANSWER_CEILING = 1024 * 1024,
    LIST_CEILING = 16 * 1024 * 1024,
    DEFAULT_TIMEOUT_MS = 15000,
    DEFAULT_CONNECT_TIMEOUT_MS = 5000,
    LONGEST_REST_S = 900,
};

struct ask {
    struct askqueue_place place; /* loop and provider are there */
    struct question question;    /* ids in the arena; fields are not kept */
    struct arena arena;
    struct buf body; /* the encoded question, until it is handed to the transfer */
    struct transfer *transfer;
    struct loop_timer timer; /* end of waiting, or the later of a failure */
    const char *failure;     /* why nothing was sent; static */
    int64_t timeout_ms;
    int64_t started_us;
    char request_id[REQUEST_ID_ROOM];
    ask_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[ARENA_BYTES];
};

static struct ask_totals totals;

const struct ask_totals *ask_totals(void)
{
    return &totals;
}

static void ask_forget_body(struct ask *ask)
{
    if (ask->body.ptr != NULL) /* it holds the key */
        explicit_bzero(ask->body.ptr, ask->body.room);
    buf_fini(&ask->body);
}

/* Frees what it holds; a connection is given back by whoever took it. */
static void ask_free(struct ask *ask)
{
    loop_timer_fini(&ask->timer);
    ask_forget_body(ask);
    arena_fini(&ask->arena);
    free(ask);
}

static void ask_note(const struct ask *ask, const struct answer *answer, long http_status)
{
    enum question_action action = ask->question.action;
    const struct provider *provider = ask->place.provider;
    int64_t took_us = ask->started_us ? clock_steady_us() - ask->started_us : 0;
    atomic_fetch_add_explicit(&totals.calls[provider->id][action][answer->outcome], 1,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&totals.microseconds[provider->id][action], (uint64_t)took_us,
                              memory_order_relaxed);
    log_event(decode_is_writing(action) ? LOG_INFO : LOG_DEBUG, "provider_call",
              "provider=%s action=%s outcome=%s http=%ld took_ms=%lld request=%s",
              provider->settings.name, question_action_word(action),
              question_outcome_word(answer->outcome), http_status, (long long)(took_us / 1000),
              ask->request_id);
}

static void ask_rest_when_limited(const struct ask *ask, const struct answer *answer)
{
    int64_t rest_s = answer->retry_after_s;
    if (!answer->is_rate_limited || rest_s <= 0)
        return;
    rest_s = rest_s < LONGEST_REST_S ? rest_s : LONGEST_REST_S;
    provider_rest_until(ask->place.provider, clock_steady_ms() + rest_s * 1000);
}

/* The end: reads the reply and tells the asker. */
static void ask_finish(struct ask *ask, const struct reply_facts *facts)
{
    const struct provider_settings *settings = &ask->place.provider->settings;
    const struct dialect *dialect = settings->dialect ? settings->dialect : dialect_default();
    struct answer answer;
    dialect->decode(settings, &ask->question, facts, &ask->arena, &answer);
    ask_note(ask, &answer, facts->http_status);
    ask_rest_when_limited(ask, &answer);
    ask->done(&answer, ask->arg);
    ask_free(ask);
}

/* Our own doing: the answer names no evidence, for the panel had no part in it. */
static void ask_finish_unsent(struct ask *ask)
{
    struct reply_facts facts = {.retry_after_s = -1,
                                .body = STR(""),
                                .content_type = STR(""),
                                .server = STR(""),
                                .transport_error = ""};
    log_event(LOG_INFO, "provider_call_kept", "provider=%s action=%s reason=\"%s\" request=%s",
              ask->place.provider->settings.name, question_action_word(ask->question.action),
              ask->failure, ask->request_id);
    ask_finish(ask, &facts);
}

static const char *ask_error_of(const struct transfer_result *result)
{
    if (result->is_too_large)
        return "the answer is too large";
    if (result->is_timeout && (result->error == NULL || result->error[0] == '\0'))
        return "timed out";
    if (result->error != NULL && result->error[0] != '\0')
        return result->error;
    return result->was_sent ? "" : "the connection failed";
}

static void ask_on_answer(const struct transfer_result *result, void *arg)
{
    struct ask *ask = arg;
    struct reply_facts facts = {
        .was_sent = result->was_sent,
        .is_complete = result->curl_code == 0 && result->http_status != 0 && !result->is_too_large,
        .http_status = result->http_status,
        .content_type = result->content_type,
        .body = result->body,
        .server = result->server,
        .has_cf_mitigated = result->has_cf_mitigated,
        .retry_after_s = result->retry_after_s,
        .transport_error = ask_error_of(result),
    };
    ask->transfer = NULL;
    askqueue_give_back(ask->place.loop, ask->place.provider);
    ask_finish(ask, &facts);
}

/* With a connection taken. */
static void ask_send_question(struct ask *ask)
{
    const struct provider_settings *settings = &ask->place.provider->settings;
    int64_t connect_timeout_ms = settings->connect_timeout_ms > 0 ? settings->connect_timeout_ms
                                                                  : DEFAULT_CONNECT_TIMEOUT_MS;
    struct transfer_request request = {
        .url = settings->url,
        .body = buf_str(&ask->body),
        .ca_file = settings->ca_file,
        .timeout_ms = ask->timeout_ms,
        .connect_timeout_ms =
            connect_timeout_ms < ask->timeout_ms ? connect_timeout_ms : ask->timeout_ms,
        .body_ceiling = ask->question.action == QUESTION_SERVICES ? LIST_CEILING : ANSWER_CEILING,
        .may_repeat = !decode_is_writing(ask->question.action),
    };
    loop_timer_cancel(&ask->timer);
    ask->started_us = clock_steady_us();
    ask->transfer = transfer_start(ask->place.loop, &request, ask_on_answer, ask);
    ask_forget_body(ask);
}

static void ask_on_admit(struct askqueue_place *place)
{
    ask_send_question((struct ask *)(void *)place);
}

static void ask_on_timer(void *arg)
{
    struct ask *ask = arg;
    if (ask->place.is_waiting) {
        askqueue_leave(&ask->place);
        ask->failure = "waited in vain for a connection below max_connections";
    }
    ask_finish_unsent(ask);
}

static void ask_fail_later(struct ask *ask, const char *failure)
{
    ask->failure = failure;
    loop_timer_start(&ask->timer, ask->place.loop, 0, ask_on_timer, ask);
}

static void ask_copy_request_id(struct ask *ask, const char *request_id)
{
    size_t len = 0;
    for (const char *at = request_id ? request_id : ""; *at && len < REQUEST_ID_ROOM - 1; at++)
        if (*at > ' ' && *at < 0x7f && *at != '"')
            ask->request_id[len++] = *at;
    if (len == 0)
        ask->request_id[len++] = '-';
}

static void ask_copy_question(struct ask *ask, const struct question *question)
{
    struct str *ids = arena_new(&ask->arena, (question->id_count + 1) * sizeof *ids);
    for (size_t i = 0; i < question->id_count; i++)
        ids[i] = arena_str(&ask->arena, question->ids[i]);
    ask->question =
        (struct question){.action = question->action, .ids = ids, .id_count = question->id_count};
}

struct ask *ask_start(struct loop *loop, const struct provider *provider,
                      const struct question *question, const struct ask_options *options,
                      ask_done_fn *done, void *arg)
{
    _Static_assert(offsetof(struct ask, place) == 0, "ask_on_admit casts");
    const struct provider_settings *settings = &provider->settings;
    const struct dialect *dialect = settings->dialect ? settings->dialect : dialect_default();
    struct ask *ask = memory_new(sizeof *ask);
    ask->place = (struct askqueue_place){.loop = loop, .provider = provider, .admit = ask_on_admit};
    ask->done = done;
    ask->arg = arg;
    ask->timeout_ms = options->timeout_ms > 0    ? options->timeout_ms
                      : settings->timeout_ms > 0 ? settings->timeout_ms
                                                 : DEFAULT_TIMEOUT_MS;
    arena_init_on(&ask->arena, ask->first_bytes, sizeof ask->first_bytes);
    buf_init(&ask->body, QUESTION_CEILING);
    (void)buf_reserve(&ask->body, QUESTION_BYTES + question->id_count * ID_BYTES);
    ask_copy_request_id(ask, options->request_id);
    ask_copy_question(ask, question);
    dialect->encode(settings, question, &ask->body);
    if (ask->body.is_over)
        ask_fail_later(ask, "the question is too large");
    else if (askqueue_enter(loop, provider))
        ask_send_question(ask);
    else if (options->wait_ms <= 0)
        ask_fail_later(ask, "no connection below max_connections");
    else if (!askqueue_wait(&ask->place))
        ask_fail_later(ask, "too many wait for a connection already");
    else
        loop_timer_start(&ask->timer, loop, options->wait_ms, ask_on_timer, ask);
    return ask;
}

void ask_cancel(struct ask *ask)
{
    struct transfer *transfer = ask->transfer;
    ask->transfer = NULL;
    askqueue_leave(&ask->place);
    if (transfer != NULL) {
        transfer_cancel(transfer);
        askqueue_give_back(ask->place.loop, ask->place.provider);
    }
    ask_free(ask);
}
