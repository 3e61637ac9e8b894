/* /healthz: the main loop turns. /readyz: this gateway may be sent clients. */
#include "admin/admin_private.h"
#include "admin/resilience.h"
#include "base/clock.h"
#include "cache/cache.h"

void page_healthz_run(struct admin_call *call)
{
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    buf_add_text(&out, "{\"ok\":true}");
    admin_reply(call, 200, &out);
}

static void page_health_print_ledger(struct admin_call *call, struct jsonwriter *w)
{
    struct ledger_health health;
    ledger_health(call->context->ledger, &health);
    jsonwriter_object(w, "ledger_detail");
    jsonwriter_text(w, "words", str_of(health.message));
    jsonwriter_number(w, "waiting", (int64_t)health.waiting);
    jsonwriter_number(w, "failures", (int64_t)health.failures);
    jsonwriter_object_end(w);
}

static void page_health_print_lists(struct admin_call *call, struct jsonwriter *w)
{
    jsonwriter_array(w, "provider_lists");
    for (size_t i = 0; call->catalogue && i < call->catalogue->providers->count; i++) {
        const struct provider *provider = &call->catalogue->providers->list[i];
        struct refresher_report report;
        refresher_report(call->context->refresher, provider->id, &report);
        jsonwriter_object(w, NULL);
        jsonwriter_text(w, "provider", str_of(provider->settings.name));
        jsonwriter_bool(w, "held", report.has_list);
        jsonwriter_time(w, "fetched_at", report.fetched_at_ms);
        jsonwriter_text(w, "last_error", str_of(report.last_error));
        jsonwriter_object_end(w);
    }
    jsonwriter_array_end(w);
}

static enum resilience_now page_health_failing_if(bool is_failing)
{
    return is_failing ? RESILIENCE_FAILING : RESILIENCE_WELL;
}

/* How each part is, and what works when it fails. A provider fails when its last list did, or when
 * orders to it do. */
static void page_health_print_parts(struct admin_call *call, struct jsonwriter *w)
{
    size_t down = 0, count = call->catalogue ? call->catalogue->providers->count : 0;
    struct ledger_health ledger;
    struct cache_health cache;
    for (size_t i = 0; i < count; i++) {
        struct refresher_report list;
        struct health_report health;
        unsigned id = call->catalogue->providers->list[i].id;
        refresher_report(call->context->refresher, id, &list);
        health_report(call->context->health, id, clock_monotonic_ms(), &health);
        down += list.last_error[0] != '\0' || health.orders != BREAKER_CLOSED;
    }
    ledger_health(call->context->ledger, &ledger);
    cache_health(call->admin->parts.cache, &cache);
    const enum resilience_now now[RESILIENCE_PART_COUNT] = {
        [RESILIENCE_REDIS] = page_health_failing_if(!cache.is_usable),
        [RESILIENCE_DISK] = page_health_failing_if(!ledger.is_writable),
        [RESILIENCE_PROVIDER] = page_health_failing_if(down > 0),
        [RESILIENCE_PROVIDERS] = page_health_failing_if(count > 0 && down == count),
        [RESILIENCE_CLOCK] = RESILIENCE_UNKNOWN,
    };
    resilience_print_json(now, w);
}

void page_readyz_run(struct admin_call *call)
{
    struct admin_state state;
    struct ledger_health ledger;
    struct buf out;
    admin_state(call->admin, &state);
    ledger_health(call->context->ledger, &ledger);
    bool has_lists = call->catalogue && call->catalogue->has_lists;
    bool is_ready = state.is_open && !state.is_draining && ledger.is_writable && has_lists;
    bool is_verbose = params_get(&call->params, "verbose").ptr != NULL;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_bool(&w, "ready", is_ready);
    jsonwriter_bool(&w, "ledger", ledger.is_writable);
    jsonwriter_bool(&w, "configuration", call->clients != NULL);
    jsonwriter_bool(&w, "lists", has_lists);
    jsonwriter_bool(&w, "port", state.is_open);
    jsonwriter_bool(&w, "draining", state.is_draining);
    /* What follows names providers: for who knows the token. */
    if (is_verbose && admin_is_trusted(call)) {
        jsonwriter_time(&w, "started_at", state.started_at_ms);
        jsonwriter_time(&w, "configured_at", state.configured_at_ms);
        jsonwriter_number(&w, "services", call->catalogue ? (int64_t)call->catalogue->count : 0);
        jsonwriter_number(&w, "workers", state.workers);
        page_health_print_ledger(call, &w);
        page_health_print_lists(call, &w);
        page_health_print_parts(call, &w);
    }
    jsonwriter_object_end(&w);
    admin_reply(call, is_ready ? 200 : 503, &out);
}
