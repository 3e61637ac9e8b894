/* A call to a panel and its response, independent of dialect. Pure values. */
#ifndef PROVIDERS_UPSTREAM_H
#define PROVIDERS_UPSTREAM_H
#include "base/arena.h"
#include "money/money.h"
#include "protocol/count.h"
#include "protocol/field.h"
#include "protocol/orderstatus.h"
#include "protocol/ordertype.h"
#include "providers/provider.h"

enum upstream_action {
    UPSTREAM_SERVICES,
    UPSTREAM_ADD,
    UPSTREAM_STATUS,      /* ids: one */
    UPSTREAM_STATUS_MANY, /* ids: 1..100 */
    UPSTREAM_REFILL,
    UPSTREAM_REFILL_MANY,
    UPSTREAM_REFILL_STATUS,
    UPSTREAM_REFILL_STATUS_MANY,
    UPSTREAM_CANCEL, /* ids: 1..100, always the plural form */
    UPSTREAM_BALANCE,
    UPSTREAM_ACTION_COUNT
};

struct upstream_request {
    enum upstream_action action;
    struct str service;          /* add: the panel's service id */
    const struct fields *fields; /* add: normalised; quantity filled as the panel needs it */
    const struct str *ids;       /* the panel's order or refill ids */
    size_t id_count;
};

/* How a call ended, for every action. For add this is the outcome table of docs/architecture.md.
 */
enum outcome {
    OUTCOME_ACCEPTED, /* a usable response: the fields below are filled */
    OUTCOME_NOT_SENT, /* certainly nothing left us */
    OUTCOME_REFUSED,  /* certainly not executed; verdict says by whose fault */
    OUTCOME_DOUBT,    /* may have been executed (add, refill, cancel); for reads: nothing learnt */
};
enum { OUTCOME_COUNT = OUTCOME_DOUBT + 1 };

/* For logs and metrics: "status_many", "not_sent". */
const char *upstream_action_name(enum upstream_action action);
const char *upstream_outcome_name(enum outcome outcome);

/* What a client is refused for, of class client; the messages are in our own table. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_LINK,         /* Incorrect link */
    REFUSAL_ACTIVE_ORDER, /* You have active order with this link. … */
    REFUSAL_REFILL,       /* refill not possible (disabled, too early, not completed) */
    REFUSAL_CANCEL,       /* cancel not possible */
    REFUSAL_ORDER_ID,     /* the panel does not know the order (data) */
    REFUSAL_REFILL_ID,
    REFUSAL_UNSUPPORTED, /* the panel has no such action, or not in this form: use another way */
    REFUSAL_OTHER,
};

struct upstream_status { /* of one order */
    struct str id;       /* as requested */
    bool is_absent;      /* many: left out, or not readable */
    bool is_unknown_id;  /* "Incorrect order ID" and its kin */
    enum orderstatus status;
    struct str word; /* the panel's word, for the log */
    bool has_charge, has_start_count, has_remains, has_posts, has_runs;
    struct money charge; /* in the panel's currency; a hint only */
    int64_t start_count;
    /* Never negative; may exceed the quantity: clamp before use, and fit it first. */
    int64_t remains;
    struct count remains_as_said; /* both readings of "2.000" */
    int64_t posts, runs;
    struct str expiry;  /* subscriptions; STR_NONE when absent */
    struct str *orders; /* child ids of subscriptions and drip-feeds; NULL when absent */
    size_t order_count;
};

/* Chooses between the readings of a `remains` that may be thousands or decimals, for an order of
 * that quantity (0: not known); where none is left, it said nothing of remains. */
void decode_status_fit(struct upstream_status *status, int64_t quantity);

struct upstream_item { /* of refill, refill_status, cancel, one per requested id */
    struct str id;     /* as requested */
    bool is_absent;
    bool is_accepted;
    struct str refill;        /* refill: the panel's refill id; STR_NONE when it gave none */
    enum refillstatus status; /* refill_status */
    enum refusal refusal;     /* when not accepted */
    struct str error;         /* redacted, for the log */
};

/* The greatest quantity of a row that names no max. */
#define UPSTREAM_MAX_QUANTITY INT64_C(2147483647)

struct upstream_service { /* a row of a list */
    struct str id, name, category, type_text;
    enum ordertype type;
    bool has_rate;     /* a rate that is a number >= 0 in range */
    struct money rate; /* per 1000, in the panel's currency, rounded up to 10^-8 */
    bool has_limits;   /* one of the two was said; the other is 1 or UPSTREAM_MAX_QUANTITY then */
    bool is_void;      /* what was said of them leaves nothing: not for sale */
    int64_t min, max;
    bool refill, cancel, dripfeed;
    bool no_refill, no_cancel; /* the row says so itself, rather than nothing */
    bool is_doubled;           /* the id stands twice with different content: do not sell it */
};

struct upstream_response {
    enum outcome outcome;
    /* of a refusal or a doubt: */
    enum verdict_class class;
    enum verdict_cool_down cool_down;
    enum refusal refusal;
    bool is_mismatch;     /* A*: quantity, field, type complaints after our own checks passed */
    bool is_active_order; /* "You have active order with this link" and its kin */
    bool is_challenge, is_redirect, is_rate_limited, is_key, is_funds;
    int64_t retry_after_s; /* -1 when not said */
    struct str error;      /* the panel's text, our key redacted, <= 500 bytes; "" when none */
    struct str evidence;   /* status, start of the body, transport error: redacted, <= 500 bytes */
    /* of an accepted one: */
    struct str order; /* add: the panel's order id */
    bool has_charge;
    struct money charge; /* add: what it says it took */
    struct upstream_status
        *statuses; /* status (1) and status_many: one per requested id, in that order */
    size_t status_count;
    struct upstream_item *items; /* refill(s), refill_status(es), cancel: one per id, in order */
    size_t item_count;
    struct upstream_service *services;
    size_t service_count;
    bool has_balance;
    struct money balance;        /* in the panel's currency */
    struct str balance_currency; /* STR_NONE when not said */
};

#endif
