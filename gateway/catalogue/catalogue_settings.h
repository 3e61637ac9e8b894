/* What the operator says about services, imports and refreshing, with the keys it is read from.
 * Owned by the configuration's snapshot, which the refresher pins. */
#ifndef CATALOGUE_CATALOGUE_SETTINGS_H
#define CATALOGUE_CATALOGUE_SETTINGS_H
#include "money/quote.h"
#include "protocol/ordertype.h"
#include "routing/ranking.h"
#include "settings/rows.h"

struct offer_settings {
    char *provider; /* name */
    char *service;  /* the panel's id */
    unsigned weight;
};
enum same_link { SAME_LINK_ALLOW, SAME_LINK_REJECT, SAME_LINK_QUEUE };
struct service_settings {
    uint32_t id;
    char *name, *category; /* NULL: from the first offer */
    enum ordertype type;   /* UNKNOWN: from the first offer */
    bool has_min, has_max;
    int64_t min, max;
    bool has_rate; /* a fixed rate, in our currency, before markup */
    struct money rate;
    struct markup markup;
    enum ranking_policy routing;
    bool allow_loss;                      /* margin: allow_loss */
    bool cancel_goes_on, partial_goes_on; /* to the next offer */
    enum same_link same_link;
    struct offer_settings *offers;
    size_t offer_count;
};
struct import_settings {
    char *provider;
    uint32_t first_id;
    struct markup markup;
    bool allow_loss;
    char **categories; /* patterns; count 0: all */
    size_t category_count;
    enum ordertype *types;
    size_t type_count;
    char **services; /* ids or patterns */
    size_t service_count;
};
struct catalogue_settings {
    int64_t refresh_ms, balance_ms, unlist_ms;
    struct percent price_jump;
    struct percent vanish_limit;
    unsigned decimals;
    char *currency;
    struct service_settings *services;
    size_t service_count;
    struct import_settings *imports;
    size_t import_count;
};
extern const struct setting_table catalogue_rows; /* struct catalogue_settings, first level */
void catalogue_settings_fini(struct catalogue_settings *settings);

#endif
