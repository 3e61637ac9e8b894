/* The inside of the ledger: what its storage must do, one write on its way there, its lock and its
 * threads. For the files of this room and its tests only. */
#ifndef LEDGER_LEDGER_PRIVATE_H
#define LEDGER_LEDGER_PRIVATE_H
#include <sys/queue.h>

#include "ledger/ledger.h"

/* struct backend: what a ledger's storage must do, synchronously, on the ledger's own threads. One
 * row a backend in backend.c; the contract tests ask the same of each. */
struct backend_connection;
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
    /* Whether what stands behind "scheme:" could be opened for writing; changes nothing. */
    bool (*check)(const char *text, struct fault *why);
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
    bool (*visit)(struct backend_connection *connection, const struct ledger_visit *visit,
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

/* struct ledger_entry: one write on its way to the writer, copied from the asker into one block of
 * memory that also carries the completion home. One owner at a time: asker, queue, writer, loop. */
enum entry_kind {
    ENTRY_CHANGE,
    ENTRY_LIST,
    ENTRY_IMPORTS,
    ENTRY_PRICES,
    ENTRY_PAUSE,
    ENTRY_PAUSE_END,
    ENTRY_CLIENT_ADD,
    ENTRY_CLIENT_CHANGE,
    ENTRY_KEY_ADD,
    ENTRY_KEY_REVOKE,
    ENTRY_KEYS_USED,
    ENTRY_CREDIT,
    ENTRY_ANSWERED
};

struct entry_list { /* a provider's last good list */
    struct str provider, body;
    int64_t fetched_at_ms;
};

struct ledger_entry {
    struct loop_message message; /* for the completion; first, so that it converts back */
    STAILQ_ENTRY(ledger_entry) queue;
    struct loop *loop; /* borrowed; NULL when nobody waits */
    ledger_done_fn *done;
    void *arg;
    struct ledger_outcome outcome;
    int64_t at_ms; /* wall, when it was asked */
    size_t bytes;  /* of this block */
    enum entry_kind kind;
    size_t count; /* of rows; 1 where there is one */
    union {
        const void *rows;
        const struct ledger_change *change;
        const struct entry_list *list;
        const struct ledger_import *imports;
        const struct ledger_price *prices;
        const struct ledger_pause *pause;
        const struct ledger_client *client;
        const struct ledger_client_key *keys;
        const struct ledger_credit *credit;
        const uint32_t *answered; /* orders */
    } of;
};
STAILQ_HEAD(entry_queue, ledger_entry);

struct ledger_entry *entry_of_change(const struct ledger_change *change);
/* One of any other kind: count rows of the kind's struct. */
struct ledger_entry *entry_of_rows(enum entry_kind kind, const void *rows, size_t count);
void entry_free(struct ledger_entry *entry);

/* Posts the completions of a batch, one wake-up a loop, and frees what nobody waits for. The
 * entries are their loops' afterwards. */
void entry_post_completion(struct ledger_entry **entries, size_t count);

/* The exclusive lock of a ledger that is a file, so that two gateways never keep the same one: on
 * the file beside it (FILE.lock, which names its holder's pid) and on the ledger's own inode, both
 * by flock(), which SQLite's own locks do not meet. However the file is named (relative, by
 * symbolic or hard links), and whatever becomes of the file beside it, one of the two keeps a
 * second gateway out. One thread. */
struct lock;

/* The file's one true path, to free(); the file is created (0600) when it is not there. NULL and a
 * fault when its folder is missing or nothing can be created. */
char *lock_path_of(const char *file, bool may_create, struct fault *why);
/* NULL and FAULT_CONFLICT, with the holder's pid in the message, when another process has it. */
struct lock *lock_take(const char *path, struct fault *why);
/* Whether both could be done now; changes nothing. */
bool lock_check(const char *file, struct fault *why);
/* Whether the ledger's name still leads to the file that is locked, and the lock file's name to
 * ours. A lock file that was removed is put back; false when that fails, or somebody else has it
 * now: what is written then may be lost. */
bool lock_is_in_place(struct lock *lock);
/* After the last connection is closed: closing a descriptor of the ledger drops SQLite's locks.
 * *lock may be NULL. */
void lock_release(struct lock **lock);

/* The reader: a thread with its own connection that answers questions while the writer writes. */
struct reader;

struct reader *reader_new(const struct backend *backend, const char *location);
void reader_start(struct reader *reader);
/* Answers what was asked, then ends. *reader may be NULL. */
void reader_free(struct reader **reader);
/* Any thread. Past the queue's ceiling the answer is LEDGER_BUSY. */
void reader_query(struct reader *reader, struct loop *loop, const struct ledger_query *query,
                  ledger_rows_fn *done, void *arg);

/* The maintenance thread: a connection of its own for what takes long and must stall nobody:
 * backups, and what the backend's storage needs from time to time. */
struct maintenance;
typedef void maintenance_done_fn(bool is_ok, const char *message, void *arg);

struct maintenance *maintenance_new(const struct backend *backend, const char *location);
void maintenance_start(struct maintenance *maintenance);
/* Finishes the backups that were asked for. *maintenance may be NULL. */
void maintenance_free(struct maintenance **maintenance);

/* Any thread: the backend has work to do. */
void maintenance_request(struct maintenance *maintenance);
/* True once after each such work: what is left of it is the writer's to finish. That is little, or
 * all of it when the thread could not open the ledger. */
bool maintenance_take_worked(struct maintenance *maintenance);
/* done is called on the loop; its message lives until it returns. */
void maintenance_backup(struct maintenance *maintenance, struct loop *loop, const char *path,
                        maintenance_done_fn *done, void *arg);

/* The writer: the one thread that changes the ledger. It takes all that has arrived, commits it in
 * one transaction and posts the completions, one wake-up per loop. */
struct writer;

/* The connection is the writer's from its start on; the maintenance thread is borrowed. */
struct writer *writer_new(const struct backend *backend, struct backend_connection *connection,
                          struct maintenance *maintenance);
void writer_start(struct writer *writer);
/* Commits what was asked and ends the thread; the maintenance thread is not needed any more. */
void writer_stop(struct writer *writer);
/* After writer_stop: closes the connection. */
void writer_free(struct writer **writer);
/* Takes the entry; past the queue's ceiling it is completed with LEDGER_BUSY. Any thread; from a
 * running loop's own thread, which `loop` is then, all that it adds until it is quiet is handed
 * over at once. */
void writer_add(struct writer *writer, struct loop *loop, struct ledger_entry **entry);
/* Goes along with the next batch, or after an idle time by itself. Any thread. */
void writer_note_answered(struct writer *writer, uint32_t order);
/* Any thread. */
void writer_health(struct writer *writer, struct ledger_health *out);

#endif
