/* struct client: the holder of one of our keys. A client_set is an immutable, reference-counted
 * snapshot; any thread may read one it has pinned. */
#ifndef CLIENTS_CLIENT_H
#define CLIENTS_CLIENT_H
#include "base/digest.h"
#include "base/fault.h"
#include "http/listener_settings.h"
#include "money/quote.h"
#include "settings/rows.h"

enum { CLIENT_MAX = 65536 }; /* of one configuration */

struct client_range {
    uint32_t first, last; /* service ids, both included */
};
struct client_price { /* its own, for 1000 of a service */
    uint32_t service;
    struct money rate;
};
struct client_balance { /* what `balance` shows an unlimited client */
    bool is_provider_sum;
    struct money amount; /* else this constant */
};
struct client_settings {
    char *name;
    char *file; /* where it is written; NULL: in the ledger */
    unsigned line, column;
    struct digest *keys; /* SHA-256 of each key */
    size_t key_count;
    bool is_frozen;  /* changes nothing: no add, refill or cancel */
    bool is_prepaid; /* else unlimited */
    bool has_balance;
    struct client_balance balance;
    struct money credit_limit;   /* prepaid: how far below zero */
    struct money daily_limit;    /* of charges a UTC day; zero: none */
    struct client_price *prices; /* by service, instead of its price and all markups */
    size_t price_count;
    struct markup markup;
    struct setting_rate rate_limit;
    bool get_orders;
    bool refs;                     /* reads the parameter `ref` */
    struct client_range *services; /* count 0: all */
    size_t service_count;
    struct network *addresses; /* count 0: any */
    size_t address_count;
};
struct client_state; /* the rate bucket; outlives the set */

struct client {
    struct client_settings settings; /* owned by the set */
    unsigned id;                     /* small; the same for a name until the process ends */
    struct client_state *state;
};
struct client_set {
    _Atomic unsigned pins;
    size_t count;
    struct client *list;
    struct client_key *keys; /* uthash by digest; client.c */
};

/* Takes the settings and leaves the array zeroed, even when it fails. A duplicate key or name is a
 * fault. The set starts with one pin. */
struct client_set *client_set_new(struct client_settings *settings, size_t count,
                                  struct fault *why);
struct client_set *client_set_pin(struct client_set *set);
void client_set_unpin(struct client_set **set);
/* NULL when no client has that key (trimmed). The final comparison takes constant time. */
const struct client *client_set_find_key(const struct client_set *set, struct str key);
/* The same for a call: notes that the key was used now. */
const struct client *client_set_call_key(const struct client_set *set, struct str key,
                                         int64_t wall_now_ms);
/* When the key of that SHA-256 was last used, by whichever set; wall, 0: never. Any thread. */
int64_t client_key_last_use(const struct digest *sha256);
/* As the ledger knows it, before there are calls. */
void client_key_set_use(const struct digest *sha256, int64_t wall_ms);
/* When it was last used, if that was not taken before; else 0. One thread. */
int64_t client_key_take_use(const struct digest *sha256);
const struct client *client_set_find(const struct client_set *set, struct str name);
void client_settings_fini(struct client_settings *settings);
struct client_settings client_settings_copy(const struct client_settings *settings);
/* The small id of a name, given at first sight (also to clients only the ledger knows) and the same
 * until the process ends; the name of an id, "" when it is none. Any thread. */
unsigned client_id(struct str name);
struct str client_name(unsigned id);

/* Its own rate for the service; NULL: none. */
const struct money *client_price(const struct client_settings *settings, uint32_t service);
bool client_may_order(const struct client *client, uint32_t service); /* its `services` */
bool client_may_call_from(const struct client *client, const struct in6_addr *address);
/* Takes a token that is there within patience_ms. True: *wait_ms_out says in how many ms (0: now).
 * False: none was taken, and *wait_ms_out says when the next one is there. */
bool client_reserve_token(const struct client *client, int64_t monotonic_now_ms,
                          int64_t patience_ms, int64_t *wait_ms_out);

/* Bad keys are slowed down per address: for how many ms to hold back the answer to this one,
 * growing with the address's recent bad keys up to a few seconds; a good key is never delayed. */
int64_t keyguard_note_bad(const struct in6_addr *address, int64_t monotonic_now_ms);

/* The rows of one of `clients:`. */
extern const struct setting_table client_rows; /* struct client_settings */

/* The settings of a client in the ledger: a JSON object with the same keys, but for name, keys and
 * frozen. False: nothing was made. */
bool client_rows_parse_json(struct str json, struct client_settings *out,
                            struct fault *why) MUST_USE;
bool client_rows_check_name(struct str name, struct fault *why) MUST_USE;

#endif
