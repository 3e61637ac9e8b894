/* See configuration.h. Files and rows are read in configuration_files.c and configuration_rows.c;
 * here they become the snapshot. */
#include "app/configuration.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/configuration_private.h"
#include "http/listener_settings.h"

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
        if (configuration_make_sets(draft, exchange, &why))
            configuration = configuration_publish(draft, path);
        else
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

/* ---- reload ---- */

struct difference {
    const struct configuration *fresh;
    struct faultlist *faults;
    bool is_any;
};

static void configuration_tell_restart(const struct setting_row *row, void *arg)
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
    rows_compare(&configuration_rows, running, fresh, configuration_tell_restart, &difference);
    return !difference.is_any;
}
