/* See gateway.h. Start: ledger, recovery, threads, lists, then the clients' port. End, in the order
 * that is safe: no new connections, drain the workers, stop refreshing, close the ledger (which
 * finishes its queue), free the listeners, then the loops. */
#include "app/gateway.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/metric.h"
#include "app/command.h"
#include "app/configuration_view.h"
#include "app/descriptors.h"
#include "app/gateway_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/transfer.h"
#include "orders/links.h"
#include "orders/place.h"
#include "v2/v2.h"

enum { DRAIN_MS = 30000, READ_AGAIN_MS = 1000 };

/* ---- metrics of the clients' side ---- */

static uint64_t gateway_load_counter(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void gateway_add_counts(struct buf *out, const char *name, const char *help,
                               const _Atomic uint64_t *counters)
{
    metric_family(out, METRIC_COUNTER, name, help);
    for (size_t row = 0; row < v2_action_count(); row++)
        metric_count(out, name, METRIC_LABELS({"action", str_of(v2_action_name(row))}),
                     gateway_load_counter(&counters[row]));
}

static void gateway_print_metrics(struct buf *out, void *arg)
{
    static const char seconds[] = "panelmux_action_seconds_total";
    (void)arg;
    gateway_add_counts(out, "panelmux_action_requests_total", "Clients' requests by action.",
                       v2_totals.requests);
    gateway_add_counts(out, "panelmux_action_errors_total",
                       "Those that were answered with an error.", v2_totals.errors);
    metric_family(out, METRIC_COUNTER, seconds, "Time from their arrival to their answer.");
    for (size_t row = 0; row < v2_action_count(); row++)
        metric_seconds(out, seconds, METRIC_LABELS({"action", str_of(v2_action_name(row))}),
                       (int64_t)gateway_load_counter(&v2_totals.microseconds[row]));
    metric_one_count(out, "panelmux_bad_keys_total", "Requests with a key that nobody has.",
                     gateway_load_counter(&v2_totals.bad_keys));
    metric_one_count(out, "panelmux_rate_limited_total", "Requests answered 429.",
                     gateway_load_counter(&v2_totals.rate_limited));
}

/* ---- recovery: what the ledger holds at the start ---- */

static void gateway_on_kept_order(const struct ledger_order *order, unsigned attempts, void *arg)
{
    struct gateway *g = arg;
    struct open_order live;
    (void)attempts;
    char *extra = str_copy(order->extra);
    open_order_from_ledger(order, &live);
    live.extra = extra;
    open_orders_put(g->open_orders, &live);
    free(extra);
    g->orphans += order->provider.len &&
                  provider_set_find(g->configuration->providers, order->provider) == NULL;
    if (str_is(order->currency, g->configuration->catalogue.currency))
        g->own_orders++;
    else if (g->foreign_orders++ == 0)
        snprintf(g->foreign_currency, sizeof g->foreign_currency, STR_FMT,
                 STR_ARG(order->currency));
    if (order->course.state == ORDERSTATE_QUEUED)
        links_load(open_orders_links(g->open_orders), order->link_hash, order->id);
    if (order->course.state != ORDERSTATE_PLACING)
        return;
    g->resumed = memory_resize(g->resumed, g->resumed_count + 1, sizeof *g->resumed);
    struct ledger_order *kept = &g->resumed[g->resumed_count++];
    *kept = *order;
    kept->client = arena_str(&g->resumed_arena, order->client);
    kept->fields = arena_str(&g->resumed_arena, order->fields);
    kept->provider = arena_str(&g->resumed_arena, order->provider);
    kept->request_id = arena_str(&g->resumed_arena, order->request_id);
    kept->currency = kept->extra = kept->reason = kept->upstream_id = kept->upstream_service =
        STR("");
}

static void gateway_on_kept_list(struct str provider, struct str body, int64_t fetched_at_ms,
                                 void *arg)
{
    struct gateway *g = arg;
    refresher_take_list(g->refresher, provider, body, fetched_at_ms);
}

static void gateway_on_kept_import(const struct ledger_import *import, void *arg)
{
    struct gateway *g = arg;
    refresher_take_import(g->refresher, import);
}

static void gateway_on_kept_price(const struct ledger_price *price, int64_t at_ms, void *arg)
{
    struct gateway *g = arg;
    refresher_take_price(g->refresher, price, at_ms);
}

/* One that has ended meanwhile counts no longer. */
static void gateway_on_kept_pause(const struct ledger_pause *kept, void *arg)
{
    struct provider_pause pause = {.until_ms = kept->until_ms, .at_ms = kept->at_ms};
    (void)arg;
    snprintf(pause.who, sizeof pause.who, STR_FMT, STR_ARG(kept->who));
    snprintf(pause.reason, sizeof pause.reason, STR_FMT, STR_ARG(kept->reason));
    provider_pause_name(kept->provider, &pause);
}

static bool gateway_has_money(const struct ledger_account *kept)
{
    return kept->account.balance.units != 0 || kept->account.held.units != 0;
}

/* own_out: how many accounts have money in `currency` itself. */
static bool gateway_check_balances(struct ledger *ledger, const char *currency, size_t *own_out,
                                   struct fault *why)
{
    struct ledger_query query = {.request = LEDGER_QUERY_ACCOUNTS};
    struct ledger_rows rows;
    struct arena arena;
    bool is_good = true;
    *own_out = 0;
    arena_init(&arena);
    ledger_read(ledger, &query, &arena, &rows);
    if (rows.result != LEDGER_DONE)
        is_good = fault_set(why, FAULT_BROKEN, "clients' accounts cannot be read (%s)",
                            ledger_result_name(rows.result));
    for (size_t i = 0; i < rows.account_count; i++) {
        const struct ledger_account *kept = &rows.accounts[i];
        bool is_own = str_is(kept->currency, currency);
        *own_out += is_own && gateway_has_money(kept);
        if (is_own || !is_good || !gateway_has_money(kept))
            continue;
        is_good = fault_set(
            why, FAULT_INVALID,
            "`currency` is %.10s now, but client `%.*s` has a balance in %.*s; set "
            "it back, or bring all balances to 0 first (client list, client credit)",
            currency, (int)(kept->client.len < 64 ? kept->client.len : 64), kept->client.ptr,
            (int)(kept->currency.len < 10 ? kept->currency.len : 10), kept->currency.ptr);
    }
    arena_fini(&arena);
    return is_good;
}

bool gateway_check_currency(struct ledger *ledger, const char *currency, struct fault *why)
{
    size_t own;
    return gateway_check_balances(ledger, currency, &own, why);
}

/* As a reload does. Where an older version let both currencies come into the ledger, no `currency`
 * would do: then it is said, and the gateway starts. */
static bool gateway_check_first_currency(struct gateway *g, struct fault *why)
{
    const char *currency = g->configuration->catalogue.currency;
    size_t own;
    bool is_good = gateway_check_balances(g->ledger, currency, &own, why);
    if (is_good && g->foreign_orders > 0)
        is_good = fault_set(why, FAULT_INVALID,
                            "`currency` is %.10s now, but %zu orders are under way in %s; set it "
                            "back until they have ended",
                            currency, g->foreign_orders, g->foreign_currency);
    if (is_good || why->code != FAULT_INVALID || own + g->own_orders == 0)
        return is_good;
    log_event(LOG_WARN, "currencies_mixed", "why=%s", log_value(str_of(why->message)).text);
    return true;
}

/* The file's clients and the ledger's; none may be in both. */
static bool gateway_merge_clients(struct gateway *g, struct fault *why)
{
    if (g->roster_fault.code != FAULT_NONE) {
        *why = g->roster_fault;
        return false;
    }
    for (size_t i = 0; i < roster_count(g->roster); i++)
        if (!configuration_check_client(g->configuration, str_of(roster_at(g->roster, i)->name),
                                        NULL, why))
            return false;
    g->clients = roster_merge(g->roster, g->configuration->clients, why);
    return g->clients != NULL && gateway_check_first_currency(g, why);
}

/* Orders whose clients may not have their numbers: what is not known to have been written was not.
 */
static void gateway_recover_claims(struct gateway *g)
{
    int64_t claim_ms = g->configuration->orders.claim_ms;
    struct ledger_query query = {.request = LEDGER_QUERY_UNCLAIMED,
                                 .since_ms = clock_wall_ms() - claim_ms};
    struct ledger_rows rows;
    struct arena arena;
    if (claim_ms == 0)
        return;
    arena_init(&arena);
    ledger_read(g->ledger, &query, &arena, &rows);
    for (size_t i = 0; i < rows.order_count; i++) {
        const struct ledger_order *order = &rows.orders[i];
        struct digest digest = claims_digest(order->client, order->service, order->fields);
        /* Who sent a ref sends it again. */
        if (order->parent == 0 && order->ref.len == 0 &&
            order->course.state != ORDERSTATE_CANCELED && order->course.state != ORDERSTATE_REFUSED)
            claims_load(g->claims, &digest, order->id, order->created_at_ms);
    }
    if (rows.result != LEDGER_DONE)
        log_event(LOG_WARN, "claims_unread", "why=\"unanswered orders could not be read\"");
    arena_fini(&arena);
}

static bool gateway_recover(struct gateway *g, struct fault *why)
{
    struct ledger_visit visit = {.order = gateway_on_kept_order,
                                 .list = gateway_on_kept_list,
                                 .import = gateway_on_kept_import,
                                 .price = gateway_on_kept_price,
                                 .client = client_changes_on_kept_client,
                                 .client_key = client_changes_on_kept_key,
                                 .pause = gateway_on_kept_pause,
                                 .arg = g};
    if (!ledger_recover(g->ledger, &visit, why) || !gateway_merge_clients(g, why))
        return false;
    gateway_recover_claims(g);
    log_event(LOG_INFO, "recovered", "unfinished=%zu resumed=%zu",
              open_orders_count(g->open_orders), g->resumed_count);
    if (g->orphans > 0)
        log_event(LOG_WARN, "orders_without_provider",
                  "orders=%zu why=\"their providers are not configured, so their status cannot be "
                  "queried\"",
                  g->orphans);
    return true;
}

/* ---- going on with orders between two offers ---- */

struct resumption {
    struct gateway *gateway;
    size_t index;
    struct loop_timer again;
};

static void gateway_query_attempts(void *arg);

/* Without its attempts nobody knows where it may go: then it waits. */
static void gateway_on_attempts(const struct ledger_rows *rows, void *arg)
{
    struct resumption *resumption = arg;
    struct gateway *g = resumption->gateway;
    if (rows->result != LEDGER_DONE && !g->is_draining) {
        loop_timer_start(&resumption->again, g->loop, READ_AGAIN_MS, gateway_query_attempts,
                         resumption);
        return;
    }
    if (rows->result == LEDGER_DONE)
        place_resume(g->context, &g->resumed[resumption->index], rows->attempts,
                     rows->attempt_count);
    loop_timer_fini(&resumption->again);
    free(resumption);
}

static void gateway_query_attempts(void *arg)
{
    struct resumption *resumption = arg;
    struct gateway *g = resumption->gateway;
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW,
                                 .id = g->resumed[resumption->index].id};
    ledger_query(g->ledger, g->loop, &query, gateway_on_attempts, resumption);
}

static void gateway_resume_orders(struct gateway *g)
{
    for (size_t i = 0; i < g->resumed_count; i++) {
        struct resumption *resumption = memory_new(sizeof *resumption);
        resumption->gateway = g;
        resumption->index = i;
        gateway_query_attempts(resumption);
    }
}

/* ---- snapshots ---- */

struct worker_news gateway_news(struct gateway *g, struct catalogue *catalogue,
                                struct configuration *configuration)
{
    return (struct worker_news){
        .catalogue = catalogue ? catalogue_pin(catalogue) : NULL,
        .configuration = configuration ? configuration_pin(configuration) : NULL,
        .clients = client_set_pin(g->clients),
        .tls = configuration && g->tls ? tls_context_pin(g->tls) : NULL,
    };
}

static void gateway_release_view(void *arg)
{
    struct configuration *configuration = arg;
    configuration_unpin(&configuration);
}

void gateway_use(struct gateway *g, struct configuration *configuration)
{
    struct configuration *pinned = configuration_pin(configuration);
    struct refresher_view view = {.settings = &pinned->catalogue,
                                  .providers = pinned->providers,
                                  .clients = g->coming_clients ? g->coming_clients : g->clients,
                                  .release = gateway_release_view,
                                  .arg = pinned};
    refresher_configure(g->refresher, &view);
}

static void gateway_notify_workers(struct gateway *g, struct catalogue *catalogue,
                                   struct configuration *configuration)
{
    for (size_t i = 0; i < g->worker_count; i++) {
        struct worker_news news = gateway_news(g, catalogue, configuration);
        worker_notify(g->workers[i], &news);
    }
}

static void gateway_open_when_settled(struct gateway *g);

static void gateway_use_on_main(struct gateway *g)
{
    admin_configure(g->admin, &g->configuration->admin, client_set_pin(g->clients));
    struct descriptors plan = descriptors_now(g->configuration);
    struct listener_settings side = g->configuration->admin.listener; /* borrows */
    descriptors_log(&plan);
    side.max_connections = plan.admin;
    listener_configure(g->admin_listener, &side, NULL);
    order_context_set_settings(g->context, &g->configuration->orders);
}

/* Clients, settings and catalogue of one configuration change together. */
void gateway_switch(struct gateway *g, struct catalogue *catalogue)
{
    gateway_use_on_main(g);
    order_context_set_catalogue(g->context, catalogue);
    gateway_open_when_settled(g);
}

void gateway_switch_clients(struct gateway *g, struct catalogue *catalogue)
{
    admin_configure(g->admin, &g->configuration->admin, client_set_pin(g->clients));
    order_context_set_catalogue(g->context, catalogue);
    gateway_open_when_settled(g);
}

static void gateway_on_published(struct loop_message *message)
{
    struct published *published = (struct published *)message;
    struct gateway *g = published->gateway;
    struct catalogue *catalogue = atomic_exchange(&published->newest, NULL);
    bool is_coming = g->coming_clients && catalogue->clients == g->coming_clients;
    /* One that was made with clients since replaced: a newer one is on its way. */
    if (g->is_draining || (!is_coming && catalogue->clients != g->clients)) {
        catalogue_unpin(&catalogue);
        return;
    }
    if (is_coming) {
        if (g->coming)
            reload_take(g, catalogue);
        else
            reload_take_clients(g, catalogue);
        return;
    }
    gateway_notify_workers(g, catalogue, NULL);
    order_context_set_catalogue(g->context, catalogue);
    gateway_open_when_settled(g);
}

/* On the refresh thread. A snapshot that was not taken yet gives way to the newer one, whose
 * message is under way already; after the end nobody takes it, and gateway_free_remainder frees it.
 */
static void gateway_publish(struct catalogue *catalogue, void *arg)
{
    struct gateway *g = arg;
    struct catalogue *older = atomic_exchange(&g->published.newest, catalogue);
    if (older)
        catalogue_unpin(&older);
    else
        loop_post(g->loop, &g->published.message);
}

static void *gateway_run_refresh(void *arg)
{
    struct gateway *g = arg;
    pthread_setname_np(pthread_self(), "refresh");
    loop_run(g->refresh_loop);
    return NULL;
}

/* ---- the admin side's view of the whole ---- */

static void gateway_fill_state(struct admin_state *out, void *arg)
{
    struct gateway *g = arg;
    *out = (struct admin_state){.is_open = g->is_open,
                                .is_draining = g->is_draining,
                                .workers = (unsigned)g->worker_count,
                                .reloads = g->reloads,
                                .failed_reloads = g->failed_reloads,
                                .configured_at_ms = g->configured_at_ms,
                                .started_at_ms = g->started_at_ms,
                                .path = g->configuration->path,
                                .front = &g->configuration->front,
                                .admin = &g->configuration->admin.listener};
    for (size_t i = 0; i < g->worker_count; i++) {
        struct worker_report report;
        worker_report(g->workers[i], &report);
        out->connections += report.connections;
        out->exchanges += report.exchanges;
        out->requests += report.requests;
        out->rejected += report.rejected;
        out->timeouts += report.timeouts;
        out->displaced += report.displaced;
        if (report.longest_turn_us > out->longest_turn_us)
            out->longest_turn_us = report.longest_turn_us;
    }
}

static void gateway_start_reload(void (*done)(const char *faults, void *done_arg), void *done_arg,
                                 void *arg)
{
    reload_start(arg, done, done_arg);
}

static void gateway_change_client(const struct client_change *change, client_changed_fn *done,
                                  void *done_arg, void *arg)
{
    client_changes_start(arg, change, done, done_arg);
}

/* ---- the end ---- */

static void gateway_check_drained(struct gateway *g)
{
    order_context_stop_polling(g->context);
    bool is_idle = order_context_is_idle(g->context) && admin_is_idle(g->admin);
    if (g->running_workers == 0 && (is_idle || g->is_drain_over))
        loop_stop(g->loop);
}

static void gateway_on_check(struct loop_deferred *deferred)
{
    gateway_check_drained(((struct gateway_check *)deferred)->gateway);
}

/* The last call to the admin side, or the last piece of this thread's own work, has ended. */
static void gateway_on_part_idle(void *arg)
{
    struct gateway *g = arg;
    if (g->is_draining)
        loop_defer(g->loop, &g->check.deferred, gateway_on_check);
}

static void gateway_on_worker_ended(void *arg)
{
    struct gateway *g = arg;
    g->running_workers--;
    gateway_check_drained(g);
}

/* Workers have the same deadline and report their end themselves. */
static void gateway_on_drain_deadline(void *arg)
{
    struct gateway *g = arg;
    g->is_drain_over = true;
    gateway_check_drained(g);
}

void gateway_end(struct gateway *g, int code)
{
    if (g->is_draining)
        return;
    g->is_draining = true;
    g->exit_code = code;
    reload_abandon(g);
    client_changes_abandon(g);
    g->drain_started_ms = clock_monotonic_ms();
    notify_stopping();
    for (size_t i = 0; i < g->worker_count; i++)
        worker_drain(g->workers[i], g->options.drain_ms);
    loop_timer_start(&g->drain_deadline, g->loop, g->options.drain_ms, gateway_on_drain_deadline,
                     g);
    gateway_check_drained(g);
}

/* ---- signals ---- */

static void gateway_on_end_signal(evutil_socket_t number, short events, void *arg)
{
    struct gateway *g = arg;
    (void)events;
    if (!g->is_draining)
        log_event(LOG_INFO, "draining", "signal=%d", (int)number);
    gateway_end(g, EXIT_OK);
}

static void gateway_on_reload_signal(evutil_socket_t number, short events, void *arg)
{
    (void)number, (void)events;
    reload_start(arg, NULL, NULL);
}

/* ---- opening the clients' port ---- */

/* A lock or an address held by another process is out of reach; everything else is a problem here.
 */
static int gateway_exit_code(const struct fault *why)
{
    return why->code == FAULT_CONFLICT ? EXIT_UNREACHABLE : EXIT_PROBLEM;
}

/* With the first catalogue, once each provider's list is held, has arrived, failed or is late. */
static void gateway_open_when_settled(struct gateway *g)
{
    struct fault why;
    if (g->is_open || g->is_draining || g->context->catalogue == NULL ||
        !refresher_is_settled(g->refresher))
        return;
    if (!opening_front(g, &why)) {
        log_event(LOG_ERROR, "cannot_listen", "reason=%s", log_value(str_of(why.message)).text);
        gateway_end(g, gateway_exit_code(&why));
        return;
    }
    g->is_open = true;
    log_event(LOG_INFO, "serving", "services=%zu workers=%zu", g->context->catalogue->count,
              g->worker_count);
    notify_ready();
    gateway_resume_orders(g);
    link_turns_start(g->link_turns);
    if (g->options.on_open)
        g->options.on_open(g->configuration->front.listen[0].text, g->options.arg);
}

static void gateway_on_settled(struct loop_message *message)
{
    gateway_open_when_settled(((struct gateway_message *)message)->gateway);
}

/* On the refresh thread, once. */
static void gateway_post_settled(void *arg)
{
    struct gateway *g = arg;
    loop_post(g->loop, &g->settled.message);
}

/* ---- life ---- */

static void gateway_catch_signals(struct gateway *g)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        g->signals[i] = evsignal_new(loop_base(g->loop), numbers[i],
                                     i < 2 ? gateway_on_end_signal : gateway_on_reload_signal, g);
        event_add(g->signals[i], NULL);
    }
}

/* The rooms, wired; no thread runs yet. */
static bool gateway_build(struct gateway *g, struct fault *why)
{
    struct configuration *configuration = g->configuration;
    g->ledger = ledger_open(&configuration->ledger, why);
    if (g->ledger == NULL || !opening_test(configuration, why))
        return false;
    if (configuration->front.certificate) {
        g->tls = tls_context_new(configuration->front.certificate, configuration->front.key, why);
        if (g->tls == NULL)
            return false;
    }
    g->loop = loop_new("main");
    g->refresh_loop = loop_new("refresh");
    g->health = health_new();
    g->open_orders = open_orders_new();
    g->roster = roster_new();
    g->claims = claims_new();
    g->refs = refs_new();
    g->cache = cache_open(&configuration->cache, g->refresh_loop, why);
    if (g->cache == NULL)
        return false;
    struct refresher_parts parts = {.loop = g->refresh_loop,
                                    .ledger = g->ledger,
                                    .cache = g->cache,
                                    .health = g->health,
                                    .publish = gateway_publish,
                                    .settled = gateway_post_settled,
                                    .arg = g};
    g->refresher = refresher_new(&parts);
    struct order_context_parts context = {.loop = g->loop,
                                          .ledger = g->ledger,
                                          .health = g->health,
                                          .open_orders = g->open_orders,
                                          .claims = g->claims,
                                          .refs = g->refs,
                                          .refresher = g->refresher};
    g->context = order_context_new(&context);
    order_context_on_idle(g->context, gateway_on_part_idle, g);
    return gateway_recover(g, why);
}

static int gateway_show_configuration(struct buf *json, void *arg)
{
    struct gateway *g = arg;
    configuration_view_show(g->configuration, "gateway", g->configured_at_ms, json);
    return 200;
}

static int gateway_compare_configuration(struct buf *json, void *arg)
{
    return configuration_view_compare(((struct gateway *)arg)->configuration, json);
}

static void gateway_build_admin(struct gateway *g)
{
    struct admin_parts parts = {.context = g->context,
                                .cache = g->cache,
                                .state = gateway_fill_state,
                                .reload = gateway_start_reload,
                                .show_configuration = gateway_show_configuration,
                                .compare_configuration = gateway_compare_configuration,
                                .change_client = gateway_change_client,
                                .roster = g->roster,
                                .metrics = gateway_print_metrics,
                                .on_idle = gateway_on_part_idle,
                                .arg = g};
    g->admin = admin_new(&parts);
    g->admin_listener = listener_new(g->loop, admin_handle, g->admin);
    gateway_use_on_main(g);
    g->tracker = tracker_new(g->context);
    g->watch = watch_new(g->context);
    g->refill_tracker = refill_tracker_new(g->context);
    g->link_turns = link_turns_new(g->context);
}

static void gateway_start_threads(struct gateway *g)
{
    struct worker_parts parts = {.ledger = g->ledger,
                                 .health = g->health,
                                 .open_orders = g->open_orders,
                                 .claims = g->claims,
                                 .refs = g->refs,
                                 .refresher = g->refresher,
                                 .main_loop = g->loop,
                                 .ended = gateway_on_worker_ended,
                                 .arg = g};
    g->worker_count = g->running_workers = g->configuration->workers;
    g->workers = memory_array(g->worker_count, sizeof(struct worker *));
    for (size_t i = 0; i < g->worker_count; i++)
        g->workers[i] = worker_new((unsigned)i + 1, &parts);
    gateway_notify_workers(g, NULL, g->configuration);
    ledger_start(g->ledger);
    for (size_t i = 0; i < g->worker_count; i++)
        worker_start(g->workers[i]);
    gateway_use(g, g->configuration);
    client_changes_watch_uses(g);
    ASSERT(pthread_create(&g->refresh_thread, NULL, gateway_run_refresh, g) == 0);
}

struct stop_message {
    struct loop_message message;
    struct gateway *gateway;
};

static void gateway_on_stop_refresh(struct loop_message *message)
{
    struct gateway *g = ((struct stop_message *)message)->gateway;
    refresher_stop(g->refresher);
    loop_stop(g->refresh_loop);
}

static void gateway_take_down(struct gateway *g)
{
    struct stop_message stop = {.message = {.run = gateway_on_stop_refresh}, .gateway = g};
    loop_post(g->refresh_loop, &stop.message);
    pthread_join(g->refresh_thread, NULL);
    for (size_t i = 0; i < g->worker_count; i++)
        worker_join(g->workers[i]);
    client_changes_note_uses(g);
    ledger_close(&g->ledger);
    listener_stop_accepting(g->admin_listener);
    for (size_t i = 0; i < g->worker_count; i++)
        worker_free(g->workers[i]);
    free(g->workers);
    /* An operation cut by the end is answered by nobody any more. */
    if (admin_is_idle(g->admin)) {
        listener_free(g->admin_listener);
        admin_free(g->admin);
    }
    refresher_free(g->refresher);
    g->refresher = NULL;
    cache_close(&g->cache);
}

static void gateway_free_remainder(struct gateway *g)
{
    loop_timer_fini(&g->drain_deadline);
    loop_timer_fini(&g->uses_timer);
    for (size_t i = 0; i < COUNT_OF(g->signals); i++)
        if (g->signals[i])
            event_free(g->signals[i]);
    tracker_free(g->tracker);
    watch_free(g->watch);
    refill_tracker_free(g->refill_tracker);
    order_context_free(g->context);
    if (g->ledger)
        ledger_close(&g->ledger);
    refresher_free(g->refresher); /* of a start that was given up: its thread never ran */
    cache_close(&g->cache);
    if (g->refresh_loop)
        loop_free(g->refresh_loop);
    if (g->loop)
        loop_free(g->loop);
    open_orders_free(g->open_orders);
    link_turns_free(g->link_turns);
    claims_free(g->claims);
    refs_free(g->refs);
    if (g->health)
        health_free(g->health);
    tls_context_unpin(&g->tls);
    tls_context_unpin(&g->coming_tls);
    struct catalogue *published = atomic_exchange(&g->published.newest, NULL);
    if (published)
        catalogue_unpin(&published);
    if (g->coming)
        configuration_unpin(&g->coming);
    if (g->arrived)
        catalogue_unpin(&g->arrived);
    client_set_unpin(&g->clients);
    client_set_unpin(&g->coming_clients);
    roster_free(g->roster);
    configuration_unpin(&g->configuration);
    arena_fini(&g->resumed_arena);
    free(g->resumed);
}

int gateway_run(struct configuration *configuration, const struct gateway_options *options)
{
    struct gateway g = {.options = *options,
                        .configuration = configuration,
                        .published = {.message = {.run = gateway_on_published}, .gateway = &g},
                        .settled = {.message = {.run = gateway_on_settled}, .gateway = &g},
                        .check = {.gateway = &g}};
    struct fault why = {0};
    STAILQ_INIT(&g.changes);
    STAILQ_INIT(&g.written);
    STAILQ_INIT(&g.published_changes);
    if (g.options.drain_ms == 0)
        g.options.drain_ms = DRAIN_MS;
    g.started_at_ms = g.configured_at_ms = clock_wall_ms();
    arena_init(&g.resumed_arena);
    log_begin();
    log_set_level(configuration->log.level);
    descriptors_raise_limit();
    transfer_global_init();
    if (!gateway_build(&g, &why)) {
        fprintf(stderr, "%spanelmux: %s\n", log_priority(LOG_ERROR), why.message);
        gateway_free_remainder(&g);
        return gateway_exit_code(&why);
    }
    gateway_catch_signals(&g);
    gateway_build_admin(&g);
    gateway_start_threads(&g);
    if (!opening_admin(&g, &why)) {
        fprintf(stderr, "%spanelmux: %s\n", log_priority(LOG_ERROR), why.message);
        gateway_end(&g, gateway_exit_code(&why));
    }
    loop_run(g.loop);
    gateway_take_down(&g);
    log_event(LOG_INFO, "ended", "drained_ms=%lld",
              (long long)(clock_monotonic_ms() - g.drain_started_ms));
    gateway_free_remainder(&g);
    return g.exit_code;
}
