/* struct admin: the operator's side, on the main thread's loop: /healthz, /readyz, /metrics without
 * a token; everything else requires it (Authorization: Bearer). Operations answer JSON; an
 * operation that fails answers {"error":"…"} with 400, 404, 409 or 503.
 *
 * What the rooms below cannot know (reload, whether the clients' port is open) comes as functions.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H
#include "base/digest.h"
#include "clients/roster.h"
#include "http/listener.h"
#include "http/listener_settings.h"
#include "orders/order_context.h"
#include "settings/rows.h"

/* The settings of `admin:` and the table that reads them. Owned by the configuration. */
struct admin_settings {
    struct listener_settings listener;
    bool has_token;
    struct digest token; /* SHA-256; compared in constant time */
};

struct admin_draft { /* what the rows fill */
    struct admin_settings settings;
    char *token; /* secret; NULL: none */
};
extern const struct setting_table admin_rows; /* struct admin_draft */
void admin_rows_fini(struct admin_draft *draft);

struct admin;

struct admin_state { /* the state of the whole gateway; filled by admin_parts.state */
    bool is_open;    /* the clients' port is open */
    bool is_draining;
    unsigned workers;
    unsigned connections;                             /* of clients, now */
    unsigned exchanges;                               /* not yet answered */
    uint64_t requests, rejected, timeouts, displaced; /* of the clients' listeners */
    uint64_t reloads, failed_reloads;
    int64_t configured_at_ms; /* wall; of the configuration in force */
    int64_t started_at_ms;    /* wall */
    const char *path;         /* of the configuration in force; borrowed, until it changes */
    const struct listener_settings *front, *admin; /* in force; borrowed likewise */
    int64_t longest_turn_us;                       /* of the workers' loops since the last look */
};

struct admin_parts {
    struct order_context
        *context; /* the main thread's: its catalogue, settings, ledger, health, open_orders */
    struct cache *cache;
    void (*state)(struct admin_state *out, void *arg);
    /* Reads the configuration again, all or nothing; done on the main loop, later: faults is "" or
     * the lines as `check` prints them. */
    void (*reload)(void (*done)(const char *faults, void *done_arg), void *done_arg, void *arg);
    /* The configuration in force, and what the file as it is now would change: as JSON, and the
     * status to answer with. */
    int (*show_configuration)(struct buf *json, void *arg);
    int (*compare_configuration)(struct buf *json, void *arg);
    /* What may be done to a client in the ledger; done later, on the main loop. */
    void (*change_client)(const struct client_change *change, client_changed_fn *done,
                          void *done_arg, void *arg);
    const struct roster *roster; /* the main thread's */
    /* Families of /metrics that belong to the rooms above; may be NULL. */
    void (*metrics)(struct buf *out, void *arg);
    /* Whenever the last call has been answered, from inside its end; may be NULL. */
    void (*on_idle)(void *arg);
    void *arg;
};

struct admin *admin_new(const struct admin_parts *parts);
/* Takes the pin; tokens and addresses from now on. */
void admin_configure(struct admin *admin, const struct admin_settings *settings,
                     struct client_set *clients);
/* The listener's handler; arg is the struct admin. */
void admin_handle(struct exchange *exchange, void *arg);
/* No call waits for its answer: only then may the listener be freed. */
bool admin_is_idle(const struct admin *admin);
void admin_free(struct admin *admin);

#endif
