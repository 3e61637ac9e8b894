/* struct worker: one thread that serves clients: loop, listener, v2, order context. Made and freed
 * by the main thread; in between everything inside belongs to its own thread and is reached by
 * messages. */
#ifndef APP_WORKER_H
#define APP_WORKER_H
#include "app/configuration.h"
#include "http/listener.h"
#include "orders/order_context.h"

struct worker;

struct worker_parts { /* shared, borrowed */
    struct ledger *ledger;
    struct health *health;
    struct open_orders *open_orders;
    struct claims *claims;
    struct refs *refs;
    struct refresher *refresher;
    struct loop *main_loop;
    void (*ended)(void *arg); /* on the main loop, once the worker's loop has ended */
    void *arg;
};

/* What a worker works with from now on; NULL: as it was. Pins are the worker's. */
struct worker_news {
    struct catalogue *catalogue;
    struct configuration *configuration;
    struct client_set *clients;
    struct tls_context *tls; /* goes with the configuration; NULL there: no TLS */
    struct loop *reply_to;   /* where `taken` is posted once this is in force; NULL: nobody waits */
    struct loop_message *taken;
};

struct worker *worker_new(unsigned number, const struct worker_parts *parts);
void worker_start(struct worker *worker); /* its thread */
/* Any thread, in the order of the calls. */
void worker_notify(struct worker *worker, const struct worker_news *news);
void worker_add_socket(struct worker *worker, int fd, const char *address_text);
void worker_remove_socket(struct worker *worker, const char *address_text);
/* No new connections. Its loop ends once everything is answered and nothing is under way, at the
 * latest after deadline_ms. */
void worker_drain(struct worker *worker, int64_t deadline_ms);
void worker_join(struct worker *worker);
void worker_free(struct worker *worker);

struct worker_report { /* any thread */
    unsigned connections, exchanges;
    uint64_t requests, rejected, timeouts, displaced;
    int64_t longest_turn_us;
};
void worker_report(struct worker *worker, struct worker_report *out);

#endif
