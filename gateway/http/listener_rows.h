/* The rows of a listening side, and the kinds of addresses and networks. */
#ifndef HTTP_LISTENER_ROWS_H
#define HTTP_LISTENER_ROWS_H
#include "http/listener_settings.h"
#include "settings/rows.h"

extern const struct setting_table listener_rows;        /* struct listener_settings */
extern const struct setting_kind listener_rows_listen;  /* the list; fills listen, listen_count */
extern const struct setting_kind listener_rows_network; /* struct network */

/* The settings of a side that has only an address of its own: bodies, times and connections. */
void listener_rows_begin_admin(struct listener_settings *settings);
bool listener_rows_is_loopback(const struct listener_address *address);

#endif
