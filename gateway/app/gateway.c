/* See gateway.h. Start: ledger, recovery, threads, lists, then the clients' port. End, in the order
 * that is safe: no new connections, drain the workers, stop refreshing, close the ledger (which
 * finishes what was asked), free the listeners, then the loops. */
#include "app/gateway.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "app/command.h"
#include "app/gateway_private.h"
#include "app/metrics_v2.h"
#include "app/notify.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/transfer.h"
#include "v2/v2.h"

enum { LOOK_MS = 10, DRAIN_MS = 30000 };

/* ---- snapshots ---- */

struct worker_news gateway_news(struct gateway *g, struct catalogue *catalogue,
                                struct configuration *configuration)
{
    return (struct worker_news){
        .catalogue = catalogue ? catalogue_pin(catalogue) : NULL,
        .configuration = configuration ? configuration_pin(configuration) : NULL,
        .tls = configuration && g->tls ? tls_context_pin(g->tls) : NULL,
    };
}

static void gateway_notify_workers(struct gateway *g, struct catalogue *catalogue,
                                   struct configuration *configuration)
{
    for (size_t i = 0; i < g->worker_count; i++) {
        struct worker_news news = gateway_news(g, catalogue, configuration);
        worker_notify(g->workers[i], &news);
    }
}

static void gateway_use_on_main(struct gateway *g)
{
    admin_configure(g->admin, &g->configuration->admin, client_set_pin(g->configuration->clients));
    listener_configure(g->admin_listener, &g->configuration->admin.listener, NULL);
    order_context_set_settings(g->context, &g->configuration->orders);
}

/* Clients, settings and catalogue of one configuration change together. */
static void gateway_on_published(struct loop_message *message)
{
    struct published *published = (struct published *)message;
    struct gateway *g = published->gateway;
    struct catalogue *catalogue = atomic_exchange(&published->newest, NULL);
    if (g->is_draining) {
        catalogue_unpin(&catalogue);
        return;
    }
    if (g->coming && catalogue->providers == g->coming->providers) {
        reload_take(g, catalogue);
        gateway_use_on_main(g);
    } else {
        gateway_notify_workers(g, catalogue, NULL);
    }
    order_context_set_catalogue(g->context, catalogue);
}

/* On the refresh thread. A snapshot that was not taken yet gives way to the newer one, whose
 * message is under way already; after the end nobody takes it, and free_rest lets it go. */
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
                                .started_at_ms = g->started_at_ms};
    for (size_t i = 0; i < g->worker_count; i++) {
        struct worker_report report;
        worker_report(g->workers[i], &report);
        out->connections += report.connections;
        out->exchanges += report.exchanges;
        out->requests += report.requests;
        out->rejected += report.rejected;
        out->timeouts += report.timeouts;
        if (report.longest_turn_us > out->longest_turn_us)
            out->longest_turn_us = report.longest_turn_us;
    }
}

static void gateway_start_reload(void (*done)(const char *faults, void *done_arg), void *done_arg,
                                 void *arg)
{
    reload_start(arg, done, done_arg);
}

/* ---- signals ---- */

static void gateway_on_drain_look(void *arg)
{
    struct gateway *g = arg;
    bool is_over = true;
    order_context_stop_polling(g->context);
    for (size_t i = 0; i < g->worker_count; i++)
        is_over = is_over && worker_has_ended(g->workers[i]);
    if (is_over && ((order_context_is_idle(g->context) && admin_is_idle(g->admin)) ||
                    clock_monotonic_ms() - g->drain_started_ms > g->options.drain_ms)) {
        loop_stop(g->loop);
        return;
    }
    loop_timer_start(&g->timer, g->loop, LOOK_MS, gateway_on_drain_look, g);
}

static void gateway_on_end_signal(evutil_socket_t number, short events, void *arg)
{
    struct gateway *g = arg;
    (void)events;
    if (g->is_draining)
        return;
    g->is_draining = true;
    reload_abandon(g);
    g->drain_started_ms = clock_monotonic_ms();
    log_event(LOG_INFO, "draining", "signal=%d", (int)number);
    notify_stopping();
    for (size_t i = 0; i < g->worker_count; i++)
        worker_drain(g->workers[i], g->options.drain_ms);
    gateway_on_drain_look(g);
}

static void gateway_on_reload_signal(evutil_socket_t number, short events, void *arg)
{
    (void)number, (void)events;
    reload_start(arg, NULL, NULL);
}

/* ---- opening the clients' port ---- */

/* A lock or an address that another process holds is out of reach; all else is a problem here. */
static int gateway_exit_code(const struct fault *why)
{
    return why->code == FAULT_CONFLICT ? EXIT_UNREACHABLE : EXIT_PROBLEM;
}

static void gateway_on_settle_look(void *arg)
{
    struct gateway *g = arg;
    struct fault why;
    if (g->is_draining)
        return;
    if (!refresher_is_settled(g->refresher) || g->context->catalogue == NULL) {
        loop_timer_start(&g->timer, g->loop, LOOK_MS, gateway_on_settle_look, g);
        return;
    }
    if (!opening_front(g, &why)) {
        log_event(LOG_ERROR, "cannot_listen", "reason=%s", log_value(str_of(why.message)).text);
        g->exit_code = gateway_exit_code(&why);
        raise(SIGTERM);
        return;
    }
    g->is_open = true;
    log_event(LOG_INFO, "serving", "services=%zu workers=%zu", g->context->catalogue->count,
              g->worker_count);
    notify_ready();
    recovery_resume(g);
    if (g->options.on_open)
        g->options.on_open(g->configuration->front.listen[0].text, g->options.arg);
}

/* ---- life ---- */

static void gateway_raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

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
    g->cache = cache_open(&configuration->cache, g->refresh_loop, why);
    if (g->cache == NULL)
        return false;
    struct refresher_parts parts = {.loop = g->refresh_loop,
                                    .ledger = g->ledger,
                                    .cache = g->cache,
                                    .health = g->health,
                                    .publish = gateway_publish,
                                    .arg = g};
    g->refresher = refresher_new(&parts);
    struct order_context_parts context = {.loop = g->loop,
                                          .ledger = g->ledger,
                                          .health = g->health,
                                          .open_orders = g->open_orders,
                                          .refresher = g->refresher};
    g->context = order_context_new(&context);
    return recovery_run(g, why);
}

static void gateway_build_admin(struct gateway *g)
{
    struct admin_parts parts = {.context = g->context,
                                .cache = g->cache,
                                .state = gateway_fill_state,
                                .reload = gateway_start_reload,
                                .metrics = metrics_v2,
                                .arg = g};
    g->admin = admin_new(&parts);
    g->admin_listener = listener_new(g->loop, admin_handle, g->admin);
    gateway_use_on_main(g);
}

static void gateway_start_threads(struct gateway *g)
{
    struct worker_parts parts = {.ledger = g->ledger,
                                 .health = g->health,
                                 .open_orders = g->open_orders,
                                 .refresher = g->refresher};
    g->worker_count = g->configuration->workers;
    g->workers = memory_array(g->worker_count, sizeof(struct worker *));
    for (size_t i = 0; i < g->worker_count; i++)
        g->workers[i] = worker_new((unsigned)i + 1, &parts);
    gateway_notify_workers(g, NULL, g->configuration);
    ledger_start(g->ledger);
    for (size_t i = 0; i < g->worker_count; i++)
        worker_start(g->workers[i]);
    gateway_use(g, g->configuration);
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
    cache_close(&g->cache);
}

static void gateway_free_rest(struct gateway *g)
{
    loop_timer_fini(&g->timer);
    for (size_t i = 0; i < COUNT_OF(g->signals); i++)
        if (g->signals[i])
            event_free(g->signals[i]);
    order_context_free(g->context);
    if (g->ledger)
        ledger_close(&g->ledger);
    if (g->refresh_loop)
        loop_free(g->refresh_loop);
    if (g->loop)
        loop_free(g->loop);
    open_orders_free(g->open_orders);
    if (g->health)
        health_free(g->health);
    tls_context_unpin(&g->tls);
    tls_context_unpin(&g->coming_tls);
    struct catalogue *published = atomic_exchange(&g->published.newest, NULL);
    if (published)
        catalogue_unpin(&published);
    if (g->coming)
        configuration_unpin(&g->coming);
    configuration_unpin(&g->configuration);
    arena_fini(&g->resumed_arena);
    free(g->resumed);
}

int gateway_run(struct configuration *configuration, const struct gateway_options *options)
{
    struct gateway g = {.options = *options,
                        .configuration = configuration,
                        .published = {.message = {.run = gateway_on_published}, .gateway = &g}};
    struct fault why = {0};
    if (g.options.drain_ms == 0)
        g.options.drain_ms = DRAIN_MS;
    g.started_at_ms = g.configured_at_ms = clock_wall_ms();
    arena_init(&g.resumed_arena);
    gateway_raise_file_limit();
    transfer_global_init();
    if (!gateway_build(&g, &why)) {
        fprintf(stderr, "panelmux: %s\n", why.message);
        gateway_free_rest(&g);
        return gateway_exit_code(&why);
    }
    gateway_catch_signals(&g);
    gateway_build_admin(&g);
    gateway_start_threads(&g);
    if (opening_admin(&g, &why)) {
        gateway_on_settle_look(&g);
    } else {
        fprintf(stderr, "panelmux: %s\n", why.message);
        g.exit_code = gateway_exit_code(&why);
        raise(SIGTERM);
    }
    loop_run(g.loop);
    gateway_take_down(&g);
    log_event(LOG_INFO, "ended", "drained_ms=%lld",
              (long long)(clock_monotonic_ms() - g.drain_started_ms));
    gateway_free_rest(&g);
    return g.exit_code;
}
