/* Decodes a response of the standard dialect, the protocol as the hosted panels document it, with
 * all the tolerance that the wild ones need: what the transport and the HTTP status decide alone,
 * then the JSON, then the reader of the action. Never fails; what cannot be read is in doubt.
 * Pure. */
#include "providers/decode.h"

#include "base/buf.h"
#include "providers/redact.h"
#include "providers/redirect.h"
#include "providers/replyjson.h"
#include "providers/statusscan.h"
#include "providers/textfold.h"

enum { PAGE_LOOKED_AT = 16 * 1024 };

bool decode_is_writing(enum upstream_action action)
{
    return action == UPSTREAM_ADD || action == UPSTREAM_REFILL || action == UPSTREAM_REFILL_MANY ||
           action == UPSTREAM_CANCEL;
}

struct str decode_text(const struct decoding *d, struct str text)
{
    return redact(d->settings->key, text, d->arena);
}

void decode_doubt(struct decoding *d)
{
    d->answer->outcome = OUTCOME_DOUBT;
    d->answer->class = VERDICT_DOUBT;
    d->answer->cool_down = COOL_DOWN_NONE;
    d->answer->refusal = REFUSAL_NONE;
}

void decode_refuse(struct decoding *d, const struct verdict *verdict)
{
    struct upstream_response *answer = d->answer;
    answer->outcome = OUTCOME_REFUSED;
    answer->class = verdict->class;
    answer->cool_down = verdict->cool_down;
    answer->refusal = verdict->refusal;
    answer->is_mismatch = verdict->is_mismatch;
    answer->is_active_order = verdict->is_active_order;
    answer->is_rate_limited = verdict->is_rate_limited;
    answer->is_key = verdict->is_key;
    answer->is_funds = verdict->is_funds;
}

void decode_refuse_unsupported(struct decoding *d)
{
    struct verdict verdict = {.class = VERDICT_PROVIDER, .refusal = REFUSAL_UNSUPPORTED};
    decode_refuse(d, &verdict);
}

bool decode_is_error(const struct decoding *d)
{
    /* "Refill request accepted": the word alone makes no complaint of a message. */
    bool is_complaint = d->verdict.is_known && d->verdict.clarity != CLARITY_TOPIC;
    return d->error.is_error ||
           (d->error.is_hint && (d->facts->http_status >= 400 || is_complaint));
}

static const struct verdict rate_limited = {.class = VERDICT_BUSY, .is_rate_limited = true};

void decode_fail(struct decoding *d)
{
    static const struct verdict out_of_funds = {
        .class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_FUNDS, .is_funds = true};
    static const struct verdict unknown_refused = {.class = VERDICT_PROVIDER};
    long http = d->facts->http_status;
    bool is_clear = d->verdict.is_known && d->verdict.clarity != CLARITY_TAIL &&
                    d->verdict.clarity != CLARITY_WORDLESS;
    bool is_certain = d->verdict.is_known && d->verdict.class != VERDICT_DOUBT &&
                      (d->verdict.clarity != CLARITY_TOPIC || decode_is_error(d));
    /* What must not be repeated is refused only where nobody can have carried it out. */
    bool may_refuse = d->settings->unknown_errors_refused && !d->verdict.is_known &&
                      d->error.count > 0 && http < 500 && (d->error.is_error || http >= 400) &&
                      decode_is_writing(d->request->action);
    if (is_certain)
        decode_refuse(d, &d->verdict);
    else if (http == 429)
        decode_refuse(d, &rate_limited);
    else if (http == 402 && !is_clear) /* a known text decides whatever the status */
        decode_refuse(d, &out_of_funds);
    else if (may_refuse)
        decode_refuse(d, &unknown_refused);
    else
        decode_doubt(d);
}

const json_t *decode_unwrap(const json_t *root)
{
    const json_t *data = scalar_member(root, "data");
    return json_is_object(data) || json_is_array(data) ? data : root;
}

/* Text that is not JSON decides nothing, save where the provider's own table names it, or where a
 * framework's page says that the action was never written. */
static void decode_page(struct decoding *d)
{
    struct verdict verdict;
    struct str body = str_trim(d->facts->body);
    if (body.len > 0 &&
        (classify_own(d->settings, d->request->action, body, &verdict) ||
         classify_own(d->settings, d->request->action,
                      textfold_strip_tags(str_first(body, PAGE_LOOKED_AT), d->arena), &verdict))) {
        if (verdict.class == VERDICT_DOUBT)
            decode_doubt(d);
        else
            decode_refuse(d, &verdict);
        return;
    }
    if (d->request->action != UPSTREAM_ADD && d->facts->http_status >= 500 &&
        str_find(str_first(body, 64 * 1024), STR("BadMethodCallException")) != SIZE_MAX) {
        decode_refuse_unsupported(d);
        return;
    }
    if (d->facts->http_status == 429 &&
        !(decode_is_writing(d->request->action) && replyjson_is_beside_page(body)))
        decode_refuse(d, &rate_limited);
    else
        decode_doubt(d);
}

static void (*const decoders[UPSTREAM_ACTION_COUNT])(struct decoding *d) = {
    [UPSTREAM_SERVICES] = decode_services,
    [UPSTREAM_ADD] = decode_add,
    [UPSTREAM_STATUS] = decode_status,
    [UPSTREAM_STATUS_MANY] = decode_status_many,
    [UPSTREAM_REFILL] = decode_refill,
    [UPSTREAM_REFILL_MANY] = decode_refill,
    [UPSTREAM_REFILL_STATUS] = decode_refill_status,
    [UPSTREAM_REFILL_STATUS_MANY] = decode_refill_status,
    [UPSTREAM_CANCEL] = decode_cancel,
    [UPSTREAM_BALANCE] = decode_balance,
};

/* A complaint about a link that the type does not have is no fault of the client's. */
static bool decode_has_link(const struct upstream_request *request)
{
    return request->fields == NULL || request->fields->value[FIELD_LINK].len > 0;
}

static void decode_body(struct decoding *d)
{
    struct replyjson reply =
        replyjson_load(d->facts->body, decode_is_writing(d->request->action), d->arena);
    d->root = reply.root;
    d->has_double_keys = reply.has_double_keys;
    if (reply.root == NULL) {
        decode_page(d);
        return;
    }
    struct str text;
    d->error = errortext_of(reply.root, d->arena);
    d->verdict = classify_texts(d->settings, d->request->action, &d->error, &text);
    if (d->verdict.refusal == REFUSAL_LINK && !decode_has_link(d->request)) {
        d->verdict.refusal = REFUSAL_OTHER;
        d->verdict.is_mismatch = true;
    }
    if (decode_is_error(d))
        d->answer->error = decode_text(d, text);
    decoders[d->request->action](d);
    d->error = (struct errortext){0};
    d->root = NULL;
    json_decref(reply.root);
}

static bool decode_is_scanned(struct decoding *d)
{
    if (d->facts->http_status / 100 != 2)
        return false;
    if (d->request->action == UPSTREAM_ADD)
        return statusscan_add(d);
    if (d->request->action == UPSTREAM_STATUS)
        return statusscan_status(d);
    return d->request->action == UPSTREAM_STATUS_MANY && statusscan_status_many(d);
}

static void decode_transport(struct decoding *d)
{
    static const struct verdict challenged = {.class = VERDICT_PROVIDER,
                                              .cool_down = COOL_DOWN_PROVIDER};
    const struct reply_facts *facts = d->facts;
    if (!facts->was_sent) {
        d->answer->outcome = OUTCOME_NOT_SENT;
        d->answer->class = VERDICT_PROVIDER;
    } else if (!facts->is_complete) {
        decode_doubt(d);
    } else if (facts->http_status >= 300 && facts->http_status < 400) {
        bool may_be_done = decode_is_writing(d->request->action) &&
                           redirect_may_name_order(d->settings, facts, d->arena);
        if (may_be_done)
            decode_doubt(d);
        else
            decode_refuse(d, &challenged);
        d->answer->is_redirect = true;
    } else if (!decode_is_scanned(d)) {
        decode_body(d);
        /* A front's page, unless the body spoke for itself, or something before or behind the page
         * may be what the panel said. */
        bool may_be_done =
            decode_is_writing(d->request->action) && replyjson_is_beside_page(facts->body);
        if (d->answer->outcome == OUTCOME_DOUBT && classify_is_challenge(facts) &&
            d->answer->error.len == 0 && !may_be_done) {
            decode_refuse(d, &challenged);
            d->answer->is_challenge = true;
        }
    }
}

static struct str decode_evidence_of(const struct decoding *d)
{
    const struct reply_facts *facts = d->facts;
    struct str transport = str_of(facts->transport_error);
    struct buf text;
    buf_init(&text, 20 * 1024);
    if (facts->http_status != 0) {
        buf_printf(&text, "http %ld ", facts->http_status);
        buf_add_str(&text, str_first(facts->content_type, 80));
        buf_add_text(&text, ": ");
    }
    if (transport.len > 0) {
        buf_add_str(&text, str_first(transport, 200));
        buf_add_byte(&text, ' ');
    }
    buf_add_str(&text, str_first(facts->body, 16 * 1024));
    struct str evidence = decode_text(d, buf_str(&text));
    buf_fini(&text);
    return evidence;
}

/* One status or item per id asked, absent until the answer names it. */
static void decode_prepare(struct decoding *d)
{
    const struct upstream_request *request = d->request;
    struct upstream_response *answer = d->answer;
    enum upstream_action action = request->action;
    *answer = (struct upstream_response){.outcome = OUTCOME_DOUBT,
                                         .class = VERDICT_DOUBT,
                                         .retry_after_s = d->facts->retry_after_s,
                                         .error = STR(""),
                                         .evidence = STR("")};
    if (action == UPSTREAM_STATUS || action == UPSTREAM_STATUS_MANY) {
        answer->status_count = request->id_count;
        answer->statuses = arena_new(d->arena, request->id_count * sizeof *answer->statuses);
        for (size_t i = 0; i < request->id_count; i++) { /* all else is zero there */
            answer->statuses[i].id = request->ids[i];
            answer->statuses[i].is_absent = true;
            answer->statuses[i].status = ORDERSTATUS_UNKNOWN;
        }
    } else if (action != UPSTREAM_ADD && action != UPSTREAM_SERVICES &&
               action != UPSTREAM_BALANCE) {
        answer->item_count = request->id_count;
        answer->items = arena_new(d->arena, request->id_count * sizeof *answer->items);
        for (size_t i = 0; i < request->id_count; i++)
            answer->items[i] = (struct upstream_item){.id = request->ids[i],
                                                      .is_absent = true,
                                                      .status = REFILLSTATUS_UNKNOWN,
                                                      .error = STR("")};
    }
}

/* A refusal as a whole is one of each item. */
static void decode_refuse_items(struct upstream_response *answer)
{
    for (size_t i = 0; i < answer->item_count; i++)
        if (answer->items[i].is_absent)
            answer->items[i] = (struct upstream_item){.id = answer->items[i].id,
                                                      .status = REFILLSTATUS_UNKNOWN,
                                                      .refusal = answer->refusal,
                                                      .error = answer->error};
}

/* One order of the panel's may be two of ours; the answer says it once. */
static void decode_share_statuses(struct upstream_response *answer)
{
    for (size_t i = 0; i < answer->status_count; i++) {
        struct upstream_status *status = &answer->statuses[i];
        for (size_t j = 0; j < answer->status_count && status->is_absent; j++)
            if (!answer->statuses[j].is_absent && str_equal(answer->statuses[j].id, status->id))
                *status = answer->statuses[j];
    }
}

void decode_standard(const struct provider_settings *settings,
                     const struct upstream_request *request, const struct reply_facts *facts,
                     struct arena *arena, struct upstream_response *out)
{
    struct decode_memo memo = {0};
    struct decoding d = {.settings = settings,
                         .memo = &memo,
                         .request = request,
                         .facts = facts,
                         .arena = arena,
                         .answer = out,
                         .verdict = {.class = VERDICT_DOUBT}};
    decode_prepare(&d);
    decode_transport(&d);
    if (out->outcome == OUTCOME_REFUSED)
        decode_refuse_items(out);
    if (out->outcome == OUTCOME_ACCEPTED)
        decode_share_statuses(out);
    if (out->outcome != OUTCOME_ACCEPTED)
        out->evidence = decode_evidence_of(&d);
}
