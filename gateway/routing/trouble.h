/* struct trouble: why a provider, or one offer of it, is not asked now, since when and until when,
 * and how that ends. A value, for people: nothing is decided by it. Times are of the monotonic
 * clock; pure. */
#ifndef ROUTING_TROUBLE_H
#define ROUTING_TROUBLE_H
#include "routing/ranking.h"

enum trouble_why {
    WHY_NONE,
    WHY_FAILING,  /* calls in a row failed: the breaker is open, or the next call is its probe */
    WHY_OFF,      /* the panel says that it takes nothing now: maintenance and the like */
    WHY_REFUSED,  /* the panel refuses this service */
    WHY_SUPPLIER, /* out of funds, though our balance covers it: it is its supplier's */
    WHY_LIMITED,  /* too many requests */
    WHY_REDIRECT, /* its address redirects elsewhere */
    WHY_FUNDS,
    WHY_KEY,
    WHY_CURRENCY,
    WHY_COUNT
};

enum trouble_end {
    ENDS_NONE,        /* there is no trouble */
    ENDS_BY_PROBE,    /* by itself, at until_ms or now: one call tries it */
    ENDS_BY_TIME,     /* by itself, at until_ms */
    ENDS_BY_BALANCE,  /* by a balance that covers the order, or has risen since */
    ENDS_BY_KEY,      /* by a new key, or a balance question that is answered */
    ENDS_BY_CURRENCY, /* when the panel or the configuration is mended */
};

enum { TROUBLE_SERVICE_BYTES = 128 };

struct trouble {
    enum skip skip;       /* SKIP_NONE: it may be asked (with a why: by one probe) */
    enum trouble_why why; /* WHY_NONE: nothing to say */
    bool is_offer;        /* of the offer alone, else of the whole provider */
    bool is_reading;      /* of lists, balances and statuses, else of orders */
    bool is_probing;      /* the one probe is under way */
    unsigned failures;    /* in a row */
    int64_t since_ms;
    int64_t until_ms; /* 0: no moment is known. WHY_KEY: of the next balance question */
    /* WHY_FUNDS, in the provider's currency */
    struct money cost;  /* of the order that was refused; 0: not known */
    bool has_seen;      /* a balance was read since, */
    struct money seen;  /* and it was this */
    size_t service_len; /* of an offer, where it is not the caller's own */
    char service[TROUBLE_SERVICE_BYTES];
};

const char *trouble_why_name(enum trouble_why why); /* "out_of_funds", for programs */
enum trouble_end trouble_end(const struct trouble *trouble);
const char *trouble_end_name(enum trouble_end end); /* "balance", for programs */

#endif
