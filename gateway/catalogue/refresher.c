/* See refresher.h: its life, its configuration, the snapshots it publishes, what other threads want
 * of it, its reports. What it keeps of one provider is in feedlist.c and feedbalance.c. */
#include "catalogue/refresher.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "catalogue/assemble.h"
#include "catalogue/feed.h"
#include "catalogue/pricelist.h"
#include "providers/dialect.h"

enum { TICK_MS = 1000, SETTLE_MS = 10000, GATHER_MS = 50 };

/* ---- life ---- */

struct refresher *refresher_new(const struct refresher_parts *parts)
{
    struct refresher *refresher = memory_new(sizeof *refresher);
    refresher->parts = *parts;
    refresher->numbers = importplan_numbers_new();
    digest_random(&refresher->random, sizeof refresher->random);
    atomic_init(&refresher->is_settled, false);
    pthread_mutex_init(&refresher->reports_mutex, NULL);
    return refresher;
}

static void refresher_feed_free(struct feed *feed)
{
    provider_list_free(&feed->list);
    provider_list_free(&feed->shrunken);
    pricebook_fini(&feed->book);
    free(feed->name);
    free(feed);
}

void refresher_free(struct refresher *refresher)
{
    if (!refresher)
        return;
    while (refresher->feeds) {
        struct feed *feed = refresher->feeds;
        refresher->feeds = feed->next;
        refresher_feed_free(feed);
    }
    importplan_numbers_free(&refresher->numbers);
    catalogue_unpin(&refresher->last);
    pthread_mutex_destroy(&refresher->reports_mutex);
    free(refresher);
}

struct feed *refresher_feed(struct refresher *refresher, struct str name)
{
    for (struct feed *feed = refresher->feeds; feed; feed = feed->next)
        if (str_is(name, feed->name))
            return feed;
    struct feed *feed = memory_new(sizeof *feed);
    feed->refresher = refresher;
    feed->name = str_copy(name);
    feed->list_call.feed = feed->balance_call.feed = feed;
    feed->next = refresher->feeds;
    refresher->feeds = feed;
    return feed;
}

int64_t refresher_jitter(struct refresher *refresher, int64_t span_ms)
{
    /* A linear congruential step: only here to keep panels from being called in step. */
    refresher->random = refresher->random * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return span_ms > 0 ? (int64_t)((refresher->random >> 33) % (uint64_t)(span_ms + 1)) : 0;
}

/* ---- what the ledger kept ---- */

void refresher_take_list(struct refresher *refresher, struct str provider, struct str body,
                         int64_t fetched_at_ms)
{
    struct feed *feed = refresher_feed(refresher, provider);
    struct provider_list *list = provider_list_parse(body, &feed->book, &feed->outage, false);
    if (!list)
        return;
    list->fetched_at_ms = fetched_at_ms;
    provider_list_free(&feed->list);
    feed->list = list;
    feed->is_outage_kept = feed->outage.why != OUTAGE_NONE;
}

void refresher_take_import(struct refresher *refresher, const struct ledger_import *import)
{
    importplan_numbers_take(refresher->numbers, import->provider, import->upstream_service,
                            import->service);
}

void refresher_take_price(struct refresher *refresher, const struct ledger_price *price,
                          int64_t at_ms)
{
    /* The kept list knows better what is in it; this is for services that left it, which then
     * count as gone, not as never seen. A quarantined price was never the accepted one. */
    struct feed *feed = refresher_feed(refresher, price->provider);
    bool is_known = pricebook_find(&feed->book, price->upstream_service) != NULL;
    struct price_state *state = pricebook_need(&feed->book, price->upstream_service);
    (void)at_ms;
    if (is_known || !state || strcmp(price->note, "quarantined") == 0)
        return;
    *state = (struct price_state){.has_accepted = true, .accepted = price->rate};
}

/* ---- settled ---- */

static bool refresher_has_settled(const struct refresher *refresher)
{
    if (!refresher->view.settings || refresher->is_dirty)
        return false;
    for (const struct feed *feed = refresher->feeds; feed; feed = feed->next)
        if (feed->is_active && !feed->list && !feed->is_tried && !refresher->is_time_over)
            return false;
    return true;
}

void refresher_settle(struct refresher *refresher)
{
    if (atomic_load(&refresher->is_settled) || !refresher_has_settled(refresher))
        return;
    atomic_store(&refresher->is_settled, true);
    if (refresher->parts.settled)
        refresher->parts.settled(refresher->parts.arg);
}

/* ---- from what the feeds hold to one new snapshot, published if it says something new ---- */

struct refresher_ingredients {
    const struct provider_list *lists[PROVIDER_MAX];
    const struct pricebook *books[PROVIDER_MAX];
    int64_t blocked_since_ms[PROVIDER_MAX];
};

static void refresher_gather(const struct refresher *refresher, struct refresher_ingredients *out)
{
    int64_t now_ms = clock_wall_ms();
    *out = (struct refresher_ingredients){0};
    for (struct feed *feed = refresher->feeds; feed; feed = feed->next) {
        if (!feed->is_active)
            continue;
        out->lists[feed->id] = feed->list;
        out->books[feed->id] = &feed->book;
        feedoutage_count(feed);
        if (feed->outage.why != OUTAGE_NONE)
            out->blocked_since_ms[feed->id] = now_ms - feed->outage.ran_ms;
    }
}

static void refresher_log_snapshot(const struct catalogue *catalogue)
{
    size_t priced = 0, held = 0;
    for (size_t i = 0; i < catalogue->count; i++) {
        priced += catalogue->list[i].is_priced;
        for (size_t o = 0; o < catalogue->list[i].offer_count; o++)
            held += catalogue->list[i].offers[o].is_quarantined;
    }
    log_event(LOG_INFO, "catalogue_published",
              "version=%llu services=%zu for_sale=%zu offers_quarantined=%zu",
              (unsigned long long)catalogue->version, catalogue->count, priced, held);
}

static void refresher_publish_snapshot(struct refresher *refresher, struct catalogue *catalogue)
{
    pricelist_make_all(catalogue, refresher->view.clients, refresher->last);
    catalogue->version = ++refresher->version;
    catalogue_unpin(&refresher->last);
    refresher->last = catalogue;
    refresher_log_snapshot(catalogue);
    refresher->parts.publish(catalogue_pin(catalogue), refresher->parts.arg);
}

static struct catalogue *refresher_assemble(const struct refresher *refresher,
                                            const struct refresher_ingredients *from,
                                            const struct importplan *plan)
{
    struct assemble_input input = {.settings = refresher->view.settings,
                                   .providers = refresher->view.providers,
                                   .lists = from->lists,
                                   .books = from->books,
                                   .blocked_since_ms = from->blocked_since_ms,
                                   .plan = plan};
    return assemble_make(&input, clock_wall_ms());
}

static void refresher_log_moved(const struct importplan *plan)
{
    if (plan->moved > 0)
        log_event(LOG_WARN, "import_numbers_moved",
                  "services=%zu why=\"first_id + theirs is no free number\"", plan->moved);
    if (plan->left_over > 0)
        log_event(LOG_ERROR, "import_numbers_used_up", "services=%zu", plan->left_over);
}

struct catalogue *refresher_imagine(struct refresher *refresher)
{
    struct refresher_ingredients from;
    struct importplan plan;
    refresher_gather(refresher, &from);
    importplan_make(refresher->view.settings, refresher->view.providers, from.lists,
                    refresher->numbers, &plan);
    refresher_log_moved(&plan); /* numbers given here are given: the next plan finds them */
    struct catalogue *catalogue = refresher_assemble(refresher, &from, &plan);
    importplan_fini(&plan);
    return catalogue;
}

/* What has left the list is not back on it for a while after a crash. */
static void refresher_keep_unlisted(struct refresher *refresher, const struct catalogue *catalogue)
{
    size_t before = refresher->last ? refresher->last->unlisted : 0;
    for (struct feed *feed = refresher->feeds; feed && catalogue->unlisted > before;
         feed = feed->next)
        if (feed->is_active && (feed->outage.why != OUTAGE_NONE || feed->quarantined > 0))
            feedoutage_keep(feed);
}

static void refresher_make_snapshot(struct refresher *refresher,
                                    const struct refresher_ingredients *from,
                                    const struct importplan *plan)
{
    struct catalogue *catalogue = refresher_assemble(refresher, from, plan);
    bool is_news = refresher->must_publish || !refresher->last ||
                   !catalogue_is_same(catalogue, refresher->last);
    refresher->is_dirty = false;
    refresher->must_publish = false;
    refresher->unlist_at_ms = catalogue->unlist_at_ms;
    refresher_keep_unlisted(refresher, catalogue);
    if (is_news)
        refresher_publish_snapshot(refresher, catalogue);
    else
        catalogue_unpin(&catalogue);
    refresher_settle(refresher);
}

/* ---- numbers for imports: durable before anybody sees them ---- */

static void refresher_on_numbers_kept(struct ledger_outcome outcome, void *arg)
{
    struct refresher *refresher = arg;
    refresher->is_keeping_numbers = false;
    /* A ledger that cannot be written is no reason to sell nothing: the numbers are handed over
     * again with the next snapshot. */
    refresher->is_numbers_failed = outcome.result != LEDGER_DONE;
    if (outcome.result == LEDGER_DONE)
        importplan_numbers_all_kept(refresher->numbers);
    else
        log_event(LOG_WARN, "import_numbers_not_kept", "result=%s",
                  ledger_result_name(outcome.result));
    if (!refresher->is_stopped)
        refresher_publish_now(refresher);
}

/* True when there is nothing to wait for. */
static bool refresher_keep_numbers(struct refresher *refresher)
{
    struct ledger_import *list;
    size_t count = importplan_numbers_unkept(refresher->numbers, &list);
    if (count > 0) {
        refresher->is_keeping_numbers = true;
        ledger_keep_imports(refresher->parts.ledger, refresher->parts.loop, list, count,
                            refresher_on_numbers_kept, refresher);
    }
    free(list);
    return count == 0;
}

static void refresher_on_publish_timer(void *arg)
{
    refresher_publish_now(arg);
}

void refresher_publish_now(struct refresher *refresher)
{
    if (refresher->is_stopped || !refresher->view.settings || refresher->is_keeping_numbers)
        return; /* what keeps the numbers calls again */
    loop_timer_cancel(&refresher->publish_timer);
    struct refresher_ingredients from;
    struct importplan plan;
    refresher_gather(refresher, &from);
    importplan_make(refresher->view.settings, refresher->view.providers, from.lists,
                    refresher->numbers, &plan);
    refresher_log_moved(&plan);
    bool must_wait = refresher->parts.ledger && !refresher->is_numbers_failed &&
                     !refresher_keep_numbers(refresher);
    refresher->is_numbers_failed = false;
    if (!must_wait)
        refresher_make_snapshot(refresher, &from, &plan);
    importplan_fini(&plan);
}

void refresher_publish_soon(struct refresher *refresher)
{
    refresher->is_dirty = true;
    if (!refresher->is_keeping_numbers && !refresher->publish_timer.is_armed)
        loop_timer_start(&refresher->publish_timer, refresher->parts.loop, GATHER_MS,
                         refresher_on_publish_timer, refresher);
}

/* ---- configuration ---- */

static void refresher_note_panel(struct feed *feed, const struct provider_settings *settings)
{
    struct buf text;
    char digits[65];
    buf_init(&text, 16384);
    buf_printf(&text, "%s\n%s\n%s\n%s", settings->url, settings->key, settings->currency,
               settings->dialect ? settings->dialect->name : "");
    struct digest digest = digest_sha256(buf_str(&text));
    digest_print(&digest, digits);
    snprintf(feed->panel, sizeof feed->panel, "%.16s", digits);
    explicit_bzero(text.ptr, text.len);
    buf_fini(&text);
}

void refresher_cache_name(const struct feed *feed, const char *what, char out[CACHE_NAME_BYTES])
{
    snprintf(out, CACHE_NAME_BYTES, "%s:%.200s:%s", what, feed->name, feed->panel);
}

static void refresher_feed_start(struct feed *feed, const struct provider *provider)
{
    feed->id = provider->id;
    feed->is_active = true;
    feed->refresher->by_id[feed->id] = feed;
    refresher_note_panel(feed, &provider->settings);
    feedbalance_start_closed(feed);
    feedlist_start(feed);
    feedbalance_start(feed);
}

static void refresher_feed_stop(struct feed *feed)
{
    struct refresher *refresher = feed->refresher;
    if (feed->outage.why != OUTAGE_NONE || feed->quarantined > 0)
        feedoutage_keep(feed);
    feedlist_stop(feed);
    feedbalance_stop(feed);
    feed->held_counted_ms = feed->outage.counted_ms = 0; /* until it is back nothing counts */
    feed->is_active = false;
    refresher->by_id[feed->id] = NULL;
    pthread_mutex_lock(&refresher->reports_mutex);
    refresher->reports[feed->id] = (struct refresher_report){0};
    pthread_mutex_unlock(&refresher->reports_mutex);
}

/* The panel would respond another way now. */
static bool refresher_is_changed(const struct provider_settings *a,
                                 const struct provider_settings *b)
{
    return !str_is_same(a->url, b->url) || !str_is_same(a->key, b->key) ||
           !str_is_same(a->currency, b->currency) || !str_is_same(a->ca_file, b->ca_file) ||
           a->dialect != b->dialect;
}

static void refresher_view_fini(struct refresher_view *view)
{
    if (!view->settings)
        return;
    provider_set_unpin(&view->providers);
    client_set_unpin(&view->clients);
    view->release(view->arg);
    *view = (struct refresher_view){0};
}

static void refresher_adopt_provider(struct refresher *refresher, const struct provider *provider,
                                     const struct provider *before)
{
    struct feed *feed = refresher_feed(refresher, str_of(provider->settings.name));
    if (!feed->is_active) {
        refresher_feed_start(feed, provider);
    } else if (before && refresher_is_changed(&before->settings, &provider->settings)) {
        /* What is under way, and what the cache has, is from before. */
        feedlist_stop(feed);
        feedbalance_stop(feed);
        refresher_note_panel(feed, &provider->settings);
        feedbalance_judge_currency(feed, provider);
        feedlist_start(feed);
        feedbalance_start(feed);
        feedlist_fetch_now(feed);
        feedbalance_fetch_now(feed);
    } else {
        feedlist_retime(feed);
        feedbalance_retime(feed);
    }
    feedbalance_judge_low(feed, provider);
}

static void refresher_adopt(struct refresher *refresher, const struct refresher_view *view)
{
    struct refresher_view before = refresher->view;
    refresher->view = *view;
    for (struct feed *feed = refresher->feeds; feed; feed = feed->next)
        if (feed->is_active && !provider_set_by_id(view->providers, feed->id))
            refresher_feed_stop(feed);
    for (size_t i = 0; i < view->providers->count; i++) {
        const struct provider *provider = &view->providers->list[i];
        refresher_adopt_provider(
            refresher, provider,
            before.settings ? provider_set_by_id(before.providers, provider->id) : NULL);
    }
    refresher_view_fini(&before);
    refresher->is_dirty = refresher->must_publish = true;
    refresher_publish_now(refresher);
}

static void refresher_on_tick(void *arg)
{
    struct refresher *refresher = arg;
    for (struct feed *feed = refresher->feeds; feed; feed = feed->next) {
        if (!feed->is_active)
            continue;
        if (!feed->is_balance_wanted &&
            health_wants_balance(refresher->parts.health, feed->id, clock_monotonic_ms()))
            feedbalance_fetch_now(feed);
        feedoutage_look(feed);
    }
    if (refresher->unlist_at_ms != 0 && clock_wall_ms() >= refresher->unlist_at_ms)
        refresher_publish_soon(refresher);
    loop_timer_start(&refresher->tick_timer, refresher->parts.loop, TICK_MS, refresher_on_tick,
                     refresher);
}

static void refresher_on_time_over(void *arg)
{
    struct refresher *refresher = arg;
    refresher->is_time_over = true;
    refresher_settle(refresher);
}

static void refresher_start_once(struct refresher *refresher)
{
    if (refresher->tick_timer.is_armed)
        return;
    loop_timer_start(&refresher->tick_timer, refresher->parts.loop, TICK_MS, refresher_on_tick,
                     refresher);
    loop_timer_start(&refresher->settle_timer, refresher->parts.loop, SETTLE_MS,
                     refresher_on_time_over, refresher);
}

void refresher_stop(struct refresher *refresher)
{
    refresher->is_stopped = true;
    for (struct feed *feed = refresher->feeds; feed; feed = feed->next)
        if (feed->is_active)
            refresher_feed_stop(feed);
    loop_timer_fini(&refresher->publish_timer);
    loop_timer_fini(&refresher->tick_timer);
    loop_timer_fini(&refresher->settle_timer);
    refresher_view_fini(&refresher->view);
}

/* ---- from other threads ---- */

struct refresher_task {
    struct loop_message message; /* first: the message is the request */
    struct refresher *refresher;
    struct refresher_view view;
    unsigned provider_id;
    struct loop *loop; /* of whoever asked */
    void *arg;
    /* what waits for an operator */
    refresher_quarantine_fn *told;
    struct quarantine quarantine;
    /* accept */
    refresher_accepted_fn *done;
    struct accept_wish wish; /* in the arena, as is what acceptance holds */
    struct acceptance acceptance;
    struct arena arena;
};

static void refresher_task_free(struct refresher_task *deferred)
{
    catalogue_unpin(&deferred->quarantine.now);
    catalogue_unpin(&deferred->quarantine.then);
    arena_fini(&deferred->quarantine.arena);
    arena_fini(&deferred->arena);
    free(deferred);
}

static struct refresher_task *refresher_task_new(struct refresher *refresher, loop_message_fn *run)
{
    struct refresher_task *deferred = memory_new(sizeof *deferred);
    deferred->message.run = run;
    deferred->refresher = refresher;
    arena_init(&deferred->arena);
    arena_init(&deferred->quarantine.arena);
    return deferred;
}

static struct feed *refresher_feed_of(const struct refresher_task *deferred)
{
    return deferred->provider_id < PROVIDER_MAX ? deferred->refresher->by_id[deferred->provider_id]
                                                : NULL;
}

static void refresher_run_configure(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    if (deferred->refresher->is_stopped) {
        refresher_view_fini(&deferred->view);
    } else {
        refresher_start_once(deferred->refresher);
        refresher_adopt(deferred->refresher, &deferred->view);
    }
    refresher_task_free(deferred);
}

void refresher_configure(struct refresher *refresher, const struct refresher_view *view)
{
    struct refresher_task *deferred = refresher_task_new(refresher, refresher_run_configure);
    deferred->view = *view;
    provider_set_pin(view->providers);
    client_set_pin(view->clients);
    loop_post(refresher->parts.loop, &deferred->message);
}

static void refresher_run_fetch_list(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    struct feed *feed = refresher_feed_of(deferred);
    if (feed)
        feedlist_fetch_now(feed);
    refresher_task_free(deferred);
}

void refresher_fetch_list(struct refresher *refresher, unsigned provider_id)
{
    struct refresher_task *deferred = refresher_task_new(refresher, refresher_run_fetch_list);
    deferred->provider_id = provider_id;
    loop_post(refresher->parts.loop, &deferred->message);
}

static void refresher_run_complain(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    struct feed *feed = refresher_feed_of(deferred);
    if (feed)
        feedlist_complain(feed);
    refresher_task_free(deferred);
}

void refresher_complain(struct refresher *refresher, unsigned provider_id)
{
    struct refresher_task *deferred = refresher_task_new(refresher, refresher_run_complain);
    deferred->provider_id = provider_id;
    loop_post(refresher->parts.loop, &deferred->message);
}

static void refresher_run_fetch_balance(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    struct feed *feed = refresher_feed_of(deferred);
    if (feed)
        feedbalance_fetch_now(feed);
    refresher_task_free(deferred);
}

void refresher_fetch_balance(struct refresher *refresher, unsigned provider_id)
{
    struct refresher_task *deferred = refresher_task_new(refresher, refresher_run_fetch_balance);
    deferred->provider_id = provider_id;
    loop_post(refresher->parts.loop, &deferred->message);
}

/* ---- an operator's accept ---- */

static void refresher_run_told(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    deferred->told(&deferred->quarantine, deferred->arg);
    refresher_task_free(deferred);
}

static void refresher_run_quarantine(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    struct feed *feed = refresher_feed_of(deferred);
    if (feed)
        feedaccept_describe(feed, &deferred->quarantine);
    deferred->message.run = refresher_run_told;
    loop_post(deferred->loop, &deferred->message);
}

void refresher_quarantine(struct refresher *refresher, unsigned provider_id, struct loop *loop,
                          refresher_quarantine_fn *done, void *arg)
{
    struct refresher_task *deferred = refresher_task_new(refresher, refresher_run_quarantine);
    deferred->provider_id = provider_id;
    deferred->loop = loop;
    deferred->told = done;
    deferred->arg = arg;
    loop_post(refresher->parts.loop, &deferred->message);
}

static void refresher_run_accepted(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    deferred->done(&deferred->acceptance, deferred->arg);
    refresher_task_free(deferred);
}

static void refresher_end_accept(struct refresher_task *deferred)
{
    deferred->message.run = refresher_run_accepted;
    loop_post(deferred->loop, &deferred->message);
}

static void refresher_on_accept_kept(struct ledger_outcome outcome, void *arg)
{
    struct refresher_task *deferred = arg;
    struct feed *feed = refresher_feed_of(deferred);
    deferred->acceptance.is_kept = outcome.result == LEDGER_DONE;
    if (feed && outcome.result != LEDGER_DONE)
        feedlist_not_kept(feed);
    refresher_end_accept(deferred);
}

/* The requester sees it in force, and a restart knows of it, when done runs. */
static void refresher_run_accept(struct loop_message *message)
{
    struct refresher_task *deferred = (struct refresher_task *)(void *)message;
    struct feed *feed = refresher_feed_of(deferred);
    struct acceptance *acceptance = &deferred->acceptance;
    if (feed)
        feedaccept_take(feed, &deferred->wish, &deferred->arena, acceptance);
    else
        fault_set(&acceptance->why, FAULT_NOT_FOUND,
                  "there is no such provider; see provider list");
    if (acceptance->count + acceptance->gone == 0) {
        refresher_end_accept(deferred);
        return;
    }
    bool is_being_kept = feedlist_keep_accepted(feed, refresher_on_accept_kept, deferred);
    refresher_publish_now(deferred->refresher);
    if (!is_being_kept) {
        acceptance->is_kept = deferred->refresher->parts.ledger == NULL;
        refresher_end_accept(deferred);
    }
}

static void refresher_copy_wish(struct refresher_task *deferred, const struct accept_wish *wish)
{
    struct arena *arena = &deferred->arena;
    struct str *services = arena_new(arena, (wish->count + 1) * sizeof *services);
    struct money *shown = wish->shown ? arena_new(arena, (wish->count + 1) * sizeof *shown) : NULL;
    for (size_t i = 0; i < wish->count; i++) {
        services[i] = arena_str(arena, wish->services[i]);
        if (shown)
            shown[i] = wish->shown[i];
    }
    deferred->wish = *wish;
    deferred->wish.services = services;
    deferred->wish.shown = shown;
    deferred->wish.state = wish->state.ptr ? arena_str(arena, wish->state) : STR_NONE;
}

void refresher_accept(struct refresher *refresher, unsigned provider_id,
                      const struct accept_wish *wish, struct loop *loop,
                      refresher_accepted_fn *done, void *arg)
{
    struct refresher_task *deferred = refresher_task_new(refresher, refresher_run_accept);
    deferred->provider_id = provider_id;
    refresher_copy_wish(deferred, wish);
    deferred->loop = loop;
    deferred->done = done;
    deferred->arg = arg;
    loop_post(refresher->parts.loop, &deferred->message);
}

bool refresher_is_settled(const struct refresher *refresher)
{
    return atomic_load(&refresher->is_settled);
}

/* ---- reports ---- */

void refresher_note(struct feed *feed)
{
    struct refresher *refresher = feed->refresher;
    struct refresher_report report = {
        .has_list = feed->list != NULL, .refreshes = feed->refreshes, .failures = feed->failures};
    if (feed->list) {
        report.fetched_at_ms = feed->list->fetched_at_ms;
        report.services = feed->list->count;
        report.quarantined = feed->quarantined;
        report.unsellable = provider_list_void(feed->list);
    }
    snprintf(report.last_error, sizeof report.last_error, "%s", feed->trouble_message);
    snprintf(report.panel_currency, sizeof report.panel_currency, "%s", feed->currency);
    pthread_mutex_lock(&refresher->reports_mutex);
    refresher->reports[feed->id] = report;
    pthread_mutex_unlock(&refresher->reports_mutex);
}

void refresher_report(struct refresher *refresher, unsigned provider_id,
                      struct refresher_report *out)
{
    *out = (struct refresher_report){0};
    if (provider_id >= PROVIDER_MAX)
        return;
    pthread_mutex_lock(&refresher->reports_mutex);
    *out = refresher->reports[provider_id];
    pthread_mutex_unlock(&refresher->reports_mutex);
}
