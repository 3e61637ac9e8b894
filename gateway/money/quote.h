/* What a service costs a client: markups and quote. Pure. */
#ifndef MONEY_QUOTE_H
#define MONEY_QUOTE_H
#include "money/money.h"

/* A markup as written: "25%", "25% + 0.05", "-3%", "0.05". Percent first, then the amount. */
struct markup {
    struct percent percent;
    struct money amount; /* per 1000, in the gateway's currency */
};
bool quote_parse_markup(struct str text, struct markup *out) MUST_USE;

/* Whether the price that both make of a cost is above it, whatever the cost (above 0) is. */
enum quote_gain {
    QUOTE_GAIN_NONE,   /* the cost itself, or less */
    QUOTE_GAIN_SOME,   /* always above it */
    QUOTE_GAIN_DEPENDS /* on the cost: percents and amounts pull apart */
};
enum quote_gain quote_gain_of(const struct markup *service, const struct markup *client);

/* base (in the provider's currency) x exchange -> x (1 + service percent) + service amount ->
 * x (1 + client percent) + client amount, rounded up once, at the end, to decimals. A result below
 * zero counts as out of range. */
struct rate_terms {
    struct money base;
    struct factor exchange; /* FACTOR_ONE when base is in our currency */
    struct markup service;
    struct markup client;
};
bool quote_rate(const struct rate_terms *terms, unsigned decimals, struct money *rate_out) MUST_USE;
/* What 1000 pieces cost in our currency, rounded up to 10^-8. */
bool quote_cost(struct money base, struct factor exchange, struct money *out) MUST_USE;
/* What an order costs in our currency: base x exchange x quantity / 1000 (flat: base x exchange),
 * converted before it is rounded up, once, to 10^-8. False when out of range or below 0. */
bool quote_order_cost(struct money base, struct factor exchange, int64_t quantity, bool is_flat,
                      struct money *out) MUST_USE;
/* rate x quantity / 1000, rounded up to decimals; flat (packages): the rate itself, rounded up. */
bool quote_charge(struct money rate, int64_t quantity, bool is_flat, unsigned decimals,
                  struct money *charge_out) MUST_USE;

#endif
