/* struct backend: what a ledger's storage must do, synchronously, on the ledger's own threads. One
 * row a backend in backend.c; the contract tests ask the same of each. */
#ifndef LEDGER_BACKEND_H
#define LEDGER_BACKEND_H
#include "ledger/ledger.h"

struct backend_connection;
/* One copied write as the queue holds it; entry.h has its kinds. */
struct entry;

struct backend {
    const char *scheme; /* "sqlite" */
    struct backend_connection *(*open)(const char *location, bool is_writer, struct fault *why);
    void (*close)(struct backend_connection *connection);
    bool (*migrate)(struct backend_connection *connection, struct fault *why);
    /* One transaction over all entries, each in a savepoint; sets each entry's result. */
    void (*commit)(struct backend_connection *connection, struct entry **entries, size_t count);
    void (*read)(struct backend_connection *connection, const struct ledger_query *query,
                 struct arena *arena, struct ledger_rows *rows_out);
    bool (*recover)(struct backend_connection *connection, const struct ledger_visit *visit,
                    struct fault *why);
    uint32_t (*last_number)(struct backend_connection *connection, bool of_aftersales);
    size_t (*verify)(struct backend_connection *connection,
                     void (*tell)(const char *words, void *arg), void *arg);
    bool (*backup)(struct backend_connection *connection, const char *path, struct fault *why);
    /* When it pays and nobody waits: a checkpoint. */
    void (*rest)(struct backend_connection *connection);
};

const struct backend *backend_find(struct str scheme);

#endif
