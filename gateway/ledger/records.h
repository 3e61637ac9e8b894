/* What the ledger keeps beside orders: lists, import numbers, prices, provider pauses, clients that
 * were added at run time with their keys, and clients' accounts. Plain structs; texts are borrowed
 * and copied by whoever is given them. */
#ifndef LEDGER_RECORDS_H
#define LEDGER_RECORDS_H
#include "accounts/account.h"
#include "base/str.h"
#include "money/money.h"

/* A service number that was given to a provider's service, for good. */
struct ledger_import {
    struct str provider, upstream_service;
    uint32_t service;
};

/* Price history: a row each time a provider's rate changes (its currency), and what an operator
 * accepted; `note` is a word such as "seen", "quarantined", "accepted". */
struct ledger_price {
    struct str provider, upstream_service;
    struct money rate;
    const char *note; /* static */
};

/* An operator's pause of a provider; there is at most one for each. */
struct ledger_pause {
    struct str provider;
    int64_t until_ms; /* wall; 0: until it is resumed */
    int64_t at_ms;    /* wall; 0: now */
    struct str reason, who;
};

enum { LEDGER_SHA256_BYTES = 32 };

/* A client that was added at run time. Those of the configuration file are not here. */
struct ledger_client {
    struct str name;
    struct str settings; /* JSON object, the keys of a client in the file */
    bool is_frozen;
    int64_t created_at_ms, changed_at_ms; /* wall; 0 when added: set by the ledger */
    /* When added: the key it is to get is nobody's, or nothing is written. */
    bool has_key;
    uint8_t sha256[LEDGER_SHA256_BYTES];
};

struct ledger_client_key {
    struct str client, label;
    uint8_t sha256[LEDGER_SHA256_BYTES];
    int64_t created_at_ms;   /* wall; 0 when added: set by the ledger */
    int64_t last_used_at_ms; /* 0: never */
    int64_t revoked_at_ms;   /* 0: in force */
};

struct ledger_credit {
    struct str client, currency;
    struct str id;        /* "": none, each is a credit of its own */
    uint32_t order;       /* 0, or the one that is corrected after its end */
    bool is_correction;   /* else a deposit (or what is taken back of one) */
    bool may_overdraw;    /* a negative one beyond what is available */
    struct money amount;  /* may be negative */
    struct str note, who; /* the event's reason and request */
};

struct ledger_account {
    struct str client, currency;
    struct account account;
    int64_t orders_since;       /* where a moment was asked for: placed from then on, not refused */
    struct money charges_since; /* what those pay as things stand */
};

/* Of all accounts of a currency. */
struct ledger_sums {
    struct str currency;
    struct account_sums sums;
};

/* A line of a statement. */
struct ledger_posting {
    int64_t number; /* that of its event */
    int64_t at_ms;
    uint32_t order; /* 0: none */
    struct account_movement movement;
    struct money balance, held; /* afterwards */
    struct str note;
};

#endif
