/* The inside of struct refresher, for its files: all of it belongs to the refresh thread, but for
 * the reports (a mutex) and is_settled (an atomic).
 *
 * A feed is what we keep of one provider, by its name: list, prices, and the two calls that may be
 * under way. The life of its list:
 *
 *   feed_start -> READING (cache) -> LOCKING (whose turn) -> READING (again) -> ASKING (panel)
 *
 * with WAITING after each end of a round, and between any two of them.
 *
 * feedlist_go is the only one that changes that state. */
#ifndef CATALOGUE_FEED_H
#define CATALOGUE_FEED_H
#include <pthread.h>
#include <stdatomic.h>

#include "base/digest.h"
#include "catalogue/acceptance.h"
#include "catalogue/importplan.h"
#include "catalogue/provider_list.h"
#include "catalogue/refresher.h"
#include "providers/upstream_call.h"

struct feed;

struct feedcall { /* one call to the provider */
    struct feed *feed;
    struct upstream_call *call;      /* NULL: none under way */
    struct provider_set *set;        /* pinned while it is */
    const struct provider *provider; /* in that set */
    bool has_probe;                  /* taken from health */
};

enum feedlist_state {
    FEEDLIST_OFF,
    FEEDLIST_READING,
    FEEDLIST_WAITING,
    FEEDLIST_LOCKING,
    FEEDLIST_FETCHING
};
enum { CURRENCY_BYTES = CATALOGUE_CURRENCY_BYTES };
enum feedlist_trouble { TROUBLE_NONE, TROUBLE_FAILED, TROUBLE_EMPTY, TROUBLE_SHRUNKEN };

struct feed {
    struct feed *next;
    struct refresher *refresher;
    char *name;
    unsigned id;    /* the provider's, while active */
    bool is_active; /* in the configuration */
    char panel[17]; /* who shares the cache: the panel's address, key, currency, dialect */
    /* that it takes no orders whatever it lists */
    struct outage outage;
    bool has_answered, has_balance; /* this run read a list or a balance; the last balance */
    struct money balance;
    int64_t held_counted_ms; /* monotonic; up to when the book's held prices are counted */
    int64_t outage_kept_ms;  /* monotonic; when the ledger got both last */
    bool is_outage_kept;     /* the ledger has an outage of it */
    /* the list */
    enum feedlist_state state;
    struct loop_timer list_timer;
    struct feedcall list_call;
    bool is_list_wanted;            /* by an operator: fetch it, whatever the cache has */
    bool is_cache_read;             /* for this round */
    bool is_turn;                   /* the cache's lock is ours: we fetch for all gateways */
    bool is_tried;                  /* arrived, failed or held back since the start */
    struct provider_list *list;     /* the good one; NULL: never held */
    struct provider_list *shrunken; /* the last refused one, until accept or a good one */
    struct pricebook book;
    size_t quarantined; /* of the rows of list */
    enum feedlist_trouble trouble;
    char trouble_message[120];
    uint64_t refreshes, failures;
    int64_t complained_at_ms; /* monotonic; a list was fetched since an order met other limits */
    struct digest kept;       /* of the rows and held prices the ledger has */
    int64_t kept_at_ms;       /* wall; 0: never */
    /* the balance */
    struct loop_timer balance_timer;
    struct feedcall balance_call;
    bool is_balance_wanted; /* by health or somebody else: fetch it though the key is parked */
    bool is_balance_read;   /* from the cache, for this round */
    bool is_balance_low;    /* as the log knows it */
    char currency[CURRENCY_BYTES]; /* that the panel reported last; "": none */
};

struct refresher {
    struct refresher_parts parts;
    struct feed *feeds; /* owned; one for each name ever seen */
    struct feed *by_id[PROVIDER_MAX];
    struct importnumbers *numbers;
    struct refresher_view view; /* settings NULL: none yet */
    struct catalogue *last;     /* a pin on what was published last */
    uint64_t version;
    bool is_dirty;           /* something changed since */
    bool must_publish;       /* even when the outcome is the same */
    bool is_keeping_numbers; /* import numbers are on their way into the ledger */
    bool is_numbers_failed;  /* they did not get there: publish all the same */
    int64_t unlist_at_ms;    /* wall, when a service is to leave the list; 0: none */
    struct loop_timer publish_timer, tick_timer, settle_timer;
    bool is_time_over; /* 10 s have passed */
    bool is_stopped;
    uint64_t random;
    atomic_bool is_settled;
    pthread_mutex_t reports_mutex; /* guards reports */
    struct refresher_report reports[PROVIDER_MAX];
};

/* refresher.c */
struct feed *refresher_feed(struct refresher *refresher, struct str name); /* made at need */
int64_t refresher_jitter(struct refresher *refresher, int64_t span_ms);    /* 0 to span */
void refresher_note(struct feed *feed);                                    /* into its report */

/* Compares the currency that the panel reported last with the configured one. */
void feedbalance_judge_currency(struct feed *feed, const struct provider *provider);

/* Compares what the provider holds for us with its low_balance. */
void feedbalance_judge_low(struct feed *feed, const struct provider *provider);

/* Gateways that share a cache share only what the same panel said to the same key. */
enum { CACHE_NAME_BYTES = 300 };
void refresher_cache_name(const struct feed *feed, const char *what, char out[CACHE_NAME_BYTES]);

/* feedcall.c: NULL when the call is under way; else why not ("": the rate limit), and how long to
 * wait. A wanted call goes though the key is parked or readings are cooling down. */
const char *feedcall_start(struct feedcall *call, enum upstream_action action, bool is_wanted,
                           upstream_call_done_fn *done, int64_t *wait_ms_out);
/* First thing in done: the call is over and health knows. provider stays valid: the view has it
 * or the caller is about to end. */
void feedcall_end(struct feedcall *call, const struct upstream_response *answer);
void feedcall_cancel(struct feedcall *call);

/* feedlist.c */
void feedlist_start(struct feed *feed);
void feedlist_fetch_now(struct feed *feed);
/* An order met other limits than the list has: fetched anew, yet not for each such order. */
void feedlist_complain(struct feed *feed);
void feedlist_retime(struct feed *feed); /* the interval may be another one */
void feedlist_stop(struct feed *feed);
/* The list that was refused because so much of it is gone is the list from now on. */
void feedlist_take_refused(struct feed *feed);
/* Keeps the list as it is once prices were accepted; false: nothing had to be or could be written,
 * and done is not called. */
void feedlist_keep_now(struct feed *feed); /* into the ledger, though the list is the same */
bool feedlist_keep_accepted(struct feed *feed, ledger_done_fn *done, void *arg);
void feedlist_not_kept(struct feed *feed); /* the ledger failed: keep it again with the next list */

/* feedaccept.c: an operator's accept. */
void feedaccept_describe(struct feed *feed, struct quarantine *out);
/* taken and its texts live in the arena. */
void feedaccept_take(struct feed *feed, const struct accept_wish *wish, struct arena *arena,
                     struct acceptance *out);

/* feedoutage.c: how long it takes no orders, and its held prices. On each tick, … */
void feedoutage_look(struct feed *feed);
void feedoutage_count(struct feed *feed); /* …before prices are judged or a snapshot is made, */
void feedoutage_keep(struct feed *feed);  /* …and before it matters that a restart knows it */

/* feedbalance.c */
/* It reported another currency before the restart: closed until it is asked again. */
void feedbalance_start_closed(struct feed *feed);
void feedbalance_start(struct feed *feed);
void feedbalance_fetch_now(struct feed *feed);
void feedbalance_retime(struct feed *feed);
void feedbalance_stop(struct feed *feed);

/* What would be published now. */
struct catalogue *refresher_imagine(struct refresher *refresher);
void refresher_publish_soon(struct refresher *refresher);
void refresher_publish_now(struct refresher *refresher);
void refresher_settle(struct refresher *refresher); /* looks whether it is so by now */

#endif
