/* action=refill, for one order or up to 100, and action=cancel, whose answer is always a list. */
#include "orders/order_request.h"
#include "v2/call.h"

struct action_refill_asked {
    struct call *call;
    enum order_request_kind kind;
    struct call_ids ids;
};

static void action_refill_add_error(struct buf *out, const char *message)
{
    buf_add_text(out, "{\"error\":");
    buf_add_json(out, str_of(message));
    buf_add_byte(out, '}');
}

static void action_refill_add_result(struct buf *out, const struct action_refill_asked *asked,
                                     size_t i, const struct order_request_result *result)
{
    buf_add_text(out, i ? ",{\"order\":" : "{\"order\":");
    call_add_id(out, asked->ids.id[i], asked->ids.text[i]);
    buf_add_text(out, asked->kind == ORDER_REQUEST_CANCEL ? ",\"cancel\":" : ",\"refill\":");
    if (result->number)
        buf_add_u64(out, result->number);
    else
        action_refill_add_error(out, result->message);
    buf_add_byte(out, '}');
}

static void action_refill_on_done(const struct order_request_result *list, size_t count, void *arg)
{
    struct action_refill_asked *asked = arg;
    struct buf out;
    if (!asked->ids.is_many && asked->kind == ORDER_REQUEST_REFILL && list[0].number == 0) {
        call_error(asked->call, list[0].message);
        return;
    }
    buf_init(&out, CALL_ANSWER_BYTES);
    if (!asked->ids.is_many && asked->kind == ORDER_REQUEST_REFILL) {
        buf_printf(&out, "{\"refill\":\"%u\"}", list[0].number);
    } else {
        buf_add_byte(&out, '[');
        for (size_t i = 0; i < count; i++)
            action_refill_add_result(&out, asked, i, &list[i]);
        buf_add_byte(&out, ']');
    }
    call_reply(asked->call, buf_str(&out));
    buf_fini(&out);
}

static void action_refill_start(struct call *call, enum order_request_kind kind)
{
    struct action_refill_asked *asked = arena_new(exchange_arena(call->exchange), sizeof *asked);
    asked->call = call;
    asked->kind = kind;
    if (!call_orders_read(call, &asked->ids))
        return;
    if (call->context->catalogue == NULL) {
        call_error(call, MESSAGES_UNAVAILABLE);
        return;
    }
    struct order_request_args request = {.kind = kind,
                                         .client = call->client,
                                         .orders = asked->ids.id,
                                         .count = asked->ids.count,
                                         .request_id = exchange_request_id(call->exchange)};
    order_request_start(call->context, &request, action_refill_on_done, asked);
}

void action_refill_run(struct call *call)
{
    action_refill_start(call, ORDER_REQUEST_REFILL);
}

void action_refill_run_cancel(struct call *call)
{
    action_refill_start(call, ORDER_REQUEST_CANCEL);
}
