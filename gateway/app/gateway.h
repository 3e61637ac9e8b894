/* struct gateway: the whole running program on the main thread: its loop with signals, timers and
 * the admin side; the refresh thread, the ledger's threads, the workers; reload and drain. One a
 * process. */
#ifndef APP_GATEWAY_H
#define APP_GATEWAY_H
#include "app/configuration.h"

struct gateway_options {
    /* Called once on the main loop when the clients' port is open; may be NULL. */
    void (*on_open)(const char *front_address, void *arg);
    void *arg;
    int64_t drain_ms; /* at most this long after SIGTERM; 0: 30 s */
};

/* Runs until SIGTERM or SIGINT; takes the configuration's pin. Returns an exit code; faults go to
 * stderr as one line. */
int gateway_run(struct configuration *configuration, const struct gateway_options *options);

#endif
