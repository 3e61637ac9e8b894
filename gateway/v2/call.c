/* See call.h. */
#include "v2/call.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "orders/refs.h"

/* Pieces of one list, empty and doubled ones included: what a turn of the loop can read. */
enum { CALL_PIECES_MAX = 4000, CALL_PLAIN_DIGITS = 9 };

struct v2_totals v2_totals;

struct str call_param(const struct call *call, const char *const *names)
{
    for (; *names; names++) {
        struct str value = str_trim_unseen(params_get(call->params, *names));
        if (value.len > 0)
            return value;
    }
    return STR_NONE;
}

uint32_t call_number(struct str text)
{
    uint64_t value;
    if (str_to_u64(text, &value)) /* nearly always it is plain */
        return value <= INT32_MAX ? (uint32_t)value : 0;
    text = str_trim(text);
    size_t point = str_find_byte(text, '.');
    if (point != SIZE_MAX) {
        for (size_t i = point + 1; i < text.len; i++)
            if (text.ptr[i] != '0')
                return 0;
        text = str_first(text, point);
    }
    return str_to_u64(text, &value) && value <= INT32_MAX ? (uint32_t)value : 0;
}

/* Clients list upwards as a rule: what is above all before it is new. */
static bool call_is_listed(const struct call_ids *ids, uint32_t highest, uint32_t id,
                           struct str text)
{
    if (id > highest)
        return false;
    for (size_t i = 0; i < ids->count; i++)
        if (ids->id[i] == id && (id != 0 || str_equal(ids->text[i], text)))
            return true;
    return false;
}

/* False: too many, of which nothing more needs to be read. */
static bool call_append_id(struct call_ids *out, uint32_t *highest, uint32_t id, struct str text)
{
    if (call_is_listed(out, *highest, id, text))
        return true;
    *highest = id > *highest ? id : *highest;
    out->is_too_many = out->count == CALL_IDS_MAX;
    if (out->is_too_many)
        return false;
    out->id[out->count] = id;
    out->text[out->count++] = text;
    return true;
}

/* Takes one piece of a list, and the number it is. Nearly all are some digits and a comma. */
static bool call_next_id(struct str *list, struct str *text_out, uint32_t *id_out)
{
    uint32_t id = 0;
    size_t len = 0;
    for (unsigned digit; len < list->len && len < CALL_PLAIN_DIGITS &&
                         (digit = (unsigned)(list->ptr[len] - '0')) <= 9;
         len++)
        id = id * 10 + digit;
    if (id > 0 && len < list->len && list->ptr[len] == ',') {
        *text_out = str_first(*list, len);
        *list = str_from(*list, len + 1);
    } else if (str_next(list, ',', text_out)) {
        *text_out = str_trim_unseen(*text_out);
        id = call_number(*text_out);
    } else {
        return false;
    }
    *id_out = id;
    return true;
}

void call_ids_read(const struct call *call, const char *const *plural, const char *const *singular,
                   struct call_ids *out)
{
    struct str list = call_param(call, plural), piece;
    uint32_t highest = 0, id;
    out->count = 0;
    out->is_too_many = false;
    out->is_many = call->is_many || list.len > 0;
    if (list.len == 0)
        list = call_param(call, singular);
    if (str_is(list, "[]"))
        return;
    if (str_find_byte(list, ',') != SIZE_MAX)
        out->is_many = true;
    for (int pieces = 0; call_next_id(&list, &piece, &id); pieces++) {
        if (pieces == CALL_PIECES_MAX)
            out->is_too_many = true;
        if (out->is_too_many || (piece.len > 0 && !call_append_id(out, &highest, id, piece)))
            return;
    }
}

static const char *const call_plural_orders[] = {"orders", "order_ids", "ids", NULL};
static const char *const call_singular_orders[] = {"order", "order_id", "id", NULL};

bool call_names_orders(const struct call *call)
{
    for (const char *const *name = call_plural_orders; *name; name++)
        if (params_get(call->params, *name).ptr != NULL)
            return true;
    for (const char *const *name = call_singular_orders; *name; name++)
        if (params_get(call->params, *name).ptr != NULL)
            return true;
    return false;
}

bool call_has_orders(const struct call *call)
{
    for (const char *const *name = call_plural_orders; *name; name++)
        if (params_get(call->params, *name).ptr != NULL)
            return true;
    return call_param(call, call_singular_orders).len > 0;
}

bool call_orders_read(struct call *call, struct call_ids *out)
{
    call_ids_read(call, call_plural_orders, call_singular_orders, out);
    if (out->is_too_many)
        call_error(call, "Maximum 100 orders");
    else if (out->count == 0)
        call_error(call, MESSAGES_ORDER_ID);
    else
        return true;
    return false;
}

/* ---- refs ---- */

/* Quotes around a header's value are its form, not the ref. */
static struct str call_unquote(struct str text)
{
    bool is_quoted = text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"';
    return is_quoted ? str_make(text.ptr + 1, text.len - 2) : text;
}

static bool call_is_ref(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return text.len <= REFS_TEXT_BYTES && str_is_utf8(text);
}

static bool call_check_ref(struct call *call, struct str ref, const char *name)
{
    if (call_is_ref(ref))
        return true;
    call_error(call, arena_printf(exchange_arena(call->exchange),
                                  "Incorrect %s: at most %d bytes of text in one line", name,
                                  REFS_TEXT_BYTES));
    return false;
}

bool call_ref_read_param(struct call *call, struct str *out)
{
    static const char *const names[] = {"ref", NULL};
    *out = call_param(call, names);
    for (size_t i = 0; i < call->params->count; i++) {
        const struct param *param = &call->params->list[i];
        if (str_is(param->name, "ref") && params_is_nested(param)) {
            call_error(call, "Incorrect ref: must be a text or a number");
            return false;
        }
    }
    return call_check_ref(call, *out, "ref");
}

bool call_ref_read(struct call *call, struct str *out)
{
    struct str param = STR_NONE;
    if (exchange_header_differs(call->exchange, "Idempotency-Key")) {
        call_error(call,
                   "Incorrect Idempotency-Key: it was sent more than once, with different values");
        return false;
    }
    *out = call_unquote(str_trim(exchange_header(call->exchange, "Idempotency-Key")));
    if (!call_check_ref(call, *out, "Idempotency-Key") ||
        (call->client->settings.refs && !call_ref_read_param(call, &param)))
        return false;
    if (out->len > 0 && param.len > 0 && !str_equal(*out, param)) {
        call_error(call, "Incorrect ref: it differs from Idempotency-Key; one of them is enough");
        return false;
    }
    if (out->len == 0)
        *out = param;
    return true;
}

/* ---- answers ---- */

void call_add_id(struct buf *out, uint32_t id, struct str text)
{
    if (id)
        buf_add_u64(out, id);
    else
        buf_add_json(out, str_first(text, 64));
}

void call_note(struct call *call, bool is_error)
{
    atomic_fetch_add_explicit(&v2_totals.requests[call->row], 1, memory_order_relaxed);
    if (is_error)
        atomic_fetch_add_explicit(&v2_totals.errors[call->row], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&v2_totals.microseconds[call->row],
                              (uint64_t)(clock_monotonic_us() - call->started_at_us),
                              memory_order_relaxed);
}

void call_reply(struct call *call, struct str json)
{
    call_note(call, false);
    exchange_reply(call->exchange, 200, json);
}

void call_error(struct call *call, const char *message)
{
    call_note(call, true);
    exchange_reply_error(call->exchange, 200, message);
}
