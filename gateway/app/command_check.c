/* panelmux check: reports all of the configuration's faults at once, and what else would keep serve
 * from starting (startcheck.c); with --online it also requests the balance and the list of every
 * provider, all at the same time, and compares the services with the lists. */
#include <stdio.h>
#include <stdlib.h>

#include "app/remote.h"
#include "app/startcheck.h"
#include "app/texttable.h"
#include "base/clock.h"
#include "base/jsonwriter.h"
#include "catalogue/comparison.h"
#include "clients/roster.h"
#include "loop/transfer.h"
#include "providers/upstream_call.h"

enum { JSON_BYTES = 4 * 1024 * 1024, WAIT_MS = 5000 };

/* ---- online ---- */

struct probe { /* of one provider */
    struct online *online;
    const struct provider *provider;
    bool has_balance, is_reached;
    struct money balance;
    char *problem;              /* owned; NULL: none */
    struct provider_list *list; /* owned; NULL: none came */
};
struct online {
    struct loop *loop;
    struct probe *probes;
    size_t count, open;
    bool is_reached, is_good; /* all of them */
    struct faultlist findings;
};

static char *command_check_describe(const struct upstream_response *answer)
{
    struct buf message;
    buf_init(&message, 4096);
    if (answer->outcome == OUTCOME_NOT_SENT)
        buf_add_text(&message, "cannot be reached: ");
    else if (answer->is_key)
        buf_add_text(&message, "the key is refused: ");
    else if (answer->is_redirect)
        buf_add_text(&message, "it redirects; correct `url`: ");
    else if (answer->is_challenge)
        buf_add_text(&message, "a bot challenge stands before it: ");
    else
        buf_add_text(&message, "no usable answer: ");
    texttable_mask(answer->error.len ? answer->error : answer->evidence, &message);
    return buf_take(&message);
}

static void command_check_set_problem(struct probe *probe, char *problem)
{
    free(probe->problem);
    probe->problem = problem;
}

static void command_check_on_balance(const struct upstream_response *answer, void *arg)
{
    struct probe *probe = arg;
    const char *currency = probe->provider->settings.currency;
    probe->has_balance = answer->outcome == OUTCOME_ACCEPTED && answer->has_balance;
    /* Whoever answers at all was reached; a time-out was not. */
    probe->is_reached = probe->has_balance || answer->error.len > 0;
    if (probe->has_balance) {
        probe->balance = answer->balance;
        if (answer->balance_currency.len &&
            !str_equal_folded(answer->balance_currency, str_of(currency))) {
            struct buf message;
            buf_init(&message, 4096);
            buf_add_text(&message, "the panel says its currency is ");
            texttable_mask(answer->balance_currency, &message);
            buf_printf(&message, ", the configuration %s", currency);
            command_check_set_problem(probe, buf_take(&message));
        }
    } else {
        command_check_set_problem(probe, command_check_describe(answer));
    }
    if (--probe->online->open == 0)
        loop_stop(probe->online->loop);
}

static void command_check_on_list(const struct upstream_response *answer, void *arg)
{
    struct probe *probe = arg;
    if (answer->outcome == OUTCOME_ACCEPTED) {
        probe->list = provider_list_from_answer(answer, clock_wall_ms());
    } else if (probe->problem == NULL) {
        struct buf message;
        char *why = command_check_describe(answer);
        buf_init(&message, 8192);
        buf_printf(&message, "its list: %s", why);
        probe->problem = buf_take(&message);
        free(why);
    }
    if (--probe->online->open == 0)
        loop_stop(probe->online->loop);
}

static void command_check_note_finding(const char *message, void *arg)
{
    struct online *online = arg;
    faultlist_add(&online->findings, (struct source_location){0}, "%s", message);
}

static void command_check_compare(struct online *online, const struct configuration *configuration,
                                  const struct client_set *clients, struct faultlist *faults)
{
    const struct provider_list **lists = memory_array(PROVIDER_MAX, sizeof(void *));
    for (size_t i = 0; i < online->count; i++)
        lists[online->probes[i].provider->id] = online->probes[i].list;
    const struct comparison comparison = {.settings = &configuration->catalogue,
                                          .providers = configuration->providers,
                                          .lists = lists,
                                          .report = command_check_note_finding,
                                          .arg = online};
    comparison_make(&comparison);
    configuration_warn_of_margins(configuration, clients, lists, faults);
    online->is_good = online->is_good && online->findings.faults == 0;
    free(lists);
}

static void command_check_ask_all(struct online *online, const struct provider_set *providers)
{
    struct upstream_request request = {.action = UPSTREAM_BALANCE};
    struct upstream_request list_request = {.action = UPSTREAM_SERVICES};
    struct upstream_call_options options = {.request_id = "check", .wait_ms = WAIT_MS};
    transfer_global_init();
    online->loop = loop_new("check");
    online->count = providers->count;
    online->open = 2 * providers->count;
    faultlist_init(&online->findings);
    online->probes = memory_array(providers->count + 1, sizeof *online->probes);
    for (size_t i = 0; i < providers->count; i++) {
        struct probe *probe = &online->probes[i];
        *probe = (struct probe){.online = online, .provider = &providers->list[i]};
        upstream_call_start(online->loop, probe->provider, &request, &options,
                            command_check_on_balance, probe);
        upstream_call_start(online->loop, probe->provider, &list_request, &options,
                            command_check_on_list, probe);
    }
    if (online->count > 0)
        loop_run(online->loop);
    online->is_reached = online->is_good = true;
    for (size_t i = 0; i < online->count; i++) {
        online->is_reached = online->is_reached && online->probes[i].is_reached;
        online->is_good = online->is_good && online->probes[i].problem == NULL;
    }
}

static void command_check_online_fini(struct online *online)
{
    for (size_t i = 0; i < online->count; i++) {
        free(online->probes[i].problem);
        provider_list_free(&online->probes[i].list);
    }
    free(online->probes);
    faultlist_fini(&online->findings);
    if (online->loop)
        loop_free(online->loop);
}

static void command_check_print_probes(const struct online *online)
{
    static const char *const heads[] = {"PROVIDER", ">BALANCE", "CURRENCY", ">SERVICES", "PROBLEM"};
    struct texttable table;
    texttable_init(&table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < online->count; i++) {
        const struct probe *probe = &online->probes[i];
        char balance[MONEY_TEXT] = "?", services[24] = "?";
        if (probe->has_balance)
            money_print(probe->balance, 2, balance);
        if (probe->list)
            snprintf(services, sizeof services, "%zu", probe->list->count);
        const char *cells[] = {probe->provider->settings.name, balance,
                               probe->provider->settings.currency, services, probe->problem};
        texttable_add(&table, cells);
    }
    texttable_print(&table, "no providers", stdout);
    texttable_fini(&table);
    for (size_t i = 0; i < online->findings.count; i++)
        printf("%s\n", online->findings.list[i].message);
    if (online->findings.dropped > 0)
        printf("… and %zu more\n", online->findings.dropped);
}

static void command_check_print_probes_json(const struct online *online, struct jsonwriter *w)
{
    jsonwriter_array(w, "providers");
    for (size_t i = 0; i < online->count; i++) {
        const struct probe *probe = &online->probes[i];
        jsonwriter_object(w, NULL);
        jsonwriter_text(w, "name", str_of(probe->provider->settings.name));
        jsonwriter_bool(w, "reached", probe->is_reached);
        if (probe->has_balance)
            money_write_json(w, "balance", probe->balance);
        else
            jsonwriter_null(w, "balance");
        jsonwriter_text(w, "currency", str_of(probe->provider->settings.currency));
        if (probe->list)
            jsonwriter_number(w, "services", (int64_t)probe->list->count);
        else
            jsonwriter_null(w, "services");
        jsonwriter_text(w, "problem", str_of(probe->problem ? probe->problem : ""));
        jsonwriter_object_end(w);
    }
    jsonwriter_array_end(w);
    jsonwriter_array(w, "findings");
    for (size_t i = 0; i < online->findings.count; i++)
        jsonwriter_text(w, NULL, str_of(online->findings.list[i].message));
    jsonwriter_array_end(w);
    jsonwriter_number(w, "findings_dropped", (int64_t)online->findings.dropped);
}

/* ---- the file ---- */

struct command_check {                   /* one run */
    char *path;                          /* NULL: no configuration was found */
    struct configuration *configuration; /* pinned; NULL: the file has faults */
    struct faultlist faults;
    struct buf note;
    struct online online;
    bool is_good;
};

static int command_check_code(const struct command_check *check)
{
    if (!check->is_good)
        return EXIT_PROBLEM;
    if (!check->online.is_reached)
        return EXIT_UNREACHABLE;
    return check->online.is_good ? EXIT_OK : EXIT_PROBLEM;
}

static void command_check_print_problem(const struct command_check *check, struct jsonwriter *w)
{
    enum error_code code = ERROR_CONFLICT;
    const char *message = "the panels say otherwise; see providers and findings";
    if (!check->is_good) {
        code = ERROR_CONFIGURATION;
        message = "the configuration has faults";
    } else if (!check->online.is_reached) {
        code = ERROR_UNREACHABLE;
        message = "a panel cannot be reached; see providers";
    }
    jsonwriter_text(w, "error", str_of(message));
    jsonwriter_text(w, "code", str_of(errorcode_word(code)));
}

static void command_check_print_json(struct command_check *check)
{
    const struct configuration *configuration = check->configuration;
    struct buf out, list;
    buf_init(&out, JSON_BYTES);
    buf_init(&list, JSON_BYTES);
    faultlist_print_json(&check->faults, &list);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_bool(&w, "ok", command_check_code(check) == EXIT_OK);
    if (command_check_code(check) != EXIT_OK)
        command_check_print_problem(check, &w);
    jsonwriter_text(&w, "path", str_of(check->path ? check->path : ""));
    jsonwriter_text(&w, "note", buf_str(&check->note));
    if (configuration) {
        jsonwriter_number(&w, "clients", (int64_t)configuration->clients->count);
        jsonwriter_number(&w, "providers_count", (int64_t)configuration->providers->count);
        jsonwriter_number(&w, "services", (int64_t)configuration->catalogue.service_count);
        jsonwriter_number(&w, "imports", (int64_t)configuration->catalogue.import_count);
    }
    jsonwriter_raw(&w, "check", buf_str(&list));
    if (check->online.loop)
        command_check_print_probes_json(&check->online, &w);
    jsonwriter_object_end(&w);
    puts(out.ptr);
    buf_fini(&list);
    buf_fini(&out);
}

static void command_check_print_text(const struct command_check *check)
{
    const struct configuration *configuration = check->configuration;
    if (check->note.len > 0)
        printf("note: " STR_FMT "\n", STR_ARG(buf_str(&check->note)));
    if (check->is_good)
        printf("ok: %s: clients %zu, providers %zu, services %zu, imports %zu\n", check->path,
               configuration->clients->count, configuration->providers->count,
               configuration->catalogue.service_count, configuration->catalogue.import_count);
    if (check->online.loop)
        command_check_print_probes(&check->online);
}

/* The ledger's clients against the file's; both of them together, to unpin, or NULL. A ledger that
 * is not there yet, or that cannot be read, has none to compare. */
static struct client_set *command_check_ledger(const struct configuration *configuration,
                                               struct faultlist *faults)
{
    struct ledger_query query = {.request = LEDGER_QUERY_CLIENTS};
    struct ledger_rows rows;
    struct arena arena;
    struct fault why;
    struct ledger *ledger = ledger_open_reading(&configuration->ledger, &why);
    if (ledger == NULL)
        return NULL;
    struct roster *roster = roster_new();
    bool is_good = true;
    arena_init(&arena);
    ledger_read(ledger, &query, &arena, &rows);
    for (size_t i = 0; rows.result == LEDGER_DONE && i < rows.client_count; i++) {
        const struct ledger_client *client = &rows.clients[i];
        is_good &= configuration_check_client(configuration, client->name, faults, NULL);
        is_good &= roster_put(roster, client->name, client->settings, client->is_frozen,
                              client->created_at_ms, NULL);
    }
    struct client_set *all = is_good ? roster_merge(roster, configuration->clients, NULL) : NULL;
    roster_free(roster);
    arena_fini(&arena);
    ledger_close(&ledger);
    return all;
}

static void command_check_look(struct command_check *check, const struct command_options *options,
                               bool is_online)
{
    struct faultlist *faults = &check->faults;
    check->path = configuration_find(options->config, faults);
    check->configuration = check->path ? configuration_load(check->path, faults) : NULL;
    if (check->path)
        startcheck_look(options, check->path, faults, &check->note);
    if (check->configuration == NULL)
        return;
    struct client_set *clients = command_check_ledger(check->configuration, faults);
    if (is_online) {
        command_check_ask_all(&check->online, check->configuration->providers);
        command_check_compare(&check->online, check->configuration, clients, faults);
    } else {
        startcheck_compare_kept(check->configuration, clients, faults);
    }
    if (clients)
        client_set_unpin(&clients);
    check->is_good = faults->faults == 0;
}

int command_check_run(int argc, char **argv)
{
    bool is_online = false;
    const struct command_option own[] = {{"--online", &is_online, NULL}};
    struct command_options options;
    struct command_check check = {.online = {.is_reached = true, .is_good = true}};
    if (!command_parse(argc, argv, own, COUNT_OF(own), &options))
        return EXIT_USAGE;
    if (options.argument_count > 0) {
        command_fail(ERROR_USAGE, "check takes no %s; name a file with -c", options.arguments[0]);
        return EXIT_USAGE;
    }
    faultlist_init(&check.faults);
    buf_init(&check.note, 1024);
    command_check_look(&check, &options, is_online);
    remote_print_faults(&check.faults, stderr);
    if (options.is_json)
        command_check_print_json(&check);
    else
        command_check_print_text(&check);
    int code = command_check_code(&check);
    command_check_online_fini(&check.online);
    configuration_unpin(&check.configuration);
    faultlist_fini(&check.faults);
    buf_fini(&check.note);
    free(check.path);
    return code;
}
