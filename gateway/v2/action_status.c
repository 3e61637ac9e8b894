/* action=status, one order or up to 100. */
#include "orders/follow.h"
#include "v2/call.h"

enum { STATUS_BYTES = 128 }; /* of a usual one in a list */

struct asked {
    struct call *call;
    struct call_ids ids;
};

/* What follows the numbers in each status: "currency":"USD" as JSON. */
struct tail {
    char bytes[64];
    size_t len;
};

static void tail_make(struct tail *tail, const char *currency)
{
    struct buf text;
    buf_init(&text, sizeof tail->bytes - 1);
    buf_add_text(&text, "\",\"currency\":");
    buf_add_json(&text, str_of(currency));
    ASSERT(!text.is_over); /* a currency is three letters */
    memcpy(tail->bytes, text.ptr, text.len);
    tail->len = text.len;
    buf_fini(&text);
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static inline char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static char *put_u64(char *at, uint64_t value)
{
    size_t len = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10)
        len++;
    for (size_t i = len; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + len;
}

static char *put_i64(char *at, int64_t value)
{
    if (value < 0)
        *at++ = '-';
    return put_u64(at, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void add_error(struct buf *out, const char *words)
{
    buf_add_text(out, "{\"error\":\"");
    buf_add_text(out, words);
    buf_add_text(out, "\"}");
}

/* In one piece, for a hundred of them are one answer. */
static void add_status(struct buf *out, const struct follow_status *status, const struct tail *tail)
{
    if (!status->is_found) {
        add_error(out, status->is_unavailable ? WORDS_UNAVAILABLE : WORDS_ORDER_ID);
        return;
    }
    char *start = buf_reserve(out, 2 * STATUS_BYTES + sizeof tail->bytes + status->extra.len);
    char *at = start;
    if (start == NULL)
        return;
    const char *word = orderstatus_word(status->status);
    at = PUT(at, "{\"charge\":\"");
    if (status->charge.units == 0)
        *at++ = '0';
    else
        at += money_print(status->charge, 2, at);
    at = PUT(at, "\",\"start_count\":\"");
    at = put_i64(at, status->start_count);
    at = PUT(at, "\",\"status\":\"");
    at = put(at, word, strlen(word));
    at = PUT(at, "\",\"remains\":\"");
    at = put_i64(at, status->remains);
    memcpy(at, tail->bytes, sizeof tail->bytes); /* of a known size; what is too much is not kept */
    at += tail->len;
    if (status->extra.len > 0) {
        *at++ = ',';
        at = put(at, status->extra.ptr, status->extra.len);
    }
    *at++ = '}';
    buf_added(out, (size_t)(at - start));
}

/* The id as the name of a member, after what is there already. */
static void add_name(struct buf *out, uint32_t id, struct str text, char separator)
{
    char name[24] = {separator}, *at = name + 1;
    if (id) {
        *at++ = '"';
        at = put_u64(at, id);
        at = PUT(at, "\":");
        buf_add(out, name, (size_t)(at - name));
    } else {
        buf_add_byte(out, separator);
        buf_add_json(out, str_first(text, 64));
        buf_add_byte(out, ':');
    }
}

static void reply(const struct asked *asked, const struct follow_status *list)
{
    struct tail tail;
    struct buf out;
    tail_make(&tail, asked->call->desk->settings.currency);
    buf_init(&out, CALL_ANSWER_BYTES);
    if (!asked->ids.is_many) {
        add_status(&out, &list[0], &tail);
    } else {
        (void)buf_reserve(&out, (asked->ids.count + 4) * STATUS_BYTES);
        for (size_t i = 0; i < asked->ids.count; i++) {
            add_name(&out, asked->ids.id[i], asked->ids.text[i], i ? ',' : '{');
            add_status(&out, &list[i], &tail);
        }
        buf_add_byte(&out, '}');
    }
    if (out.is_over)
        call_error(asked->call, WORDS_UNAVAILABLE);
    else
        call_reply(asked->call, buf_str(&out));
    buf_fini(&out);
}

static void on_followed(const struct follow_status *list, size_t count, void *arg)
{
    (void)count;
    reply(arg, list);
}

void action_status_run(struct call *call)
{
    struct arena *arena = exchange_arena(call->exchange);
    struct asked *asked = arena_new(arena, sizeof *asked);
    asked->call = call;
    if (!call_orders_read(call, &asked->ids))
        return;
    struct follow_status *now = arena_new(arena, asked->ids.count * sizeof *now);
    if (follow_now(call->desk, call->client->id, asked->ids.id, asked->ids.count, arena, now))
        reply(asked, now);
    else
        follow_start(call->desk, call->client->id, asked->ids.id, asked->ids.count, on_followed,
                     asked);
}
