/* The SQLite backend's own header: its connection, its prepared statements and the small helpers
 * its files share. A connection belongs to one thread at a time. */
#ifndef LEDGER_SQLITE_H
#define LEDGER_SQLITE_H
#include <sqlite3.h>

#include "ledger/ledger_private.h"
#include "ledger/plan.h"

extern const struct backend sqlite_backend;

/* Always the same text, for a partial index serves the queries that repeat its condition. */
#define SQLITE_UNFINISHED "settled_at IS NULL"
#define SQLITE_ENDED_BY_PANEL "state IN ('canceled', 'partial')"
/* attemptstate_is_live and ledger_is_open_refill; without IN, which makes a table of its words. Of
 * the last ones the panel is to be asked. */
#define SQLITE_LIVE "(state = 'sending' OR state = 'accepted' OR state = 'doubt')"
#define SQLITE_IS_OPEN_REFILL                                                                      \
    "kind = 'refill' AND " SQLITE_LIVE                                                             \
    " AND status <> 'Completed' AND status <> 'Rejected' AND status <> 'Canceled'"
#define SQLITE_OPEN_REFILL                                                                         \
    "kind = 'refill' AND (state IN ('sending', 'doubt') OR"                                        \
    " (state = 'accepted' AND status IN ('Pending', 'In progress')))"

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_BEGIN_READING,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_SAVEPOINT,
    STATEMENT_RELEASE,
    STATEMENT_ROLLBACK_TO,
    STATEMENT_TRY,
    STATEMENT_ORDER_INSERT,
    STATEMENT_ORDER_LOAD,
    STATEMENT_ORDER_UPDATE,
    STATEMENT_ORDER_MOVE,
    STATEMENT_ORDER_SETTLE,
    STATEMENT_ORDER_MOVE_SETTLE,
    STATEMENT_ATTEMPT_LOAD,
    STATEMENT_ATTEMPT_INSERT,
    STATEMENT_ATTEMPT_UPDATE,
    STATEMENT_EVENT_INSERT,
    STATEMENT_POSTING_INSERT,
    STATEMENT_ACCOUNT_LOAD,
    STATEMENT_ACCOUNT_KEEP,
    STATEMENT_REF_LOAD,
    STATEMENT_REF_INSERT,
    STATEMENT_REF_DELETE,
    STATEMENT_CHILD_LOAD,
    STATEMENT_SUBSCRIPTION_LOAD,
    STATEMENT_REFILL_LOAD,
    STATEMENT_CANCELS_LOAD,
    STATEMENT_NUMBER_LOAD,
    STATEMENT_ENDED_NUMBER_LOAD,
    STATEMENT_CREDIT_LOAD,
    STATEMENT_CREDIT_INSERT,
    STATEMENT_REQUEST_LOAD,
    STATEMENT_REQUEST_INSERT,
    STATEMENT_REQUEST_UPDATE,
    STATEMENT_CANCEL_LOAD,
    STATEMENT_ANSWERS_KEEP,
    STATEMENT_ANSWERS_SWEEP,
    STATEMENT_REFS_SWEEP,
    STATEMENT_LIST_KEEP,
    STATEMENT_IMPORT_KEEP,
    STATEMENT_IMPORT_STANDS,
    STATEMENT_PRICE_KEEP,
    STATEMENT_PAUSE_KEEP,
    STATEMENT_PAUSE_DROP,
    STATEMENT_CLIENT_ADD,
    STATEMENT_CLIENT_CHANGE,
    STATEMENT_KEY_ADD,
    STATEMENT_KEY_REVOKE,
    STATEMENT_KEY_USED,
    STATEMENT_QUERY_ORDER,
    STATEMENT_LIST_NUMBER,
    STATEMENT_LIST_CLIENT,
    STATEMENT_LIST_UNFINISHED,
    STATEMENT_LIST_DOUBT,
    STATEMENT_LIST_UPSTREAM,
    STATEMENT_LIST_HIGHEST,
    STATEMENT_LIST_FLOOR_CLIENT,
    STATEMENT_LIST_FLOOR_UNFINISHED,
    STATEMENT_QUERY_DOUBT,
    STATEMENT_QUERY_CHILDREN,
    STATEMENT_QUERY_ATTEMPTS,
    STATEMENT_QUERY_LIVE_ATTEMPT,
    STATEMENT_QUERY_LAST_ATTEMPT,
    STATEMENT_QUERY_LAST_EVENT,
    STATEMENT_QUERY_EVENT,
    STATEMENT_QUERY_EVENTS,
    STATEMENT_QUERY_UPSTREAM,
    STATEMENT_QUERY_LINK,
    STATEMENT_QUERY_SETTLED,
    STATEMENT_QUERY_NEWEST,
    STATEMENT_QUERY_ANSWERS,
    STATEMENT_QUERY_ACCOUNTS,
    STATEMENT_QUERY_SINCE,
    STATEMENT_QUERY_CREATED,
    STATEMENT_QUERY_SUMS,
    STATEMENT_QUERY_POSTED,
    STATEMENT_QUERY_POSTING,
    STATEMENT_QUERY_REQUESTS_OF,
    STATEMENT_QUERY_REQUEST,
    STATEMENT_QUERY_REFILLS,
    STATEMENT_QUERY_PAUSES,
    STATEMENT_QUERY_CLIENTS,
    STATEMENT_QUERY_KEYS,
    STATEMENT_LAST_ORDER,
    STATEMENT_LAST_REQUEST,
    STATEMENT_LAST_EVENT,
    STATEMENT_HAS_ENDED,
    STATEMENT_RECOVER_PLACING,
    STATEMENT_RECOVER_REQUESTS,
    STATEMENT_VISIT_ORDERS,
    STATEMENT_VISIT_LISTS,
    STATEMENT_VISIT_IMPORTS,
    STATEMENT_VISIT_PRICES,
    STATEMENT_COUNT
};

struct backend_connection {
    sqlite3 *db; /* NULL after a failure: the next use opens it again */
    char *path;
    bool is_writer;
    int64_t next_event;  /* 0: not known */
    uint32_t last_order; /* the highest number there is; with next_event */
    bool has_ended;      /* some attempt was ended by its panel; with next_event */
    int64_t swept_at_ms; /* monotonic; when what is kept for a time was last looked through */
    enum ledger_result opening;   /* why db is NULL */
    size_t wal_pages;             /* in the write-ahead log and not known to be in the database */
    struct lock *lock;            /* the owner's; else NULL */
    struct sqlite_recent *recent; /* a writer's; else NULL */
    struct sqlite_sums *sums;     /* NULL until they were asked for */
    int64_t measured_at_ms;       /* monotonic; its size on disk */
    char trouble[160];
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared at first use, kept */
};

/* ---- sqlite_open.c ---- */
enum { SQLITE_SCHEMA_VERSION = 4, SQLITE_APPLICATION = 0x706d7578 /* "pmux" */ };
/* Opens the database again when a failure has closed it. */
bool sqlite_revive(struct backend_connection *connection, struct fault *why);
/* After a failed commit: a new connection takes the place of the broken one. */
void sqlite_reopen(struct backend_connection *connection);
/* Fills the fault with a message for an operator and returns false. */
bool sqlite_fault(const struct backend_connection *connection, int code, struct fault *why);
/* The result that an error means for the askers; notes the trouble. */
enum ledger_result sqlite_result(struct backend_connection *connection, int code);
/* Whether ledger, log and lock file still have their names: what is committed into a deleted file
 * is lost. Notes the trouble. */
bool sqlite_is_in_place(struct backend_connection *connection);
bool sqlite_run(struct backend_connection *connection, const char *script, struct fault *why);
/* The one number a pragma or query gives; 0 when it fails. */
int64_t sqlite_number(struct backend_connection *connection, const char *query);

/* ---- sqlite_statement.c ---- */
/* Ready to bind; NULL when it cannot be prepared (the error is the database's). */
sqlite3_stmt *sqlite_statement(struct backend_connection *connection, enum statement which);
void sqlite_statements_finish(struct backend_connection *connection);
void sqlite_bind_str(sqlite3_stmt *statement, int at, struct str s); /* absent is "" */
void sqlite_bind_number(sqlite3_stmt *statement, int at, int64_t value);
/* NULL where it is the usual one. */
void sqlite_bind_other(sqlite3_stmt *statement, int at, struct str s, struct str usual);
void sqlite_bind_word(sqlite3_stmt *statement, int at, const char *word); /* static */
/* Steps a statement that gives no rows, and resets it; SQLITE_OK when done. */
int sqlite_do(struct backend_connection *connection, sqlite3_stmt *statement);
int sqlite_do_simple(struct backend_connection *connection, enum statement which);
/* Borrowed until the statement is stepped or reset; copied when there is an arena. */
void sqlite_digest(sqlite3_stmt *statement, int column, uint8_t out[LEDGER_SHA256_BYTES]);
struct str sqlite_text(sqlite3_stmt *statement, int column, struct arena *arena);

/* ---- sqlite_recent.c: rows that a writer's last commits left and whose next change is near ----
 */
struct sqlite_recent *sqlite_recent_new(void);
void sqlite_recent_free(struct sqlite_recent *recent);
/* After anything but a commit that went well. */
void sqlite_recent_clear(struct sqlite_recent *recent);
size_t sqlite_recent_count(const struct sqlite_recent *recent);
/* After a commit: what the plan has become. */
void sqlite_recent_keep(struct backend_connection *connection, const struct plan *plan);
/* Within the next transaction, before anything is looked up: forgets all when another program has
 * written meanwhile. */
void sqlite_recent_check(struct backend_connection *connection);
/* What loading out->row.id would give; false: it is to be loaded. */
bool sqlite_recent_load(const struct backend_connection *connection, struct arena *arena,
                        struct plan_order *out);

/* ---- sqlite_pages.c: the page cache of connections that read ---- */
/* Once, before SQLite is in use; too late is no harm. */
void sqlite_pages_configure(void);
/* Whether what this thread opens from now on is for reading. */
void sqlite_pages_for_reading(bool is_on);

/* ---- sqlite_sums.c: of all accounts, by currency; SQLite's code ---- */
int sqlite_sums_read(struct backend_connection *connection, struct arena *arena,
                     struct ledger_sums **list_out, size_t *count_out);
/* With the database that they are of. */
void sqlite_sums_clear(struct backend_connection *connection);

/* ---- sqlite_list.c; SQLite's codes ---- */
/* Numbers grow with time, but for this: an order waits before it is written, a clock may be set. */
enum { SQLITE_CREATED_SLACK_MS = 60000 };
/* LEDGER_QUERY_LIST: each row goes to take, newest first. */
struct sqlite_list_take {
    void (*row)(sqlite3_stmt *statement, void *arg);
    void *arg;
};
int sqlite_list(struct backend_connection *connection, const struct ledger_query *query,
                const struct sqlite_list_take *take, uint32_t *next_before_out);
/* Of the orders made at that moment or later the first, or one some before it. */
int sqlite_list_first_since(struct backend_connection *connection, int64_t since_ms,
                            int64_t *first_out);

/* ---- the subjects ---- */
bool sqlite_migrate(struct backend_connection *connection, struct fault *why);
bool sqlite_commit(struct backend_connection *connection, struct ledger_entry **entries,
                   size_t count);
/* A plan's first and last step. */
int sqlite_plan_load(struct backend_connection *connection, struct plan *plan);
/* What this change wants as well, once those before it are planned. */
int sqlite_plan_load_number(struct backend_connection *connection, struct plan *plan,
                            const struct ledger_change *change);
int sqlite_plan_store(struct backend_connection *connection, struct plan *plan);
/* One entry that no plan is needed for: its outcome, or *code is SQLite's error. */
struct ledger_outcome sqlite_keep(struct backend_connection *connection,
                                  const struct ledger_entry *entry, int *code);
/* Deletes a few of those records that are past their time. */
int sqlite_keep_sweep(struct backend_connection *connection);
void sqlite_read(struct backend_connection *connection, const struct ledger_query *query,
                 struct arena *arena, struct ledger_rows *rows_out);
const char *sqlite_kind_name(enum order_request_kind kind);
const char *sqlite_refill_name(enum refillstatus status); /* UNKNOWN has a word too */
void sqlite_pause_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_pause *out);
void sqlite_client_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_client *out);
void sqlite_client_key_row(sqlite3_stmt *statement, struct arena *arena,
                           struct ledger_client_key *out);
void sqlite_order_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_order *out);
void sqlite_plan_order_row(sqlite3_stmt *statement, struct arena *arena, struct plan_order *out);
void sqlite_attempt_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_attempt *out);
void sqlite_request_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_request *out);
bool sqlite_visit(struct backend_connection *connection, const struct ledger_visit *visit,
                  struct fault *why);
bool sqlite_recover(struct backend_connection *connection, const struct ledger_visit *visit,
                    struct fault *why);
uint32_t sqlite_last_number(struct backend_connection *connection, bool of_requests);
size_t sqlite_verify(struct backend_connection *connection, const struct ledger_verifier *verifier);
bool sqlite_backup(struct backend_connection *connection, const char *path, struct fault *why);
void sqlite_maintain(struct backend_connection *connection, enum backend_turn turn,
                     struct backend_upkeep *upkeep);

#endif
