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

static bool reload_take_over(struct gateway *g, struct configuration *fresh,
                             struct faultlist *faults)
{
    struct fault why;
    struct tls_context *tls = NULL;
    configuration_check_reload(g->configuration, fresh, faults);
    reload_check_removed(g, fresh, faults);
    if (faults->faults == 0 && fresh->front.certificate) {
        tls = tls_context_new(fresh->front.certificate, fresh->front.key, &why);
        if (tls == NULL)
            faultlist_add(faults, reload_nowhere(faults, g), "%s", why.message);
    }
    if (faults->faults == 0 && !opening_change(g, fresh, &why))
        faultlist_add(faults, reload_nowhere(faults, g), "%s", why.message);
    if (faults->faults > 0) {
        tls_context_unpin(&tls);
        return false;
    }
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

/* Warnings stand among the faults, in the order of the file. */
static void reload_tell_fault(struct str line)
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
            reload_tell_fault(line);
}

static void reload_refuse(struct gateway *g, struct faultlist *faults,
                          void (*done)(const char *faults, void *arg), void *arg)
{
    struct buf text;
    buf_init(&text, 256 * 1024);
    faultlist_print(faults, &text);
    buf_add_byte(&text, '\0');
    reload_log_faults(text.ptr);
    log_event(LOG_ERROR, "reload_refused", "faults=%zu", faults->faults);
    g->failed_reloads++;
    if (g->is_open)
        notify_reloaded(false);
    if (done)
        done(text.ptr, arg);
    buf_fini(&text);
}

static const char ending[] = "the gateway is ending: nothing is reloaded any more\n";

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
    faultlist_fini(&faults);
    reload_forget_cool_downs(g, fresh);
    if (g->coming)
        configuration_unpin(&g->coming);
    g->coming = fresh;
    struct pending_reload *pending = memory_new(sizeof *pending);
    *pending = (struct pending_reload){.done = done, .arg = arg, .next = g->waiting};
    g->waiting = pending;
    gateway_use(g, fresh);
}

void reload_abandon(struct gateway *g)
{
    while (g->waiting) {
        struct pending_reload *pending = g->waiting;
        g->waiting = pending->next;
        if (pending->done)
            pending->done(ending, pending->arg);
        free(pending);
    }
}

/* ---- in force ---- */

struct handover { /* of one configuration to all workers */
    struct gateway *gateway;
    size_t open; /* workers that have not taken it yet */
    struct pending_reload *waiting;
};
struct taken { /* one worker has */
    struct loop_message message;
    struct handover *handover;
};

static void reload_end_handover(struct handover *handover)
{
    struct gateway *g = handover->gateway;
    if (g->is_open)
        notify_reloaded(true);
    log_event(LOG_INFO, "reloaded", "path=%s providers=%zu clients=%zu", g->configuration->path,
              g->configuration->providers->count, g->configuration->clients->count);
    while (handover->waiting) {
        struct pending_reload *pending = handover->waiting;
        handover->waiting = pending->next;
        if (pending->done)
            pending->done("", pending->arg);
        free(pending);
    }
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

static void reload_hand_over(struct gateway *g, struct catalogue *catalogue)
{
    struct handover *handover = memory_new(sizeof *handover);
    *handover = (struct handover){g, g->worker_count, g->waiting};
    g->waiting = NULL;
    for (size_t i = 0; i < g->worker_count; i++) {
        struct worker_news news = gateway_news(g, catalogue, g->configuration);
        struct taken *taken = memory_new(sizeof *taken);
        *taken = (struct taken){.message = {.run = reload_on_taken}, .handover = handover};
        news.teller = g->loop;
        news.taken = &taken->message;
        worker_notify(g->workers[i], &news);
    }
}

void reload_take(struct gateway *g, struct catalogue *catalogue)
{
    if (g->coming == NULL)
        return;
    configuration_unpin(&g->configuration);
    g->configuration = g->coming;
    g->coming = NULL;
    tls_context_unpin(&g->tls);
    g->tls = g->coming_tls;
    g->coming_tls = NULL;
    log_set_level(g->configuration->log.level);
    g->reloads++;
    g->configured_at_ms = clock_wall_ms();
    reload_hand_over(g, catalogue);
}
