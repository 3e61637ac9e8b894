/* GET /providers, POST /providers/NAME/pause, resume, accept. */
#include "admin/admin_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "catalogue/balances.h"
#include "routing/health.h"

static const char *page_providers_breaker_name(enum breaker_state state)
{
    switch (state) {
    case BREAKER_CLOSED:
        return "closed";
    case BREAKER_OPEN:
        return "open";
    case BREAKER_HALF_OPEN:
        return "half_open";
    }
    UNREACHABLE();
}

static const char *page_providers_state_name(const struct provider *provider)
{
    if (provider->settings.is_closed)
        return "closed";
    return provider_is_paused(provider) ? "paused" : "open";
}

/* The worst first, as a person asks. */
static const char *page_providers_health_name(const struct health_report *report)
{
    if (report->is_key_parked)
        return "bad key";
    if (report->is_out_of_funds)
        return "out of funds";
    if (report->orders != BREAKER_CLOSED || report->readings != BREAKER_CLOSED)
        return "failing";
    if (report->cool_down_ms > 0)
        return "cool-down";
    return report->offers_cooling_down ? "offers cooling down" : "good";
}

static void page_providers_print_balance(struct jsonwriter *w, const struct provider *provider)
{
    struct balance_cell cell = balances_get(provider->id);
    if (cell.is_known)
        jsonwriter_money(w, "balance", cell.amount);
    else
        jsonwriter_null(w, "balance");
    jsonwriter_text(w, "currency", str_of(provider->settings.currency));
    jsonwriter_time(w, "balance_at", cell.is_known ? cell.at_ms : 0);
}

static void page_providers_print_health(struct jsonwriter *w, struct order_context *context,
                                        const struct provider *provider)
{
    struct health_report report;
    health_report(context->health, provider->id, clock_monotonic_ms(), &report);
    jsonwriter_text(w, "health", str_of(page_providers_health_name(&report)));
    jsonwriter_bool(w, "key_parked", report.is_key_parked);
    jsonwriter_bool(w, "out_of_funds", report.is_out_of_funds);
    jsonwriter_text(w, "orders_breaker", str_of(page_providers_breaker_name(report.orders)));
    jsonwriter_text(w, "readings_breaker", str_of(page_providers_breaker_name(report.readings)));
    jsonwriter_number(w, "rest_ms", report.cool_down_ms);
    jsonwriter_number(w, "offers_resting", report.offers_cooling_down);
}

static void page_providers_print_provider(struct jsonwriter *w, struct order_context *context,
                                          const struct provider *provider)
{
    struct refresher_report list;
    refresher_report(context->refresher, provider->id, &list);
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "name", str_of(provider->settings.name));
    jsonwriter_text(w, "state", str_of(page_providers_state_name(provider)));
    page_providers_print_balance(w, provider);
    jsonwriter_bool(w, "has_list", list.has_list);
    jsonwriter_time(w, "list_at", list.has_list ? list.fetched_at_ms : 0);
    if (list.has_list)
        jsonwriter_number(w, "list_age_s", (clock_wall_ms() - list.fetched_at_ms) / 1000);
    else
        jsonwriter_null(w, "list_age_s");
    jsonwriter_number(w, "services", (int64_t)list.services);
    jsonwriter_number(w, "quarantined", (int64_t)list.quarantined);
    jsonwriter_text(w, "last_error", str_of(list.last_error));
    page_providers_print_health(w, context, provider);
    jsonwriter_number(w, "connections", provider_connections(provider));
    jsonwriter_object_end(w);
}

void page_providers_run(struct admin_call *call)
{
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "providers");
    for (size_t i = 0; call->catalogue && i < call->catalogue->providers->count; i++)
        page_providers_print_provider(&w, call->context, &call->catalogue->providers->list[i]);
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

static void page_providers_reply_provider(struct admin_call *call, const struct provider *provider)
{
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    page_providers_print_provider(&w, call->context, provider);
    admin_reply(call, 200, &out);
}

static void page_providers_log_operation(const struct admin_call *call, const char *event)
{
    log_event(LOG_INFO, event, "provider=" STR_FMT " request=" STR_FMT, STR_ARG(call->subject),
              STR_ARG(exchange_request_id(call->exchange)));
}

void page_pause_run(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    if (provider == NULL)
        return;
    provider_pause(provider, true);
    page_providers_log_operation(call, "provider_paused");
    page_providers_reply_provider(call, provider);
}

void page_resume_run(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    if (provider == NULL)
        return;
    provider_pause(provider, false);
    health_reset(call->context->health, provider->id);
    refresher_ask_balance(call->context->refresher, provider->id);
    page_providers_log_operation(call, "provider_resumed");
    page_providers_reply_provider(call, provider);
}

static void page_providers_on_accepted(size_t accepted, void *arg)
{
    struct admin_call *call = arg;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_number(&w, "accepted", (int64_t)accepted);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

void page_accept_run(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    struct str service = str_trim(params_get(&call->params, "service"));
    if (provider == NULL)
        return;
    page_providers_log_operation(call, "quarantine_accepted");
    refresher_accept(call->context->refresher, provider->id, service.len ? service : STR_NONE,
                     call->context->loop, page_providers_on_accepted, call);
}
