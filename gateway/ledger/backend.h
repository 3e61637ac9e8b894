/* struct backend: what a ledger's storage must do, synchronously, on the ledger's own threads. One
 * row a backend in backend.c; the contract tests ask the same of each. */
#ifndef LEDGER_BACKEND_H
#define LEDGER_BACKEND_H
#include "ledger/ledger.h"

struct backend_connection;
/* One copied write as the queue holds it; entry.h has its kinds. */
struct ledger_entry;

enum backend_use {
    BACKEND_READER, /* writes nothing */
    BACKEND_WRITER, /* a further one of a process that owns the ledger */
    BACKEND_OWNER   /* the first one: takes whatever keeps a second gateway away */
};

/* When a backend may do what its storage needs from time to time. */
enum backend_turn {
    BACKEND_LOOK,  /* the writer's thread, after each batch: cheap */
    BACKEND_WORK,  /* the maintenance thread, with a connection of its own: may take long */
    BACKEND_FINISH /* the writer's thread, after that: what is left of it */
};
struct backend_upkeep {
    bool is_idle;       /* in: nothing was written for a while */
    bool is_due;        /* out, but for WORK: there is work to do */
    int64_t disk_bytes; /* out, of LOOK: what the ledger takes; 0: not looked at */
};

struct backend {
    const char *scheme; /* "sqlite" */
    const char *form;   /* of its URL, for a fault */
    /* What stands behind "scheme:" as the one name of a ledger, to free(); NULL and a fault. */
    char *(*locate)(const char *text, bool may_create, struct fault *why);
    struct backend_connection *(*open)(const char *location, enum backend_use use,
                                       struct fault *why);
    void (*close)(struct backend_connection *connection);
    bool (*migrate)(struct backend_connection *connection, struct fault *why);
    /* One transaction over all entries, each wholly in or wholly out: begin, load what they
     * concern, plan each (plan.h), store. Sets each entry's outcome. Without entries it tries
     * whether the ledger can be written. False when nothing was committed. */
    bool (*commit)(struct backend_connection *connection, struct ledger_entry **entries,
                   size_t count);
    void (*read)(struct backend_connection *connection, const struct ledger_query *query,
                 struct arena *arena, struct ledger_rows *rows_out);
    bool (*recover)(struct backend_connection *connection, const struct ledger_visit *visit,
                    struct fault *why);
    uint32_t (*last_number)(struct backend_connection *connection, bool of_requests);
    size_t (*verify)(struct backend_connection *connection, const struct ledger_verifier *verifier);
    bool (*backup)(struct backend_connection *connection, const char *path, struct fault *why);
    /* Why the last commit or read failed, for a person; "" when it went well. */
    const char *(*trouble)(struct backend_connection *connection);
    /* Optional. */
    void (*maintain)(struct backend_connection *connection, enum backend_turn turn,
                     struct backend_upkeep *upkeep);
};

/* "sqlite:panelmux.db" -> its backend, and what stands behind the colon. NULL and a fault. */
const struct backend *backend_of_url(const char *url, const char **text, struct fault *why);
const struct backend *backend_find(struct str scheme);

#endif
