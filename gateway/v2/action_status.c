/* action=status: one order, by its number or its client's ref, or an object of up to 100 keyed by
 * id. */
#include "base/digits.h"
#include "orders/status_query.h"
#include "v2/call.h"

enum { STATUS_BYTES = 128 }; /* of a usual one in a list */

struct action_status_asked {
    struct call *call;
    struct call_ids ids;
};

/* The end of each status, printed once per answer: "currency":"USD". */
struct tail {
    char bytes[64];
    size_t len;
};

/* room is empty before and after. */
static void action_status_tail_make(struct tail *tail, const char *currency, struct buf *room)
{
    buf_add_text(room, "\",\"currency\":");
    buf_add_json(room, str_of(currency));
    ASSERT(room->len < sizeof tail->bytes); /* a currency is twelve letters at most */
    memcpy(tail->bytes, room->ptr, room->len);
    tail->len = room->len;
    buf_clear(room);
}

#define PUT(at, literal) action_status_put(at, literal, sizeof(literal) - 1)

static inline char *action_status_put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static char *action_status_put_i64(char *at, int64_t value)
{
    if (value < 0)
        *at++ = '-';
    return digits_put(at, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* The member's name; separator 0: a single status has none. */
static char *action_status_put_name(char *at, char separator, uint32_t id)
{
    if (!separator)
        return at;
    *at++ = separator;
    *at++ = '"';
    at = digits_put(at, id);
    return PUT(at, "\":");
}

/* One reservation per status, filled by hand: a hundred, which an answer may hold, take 5.3 us, and
 * 20 us where each part is one buf_add_… (gcc -O2). */
static void action_status_add_found(struct buf *out, const struct status_query_status *status,
                                    const struct tail *tail, char separator)
{
    char *start = buf_reserve(out, 2 * STATUS_BYTES + sizeof tail->bytes + status->extra.len);
    char *at = start;
    if (start == NULL)
        return;
    at = action_status_put_name(at, separator, status->id);
    at = PUT(at, "{\"charge\":\"");
    if (status->course.paid.units == 0)
        *at++ = '0';
    else
        at += money_print(status->course.paid, 2, at);
    at = PUT(at, "\",\"start_count\":\"");
    at = action_status_put_i64(at, status->course.start_count);
    at = PUT(at, "\",\"status\":\"");
    at = action_status_put(at, status->word, strlen(status->word));
    at = PUT(at, "\",\"remains\":\"");
    at = action_status_put_i64(at, status->course.remains);
    memcpy(at, tail->bytes, sizeof tail->bytes); /* fixed size; the surplus is overwritten */
    at += tail->len;
    if (status->extra.len > 0) {
        *at++ = ',';
        at = action_status_put(at, status->extra.ptr, status->extra.len);
    }
    *at++ = '}';
    buf_added(out, (size_t)(at - start));
}

/* text: the id as sent. */
static void action_status_add_missing(struct buf *out, const struct status_query_status *status,
                                      struct str text, char separator)
{
    char name[24];
    if (separator && status->id) {
        buf_add(out, name, (size_t)(action_status_put_name(name, separator, status->id) - name));
    } else if (separator) {
        buf_add_byte(out, separator);
        buf_add_json(out, str_first(text, 64));
        buf_add_byte(out, ':');
    }
    buf_add_text(out, "{\"error\":\"");
    buf_add_text(out, status->is_unavailable ? MESSAGES_UNAVAILABLE : MESSAGES_ORDER_ID);
    buf_add_text(out, "\"}");
}

static void action_status_reply(const struct action_status_asked *asked,
                                const struct status_query_status *list)
{
    const struct call_ids *ids = &asked->ids;
    struct tail tail;
    struct buf out;
    buf_init(&out, CALL_ANSWER_BYTES);
    (void)buf_reserve(&out, (ids->count + 3) * STATUS_BYTES);
    action_status_tail_make(&tail, asked->call->context->settings.currency, &out);
    for (size_t i = 0; i < ids->count; i++) {
        char separator = ids->is_many ? i ? ',' : '{' : '\0';
        if (list[i].is_found)
            action_status_add_found(&out, &list[i], &tail, separator);
        else
            action_status_add_missing(&out, &list[i], ids->text[i], separator);
    }
    if (ids->is_many)
        buf_add_byte(&out, '}');
    if (out.is_over)
        call_error(asked->call, MESSAGES_UNAVAILABLE);
    else
        call_reply(asked->call, buf_str(&out));
    buf_fini(&out);
}

static void action_status_on_done(const struct status_query_status *list, size_t count, void *arg)
{
    (void)count;
    action_status_reply(arg, list);
}

static void action_status_start(struct action_status_asked *asked)
{
    struct call *call = asked->call;
    struct arena *arena = exchange_arena(call->exchange);
    struct status_query_status *now = arena_new(arena, asked->ids.count * sizeof *now);
    if (status_query_start(call->context, call->client->id, asked->ids.id, asked->ids.count, arena,
                           now, action_status_on_done, asked))
        action_status_reply(asked, now);
}

/* ---- by ref ---- */

static void action_status_on_ref(const struct ledger_rows *rows, void *arg)
{
    struct action_status_asked *asked = arg;
    if (rows->result != LEDGER_DONE) {
        call_error(asked->call, MESSAGES_UNAVAILABLE);
    } else if (rows->order_count == 0) {
        call_error(asked->call, MESSAGES_ORDER_ID);
    } else {
        asked->ids.count = 1;
        asked->ids.id[0] = rows->orders[0].id;
        action_status_start(asked);
    }
}

static void action_status_by_ref(struct action_status_asked *asked)
{
    struct call *call = asked->call;
    struct str ref;
    if (!call_ref_read_param(call, &ref))
        return;
    if (ref.len == 0) {
        call_error(call, MESSAGES_ORDER_ID);
        return;
    }
    struct ledger_query query = {
        .request = LEDGER_QUERY_REF, .client = str_of(call->client->settings.name), .text = ref};
    ledger_query(call->context->ledger, call->context->loop, &query, action_status_on_ref, asked);
}

void action_status_run(struct call *call)
{
    struct action_status_asked *asked = arena_new(exchange_arena(call->exchange), sizeof *asked);
    asked->call = call;
    if (!call->is_many && !call_has_orders(call))
        action_status_by_ref(asked);
    else if (call_orders_read(call, &asked->ids))
        action_status_start(asked);
}
