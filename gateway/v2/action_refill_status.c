/* action=refill_status, for one refill or up to 100. */
#include "orders/order_request.h"
#include "v2/call.h"

struct action_refill_status_asked {
    struct call *call;
    struct call_ids ids;
};

static const char *action_refill_status_fault_of(const struct refill_query_status *status)
{
    return status->is_unavailable ? MESSAGES_UNAVAILABLE : MESSAGES_REFILL_ID;
}

static void action_refill_status_on_done(const struct refill_query_status *list, size_t count,
                                         void *arg)
{
    struct action_refill_status_asked *asked = arg;
    struct buf out;
    if (!asked->ids.is_many && !list[0].is_found) {
        call_error(asked->call, action_refill_status_fault_of(&list[0]));
        return;
    }
    buf_init(&out, CALL_ANSWER_BYTES);
    if (!asked->ids.is_many) {
        buf_printf(&out, "{\"status\":\"%s\"}", orderstatus_refill_name(list[0].status));
    } else {
        buf_add_byte(&out, '[');
        for (size_t i = 0; i < count; i++) {
            buf_add_text(&out, i ? ",{\"refill\":" : "{\"refill\":");
            call_add_id(&out, asked->ids.id[i], asked->ids.text[i]);
            if (list[i].is_found)
                buf_printf(&out, ",\"status\":\"%s\"}", orderstatus_refill_name(list[i].status));
            else
                buf_printf(&out, ",\"status\":{\"error\":\"%s\"}}",
                           action_refill_status_fault_of(&list[i]));
        }
        buf_add_byte(&out, ']');
    }
    call_reply(asked->call, buf_str(&out));
    buf_fini(&out);
}

void action_refill_status_run(struct call *call)
{
    static const char *const plural[] = {"refills", "refill_ids", NULL};
    static const char *const singular[] = {"refill", "refill_id", "id", NULL};
    struct action_refill_status_asked *asked =
        arena_new(exchange_arena(call->exchange), sizeof *asked);
    asked->call = call;
    call_ids_read(call, plural, singular, &asked->ids);
    if (asked->ids.is_too_many)
        call_error(call, "Maximum 100 refills");
    else if (asked->ids.count == 0)
        call_error(call, MESSAGES_REFILL_ID);
    else if (call->context->catalogue == NULL)
        call_error(call, MESSAGES_UNAVAILABLE);
    else
        refill_query_start(call->context, call->client->id, asked->ids.id, asked->ids.count,
                           action_refill_status_on_done, asked);
}
