/* The rows of one of `clients:`. */
#ifndef CLIENTS_CLIENT_ROWS_H
#define CLIENTS_CLIENT_ROWS_H
#include "clients/client.h"
#include "settings/rows.h"

extern const struct setting_table client_rows; /* struct client_settings */

/* The settings of a client in the ledger: a JSON object with the same keys, but for name, keys and
 * frozen. False: nothing was made. */
bool client_rows_parse_json(struct str json, struct client_settings *out,
                            struct fault *why) MUST_USE;
bool client_rows_check_name(struct str name, struct fault *why) MUST_USE;

#endif
