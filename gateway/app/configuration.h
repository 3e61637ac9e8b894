/* struct configuration: the whole of a panelmux.yaml as checked structs, an immutable, counted
 * snapshot. Loading collects all faults; with one fault there is no configuration. Any thread may
 * read a pinned one. Secrets live only here and in what is made from it; they are wiped when freed.
 */
#ifndef APP_CONFIGURATION_H
#define APP_CONFIGURATION_H
#include "admin/admin_settings.h"
#include "base/log.h"
#include "cache/cache.h"
#include "catalogue/catalogue_settings.h"
#include "clients/client.h"
#include "ledger/ledger.h"
#include "orders/order_settings.h"
#include "providers/provider.h"
#include "settings/faultlist.h"

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
    char *admin_token; /* as text, for our own commands; secret; NULL when none */
};

/* -c FILE, $PANELMUX_CONFIG, ./panelmux.yaml, /etc/panelmux/panelmux.yaml; NULL: none is there
 * (the fault lists where it looked). To free(). */
char *configuration_find(const char *given, struct faultlist *faults);
/* NULL when there is a fault; warnings alone are fine. One pin. */
struct configuration *configuration_load(const char *path, struct faultlist *faults);
struct configuration *configuration_pin(struct configuration *configuration);
void configuration_unpin(struct configuration **configuration);

/* Whether a client of the ledger is in the file as well: a fault that names both places, into
 * faults or, where that is NULL, *why. */
bool configuration_check_client(const struct configuration *configuration, struct str name,
                                struct faultlist *faults, struct fault *why);

/* Keys that a reload cannot change (ledger, workers): a fault naming each that differs. */
bool configuration_check_reload(const struct configuration *running,
                                const struct configuration *fresh, struct faultlist *faults);

#endif
