/* The refresher against scripted panels, ledger and cache: what it asks, what it believes, what it
 * publishes. The three are stand-ins in this file; the loop and health are the real ones. */
#include <stdio.h>

#include "base/clock.h"
#include "catalogue/balances.h"
#include "catalogue/listtext.h"
#include "catalogue/refresher.h"
#include "providers/ask.h"
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
    unsigned published_at_imports; /* how many snapshots were out when numbers were kept */
    enum ledger_result ledger_says;
    char *kept;
    /* the cache */
    char *cached;
    unsigned cache_puts;
    bool has_cache;
    /* accept */
    bool is_accepted;
    size_t accepted;
    /* waiting */
    bool (*is_reached)(struct stage *stage);
    unsigned wanted;
    struct loop_timer poll;
    int64_t deadline_ms;
};
static struct stage *stage; /* of the running test, for the stand-ins */

/* ---- stand-ins ---- */

struct ask {
    struct loop_timer timer;
    struct loop *loop;
    const struct provider *provider;
    enum question_action action;
    ask_done_fn *done;
    void *arg;
};

static struct panel *panel_of(const struct provider *provider)
{
    return &stage->panels[strcmp(provider->settings.name, "alpha") == 0 ? 0 : 1];
}

static void fill_list(const struct panel *panel, struct answer_service *rows, struct answer *out)
{
    for (size_t i = 0; i < ROWS && panel->rows[i].id; i++)
        rows[out->service_count++] = (struct answer_service){.id = str_of(panel->rows[i].id),
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

static void on_answer(void *arg)
{
    struct ask *ask = arg;
    const struct panel *panel = panel_of(ask->provider);
    struct answer_service rows[ROWS];
    struct answer answer = {.outcome = panel->outcome,
                            .is_key = panel->is_key,
                            .rest = panel->is_key ? REST_KEY : REST_NONE,
                            .class = VERDICT_PROVIDER,
                            .retry_after_s = -1};
    if (answer.outcome == OUTCOME_ACCEPTED && ask->action == QUESTION_SERVICES)
        fill_list(panel, rows, &answer);
    if (answer.outcome == OUTCOME_ACCEPTED && ask->action == QUESTION_BALANCE && panel->balance) {
        answer.has_balance = true;
        answer.balance = money_of(panel->balance);
        answer.balance_currency = str_of(panel->currency);
    }
    ask_done_fn *done = ask->done;
    void *done_arg = ask->arg;
    loop_timer_fini(&ask->timer);
    free(ask);
    done(&answer, done_arg);
}

struct ask *ask_start(struct loop *loop, const struct provider *provider,
                      const struct question *question, const struct ask_options *options,
                      ask_done_fn *done, void *arg)
{
    struct ask *ask = memory_new(sizeof *ask);
    struct panel *panel = panel_of(provider);
    (void)options;
    *ask = (struct ask){
        .loop = loop, .provider = provider, .action = question->action, .done = done, .arg = arg};
    panel->lists += question->action == QUESTION_SERVICES;
    panel->balances += question->action == QUESTION_BALANCE;
    if (!panel->is_silent)
        loop_timer_start(&ask->timer, loop, 0, on_answer, ask);
    return ask;
}

void ask_cancel(struct ask *ask)
{
    panel_of(ask->provider)->cancelled++;
    loop_timer_fini(&ask->timer);
    free(ask);
}

void ledger_keep_list(struct ledger *ledger, struct loop *loop, struct str provider,
                      struct str body, int64_t fetched_at_ms, ledger_done_fn *done, void *arg)
{
    (void)ledger, (void)loop, (void)fetched_at_ms, (void)done, (void)arg;
    stage->lists_kept++;
    if (str_is(provider, "alpha")) {
        free(stage->kept);
        stage->kept = str_copy(body);
    }
}

struct commit {
    struct loop_message message;
    ledger_done_fn *done;
    void *arg;
};

static void on_commit(struct loop_message *message)
{
    struct commit *commit = (struct commit *)(void *)message;
    commit->done(stage->ledger_says, commit->arg);
    free(commit);
}

void ledger_keep_imports(struct ledger *ledger, struct loop *loop, const struct ledger_import *list,
                         size_t count, ledger_done_fn *done, void *arg)
{
    struct commit *commit = memory_new(sizeof *commit);
    (void)ledger, (void)list;
    stage->imports_kept += (unsigned)count;
    stage->published_at_imports = stage->published;
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

const char *ledger_result_word(enum ledger_result result)
{
    return result == LEDGER_DONE ? "done" : "not done";
}

struct lookup {
    struct loop_message message;
    cache_done_fn *done;
    void *arg;
    bool is_list;
};

static void on_lookup(struct loop_message *message)
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
                              .is_list = strcmp(name, "list:alpha") == 0};
    loop_post(stage->loop, &lookup->message);
}

void cache_put(struct cache *cache, const char *name, struct str value, int64_t ttl_ms)
{
    (void)cache, (void)name, (void)value, (void)ttl_ms;
    stage->cache_puts++;
}

/* ---- the stage ---- */

static void on_publish(struct catalogue *catalogue, void *arg)
{
    struct stage *s = arg;
    catalogue_unpin(&s->last);
    s->last = catalogue;
    s->published++;
}

static void on_release(void *arg)
{
    ((struct stage *)arg)->released++;
}

static void on_accepted(size_t accepted, void *arg)
{
    struct stage *s = arg;
    s->accepted = accepted;
    s->is_accepted = true;
}

static void on_poll(void *arg)
{
    struct stage *s = arg;
    if (s->is_reached(s) || clock_steady_ms() > s->deadline_ms)
        loop_stop(s->loop);
    else
        loop_timer_start(&s->poll, s->loop, 1, on_poll, s);
}

static void await(struct stage *s, bool (*is_reached)(struct stage *stage), const char *what)
{
    s->is_reached = is_reached;
    s->deadline_ms = clock_steady_ms() + DEADLINE_MS;
    loop_timer_start(&s->poll, s->loop, 0, on_poll, s);
    loop_run(s->loop);
    if (!is_reached(s))
        fail_msg("never: %s", what);
}

static void configure(struct stage *s)
{
    struct refresher_view view = {.settings = &s->settings,
                                  .providers = s->providers,
                                  .clients = s->clients,
                                  .release = on_release,
                                  .arg = s};
    refresher_configure(s->refresher, &view);
}

static void new_refresher(struct stage *s)
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
static void stage_init(struct stage *s)
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
                                              .price_jump = factor_of("0.5"),
                                              .vanish_limit = factor_of("0.3"),
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

static void end_refresher(struct stage *s)
{
    loop_timer_fini(&s->poll);
    refresher_stop(s->refresher);
    refresher_free(s->refresher);
    loop_free(s->loop);
    health_free(s->health);
}

static void stage_fini(struct stage *s)
{
    end_refresher(s);
    catalogue_unpin(&s->last);
    provider_set_unpin(&s->providers);
    client_set_unpin(&s->clients);
    free(s->kept);
    free(s->cached);
}

static unsigned id_of(const struct stage *s, size_t panel)
{
    return s->providers->list[panel].id;
}

static struct refresher_report report_of(struct stage *s, size_t panel)
{
    struct refresher_report report;
    refresher_report(s->refresher, id_of(s, panel), &report);
    return report;
}

static const struct service *service_of(struct stage *s, uint32_t id)
{
    return s->last ? catalogue_find(s->last, id) : NULL;
}

static bool is_settled(struct stage *s)
{
    return refresher_is_settled(s->refresher);
}

static bool has_refreshed(struct stage *s)
{
    return s->panels[0].lists >= s->wanted;
}

/* The next `count` lists of alpha's have been judged. */
static void await_lists(struct stage *s, unsigned count)
{
    s->wanted = s->panels[0].lists + count + 1;
    await(s, has_refreshed, "more lists asked");
}

static bool are_all_priced(struct stage *s)
{
    for (uint32_t id = 1; id <= 3; id++)
        if (!service_of(s, id) || !service_of(s, id)->is_priced)
            return false;
    return true;
}

static bool has_accepted(struct stage *s)
{
    return s->is_accepted;
}

static size_t accept_now(struct stage *s, struct str service)
{
    s->is_accepted = false;
    refresher_accept(s->refresher, id_of(s, 0), service, s->loop, on_accepted, s);
    await(s, has_accepted, "an answer to accept");
    return s->accepted;
}

/* ---- tests ---- */

static void test_first_lists(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.has_cache = true;
    end_refresher(&s);
    new_refresher(&s);
    s.settings.import_count = 1;
    assert_false(refresher_is_settled(s.refresher));
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(are_all_priced(&s));
    assert_true(s.last->has_lists);
    assert_non_null(service_of(&s, 507));
    assert_int_equal(s.imports_kept, 1);
    assert_true(s.published_at_imports < s.published);
    assert_true(s.lists_kept >= 2 && s.cache_puts >= 2);
    assert_int_equal(s.prices_kept, 5);
    assert_true(report_of(&s, 0).has_list);
    assert_int_equal(report_of(&s, 0).services, 4);
    assert_string_equal(report_of(&s, 0).last_error, "");
    struct money rate;
    const struct pricelist *list = catalogue_pricelist(s.last, &s.clients->list[0]);
    assert_true(pricelist_rate(list, service_of(&s, 2), &rate));
    assert_int_equal(rate.units, money_of("2").units);
    /* The same lists again change nothing: no snapshot, nothing written. */
    unsigned published = s.published, kept = s.lists_kept;
    await_lists(&s, 5);
    assert_int_equal(s.published, published);
    assert_int_equal(s.lists_kept, kept);
    assert_int_equal(s.prices_kept, 5);
    stage_fini(&s);
}

static void test_restart_with_dead_panels(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    end_refresher(&s);
    catalogue_unpin(&s.last);
    s.published = 0;
    s.panels[0].outcome = s.panels[1].outcome = OUTCOME_NOT_SENT;
    new_refresher(&s);
    refresher_take_list(s.refresher, STR("alpha"), str_of(s.kept), 1000);
    refresher_take_price(s.refresher,
                         &(struct ledger_price){.provider = STR("beta"),
                                                .upstream_service = STR("7"),
                                                .rate = money_of("9"),
                                                .note = "seen"},
                         1000);
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(are_all_priced(&s));
    assert_true(service_of(&s, 1)->offers[1].is_gone);
    await_lists(&s, 1);
    assert_int_equal(report_of(&s, 0).fetched_at_ms, 1000);
    assert_true(report_of(&s, 0).failures >= 1);
    assert_string_equal(report_of(&s, 0).last_error, "the panel cannot be reached");
    assert_true(are_all_priced(&s));
    stage_fini(&s);
}

static void test_nothing_ever_held(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].outcome = s.panels[1].outcome = OUTCOME_DOUBT;
    configure(&s);
    await(&s, is_settled, "settled");
    assert_non_null(s.last);
    assert_false(s.last->has_lists);
    assert_false(service_of(&s, 1)->is_priced);
    assert_false(service_of(&s, 1)->offers[0].is_gone);
    stage_fini(&s);
}

static bool is_in_trouble(struct stage *s)
{
    return report_of(s, 0).last_error[0] != '\0';
}

static bool is_without_trouble(struct stage *s)
{
    return report_of(s, 0).last_error[0] == '\0';
}

static void test_bad_lists(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    const struct panel good = s.panels[0];
    /* empty */
    memset(s.panels[0].rows, 0, sizeof s.panels[0].rows);
    await(&s, is_in_trouble, "trouble");
    assert_true(are_all_priced(&s) && report_of(&s, 0).services == 4);
    memcpy(s.panels[0].rows, good.rows, sizeof good.rows);
    await(&s, is_without_trouble, "the end of it");
    /* two of four gone: more than 30% */
    s.panels[0].rows[2].id = NULL;
    await(&s, is_in_trouble, "trouble");
    await_lists(&s, 4);
    assert_true(are_all_priced(&s) && report_of(&s, 0).services == 4);
    assert_non_null(strstr(report_of(&s, 0).last_error, "2 of 4"));
    unsigned published = s.published;
    assert_int_equal(accept_now(&s, STR_NONE), 2);
    assert_int_equal(s.published, published + 1);
    assert_true(service_of(&s, 3)->offers[0].is_gone);
    assert_false(service_of(&s, 3)->is_priced);
    assert_true(service_of(&s, 2)->is_priced);
    await_lists(&s, 1);
    assert_string_equal(report_of(&s, 0).last_error, "");
    stage_fini(&s);
}

static bool is_third_gone(struct stage *s)
{
    return service_of(s, 3)->offers[0].is_gone;
}

static void test_gone_within_the_limit(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[2].id = "104"; /* 103 of four is gone */
    s.panels[0].rows[3].id = NULL;
    await(&s, is_third_gone, "103 gone");
    assert_false(service_of(&s, 3)->is_priced);
    assert_true(service_of(&s, 2)->is_priced);
    stage_fini(&s);
}

static bool is_second_held(struct stage *s)
{
    return service_of(s, 2)->offers[0].is_quarantined;
}

static void test_price_jump(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[1].rate = "20";
    s.panels[0].rows[2].rate = "4";
    await(&s, is_second_held, "102 quarantined");
    assert_false(service_of(&s, 2)->is_priced);
    assert_true(service_of(&s, 3)->is_priced);
    assert_int_equal(service_of(&s, 3)->terms.base.units, money_of("4").units);
    assert_int_equal(report_of(&s, 0).quarantined, 1);
    await_lists(&s, 5);
    assert_true(is_second_held(&s));
    assert_int_equal(s.quarantined_kept, 1);
    assert_int_equal(accept_now(&s, STR("999")), 0);
    assert_int_equal(accept_now(&s, STR("101")), 0);
    assert_true(is_second_held(&s));
    assert_int_equal(accept_now(&s, STR("102")), 1);
    assert_false(is_second_held(&s));
    assert_true(service_of(&s, 2)->is_priced);
    assert_int_equal(service_of(&s, 2)->terms.base.units, money_of("20").units);
    assert_int_equal(s.accepted_kept, 1);
    assert_int_equal(report_of(&s, 0).quarantined, 0);
    stage_fini(&s);
}

/* A quarantine outlives a restart by the kept list. */
static void test_quarantine_is_kept(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[1].rate = "20";
    await(&s, is_second_held, "102 quarantined");
    end_refresher(&s);
    new_refresher(&s);
    refresher_take_price(s.refresher,
                         &(struct ledger_price){.provider = STR("alpha"),
                                                .upstream_service = STR("102"),
                                                .rate = money_of("20"),
                                                .note = "quarantined"},
                         1000);
    refresher_take_list(s.refresher, STR("alpha"), str_of(s.kept), 1000);
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(is_second_held(&s));
    await_lists(&s, 2);
    assert_true(is_second_held(&s));
    assert_int_equal(report_of(&s, 0).quarantined, 1);
    assert_int_equal(accept_now(&s, STR_NONE), 1);
    assert_false(is_second_held(&s));
    stage_fini(&s);
}

static void test_fresh_cache_spares_a_download(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    end_refresher(&s);
    catalogue_unpin(&s.last);
    s.has_cache = true;
    s.panels[0].lists = 0;
    s.settings.refresh_ms = 3600000;
    s.cached = memory_text(s.kept);
    new_refresher(&s);
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(are_all_priced(&s));
    assert_int_equal(s.panels[0].lists, 0);
    /* An operator's wish goes to the panel itself. */
    s.wanted = 1;
    refresher_ask_list(s.refresher, id_of(&s, 0));
    await(&s, has_refreshed, "the list asked");
    stage_fini(&s);
}

static void test_ill_formed_cache(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    end_refresher(&s);
    s.has_cache = true;
    s.cached = memory_text("{\"version\":1,\"fetched\":5,\"rows\":[[]],\"held\":[]}");
    new_refresher(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    assert_true(s.panels[0].lists >= 1);
    stage_fini(&s);
}

static bool is_released(struct stage *s)
{
    return s->released >= s->wanted;
}

static void test_reload(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    unsigned published = s.published;
    s.wanted = 1;
    configure(&s);
    await(&s, is_released, "the former view released");
    assert_true(s.published > published);
    /* beta leaves */
    struct provider_set *both = s.providers;
    s.providers = world_providers((struct world_provider[]){{"alpha", "2"}, {0}});
    unsigned beta = both->list[1].id;
    s.wanted = 2;
    configure(&s);
    await(&s, is_released, "the second view released");
    assert_int_equal(service_of(&s, 1)->offer_count, 1);
    assert_int_equal(service_of(&s, 2)->offers[0].cost.units, money_of("4").units);
    struct refresher_report report;
    refresher_report(s.refresher, beta, &report);
    assert_false(report.has_list);
    unsigned asked = s.panels[1].lists;
    await_lists(&s, 3);
    assert_int_equal(s.panels[1].lists, asked);
    provider_set_unpin(&both);
    stage_fini(&s);
    assert_int_equal(s.released, 3);
}

static bool is_second_at(struct stage *s)
{
    return service_of(s, 2)->terms.base.units == s->wanted;
}

/* Another key: asked again at once, what is under way is forgotten. */
static void test_changed_provider(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.settings.refresh_ms = s.settings.balance_ms = 3600000;
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].is_silent = true;
    s.wanted = 2;
    refresher_ask_list(s.refresher, id_of(&s, 0));
    await(&s, has_refreshed, "the list asked again");
    struct provider_set *former = s.providers;
    s.providers = world_providers((struct world_provider[]){{"alpha", "1"}, {"beta", "1"}, {0}});
    free(s.providers->list[0].settings.key);
    s.providers->list[0].settings.key = memory_text("another");
    s.panels[0].is_silent = false;
    s.panels[0].rows[1].rate = "2.5";
    s.wanted = 3;
    configure(&s);
    await(&s, has_refreshed, "the list asked with the new key");
    assert_int_equal(s.panels[0].cancelled, 1);
    assert_int_equal(s.panels[1].lists, 1);
    s.wanted = 250000000;
    await(&s, is_second_at, "the new price");
    provider_set_unpin(&former);
    stage_fini(&s);
}

static bool has_balance(struct stage *s)
{
    return balances_get(id_of(s, 0)).amount.units == money_of(s->panels[0].balance).units;
}

static void test_balances(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].currency = "EUR";
    configure(&s);
    await(&s, has_balance, "the balance");
    s.panels[0].balance = "-2.5";
    await(&s, has_balance, "the next balance");
    s.settings.balance_ms = 3600000;
    s.wanted = 1;
    configure(&s);
    await(&s, is_released, "the former view released");
    s.panels[0].balance = "77";
    refresher_ask_balance(s.refresher, id_of(&s, 0));
    await(&s, has_balance, "the balance asked for");
    /* What an order said of funds is followed up without anybody asking. */
    s.panels[0].balance = "78";
    struct answer broke = {.outcome = OUTCOME_REFUSED,
                           .class = VERDICT_PROVIDER,
                           .rest = REST_FUNDS,
                           .is_funds = true,
                           .retry_after_s = -1};
    health_take(s.health, id_of(&s, 0), HEALTH_ORDERS, STR("101"), clock_steady_ms());
    health_note(s.health, id_of(&s, 0), HEALTH_ORDERS, STR("101"), &broke, money_of("1"),
                clock_steady_ms());
    await(&s, has_balance, "the balance that health wants");
    stage_fini(&s);
}

static bool is_held_back(struct stage *s)
{
    return strstr(report_of(s, 0).last_error, "paused") != NULL;
}

static void test_paused(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    provider_pause(&s.providers->list[0], true);
    configure(&s);
    await(&s, is_settled, "settled");
    await(&s, is_held_back, "held back");
    assert_int_equal(s.panels[0].lists + s.panels[0].balances, 0);
    provider_pause(&s.providers->list[0], false);
    await(&s, are_all_priced, "all priced after the pause");
    stage_fini(&s);
}

static bool has_other_refreshed(struct stage *s)
{
    return s->panels[1].lists >= s->wanted;
}

static void test_bad_key(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].outcome = OUTCOME_REFUSED;
    s.panels[0].is_key = true;
    configure(&s);
    await(&s, is_settled, "settled");
    await(&s, is_in_trouble, "trouble");
    unsigned asked = s.panels[0].lists + s.panels[0].balances;
    assert_true(asked <= 2);
    refresher_ask_list(s.refresher, id_of(&s, 0)); /* not even then */
    s.panels[0].outcome = OUTCOME_ACCEPTED;
    s.panels[0].is_key = false;
    s.wanted = s.panels[1].lists + 3;
    await(&s, has_other_refreshed, "more of beta's lists");
    assert_int_equal(s.panels[0].lists + s.panels[0].balances, asked);
    /* A balance that was asked for tells that the key works again. */
    refresher_ask_balance(s.refresher, id_of(&s, 0));
    await(&s, are_all_priced, "all priced");
    stage_fini(&s);
}

static void test_books_that_cannot_be_written(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.ledger_says = LEDGER_FULL;
    s.settings.import_count = 1;
    configure(&s);
    await(&s, is_settled, "settled");
    assert_non_null(service_of(&s, 507));
    stage_fini(&s);
}

static bool is_asked(struct stage *s)
{
    return s->panels[0].lists > 0 && s->panels[0].balances > 0;
}

static void test_stop_with_calls_under_way(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].is_silent = true;
    configure(&s);
    await(&s, is_asked, "asked");
    assert_false(refresher_is_settled(s.refresher));
    refresher_ask_list(s.refresher, id_of(&s, 0));
    configure(&s);
    refresher_accept(s.refresher, 200, STR_NONE, s.loop, on_accepted, &s);
    refresher_stop(s.refresher);
    assert_int_equal(s.panels[0].cancelled, 2);
    await(&s, has_accepted, "an answer after the stop");
    assert_int_equal(s.accepted, 0);
    assert_int_equal(s.released, 2);
    stage_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_lists),
        cmocka_unit_test(test_restart_with_dead_panels),
        cmocka_unit_test(test_nothing_ever_held),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_gone_within_the_limit),
        cmocka_unit_test(test_price_jump),
        cmocka_unit_test(test_quarantine_is_kept),
        cmocka_unit_test(test_fresh_cache_spares_a_download),
        cmocka_unit_test(test_ill_formed_cache),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_changed_provider),
        cmocka_unit_test(test_balances),
        cmocka_unit_test(test_paused),
        cmocka_unit_test(test_bad_key),
        cmocka_unit_test(test_books_that_cannot_be_written),
        cmocka_unit_test(test_stop_with_calls_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
