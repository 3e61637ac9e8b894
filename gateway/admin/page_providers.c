/* GET /providers; POST /providers/NAME/pause, resume and doctor. */
#include <stdio.h>
#include <stdlib.h>

#include "admin/admin_private.h"
#include "admin/obstacle.h"
#include "base/clock.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "providers/upstream_call.h"
#include "routing/health.h"
#include "settings/rows.h"

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

/* The worst first. */
static const char *page_providers_health_name(const struct health_report *report,
                                              const struct provider *provider)
{
    if (report->is_key_parked)
        return "bad key";
    if (report->is_currency_wrong)
        return "wrong currency";
    if (report->is_out_of_funds)
        return "out of funds";
    if (report->orders != BREAKER_CLOSED || report->readings != BREAKER_CLOSED)
        return "failing";
    if (report->cool_down_ms > 0)
        return "cool-down";
    if (catalogue_is_balance_low(provider))
        return "low balance";
    return report->offers_cooling_down ? "offers cooling down" : "good";
}

static void page_providers_print_balance(struct jsonwriter *w, const struct provider *provider)
{
    struct balance_cell cell = catalogue_balance(provider->id);
    if (cell.is_known)
        money_write_json(w, "balance", cell.amount);
    else
        jsonwriter_null(w, "balance");
    jsonwriter_text(w, "currency", str_of(provider->settings.currency));
    jsonwriter_time(w, "balance_at", cell.is_known ? cell.at_ms : 0);
    if (provider->settings.has_low_balance)
        money_write_json(w, "low_balance", provider->settings.low_balance);
    else
        jsonwriter_null(w, "low_balance");
    jsonwriter_bool(w, "balance_low", catalogue_is_balance_low(provider));
}

enum { PAGE_PROVIDERS_OFFERS_MAX = 20 };

/* What keeps it as a whole from taking orders, else from answering readings. */
static void page_providers_print_obstacle(struct jsonwriter *w, struct order_context *context,
                                          struct obstacle_facts *facts)
{
    struct obstacle obstacle;
    health_explain(context->health, facts->provider->id, HEALTH_ORDERS, STR_NONE,
                   facts->monotonic_now_ms, &facts->trouble);
    if (facts->trouble.why == WHY_NONE)
        health_explain(context->health, facts->provider->id, HEALTH_READINGS, STR_NONE,
                       facts->monotonic_now_ms, &facts->trouble);
    obstacle_make(facts, &obstacle);
    jsonwriter_object(w, "obstacle");
    obstacle_write(&obstacle, w);
    jsonwriter_object_end(w);
}

static void page_providers_print_offers(struct jsonwriter *w, struct order_context *context,
                                        struct obstacle_facts *facts)
{
    struct trouble troubles[PAGE_PROVIDERS_OFFERS_MAX];
    size_t count = health_explain_offers(context->health, facts->provider->id,
                                         facts->monotonic_now_ms, troubles, COUNT_OF(troubles));
    jsonwriter_array(w, "offers");
    for (size_t i = 0; i < count; i++) {
        struct obstacle obstacle;
        facts->trouble = troubles[i];
        obstacle_make(facts, &obstacle);
        jsonwriter_object(w, NULL);
        jsonwriter_text(w, "service", str_make(troubles[i].service, troubles[i].service_len));
        obstacle_write(&obstacle, w);
        jsonwriter_object_end(w);
    }
    jsonwriter_array_end(w);
}

static void page_providers_print_health(struct jsonwriter *w, struct order_context *context,
                                        const struct provider *provider)
{
    struct health_report report;
    struct obstacle_facts facts;
    obstacle_look(context, provider, &facts);
    health_report(context->health, provider->id, facts.monotonic_now_ms, &report);
    jsonwriter_text(w, "health", str_of(page_providers_health_name(&report, provider)));
    page_providers_print_obstacle(w, context, &facts);
    page_providers_print_offers(w, context, &facts);
    jsonwriter_bool(w, "key_parked", report.is_key_parked);
    jsonwriter_bool(w, "out_of_funds", report.is_out_of_funds);
    jsonwriter_bool(w, "currency_wrong", report.is_currency_wrong);
    jsonwriter_text(w, "orders_breaker", str_of(page_providers_breaker_name(report.orders)));
    jsonwriter_text(w, "readings_breaker", str_of(page_providers_breaker_name(report.readings)));
    jsonwriter_number(w, "cool_down_ms", report.cool_down_ms);
    jsonwriter_number(w, "offers_cooling_down", report.offers_cooling_down);
}

/* All null while it is not paused. */
static void page_providers_print_pause(struct jsonwriter *w, const struct provider *provider)
{
    struct provider_pause pause = {0};
    bool is_paused = provider_get_pause(provider, &pause);
    jsonwriter_time(w, "paused_at", pause.at_ms);
    jsonwriter_time(w, "paused_until", pause.until_ms);
    if (is_paused) {
        jsonwriter_text(w, "paused_by", str_of(pause.who));
        jsonwriter_text(w, "paused_reason", str_of(pause.reason));
    } else {
        jsonwriter_null(w, "paused_by");
        jsonwriter_null(w, "paused_reason");
    }
}

static void page_providers_print_provider(struct jsonwriter *w, struct order_context *context,
                                          const struct provider *provider)
{
    struct refresher_report list;
    refresher_report(context->refresher, provider->id, &list);
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "name", str_of(provider->settings.name));
    jsonwriter_text(w, "state", str_of(page_providers_state_name(provider)));
    page_providers_print_pause(w, provider);
    page_providers_print_balance(w, provider);
    jsonwriter_bool(w, "has_list", list.has_list);
    jsonwriter_time(w, "list_at", list.has_list ? list.fetched_at_ms : 0);
    if (list.has_list)
        jsonwriter_number(w, "list_age_s", (clock_wall_ms() - list.fetched_at_ms) / 1000);
    else
        jsonwriter_null(w, "list_age_s");
    jsonwriter_number(w, "services", (int64_t)list.services);
    jsonwriter_number(w, "quarantined", (int64_t)list.quarantined);
    jsonwriter_number(w, "unsellable", (int64_t)list.unsellable);
    jsonwriter_text(w, "last_error", str_of(list.last_error));
    page_providers_print_health(w, context, provider);
    jsonwriter_number(w, "connections", provider_connections(provider));
    jsonwriter_object_end(w);
}

void page_providers_list(struct admin_call *call)
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

/* In force already, in memory; what may be missing is that a restart remembers it. */
static void page_providers_on_kept(struct ledger_outcome outcome, void *arg)
{
    struct admin_call *call = arg;
    if (outcome.result != LEDGER_DONE) {
        admin_fail(
            call, 503,
            "in force, but the ledger could not keep it: a restart will not know of it; make "
            "the ledger writable and repeat this");
        return;
    }
    page_providers_reply_provider(call,
                                  provider_set_find(call->catalogue->providers, call->subject));
}

/* False: answered. */
static bool page_providers_read_pause(struct admin_call *call, struct provider_pause *pause)
{
    static const struct setting_row row = {.key = "for", .kind = &kind_duration};
    struct str length = str_trim(params_get(&call->params, "for"));
    struct str reason = str_trim(params_get(&call->params, "reason"));
    struct fault why = {0};
    int64_t ms = 0;
    if (length.len > 0 && !kind_duration.parse(length, &row, &ms, &why)) {
        admin_fail(call, 400, "for must be a duration with its unit, such as 30m, 2h or 1d");
        return false;
    }
    if (reason.len >= sizeof pause->reason) {
        admin_fail(call, 400, "reason is too long; 255 bytes at most");
        return false;
    }
    *pause = (struct provider_pause){.at_ms = clock_wall_ms()};
    pause->until_ms = ms ? pause->at_ms + ms : 0;
    snprintf(pause->who, sizeof pause->who, "admin");
    snprintf(pause->reason, sizeof pause->reason, STR_FMT, STR_ARG(reason));
    return true;
}

void page_providers_pause(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    struct provider_pause pause;
    if (provider == NULL || !page_providers_read_pause(call, &pause))
        return;
    struct ledger_pause kept = {.provider = call->subject,
                                .until_ms = pause.until_ms,
                                .at_ms = pause.at_ms,
                                .reason = str_of(pause.reason),
                                .who = str_of(pause.who)};
    provider_pause(provider, &pause);
    page_providers_log_operation(call, "provider_paused");
    ledger_keep_pause(call->context->ledger, call->context->loop, &kept, page_providers_on_kept,
                      call);
}

void page_providers_resume(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    if (provider == NULL)
        return;
    provider_resume(provider);
    health_reset(call->context->health, provider->id);
    refresher_fetch_balance(call->context->refresher, provider->id);
    page_providers_log_operation(call, "provider_resumed");
    ledger_drop_pause(call->context->ledger, call->context->loop, call->subject,
                      page_providers_on_kept, call);
}

/* ---- doctor ---- */

enum { DOCTOR_CONNECTION_MS = 1000, DOCTOR_TOKEN_MS = 15000, DOCTOR_FINDINGS = 40 };

struct page_providers_patient { /* a call that waits for the doctor's report */
    struct admin_call *call;
    STAILQ_ENTRY(page_providers_patient) entry;
};

/* Calls the provider's balance and then its list, within its rate limit; nothing it learns changes
 * what the gateway does. There is one per provider: further calls join it and get the same report.
 * Lives in the arena of the first call, which is answered last. */
struct page_providers_doctor {
    LIST_ENTRY(page_providers_doctor) entry;
    STAILQ_HEAD(, page_providers_patient) joined;
    struct admin_call *call;
    const struct provider *provider; /* pinned by the call's catalogue */
    const char *request_id;
    enum upstream_action action; /* under way */
    int64_t give_up_at_ms;       /* monotonic: waits for a token no longer */
    struct loop_timer token;
    struct buf findings; /* the inside of a JSON array */
    struct jsonwriter w;
    unsigned problems;
    bool has_balance;
    struct money balance;
    size_t services;
};

static void page_providers_doctor_tell(struct page_providers_doctor *doctor, bool is_problem,
                                       const char *format, ...) PRINTF_LIKE(3, 4);

static void page_providers_doctor_tell(struct page_providers_doctor *doctor, bool is_problem,
                                       const char *format, ...)
{
    struct buf message;
    va_list args;
    doctor->problems += is_problem;
    buf_init(&message, 4096);
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    jsonwriter_object(&doctor->w, NULL);
    jsonwriter_bool(&doctor->w, "problem", is_problem);
    jsonwriter_text(&doctor->w, "message", buf_str(&message));
    jsonwriter_object_end(&doctor->w);
    buf_fini(&message);
}

static void page_providers_doctor_print(const struct page_providers_doctor *doctor, struct buf *out)
{
    buf_init(out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "provider", str_of(doctor->provider->settings.name));
    jsonwriter_bool(&w, "healthy", doctor->problems == 0);
    if (doctor->has_balance)
        money_write_json(&w, "balance", doctor->balance);
    else
        jsonwriter_null(&w, "balance");
    jsonwriter_text(&w, "currency", str_of(doctor->provider->settings.currency));
    jsonwriter_number(&w, "services", (int64_t)doctor->services);
    jsonwriter_array(&w, "findings");
    buf_add_str(out, buf_str(&doctor->findings));
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
}

static void page_providers_doctor_end(struct page_providers_doctor *doctor)
{
    struct page_providers_patient *patient;
    struct buf out;
    LIST_REMOVE(doctor, entry);
    loop_timer_fini(&doctor->token);
    while ((patient = STAILQ_FIRST(&doctor->joined)) != NULL) {
        STAILQ_REMOVE_HEAD(&doctor->joined, entry);
        page_providers_doctor_print(doctor, &out);
        admin_reply(patient->call, 200, &out);
    }
    page_providers_doctor_print(doctor, &out);
    buf_fini(&doctor->findings);
    admin_reply(doctor->call, 200, &out);
}

static void page_providers_doctor_call(void *arg);

static void page_providers_doctor_next(struct page_providers_doctor *doctor)
{
    if (doctor->action == UPSTREAM_SERVICES) {
        page_providers_doctor_end(doctor);
        return;
    }
    doctor->action = UPSTREAM_SERVICES;
    page_providers_doctor_call(doctor);
}

/* What an unusable response means for the operator. */
static void page_providers_doctor_tell_unusable(struct page_providers_doctor *doctor,
                                                const char *what,
                                                const struct upstream_response *answer)
{
    struct str text = answer->error.len ? answer->error : answer->evidence;
    if (answer->outcome == OUTCOME_NOT_SENT)
        page_providers_doctor_tell(
            doctor, true, "%s: could not be asked: " STR_FMT "; check `url`, DNS and firewall",
            what, STR_ARG(text));
    else if (answer->is_key)
        page_providers_doctor_tell(doctor, true, "%s: the key is refused: " STR_FMT "; check `key`",
                                   what, STR_ARG(text));
    else if (answer->is_challenge)
        page_providers_doctor_tell(
            doctor, true,
            "%s: a bot challenge protects the panel: ask its owner to let this address through",
            what);
    else if (answer->is_redirect)
        page_providers_doctor_tell(doctor, true,
                                   "%s: it redirects elsewhere: " STR_FMT "; correct `url`", what,
                                   STR_ARG(text));
    else if (answer->is_rate_limited)
        page_providers_doctor_tell(
            doctor, true, "%s: the panel reports too many requests; lower `rate_limit`", what);
    else
        page_providers_doctor_tell(doctor, true, "%s: not usable: " STR_FMT, what, STR_ARG(text));
}

static void page_providers_doctor_on_balance(const struct upstream_response *answer, void *arg)
{
    struct page_providers_doctor *doctor = arg;
    const char *currency = doctor->provider->settings.currency;
    if (answer->outcome != OUTCOME_ACCEPTED || !answer->has_balance) {
        page_providers_doctor_tell_unusable(doctor, "balance", answer);
        page_providers_doctor_next(doctor);
        return;
    }
    doctor->has_balance = true;
    doctor->balance = answer->balance;
    page_providers_doctor_tell(doctor, false, "balance: read");
    if (doctor->provider->settings.has_low_balance &&
        money_compare(answer->balance, doctor->provider->settings.low_balance) < 0)
        page_providers_doctor_tell(doctor, true,
                                   "balance: below `low_balance`: top it up, or lower that");
    if (answer->balance.units <= 0)
        page_providers_doctor_tell(
            doctor, true, "balance: nothing left; orders will be refused until it is topped up");
    if (answer->balance_currency.len &&
        !str_equal_folded(answer->balance_currency, str_of(currency)))
        page_providers_doctor_tell(doctor, true,
                                   "balance: the panel says it is in " STR_FMT
                                   ", the configuration says %s: every cost "
                                   "may be wrong; correct `currency`",
                                   STR_ARG(answer->balance_currency), currency);
    page_providers_doctor_next(doctor);
}

/* ---- its list against what we sell from it ---- */

static int page_providers_doctor_compare_rows(const void *left, const void *right)
{
    const struct upstream_service *const *a = left, *const *b = right;
    return str_compare((*a)->id, (*b)->id);
}

static int page_providers_doctor_compare_id(const void *key, const void *member)
{
    const struct str *id = key;
    const struct upstream_service *const *row = member;
    return str_compare(*id, (*row)->id);
}

static void page_providers_doctor_check_offer(struct page_providers_doctor *doctor,
                                              const struct service *service,
                                              const struct offer *offer,
                                              const struct upstream_service *row)
{
    if (row == NULL)
        page_providers_doctor_tell(doctor, true,
                                   "service %u: the panel's service " STR_FMT " is not in its list",
                                   service->id, STR_ARG(offer->service));
    else if (row->is_doubled || !row->has_rate)
        page_providers_doctor_tell(doctor, true, "service %u: the panel's service " STR_FMT " %s",
                                   service->id, STR_ARG(offer->service),
                                   row->is_doubled ? "is twice in its list, with different rows"
                                                   : "has no readable rate");
    else if (row->is_void)
        page_providers_doctor_tell(doctor, true,
                                   "service %u: the limits of the panel's service " STR_FMT
                                   " leave nothing (no quantity is both from its min and up to its "
                                   "max); it is not sold until the panel mends them",
                                   service->id, STR_ARG(offer->service));
    else if (offer->is_quarantined)
        page_providers_doctor_tell(doctor, true,
                                   "service %u: the price of the panel's service " STR_FMT
                                   " is quarantined; look at it, then provider accept",
                                   service->id, STR_ARG(offer->service));
}

static void page_providers_doctor_check_offers(struct page_providers_doctor *doctor,
                                               const struct upstream_service **rows, size_t count)
{
    const struct catalogue *catalogue = doctor->call->catalogue;
    unsigned before = doctor->problems;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct service *service = &catalogue->list[i];
        for (size_t j = 0; j < service->offer_count; j++) {
            const struct offer *offer = &service->offers[j];
            if (offer->provider_id != doctor->provider->id)
                continue;
            const struct upstream_service **found = bsearch(
                &offer->service, rows, count, sizeof *rows, page_providers_doctor_compare_id);
            page_providers_doctor_check_offer(doctor, service, offer, found ? *found : NULL);
            if (doctor->problems - before >= DOCTOR_FINDINGS) {
                page_providers_doctor_tell(doctor, true, "and there may be more");
                return;
            }
        }
    }
}

static void page_providers_doctor_on_services(const struct upstream_response *answer, void *arg)
{
    struct page_providers_doctor *doctor = arg;
    if (answer->outcome != OUTCOME_ACCEPTED) {
        page_providers_doctor_tell_unusable(doctor, "services", answer);
        page_providers_doctor_next(doctor);
        return;
    }
    doctor->services = answer->service_count;
    if (answer->service_count == 0)
        page_providers_doctor_tell(doctor, true, "services: the list is empty");
    else
        page_providers_doctor_tell(doctor, false, "services: %zu in the list",
                                   answer->service_count);
    const struct upstream_service **rows = memory_array(answer->service_count + 1, sizeof *rows);
    for (size_t i = 0; i < answer->service_count; i++)
        rows[i] = &answer->services[i];
    qsort(rows, answer->service_count, sizeof *rows, page_providers_doctor_compare_rows);
    page_providers_doctor_check_offers(doctor, rows, answer->service_count);
    free(rows);
    page_providers_doctor_next(doctor);
}

/* ---- what the gateway itself knows ---- */

static void page_providers_doctor_tell_standing(struct page_providers_doctor *doctor)
{
    struct health_report health;
    struct refresher_report list;
    const struct provider *provider = doctor->provider;
    struct order_context *context = doctor->call->context;
    health_report(context->health, provider->id, clock_monotonic_ms(), &health);
    refresher_report(context->refresher, provider->id, &list);
    if (provider->settings.is_closed)
        page_providers_doctor_tell(doctor, true,
                                   "closed in the configuration: it gets no new orders");
    if (provider_is_paused(provider))
        page_providers_doctor_tell(doctor, true, "paused by an operator: provider resume ends it");
    if (health.is_key_parked)
        page_providers_doctor_tell(doctor, true,
                                   "its key was refused: no calls until a balance is read");
    if (health.is_currency_wrong)
        page_providers_doctor_tell(
            doctor, true,
            "its balance is in another currency than the configuration says: "
            "no orders until either is mended");
    if (health.is_out_of_funds)
        page_providers_doctor_tell(
            doctor, true, "it said our funds are out: no orders until the balance has risen");
    if (health.orders != BREAKER_CLOSED)
        page_providers_doctor_tell(
            doctor, true, "its orders failed several times in a row: its circuit breaker is open");
    if (health.readings != BREAKER_CLOSED)
        page_providers_doctor_tell(
            doctor, true,
            "its readings failed several times in a row: their circuit breaker is open");
    if (list.last_error[0])
        page_providers_doctor_tell(doctor, true, "its list could not be fetched the last time: %s",
                                   list.last_error);
}

/* Takes a token of the provider's bucket first, as every other reading does. */
static void page_providers_doctor_call(void *arg)
{
    struct page_providers_doctor *doctor = arg;
    struct upstream_request request = {.action = doctor->action};
    struct upstream_call_options options = {.request_id = doctor->request_id,
                                            .wait_ms = DOCTOR_CONNECTION_MS};
    struct loop *loop = doctor->call->context->loop;
    int64_t now_ms = clock_monotonic_ms();
    int64_t wait_ms = provider_take_token(doctor->provider, PROVIDER_LANE_OTHER, now_ms);
    if (wait_ms == 0) {
        upstream_call_start(loop, doctor->provider, &request, &options,
                            doctor->action == UPSTREAM_BALANCE ? page_providers_doctor_on_balance
                                                               : page_providers_doctor_on_services,
                            doctor);
    } else if (now_ms + wait_ms <= doctor->give_up_at_ms) {
        loop_timer_start(&doctor->token, loop, wait_ms, page_providers_doctor_call, doctor);
    } else {
        page_providers_doctor_tell(doctor, true,
                                   "%s: not called: `rate_limit` or the panel's Retry-After leaves "
                                   "no room for it now; try again later",
                                   upstream_action_name(doctor->action));
        page_providers_doctor_next(doctor);
    }
}

static bool page_providers_doctor_join(struct admin_call *call, const struct provider *provider)
{
    struct page_providers_doctor *doctor;
    LIST_FOREACH(doctor, &call->admin->doctors, entry)
    if (doctor->provider->id == provider->id)
        break;
    if (doctor == NULL)
        return false;
    struct page_providers_patient *patient =
        arena_new(exchange_arena(call->exchange), sizeof *patient);
    patient->call = call;
    STAILQ_INSERT_TAIL(&doctor->joined, patient, entry);
    return true;
}

void page_providers_doctor(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    if (provider == NULL || page_providers_doctor_join(call, provider))
        return;
    struct arena *arena = exchange_arena(call->exchange);
    struct page_providers_doctor *doctor = arena_new(arena, sizeof *doctor);
    STAILQ_INIT(&doctor->joined);
    doctor->call = call;
    doctor->provider = provider;
    doctor->request_id = arena_text(arena, exchange_request_id(call->exchange));
    doctor->action = UPSTREAM_BALANCE;
    doctor->give_up_at_ms = clock_monotonic_ms() + DOCTOR_TOKEN_MS;
    buf_init(&doctor->findings, ADMIN_ANSWER_BYTES);
    doctor->w = jsonwriter_to(&doctor->findings);
    LIST_INSERT_HEAD(&call->admin->doctors, doctor, entry);
    page_providers_doctor_tell_standing(doctor);
    page_providers_doctor_call(doctor);
}
