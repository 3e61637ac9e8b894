/* Puts the offers of a service in the order in which they are tried, and says of each that is left
 * out why. Pure. */
#ifndef ROUTING_RANKING_H
#define ROUTING_RANKING_H
#include "money/money.h"
#include <stdbool.h>
#include <stdint.h>

enum skip {
    SKIP_NONE,
    SKIP_TRIED,       /* each offer once for an order */
    SKIP_CLOSED,      /* state: closed */
    SKIP_PAUSED,      /* by an operator */
    SKIP_UNKNOWN,     /* never seen in the provider's list: its cost is unknown */
    SKIP_GONE,        /* no longer in the provider's list */
    SKIP_VOID,        /* its limits in the provider's list leave nothing */
    SKIP_QUARANTINED, /* price jump, zero, absurd or unreadable */
    SKIP_TYPE,        /* the panel's type is another one */
    SKIP_LIMITS,      /* quantity outside the offer's own min and max */
    SKIP_COST,        /* above the charge, and margin is never_below_cost */
    SKIP_CURRENCY,    /* the panel reports another currency than is configured */
    SKIP_KEY,         /* bad key: parked */
    SKIP_FUNDS,       /* out of funds */
    SKIP_BREAKER,     /* provider or offer failing */
    SKIP_COOL_DOWN,   /* provider or offer cooling down */
    SKIP_COUNT
};
const char *ranking_skip_name(enum skip skip); /* "its cost is above the charge", for explain */

enum ranking_policy { RANKING_PRIORITY, RANKING_CHEAPEST, RANKING_WEIGHTED };

enum { RANKING_MAX = 64 };

struct candidate {
    enum skip skip;    /* found so far; SKIP_NONE: may be taken */
    struct money cost; /* of this order, in our currency */
    unsigned weight;   /* weighted; 0 counts as 1 */
};
/* The indexes of the candidates that may be taken, best first; returns how many. Of more than
 * RANKING_MAX candidates only the first ones count. priority: as given; cheapest: by cost, equal
 * ones as given; weighted: drawn by weight without replacement.
 *
 * Weighted ranks every candidate, also those that are skipped, and leaves these out afterwards: the
 * same random number gives the same ranking however many of them have been tried meanwhile, and
 * who comes next after a refusal was drawn by weight too. */
size_t ranking_make(enum ranking_policy policy, const struct candidate *candidates, size_t count,
                    uint64_t random, uint8_t order_out[RANKING_MAX]);

#endif
