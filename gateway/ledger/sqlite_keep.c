/* What is kept beside orders: refills and cancels, lists, import numbers, prices. */
#include "base/log.h"
#include "ledger/rules.h"
#include "ledger/sqlite.h"

const char *sqlite_kind_word(enum aftersale_kind kind)
{
    return kind == AFTERSALE_REFILL ? "refill" : "cancel";
}

const char *sqlite_refill_word(enum refillstatus status)
{
    return status < REFILLSTATUS_COUNT ? refillstatus_word(status) : "Unknown";
}

static int sqlite_keep_insert_aftersale(struct backend_connection *connection,
                                        const struct ledger_change *change, int64_t at_ms)
{
    const struct ledger_aftersale *aftersale = change->aftersale;
    struct str request = aftersale->request_id.len ? aftersale->request_id : change->request_id;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_AFTERSALE_INSERT);
    sqlite_bind_number(s, 1, aftersale->number);
    sqlite_bind_word(s, 2, sqlite_kind_word(aftersale->kind));
    sqlite_bind_number(s, 3, change->order);
    sqlite_bind_str(s, 4, aftersale->client);
    sqlite_bind_str(s, 5, aftersale->provider);
    sqlite_bind_word(s, 6, attemptstate_word(aftersale->state));
    sqlite_bind_str(s, 7, aftersale->upstream_id);
    sqlite_bind_word(s, 8, sqlite_refill_word(aftersale->status));
    sqlite_bind_str(s, 9, aftersale->text);
    sqlite_bind_str(s, 10, aftersale->evidence);
    sqlite_bind_str(s, 11, request);
    sqlite_bind_number(s, 12, aftersale->created_at_ms ? aftersale->created_at_ms : at_ms);
    sqlite_bind_number(s, 13, aftersale->updated_at_ms ? aftersale->updated_at_ms : at_ms);
    return sqlite_do(connection, s);
}

static int sqlite_keep_update_aftersale(struct backend_connection *connection,
                                        const struct ledger_aftersale *aftersale, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_AFTERSALE_UPDATE);
    sqlite_bind_number(s, 1, aftersale->number);
    sqlite_bind_word(s, 2, attemptstate_word(aftersale->state));
    sqlite_bind_word(s, 3, sqlite_refill_word(aftersale->status));
    sqlite_bind_number(s, 4, aftersale->updated_at_ms ? aftersale->updated_at_ms : at_ms);
    sqlite_bind_str(s, 5, aftersale->upstream_id);
    sqlite_bind_str(s, 6, aftersale->text);
    sqlite_bind_str(s, 7, aftersale->evidence);
    return sqlite_do(connection, s);
}

/* Whether the aftersale there is may become the one given. */
static bool sqlite_keep_may_become(sqlite3_stmt *stands, const struct ledger_change *change)
{
    enum attemptstate state;
    return attemptstate_find(sqlite_text(stands, 0, NULL), &state) &&
           rules_aftersale_may_move(state, change->aftersale->state) &&
           sqlite3_column_int64(stands, 1) == change->order &&
           str_is(sqlite_text(stands, 2, NULL), sqlite_kind_word(change->aftersale->kind));
}

enum ledger_result sqlite_aftersale(struct backend_connection *connection,
                                    const struct ledger_change *change, int64_t at_ms, int *code)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_AFTERSALE_STANDS);
    sqlite_bind_number(s, 1, change->aftersale->number);
    int found = s ? sqlite3_step(s) : sqlite3_extended_errcode(connection->db);
    bool is_allowed = found != SQLITE_ROW || sqlite_keep_may_become(s, change);
    sqlite3_reset(s);
    if (found != SQLITE_ROW && found != SQLITE_DONE) {
        *code = found;
        return LEDGER_FAILED;
    }
    if (is_allowed)
        *code = found == SQLITE_ROW
                    ? sqlite_keep_update_aftersale(connection, change->aftersale, at_ms)
                    : sqlite_keep_insert_aftersale(connection, change, at_ms);
    if (is_allowed && *code == SQLITE_OK) {
        connection->has_written = true;
        return LEDGER_DONE;
    }
    if (is_allowed && (*code & 0xff) != SQLITE_CONSTRAINT)
        return LEDGER_FAILED;
    *code = SQLITE_OK;
    log_event(LOG_WARN, "ledger_refused", "order=%u %s=%u reason=\"a move that is not allowed\"",
              change->order, sqlite_kind_word(change->aftersale->kind), change->aftersale->number);
    return LEDGER_REFUSED;
}

static int sqlite_keep_list(struct backend_connection *connection, const struct entry *entry)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_LIST_KEEP);
    sqlite_bind_str(s, 1, entry->of.list.provider);
    sqlite_bind_str(s, 2, entry->of.list.body);
    sqlite_bind_number(s, 3, entry->of.list.fetched_at_ms);
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
                                              const struct entry *entry, int *code)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_IMPORT_KEEP);
    for (size_t i = 0; i < entry->of.imports.count; i++) {
        const struct ledger_import *row = &entry->of.imports.rows[i];
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

static int sqlite_keep_prices(struct backend_connection *connection, const struct entry *entry)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_PRICE_KEEP);
    int code = SQLITE_OK;
    for (size_t i = 0; i < entry->of.prices.count && code == SQLITE_OK; i++) {
        const struct ledger_price *row = &entry->of.prices.rows[i];
        sqlite_bind_str(s, 1, row->provider);
        sqlite_bind_str(s, 2, row->upstream_service);
        sqlite_bind_number(s, 3, row->rate.units);
        sqlite_bind_str(s, 4, str_of(row->note));
        sqlite_bind_number(s, 5, entry->at_ms);
        code = sqlite_do(connection, s);
    }
    return code;
}

enum ledger_result sqlite_apply(struct backend_connection *connection, const struct entry *entry,
                                int *code)
{
    switch (entry->kind) {
    case ENTRY_CHANGE:
        return sqlite_change(connection, entry->of.change, entry->at_ms, code);
    case ENTRY_LIST:
        *code = sqlite_keep_list(connection, entry);
        return LEDGER_DONE;
    case ENTRY_IMPORTS:
        return sqlite_keep_imports(connection, entry, code);
    case ENTRY_PRICES:
        *code = sqlite_keep_prices(connection, entry);
        return LEDGER_DONE;
    }
    UNREACHABLE();
}
