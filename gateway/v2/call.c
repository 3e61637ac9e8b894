/* See call.h. */
#include "v2/call.h"

#include <stdatomic.h>

#include "base/clock.h"

struct v2_totals v2_totals;

struct str call_param(const struct call *call, const char *const *names)
{
    for (; *names; names++) {
        struct str value = str_trim(params_get(call->params, *names));
        if (value.len > 0)
            return value;
    }
    return STR_NONE;
}

uint32_t call_number(struct str text)
{
    uint64_t value;
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

static bool is_listed(const struct call_ids *ids, uint32_t id, struct str text)
{
    bool is_found = false;
    /* Each against all before: without a way out the compiler compares several at once. */
    for (size_t i = 0; id && i < ids->count; i++)
        is_found |= ids->id[i] == id;
    for (size_t i = 0; !id && i < ids->count && !is_found; i++)
        is_found = str_equal(ids->text[i], text);
    return is_found;
}

void call_ids_read(const struct call *call, const char *const *plural, const char *const *singular,
                   struct call_ids *out)
{
    struct str list = call_param(call, plural), piece;
    out->count = 0;
    out->is_too_many = false;
    out->is_many = list.len > 0;
    if (list.len == 0)
        list = call_param(call, singular);
    if (str_find_byte(list, ',') != SIZE_MAX)
        out->is_many = true;
    while (str_next(&list, ',', &piece)) {
        piece = str_trim(piece);
        uint32_t id = call_number(piece);
        if (piece.len == 0 || is_listed(out, id, piece))
            continue;
        if (out->count == CALL_IDS_MOST) {
            out->is_too_many = true;
            return;
        }
        out->id[out->count] = id;
        out->text[out->count++] = piece;
    }
}

bool call_orders_read(struct call *call, struct call_ids *out)
{
    static const char *const plural[] = {"orders", "order_ids", NULL};
    static const char *const singular[] = {"order", "order_id", "id", NULL};
    call_ids_read(call, plural, singular, out);
    if (out->is_too_many)
        call_error(call, "Maximum 100 orders");
    else if (out->count == 0)
        call_error(call, WORDS_ORDER_ID);
    else
        return true;
    return false;
}

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
                              (uint64_t)(clock_steady_us() - call->started_at_us),
                              memory_order_relaxed);
}

void call_reply(struct call *call, struct str json)
{
    call_note(call, false);
    exchange_reply(call->exchange, 200, json);
}

void call_error(struct call *call, const char *words)
{
    call_note(call, true);
    exchange_reply_error(call->exchange, 200, words);
}
