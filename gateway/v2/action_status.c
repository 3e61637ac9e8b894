/* action=status, one order or up to 100. */
#include "orders/follow.h"
#include "v2/call.h"

enum { STATUS_BYTES = 128 }; /* of a usual one in a list */

struct asked {
    struct call *call;
    struct call_ids ids;
};

static void add_status(struct buf *out, const struct follow_status *status, const char *currency)
{
    char charge[MONEY_TEXT];
    if (!status->is_found) {
        buf_add_text(out, "{\"error\":\"");
        buf_add_text(out, status->is_unavailable ? WORDS_UNAVAILABLE : WORDS_ORDER_ID);
        buf_add_text(out, "\"}");
        return;
    }
    size_t len = status->charge.units == 0 ? 0 : money_print(status->charge, 2, charge);
    buf_add_text(out, "{\"charge\":\"");
    buf_add(out, len ? charge : "0", len ? len : 1);
    buf_add_text(out, "\",\"start_count\":\"");
    buf_add_i64(out, status->start_count);
    buf_add_text(out, "\",\"status\":\"");
    buf_add_text(out, orderstatus_word(status->status));
    buf_add_text(out, "\",\"remains\":\"");
    buf_add_i64(out, status->remains);
    buf_add_text(out, "\",\"currency\":");
    buf_add_json(out, str_of(currency));
    if (status->extra.len > 0) {
        buf_add_byte(out, ',');
        buf_add_str(out, status->extra);
    }
    buf_add_byte(out, '}');
}

/* The id as the name of a member. */
static void add_name(struct buf *out, uint32_t id, struct str text)
{
    if (id) {
        buf_add_byte(out, '"');
        buf_add_u64(out, id);
        buf_add_byte(out, '"');
    } else {
        buf_add_json(out, str_first(text, 64));
    }
    buf_add_byte(out, ':');
}

static void reply(const struct asked *asked, const struct follow_status *list)
{
    const char *currency = asked->call->desk->settings.currency;
    struct buf out;
    buf_init(&out, CALL_ANSWER_BYTES);
    if (!asked->ids.is_many) {
        add_status(&out, &list[0], currency);
    } else {
        (void)buf_reserve(&out, asked->ids.count * STATUS_BYTES);
        buf_add_byte(&out, '{');
        for (size_t i = 0; i < asked->ids.count; i++) {
            if (i)
                buf_add_byte(&out, ',');
            add_name(&out, asked->ids.id[i], asked->ids.text[i]);
            add_status(&out, &list[i], currency);
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
