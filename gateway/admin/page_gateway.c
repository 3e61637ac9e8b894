/* The gateway as a whole: GET /healthz (the main loop is alive), GET /readyz (this gateway may be
 * sent clients), POST /reload, POST /ledger/backup {path}. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/admin_private.h"
#include "admin/errorcode.h"
#include "base/clock.h"
#include "cache/cache.h"
#include "http/listener_settings.h"
#include "orders/open_orders.h"
#include "orders/tracker.h"

void page_gateway_healthz(struct admin_call *call)
{
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    buf_add_text(&out, "{\"ok\":true}");
    admin_reply(call, 200, &out);
}

static void page_gateway_print_ledger(struct admin_call *call, struct jsonwriter *w)
{
    struct ledger_health health;
    ledger_health(call->context->ledger, &health);
    jsonwriter_object(w, "ledger_detail");
    jsonwriter_text(w, "message", str_of(health.message));
    jsonwriter_number(w, "waiting", (int64_t)health.waiting);
    jsonwriter_number(w, "failures", (int64_t)health.failures);
    jsonwriter_object_end(w);
}

static void page_gateway_print_lists(struct admin_call *call, struct jsonwriter *w)
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

static void page_gateway_print_tracker(struct admin_call *call, struct jsonwriter *w)
{
    struct open_orders_totals totals;
    size_t unfinished = 0;
    open_orders_totals(call->context->open_orders, loop_now_ms(call->context->loop), &totals);
    for (unsigned state = 0; state < ORDERSTATE_COUNT; state++)
        if (!orderstate_is_final((enum orderstate)state))
            unfinished += totals.states[state];
    jsonwriter_object(w, "tracker");
    jsonwriter_number(w, "unfinished", (int64_t)unfinished);
    jsonwriter_number(w, "doubt", (int64_t)totals.states[ORDERSTATE_DOUBT]);
    jsonwriter_number(w, "due", (int64_t)totals.due);
    jsonwriter_number(w, "oldest_due_seconds", totals.overdue_ms / 1000);
    jsonwriter_number(w, "stuck_slow", (int64_t)totals.stuck[SCHEDULE_SLOW]);
    jsonwriter_number(w, "stuck_unknown", (int64_t)totals.stuck[SCHEDULE_UNKNOWN]);
    jsonwriter_number(w, "stuck_review", (int64_t)totals.stuck[SCHEDULE_REVIEW]);
    jsonwriter_number(w, "oldest_stuck_seconds", tracker_oldest_stuck_ms(clock_wall_ms()) / 1000);
    jsonwriter_object_end(w);
}

enum part_state { PART_WELL, PART_FAILING, PART_UNKNOWN };

static void page_gateway_print_part(struct jsonwriter *w, const char *name, enum part_state state)
{
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "part", str_of(name));
    if (state == PART_UNKNOWN)
        jsonwriter_null(w, "failing");
    else
        jsonwriter_bool(w, "failing", state == PART_FAILING);
    jsonwriter_object_end(w);
}

static enum part_state page_gateway_failing_if(bool is_failing)
{
    return is_failing ? PART_FAILING : PART_WELL;
}

/* The parts that may fail by themselves; docs/operations.md says what goes on working then. A
 * provider fails when its last list did, or when orders to it do. */
static void page_gateway_print_parts(struct admin_call *call, struct jsonwriter *w)
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
    jsonwriter_array(w, "parts");
    page_gateway_print_part(w, "redis", page_gateway_failing_if(!cache.is_usable));
    page_gateway_print_part(w, "disk", page_gateway_failing_if(!ledger.is_writable));
    page_gateway_print_part(w, "provider", page_gateway_failing_if(down > 0));
    page_gateway_print_part(w, "providers", page_gateway_failing_if(count > 0 && down == count));
    page_gateway_print_part(w, "clock", PART_UNKNOWN); /* nobody here knows the right time */
    jsonwriter_array_end(w);
}

/* Who this is: for `panelmux check`, which finds its addresses in use. */
static void page_gateway_print_identity(struct jsonwriter *w, const struct admin_state *state)
{
    const struct listener_settings *const sides[] = {state->front, state->admin};
    char path[PATH_MAX];
    jsonwriter_number(w, "pid", getpid());
    jsonwriter_text(w, "configuration_path",
                    str_of(realpath(state->path, path) ? path : state->path));
    jsonwriter_array(w, "addresses");
    for (size_t side = 0; side < COUNT_OF(sides); side++)
        for (size_t i = 0; i < sides[side]->listen_count; i++)
            jsonwriter_text(w, NULL, str_of(sides[side]->listen[i].text));
    jsonwriter_array_end(w);
}

void page_gateway_readyz(struct admin_call *call)
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
        page_gateway_print_identity(&w, &state);
        jsonwriter_time(&w, "started_at", state.started_at_ms);
        jsonwriter_time(&w, "configured_at", state.configured_at_ms);
        jsonwriter_number(&w, "services", call->catalogue ? (int64_t)call->catalogue->count : 0);
        jsonwriter_number(&w, "workers", state.workers);
        page_gateway_print_ledger(call, &w);
        page_gateway_print_lists(call, &w);
        page_gateway_print_tracker(call, &w);
        page_gateway_print_parts(call, &w);
    }
    jsonwriter_object_end(&w);
    admin_reply(call, is_ready ? 200 : 503, &out);
}

/* ---- reload ---- */

static void page_gateway_on_reloaded(const char *faults, void *arg)
{
    struct admin_call *call = arg;
    struct str rest = str_of(faults), line;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    if (rest.len > 0) {
        jsonwriter_text(&w, "error", STR("the configuration has faults; the old one stays"));
        jsonwriter_text(&w, "code", str_of(errorcode_word(ERROR_CONFIGURATION)));
        jsonwriter_array(&w, "faults");
        while (str_next(&rest, '\n', &line))
            if (line.len > 0)
                jsonwriter_text(&w, NULL, line);
        jsonwriter_array_end(&w);
    } else {
        jsonwriter_bool(&w, "reloaded", true);
    }
    jsonwriter_object_end(&w);
    admin_reply(call, faults[0] ? 400 : 200, &out);
}

void page_gateway_reload(struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    parts->reload(page_gateway_on_reloaded, call, parts->arg);
}

/* ---- the configuration ---- */

void page_gateway_show_configuration(struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    int status = parts->show_configuration(&out, parts->arg);
    admin_reply(call, status, &out);
}

void page_gateway_compare_configuration(struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    int status = parts->compare_configuration(&out, parts->arg);
    admin_reply(call, status, &out);
}

/* ---- backup ---- */

static void page_gateway_on_backup(bool is_ok, const char *message, void *arg)
{
    struct admin_call *call = arg;
    struct str path = params_get(&call->params, "path");
    struct buf out;
    if (!is_ok) {
        admin_fail(call, 409, message);
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "backup", path);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

void page_gateway_backup(struct admin_call *call)
{
    struct str path = params_get(&call->params, "path");
    if (path.len < 2 || path.len > 1000 || path.ptr[0] != '/') {
        admin_fail(call, 400, "path must be absolute: the file to make, which must not exist yet");
        return;
    }
    ledger_backup(call->context->ledger, call->context->loop,
                  arena_text(exchange_arena(call->exchange), path), page_gateway_on_backup, call);
}
