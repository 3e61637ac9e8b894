/* The ledger's door: asynchronous writes with group commit, asynchronous reads, and what is done
 * synchronously before threads start (open, recover, load) or by a command (verify).
 *
 * Promises: a write is copied before ledger_write returns; done is called once, later, on the given
 * loop's thread, after the commit (LEDGER_DONE) or when it certainly is not in the ledger (anything
 * else). One change is wholly in or wholly out. Changes of one thread are committed
 * in the order of the calls. Completions of one commit wake each loop once. */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H
#include "accounts/account.h"
#include "base/arena.h"
#include "base/fault.h"
#include "ledger/order_course.h"
#include "ledger/orderstate.h"
#include "ledger/records.h"
#include "loop/loop.h"
#include "money/money.h"
#include "protocol/ordertype.h"

struct setting_table;

struct ledger;

enum ledger_result {
    LEDGER_DONE,
    LEDGER_FULL, /* disk full */
    LEDGER_READ_ONLY,
    LEDGER_BUSY,   /* our queue is at its ceiling */
    LEDGER_FAILED, /* anything else; logged with its reason */
    /* Against the ledger's rules; the same write would be refused again. */
    LEDGER_NO_FUNDS,    /* the client's available funds do not cover it */
    LEDGER_DUPLICATE,   /* `order` has it: this ref or child (is_repeat), else the number at the
                           panel that was given here */
    LEDGER_NOT_ALLOWED, /* no such move: `from`, `to` */
    LEDGER_REFUSED      /* for `reason` */
};
const char *ledger_result_name(enum ledger_result result);
/* Done or refused: trying again changes nothing. The others are the storage's and may pass. */
bool ledger_is_decided(enum ledger_result result);

/* How a write ended, with what the result needs said; passed by value. */
struct ledger_outcome {
    enum ledger_result result;
    uint32_t order;           /* DUPLICATE */
    enum orderstate from, to; /* NOT_ALLOWED */
    const char *reason;       /* a refusal's, static; NULL for none */
    bool is_repeat;           /* what was there already: a credit, a ref's order, a child */
    unsigned postings;        /* how many it made */
    bool is_uncovered;        /* funds did not cover what was due: `paid` is what was taken */
    struct money paid;
    struct account account; /* after a credit */
};

/* ---- what is written ---- */

/* What an order was sold and bought at. It decides its settlement and its children's charges,
 * whatever lists and configuration say later. */
struct ledger_sale {
    unsigned decimals;                     /* of its charges; 0: not known (an older ledger) */
    struct money cost;                     /* the offer's rate, in our currency; 0: not known */
    struct str provider, upstream_service; /* the offer */
    int64_t package_unit; /* what the panel counts a package as; 0: not known (yet) */
};

struct ledger_order { /* also what is read */
    uint32_t id;
    struct str client; /* name */
    uint32_t service;  /* our id */
    enum ordertype type;
    struct str fields;   /* JSON, field_print_all */
    int64_t quantity;    /* what counts for money; drip-feed: runs x quantity; subscriptions: 0 */
    struct money rate;   /* published, per 1000 */
    struct money charge; /* quoted at add; what the client would pay for all of it */
    struct str currency; /* of rate, charge and paid */
    struct order_course course;
    struct ledger_sale sale;
    struct money held; /* of its client's account, for this order; set by the ledger */
    struct money cost; /* of the last attempt, as expected or as its panel corrected it; 0 when
                          that one was ended by its panel and none was sent since */
    /* Of attempts that a panel accepted and later ended so that the order went on: how many, what
     * they delivered, what they keep of their costs. Set by the ledger. */
    unsigned moves;
    int64_t delivered;
    struct money spent;
    bool is_number_given;
    bool is_claimed;     /* of an older ledger: its number is nobody's to claim */
    int64_t link_hash;   /* of service and link where the service limits orders by link, else 0 */
    struct str ref;      /* the client's own; "" when none */
    struct str provider; /* of the last attempt */
    struct str upstream_service;
    struct str upstream_id; /* "" until accepted */
    struct str extra;       /* JSON object: posts, runs, expiry as last reported; "" when none */
    uint32_t parent;        /* 0, or the subscription or drip-feed this one belongs to */
    struct str reason;      /* of the last state, for the operator */
    struct str request_id;
    /* Wall; the last three 0 until then, and set by the ledger unless given. */
    int64_t created_at_ms, updated_at_ms;
    int64_t accepted_at_ms, reported_at_ms /* by its panel */, settled_at_ms;
};

struct ledger_attempt {
    unsigned number; /* 1… within its order */
    struct str provider, upstream_service;
    struct money cost; /* expected, in our currency */
    enum attemptstate state;
    struct str upstream_id; /* when accepted */
    struct str text;        /* the panel's error text, redacted; "" when none */
    struct str evidence;    /* redacted */
    struct str request_id;
    int64_t started_at_ms, ended_at_ms; /* wall; ended 0 while sending */
    /* Of one that its panel ended (canceled, partial): */
    int64_t delivered;
    struct money kept; /* of its cost */
};

/* What one change may consist of; NULL or 0 where not part of it. All of it or nothing. */
struct ledger_change {
    uint32_t order;                    /* the order it is about */
    const struct ledger_order *insert; /* a new order */
    /* With insert; NULL: unlimited, nothing is held, NO_FUNDS never comes. */
    const struct ledger_funds {
        struct account_limits limits;
        struct money hold; /* prepaid: held until a panel accepts or refuses */
        struct money most; /* subscriptions: what all posts may come to, for the daily limit */
    } * funds;
    /* With insert: DUPLICATE when the client has an order under it with the same digest, REFUSED
     * when with another. A refusal of the order frees it; else it is kept for 7 days. */
    const struct ledger_ref {
        struct str ref;
        uint8_t digest[LEDGER_SHA256_BYTES]; /* of what was ordered */
    } * ref;
    /* number, state, upstream_id, text, evidence, ended_at. An accepted one ends (canceled,
     * partial; delivered and kept) only together with the order's move back to placing: what the
     * order owes stays captured, and another attempt may follow. REFUSED while the order has a
     * cancel that its panel took or may have taken. */
    const struct ledger_attempt *attempt_ended;
    const struct ledger_attempt
        *attempt_started; /* in state sending; the order is placing until it ends */
    const struct ledger_update {
        bool has_course; /* all of it; its start count where it has one */
        bool has_upstream, has_extra;
        bool gives_number; /* sets is_number_given */
        bool is_report;    /* by its panel: sets reported_at_ms */
        bool has_cost;     /* the panel's own charge corrects the attempt's cost */
        bool has_package_unit;
        bool only_if_unsettled; /* NOT_ALLOWED instead when the order is final already */
        bool only_if_queued; /* NOT_ALLOWED instead when the order waits for its link no longer */
        struct order_course course;
        /* has_upstream: empty leaves as is; none of them changes while an attempt is being sent */
        struct str provider, upstream_service, upstream_id;
        struct str extra;
        struct money cost;
        int64_t package_unit;
    } * update;
    const struct ledger_request *order_request; /* inserted when its number is new, else updated */
    const char *event; /* word, as in the events table: "placed", "accepted", "status"… */
    struct str reason; /* "" when none */
    struct str request_id;
};

/* So long panels want to wait for an order's next refill while the last one is open. */
#define LEDGER_REFILL_WINDOW_MS (INT64_C(24) * 60 * 60 * 1000)
/* A refill or a cancel request: intent before action, like an attempt. A refill is REFUSED while
 * the order has another one that is open: neither ended nor older than the window. A cancel is a
 * DUPLICATE while the panel may have taken another one since the order's state changed last. */
enum order_request_kind { ORDER_REQUEST_REFILL, ORDER_REQUEST_CANCEL };
struct ledger_request {
    enum order_request_kind kind;
    uint32_t number; /* ours; refill numbers are shown to clients */
    uint32_t order;
    struct str client, provider;
    enum attemptstate state;
    struct str upstream_id; /* refill id at the panel; "" when none */
    enum refillstatus status;
    struct str text, evidence;
    struct str request_id;
    int64_t created_at_ms, updated_at_ms;
};
/* A refill that was asked for, or may have been, and has not ended; however old it is. */
bool ledger_is_open_refill(const struct ledger_request *row);

typedef void ledger_done_fn(struct ledger_outcome outcome, void *arg);
/* loop and done may be NULL when nobody waits. */
void ledger_write(struct ledger *ledger, struct loop *loop, const struct ledger_change *change,
                  ledger_done_fn *done, void *arg);

/* Kept lists: the last good one of each provider, as received (the decoded rows in our own form).
 */
void ledger_keep_list(struct ledger *ledger, struct loop *loop, struct str provider,
                      struct str body, int64_t fetched_at_ms, ledger_done_fn *done, void *arg);
/* Refused when one of the numbers was given to another service. */
void ledger_keep_imports(struct ledger *ledger, struct loop *loop, const struct ledger_import *list,
                         size_t count, ledger_done_fn *done, void *arg);
void ledger_keep_prices(struct ledger *ledger, const struct ledger_price *list, size_t count);
/* A pause takes the place of the provider's former one; ledger_drop_pause ends it. */
void ledger_keep_pause(struct ledger *ledger, struct loop *loop, const struct ledger_pause *pause,
                       ledger_done_fn *done, void *arg);
void ledger_drop_pause(struct ledger *ledger, struct loop *loop, struct str provider,
                       ledger_done_fn *done, void *arg);
/* Adding a name that exists is refused, and so is changing one that does not. Likewise adding one
 * for a key that any client has (revoked ones count too); the key itself is added by
 * ledger_add_client_key. */
void ledger_add_client(struct ledger *ledger, struct loop *loop, const struct ledger_client *client,
                       ledger_done_fn *done, void *arg);
void ledger_change_client(struct ledger *ledger, struct loop *loop,
                          const struct ledger_client *client, ledger_done_fn *done, void *arg);
/* Refused when the client is not there, has a key of that label (revoked ones count too), or any
 * client has a key of that hash. */
void ledger_add_client_key(struct ledger *ledger, struct loop *loop,
                           const struct ledger_client_key *key, ledger_done_fn *done, void *arg);
/* By client and label; refused when there is none in force. */
void ledger_revoke_client_key(struct ledger *ledger, struct loop *loop,
                              const struct ledger_client_key *key, ledger_done_fn *done, void *arg);
/* By client and label: last_used_at_ms of each; nobody waits for it. */
void ledger_touch_client_keys(struct ledger *ledger, const struct ledger_client_key *list,
                              size_t count);

/* Money that comes in or goes out by itself: a payment, or what an operator takes back or corrects.
 * The same id with the same amount is the same credit (DONE, is_repeat); with another amount it is
 * REFUSED. A negative one takes only what is available, else NO_FUNDS. */
void ledger_credit(struct ledger *ledger, struct loop *loop, const struct ledger_credit *credit,
                   ledger_done_fn *done, void *arg);
/* The answer with this order's number was written whole. Nobody waits for that: it goes along with
 * the next commit, within a second. What was not noted is unclaimed after a restart. */
void ledger_note_answered(struct ledger *ledger, uint32_t order);

/* The next order or refill number: from memory, ours alone, never given twice, may leave gaps.
 * 0 when 2147483647 is passed. Any thread. */
uint32_t ledger_take_order_number(struct ledger *ledger);
uint32_t ledger_take_request_number(struct ledger *ledger);

/* ---- what is read ---- */

enum ledger_query_kind {
    LEDGER_QUERY_ORDER,     /* id: one order */
    LEDGER_QUERY_ORDERS,    /* ids: each that exists, in the order asked */
    LEDGER_QUERY_SHOW,      /* id: the order with its attempts, events and order_requests */
    LEDGER_QUERY_LIST,      /* newest first, by any of the filters below; before, limit. One read
                               looks at so many orders at most: next_before says where to go on */
    LEDGER_QUERY_DOUBT,     /* orders in doubt at `provider` numbered above `after`, by number, each
                               with its last attempt */
    LEDGER_QUERY_REQUESTS,  /* ids: refill numbers, each that exists */
    LEDGER_QUERY_CHILDREN,  /* id: the orders whose parent it is, by number */
    LEDGER_QUERY_REFILLS,   /* provider: its unfinished refills, by number, at most `limit` */
    LEDGER_QUERY_PAUSES,    /* every provider's pause */
    LEDGER_QUERY_CLIENTS,   /* those added at run time (client: that one), with all their keys */
    LEDGER_QUERY_UPSTREAM,  /* orders at `provider` whose number there is `text` */
    LEDGER_QUERY_LINK,      /* unfinished orders of `link_hash` */
    LEDGER_QUERY_REF,       /* client, text: the order of that ref, and its digest in `ref` */
    LEDGER_QUERY_UNCLAIMED, /* orders from since_ms on whose answer is not known to be written */
    LEDGER_QUERY_SETTLED,   /* settled from since_ms on, by that moment; after: the last one seen */
    LEDGER_QUERY_EVENTS,    /* every order's, numbered above `after`, by number */
    LEDGER_QUERY_ACCOUNTS,  /* every client's account (client: that one); since_ms: with the orders
                               from then on */
    LEDGER_QUERY_SUMS,      /* of all accounts, by currency */
    LEDGER_QUERY_STATEMENT  /* client: postings from since_ms until until_ms (0: now), by number */
};
struct ledger_query {
    enum ledger_query_kind request;
    uint32_t id;
    const uint32_t *ids; /* copied */
    size_t id_count;
    struct str client;         /* STR_NONE: any */
    struct str provider, text; /* LIST: text is the number at the panel, its last or a former one */
    struct str link;           /* LIST: as orders keep it */
    uint32_t service;          /* LIST; 0: any */
    unsigned states;           /* LIST: bits 1 << orderstate; 0: any */
    uint32_t before;           /* 0: from the newest */
    int64_t
        after; /* EVENTS: an event's number; SETTLED: an order's at since_ms; DOUBT: an order's */
    int64_t since_ms, until_ms; /* LIST: created then, until_ms 0: no end */
    int64_t link_hash;
    unsigned limit;
};
struct ledger_event {
    int64_t number; /* grows from event to event over the whole ledger, with gaps */
    uint32_t order; /* 0: about no order */
    int64_t at_ms;
    struct str word, reason, request_id;
    struct str from, to; /* names of states, "" when the state did not change */
};
struct ledger_rows { /* all of it lives in the arena of the answer */
    enum ledger_result result;
    const struct ledger_order *orders;
    size_t order_count;
    uint32_t next_before;                  /* LIST: 0: there are no more */
    const struct ledger_attempt *attempts; /* SHOW, DOUBT */
    size_t attempt_count;
    const struct ledger_event *events;
    size_t event_count;
    const struct ledger_request *order_requests;
    size_t order_request_count;
    const struct ledger_pause *pauses;
    size_t pause_count;
    const struct ledger_client *clients; /* by name */
    size_t client_count;
    const struct ledger_client_key *client_keys; /* by client and label, revoked ones too */
    size_t client_key_count;
    const struct ledger_account *accounts; /* ACCOUNTS, STATEMENT */
    size_t account_count;
    const struct ledger_sums *sums; /* SUMS */
    size_t sums_count;
    const struct ledger_posting *postings;
    size_t posting_count;
    const struct ledger_ref *ref; /* REF */
};
typedef void ledger_rows_fn(const struct ledger_rows *rows, void *arg);
void ledger_query(struct ledger *ledger, struct loop *loop, const struct ledger_query *query,
                  ledger_rows_fn *done, void *arg);

/* ---- life ---- */

struct ledger_settings {
    char *url; /* "sqlite:panelmux.db", relative to the working directory */
    uint32_t first_order;
};
/* Takes the exclusive lock (fault FAULT_CONFLICT names the holder's pid), opens, migrates.
 * Faults: locked, read-only, from a newer version, damaged, no such folder; each says what to do.
 */
struct ledger *ledger_open(const struct ledger_settings *settings, struct fault *why);
/* For commands while a gateway may run: no lock, nothing is written. FAULT_CONFLICT: the file is
 * empty; FAULT_UNAVAILABLE: it is locked, or an older version's that no gateway was started on. */
struct ledger *ledger_open_reading(const struct ledger_settings *settings, struct fault *why);
/* Whether ledger_open could: looks, and neither opens, makes nor locks anything. FAULT_CONFLICT: a
 * running gateway has it. */
bool ledger_check(const struct ledger_settings *settings, struct fault *why);
/* Before ledger_start: attempts and order_requests in state sending become doubt; orders between
 * two offers without a given number are Canceled. Then each unfinished order is visited once. */
struct ledger_visit {
    void (*order)(const struct ledger_order *order, unsigned attempts, void *arg);
    void (*list)(struct str provider, struct str body, int64_t fetched_at_ms, void *arg);
    void (*import)(const struct ledger_import *import, void *arg);
    void (*price)(const struct ledger_price *price, int64_t at_ms,
                  void *arg); /* the newest of each */
    void (*pause)(const struct ledger_pause *pause, void *arg);
    void (*client)(const struct ledger_client *client, void *arg);
    void (*client_key)(const struct ledger_client_key *key, void *arg); /* those in force */
    void *arg;
};
/* Only visits, and changes nothing; for commands. */
bool ledger_visit(struct ledger *ledger, const struct ledger_visit *visit, struct fault *why);
bool ledger_recover(struct ledger *ledger, const struct ledger_visit *visit, struct fault *why);
void ledger_start(struct ledger *ledger); /* the writer and the reader thread */
/* Finishes what was asked, then closes. Before the loops it answers to are freed. */
void ledger_close(struct ledger **ledger);

/* Synchronous, for commands: the answer lives in the arena. */
void ledger_read(struct ledger *ledger, const struct ledger_query *query, struct arena *arena,
                 struct ledger_rows *rows_out);
/* Reports each broken rule once and returns how many; works on a ledger in use. */
struct ledger_verifier {
    void (*report)(const char *message, void *arg);
    void (*progress)(size_t done, size_t of, void *arg); /* before each rule; may be NULL */
    void *arg;
};
size_t ledger_verify(struct ledger *ledger, const struct ledger_verifier *verifier);
/* Copies the ledger while it is used; done on loop; path must not exist yet. */
void ledger_backup(struct ledger *ledger, struct loop *loop, const char *path,
                   void (*done)(bool is_ok, const char *message, void *arg), void *arg);
/* The same without a running gateway (after ledger_open_reading). */
bool ledger_backup_now(struct ledger *ledger, const char *path, struct fault *why);

/* For /readyz and /metrics; any thread. */
struct ledger_health {
    bool is_writable;  /* the last commit went well */
    char message[160]; /* why not */
    uint64_t commits, changes, failures, postings;
    uint64_t commit_microseconds; /* sum */
    uint64_t waiting;             /* changes in the queue */
    int64_t disk_bytes;
};
void ledger_health(struct ledger *ledger, struct ledger_health *out);

extern const struct setting_table ledger_rows; /* struct ledger_settings: keys of the first level */

#endif
