/* The rows of one of `clients:`. */
#ifndef CLIENTS_CLIENT_ROWS_H
#define CLIENTS_CLIENT_ROWS_H
#include "clients/client.h"
#include "settings/rows.h"

extern const struct setting_table client_rows; /* struct client_settings */

#endif
