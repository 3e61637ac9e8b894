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

/* Which ids were listed: places in the list, plus one, by a hash of the id. */
struct listed {
    uint8_t place[256];
};

_Static_assert(CALL_IDS_MAX < 256 / 2, "places are few enough to be found at once");

/* False: it is in the list already. */
static bool call_note_listed(struct listed *listed, const struct call_ids *ids, uint32_t id)
{
    uint8_t at = (uint8_t)(id * 2654435769u >> 24);
    for (; listed->place[at]; at++)
        if (ids->id[listed->place[at] - 1] == id)
            return false;
    listed->place[at] = (uint8_t)(ids->count + 1);
    return true;
}

static bool call_is_new(struct listed *listed, const struct call_ids *ids, uint32_t id,
                        struct str text)
{
    if (id)
        return call_note_listed(listed, ids, id);
    for (size_t i = 0; i < ids->count; i++)
        if (str_equal(ids->text[i], text))
            return false;
    return true;
}

/* Nearly all are some digits and a comma: those are taken here, else nothing is. */
static uint32_t call_take_plain_number(struct str *list, struct str *text_out)
{
    uint32_t id = 0;
    size_t len = 0;
    for (; len < list->len && len <= 9 && list->ptr[len] >= '0' && list->ptr[len] <= '9'; len++)
        id = id * 10 + (uint32_t)(list->ptr[len] - '0');
    if (id == 0 || len > 9 || len == list->len || list->ptr[len] != ',')
        return 0;
    *text_out = str_first(*list, len);
    *list = str_make(list->ptr + len + 1, list->len - len - 1);
    return id;
}

/* False: too many. */
static bool call_append_id(struct listed *listed, struct call_ids *out, uint32_t id,
                           struct str text)
{
    if (out->count == CALL_IDS_MAX) {
        out->is_too_many = call_is_new(listed, out, id, text);
        return !out->is_too_many;
    }
    if (call_is_new(listed, out, id, text)) {
        out->id[out->count] = id;
        out->text[out->count++] = text;
    }
    return true;
}

void call_ids_read(const struct call *call, const char *const *plural, const char *const *singular,
                   struct call_ids *out)
{
    struct listed listed = {0};
    struct str list = call_param(call, plural), piece;
    uint32_t id;
    out->count = 0;
    out->is_too_many = false;
    out->is_many = list.len > 0;
    if (list.len == 0)
        list = call_param(call, singular);
    if (str_find_byte(list, ',') != SIZE_MAX)
        out->is_many = true;
    for (;;) {
        while (list.ptr && (id = call_take_plain_number(&list, &piece)) != 0)
            if (!call_append_id(&listed, out, id, piece))
                return;
        if (!str_next(&list, ',', &piece))
            return;
        piece = str_trim(piece);
        if (piece.len > 0 && !call_append_id(&listed, out, call_number(piece), piece))
            return;
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
        call_error(call, MESSAGES_ORDER_ID);
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
