/* action=orders (ours, beyond the protocol): the client's own orders by number downwards, `limit`
 * up to 100, `before` an order number. */
#include "base/clock.h"
#include "v2/call.h"

enum { LIMIT_MOST = 100 };

static void add_order(struct buf *out, const struct ledger_order *order, struct arena *arena)
{
    char text[MONEY_TEXT], created[25];
    struct fields fields = {0};
    enum orderstatus status = orderstate_status(order->state);
    struct money charge = status == ORDERSTATUS_CANCELED ? MONEY_ZERO : order->paid;
    if (order->state == ORDERSTATE_PLACING)
        charge = order->charge;
    size_t len = money_print(charge, 2, text);
    bool has_fields = fields_parse(order->fields, arena, &fields);
    clock_print(order->created_at_ms, created);
    buf_printf(out, "{\"order\":%u,\"ref\":null,\"service\":%u,\"link\":", order->id,
               order->service);
    buf_add_json(out,
                 has_fields && fields.value[FIELD_LINK].ptr ? fields.value[FIELD_LINK] : STR(""));
    buf_printf(out,
               ",\"quantity\":\"%lld\",\"charge\":\"%.*s\",\"status\":\"%s\",\"created\":\"%s\"}",
               (long long)order->quantity, (int)len, text, orderstatus_word(status), created);
}

static void on_rows(const struct ledger_rows *rows, void *arg)
{
    struct call *call = arg;
    struct buf out;
    if (rows->result != LEDGER_DONE) {
        call_error(call, WORDS_UNAVAILABLE);
        return;
    }
    buf_init(&out, CALL_ANSWER_BYTES);
    buf_add_byte(&out, '[');
    for (size_t i = 0; i < rows->order_count; i++) {
        if (rows->orders[i].state == ORDERSTATE_REFUSED)
            continue;
        if (out.len > 1)
            buf_add_byte(&out, ',');
        add_order(&out, &rows->orders[i], exchange_arena(call->exchange));
    }
    buf_add_byte(&out, ']');
    if (out.is_over)
        call_error(call, WORDS_UNAVAILABLE);
    else
        call_reply(call, buf_str(&out));
    buf_fini(&out);
}

void action_orders_run(struct call *call)
{
    static const char *const limit_names[] = {"limit", NULL}, *const before_names[] = {"before",
                                                                                       NULL};
    struct str limit_text = call_param(call, limit_names);
    uint32_t limit = limit_text.len ? call_number(limit_text) : LIMIT_MOST;
    if (limit == 0 || limit > LIMIT_MOST) {
        call_error(call, "Incorrect limit: 1 to 100");
        return;
    }
    struct ledger_query query = {.question = LEDGER_ASK_LIST,
                                 .client = str_of(call->client->settings.name),
                                 .before = call_number(call_param(call, before_names)),
                                 .limit = limit};
    ledger_ask(call->desk->ledger, call->desk->loop, &query, on_rows, call);
}
