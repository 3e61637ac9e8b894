/* See configuration.h. The rows of the first level, the rules between rooms, and the snapshot made
 * from them. Files and includes are read in configuration_files.c. */
#include "app/configuration.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache/cache.h"
#include "catalogue/catalogue_settings.h"
#include "catalogue/margins.h"
#include "clients/client.h"
#include "http/listener.h"
#include "http/listener_settings.h"
#include "ledger/ledger.h"
#include "money/money.h"
#include "orders/order_settings.h"
#include "providers/provider.h"
#include "settings/rows.h"

enum { WORKERS_MAX = 256, RATES_MAX = 300 };

/* configuration_files.c has read them before. */
static bool configuration_read_include(struct setting_reader *reader, const struct setting_row *row,
                                       const struct yamlnode *node, void *record)
{
    (void)reader;
    (void)row;
    (void)node;
    (void)record;
    return true;
}
static const struct setting_kind include_kind = {.name = "a file, or a list of them",
                                                 .read = configuration_read_include};

static const struct setting_map rate_map = {
    .size = sizeof(struct configuration_rate),
    .key = {.key = "rates",
            .kind = &provider_rows_currency,
            .offset = offsetof(struct configuration_rate, currency)},
    .value = {.key = "rates",
              .kind = &money_kinds_exchange,
              .offset = offsetof(struct configuration_rate, rate)},
};

static const struct setting_choice level_choices[] = {
    {"error", LOG_ERROR, false}, {"warn", LOG_WARN, false}, {"info", LOG_INFO, false},
    {"debug", LOG_DEBUG, false}, {NULL, 0, false},
};

static const struct setting_row log_list[] = {
    {.key = "level",
     .kind = &kind_choice,
     .offset = offsetof(struct log_settings, level),
     .choices = level_choices,
     .standard = "info",
     .sentence = "The least serious lines that are written. `debug` adds a line for each call to a "
                 "panel and each step of an order."},
};

static const struct setting_table log_rows = {.name = "the log on stderr",
                                              .rows = log_list,
                                              .count = COUNT_OF(log_list),
                                              .size = sizeof(struct log_settings)};

static const struct setting_row list[] = {
    {.kind = &kind_inline,
     .table = &listener_rows,
     .offset = offsetof(struct configuration_draft, made.front)},
    {.key = "admin",
     .kind = &kind_table,
     .table = &admin_rows,
     .offset = offsetof(struct configuration_draft, admin),
     .sentence = "The operators' side."},
    {.kind = &kind_inline,
     .table = &ledger_rows,
     .offset = offsetof(struct configuration_draft, made.ledger)},
    {.kind = &kind_inline,
     .table = &cache_rows,
     .offset = offsetof(struct configuration_draft, made.cache)},
    {.key = "workers",
     .kind = &kind_unsigned,
     .offset = offsetof(struct configuration_draft, made.workers),
     .min = 1,
     .max = WORKERS_MAX,
     .standard_text = "one a core",
     .is_restart = true,
     .sentence = "Threads that serve clients."},
    {.kind = &kind_inline,
     .table = &order_rows,
     .offset = offsetof(struct configuration_draft, made.orders)},
    {.key = "rates",
     .kind = &kind_map,
     .map = &rate_map,
     .offset = offsetof(struct configuration_draft, rates),
     .count_offset = offsetof(struct configuration_draft, rate_count),
     .max = RATES_MAX,
     .sentence = "What one unit of each other currency is worth in `currency`: `{EUR: 1.08}`."},
    {.kind = &kind_inline,
     .table = &catalogue_rows,
     .offset = offsetof(struct configuration_draft, made.catalogue)},
    {.key = "clients",
     .kind = &kind_list,
     .table = &client_rows,
     .offset = offsetof(struct configuration_draft, clients),
     .count_offset = offsetof(struct configuration_draft, client_count),
     .max = CLIENT_MAX - 1,
     .sentence = "Who may call."},
    {.key = "providers",
     .kind = &kind_list,
     .table = &provider_rows,
     .offset = offsetof(struct configuration_draft, providers),
     .count_offset = offsetof(struct configuration_draft, provider_count),
     .max = PROVIDER_MAX,
     .sentence = "Who delivers."},
    {.key = "log",
     .kind = &kind_table,
     .table = &log_rows,
     .offset = offsetof(struct configuration_draft, made.log),
     .sentence = "What is logged."},
    {.key = "include",
     .kind = &include_kind,
     .sentence = "Further files, relative to this one. Their `clients`, `providers`, `services` "
                 "and `imports` are added; any other key is in one file only."},
};

const struct setting_table configuration_rows = {.name = "the configuration",
                                                 .rows = list,
                                                 .count = COUNT_OF(list),
                                                 .size = sizeof(struct configuration_draft)};

/* ---- rules between rooms ---- */

static const struct configuration_rate *
configuration_find_rate(const struct configuration_draft *draft, const char *currency)
{
    for (size_t i = 0; i < draft->rate_count; i++)
        if (draft->rates[i].currency && strcmp(draft->rates[i].currency, currency) == 0)
            return &draft->rates[i];
    return NULL;
}

static void configuration_check_rates(struct setting_reader *reader, const struct yamlnode *rates,
                                      const struct configuration_draft *draft)
{
    const struct yamlnode *node = rates->first;
    for (size_t i = 0; i < draft->rate_count; i++, node = node->next) {
        const char *currency = draft->rates[i].currency;
        if (currency == NULL)
            continue;
        if (configuration_find_rate(draft, currency) != &draft->rates[i])
            faultlist_add(reader->faults, node->key_place, "a second rate for %s; keep one of them",
                          currency);
        if (strcmp(currency, draft->made.catalogue.currency) == 0 &&
            draft->rates[i].rate.units != FACTOR_ONE)
            faultlist_add(reader->faults, node->key_place,
                          "%s is `currency` itself, one is worth one; leave it out", currency);
    }
}

static struct factor configuration_find_exchange(struct setting_reader *reader,
                                                 const struct yamlnode *provider,
                                                 const struct configuration_draft *draft,
                                                 const char *currency, bool is_whole)
{
    struct factor one = {FACTOR_ONE};
    const struct yamlnode *node = yamltree_find(provider, "currency");
    if (strcmp(currency, draft->made.catalogue.currency) == 0)
        return one;
    const struct configuration_rate *rate = configuration_find_rate(draft, currency);
    if (rate)
        return rate->rate;
    if (is_whole)
        faultlist_add(reader->faults, node ? node->place : provider->place,
                      "there is no rate for %s; add `rates: {%s: …}`, what one %s is worth in %s",
                      currency, currency, currency, draft->made.catalogue.currency);
    return one;
}

/* Files that can be read may still hold no certificate, or a key that is not its own. */
static void configuration_check_tls(struct setting_reader *reader, const struct yamlnode *root,
                                    const struct listener_settings *front)
{
    const struct yamlnode *node = yamltree_find(root, "tls");
    struct fault why;
    if (node == NULL || front->certificate == NULL || front->key == NULL)
        return;
    struct tls_context *tls = tls_context_new(front->certificate, front->key, &why);
    if (tls == NULL)
        faultlist_add(reader->faults, node->place, "`tls`: %s", why.message);
    tls_context_unpin(&tls);
}

/* Legal, but hardly what was meant. */
static void configuration_warn_of_nothing(struct setting_reader *reader,
                                          const struct yamlnode *root,
                                          const struct configuration_draft *draft)
{
    const struct catalogue_settings *catalogue = &draft->made.catalogue;
    struct source_location whole = {root->place.file, 0, 0};
    if (draft->client_count == 0)
        faultlist_warn(reader->faults, whole, "no clients, so nobody can call; add `clients:`");
    if (draft->provider_count == 0)
        faultlist_warn(reader->faults, whole,
                       "no providers, so nothing can be delivered; add `providers:`");
    else if (catalogue->service_count == 0 && catalogue->import_count == 0)
        faultlist_warn(reader->faults, whole, "nothing to sell; add `services:` or `imports:`");
}

struct factor *configuration_check(struct setting_reader *reader, const struct yamlnode *root,
                                   struct configuration_draft *draft, bool is_whole)
{
    struct factor *exchange = memory_array(draft->provider_count + 1, sizeof *exchange);
    const struct yamlnode *rates = yamltree_find(root, "rates");
    const struct yamlnode *providers = yamltree_find(root, "providers");
    const struct yamlnode *node = providers ? providers->first : NULL;
    if (draft->rate_count)
        configuration_check_rates(reader, rates, draft);
    for (size_t i = 0; i < draft->provider_count; i++, node = node->next) {
        struct provider_settings *provider = &draft->providers[i];
        if (provider->currency == NULL)
            provider->currency = memory_text(draft->made.catalogue.currency);
        exchange[i] =
            configuration_find_exchange(reader, node, draft, provider->currency, is_whole);
    }
    configuration_check_tls(reader, root, &draft->made.front);
    if (is_whole) {
        rows_check_references(reader);
        configuration_warn_of_nothing(reader, root, draft);
    }
    return exchange;
}

/* ---- the snapshot ---- */

char *configuration_find(const char *given, struct faultlist *faults)
{
    static const char *const places[] = {"./panelmux.yaml", "/etc/panelmux/panelmux.yaml"};
    const char *named = given ? given : getenv("PANELMUX_CONFIG");
    if (named && *named)
        return memory_text(named);
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (access(places[i], F_OK) == 0)
            return memory_text(places[i]);
    faultlist_add(faults, (struct source_location){0},
                  "no configuration: neither %s nor %s is there; name one with -c FILE or "
                  "PANELMUX_CONFIG",
                  places[0], places[1]);
    return NULL;
}

static void configuration_wipe_text(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

static void configuration_fini(struct configuration *configuration)
{
    provider_set_unpin(&configuration->providers);
    client_set_unpin(&configuration->clients);
    listener_settings_fini(&configuration->front);
    listener_settings_fini(&configuration->admin.listener);
    catalogue_settings_fini(&configuration->catalogue);
    configuration_wipe_text(&configuration->ledger.url);
    configuration_wipe_text(&configuration->cache.url);
    configuration_wipe_text(&configuration->admin_token);
    view_free(&configuration->view);
    free(configuration->path);
}

void configuration_draft_fini(struct configuration_draft *draft)
{
    for (size_t i = 0; i < draft->rate_count; i++)
        free(draft->rates[i].currency);
    for (size_t i = 0; i < draft->provider_count; i++)
        provider_settings_fini(&draft->providers[i]);
    for (size_t i = 0; i < draft->client_count; i++)
        client_settings_fini(&draft->clients[i]);
    free(draft->rates);
    free(draft->providers);
    free(draft->clients);
    admin_rows_fini(&draft->admin);
    configuration_fini(&draft->made);
    *draft = (struct configuration_draft){0};
}

static unsigned configuration_default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > 256 ? 256 : (unsigned)cores;
}

/* What was checked becomes sets; from here on only a lack of room is a fault. */
static bool configuration_make_sets(struct configuration_draft *draft,
                                    const struct factor *exchange, struct fault *why)
{
    struct configuration *made = &draft->made;
    made->providers = provider_set_new(draft->providers, exchange, draft->provider_count, why);
    made->clients =
        made->providers ? client_set_new(draft->clients, draft->client_count, why) : NULL;
    return made->clients != NULL;
}

/* The draft's own keeps what the configuration does not take. */
static struct configuration *configuration_publish(struct configuration_draft *draft,
                                                   const char *path)
{
    struct configuration *configuration = memory_new(sizeof *configuration);
    struct configuration *made = &draft->made;
    made->path = memory_text(path);
    if (made->workers == 0)
        made->workers = configuration_default_workers();
    made->orders.decimals = made->catalogue.decimals;
    made->orders.currency = made->catalogue.currency;
    made->admin = draft->admin.settings;
    made->admin_token = draft->admin.token;
    draft->admin = (struct admin_draft){0};
    *configuration = *made;
    *made = (struct configuration){0};
    atomic_init(&configuration->pins, 1);
    return configuration;
}

static struct configuration *configuration_read_all(struct setting_reader *reader,
                                                    struct configuration_draft *draft,
                                                    const char *path)
{
    bool is_whole;
    size_t before = reader->faults->faults;
    struct fault why = {0};
    struct configuration *configuration = NULL;
    struct yamlnode *root = configuration_files_read(reader, path, &is_whole);
    if (root == NULL)
        return NULL;
    rows_read_table(reader, &configuration_rows, root, draft);
    struct factor *exchange = configuration_check(reader, root, draft, is_whole);
    if (reader->faults->faults == before) {
        if (configuration_make_sets(draft, exchange, &why)) {
            draft->made.view = view_make(&configuration_rows, root);
            configuration = configuration_publish(draft, path);
        } else
            faultlist_add(reader->faults, (struct source_location){root->place.file, 0, 0}, "%s",
                          why.message);
    }
    free(exchange);
    return configuration;
}

struct configuration *configuration_load(const char *path, struct faultlist *faults)
{
    struct yamltree tree;
    struct setting_reader reader;
    struct configuration_draft draft = {0};
    yamltree_init(&tree);
    rows_init(&reader, faults, &tree);
    struct configuration *configuration = configuration_read_all(&reader, &draft, path);
    configuration_draft_fini(&draft);
    rows_fini(&reader);
    yamltree_fini(&tree);
    return configuration;
}

struct configuration *configuration_pin(struct configuration *configuration)
{
    atomic_fetch_add_explicit(&configuration->pins, 1, memory_order_relaxed);
    return configuration;
}

void configuration_unpin(struct configuration **configuration)
{
    struct configuration *old = *configuration;
    *configuration = NULL;
    if (old == NULL || atomic_fetch_sub_explicit(&old->pins, 1, memory_order_acq_rel) != 1)
        return;
    configuration_fini(old);
    free(old);
}

/* ---- the ledger's clients ---- */

bool configuration_check_client(const struct configuration *configuration, struct str name,
                                struct faultlist *faults, struct fault *why)
{
    static const char advice[] = "leave it out here, or give it another name";
    const struct client *client = client_set_find(configuration->clients, name);
    if (client == NULL)
        return true;
    const struct client_settings *settings = &client->settings;
    if (faults)
        faultlist_add(faults,
                      (struct source_location){faultlist_file(faults, settings->file),
                                               settings->line, settings->column},
                      "client `%s` is in the ledger %s as well (client add); %s", settings->name,
                      configuration->ledger.url, advice);
    return fault_set(why, FAULT_INVALID,
                     "%.160s:%u:%u: client `%s` is in the ledger %.120s as well (client add); %s",
                     settings->file, settings->line, settings->column, settings->name,
                     configuration->ledger.url, advice);
}

/* ---- who pays cost or less ---- */

struct configuration_margins {
    const struct configuration *configuration;
    struct faultlist *faults;
};

static void configuration_on_margin(const char *message, const struct client_settings *client,
                                    void *arg)
{
    const struct configuration_margins *margins = arg;
    struct source_location place = {0};
    bool has_place = client && client->file;
    place.file =
        faultlist_file(margins->faults, has_place ? client->file : margins->configuration->path);
    if (has_place) {
        place.line = client->line;
        place.column = client->column;
    }
    faultlist_warn(margins->faults, place, "%s", message);
}

void configuration_warn_of_margins(const struct configuration *configuration,
                                   const struct client_set *clients,
                                   const struct provider_list *const *lists,
                                   struct faultlist *faults)
{
    struct configuration_margins arg = {configuration, faults};
    const struct margins margins = {.settings = &configuration->catalogue,
                                    .providers = configuration->providers,
                                    .clients = clients ? clients : configuration->clients,
                                    .lists = lists,
                                    .report = configuration_on_margin,
                                    .arg = &arg};
    margins_check(&margins);
}

/* ---- reload ---- */

struct difference {
    const struct configuration *fresh;
    struct faultlist *faults;
    bool is_any;
};

static void configuration_report_restart(const struct setting_row *row, void *arg)
{
    struct difference *difference = arg;
    difference->is_any = true;
    faultlist_add(
        difference->faults,
        (struct source_location){faultlist_file(difference->faults, difference->fresh->path), 0, 0},
        "`%s` has changed, which a reload cannot do; restart, or set it back", row->key);
}

bool configuration_check_reload(const struct configuration *running,
                                const struct configuration *fresh, struct faultlist *faults)
{
    struct difference difference = {fresh, faults, false};
    rows_compare(&configuration_rows, running, fresh, configuration_report_restart, &difference);
    return !difference.is_any;
}
