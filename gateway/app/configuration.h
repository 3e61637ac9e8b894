/* struct configuration: the whole of a panelmux.yaml as checked structs, an immutable, counted
 * snapshot. Loading collects all faults; with one fault there is no configuration. Any thread may
 * read a pinned one. Secrets live only here and in what is made from it; they are wiped when freed.
 */
#ifndef APP_CONFIGURATION_H
#define APP_CONFIGURATION_H
#include "admin/admin.h"
#include "base/log.h"
#include "cache/cache.h"
#include "catalogue/catalogue_settings.h"
#include "clients/client.h"
#include "ledger/ledger.h"
#include "orders/order_settings.h"
#include "providers/provider.h"
#include "settings/faultlist.h"
#include "settings/rows.h"
#include "settings/view.h"

struct log_settings {
    enum log_level level;
};

struct configuration {
    _Atomic unsigned pins;
    char *path;
    struct log_settings log;
    struct listener_settings front;
    struct admin_settings admin;
    struct ledger_settings ledger;
    struct cache_settings cache;
    unsigned workers;
    struct order_settings orders;
    struct catalogue_settings catalogue;
    struct client_set *clients;
    struct provider_set *providers;
    struct view *view; /* what was written, for people */
    char *admin_token; /* as text, for our own commands; secret; NULL when none */
};

/* -c FILE, $PANELMUX_CONFIG, ./panelmux.yaml, /etc/panelmux/panelmux.yaml; NULL: none is there
 * (the fault lists where it looked). To free(). */
char *configuration_find(const char *given, struct faultlist *faults);
/* NULL when there is a fault; warnings alone are fine. One pin. */
struct configuration *configuration_load(const char *path, struct faultlist *faults);
struct configuration *configuration_pin(struct configuration *configuration);
void configuration_unpin(struct configuration **configuration);

/* Warnings: who pays cost or less (margins.h). clients: NULL for those of the file; lists: by
 * provider id, NULL where none is known. */
struct provider_list;
void configuration_warn_of_margins(const struct configuration *configuration,
                                   const struct client_set *clients,
                                   const struct provider_list *const *lists,
                                   struct faultlist *faults);
/* Whether a client of the ledger is in the file as well: a fault that names both places, into
 * faults or, where that is NULL, *why. */
bool configuration_check_client(const struct configuration *configuration, struct str name,
                                struct faultlist *faults, struct fault *why);

/* Keys that a reload cannot change (ledger, workers): a fault naming each that differs. */
bool configuration_check_reload(const struct configuration *running,
                                const struct configuration *fresh, struct faultlist *faults);

/* How a configuration comes together: files and includes, the rows, the rules between rooms. For
 * the files of configuration*.c and their tests. */
struct configuration_rate {
    char *currency;
    struct factor rate; /* one unit of it in ours */
};
struct configuration_draft {   /* what the rows fill */
    struct configuration made; /* first, so that rows that need a restart fit a configuration too */
    struct admin_draft admin;
    struct configuration_rate *rates;
    size_t rate_count;
    struct provider_settings *providers;
    size_t provider_count;
    struct client_settings *clients;
    size_t client_count;
};

extern const struct setting_table configuration_rows; /* struct configuration_draft */
void configuration_draft_fini(struct configuration_draft *draft);

/* The rules between rooms: exchange_out gets a factor for each provider (to free()). When a file
 * was not readable, keys that it may hold are not reported as missing. */
struct factor *configuration_check(struct setting_reader *reader, const struct yamlnode *root,
                                   struct configuration_draft *draft, bool is_whole);

/* The file with its includes as one map; NULL when the first one is of no use. *is_whole_out is
 * false when a file could not be read to its end. */
struct yamlnode *configuration_files_read(struct setting_reader *reader, const char *path,
                                          bool *is_whole_out);

#endif
