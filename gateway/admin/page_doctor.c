/* GET /providers/NAME/doctor: asks the provider for its balance and its list, live, and says what
 * is wrong in a person's words. Nothing it learns changes what the gateway does. */
#include <stdlib.h>

#include "admin/admin_private.h"
#include "base/clock.h"
#include "providers/upstream_call.h"

enum { DOCTOR_WAIT_MS = 1000, DOCTOR_FINDINGS = 40 };

struct doctor {
    struct admin_call *call;
    const struct provider *provider; /* pinned by the call's catalogue */
    struct buf findings;             /* the inside of a JSON array */
    struct jsonwriter w;
    unsigned problems, asked; /* questions not yet answered */
    bool has_balance;
    struct money balance;
    size_t services;
};

static void page_doctor_tell(struct doctor *doctor, bool is_problem, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void page_doctor_tell(struct doctor *doctor, bool is_problem, const char *format, ...)
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
    jsonwriter_text(&doctor->w, "words", buf_str(&message));
    jsonwriter_object_end(&doctor->w);
    buf_fini(&message);
}

static void page_doctor_end(struct doctor *doctor)
{
    struct buf out;
    if (--doctor->asked > 0)
        return;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "provider", str_of(doctor->provider->settings.name));
    jsonwriter_bool(&w, "healthy", doctor->problems == 0);
    if (doctor->has_balance)
        jsonwriter_money(&w, "balance", doctor->balance);
    else
        jsonwriter_null(&w, "balance");
    jsonwriter_text(&w, "currency", str_of(doctor->provider->settings.currency));
    jsonwriter_number(&w, "services", (int64_t)doctor->services);
    jsonwriter_array(&w, "findings");
    buf_add_str(&out, buf_str(&doctor->findings));
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    buf_fini(&doctor->findings);
    admin_reply(doctor->call, 200, &out);
}

/* What an answer that is not usable means for the operator. */
static void page_doctor_tell_unusable(struct doctor *doctor, const char *what,
                                      const struct upstream_response *answer)
{
    struct str text = answer->error.len ? answer->error : answer->evidence;
    if (answer->outcome == OUTCOME_NOT_SENT)
        page_doctor_tell(doctor, true,
                         "%s: could not be asked: " STR_FMT "; look at `url`, DNS and firewall",
                         what, STR_ARG(text));
    else if (answer->is_key)
        page_doctor_tell(doctor, true, "%s: the key is refused: " STR_FMT "; look at `key`", what,
                         STR_ARG(text));
    else if (answer->is_challenge)
        page_doctor_tell(
            doctor, true,
            "%s: a bot challenge stands before the panel: ask it to let this address through",
            what);
    else if (answer->is_redirect)
        page_doctor_tell(doctor, true, "%s: it redirects elsewhere: " STR_FMT "; correct `url`",
                         what, STR_ARG(text));
    else if (answer->is_rate_limited)
        page_doctor_tell(doctor, true, "%s: too many requests, says the panel; lower `rate_limit`",
                         what);
    else
        page_doctor_tell(doctor, true, "%s: not usable: " STR_FMT, what, STR_ARG(text));
}

static void page_doctor_on_balance(const struct upstream_response *answer, void *arg)
{
    struct doctor *doctor = arg;
    const char *currency = doctor->provider->settings.currency;
    if (answer->outcome != OUTCOME_ACCEPTED || !answer->has_balance) {
        page_doctor_tell_unusable(doctor, "balance", answer);
        page_doctor_end(doctor);
        return;
    }
    doctor->has_balance = true;
    doctor->balance = answer->balance;
    page_doctor_tell(doctor, false, "balance: read");
    if (answer->balance.units <= 0)
        page_doctor_tell(doctor, true,
                         "balance: nothing left; orders will be refused until it is topped up");
    if (answer->balance_currency.len &&
        !str_equal_folded(answer->balance_currency, str_of(currency)))
        page_doctor_tell(doctor, true,
                         "balance: the panel says it is in " STR_FMT
                         ", the configuration says %s: every cost "
                         "may be wrong; correct `currency`",
                         STR_ARG(answer->balance_currency), currency);
    page_doctor_end(doctor);
}

/* ---- its list against what we sell from it ---- */

static int page_doctor_compare_rows(const void *left, const void *right)
{
    const struct upstream_service *const *a = left, *const *b = right;
    return str_compare((*a)->id, (*b)->id);
}

static int page_doctor_compare_id(const void *key, const void *member)
{
    const struct str *id = key;
    const struct upstream_service *const *row = member;
    return str_compare(*id, (*row)->id);
}

static void page_doctor_check_offer(struct doctor *doctor, const struct service *service,
                                    const struct offer *offer, const struct upstream_service *row)
{
    if (row == NULL)
        page_doctor_tell(doctor, true,
                         "service %u: the panel's service " STR_FMT " is not in its list",
                         service->id, STR_ARG(offer->service));
    else if (row->is_doubled || !row->has_rate)
        page_doctor_tell(doctor, true, "service %u: the panel's service " STR_FMT " %s",
                         service->id, STR_ARG(offer->service),
                         row->is_doubled ? "stands twice in its list, differently"
                                         : "has no readable rate");
    else if (offer->is_quarantined)
        page_doctor_tell(doctor, true,
                         "service %u: the price of the panel's service " STR_FMT
                         " is quarantined; look at it, then provider accept",
                         service->id, STR_ARG(offer->service));
}

static void page_doctor_check_offers(struct doctor *doctor, const struct upstream_service **rows,
                                     size_t count)
{
    const struct catalogue *catalogue = doctor->call->catalogue;
    unsigned before = doctor->problems;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct service *service = &catalogue->list[i];
        for (size_t j = 0; j < service->offer_count; j++) {
            const struct offer *offer = &service->offers[j];
            if (offer->provider_id != doctor->provider->id)
                continue;
            const struct upstream_service **found =
                bsearch(&offer->service, rows, count, sizeof *rows, page_doctor_compare_id);
            page_doctor_check_offer(doctor, service, offer, found ? *found : NULL);
            if (doctor->problems - before >= DOCTOR_FINDINGS) {
                page_doctor_tell(doctor, true, "and there may be more");
                return;
            }
        }
    }
}

static void page_doctor_on_services(const struct upstream_response *answer, void *arg)
{
    struct doctor *doctor = arg;
    if (answer->outcome != OUTCOME_ACCEPTED) {
        page_doctor_tell_unusable(doctor, "services", answer);
        page_doctor_end(doctor);
        return;
    }
    doctor->services = answer->service_count;
    if (answer->service_count == 0)
        page_doctor_tell(doctor, true, "services: the list is empty");
    else
        page_doctor_tell(doctor, false, "services: %zu in the list", answer->service_count);
    const struct upstream_service **rows = memory_array(answer->service_count + 1, sizeof *rows);
    for (size_t i = 0; i < answer->service_count; i++)
        rows[i] = &answer->services[i];
    qsort(rows, answer->service_count, sizeof *rows, page_doctor_compare_rows);
    page_doctor_check_offers(doctor, rows, answer->service_count);
    free(rows);
    page_doctor_end(doctor);
}

/* ---- what the gateway itself knows ---- */

static void page_doctor_tell_standing(struct doctor *doctor)
{
    struct health_report health;
    struct refresher_report list;
    const struct provider *provider = doctor->provider;
    struct order_context *context = doctor->call->context;
    health_report(context->health, provider->id, clock_monotonic_ms(), &health);
    refresher_report(context->refresher, provider->id, &list);
    if (provider->settings.is_closed)
        page_doctor_tell(doctor, true, "closed in the configuration: it gets no new orders");
    if (provider_is_paused(provider))
        page_doctor_tell(doctor, true, "paused by an operator: provider resume ends it");
    if (health.is_key_parked)
        page_doctor_tell(doctor, true, "its key was refused: no calls until a balance is read");
    if (health.is_out_of_funds)
        page_doctor_tell(doctor, true,
                         "it said our funds are out: no orders until the balance has risen");
    if (health.orders != BREAKER_CLOSED)
        page_doctor_tell(doctor, true, "its orders failed several times in a row: it rests");
    if (health.readings != BREAKER_CLOSED)
        page_doctor_tell(doctor, true,
                         "its answers to readings failed several times in a row: it rests");
    if (list.last_error[0])
        page_doctor_tell(doctor, true, "its list could not be taken the last time: %s",
                         list.last_error);
}

void page_doctor_run(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    if (provider == NULL)
        return;
    struct doctor *doctor = arena_new(exchange_arena(call->exchange), sizeof *doctor);
    struct upstream_request balance = {.action = UPSTREAM_BALANCE},
                            list = {.action = UPSTREAM_SERVICES};
    struct upstream_call_options options = {
        .request_id =
            arena_text(exchange_arena(call->exchange), exchange_request_id(call->exchange)),
        .wait_ms = DOCTOR_WAIT_MS};
    doctor->call = call;
    doctor->provider = provider;
    doctor->asked = 2;
    buf_init(&doctor->findings, ADMIN_ANSWER_BYTES);
    doctor->w = jsonwriter_to(&doctor->findings);
    page_doctor_tell_standing(doctor);
    upstream_call_start(call->context->loop, provider, &balance, &options, page_doctor_on_balance,
                        doctor);
    upstream_call_start(call->context->loop, provider, &list, &options, page_doctor_on_services,
                        doctor);
}
