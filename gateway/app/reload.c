/* Reload: read, check, open sockets, hand over to the refresher; when its snapshot comes,
 * everything changes at once. One fault and nothing has changed. See gateway_private.h. */
#include <stdlib.h>

#include "app/gateway_private.h"
#include "base/clock.h"
#include "base/log.h"

static struct source_location reload_nowhere(struct faultlist *faults, const struct gateway *g)
{
    return (struct source_location){.file = faultlist_file(faults, g->configuration->path)};
}

/* A provider with unfinished orders can be closed, not removed. */
static void reload_check_removed(struct gateway *g, const struct configuration *fresh,
                                 struct faultlist *faults)
{
    const struct provider_set *old = g->configuration->providers;
    for (size_t i = 0; i < old->count; i++) {
        const char *name = old->list[i].settings.name;
        if (provider_set_find(fresh->providers, str_of(name)) == NULL &&
            open_orders_has_provider(g->open_orders, old->list[i].id))
            faultlist_add(faults, reload_nowhere(faults, g),
                          "provider %s has unfinished orders and cannot be removed; keep it with "
                          "state: closed",
                          name);
    }
}

/* Nor can a client: who would be told how they end? */
static void reload_check_removed_clients(struct gateway *g, const struct configuration *fresh,
                                         struct faultlist *faults)
{
    const struct client_set *old = g->configuration->clients;
    size_t ids = 0;
    for (size_t i = 0; i < old->count; i++)
        if (client_set_find(fresh->clients, str_of(old->list[i].settings.name)) == NULL &&
            old->list[i].id >= ids)
            ids = old->list[i].id + 1;
    if (ids == 0)
        return;
    size_t *counts = memory_array(ids, sizeof *counts);
    open_orders_count_by_client(g->open_orders, counts, ids);
    for (size_t i = 0; i < old->count; i++) {
        const char *name = old->list[i].settings.name;
        if (client_set_find(fresh->clients, str_of(name)) == NULL && counts[old->list[i].id] > 0)
            faultlist_add(faults, reload_nowhere(faults, g),
                          "client %.60s has %zu unfinished orders and cannot be removed; keep it "
                          "with frozen: true until they have ended",
                          name, counts[old->list[i].id]);
    }
    free(counts);
}

/* What clients have, owe, or may get back is in the old one. */
static void reload_check_currency(struct gateway *g, const struct configuration *fresh,
                                  struct faultlist *faults)
{
    const char *before = g->configuration->catalogue.currency, *now = fresh->catalogue.currency;
    size_t orders = open_orders_count(g->open_orders);
    struct fault why;
    if (strcmp(now, before) == 0)
        return;
    if (!gateway_check_currency(g->ledger, now, &why))
        faultlist_add(faults, reload_nowhere(faults, g), "%s", why.message);
    if (orders > 0)
        faultlist_add(faults, reload_nowhere(faults, g),
                      "`currency` is %s now, but %zu orders are under way in %s; set it back until "
                      "they have ended",
                      now, orders, before);
}

/* Providers that go get no new orders while the new snapshot is made; is_leaving false: all stay.
 */
static void reload_mark_leaving(struct gateway *g, const struct configuration *fresh,
                                bool is_leaving)
{
    const struct provider_set *old = g->configuration->providers;
    for (size_t i = 0; i < old->count; i++) {
        struct str name = str_of(old->list[i].settings.name);
        bool is_gone = fresh && provider_set_find(fresh->providers, name) == NULL;
        provider_leave(&old->list[i], is_leaving && is_gone);
    }
    for (size_t i = 0; fresh && i < fresh->providers->count; i++)
        provider_leave(&fresh->providers->list[i], false);
}

/* A client belongs to the file or to the ledger. */
static void reload_check_clients(const struct gateway *g, const struct configuration *fresh,
                                 struct faultlist *faults)
{
    for (size_t i = 0; i < roster_count(g->roster); i++)
        (void)!configuration_check_client(fresh, str_of(roster_at(g->roster, i)->name), faults,
                                          NULL);
    for (size_t i = 0; i < fresh->clients->count; i++) {
        struct str name = str_of(fresh->clients->list[i].settings.name);
        if (client_changes_is_adding(g, name))
            (void)!configuration_check_client(fresh, name, faults, NULL);
    }
}

static bool reload_take_over(struct gateway *g, struct configuration *fresh,
                             struct faultlist *faults)
{
    struct fault why;
    struct tls_context *tls = NULL;
    struct client_set *clients = NULL;
    configuration_check_reload(g->configuration, fresh, faults);
    reload_check_removed(g, fresh, faults);
    reload_check_clients(g, fresh, faults);
    reload_check_removed_clients(g, fresh, faults);
    reload_check_currency(g, fresh, faults);
    if (!client_changes_check_keys(g, fresh->clients, &why))
        faultlist_add(faults, reload_nowhere(faults, g), "%s", why.message);
    if (faults->faults == 0) {
        clients = roster_merge(g->roster, fresh->clients, &why);
        if (clients == NULL)
            faultlist_add(faults, reload_nowhere(faults, g), "%s", why.message);
    }
    if (faults->faults == 0 && fresh->front.certificate) {
        tls = tls_context_new(fresh->front.certificate, fresh->front.key, &why);
        if (tls == NULL)
            faultlist_add(faults, reload_nowhere(faults, g), "%s", why.message);
    }
    if (faults->faults == 0 && !opening_change(g, fresh, &why))
        faultlist_add(faults, reload_nowhere(faults, g), "%s", why.message);
    if (faults->faults > 0) {
        tls_context_unpin(&tls);
        client_set_unpin(&clients);
        return false;
    }
    client_changes_install(g, clients);
    tls_context_unpin(&g->coming_tls);
    g->coming_tls = tls;
    return true;
}

/* A new key, address or rate ends what was held against the old one. */
static void reload_forget_cool_downs(struct gateway *g, const struct configuration *fresh)
{
    for (size_t i = 0; i < fresh->providers->count; i++) {
        const struct provider *now = &fresh->providers->list[i];
        const struct provider *before =
            provider_set_find(g->configuration->providers, str_of(now->settings.name));
        if (before && str_is_same(before->settings.key, now->settings.key) &&
            str_is_same(before->settings.url, now->settings.url))
            continue;
        health_reset(g->health, now->id);
    }
}

/* Warnings are among the faults, in the order of the file. */
static void reload_log_fault(struct str line)
{
    if (str_find(line, STR(": warning: ")) == SIZE_MAX)
        log_event(LOG_ERROR, "configuration_fault", "fault=%s", log_value(line).text);
    else
        log_event(LOG_WARN, "configuration_warning", "warning=%s", log_value(line).text);
}

static void reload_log_faults(const char *faults)
{
    struct str rest = str_of(faults), line;
    while (str_next(&rest, '\n', &line))
        if (line.len > 0)
            reload_log_fault(line);
}

/* out: the faults as text, to buf_fini(). */
static void reload_report_refusal(struct gateway *g, struct faultlist *faults, struct buf *out)
{
    buf_init(out, 256 * 1024);
    faultlist_print(faults, out);
    buf_add_byte(out, '\0');
    reload_log_faults(out->ptr);
    log_event(LOG_ERROR, "reload_refused", "faults=%zu", faults->faults);
    g->failed_reloads++;
    if (g->is_open)
        notify_reloaded(false);
}

static void reload_refuse(struct gateway *g, struct faultlist *faults,
                          void (*done)(const char *faults, void *arg), void *arg)
{
    struct buf text;
    reload_report_refusal(g, faults, &text);
    if (done)
        done(text.ptr, arg);
    buf_fini(&text);
}

static const char ending[] = "the gateway is ending: nothing is reloaded any more\n";

/* A reload that is taken says nothing else of its warnings. */
static void reload_log_margins(const struct configuration *fresh)
{
    struct faultlist warnings;
    faultlist_init(&warnings);
    configuration_warn_of_margins(fresh, NULL, NULL, &warnings);
    for (size_t i = 0; i < warnings.count; i++)
        log_event(LOG_WARN, "sold_at_cost", "what=%s",
                  log_value(str_of(warnings.list[i].message)).text);
    faultlist_fini(&warnings);
}

void reload_start(struct gateway *g, void (*done)(const char *faults, void *arg), void *arg)
{
    struct faultlist faults;
    if (g->is_draining) {
        if (done)
            done(ending, arg);
        return;
    }
    faultlist_init(&faults);
    if (g->is_open)
        notify_reloading();
    struct configuration *fresh = configuration_load(g->configuration->path, &faults);
    if (fresh == NULL || !reload_take_over(g, fresh, &faults)) {
        reload_refuse(g, &faults, done, arg);
        if (fresh)
            configuration_unpin(&fresh);
        faultlist_fini(&faults);
        return;
    }
    reload_log_margins(fresh);
    faultlist_fini(&faults);
    reload_forget_cool_downs(g, fresh);
    if (g->coming)
        configuration_unpin(&g->coming);
    g->coming = fresh;
    reload_mark_leaving(g, fresh, true);
    struct pending_reload *pending = memory_new(sizeof *pending);
    *pending = (struct pending_reload){.done = done, .arg = arg, .next = g->waiting};
    g->waiting = pending;
    gateway_use(g, fresh);
}

static void reload_answer(struct pending_reload **waiting, const char *faults)
{
    while (*waiting) {
        struct pending_reload *pending = *waiting;
        *waiting = pending->next;
        if (pending->done)
            pending->done(faults, pending->arg);
        free(pending);
    }
}

void reload_abandon(struct gateway *g)
{
    reload_answer(&g->waiting, ending);
}

/* ---- in force ---- */

struct handover { /* of one configuration to all workers */
    struct gateway *gateway;
    size_t open;    /* workers that have not taken it yet */
    bool is_reload; /* else clients have changed */
    struct pending_reload *waiting;
    struct change_queue changes;
};
struct taken { /* one worker has */
    struct loop_message message;
    struct handover *handover;
};

static void reload_end_handover(struct handover *handover)
{
    struct gateway *g = handover->gateway;
    if (handover->is_reload && g->is_open)
        notify_reloaded(true);
    if (handover->is_reload)
        log_event(LOG_INFO, "reloaded", "path=%s providers=%zu clients=%zu", g->configuration->path,
                  g->configuration->providers->count, g->configuration->clients->count);
    client_changes_answer(&handover->changes);
    reload_answer(&handover->waiting, "");
    free(handover);
}

static void reload_on_taken(struct loop_message *message)
{
    struct taken *taken = (struct taken *)message;
    struct handover *handover = taken->handover;
    free(taken);
    if (--handover->open == 0)
        reload_end_handover(handover);
}

static void reload_hand_over(struct gateway *g, struct catalogue *catalogue, bool is_reload)
{
    struct handover *handover = memory_new(sizeof *handover);
    *handover = (struct handover){.gateway = g, .open = g->worker_count, .is_reload = is_reload};
    STAILQ_INIT(&handover->changes);
    STAILQ_CONCAT(&handover->changes, &g->published_changes);
    if (is_reload) {
        handover->waiting = g->waiting;
        g->waiting = NULL;
    }
    for (size_t i = 0; i < g->worker_count; i++) {
        struct worker_news news = gateway_news(g, catalogue, is_reload ? g->configuration : NULL);
        struct taken *taken = memory_new(sizeof *taken);
        *taken = (struct taken){.message = {.run = reload_on_taken}, .handover = handover};
        news.reply_to = g->loop;
        news.taken = &taken->message;
        worker_notify(g->workers[i], &news);
    }
}

static void reload_switch_clients(struct gateway *g)
{
    client_set_unpin(&g->clients);
    g->clients = g->coming_clients;
    g->coming_clients = NULL;
}

void reload_take_clients(struct gateway *g, struct catalogue *catalogue)
{
    reload_switch_clients(g);
    reload_hand_over(g, catalogue, false);
    gateway_switch_clients(g, catalogue);
    client_changes_publish(g);
}

static void reload_switch(struct gateway *g)
{
    struct catalogue *catalogue = g->arrived;
    g->arrived = NULL;
    reload_mark_leaving(g, NULL, false);
    configuration_unpin(&g->configuration);
    g->configuration = g->coming;
    g->coming = NULL;
    tls_context_unpin(&g->tls);
    g->tls = g->coming_tls;
    g->coming_tls = NULL;
    log_set_level(g->configuration->log.level);
    g->reloads++;
    g->configured_at_ms = clock_wall_ms();
    reload_switch_clients(g);
    reload_hand_over(g, catalogue, true);
    gateway_switch(g, catalogue);
    client_changes_publish(g);
}

/* Back to the configuration in force, sockets and snapshots included. */
static void reload_give_up(struct gateway *g, struct faultlist *faults)
{
    struct fault why;
    struct buf text;
    catalogue_unpin(&g->arrived);
    reload_mark_leaving(g, NULL, false);
    if (!opening_change(g, g->configuration, &why))
        log_event(LOG_ERROR, "cannot_listen", "reason=%s", log_value(str_of(why.message)).text);
    configuration_unpin(&g->coming);
    tls_context_unpin(&g->coming_tls);
    client_changes_go_back(g);
    gateway_use(g, g->configuration);
    reload_report_refusal(g, faults, &text);
    reload_answer(&g->waiting, text.ptr);
    buf_fini(&text);
}

/* ---- a last look at what goes ---- */

struct reload_removal {
    struct gateway *gateway;
    size_t at; /* in the providers of the configuration in force */
    struct faultlist faults;
};

static void reload_look_at_next(struct reload_removal *removal);

static void reload_end_removal(struct reload_removal *removal)
{
    struct gateway *g = removal->gateway;
    g->is_checking_removals = false;
    if (g->is_draining || g->coming == NULL || g->arrived->clients != g->coming_clients) {
        /* The end, or another reload came meanwhile: its own snapshot is still to come. */
        catalogue_unpin(&g->arrived);
    } else {
        reload_check_removed(g, g->coming, &removal->faults);
        reload_check_removed_clients(g, g->coming, &removal->faults);
        reload_check_currency(g, g->coming, &removal->faults);
        if (removal->faults.faults > 0)
            reload_give_up(g, &removal->faults);
        else
            reload_switch(g);
    }
    faultlist_fini(&removal->faults);
    free(removal);
}

static void reload_on_refills(const struct ledger_rows *rows, void *arg)
{
    struct reload_removal *removal = arg;
    struct gateway *g = removal->gateway;
    const char *name = g->configuration->providers->list[removal->at].settings.name;
    if (rows->result != LEDGER_DONE)
        faultlist_add(&removal->faults, reload_nowhere(&removal->faults, g),
                      "the ledger cannot be read now, so it is not known whether provider %s has "
                      "unfinished refills; try again",
                      name);
    else if (rows->order_request_count > 0)
        faultlist_add(&removal->faults, reload_nowhere(&removal->faults, g),
                      "provider %s has unfinished refills (%u is one) and cannot be removed; keep "
                      "it with state: closed",
                      name, rows->order_requests[0].number);
    removal->at++;
    reload_look_at_next(removal);
}

static void reload_look_at_next(struct reload_removal *removal)
{
    struct gateway *g = removal->gateway;
    const struct provider_set *old = g->configuration->providers;
    while (g->coming && removal->at < old->count &&
           provider_set_find(g->coming->providers, str_of(old->list[removal->at].settings.name)) !=
               NULL)
        removal->at++;
    if (g->coming == NULL || removal->at >= old->count) {
        reload_end_removal(removal);
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_REFILLS,
                                 .provider = str_of(old->list[removal->at].settings.name),
                                 .limit = 1};
    ledger_query(g->ledger, g->loop, &query, reload_on_refills, removal);
}

void reload_take(struct gateway *g, struct catalogue *catalogue)
{
    if (g->arrived)
        catalogue_unpin(&g->arrived);
    g->arrived = catalogue;
    if (g->is_checking_removals)
        return; /* it goes on with the newest */
    struct reload_removal *removal = memory_new(sizeof *removal);
    removal->gateway = g;
    faultlist_init(&removal->faults);
    g->is_checking_removals = true;
    reload_look_at_next(removal);
}
