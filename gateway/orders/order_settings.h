/* What the operator says about placing and following orders. By value. */
#ifndef ORDERS_ORDER_SETTINGS_H
#define ORDERS_ORDER_SETTINGS_H
#include <stdint.h>

struct order_settings {
    int64_t answer_within_ms;
    int64_t status_fresh_ms;
    int64_t status_within_ms;
    unsigned decimals; /* of charges */
    char *currency;    /* borrowed from the configuration */
};

#endif
