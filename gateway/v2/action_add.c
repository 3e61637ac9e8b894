/* action=add: from a client's parameters to a draft, and the answer with our order number. */
#include "base/log.h"
#include "orders/draft.h"
#include "orders/place.h"
#include "v2/call.h"

/* Canonical names win over variants, whatever their order. */
static void action_add_read_fields(const struct call *call, struct fields *out)
{
    *out = (struct fields){0};
    for (size_t i = 0; i < call->params->count; i++) {
        const struct param *param = &call->params->list[i];
        enum field field;
        if (!field_find(param->name, &field) || str_trim(param->value).len == 0)
            continue;
        if (out->value[field].len == 0 || str_is(param->name, field_name(field)))
            out->value[field] = param->value;
    }
}

static void action_add_on_placed(uint32_t order, const char *message, void *arg)
{
    struct call *call = arg;
    struct buf out;
    if (order == 0) {
        call_error(call, message);
        return;
    }
    buf_init(&out, 64);
    buf_add_text(&out, "{\"order\":");
    buf_add_u64(&out, order);
    buf_add_byte(&out, '}');
    call_reply(call, buf_str(&out));
    buf_fini(&out);
}

/* One of the client's services; NULL when it has none with that number. */
static const struct service *action_add_find_service(const struct call *call)
{
    static const char *const names[] = {"service", "service_id", "package", NULL};
    uint32_t id = call_number(call_param(call, names));
    return id && client_may_order(call->client, id) ? catalogue_find(call->catalogue, id) : NULL;
}

/* False while no offer's price is known: the service exists, but nobody can take an order. */
static bool action_add_find_rate(const struct call *call, const struct service *service,
                                 struct money *rate_out)
{
    const struct pricelist *list = pricelist_of(call->catalogue, call->client);
    return service->is_priced && list && pricelist_rate(list, service, rate_out);
}

void action_add_run(struct call *call)
{
    struct fields given;
    struct draft draft;
    struct fault why;
    struct money rate;
    if (call->catalogue == NULL || !call->catalogue->has_lists) {
        call_error(call, MESSAGES_UNAVAILABLE);
        return;
    }
    const struct service *service = action_add_find_service(call);
    if (service == NULL || !action_add_find_rate(call, service, &rate)) {
        call_error(call, service ? MESSAGES_UNAVAILABLE : MESSAGES_SERVICE_ID);
        return;
    }
    action_add_read_fields(call, &given);
    if (!draft_make(service, rate, call->context->settings.decimals, &given,
                    exchange_arena(call->exchange), &draft, &why)) {
        log_event(LOG_INFO, "add_refused", "request=" STR_FMT " client=%s service=%u reason=%s",
                  STR_ARG(exchange_request_id(call->exchange)), call->client->settings.name,
                  service->id, log_value(str_of(why.message)).text);
        call_error(call, why.message);
        return;
    }
    struct place_request request = {
        .client = call->client, .draft = &draft, .request_id = exchange_request_id(call->exchange)};
    place_start(call->context, &request, action_add_on_placed, call);
}
