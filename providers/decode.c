/* Decodes a response of the standard dialect, the protocol as the hosted panels document it, with
 * all the tolerance that the wild ones need: what the transport and the HTTP status decide alone,
 * then the JSON, then the reader of the action (add and balance here, the others in decode_*.c).
 * Never fails; what cannot be read is in doubt. Pure. */
#include "providers/decode.h"

#include "base/buf.h"
#include "providers/paneltext.h"
#include "providers/scalar.h"

/* ---- may a redirect name an order that was made? ---- */

enum { LOOKED_AT = 16 * 1024, LOCATION_CUT_AT = 512, VERSION_DIGITS = 2 };

static bool decode_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool decode_is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static char decode_byte_at(struct str text, size_t at)
{
    return at < text.len ? text.ptr[at] : ' ';
}

/* The status itself, a part of a version ("nginx/1.18.0", "Apache/2"), a port or a word. */
static bool decode_is_usual_number(struct str text, size_t start, size_t end, long status)
{
    uint64_t number;
    char before = start > 0 ? text.ptr[start - 1] : ' ', after = decode_byte_at(text, end);
    char farther = start > 1 ? text.ptr[start - 2] : ' ';
    bool is_status =
        str_to_u64(str_make(text.ptr + start, end - start), &number) && number == (uint64_t)status;
    bool is_dotted = (before == '.' && decode_is_digit(farther)) ||
                     (after == '.' && decode_is_digit(decode_byte_at(text, end + 1)));
    bool is_version = before == '/' && decode_is_letter(farther) && end - start <= VERSION_DIGITS;
    bool is_port = start >= 5 && str_equal_folded(str_make(text.ptr + start - 5, 5), STR("port "));
    return is_status || is_dotted || is_version || is_port || decode_is_letter(before) ||
           decode_is_letter(after);
}

static bool decode_text_holds_number(struct str text, long status)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t start = i;
        while (i < text.len && decode_is_digit(text.ptr[i]))
            i++;
        if (i > start && !decode_is_usual_number(text, start, i, status))
            return true;
    }
    return false;
}

static bool decode_json_holds_number(const json_t *value, long status, struct arena *arena)
{
    const char *key;
    json_t *member;
    size_t i;
    struct str id;
    int64_t number;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            if (decode_json_holds_number(member, status, arena))
                return true;
        }
        return false;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            if (decode_json_holds_number(member, status, arena))
                return true;
        }
        return false;
    }
    struct scalar plain = scalar_of(value);
    if (scalar_integer(plain, &number) && (number == status || number == 0))
        return false;
    return scalar_id(plain, arena, &id) ||
           (plain.kind == SCALAR_TEXT && decode_text_holds_number(plain.text, status));
}

static bool decode_body_holds_number(const struct reply_facts *facts, struct arena *arena)
{
    struct str body = str_first(facts->body, LOOKED_AT);
    struct replyjson reply = replyjson_load(body, true, arena);
    bool is_found =
        reply.has_double_keys ||
        (reply.root != NULL
             ? decode_json_holds_number(reply.root, facts->http_status, arena)
             : decode_text_holds_number(paneltext_strip_tags(body, arena), facts->http_status));
    json_decref(reply.root);
    return is_found;
}

/* What stands behind scheme and host. */
static struct str decode_path_of(struct str url)
{
    size_t scheme = str_find(url, STR("://"));
    bool has_host = scheme != SIZE_MAX || str_starts(url, STR("//"));
    if (!has_host)
        return url;
    url = str_from(url, scheme != SIZE_MAX ? scheme + 3 : 2);
    for (size_t i = 0; i < url.len; i++)
        if (strchr("/?#", url.ptr[i]) != NULL)
            return str_from(url, i);
    return STR("");
}

/* "v2", "v1.1" */
static bool decode_is_api_version(struct str segment)
{
    bool is_version = segment.len > 1 && (segment.ptr[0] == 'v' || segment.ptr[0] == 'V');
    for (size_t i = 1; i < segment.len && is_version; i++)
        is_version = decode_is_digit(segment.ptr[i]) || segment.ptr[i] == '.';
    return is_version;
}

static bool decode_has_digit(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (decode_is_digit(text.ptr[i]))
            return true;
    return false;
}

static bool decode_location_has_digits(struct str location, struct str our_url)
{
    struct str path = decode_path_of(location), ours = decode_path_of(our_url);
    if (location.len >= LOCATION_CUT_AT)
        return true;
    if (ours.len > 1 && str_starts(path, ours) &&
        strchr("/?#", path.len > ours.len ? path.ptr[ours.len] : '/') != NULL)
        path = str_from(path, ours.len);
    for (size_t at = 0, start = 0; at <= path.len; at++) {
        if (at < path.len && strchr("/?#&", path.ptr[at]) == NULL)
            continue;
        struct str segment = str_first(str_from(path, start), at - start);
        if (!decode_is_api_version(segment) && decode_has_digit(segment))
            return true;
        start = at + 1;
    }
    return false;
}

/* Post, redirect, get is how frameworks answer a form: a body with a number, or a Location whose
 * path or query has digits. A server's own page, its version, an API version ("/api/v2") and the
 * path we called (a move to https or another host) name none. */
static bool decode_redirect_may_name_order(const struct provider_settings *settings,
                                           const struct reply_facts *facts, struct arena *arena)
{
    return decode_location_has_digits(facts->location, str_of(settings->url)) ||
           decode_body_holds_number(facts, arena);
}

bool decode_is_writing(enum upstream_action action)
{
    return action == UPSTREAM_ADD || action == UPSTREAM_REFILL || action == UPSTREAM_REFILL_MANY ||
           action == UPSTREAM_CANCEL;
}

struct str decode_text(const struct decoding *d, struct str text)
{
    return paneltext_redact(d->settings->key, text, d->arena);
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
                      paneltext_strip_tags(str_first(body, LOOKED_AT), d->arena), &verdict))) {
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
                           decode_redirect_may_name_order(d->settings, facts, d->arena);
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

/* One status or item per requested id, absent until the response names it. */
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

/* One order of the panel's may be two of ours; the response says it once. */
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

/* ---- add: accepted only with a usable id and no error beside it ---- */

static const char *const id_names[] = {"order", "order_id", "orderId", "id"};

enum finding { FOUND_NOTHING, FOUND_ID, FOUND_UNUSABLE };

/* The first of the names that is there decides, usable or not. */
static enum finding decode_add_find_id(const json_t *object, struct arena *arena, struct str *out)
{
    for (size_t i = 0; i < COUNT_OF(id_names); i++) {
        const json_t *value = scalar_member(object, id_names[i]);
        if (value == NULL)
            continue;
        if (decode_add_find_id(value, arena, out) == FOUND_ID)
            return FOUND_ID;
        return scalar_id(scalar_of(value), arena, out) ? FOUND_ID : FOUND_UNUSABLE;
    }
    return FOUND_NOTHING;
}

/* {"id":"err-5","message":"…"} with 4xx is an error with a number of its own. */
static bool decode_add_has_order_name(const json_t *object)
{
    return scalar_member(object, "order") != NULL || scalar_member(object, "order_id") != NULL ||
           scalar_member(object, "orderId") != NULL;
}

static void decode_add_read_charge(struct decoding *d, const json_t *object)
{
    struct scalar charge = scalar_of(scalar_member(object, "charge"));
    d->answer->has_charge =
        scalar_charge(charge, scalar_currency(object), d->settings->currency, &d->answer->charge) &&
        d->answer->charge.units >= 0;
}

/* "error" or "fail" as the status of an order that has an id: both at once. */
static bool decode_add_says_failure(const json_t *object)
{
    static const char *const message[] = {"error",   "fail",  "failed",
                                          "failure", "false", "rejected"};
    struct scalar status = scalar_of(scalar_member(object, "status"));
    int64_t code;
    if (status.kind == SCALAR_NONE)
        return false;
    if (scalar_integer(status, &code))
        return code == 0 || (code != 1 && code != 100 && (code < 200 || code > 299));
    for (size_t i = 0; i < COUNT_OF(message); i++)
        if (str_equal_folded(str_trim(status.text), str_of(message[i])))
            return true;
    return status.kind == SCALAR_FALSE;
}

/* In the answer, in its "data", or in a "result" that calls it an order: *holder. */
static enum finding decode_add_look(const json_t *object, struct arena *arena, struct str *id,
                                    const json_t **holder)
{
    const json_t *result = scalar_unlist(scalar_member(object, "result"));
    *holder = object;
    enum finding finding = decode_add_find_id(object, arena, id);
    if (finding == FOUND_NOTHING) {
        *holder = scalar_unlist(scalar_member(object, "data"));
        finding = decode_add_find_id(*holder, arena, id);
    }
    if (finding == FOUND_NOTHING && decode_add_has_order_name(result)) {
        *holder = result;
        finding = decode_add_find_id(result, arena, id);
    }
    return finding;
}

void decode_add(struct decoding *d)
{
    const json_t *object = scalar_unlist(d->root), *holder;
    struct str id = STR("");
    enum finding finding = decode_add_look(object, d->arena, &id, &holder);
    /* "message" beside an id is mostly a courtesy; one that surely is a complaint is not. */
    bool is_known_complaint =
        d->verdict.is_known && d->verdict.clarity != CLARITY_TOPIC &&
        (d->verdict.class != VERDICT_DOUBT || d->verdict.clarity == CLARITY_CLEAR);
    /* {"status":0,"msg":"…"}: of another action 0 would be a state. */
    d->error.is_error |= d->error.is_hint && decode_add_says_failure(object);
    bool is_complaint = d->error.is_hint && (d->facts->http_status >= 400 || is_known_complaint);
    bool is_error = d->error.is_error || is_complaint || decode_add_says_failure(object);
    /* Where an id is no answer, it is one more thing said beside an error. */
    if (finding == FOUND_NOTHING && is_error)
        finding = decode_add_find_id(scalar_unlist(scalar_member(object, "result")), d->arena, &id);
    bool is_odd = d->facts->http_status == 429 ||
                  (d->facts->http_status >= 400 && !decode_add_has_order_name(holder));
    if (finding == FOUND_ID && !is_error && !is_odd && !paneltext_holds_key(d->settings->key, id)) {
        d->answer->outcome = OUTCOME_ACCEPTED;
        d->answer->order = id;
        decode_add_read_charge(d, holder);
        return;
    }
    /* An id and an error at once: somebody has to look. */
    if (finding == FOUND_ID)
        decode_doubt(d);
    else
        decode_fail(d);
}

/* ---- balance ---- */

static const char *const amount_names[] = {"balance", "funds", "amount", "credit", "user_balance"};
static const char *const inner_names[] = {"data", "user", "result"};

/* "USD" out of " usd "; STR_NONE when it is no code. */
static struct str decode_balance_currency_of(struct str text, struct arena *arena)
{
    text = str_trim(text);
    if (text.len < 3 || text.len > 5)
        return STR_NONE;
    char *code = arena_text(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        if (code[i] >= 'a' && code[i] <= 'z')
            code[i] = (char)(code[i] - ('a' - 'A'));
        if (code[i] < 'A' || code[i] > 'Z')
            return STR_NONE;
    }
    return str_make(code, text.len);
}

static bool decode_balance_take_amount(struct decoding *d, struct scalar value, struct str beside)
{
    struct str currency;
    if (!scalar_money(value, scalar_beside(value, beside, d->settings->currency),
                      &d->answer->balance, &currency))
        return false;
    d->answer->has_balance = true;
    if (currency.ptr != NULL)
        d->answer->balance_currency = decode_balance_currency_of(currency, d->arena);
    return true;
}

static bool decode_balance_read_object(struct decoding *d, const json_t *object, int depth)
{
    bool is_found = false;
    for (size_t i = 0; i < COUNT_OF(amount_names) && !is_found; i++) {
        const json_t *value = scalar_member(object, amount_names[i]);
        is_found = json_is_object(value) && depth < 3
                       ? decode_balance_read_object(d, value, depth + 1)
                       : decode_balance_take_amount(d, scalar_of(value), scalar_currency(object));
    }
    for (size_t i = 0; i < COUNT_OF(inner_names) && !is_found && depth < 3; i++) {
        const json_t *inner = scalar_member(object, inner_names[i]);
        is_found = json_is_object(inner) ? decode_balance_read_object(d, inner, depth + 1)
                   : i == 0
                       ? decode_balance_take_amount(d, scalar_of(inner), scalar_currency(object))
                       : false;
    }
    struct scalar currency = scalar_of(scalar_member(object, "currency"));
    if (is_found && currency.kind == SCALAR_TEXT) {
        struct str code = decode_balance_currency_of(currency.text, d->arena);
        if (code.ptr != NULL)
            d->answer->balance_currency = code;
    }
    return is_found;
}

void decode_balance(struct decoding *d)
{
    const json_t *root = d->root;
    if (json_is_array(root) && json_array_size(root) == 1)
        root = json_array_get(root, 0);
    if (!decode_is_error(d) &&
        (json_is_object(root) ? decode_balance_read_object(d, root, 0)
                              : decode_balance_take_amount(d, scalar_of(root), STR_NONE)))
        d->answer->outcome = OUTCOME_ACCEPTED;
    else
        decode_fail(d);
}
