/* The running gateway, for gateway.c, opening.c and reload.c. */
#ifndef APP_GATEWAY_PRIVATE_H
#define APP_GATEWAY_PRIVATE_H
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "admin/admin.h"
#include "app/gateway.h"
#include "app/worker.h"
#include "orders/claims.h"
#include "orders/link_turns.h"
#include "orders/refill_tracker.h"
#include "orders/refs.h"
#include "orders/tracker.h"
#include "orders/watch.h"

struct pending_reload { /* a reload that waits for its snapshot */
    void (*done)(const char *faults, void *arg);
    void *arg;
    struct pending_reload *next;
};

struct published {               /* from the refresh thread to the main one */
    struct loop_message message; /* in the main loop's mailbox while there is a newest */
    struct gateway *gateway;
    _Atomic(struct catalogue *) newest; /* not taken yet; pinned, or NULL */
};

struct pending_change; /* client_changes.c */
STAILQ_HEAD(change_queue, pending_change);

struct gateway_message { /* in the main loop's mailbox */
    struct loop_message message;
    struct gateway *gateway;
};
struct gateway_check {
    struct loop_deferred deferred; /* once a part has become idle while draining */
    struct gateway *gateway;
};

struct gateway {
    struct gateway_options options;
    struct configuration *configuration; /* in force; pinned */
    struct configuration *coming;        /* accepted, its snapshot not yet made; pinned, or NULL */
    struct tls_context *tls, *coming_tls;
    struct client_set *clients;        /* in force: the file's and the ledger's; pinned */
    struct client_set *coming_clients; /* their snapshot is not yet made; pinned, or NULL */
    struct loop *loop, *refresh_loop;
    pthread_t refresh_thread;
    struct ledger *ledger;
    struct cache *cache;
    struct health *health;
    struct open_orders *open_orders;
    struct claims *claims;
    struct refs *refs;
    struct refresher *refresher;
    struct published published;
    struct order_context *context; /* the main thread's own */
    struct tracker *tracker;
    struct watch *watch;
    struct refill_tracker *refill_tracker;
    struct link_turns *link_turns;
    struct admin *admin;
    struct listener *admin_listener;
    struct worker **workers;
    size_t worker_count, running_workers;
    struct event *signals[3];
    struct loop_timer drain_deadline;
    struct gateway_check check;
    struct gateway_message settled;
    int64_t started_at_ms, configured_at_ms; /* wall */
    int64_t drain_started_ms;                /* monotonic */
    uint64_t reloads, failed_reloads;
    bool is_open, is_draining, is_drain_over;
    int exit_code;             /* why it ends by itself; otherwise EXIT_OK */
    struct catalogue *arrived; /* of `coming`, while its removals are checked; pinned */
    bool is_checking_removals;
    struct roster *roster;                 /* the clients in the ledger */
    struct fault roster_fault;             /* of those read at the start */
    struct change_queue changes;           /* not begun */
    struct pending_change *changing;       /* being booked, or NULL */
    struct change_queue written;           /* booked, not yet on their way */
    struct change_queue published_changes; /* on their way in coming_clients */
    struct loop_timer uses_timer;
    struct pending_reload *waiting; /* reloads that `coming` will answer */
    struct ledger_order *resumed;   /* orders to go on with once there is a catalogue */
    size_t resumed_count;
    size_t own_orders, foreign_orders; /* found at the start: in `currency`, and in another one */
    char foreign_currency[8];          /* of one of the latter */
    size_t orphans; /* orders found at the start whose provider is not configured */
    struct arena resumed_arena;
};

/* opening.c */
/* Test-binds what the configuration listens on; fault: in use. */
bool opening_test(const struct configuration *configuration, struct fault *why);
bool opening_admin(struct gateway *g, struct fault *why);
/* The clients' sockets, one a worker and address. */
bool opening_front(struct gateway *g, struct fault *why);
/* After a reload: opens what is new in `fresh`, before anything old is closed; then closes what is
 * gone. */
bool opening_change(struct gateway *g, const struct configuration *fresh, struct fault *why);

/* reload.c */
/* Reads the file again, all or nothing; done later, on the main loop. */
void reload_start(struct gateway *g, void (*done)(const char *faults, void *arg), void *arg);
/* Draining: whoever waits for a reload is answered that there will be none. */
void reload_abandon(struct gateway *g);
/* The snapshot of `coming` has arrived; takes the pin. Looks once more whether anything unfinished
 * needs a provider that goes; if not, gateway_switch and the workers take it, and whoever waits for
 * the reload is notified once each worker has; otherwise the old configuration stays. */
void reload_take(struct gateway *g, struct catalogue *catalogue);
/* The same where only clients have changed: who waits is answered once each worker has them. */
void reload_take_clients(struct gateway *g, struct catalogue *catalogue);

/* client_changes.c */
void client_changes_start(struct gateway *g, const struct client_change *change,
                          client_changed_fn *done, void *arg);
/* A set that holds all that is booked is on its way from now on; takes the pin. */
void client_changes_install(struct gateway *g, struct client_set *clients);
/* The configuration that was coming is given up: its clients too. */
void client_changes_go_back(struct gateway *g);
/* Sends on its way what was booked since the last one. */
void client_changes_publish(struct gateway *g);
void client_changes_answer(struct change_queue *queue);
/* Whether a client of that name is being added. */
bool client_changes_is_adding(const struct gateway *g, struct str name);
/* False: the file gives to a client of its own the key that is just being added. */
bool client_changes_check_keys(const struct gateway *g, const struct client_set *of_file,
                               struct fault *why);
/* Draining: who waits is answered. */
void client_changes_abandon(struct gateway *g);
/* When keys were used goes to the ledger now and then. */
void client_changes_note_uses(struct gateway *g);
void client_changes_watch_uses(struct gateway *g);
/* Of ledger_visit; arg is the gateway. */
void client_changes_on_kept_client(const struct ledger_client *client, void *arg);
void client_changes_on_kept_key(const struct ledger_client_key *key, void *arg);

/* notify.c: reports our state to the service manager, as sd_notify(3) does. */
/* The address that $NOTIFY_SOCKET's value stands for: a path, or '@' and an abstract name. Returns
 * its length; 0: not an address. Pure. */
socklen_t notify_address(const char *value, struct sockaddr_un *out);
void notify_ready(void);     /* the clients' port is open */
void notify_reloading(void); /* a configuration is being read; ended by notify_reloaded */
void notify_reloaded(bool is_taken);
void notify_stopping(void); /* draining */

/* gateway.c */
/* What clients have or owe is in one currency: another one is refused while there is any. */
bool gateway_check_currency(struct ledger *ledger, const char *currency, struct fault *why);
/* A message for a worker, with pins of its own; configuration may be NULL. */
struct worker_news gateway_news(struct gateway *g, struct catalogue *catalogue,
                                struct configuration *configuration);
void gateway_use(struct gateway *g, struct configuration *configuration);
/* The main thread works with g->configuration and the catalogue (takes the pin) from now on. */
void gateway_switch(struct gateway *g, struct catalogue *catalogue);
void gateway_switch_clients(struct gateway *g, struct catalogue *catalogue);
/* Begins the end: drains everything, then gateway_run returns the code. Only the first call counts.
 */
void gateway_end(struct gateway *g, int code);

#endif
