/* What `panelmux check` looks at beside the file: what would keep serve from starting (ledger,
 * addresses), and what providers' lists say of the services. The main thread. */
#ifndef APP_STARTCHECK_H
#define APP_STARTCHECK_H
#include "app/command.h"
#include "app/configuration.h"

/* Faults: the ledger cannot be opened, an address is held by another program. A gateway that runs
 * with the same configuration holds both by right: notes says so. Beside faults elsewhere in the
 * file, too. */
void startcheck_look(const struct command_options *options, const char *path,
                     struct faultlist *faults, struct buf *notes);

/* Warnings: what the lists that the ledger keeps say of services and imports, and who pays cost or
 * less; they may be old. clients: as configuration_warn_of_margins. */
void startcheck_compare_kept(const struct configuration *configuration,
                             const struct client_set *clients, struct faultlist *faults);

#endif
