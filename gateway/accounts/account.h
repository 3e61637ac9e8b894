/* A client's account and what an order's course does to it. Pure: values in, values out, all sums
 * checked. Nothing here knows orders' states; the ledger folds them into three phases. */
#ifndef ACCOUNTS_ACCOUNT_H
#define ACCOUNTS_ACCOUNT_H
#include "base/str.h"
#include "money/money.h"

enum account_kind {
    ACCOUNT_DEPOSIT,
    ACCOUNT_HOLD,
    ACCOUNT_CAPTURE,
    ACCOUNT_RELEASE,
    ACCOUNT_REFUND,
    ACCOUNT_CORRECTION,
    ACCOUNT_KIND_COUNT
};
const char *account_kind_name(enum account_kind kind); /* "deposit", "hold"… */
bool account_kind_find(struct str word, enum account_kind *out);

/* One line of an account: by how much the balance and, of it, what is held changes. */
struct account_movement {
    enum account_kind kind;
    struct money amount, held;
};
bool account_movement_is_none(const struct account_movement *movement);

struct account {
    struct money balance, held; /* available is balance - held */
    int64_t day;                /* UTC, days since 1970: that of charged */
    struct money charged;       /* on that day, for the daily limit */
};

enum account_phase {
    ACCOUNT_OPEN,  /* nothing is certain (being placed, in doubt): the hold stays, nothing is taken
                    */
    ACCOUNT_TAKEN, /* a panel has accepted it: what is due is captured, nothing stays held */
    ACCOUNT_ENDED  /* the same, for good */
};
struct account_order {
    enum account_phase phase;
    struct money due;  /* what the client pays as things stand */
    struct money held; /* for this order */
};

/* Orders that are no subscriptions: what moving from before to after does; after.held is not read.
 * The new hold is before.held plus the movement's. False when a sum is beyond the range. */
bool account_effects(const struct account_order *before, const struct account_order *after,
                     struct account_movement *out) MUST_USE;

/* What charging an order of a subscription (the parent or one of its children) is judged by. What
 * is due is taken from the parent's hold first, then from what is available, and no further than
 * that; what falls goes back into the hold. */
struct account_charge {
    struct money paid, due;  /* by this order: as it is booked, as it is to be */
    struct money held;       /* for the parent */
    struct money keep;       /* no more than this stays held */
    struct money hold_again; /* held again up to this, as far as what is available allows */
    bool is_bounded;         /* a prepaid client's; else nothing is held, and all is taken */
    struct money room;       /* prepaid: what is available, down to the credit limit */
};
/* paid_out: as booked after it, which is less than due where funds did not cover it. False when a
 * sum is beyond the range. */
bool account_charge(const struct account_charge *charge, struct account_movement *out,
                    struct money *paid_out) MUST_USE;

struct account_limits {
    bool is_prepaid;           /* else only the daily limit counts */
    struct money credit_limit; /* how far available may be below zero */
    struct money daily_limit;  /* of charges a UTC day; zero: none */
};
/* Whether the account covers another order now: what is held for it, and what it counts for of its
 * day; NULL, or why not (static). */
const char *account_refuse(const struct account *account, const struct account_limits *limits,
                           struct money hold, struct money counted, int64_t day);
/* Whether this much may be taken back, that is, is available. */
bool account_has(const struct account *account, struct money amount);
/* A charge of that day counts for the daily limit; a negative one (released) gives back. */
bool account_charge_day(struct account *account, struct money charge, int64_t day) MUST_USE;
/* False, and nothing changed, beyond the range. */
bool account_move(struct account *account, const struct account_movement *movement) MUST_USE;

/* Of many accounts of one currency. Nothing is netted: what one client may still spend and what
 * another owes are two things. A sum beyond the range stays at what it was. */
struct account_sums {
    struct money held, available, owed;
};
bool account_sums_add(struct account_sums *sums, const struct account *account); /* all fits */
/* One of them has changed. False when a sum would leave the range; then they are to be made anew.
 */
bool account_sums_move(struct account_sums *sums, const struct account *before,
                       const struct account *after) MUST_USE;

#endif
