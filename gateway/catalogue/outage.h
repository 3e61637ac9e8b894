/* struct outage: that a provider can take no order whatever it lists, and for how long, in time
 * that the gateway ran. What has lasted for `unlist` takes its services off the list.
 *
 * It outlives a restart: the kept one goes on until this run sees that it is over, for what it was
 * may show only by an order. The time between two runs does not count. A value; pure; moments are
 * of the monotonic clock, so that a jump of the wall clock takes nothing off. */
#ifndef CATALOGUE_OUTAGE_H
#define CATALOGUE_OUTAGE_H
#include "base/str.h"
#include "money/money.h"

enum outage_why {
    OUTAGE_NONE,     /* it takes orders */
    OUTAGE_OPERATOR, /* closed or paused */
    OUTAGE_KEY,
    OUTAGE_CURRENCY,
    OUTAGE_FUNDS,
    OUTAGE_SILENT, /* its lists and balances fail */
    OUTAGE_COUNT
};

/* What is kept may come from a cache that others write to: no more is believed, so that sums fit.
 */
#define OUTAGE_RAN_MAX_MS (INT64_C(100) * 366 * 24 * 3600 * 1000)

struct outage {
    enum outage_why why;
    bool is_kept;       /* from an earlier run, not seen in this one so far */
    int64_t ran_ms;     /* counted so far… */
    int64_t counted_ms; /* …up to this moment; 0: from the next one on */
    bool has_balance;
    struct money balance; /* the provider's, as last read; of a kept one: when it was kept */
};

struct outage_facts { /* of this run */
    bool is_stopped, is_key_parked, is_currency_wrong, is_out_of_funds, is_silent;
    bool has_answered; /* a list or a balance was read */
    bool is_proven;    /* an order was accepted, or an operator said so */
    bool has_balance;  /* one was read: */
    struct money balance;
};

/* Takes the facts in. True: it begins, is over, or is another one. */
bool outage_note(struct outage *outage, const struct outage_facts *facts, int64_t now_ms);
void outage_count(struct outage *outage, int64_t now_ms);

/* ["funds",ran,"12.50"] as kept; balance null: not known. Nothing for none. */
struct buf;
void outage_print(const struct outage *outage, struct buf *out);
/* False, and *out is none: there is no such reason, or ran_ms is beyond OUTAGE_RAN_MAX_MS. Counts
 * from the next outage_count on. */
bool outage_set_kept(struct outage *out, struct str why, int64_t ran_ms,
                     const struct money *balance);
const char *outage_why_name(enum outage_why why);

#endif
