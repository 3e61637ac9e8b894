/* struct provider: one upstream panel as configured, with the state that lives as long as its name.
 *
 * A provider_set is an immutable, counted snapshot of the configuration's providers; the states
 * inside are shared atomics (rate buckets, connections in use, paused) that outlive reloads, found
 * again by name. provider_id is a small number, the same for a name as long as the process lives.
 * Any thread may read a pinned set. */
#ifndef PROVIDERS_PROVIDER_H
#define PROVIDERS_PROVIDER_H
#include "base/fault.h"
#include "base/str.h"
#include "money/money.h"
#include "protocol/orderstatus.h"

struct setting_kind;
struct setting_table;

enum { PROVIDER_MAX = 256 };

/* What class an error text has, for tables and `answers:`. */
enum verdict_class { VERDICT_CLIENT, VERDICT_PROVIDER, VERDICT_BUSY, VERDICT_DOUBT };
/* Who cools down after it. */
enum verdict_cool_down {
    COOL_DOWN_NONE,
    COOL_DOWN_OFFER,
    COOL_DOWN_PROVIDER,
    COOL_DOWN_FUNDS,
    COOL_DOWN_KEY
};

struct provider_answer { /* a row of `answers:` */
    char *pattern;       /* folded; '*' matches */
    enum verdict_class class;
    enum verdict_cool_down cool_down;
};

struct provider_status { /* a row of `statuses:` */
    char *word;          /* folded */
    enum orderstatus status;
};

struct provider_settings {
    char *name;
    char *url;
    char *key;      /* secret */
    char *currency; /* upper case; the gateway's when left out */
    const struct dialect *dialect;
    int64_t timeout_ms, connect_timeout_ms;
    char *ca_file;               /* or NULL */
    bool unknown_errors_refused; /* unknown_errors: refused */
    unsigned max_connections;    /* whole gateway */
    struct provider_limits {
        double add_per_s, other_per_s; /* whole gateway; 0: unlimited */
    } limits;
    bool is_closed; /* state: closed */
    bool has_low_balance;
    struct money low_balance; /* its currency; below it an operator is told */
    struct provider_answer *answers;
    size_t answer_count;
    struct provider_status *statuses;
    size_t status_count;
};

struct provider_state; /* atomics; provider.c */

struct provider {
    struct provider_settings settings; /* owned by the set */
    unsigned id;                       /* < PROVIDER_MAX */
    struct provider_state *state;      /* shared, never freed */
    struct factor exchange;            /* its currency in ours */
};

/* The name behind an id, for log lines; "" when nobody has it. Never freed. Any thread. */
struct str provider_name(unsigned id);

struct provider_set {
    _Atomic unsigned pins;
    size_t count;
    struct provider *list; /* in configured order */
};

/* Takes the settings (count of them) and leaves the array zeroed; exchange[i] belongs to
 * settings[i]. The set starts with one pin. False when PROVIDER_MAX names were seen. */
struct provider_set *provider_set_new(struct provider_settings *settings,
                                      const struct factor *exchange, size_t count,
                                      struct fault *why);
struct provider_set *provider_set_pin(struct provider_set *set);
void provider_set_unpin(struct provider_set **set);
const struct provider *provider_set_find(const struct provider_set *set, struct str name);
const struct provider *provider_set_by_id(const struct provider_set *set, unsigned id);
/* Also of a name that is not configured (yet); PROVIDER_MAX when too many names were seen. */
unsigned provider_id_of(struct str name);
void provider_settings_fini(struct provider_settings *settings);

/* An operator's pause: no new orders and no readings until it ends. Belongs to the name, as the
 * other lasting state does; the ledger keeps it across restarts. */
struct provider_pause {
    int64_t until_ms, at_ms; /* wall; until_ms 0: until it is resumed */
    char who[64], reason[256];
};
void provider_pause(const struct provider *provider, const struct provider_pause *pause);
void provider_resume(const struct provider *provider);
bool provider_is_paused(const struct provider *provider);
/* False, and *pause_out is untouched, when it is not paused. */
bool provider_get_pause(const struct provider *provider, struct provider_pause *pause_out);
/* The same for a name that may not be configured now; nothing when too many names were seen. */
void provider_pause_name(struct str name, const struct provider_pause *pause);

/* A reload is about to remove it: no new orders. */
void provider_leave(const struct provider *provider, bool is_leaving);
bool provider_is_leaving(const struct provider *provider);

enum provider_lane { PROVIDER_LANE_ADD, PROVIDER_LANE_OTHER }; /* the two rate buckets */
/* Takes one token: 0 when taken, else how many ms to wait until one would be there. */
int64_t provider_take_token(const struct provider *provider, enum provider_lane lane,
                            int64_t monotonic_now_ms);
/* The same for what can wait: only a token that nobody wanted while it lay there, so that whoever
 * comes next finds one. */
int64_t provider_take_spare_token(const struct provider *provider, enum provider_lane lane,
                                  int64_t monotonic_now_ms);
/* A 429 with its Retry-After: no token of that lane before then. */
void provider_cool_down_until(const struct provider *provider, enum provider_lane lane,
                              int64_t monotonic_at_ms);
unsigned provider_connections(const struct provider *provider); /* in use now */

/* ---- for the files of this room: what lives as long as a provider's name ---- */

/* The state for a name, made at first sight; NULL when PROVIDER_MAX names were seen. Never freed.
 */
struct provider_state *provider_state_of(struct str name);
unsigned provider_state_id(const struct provider_state *state);

/* A connection below the cap (0: no cap); true when taken, to be given back once. */
bool provider_state_take_connection(struct provider_state *state, unsigned cap) MUST_USE;
void provider_state_give_connection(struct provider_state *state);

extern const struct setting_table
    provider_rows; /* struct provider_settings: a row of `providers:` */
/* A currency code, upper case: char *. Also for the gateway's own. */
extern const struct setting_kind provider_rows_currency;

#endif
