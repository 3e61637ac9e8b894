/* action=add: from a client's parameters to a draft, and the answer with our order number. */
#include "base/clock.h"
#include "base/log.h"
#include "orders/claims.h"
#include "orders/draft.h"
#include "orders/ref_add.h"
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

static void action_add_reply(struct call *call, uint32_t order)
{
    struct buf out;
    call->order = order;
    buf_init(&out, 64);
    buf_add_text(&out, "{\"order\":");
    buf_add_u64(&out, order);
    buf_add_byte(&out, '}');
    call_reply(call, buf_str(&out));
    buf_fini(&out);
}

static void action_add_on_placed(uint32_t order, const char *message, void *arg)
{
    struct call *call = arg;
    if (order)
        action_add_reply(call, order);
    else
        call_error(call, message);
}

/* ---- a number that never reached its client ---- */

static void action_add_on_lost(void *arg)
{
    struct call *call = arg;
    call->is_lost = true;
    if (call->claimed)
        claims_give_back(call->context->claims, call->claimed);
    call->claimed = 0;
    claims_lose(call->context->claims, call->claim);
}

void action_add_end(struct call *call)
{
    struct order_context *context = call->context;
    if (!exchange_was_written(call->exchange)) {
        action_add_on_lost(call);
        return;
    }
    claims_answer(context->claims, call->claim);
    ledger_note_answered(context->ledger, call->order);
}

struct action_add_claim { /* in the exchange's arena */
    struct call *call;
    struct draft draft;
    struct digest digest;
    uint32_t order;
};

static void action_add_place(const struct action_add_claim *claim)
{
    struct call *call = claim->call;
    int64_t now_ms = clock_wall_ms();
    call->claim = claims_open(call->context->claims, &claim->digest, now_ms,
                              now_ms - call->context->settings.claim_ms);
    if (call->is_lost)
        claims_lose(call->context->claims, call->claim);
    struct place_request request = {.client = call->client,
                                    .draft = &claim->draft,
                                    .request_id = exchange_request_id(call->exchange),
                                    .claim = call->claim};
    place_start(call->context, &request, action_add_on_placed, call);
}

static void action_add_on_claimed(struct ledger_outcome outcome, void *arg)
{
    struct action_add_claim *claim = arg;
    struct call *call = claim->call;
    if (outcome.result == LEDGER_DONE) {
        atomic_fetch_add_explicit(&order_context_totals.claimed, 1, memory_order_relaxed);
        log_event(LOG_INFO, "order_claimed", "request=" STR_FMT " order=%u client=%s",
                  STR_ARG(exchange_request_id(call->exchange)), claim->order,
                  call->client->settings.name);
        call->claimed = claim->order;
        action_add_reply(call, claim->order);
    } else if (ledger_is_decided(outcome.result)) {
        action_add_place(claim); /* it is settled or gone */
    } else {
        claims_give_back(call->context->claims, claim->order);
        call_error(call, MESSAGES_UNSAVED);
    }
}

/* Its number is given by this: from now on the order goes on whatever happens. */
static void action_add_write_claim(struct action_add_claim *claim)
{
    struct order_context *context = claim->call->context;
    struct ledger_update update = {.gives_number = true};
    struct ledger_change change = {.order = claim->order,
                                   .update = &update,
                                   .event = "claimed",
                                   .reason = STR("an equal add of its client, which had no answer"),
                                   .request_id = exchange_request_id(claim->call->exchange)};
    ledger_write(context->ledger, context->loop, &change, action_add_on_claimed, claim);
}

static void action_add_claim_or_place(struct call *call, const struct draft *draft)
{
    struct order_context *context = call->context;
    struct action_add_claim *claim = arena_new(exchange_arena(call->exchange), sizeof *claim);
    struct buf fields;
    buf_init(&fields, 4 * DRAFT_LIST_BYTES);
    field_print_all(&draft->fields, &fields);
    claim->call = call;
    claim->draft = *draft;
    claim->digest =
        claims_digest(str_of(call->client->settings.name), draft->service->id, buf_str(&fields));
    buf_fini(&fields);
    exchange_on_lost(call->exchange, action_add_on_lost, call);
    if (context->settings.claim_ms > 0)
        claim->order = claims_take(context->claims, &claim->digest,
                                   clock_wall_ms() - context->settings.claim_ms);
    if (claim->order)
        action_add_write_claim(claim);
    else
        action_add_place(claim);
}

/* ---- the request ---- */

static uint32_t action_add_service_id(const struct call *call)
{
    static const char *const names[] = {"service", "service_id", "package", NULL};
    return call_number(call_param(call, names));
}

/* One of the client's services; NULL when it has none with that number. */
static const struct service *action_add_find_service(const struct call *call)
{
    uint32_t id = action_add_service_id(call);
    return id && client_may_order(call->client, id) ? catalogue_find(call->catalogue, id) : NULL;
}

/* False while no offer's price is known: the service exists, but nobody can take an order. */
static bool action_add_find_rate(const struct call *call, const struct service *service,
                                 struct money *rate_out)
{
    const struct pricelist *list = pricelist_of(call->catalogue, call->client);
    return service->is_priced && list && pricelist_rate(list, service, rate_out);
}

/* NULL: it cannot be ordered now, and *why_out says so. */
static const struct draft *action_add_make_draft(struct call *call, const struct fields *given,
                                                 const char **why_out)
{
    struct arena *arena = exchange_arena(call->exchange);
    struct fault why;
    struct money rate;
    *why_out = MESSAGES_UNAVAILABLE;
    if (call->catalogue == NULL || !call->catalogue->has_lists)
        return NULL;
    const struct service *service = action_add_find_service(call);
    if (service == NULL)
        *why_out = MESSAGES_SERVICE_ID;
    if (service == NULL || !action_add_find_rate(call, service, &rate))
        return NULL;
    struct draft *draft = arena_new(arena, sizeof *draft);
    if (draft_make(service, rate, call->context->settings.decimals, given, arena, draft, &why))
        return draft;
    *why_out = arena_text(arena, str_of(why.message));
    log_event(LOG_INFO, "add_refused", "request=" STR_FMT " client=%s service=%u reason=%s",
              STR_ARG(exchange_request_id(call->exchange)), call->client->settings.name,
              service->id, log_value(str_of(why.message)).text);
    return NULL;
}

static void action_add_by_ref(struct call *call, struct str ref, const struct fields *given,
                              const struct draft *draft, const char *refusal)
{
    struct fields *kept = arena_new(exchange_arena(call->exchange), sizeof *kept);
    *kept = *given;
    struct ref_add_request request = {.client = call->client,
                                      .ref = ref,
                                      .service = action_add_service_id(call),
                                      .given = kept,
                                      .draft = draft,
                                      .refusal = refusal,
                                      .request_id = exchange_request_id(call->exchange)};
    ref_add_start(call->context, &request, action_add_on_placed, call);
}

void action_add_run(struct call *call)
{
    struct fields given;
    const char *why;
    struct str ref;
    if (!call_ref_read(call, &ref))
        return;
    action_add_read_fields(call, &given);
    const struct draft *draft = action_add_make_draft(call, &given, &why);
    if (ref.len > 0)
        action_add_by_ref(call, ref, &given, draft, why);
    else if (draft)
        action_add_claim_or_place(call, draft);
    else
        call_error(call, why);
}
