/* See startcheck.h. */
#include "app/startcheck.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/remote.h"
#include "catalogue/comparison.h"
#include "http/listener.h"

enum { ANSWER_MS = 3000 };

static struct source_location startcheck_file(const struct configuration *configuration,
                                              struct faultlist *faults)
{
    return (struct source_location){.file = faultlist_file(faults, configuration->path)};
}

/* ---- the gateway that runs ---- */

struct startcheck_running {
    bool is_there; /* a gateway answers */
    bool is_same;  /* with this very configuration */
    char path[PATH_MAX];
    long long pid;
    json_t *addresses; /* borrowed from the reply */
};

static bool startcheck_is_same_file(const char *a, const char *b)
{
    char real_a[PATH_MAX], real_b[PATH_MAX];
    return realpath(a, real_a) && realpath(b, real_b) && strcmp(real_a, real_b) == 0;
}

static void startcheck_ask(const struct command_options *options,
                           const struct configuration *configuration,
                           struct startcheck_running *out, struct remote_reply *reply)
{
    struct remote remote;
    struct remote_room room;
    *out = (struct startcheck_running){0};
    *reply = (struct remote_reply){0};
    if (!remote_open(&remote, options))
        return;
    remote.answer_ms = ANSWER_MS;
    remote_ask(&remote, "/readyz?verbose", STR_NONE, reply);
    const char *path = remote_text(reply->json, "configuration_path", &room);
    out->is_there = path[0] != '\0';
    out->is_same = out->is_there && startcheck_is_same_file(path, configuration->path);
    out->pid = json_integer_value(json_object_get(reply->json, "pid"));
    out->addresses = json_object_get(reply->json, "addresses");
    snprintf(out->path, sizeof out->path, "%s", path);
    remote_close(&remote);
}

static bool startcheck_holds(const struct startcheck_running *running, const char *address)
{
    size_t i;
    json_t *one;
    json_array_foreach(running->addresses, i,
                       one) if (strcmp(json_string_value(one) ? json_string_value(one) : "",
                                       address) == 0) return running->is_same;
    return false;
}

/* ---- addresses ---- */

static void startcheck_report_address(const struct configuration *configuration, const char *key,
                                      const struct startcheck_running *running,
                                      const struct fault *why, struct faultlist *faults)
{
    struct source_location place = startcheck_file(configuration, faults);
    if (why->code != FAULT_CONFLICT)
        faultlist_add(
            faults, place,
            "`%s`: %s; right is an address of this machine with a port that this user may "
            "open",
            key, why->message);
    else if (running->is_there && !running->is_same)
        faultlist_add(faults, place,
                      "`%s`: %s, a panelmux (pid %lld) that runs with %s; stop that one, or name a "
                      "free port",
                      key, why->message, running->pid, running->path);
    else
        faultlist_add(faults, place,
                      "`%s`: %s; stop that one (`ss -ltnp` shows which), or name a free port", key,
                      why->message);
}

static void startcheck_look_at_addresses(const struct configuration *configuration, const char *key,
                                         const struct listener_settings *side,
                                         const struct startcheck_running *running,
                                         struct faultlist *faults)
{
    for (size_t i = 0; i < side->listen_count; i++) {
        struct fault why;
        if (!startcheck_holds(running, side->listen[i].text) &&
            !listener_bind(&side->listen[i], NULL, 0, &why))
            startcheck_report_address(configuration, key, running, &why, faults);
    }
}

/* ---- the ledger ---- */

/* One that an older version wrote is brought up to date by serve, one that is not there is made. */
static void startcheck_look_into_ledger(const struct configuration *configuration,
                                        struct faultlist *faults)
{
    struct fault why;
    struct ledger *ledger = ledger_open_reading(&configuration->ledger, &why);
    if (ledger)
        ledger_close(&ledger);
    else if (why.code != FAULT_NOT_FOUND && why.code != FAULT_UNAVAILABLE &&
             why.code !=
                 FAULT_CONFLICT) /* not there, locked or older, empty: a start is for that */
        faultlist_add(faults, startcheck_file(configuration, faults), "`ledger`: %s", why.message);
}

static void startcheck_look_at_ledger(const struct configuration *configuration,
                                      const struct startcheck_running *running,
                                      struct faultlist *faults)
{
    struct fault why;
    bool is_good = ledger_check(&configuration->ledger, &why);
    bool is_ours = !is_good && why.code == FAULT_CONFLICT && running->is_same;
    if (is_good || is_ours)
        startcheck_look_into_ledger(configuration, faults);
    else
        faultlist_add(faults, startcheck_file(configuration, faults), "`ledger`: %s", why.message);
}

void startcheck_look(const struct command_options *options,
                     const struct configuration *configuration, struct faultlist *faults,
                     struct buf *notes)
{
    struct startcheck_running running;
    struct remote_reply reply;
    startcheck_ask(options, configuration, &running, &reply);
    startcheck_look_at_ledger(configuration, &running, faults);
    startcheck_look_at_addresses(configuration, "listen", &configuration->front, &running, faults);
    startcheck_look_at_addresses(configuration, "admin.listen", &configuration->admin.listener,
                                 &running, faults);
    if (running.is_same)
        buf_printf(notes,
                   "a gateway (pid %lld) runs with this file; its ledger and its addresses are in "
                   "use by right",
                   running.pid);
    remote_reply_fini(&reply);
}

/* ---- kept lists ---- */

struct startcheck_kept {
    const struct configuration *configuration;
    struct provider_list *lists[PROVIDER_MAX];
    struct faultlist *faults;
};

static void startcheck_on_list(struct str provider, struct str body, int64_t fetched_at_ms,
                               void *arg)
{
    struct startcheck_kept *kept = arg;
    const struct provider *found = provider_set_find(kept->configuration->providers, provider);
    (void)fetched_at_ms;
    if (found && kept->lists[found->id] == NULL)
        kept->lists[found->id] = provider_list_parse(body, NULL, NULL, false);
}

static void startcheck_warn(const char *message, void *arg)
{
    const struct startcheck_kept *kept = arg;
    faultlist_warn(kept->faults, startcheck_file(kept->configuration, kept->faults), "%s", message);
}

void startcheck_compare_kept(const struct configuration *configuration,
                             const struct client_set *clients, struct faultlist *faults)
{
    struct fault why;
    struct ledger *ledger = ledger_open_reading(&configuration->ledger, &why);
    if (ledger == NULL) {
        configuration_warn_of_margins(configuration, clients, NULL, faults);
        return;
    }
    struct startcheck_kept *kept = memory_new(sizeof *kept);
    kept->configuration = configuration;
    kept->faults = faults;
    const struct ledger_visit visit = {.list = startcheck_on_list, .arg = kept};
    if (ledger_visit(ledger, &visit, &why)) {
        const struct comparison comparison = {.settings = &configuration->catalogue,
                                              .providers = configuration->providers,
                                              .lists =
                                                  (const struct provider_list *const *)kept->lists,
                                              .report = startcheck_warn,
                                              .arg = kept};
        comparison_make(&comparison);
    }
    configuration_warn_of_margins(configuration, clients,
                                  (const struct provider_list *const *)kept->lists, faults);
    for (size_t i = 0; i < PROVIDER_MAX; i++)
        provider_list_free(&kept->lists[i]);
    free(kept);
    ledger_close(&ledger);
}
