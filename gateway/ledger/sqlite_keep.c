/* What is kept beside orders: refills and cancels, lists, import numbers, prices. */
#include "base/log.h"
#include "ledger/rules.h"
#include "ledger/sqlite.h"

const char *sqlite_kind_name(enum order_request_kind kind)
{
    return kind == ORDER_REQUEST_REFILL ? "refill" : "cancel";
}

const char *sqlite_refill_name(enum refillstatus status)
{
    return status < REFILLSTATUS_COUNT ? refillstatus_name(status) : "Unknown";
}

static int sqlite_keep_insert_request(struct backend_connection *connection,
                                      const struct ledger_change *change, int64_t at_ms)
{
    const struct ledger_request *order_request = change->order_request;
    struct str request =
        order_request->request_id.len ? order_request->request_id : change->request_id;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_REQUEST_INSERT);
    sqlite_bind_number(s, 1, order_request->number);
    sqlite_bind_word(s, 2, sqlite_kind_name(order_request->kind));
    sqlite_bind_number(s, 3, change->order);
    sqlite_bind_str(s, 4, order_request->client);
    sqlite_bind_str(s, 5, order_request->provider);
    sqlite_bind_word(s, 6, attemptstate_name(order_request->state));
    sqlite_bind_str(s, 7, order_request->upstream_id);
    sqlite_bind_word(s, 8, sqlite_refill_name(order_request->status));
    sqlite_bind_str(s, 9, order_request->text);
    sqlite_bind_str(s, 10, order_request->evidence);
    sqlite_bind_str(s, 11, request);
    sqlite_bind_number(s, 12, order_request->created_at_ms ? order_request->created_at_ms : at_ms);
    sqlite_bind_number(s, 13, order_request->updated_at_ms ? order_request->updated_at_ms : at_ms);
    return sqlite_do(connection, s);
}

static int sqlite_keep_update_request(struct backend_connection *connection,
                                      const struct ledger_request *order_request, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_REQUEST_UPDATE);
    sqlite_bind_number(s, 1, order_request->number);
    sqlite_bind_word(s, 2, attemptstate_name(order_request->state));
    sqlite_bind_word(s, 3, sqlite_refill_name(order_request->status));
    sqlite_bind_number(s, 4, order_request->updated_at_ms ? order_request->updated_at_ms : at_ms);
    sqlite_bind_str(s, 5, order_request->upstream_id);
    sqlite_bind_str(s, 6, order_request->text);
    sqlite_bind_str(s, 7, order_request->evidence);
    return sqlite_do(connection, s);
}

/* Whether the order_request there is may become the one given. */
static bool sqlite_keep_may_become(sqlite3_stmt *stands, const struct ledger_change *change)
{
    enum attemptstate state;
    return attemptstate_find(sqlite_text(stands, 0, NULL), &state) &&
           rules_request_may_move(state, change->order_request->state) &&
           sqlite3_column_int64(stands, 1) == change->order &&
           str_is(sqlite_text(stands, 2, NULL), sqlite_kind_name(change->order_request->kind));
}

enum ledger_result sqlite_request(struct backend_connection *connection,
                                  const struct ledger_change *change, int64_t at_ms, int *code)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_REQUEST_STANDS);
    sqlite_bind_number(s, 1, change->order_request->number);
    int found = s ? sqlite3_step(s) : sqlite3_extended_errcode(connection->db);
    bool is_allowed = found != SQLITE_ROW || sqlite_keep_may_become(s, change);
    sqlite3_reset(s);
    if (found != SQLITE_ROW && found != SQLITE_DONE) {
        *code = found;
        return LEDGER_FAILED;
    }
    if (is_allowed)
        *code = found == SQLITE_ROW
                    ? sqlite_keep_update_request(connection, change->order_request, at_ms)
                    : sqlite_keep_insert_request(connection, change, at_ms);
    if (is_allowed && *code == SQLITE_OK) {
        connection->has_written = true;
        return LEDGER_DONE;
    }
    if (is_allowed && (*code & 0xff) != SQLITE_CONSTRAINT)
        return LEDGER_FAILED;
    *code = SQLITE_OK;
    log_event(LOG_WARN, "ledger_refused", "order=%u %s=%u reason=\"a move that is not allowed\"",
              change->order, sqlite_kind_name(change->order_request->kind),
              change->order_request->number);
    return LEDGER_REFUSED;
}

static int sqlite_keep_list(struct backend_connection *connection, const struct entry_list *list)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_LIST_KEEP);
    sqlite_bind_str(s, 1, list->provider);
    sqlite_bind_str(s, 2, list->body);
    sqlite_bind_number(s, 3, list->fetched_at_ms);
    return sqlite_do(connection, s);
}

/* A number that was given stays: told again it is nothing new, another one is refused. */
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

static enum ledger_result sqlite_keep_imports(struct backend_connection *connection,
                                              const struct ledger_entry *entry, int *code)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_IMPORT_KEEP);
    for (size_t i = 0; i < entry->count; i++) {
        const struct ledger_import *row = &entry->of.imports[i];
        sqlite_bind_str(s, 1, row->provider);
        sqlite_bind_str(s, 2, row->upstream_service);
        sqlite_bind_number(s, 3, row->service);
        sqlite_bind_number(s, 4, entry->at_ms);
        *code = sqlite_do(connection, s);
        if (*code != SQLITE_OK)
            return LEDGER_FAILED;
        if (sqlite3_changes(connection->db) == 1) {
            connection->has_written = true;
        } else if (!sqlite_keep_is_import_kept(connection, row)) {
            log_event(LOG_WARN, "ledger_refused", "import=%u reason=\"the number is taken\"",
                      row->service);
            return LEDGER_REFUSED;
        }
    }
    return LEDGER_DONE;
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
static enum ledger_result sqlite_keep_judge(struct backend_connection *connection, int code,
                                            const char *why)
{
    if (code != SQLITE_OK || sqlite3_changes(connection->db) == 1)
        return LEDGER_DONE;
    connection->refusal = why;
    return LEDGER_REFUSED;
}

static enum ledger_result sqlite_keep_client(struct backend_connection *connection,
                                             const struct ledger_entry *entry, int *code)
{
    const struct ledger_client *client = entry->of.client;
    bool is_new = entry->kind == ENTRY_CLIENT_ADD;
    sqlite3_stmt *s =
        sqlite_statement(connection, is_new ? STATEMENT_CLIENT_ADD : STATEMENT_CLIENT_CHANGE);
    sqlite_bind_str(s, 1, client->name);
    sqlite_bind_str(s, 2, client->settings);
    sqlite_bind_number(s, 3, client->is_frozen);
    sqlite_bind_number(s, 4, entry->at_ms);
    *code = sqlite_do(connection, s);
    return sqlite_keep_judge(connection, *code,
                             is_new ? "a client of that name exists" : "no such client");
}

static enum ledger_result sqlite_keep_add_key(struct backend_connection *connection,
                                              const struct ledger_client_key *key, int64_t at_ms,
                                              int *code)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_KEY_ADD);
    sqlite_bind_str(s, 1, key->client);
    sqlite_bind_str(s, 2, key->label);
    sqlite3_bind_blob64(s, 3, key->sha256, sizeof key->sha256, SQLITE_STATIC);
    sqlite_bind_number(s, 4, at_ms);
    *code = sqlite_do(connection, s);
    return sqlite_keep_judge(connection, *code,
                             "no such client, or the label or the key is in use");
}

static enum ledger_result sqlite_keep_revoke_key(struct backend_connection *connection,
                                                 const struct ledger_client_key *key, int64_t at_ms,
                                                 int *code)
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

enum ledger_result sqlite_apply(struct backend_connection *connection,
                                const struct ledger_entry *entry, int *code)
{
    switch (entry->kind) {
    case ENTRY_CHANGE:
        return sqlite_change(connection, entry->of.change, entry->at_ms, code);
    case ENTRY_LIST:
        *code = sqlite_keep_list(connection, entry->of.list);
        return LEDGER_DONE;
    case ENTRY_IMPORTS:
        return sqlite_keep_imports(connection, entry, code);
    case ENTRY_PRICES:
        *code = sqlite_keep_prices(connection, entry);
        return LEDGER_DONE;
    case ENTRY_PAUSE:
        *code = sqlite_keep_pause(connection, entry->of.pause, entry->at_ms);
        return LEDGER_DONE;
    case ENTRY_PAUSE_END:
        *code = sqlite_keep_drop_pause(connection, entry->of.pause->provider);
        return LEDGER_DONE;
    case ENTRY_CLIENT_ADD:
    case ENTRY_CLIENT_CHANGE:
        return sqlite_keep_client(connection, entry, code);
    case ENTRY_KEY_ADD:
        return sqlite_keep_add_key(connection, entry->of.keys, entry->at_ms, code);
    case ENTRY_KEY_REVOKE:
        return sqlite_keep_revoke_key(connection, entry->of.keys, entry->at_ms, code);
    case ENTRY_KEYS_USED:
        *code = sqlite_keep_keys_used(connection, entry);
        return LEDGER_DONE;
    }
    UNREACHABLE();
}
