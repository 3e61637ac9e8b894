/* struct backend: what a ledger's storage must do, synchronously, on the ledger's own threads. One
 * row a backend in backend.c; the contract tests ask the same of each. */
#ifndef LEDGER_BACKEND_H
#define LEDGER_BACKEND_H
#include "ledger/ledger.h"

struct backend_connection;
/* One copied write as the queue holds it; entry.h has its kinds. */
struct ledger_entry;

struct backend {
    const char *scheme; /* "sqlite" */
    struct backend_connection *(*open)(const char *location, bool is_writer, struct fault *why);
    void (*close)(struct backend_connection *connection);
    bool (*migrate)(struct backend_connection *connection, struct fault *why);
    /* One transaction over all entries, each wholly in or wholly out; sets each entry's result.
     * Without entries it tries whether the ledger can be written. False when nothing was
     * committed. */
    bool (*commit)(struct backend_connection *connection, struct ledger_entry **entries,
                   size_t count);
    void (*read)(struct backend_connection *connection, const struct ledger_query *query,
                 struct arena *arena, struct ledger_rows *rows_out);
    bool (*recover)(struct backend_connection *connection, const struct ledger_visit *visit,
                    struct fault *why);
    uint32_t (*last_number)(struct backend_connection *connection, bool of_requests);
    size_t (*verify)(struct backend_connection *connection,
                     void (*tell)(const char *message, void *arg), void *arg);
    bool (*backup)(struct backend_connection *connection, const char *path, struct fault *why);
    /* A checkpoint that stalls neither readers nor the writer. */
    void (*checkpoint)(struct backend_connection *connection);
    /* How much a checkpoint would have to do, in pages, as this connection last saw it. */
    size_t (*backlog)(struct backend_connection *connection);
    /* Why the last commit or read failed, for a person; "" when it went well. */
    const char *(*trouble)(struct backend_connection *connection);
    /* What the ledger takes on disk; any thread. */
    int64_t (*disk_bytes)(const char *location);
};

const struct backend *backend_find(struct str scheme);

#endif
