/* action=orders without ids (ours, beyond the protocol): the client's own orders by descending
 * number, up to `limit` (100), `before` an order number. With ids it is a multi-status: see v2.c.
 */
#include "base/clock.h"
#include "v2/call.h"

enum { LIMIT_MAX = 100, ROUNDS_MAX = 1000 };

/* What is in memory of an unfinished order may be newer than its row in the ledger. */
static void action_orders_take_live(const struct call *call, struct ledger_order *order)
{
    struct open_order live;
    if (open_orders_get(call->context->open_orders, order->id, NULL, &live)) {
        order->course.state = live.course.state;
        order->course.paid = live.course.paid;
    }
}

static void action_orders_add_order(struct buf *out, const struct ledger_order *order,
                                    struct arena *arena)
{
    char text[MONEY_TEXT], created[25];
    struct fields fields = {0};
    struct open_order known;
    open_order_from_ledger(order, &known);
    struct client_view_order view = open_order_view(&known);
    struct money charge = client_view_course(&view).paid;
    size_t len = charge.units == 0 ? 0 : money_print(charge, 2, text);
    bool has_fields = field_parse_all(order->fields, arena, &fields);
    clock_print(order->created_at_ms, created);
    buf_printf(out, "{\"order\":%u,\"ref\":", order->id);
    if (order->ref.len > 0)
        buf_add_json(out, order->ref);
    else
        buf_add_text(out, "null");
    buf_printf(out, ",\"service\":%u,\"link\":", order->service);
    buf_add_json(out,
                 has_fields && fields.value[FIELD_LINK].ptr ? fields.value[FIELD_LINK] : STR(""));
    buf_printf(out,
               ",\"quantity\":\"%lld\",\"charge\":\"%.*s\",\"status\":\"%s\",\"created\":\"%s\"}",
               (long long)order->quantity, len ? (int)len : 1, len ? text : "0",
               client_view_word(&view), created);
}

struct action_orders_listing { /* in the exchange's arena */
    struct call *call;
    struct buf out;
    uint32_t before;
    unsigned limit, count, rounds;
};

static void action_orders_listing_ask(struct action_orders_listing *listing);

static void action_orders_listing_end(struct action_orders_listing *listing)
{
    buf_add_byte(&listing->out, ']');
    struct buf out = listing->out; /* the listing goes with the exchange */
    if (out.is_over)
        call_error(listing->call, MESSAGES_UNAVAILABLE);
    else
        call_reply(listing->call, buf_str(&out));
    buf_fini(&out);
}

/* To the client refused orders do not exist, nor those that may still be refused: its page is
 * filled with those behind them. */
static bool action_orders_is_shown(const struct ledger_order *order)
{
    return order->course.state != ORDERSTATE_REFUSED &&
           (order->course.state != ORDERSTATE_PLACING || order->is_number_given);
}

static void action_orders_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct action_orders_listing *listing = arg;
    if (rows->result != LEDGER_DONE) {
        buf_fini(&listing->out);
        call_error(listing->call, MESSAGES_UNAVAILABLE);
        return;
    }
    for (size_t i = 0; i < rows->order_count && listing->count < listing->limit; i++) {
        struct ledger_order order = rows->orders[i];
        listing->before = order.id;
        if (!action_orders_is_shown(&order))
            continue;
        action_orders_take_live(listing->call, &order);
        if (listing->count++ > 0)
            buf_add_byte(&listing->out, ',');
        action_orders_add_order(&listing->out, &order, exchange_arena(listing->call->exchange));
    }
    if (rows->order_count < LIMIT_MAX || listing->count == listing->limit ||
        ++listing->rounds == ROUNDS_MAX || exchange_is_answered(listing->call->exchange))
        action_orders_listing_end(listing);
    else
        action_orders_listing_ask(listing);
}

static void action_orders_listing_ask(struct action_orders_listing *listing)
{
    struct call *call = listing->call;
    struct ledger_query query = {.request = LEDGER_QUERY_LIST,
                                 .client = str_of(call->client->settings.name),
                                 .before = listing->before,
                                 .limit = LIMIT_MAX};
    ledger_query(call->context->ledger, call->context->loop, &query, action_orders_on_rows,
                 listing);
}

void action_orders_run(struct call *call)
{
    static const char *const limit_names[] = {"limit", NULL}, *const before_names[] = {"before",
                                                                                       NULL};
    struct str limit_text = call_param(call, limit_names);
    uint32_t limit = limit_text.len ? call_number(limit_text) : LIMIT_MAX;
    if (limit == 0 || limit > LIMIT_MAX) {
        call_error(call, "Incorrect limit: must be 1 to 100");
        return;
    }
    struct str before_text = str_trim(call_param(call, before_names));
    uint32_t before = call_number(before_text);
    if (before_text.len > 0 && before == 0) {
        call_error(call, MESSAGES_ORDER_ID);
        return;
    }
    struct action_orders_listing *listing =
        arena_new(exchange_arena(call->exchange), sizeof *listing);
    listing->call = call;
    listing->limit = limit;
    listing->before = before;
    buf_init(&listing->out, CALL_ANSWER_BYTES);
    buf_add_byte(&listing->out, '[');
    action_orders_listing_ask(listing);
}
