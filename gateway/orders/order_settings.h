/* What the operator says about placing and following orders. By value. */
#ifndef ORDERS_ORDER_SETTINGS_H
#define ORDERS_ORDER_SETTINGS_H
#include <stdbool.h>
#include <stdint.h>

struct setting_table;

struct order_settings {
    int64_t answer_within_ms;
    int64_t status_fresh_ms;
    int64_t status_within_ms;
    int64_t track_after_ms; /* the tracker's first query, to three times that */
    bool is_tracking;
    int64_t watch_ms;  /* how long finished orders are queried again; 0: off */
    int64_t claim_ms;  /* how long an unanswered add may be claimed; 0: off */
    unsigned stuck;    /* times the usual course; 0: off */
    unsigned decimals; /* of charges */
    char *currency;    /* borrowed from the configuration */
};

extern const struct setting_table order_rows; /* struct order_settings: keys of the first level */

#endif
