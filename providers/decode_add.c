/* The answer to an order: accepted only with a usable id and no error beside it. */
#include "providers/decode.h"
#include "providers/redact.h"

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
        scalar_money(charge, scalar_beside(charge, scalar_currency(object), d->settings->currency),
                     &d->answer->charge, NULL) &&
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

void decode_add(struct decoding *d)
{
    const json_t *object = scalar_unlist(d->root);
    struct str id = STR("");
    enum finding finding = decode_add_find_id(object, d->arena, &id);
    const json_t *holder = object;
    if (finding == FOUND_NOTHING) {
        const json_t *data = scalar_unlist(scalar_member(object, "data"));
        finding = decode_add_find_id(data, d->arena, &id);
        holder = data;
    }
    const json_t *result = scalar_unlist(scalar_member(object, "result"));
    if (finding == FOUND_NOTHING && decode_add_has_order_name(result)) {
        finding = decode_add_find_id(result, d->arena, &id);
        holder = result;
    }
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
        finding = decode_add_find_id(result, d->arena, &id);
    bool is_odd = d->facts->http_status == 429 ||
                  (d->facts->http_status >= 400 && !decode_add_has_order_name(holder));
    if (finding == FOUND_ID && !is_error && !is_odd && !redact_finds(d->settings->key, id)) {
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
