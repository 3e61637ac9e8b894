/* A stage for the refresher: scripted panels, ledger and cache stand in for the real ones, which
 * are then not linked; the loop and health are real. For one file of a test program. */
#ifndef TESTS_CATALOGUE_STAGE_H
#define TESTS_CATALOGUE_STAGE_H
#include <stdio.h>

#include "base/clock.h"
#include "catalogue/catalogue.h"
#include "catalogue/provider_list.h"
#include "catalogue/refresher.h"
#include "providers/upstream_call.h"
#include "world.h"

enum { PANELS = 2, ROWS = 12, DEADLINE_MS = 20000 };

struct panel { /* what the next answers say */
    enum outcome outcome;
    bool is_key;
    struct {
        const char *id, *rate;
    } rows[ROWS];
    const char *balance, *currency;
    bool is_silent; /* does not answer at all */
    unsigned lists, balances, cancelled;
};

struct stage {
    struct loop *loop;
    struct health *health;
    struct refresher *refresher;
    struct provider_set *providers;
    struct client_set *clients;
    struct catalogue_settings settings;
    struct service_settings services[3];
    struct offer_settings offers[4];
    struct import_settings imports[1];
    struct panel panels[PANELS];
    struct catalogue *last;
    unsigned published, released;
    /* the ledger */
    unsigned lists_kept, imports_kept, prices_kept, quarantined_kept, accepted_kept;
    bool is_shown_early; /* an import was published before its number was kept */
    enum ledger_result ledger_says;
    char *kept;
    /* the cache */
    char *cached;
    unsigned cache_puts;
    bool has_cache;
    bool is_locked_elsewhere; /* another gateway asks for all */
    unsigned locks, unlocks;
    /* accept */
    bool is_accepted, is_accept_kept;
    size_t accepted, left_zero;
    struct fault refusal;
    /* waiting */
    bool (*is_reached)(struct stage *stage);
    unsigned wanted;
    struct loop_timer poll;
    int64_t deadline_ms;
};
static struct stage *stage; /* of the running test, for the stand-ins */

/* ---- stand-ins ---- */

struct upstream_call {
    struct loop_timer timer;
    struct loop *loop;
    const struct provider *provider;
    enum upstream_action action;
    upstream_call_done_fn *done;
    void *arg;
};

static inline struct panel *panel_of(const struct provider *provider)
{
    return &stage->panels[strcmp(provider->settings.name, "alpha") == 0 ? 0 : 1];
}

static inline void fill_list(const struct panel *panel, struct upstream_service *rows,
                             struct upstream_response *out)
{
    for (size_t i = 0; i < ROWS && panel->rows[i].id; i++)
        rows[out->service_count++] =
            (struct upstream_service){.id = str_of(panel->rows[i].id),
                                      .name = STR("Likes"),
                                      .category = STR("All"),
                                      .type = ORDERTYPE_DEFAULT,
                                      .has_rate = true,
                                      .rate = money_of(panel->rows[i].rate),
                                      .has_limits = true,
                                      .min = 10,
                                      .max = 1000};
    out->services = rows;
}

static inline void on_answer(void *arg)
{
    struct upstream_call *call = arg;
    const struct panel *panel = panel_of(call->provider);
    struct upstream_service rows[ROWS];
    struct upstream_response answer = {.outcome = panel->outcome,
                                       .is_key = panel->is_key,
                                       .cool_down = panel->is_key ? COOL_DOWN_KEY : COOL_DOWN_NONE,
                                       .class = VERDICT_PROVIDER,
                                       .retry_after_s = -1};
    if (answer.outcome == OUTCOME_ACCEPTED && call->action == UPSTREAM_SERVICES)
        fill_list(panel, rows, &answer);
    if (answer.outcome == OUTCOME_ACCEPTED && call->action == UPSTREAM_BALANCE && panel->balance) {
        answer.has_balance = true;
        answer.balance = money_of(panel->balance);
        answer.balance_currency = str_of(panel->currency);
    }
    upstream_call_done_fn *done = call->done;
    void *done_arg = call->arg;
    loop_timer_fini(&call->timer);
    free(call);
    done(&answer, done_arg);
}

struct upstream_call *upstream_call_start(struct loop *loop, const struct provider *provider,
                                          const struct upstream_request *request,
                                          const struct upstream_call_options *options,
                                          upstream_call_done_fn *done, void *arg)
{
    struct upstream_call *call = memory_new(sizeof *call);
    struct panel *panel = panel_of(provider);
    (void)options;
    *call = (struct upstream_call){
        .loop = loop, .provider = provider, .action = request->action, .done = done, .arg = arg};
    panel->lists += request->action == UPSTREAM_SERVICES;
    panel->balances += request->action == UPSTREAM_BALANCE;
    if (!panel->is_silent)
        loop_timer_start(&call->timer, loop, 0, on_answer, call);
    return call;
}

void upstream_call_cancel(struct upstream_call *call)
{
    panel_of(call->provider)->cancelled++;
    loop_timer_fini(&call->timer);
    free(call);
}

struct commit {
    struct loop_message message;
    ledger_done_fn *done;
    void *arg;
};

static inline void on_commit(struct loop_message *message)
{
    struct commit *commit = (struct commit *)(void *)message;
    if (stage->last && catalogue_find(stage->last, 507))
        stage->is_shown_early = true;
    commit->done((struct ledger_outcome){.result = stage->ledger_says}, commit->arg);
    free(commit);
}

void ledger_keep_list(struct ledger *ledger, struct loop *loop, struct str provider,
                      struct str body, int64_t fetched_at_ms, ledger_done_fn *done, void *arg)
{
    (void)ledger, (void)fetched_at_ms;
    stage->lists_kept++;
    if (str_is(provider, "alpha")) {
        free(stage->kept);
        stage->kept = str_copy(body);
    }
    if (done) {
        struct commit *commit = memory_new(sizeof *commit);
        *commit = (struct commit){.message.run = on_commit, .done = done, .arg = arg};
        loop_post(loop, &commit->message);
    }
}

void ledger_keep_imports(struct ledger *ledger, struct loop *loop, const struct ledger_import *list,
                         size_t count, ledger_done_fn *done, void *arg)
{
    struct commit *commit = memory_new(sizeof *commit);
    (void)ledger, (void)list;
    stage->imports_kept += (unsigned)count;
    *commit = (struct commit){.message.run = on_commit, .done = done, .arg = arg};
    loop_post(loop, &commit->message);
}

void ledger_keep_prices(struct ledger *ledger, const struct ledger_price *list, size_t count)
{
    (void)ledger;
    stage->prices_kept += (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        stage->quarantined_kept += strcmp(list[i].note, "quarantined") == 0;
        stage->accepted_kept += strcmp(list[i].note, "accepted") == 0;
    }
}

const char *ledger_result_name(enum ledger_result result)
{
    return result == LEDGER_DONE ? "done" : "not done";
}

struct lookup {
    struct loop_message message;
    cache_done_fn *done;
    void *arg;
    bool is_list;
};

static inline void on_lookup(struct loop_message *message)
{
    struct lookup *lookup = (struct lookup *)(void *)message;
    struct str value = lookup->is_list ? str_of(stage->cached) : STR_NONE;
    lookup->done(value, 0, lookup->arg);
    free(lookup);
}

void cache_get(struct cache *cache, const char *name, cache_done_fn *done, void *arg)
{
    struct lookup *lookup = memory_new(sizeof *lookup);
    (void)cache;
    *lookup = (struct lookup){.message.run = on_lookup,
                              .done = done,
                              .arg = arg,
                              .is_list = strncmp(name, "list:alpha:", 11) == 0};
    loop_post(stage->loop, &lookup->message);
}

void cache_put(struct cache *cache, const char *name, struct str value, int64_t ttl_ms)
{
    (void)cache, (void)name, (void)value, (void)ttl_ms;
    stage->cache_puts++;
}

struct turn {
    struct loop_message message;
    cache_lock_fn *done;
    void *arg;
};

static inline void on_turn(struct loop_message *message)
{
    struct turn *turn = (struct turn *)(void *)message;
    stage->locks++;
    turn->done(!stage->is_locked_elsewhere, turn->arg);
    free(turn);
}

void cache_lock(struct cache *cache, const char *name, int64_t ttl_ms, cache_lock_fn *done,
                void *arg)
{
    struct turn *turn = memory_new(sizeof *turn);
    (void)cache;
    assert_int_equal(strncmp(name, "list:", 5), 0);
    assert_true(ttl_ms >= 1000);
    *turn = (struct turn){.message.run = on_turn, .done = done, .arg = arg};
    loop_post(stage->loop, &turn->message);
}

void cache_unlock(struct cache *cache, const char *name)
{
    (void)cache, (void)name;
    stage->unlocks++;
}

/* ---- the stage ---- */

static inline void on_publish(struct catalogue *catalogue, void *arg)
{
    struct stage *s = arg;
    catalogue_unpin(&s->last);
    s->last = catalogue;
    s->published++;
}

static inline void on_release(void *arg)
{
    ((struct stage *)arg)->released++;
}

static inline void on_accepted(const struct acceptance *acceptance, void *arg)
{
    struct stage *s = arg;
    s->accepted = acceptance->count + acceptance->gone;
    s->refusal = acceptance->why;
    s->left_zero = acceptance->left_zero;
    s->is_accept_kept = acceptance->is_kept;
    s->is_accepted = true;
}

static inline void on_poll(void *arg)
{
    struct stage *s = arg;
    if (s->is_reached(s) || clock_monotonic_ms() > s->deadline_ms)
        loop_stop(s->loop);
    else
        loop_timer_start(&s->poll, s->loop, 1, on_poll, s);
}

static inline void await(struct stage *s, bool (*is_reached)(struct stage *stage), const char *what)
{
    s->is_reached = is_reached;
    s->deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    loop_timer_start(&s->poll, s->loop, 0, on_poll, s);
    loop_run(s->loop);
    if (!is_reached(s))
        fail_msg("never: %s", what);
}

static inline void configure(struct stage *s)
{
    struct refresher_view view = {.settings = &s->settings,
                                  .providers = s->providers,
                                  .clients = s->clients,
                                  .release = on_release,
                                  .arg = s};
    refresher_configure(s->refresher, &view);
}

static inline void new_refresher(struct stage *s)
{
    /* Never looked into: all that is done with them is in this file. */
    static char ledger, cache;
    s->loop = loop_new("refresh");
    s->health = health_new();
    struct refresher_parts parts = {.loop = s->loop,
                                    .ledger = (struct ledger *)(void *)&ledger,
                                    .cache = s->has_cache ? (struct cache *)(void *)&cache : NULL,
                                    .health = s->health,
                                    .publish = on_publish,
                                    .arg = s};
    s->refresher = refresher_new(&parts);
}

/* Services 1 (alpha's 101, then beta's 7), 2 (alpha's 102), 3 (alpha's 103). */
static inline void stage_init(struct stage *s)
{
    *s = (struct stage){0};
    stage = s;
    s->providers = world_providers((struct world_provider[]){{"alpha", "1"}, {"beta", "1"}, {0}});
    s->clients = world_clients((struct world_client[]){{"shop", "0%", {{0}}}, {0}});
    static const char *const offers[][2] = {
        {"alpha", "101"}, {"beta", "7"}, {"alpha", "102"}, {"alpha", "103"}};
    for (size_t i = 0; i < COUNT_OF(offers); i++)
        s->offers[i] = (struct offer_settings){.provider = (char *)(uintptr_t)offers[i][0],
                                               .service = (char *)(uintptr_t)offers[i][1]};
    for (uint32_t i = 0; i < 3; i++)
        s->services[i] = (struct service_settings){.id = i + 1,
                                                   .type = ORDERTYPE_UNKNOWN,
                                                   .offers = &s->offers[i == 0 ? 0 : i + 1],
                                                   .offer_count = i == 0 ? 2 : 1};
    s->imports[0] =
        (struct import_settings){.provider = (char *)(uintptr_t) "beta", .first_id = 500};
    s->settings = (struct catalogue_settings){.refresh_ms = 20,
                                              .balance_ms = 20,
                                              .price_jump = percent_of("0.5"),
                                              .vanish_limit = percent_of("0.3"),
                                              .decimals = 5,
                                              .currency = (char *)(uintptr_t) "USD",
                                              .services = s->services,
                                              .service_count = 3,
                                              .imports = s->imports};
    s->panels[0] = (struct panel){.rows = {{"101", "1"}, {"102", "2"}, {"103", "3"}, {"104", "4"}},
                                  .balance = "10",
                                  .currency = "USD"};
    s->panels[1] = (struct panel){.rows = {{"7", "9"}}, .balance = "5", .currency = "usd"};
    new_refresher(s);
}

static inline void end_refresher(struct stage *s)
{
    loop_timer_fini(&s->poll);
    refresher_stop(s->refresher);
    refresher_free(s->refresher);
    loop_free(s->loop);
    health_free(s->health);
}

static inline void stage_fini(struct stage *s)
{
    end_refresher(s);
    catalogue_unpin(&s->last);
    provider_set_unpin(&s->providers);
    client_set_unpin(&s->clients);
    free(s->kept);
    free(s->cached);
}

static inline unsigned id_of(const struct stage *s, size_t panel)
{
    return s->providers->list[panel].id;
}

static inline struct refresher_report report_of(struct stage *s, size_t panel)
{
    struct refresher_report report;
    refresher_report(s->refresher, id_of(s, panel), &report);
    return report;
}

static const struct service *service_of(struct stage *s, uint32_t id)
{
    return s->last ? catalogue_find(s->last, id) : NULL;
}

static inline bool is_settled(struct stage *s)
{
    return refresher_is_settled(s->refresher);
}

static inline bool has_refreshed(struct stage *s)
{
    return s->panels[0].lists >= s->wanted;
}

/* The next `count` lists of alpha's have been judged. */
static inline void await_lists(struct stage *s, unsigned count)
{
    s->wanted = s->panels[0].lists + count + 1;
    await(s, has_refreshed, "more lists asked");
}

static inline bool are_all_priced(struct stage *s)
{
    for (uint32_t id = 1; id <= 3; id++)
        if (!service_of(s, id) || !service_of(s, id)->is_priced)
            return false;
    return true;
}

static inline bool has_accepted(struct stage *s)
{
    return s->is_accepted;
}

static inline size_t accept_wish(struct stage *s, const struct accept_wish *wish)
{
    s->is_accepted = false;
    refresher_accept(s->refresher, id_of(s, 0), wish, s->loop, on_accepted, s);
    await(s, has_accepted, "an answer to accept");
    return s->accepted;
}

/* One service, or all (STR_NONE); a price of 0 as well. */
static inline size_t accept_now(struct stage *s, struct str service)
{
    struct accept_wish wish = {.services = &service,
                               .count = service.ptr != NULL,
                               .is_all = service.ptr == NULL,
                               .takes_zero = true};
    return accept_wish(s, &wish);
}

static inline bool is_in_trouble(struct stage *s)
{
    return report_of(s, 0).last_error[0] != '\0';
}

#endif
