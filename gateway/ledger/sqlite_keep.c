/* Records that need no plan, for each is judged by its own statement: lists, import numbers,
 * prices, pauses, clients and their keys, answers. */
#include "base/clock.h"
#include "base/log.h"
#include "ledger/sqlite.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

const char *sqlite_kind_name(enum order_request_kind kind)
{
    return kind == ORDER_REQUEST_REFILL ? "refill" : "cancel";
}

const char *sqlite_refill_name(enum refillstatus status)
{
    return status < REFILLSTATUS_COUNT ? orderstatus_refill_name(status) : "Unknown";
}

static int sqlite_keep_list(struct backend_connection *connection, const struct entry_list *list)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_LIST_KEEP);
    sqlite_bind_str(s, 1, list->provider);
    sqlite_bind_str(s, 2, list->body);
    sqlite_bind_number(s, 3, list->fetched_at_ms);
    return sqlite_do(connection, s);
}

/* A number that was given stays: the same again changes nothing, another one is refused. */
static bool sqlite_keep_is_import_kept(struct backend_connection *connection,
                                       const struct ledger_import *row)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_IMPORT_STANDS);
    sqlite_bind_str(s, 1, row->provider);
    sqlite_bind_str(s, 2, row->upstream_service);
    bool is_kept = s && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int64(s, 0) == row->service;
    sqlite3_reset(s);
    return is_kept;
}

static struct ledger_outcome sqlite_keep_refuse(const char *why)
{
    log_event(LOG_WARN, "ledger_refused", "reason=\"%s\"", why);
    return (struct ledger_outcome){.result = LEDGER_REFUSED, .reason = why};
}

static int sqlite_keep_import(struct backend_connection *connection,
                              const struct ledger_import *row, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_IMPORT_KEEP);
    sqlite_bind_str(s, 1, row->provider);
    sqlite_bind_str(s, 2, row->upstream_service);
    sqlite_bind_number(s, 3, row->service);
    sqlite_bind_number(s, 4, at_ms);
    return sqlite_do(connection, s);
}

/* The only records of which a later one may be refused when an earlier one is written: within a
 * savepoint. */
static struct ledger_outcome sqlite_keep_imports(struct backend_connection *connection,
                                                 const struct ledger_entry *entry, int *code)
{
    struct ledger_outcome outcome = {.result = LEDGER_DONE};
    *code = sqlite_do_simple(connection, STATEMENT_SAVEPOINT);
    for (size_t i = 0; i < entry->count && *code == SQLITE_OK; i++) {
        const struct ledger_import *row = &entry->of.imports[i];
        *code = sqlite_keep_import(connection, row, entry->at_ms);
        bool is_new = sqlite3_changes(connection->db) == 1;
        if (*code != SQLITE_OK || is_new || sqlite_keep_is_import_kept(connection, row))
            continue;
        outcome = sqlite_keep_refuse("a number of the import is taken");
        *code = sqlite_do_simple(connection, STATEMENT_ROLLBACK_TO);
        break;
    }
    if (*code == SQLITE_OK)
        *code = sqlite_do_simple(connection, STATEMENT_RELEASE);
    return outcome;
}

static int sqlite_keep_prices(struct backend_connection *connection,
                              const struct ledger_entry *entry)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_PRICE_KEEP);
    int code = SQLITE_OK;
    for (size_t i = 0; i < entry->count && code == SQLITE_OK; i++) {
        const struct ledger_price *row = &entry->of.prices[i];
        sqlite_bind_str(s, 1, row->provider);
        sqlite_bind_str(s, 2, row->upstream_service);
        sqlite_bind_number(s, 3, row->rate.units);
        sqlite_bind_str(s, 4, str_of(row->note));
        sqlite_bind_number(s, 5, entry->at_ms);
        code = sqlite_do(connection, s);
    }
    return code;
}

static int sqlite_keep_pause(struct backend_connection *connection,
                             const struct ledger_pause *pause, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_PAUSE_KEEP);
    sqlite_bind_str(s, 1, pause->provider);
    sqlite_bind_number(s, 2, pause->until_ms);
    sqlite_bind_number(s, 3, pause->at_ms ? pause->at_ms : at_ms);
    sqlite_bind_str(s, 4, pause->reason);
    sqlite_bind_str(s, 5, pause->who);
    return sqlite_do(connection, s);
}

static int sqlite_keep_drop_pause(struct backend_connection *connection, struct str provider)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_PAUSE_DROP);
    sqlite_bind_str(s, 1, provider);
    return sqlite_do(connection, s);
}

/* One row must have been written; else the write is refused. */
static struct ledger_outcome sqlite_keep_judge(struct backend_connection *connection, int code,
                                               const char *why)
{
    if (code != SQLITE_OK || sqlite3_changes(connection->db) == 1)
        return (struct ledger_outcome){.result = LEDGER_DONE};
    return sqlite_keep_refuse(why);
}

static struct ledger_outcome sqlite_keep_client(struct backend_connection *connection,
                                                const struct ledger_entry *entry, int *code)
{
    const struct ledger_client *client = entry->of.client;
    bool is_new = entry->kind == ENTRY_CLIENT_ADD;
    sqlite3_stmt *s =
        sqlite_statement(connection, is_new ? STATEMENT_CLIENT_ADD : STATEMENT_CLIENT_CHANGE);
    sqlite_bind_str(s, 1, client->name);
    sqlite_bind_str(s, 2, client->settings);
    sqlite_bind_number(s, 3, client->is_frozen);
    sqlite_bind_number(s, 4,
                       is_new && client->created_at_ms ? client->created_at_ms : entry->at_ms);
    if (is_new && client->has_key)
        sqlite3_bind_blob64(s, 5, client->sha256, sizeof client->sha256, SQLITE_STATIC);
    else if (is_new)
        sqlite3_bind_null(s, 5);
    *code = sqlite_do(connection, s);
    return sqlite_keep_judge(connection, *code,
                             is_new ? "a client of that name exists, or one has that key"
                                    : "no such client");
}

static struct ledger_outcome sqlite_keep_add_key(struct backend_connection *connection,
                                                 const struct ledger_client_key *key, int64_t at_ms,
                                                 int *code)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_KEY_ADD);
    sqlite_bind_str(s, 1, key->client);
    sqlite_bind_str(s, 2, key->label);
    sqlite3_bind_blob64(s, 3, key->sha256, sizeof key->sha256, SQLITE_STATIC);
    sqlite_bind_number(s, 4, key->created_at_ms ? key->created_at_ms : at_ms);
    *code = sqlite_do(connection, s);
    return sqlite_keep_judge(connection, *code,
                             "no such client, or the label or the key is in use");
}

static struct ledger_outcome sqlite_keep_revoke_key(struct backend_connection *connection,
                                                    const struct ledger_client_key *key,
                                                    int64_t at_ms, int *code)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_KEY_REVOKE);
    sqlite_bind_str(s, 1, key->client);
    sqlite_bind_str(s, 2, key->label);
    sqlite_bind_number(s, 3, at_ms);
    *code = sqlite_do(connection, s);
    return sqlite_keep_judge(connection, *code, "no such key in force");
}

static int sqlite_keep_keys_used(struct backend_connection *connection,
                                 const struct ledger_entry *entry)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_KEY_USED);
    int code = SQLITE_OK;
    for (size_t i = 0; i < entry->count && code == SQLITE_OK; i++) {
        const struct ledger_client_key *key = &entry->of.keys[i];
        sqlite_bind_str(s, 1, key->client);
        sqlite_bind_str(s, 2, key->label);
        sqlite_bind_number(s, 3, key->last_used_at_ms ? key->last_used_at_ms : entry->at_ms);
        code = sqlite_do(connection, s);
    }
    return code;
}

/* Which answers were written, as the numbers' bytes: one row a commit. */
static int sqlite_keep_answered(struct backend_connection *connection,
                                const struct ledger_entry *entry)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ANSWERS_KEEP);
    sqlite_bind_number(s, 1, entry->at_ms);
    sqlite3_bind_blob64(s, 2, entry->of.answered, entry->count * sizeof *entry->of.answered,
                        SQLITE_STATIC);
    return sqlite_do(connection, s);
}

int sqlite_keep_sweep(struct backend_connection *connection)
{
    static const struct {
        enum statement which;
        int64_t kept_ms;
    } sweeps[] = {{STATEMENT_REFS_SWEEP, 7 * DAY_MS}, {STATEMENT_ANSWERS_SWEEP, DAY_MS}};
    int code = SQLITE_OK;
    for (size_t i = 0; i < COUNT_OF(sweeps) && code == SQLITE_OK; i++) {
        sqlite3_stmt *s = sqlite_statement(connection, sweeps[i].which);
        sqlite_bind_number(s, 1, clock_wall_ms() - sweeps[i].kept_ms);
        code = sqlite_do(connection, s);
    }
    return code;
}

struct ledger_outcome sqlite_keep(struct backend_connection *connection,
                                  const struct ledger_entry *entry, int *code)
{
    struct ledger_outcome done = {.result = LEDGER_DONE};
    *code = SQLITE_OK;
    switch (entry->kind) {
    case ENTRY_LIST:
        *code = sqlite_keep_list(connection, entry->of.list);
        return done;
    case ENTRY_IMPORTS:
        return sqlite_keep_imports(connection, entry, code);
    case ENTRY_PRICES:
        *code = sqlite_keep_prices(connection, entry);
        return done;
    case ENTRY_PAUSE:
        *code = sqlite_keep_pause(connection, entry->of.pause, entry->at_ms);
        return done;
    case ENTRY_PAUSE_END:
        *code = sqlite_keep_drop_pause(connection, entry->of.pause->provider);
        return done;
    case ENTRY_CLIENT_ADD:
    case ENTRY_CLIENT_CHANGE:
        return sqlite_keep_client(connection, entry, code);
    case ENTRY_KEY_ADD:
        return sqlite_keep_add_key(connection, entry->of.keys, entry->at_ms, code);
    case ENTRY_KEY_REVOKE:
        return sqlite_keep_revoke_key(connection, entry->of.keys, entry->at_ms, code);
    case ENTRY_KEYS_USED:
        *code = sqlite_keep_keys_used(connection, entry);
        return done;
    case ENTRY_ANSWERED:
        *code = sqlite_keep_answered(connection, entry);
        return done;
    case ENTRY_CHANGE:
    case ENTRY_CREDIT:
        break; /* a plan's */
    }
    UNREACHABLE();
}
