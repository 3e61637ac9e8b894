/* struct open_order: what is known of an unfinished order, by value: its ledger row, and with it
 * what no row has. Pure. */
#ifndef ORDERS_OPEN_ORDER_H
#define ORDERS_OPEN_ORDER_H
#include "ledger/ledger.h"
#include "orders/client_view.h"
#include "orders/schedule.h"
#include "orders/settlement.h"
#include "providers/provider.h"

enum { OPEN_ORDER_UPSTREAM_BYTES = 65, OPEN_ORDER_NO_PROVIDER = 0xffff };
#define OPEN_ORDER_NEVER INT64_MAX
#define OPEN_ORDER_NO_CEILING ((struct money){INT64_MAX})

struct open_order { /* by value; small members together, for there may be very many */
    uint32_t id, service, parent;
    unsigned client_id;
    enum ordertype type;
    enum schedule_verdict stuck; /* as the tracker last saw it */
    unsigned decimals;           /* of its charges; 0: not known */
    unsigned moves;              /* how often it went on to another panel */
    uint16_t odd_children;       /* how many its panel last named that are none of ours */
    uint16_t provider_id;        /* OPEN_ORDER_NO_PROVIDER: none yet */
    bool is_unsaved;             /* the ledger lags behind: written again with the next report */
    bool is_review : 1;          /* its last report was left to the operator */
    bool is_unpriced : 1;        /* for it ends without a charge that can be read */
    bool has_children;           /* or may have: looked for with its next report */
    char upstream_id[OPEN_ORDER_UPSTREAM_BYTES]; /* "" until accepted */
    struct order_course course;
    int64_t quantity;
    struct money rate, charge;
    int64_t link_hash;        /* where its service takes one order per link; else 0 */
    int64_t delivered;        /* by the panels before */
    struct money cost;        /* of the accepted attempt, our currency; 0: not known */
    struct money bought;      /* the offer's rate, our currency; 0: not known */
    struct money ceiling;     /* subscriptions and their children: the most it may be charged */
    int64_t unit;             /* packages: what the panel counts as all of it; 0: not known */
    int64_t placed_at_ms;     /* wall */
    int64_t asked_at_ms;      /* monotonic; when the panel last reported on it; 0 never */
    int64_t due_at_ms;        /* monotonic; when it is to be queried though nobody asks; 0: never */
    int64_t unknown_since_ms; /* monotonic; since when its provider does not know it; 0: it does */
    const char *extra; /* JSON object without braces: `"posts":"10","orders":["7"]`; NULL none */
};

struct client_view_order open_order_view(const struct open_order *order);
/* decimals: as in open_order_decimals. */
struct settlement_order open_order_settlement(const struct open_order *order, unsigned current);
/* It has a provider to query, and something may still change. */
bool open_order_is_tracked(const struct open_order *order);
/* What its charges are rounded up to; `current` where it does not know. */
unsigned open_order_decimals(const struct open_order *order, unsigned current);
/* A row as the table has it. A provider that is not configured counts too: it may come back. */
void open_order_from_ledger(const struct ledger_order *order, struct open_order *out);

#endif
