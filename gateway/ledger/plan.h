/* The pure middle of a commit, the same for every backend. A batch goes through three steps:
 *
 *   plan_want()     names the rows that its entries concern
 *   (the backend loads them, locked)
 *   plan_change(),  each change x rows -> the rows as they will be and what is appended, or a
 *   plan_credit()   refusal, after which nothing has changed
 *   (the backend stores what is new or changed)
 *
 * Two changes of one order in a batch see each other, for the second finds the row as the first
 * left it. No clock, no storage; one thread. */
#ifndef LEDGER_PLAN_H
#define LEDGER_PLAN_H
#include <sys/queue.h>

#include "base/table.h"
#include "ledger/ledger_private.h"

/* An attempt's row. One that is being sent has none, nor one that was then accepted without a word:
 * it is part of its order's. */
struct plan_attempt {
    SLIST_ENTRY(plan_attempt) next;
    struct ledger_attempt row;
    bool is_new, is_changed;
};

struct plan_order {
    STAILQ_ENTRY(plan_order) next;
    bool is_loaded, is_there; /* the backend's to set */
    bool is_new, is_changed;
    bool has_moved;     /* its provider, service or number there is another */
    bool is_settling;   /* settled_at_ms was set */
    bool wants_attempt; /* the live one is to be loaded as well, where it has a row */
    /* As it stands. Loaded: all that may change, and client, currency, type, parent, charge, ref,
     * quantity, created_at_ms. */
    struct ledger_order row;
    uint32_t live_attempt; /* may have been executed (sending, in doubt, accepted); 0: none */
    uint32_t last_attempt; /* the highest number given */
    int64_t attempt_started_at_ms; /* of the last one, with its request */
    struct str attempt_request_id;
    int64_t last_event;  /* its number; 0: none */
    int64_t moved_at_ms; /* when its state changed in this batch; 0: it did not */
    /* Of a subscription: without an end, and what its unfinished children may still cost. */
    bool is_endless;
    struct money children_due;
    SLIST_HEAD(, plan_attempt) attempts;
    UT_hash_handle hh;
};

struct plan_account {
    STAILQ_ENTRY(plan_account) next;
    bool is_loaded, is_there, is_changed;
    struct str client, currency;
    struct account account;
    int64_t last_posting; /* its number; 0: none */
    /* No hold and no charge takes available below this, the credit limit of the last order that was
     * held for; only an operator's correction does. verify looks. None: an unlimited client's. */
    bool has_floor;
    struct money floor;
};

/* What may be there once: a client's ref, a child of a parent, a credit's id, an order's open
 * refill, and its cancel at a panel in the state it is in. And all of an order's cancels that a
 * panel took or may have taken, which are counted. */
enum plan_key_kind {
    PLAN_KEY_REF,
    PLAN_KEY_CHILD,
    PLAN_KEY_CREDIT,
    PLAN_KEY_REFILL,
    PLAN_KEY_CANCEL,
    PLAN_KEY_CANCELS
};
struct plan_key {
    STAILQ_ENTRY(plan_key) next;
    enum plan_key_kind kind;
    bool is_loaded, is_there, is_new, is_gone;
    struct str client; /* REF, CREDIT */
    uint32_t parent;   /* CHILD; REFILL, CANCEL, CANCELS: the order */
    struct str text;   /* the ref, the number at the panel, the credit's id; CANCEL: the provider */
    uint32_t order;    /* that has it; REFILL, CANCEL: its number; CANCELS: how many */
    uint8_t digest[LEDGER_SHA256_BYTES]; /* REF */
    struct money amount;                 /* CREDIT, as is the next */
    int64_t posting;                     /* its number */
    int64_t at_ms;                       /* REFILL, CANCEL: when it was asked for */
};

/* An order's number at its panel. It belongs to one order of ours, children included. */
struct plan_number {
    bool is_loaded;
    struct str provider, text;
    uint32_t order; /* that has it, or had it from an attempt its panel ended; 0: none */
    UT_hash_handle hh;
};

struct plan_request {
    STAILQ_ENTRY(plan_request) next;
    bool is_loaded, is_there, is_new, is_changed;
    struct ledger_request row;
};

struct plan_event {
    STAILQ_ENTRY(plan_event) next;
    struct ledger_event row; /* from and to are always given; "" before a new order */
    int64_t previous;        /* of the same order */
};

struct plan_posting {
    STAILQ_ENTRY(plan_posting) next;
    struct ledger_posting row;
    struct str client, currency;
    int64_t previous; /* of the same account */
};

struct plan {
    struct arena arena; /* of everything in it; the backend's texts too */
    int64_t next_event; /* set with the load */
    unsigned posting_count;
    struct plan_order *by_id;
    STAILQ_HEAD(, plan_order) orders;
    STAILQ_HEAD(, plan_account) accounts;
    STAILQ_HEAD(, plan_key) keys;
    struct plan_number *by_number;
    STAILQ_HEAD(, plan_request) requests;
    STAILQ_HEAD(, plan_event) events;
    STAILQ_HEAD(, plan_posting) postings;
};

void plan_init(struct plan *plan);
void plan_fini(struct plan *plan);

/* What the entry concerns, as far as it says. The entry outlives the plan. */
void plan_want(struct plan *plan, const struct ledger_entry *entry);
void plan_want_change(struct plan *plan, const struct ledger_change *change);
/* What the loaded orders concern in their turn: their parents, then all accounts. To be called, and
 * what it names loaded, until it has named everything (false). */
bool plan_want_more(struct plan *plan);

/* The number at a panel that the change gives to its order, to be loaded before plan_change; which
 * panel's is known only then. NULL: none, or the one that its order has. */
struct plan_number *plan_number_given(struct plan *plan, const struct ledger_change *change);
struct ledger_outcome plan_change(struct plan *plan, const struct ledger_change *change,
                                  int64_t at_ms);
struct ledger_outcome plan_credit(struct plan *plan, const struct ledger_credit *credit,
                                  int64_t at_ms);

/* ---- for backends and tests ---- */
struct plan_order *plan_find_order(struct plan *plan, uint32_t id); /* made when not there */
struct plan_attempt *plan_add_attempt(struct plan *plan, struct plan_order *order,
                                      const struct ledger_attempt *row);

#endif
