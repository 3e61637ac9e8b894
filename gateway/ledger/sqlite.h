/* The SQLite backend's own header: its connection, its prepared statements and the small helpers
 * its files share. A connection belongs to one thread at a time. */
#ifndef LEDGER_SQLITE_H
#define LEDGER_SQLITE_H
#include <sqlite3.h>

#include "ledger/backend.h"
#include "ledger/entry.h"

extern const struct backend sqlite_backend;

/* Always the same text, for a partial index serves the queries that repeat its condition. */
#define SQLITE_UNFINISHED "settled_at IS NULL"

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_BEGIN_READING,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_SAVEPOINT,
    STATEMENT_RELEASE,
    STATEMENT_ROLLBACK_TO,
    STATEMENT_TRY, /* the smallest write there is */
    STATEMENT_ORDER_INSERT,
    STATEMENT_ORDER_STANDS, /* what the rules must know of an order */
    STATEMENT_ORDER_UPDATE,
    STATEMENT_ORDER_SETTLE, /* the same for an order that is settled with it */
    STATEMENT_ATTEMPT_START,
    STATEMENT_ATTEMPT_INSERT, /* one that was being sent has ended */
    STATEMENT_ATTEMPT_END,    /* one in doubt has ended */
    STATEMENT_EVENT_INSERT,
    STATEMENT_POSTING_INSERT,
    STATEMENT_REQUEST_STANDS,
    STATEMENT_REQUEST_INSERT,
    STATEMENT_REQUEST_UPDATE,
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
    STATEMENT_QUERY_LIST,
    STATEMENT_QUERY_LIST_CLIENT,
    STATEMENT_QUERY_LIST_DOUBT,
    STATEMENT_QUERY_DOUBT_TEXT,
    STATEMENT_QUERY_CHILDREN,
    STATEMENT_QUERY_ATTEMPTS,
    STATEMENT_QUERY_SENDING, /* the attempt that has no row yet */
    STATEMENT_QUERY_LAST_ATTEMPT,
    STATEMENT_QUERY_EVENTS,
    STATEMENT_QUERY_REQUESTS_OF,
    STATEMENT_QUERY_REQUEST,
    STATEMENT_QUERY_PAUSES, /* visited too, as are the next two */
    STATEMENT_QUERY_CLIENTS,
    STATEMENT_QUERY_KEYS,
    STATEMENT_LAST_ORDER,
    STATEMENT_LAST_REQUEST,
    STATEMENT_RECOVER_ATTEMPTS,
    STATEMENT_RECOVER_REQUESTS,
    STATEMENT_RECOVER_PLACING,
    STATEMENT_DOUBT_REQUEST,
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
    const char *refusal;        /* why the entry at hand was refused */
    bool has_written;           /* the entry at hand has changed something already */
    enum ledger_result opening; /* why db is NULL */
    size_t wal_pages;           /* in the write-ahead log and not known to be in the database */
    int64_t looked_at_ms;       /* steady; when it was last seen to be where it should be */
    char trouble[160];
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared at first use, kept */
};

/* ---- sqlite_open.c ---- */
enum { SQLITE_SCHEMA_VERSION = 3, SQLITE_APPLICATION = 0x706d7578 /* "pmux" */ };
/* Opens the database again when a failure has closed it. */
bool sqlite_revive(struct backend_connection *connection, struct fault *why);
/* After a failed commit: a new connection takes the place of the broken one. */
void sqlite_reopen(struct backend_connection *connection);
/* Fills the fault in words for an operator and returns false. */
bool sqlite_fault(const struct backend_connection *connection, int code, struct fault *why);
/* What an asker is told of an error, and notes the trouble. */
enum ledger_result sqlite_result(struct backend_connection *connection, int code);
/* Whether the files still have their names: what is committed into a deleted file is lost. Looks at
 * most once a second; notes the trouble. */
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
void sqlite_bind_word(sqlite3_stmt *statement, int at, const char *word); /* lives for ever */
/* Steps a statement that gives no rows, and resets it; SQLITE_OK when done. */
int sqlite_do(struct backend_connection *connection, sqlite3_stmt *statement);
int sqlite_do_simple(struct backend_connection *connection, enum statement which);
/* Borrowed until the statement is stepped or reset; copied when there is an arena. */
struct str sqlite_text(sqlite3_stmt *statement, int column, struct arena *arena);

/* ---- the subjects ---- */
bool sqlite_migrate(struct backend_connection *connection, struct fault *why);
bool sqlite_commit(struct backend_connection *connection, struct ledger_entry **entries,
                   size_t count);
/* One entry within a transaction: LEDGER_DONE, or LEDGER_REFUSED, or *code is SQLite's error. */
enum ledger_result sqlite_apply(struct backend_connection *connection,
                                const struct ledger_entry *entry, int *code);
enum ledger_result sqlite_change(struct backend_connection *connection,
                                 const struct ledger_change *change, int64_t at_ms, int *code);
enum ledger_result sqlite_keep(struct backend_connection *connection,
                               const struct ledger_entry *entry, int *code);
enum ledger_result sqlite_request(struct backend_connection *connection,
                                  const struct ledger_change *change, int64_t at_ms, int *code);
/* Books that the client of an order now pays `after` where it paid `before`; number is that of the
 * event that tells why. */
struct sqlite_booking {
    uint32_t order, number;
    struct str client, currency;
    struct money before, after;
    int64_t at_ms;
};
int sqlite_book(struct backend_connection *connection, const struct sqlite_booking *booking);
void sqlite_read(struct backend_connection *connection, const struct ledger_query *query,
                 struct arena *arena, struct ledger_rows *rows_out);
const char *sqlite_kind_name(enum order_request_kind kind);
const char *sqlite_refill_name(enum refillstatus status); /* UNKNOWN has a word too */
void sqlite_pause_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_pause *out);
void sqlite_client_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_client *out);
void sqlite_client_key_row(sqlite3_stmt *statement, struct arena *arena,
                           struct ledger_client_key *out);
void sqlite_order_row(sqlite3_stmt *statement, struct arena *arena, struct ledger_order *out);
bool sqlite_recover(struct backend_connection *connection, const struct ledger_visit *visit,
                    struct fault *why);
uint32_t sqlite_last_number(struct backend_connection *connection, bool of_requests);
size_t sqlite_verify(struct backend_connection *connection,
                     void (*tell)(const char *message, void *arg), void *arg);
bool sqlite_backup(struct backend_connection *connection, const char *path, struct fault *why);
void sqlite_checkpoint(struct backend_connection *connection);
size_t sqlite_backlog(struct backend_connection *connection);
int64_t sqlite_disk_bytes(const char *location);

#endif
