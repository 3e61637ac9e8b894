/* The rows of placing and following orders: keys of the file's first level. */
#ifndef ORDERS_ORDER_ROWS_H
#define ORDERS_ORDER_ROWS_H
#include "orders/order_settings.h"
#include "settings/rows.h"

extern const struct setting_table order_rows; /* struct order_settings */

#endif
