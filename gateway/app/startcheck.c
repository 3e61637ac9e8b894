/* See startcheck.h. */
#include "app/startcheck.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/remote.h"
#include "catalogue/comparison.h"
#include "http/listener.h"

enum { ANSWER_MS = 3000 };

/* What is looked at: of the file only this must be right. */
struct startcheck {
    const char *path;
    struct remote *remote; /* its draft: addresses, ledger */
    struct faultlist *faults;
};

static struct source_location startcheck_file(const char *path, struct faultlist *faults)
{
    return (struct source_location){.file = faultlist_file(faults, path)};
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

/* As a step of a unit's start (systemd.exec(5)). Its gateway does not run then: the token is
 * nothing for whoever holds the address meanwhile. */
static bool startcheck_is_of_a_start(void)
{
    const char *text = getenv("SYSTEMD_EXEC_PID");
    uint64_t pid;
    return text && str_to_u64(str_of(text), &pid) && pid == (uint64_t)getpid();
}

static void startcheck_ask(const struct startcheck *check, struct startcheck_running *out,
                           struct remote_reply *reply)
{
    struct remote_room room;
    *out = (struct startcheck_running){0};
    *reply = (struct remote_reply){0};
    if (startcheck_is_of_a_start())
        return;
    check->remote->answer_ms = ANSWER_MS;
    remote_ask(check->remote, "/readyz?verbose", STR_NONE, reply);
    const char *path = remote_text(reply->json, "configuration_path", &room);
    out->is_there = path[0] != '\0';
    out->is_same = out->is_there && startcheck_is_same_file(path, check->path);
    out->pid = json_integer_value(json_object_get(reply->json, "pid"));
    out->addresses = json_object_get(reply->json, "addresses");
    snprintf(out->path, sizeof out->path, "%s", path);
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

static void startcheck_report_address(const struct startcheck *check, const char *key,
                                      const struct startcheck_running *running,
                                      const struct fault *why)
{
    struct source_location place = startcheck_file(check->path, check->faults);
    if (why->code != FAULT_CONFLICT)
        faultlist_add(
            check->faults, place,
            "`%s`: %s; right is an address of this machine with a port that this user may "
            "open",
            key, why->message);
    else if (running->is_there && !running->is_same)
        faultlist_add(check->faults, place,
                      "`%s`: %s, a panelmux (pid %lld) that runs with %s; stop that one, or name a "
                      "free port",
                      key, why->message, running->pid, running->path);
    else
        faultlist_add(check->faults, place,
                      "`%s`: %s; stop that one (`ss -ltnp` shows which), or name a free port", key,
                      why->message);
}

static void startcheck_look_at_addresses(const struct startcheck *check, const char *key,
                                         const struct listener_settings *side,
                                         const struct startcheck_running *running)
{
    for (size_t i = 0; i < side->listen_count; i++) {
        struct fault why;
        if (!startcheck_holds(running, side->listen[i].text) &&
            !listener_bind(&side->listen[i], NULL, 0, &why))
            startcheck_report_address(check, key, running, &why);
    }
}

/* ---- the ledger ---- */

/* One that an older version wrote is brought up to date by serve, one that is not there is made. */
static bool startcheck_may_read(const struct ledger_settings *settings, struct fault *why)
{
    struct ledger *ledger = ledger_open_reading(settings, why);
    if (ledger == NULL) /* not there, locked, older or empty: a start is for that */
        return why->code == FAULT_NOT_FOUND || why->code == FAULT_UNAVAILABLE ||
               why->code == FAULT_CONFLICT;
    ledger_close(&ledger);
    return true;
}

static void startcheck_look_at_ledger(const struct startcheck *check,
                                      const struct startcheck_running *running)
{
    const struct ledger_settings *settings = &check->remote->draft.made.ledger;
    struct fault why;
    bool is_good = ledger_check(settings, &why);
    if (!is_good && why.code == FAULT_CONFLICT)
        is_good = running->is_same;
    if (is_good)
        is_good = startcheck_may_read(settings, &why);
    if (!is_good)
        faultlist_add(check->faults, startcheck_file(check->path, check->faults), "`ledger`: %s",
                      why.message);
}

void startcheck_look(const struct command_options *options, const char *path,
                     struct faultlist *faults, struct buf *notes)
{
    struct startcheck_running running;
    struct remote_reply reply;
    struct remote remote;
    if (!remote_open_quietly(&remote, options))
        return; /* it has faults in just what is looked at */
    const struct startcheck check = {path, &remote, faults};
    startcheck_ask(&check, &running, &reply);
    startcheck_look_at_ledger(&check, &running);
    startcheck_look_at_addresses(&check, "listen", &remote.draft.made.front, &running);
    startcheck_look_at_addresses(&check, "admin.listen", &remote.draft.admin.settings.listener,
                                 &running);
    if (running.is_same)
        buf_printf(notes,
                   "a gateway (pid %lld) runs with this file; its ledger and its addresses are in "
                   "use by right",
                   running.pid);
    remote_reply_fini(&reply);
    remote_close(&remote);
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
    faultlist_warn(kept->faults, startcheck_file(kept->configuration->path, kept->faults), "%s",
                   message);
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
