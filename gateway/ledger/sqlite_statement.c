/* Every prepared statement of the SQLite backend in one table, and what binding and stepping take.
 * A statement is prepared at its first use and kept until its connection closes. */
#include "ledger/sqlite.h"

#define ORDER_COLUMNS                                                                              \
    "id, client, service, type, fields, quantity, rate, charge, paid, currency, state,"            \
    " is_number_given, start_count, remains, provider, upstream_service, upstream_id, extra,"      \
    " parent, reason, request_id, created_at, updated_at"
#define ATTEMPT_COLUMNS                                                                            \
    "number, provider, upstream_service, cost, state, upstream_id, text, evidence, request_id,"    \
    " started_at, ended_at"
#define ORDER_REQUEST_COLUMNS                                                                      \
    "number, kind, order_id, client, provider, state, upstream_id, status, text, evidence,"        \
    " request_id, created_at, updated_at"
#define ORDER_UPDATE                                                                               \
    "UPDATE orders SET state = coalesce(?2, state), paid = coalesce(?3, paid),"                    \
    " is_number_given = max(is_number_given, ?4), start_count = coalesce(?5, start_count),"        \
    " remains = coalesce(?6, remains), provider = coalesce(?7, provider),"                         \
    " upstream_service = coalesce(?8, upstream_service),"                                          \
    " upstream_id = coalesce(?9, upstream_id), extra = coalesce(?10, extra),"                      \
    " reason = coalesce(?11, reason), updated_at = coalesce(?12, updated_at), events = ?13,"       \
    " live_attempt = ?14"

static const char *const texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_BEGIN_READING] = "BEGIN",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_SAVEPOINT] = "SAVEPOINT entry",
    [STATEMENT_RELEASE] = "RELEASE entry",
    [STATEMENT_ROLLBACK_TO] = "ROLLBACK TO entry",
    [STATEMENT_TRY] = "UPDATE counters SET value = value + 1 WHERE name = 'tries'",
    [STATEMENT_ORDER_INSERT] =
        "INSERT INTO orders (" ORDER_COLUMNS ", events, live_attempt, settled_at, attempt_cost,"
        " attempt_started_at, attempt_request_id)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,"
        " ?23,1,?24,?25,?26,?27,?28)",
    [STATEMENT_ORDER_STANDS] =
        "SELECT state, paid, client, currency, events, live_attempt, provider, upstream_service,"
        " attempt_cost, attempt_started_at, attempt_request_id FROM orders WHERE id = ?1",
    /* Two, for SQLite touches the index of unfinished orders whenever settled_at is set at all. */
    [STATEMENT_ORDER_UPDATE] = ORDER_UPDATE " WHERE id = ?1",
    [STATEMENT_ORDER_SETTLE] = ORDER_UPDATE ", settled_at = ?12 WHERE id = ?1",
    [STATEMENT_ATTEMPT_START] = "UPDATE orders SET attempt_cost = ?2, attempt_started_at = ?3,"
                                " attempt_request_id = ?4 WHERE id = ?1 AND NOT EXISTS"
                                " (SELECT 1 FROM attempts WHERE order_id = ?1 AND number >= ?5)",
    [STATEMENT_ATTEMPT_INSERT] = "INSERT INTO attempts (order_id, " ATTEMPT_COLUMNS ")"
                                 " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
    [STATEMENT_ATTEMPT_END] = "UPDATE attempts SET state = ?3, ended_at = ?4,"
                              " upstream_id = CASE ?5 WHEN '' THEN upstream_id ELSE ?5 END,"
                              " text = CASE ?6 WHEN '' THEN text ELSE ?6 END,"
                              " evidence = CASE ?7 WHEN '' THEN evidence ELSE ?7 END"
                              " WHERE order_id = ?1 AND number = ?2 AND state = 'doubt'",
    [STATEMENT_EVENT_INSERT] = "INSERT INTO events (order_id, number, at, word, from_state,"
                               " to_state, reason, request_id) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
    [STATEMENT_POSTING_INSERT] = "INSERT INTO postings (order_id, number, from_account, to_account,"
                                 " amount, currency, at) VALUES (?1,?2,?3,?4,?5,?6,?7)",
    [STATEMENT_REQUEST_STANDS] = "SELECT state, order_id, kind FROM aftersales WHERE number = ?1",
    [STATEMENT_REQUEST_INSERT] = "INSERT INTO aftersales (" ORDER_REQUEST_COLUMNS ")"
                                 " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
    [STATEMENT_REQUEST_UPDATE] =
        "UPDATE aftersales SET state = ?2, status = ?3, updated_at = ?4,"
        " upstream_id = CASE ?5 WHEN '' THEN upstream_id ELSE ?5 END,"
        " text = CASE ?6 WHEN '' THEN text ELSE ?6 END,"
        " evidence = CASE ?7 WHEN '' THEN evidence ELSE ?7 END WHERE number = ?1",
    [STATEMENT_LIST_KEEP] = "INSERT INTO lists (provider, body, fetched_at) VALUES (?1,?2,?3)"
                            " ON CONFLICT (provider) DO UPDATE SET body = ?2, fetched_at = ?3",
    [STATEMENT_IMPORT_KEEP] =
        "INSERT INTO imports (provider, upstream_service, service, at) VALUES (?1,?2,?3,?4)"
        " ON CONFLICT DO NOTHING",
    [STATEMENT_IMPORT_STANDS] =
        "SELECT service FROM imports WHERE provider = ?1 AND upstream_service = ?2",
    [STATEMENT_PRICE_KEEP] = "INSERT INTO prices (provider, upstream_service, rate, note, at)"
                             " VALUES (?1,?2,?3,?4,?5)",
    [STATEMENT_PAUSE_KEEP] =
        "INSERT INTO pauses (provider, until, at, reason, who) VALUES (?1,?2,?3,?4,?5)"
        " ON CONFLICT (provider) DO UPDATE SET until = ?2, at = ?3, reason = ?4, who = ?5",
    [STATEMENT_PAUSE_DROP] = "DELETE FROM pauses WHERE provider = ?1",
    [STATEMENT_CLIENT_ADD] =
        "INSERT INTO clients (name, settings, is_frozen, created_at, changed_at)"
        " VALUES (?1,?2,?3,?4,?4) ON CONFLICT DO NOTHING",
    [STATEMENT_CLIENT_CHANGE] =
        "UPDATE clients SET settings = ?2, is_frozen = ?3, changed_at = ?4 WHERE name = ?1",
    [STATEMENT_KEY_ADD] =
        "INSERT INTO client_keys (client, label, sha256, created_at, last_used_at, revoked_at)"
        " SELECT ?1, ?2, ?3, ?4, 0, 0 FROM clients WHERE name = ?1 ON CONFLICT DO NOTHING",
    [STATEMENT_KEY_REVOKE] = "UPDATE client_keys SET revoked_at = ?3"
                             " WHERE client = ?1 AND label = ?2 AND revoked_at = 0",
    [STATEMENT_KEY_USED] = "UPDATE client_keys SET last_used_at = max(last_used_at, ?3)"
                           " WHERE client = ?1 AND label = ?2",
    [STATEMENT_QUERY_ORDER] = "SELECT " ORDER_COLUMNS " FROM orders WHERE id = ?1",
    [STATEMENT_QUERY_LIST] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    [STATEMENT_QUERY_LIST_CLIENT] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE id < ?1 AND client = ?3"
        " ORDER BY id DESC LIMIT ?2",
    [STATEMENT_QUERY_LIST_DOUBT] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE id < ?1 AND state = 'doubt'"
        " AND (?3 IS NULL OR client = ?3) ORDER BY id DESC LIMIT ?2",
    [STATEMENT_QUERY_DOUBT_TEXT] =
        "SELECT " ORDER_COLUMNS " FROM orders AS o WHERE state = 'doubt' AND id > ?1"
        " AND EXISTS (SELECT 1 FROM attempts AS a WHERE a.order_id = o.id AND a.provider = ?3"
        "  AND a.text = ?4"
        "  AND a.number = (SELECT max(number) FROM attempts WHERE order_id = o.id))"
        " ORDER BY id LIMIT ?2",
    [STATEMENT_QUERY_CHILDREN] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE parent = ?1 AND parent <> 0"
        " ORDER BY id LIMIT ?2",
    [STATEMENT_QUERY_ATTEMPTS] =
        "SELECT " ATTEMPT_COLUMNS " FROM attempts WHERE order_id = ?1 ORDER BY number",
    [STATEMENT_QUERY_SENDING] =
        "SELECT live_attempt, provider, upstream_service, attempt_cost, 'sending', '', '', '',"
        " attempt_request_id, attempt_started_at, 0 FROM orders"
        " WHERE id = ?1 AND state = 'placing' AND live_attempt <> 0",
    [STATEMENT_QUERY_LAST_ATTEMPT] = "SELECT " ATTEMPT_COLUMNS " FROM attempts WHERE order_id = ?1"
                                     " ORDER BY number DESC LIMIT 1",
    [STATEMENT_QUERY_EVENTS] =
        "SELECT at, word, reason, request_id, from_state, to_state FROM events"
        " WHERE order_id = ?1 ORDER BY number",
    [STATEMENT_QUERY_REQUESTS_OF] =
        "SELECT " ORDER_REQUEST_COLUMNS " FROM aftersales WHERE order_id = ?1 ORDER BY number",
    [STATEMENT_QUERY_REQUEST] =
        "SELECT " ORDER_REQUEST_COLUMNS " FROM aftersales WHERE number = ?1",
    [STATEMENT_QUERY_PAUSES] =
        "SELECT provider, until, at, reason, who FROM pauses ORDER BY provider",
    [STATEMENT_QUERY_CLIENTS] = "SELECT name, settings, is_frozen, created_at, changed_at"
                                " FROM clients WHERE ?1 IS NULL OR name = ?1 ORDER BY name",
    [STATEMENT_QUERY_KEYS] = "SELECT client, label, sha256, created_at, last_used_at, revoked_at"
                             " FROM client_keys WHERE ?1 IS NULL OR client = ?1"
                             " ORDER BY client, label",
    [STATEMENT_LAST_ORDER] = "SELECT coalesce(max(id), 0) FROM orders",
    [STATEMENT_LAST_REQUEST] = "SELECT coalesce(max(number), 0) FROM aftersales",
    /* Four numbers a row, whatever is recovered. */
    [STATEMENT_RECOVER_ATTEMPTS] =
        "SELECT id, live_attempt, 0, 0, charge FROM orders"
        " WHERE state = 'placing' AND live_attempt <> 0 AND " SQLITE_UNFINISHED,
    [STATEMENT_RECOVER_REQUESTS] =
        "SELECT order_id, number, kind = 'refill', 0, 0 FROM aftersales WHERE state = 'sending'",
    [STATEMENT_RECOVER_PLACING] =
        "SELECT id, quantity, is_number_given, 0, 0 FROM orders"
        " WHERE state = 'placing' AND live_attempt = 0 AND " SQLITE_UNFINISHED,
    [STATEMENT_DOUBT_REQUEST] =
        "UPDATE aftersales SET state = 'doubt', updated_at = ?2,"
        " evidence = CASE evidence WHEN '' THEN ?3 ELSE evidence END WHERE number = ?1",
    [STATEMENT_VISIT_ORDERS] =
        "SELECT " ORDER_COLUMNS
        ", (SELECT coalesce(max(number), 0) FROM attempts WHERE order_id = id)"
        " FROM orders WHERE " SQLITE_UNFINISHED " ORDER BY id",
    [STATEMENT_VISIT_LISTS] = "SELECT provider, body, fetched_at FROM lists ORDER BY provider",
    [STATEMENT_VISIT_IMPORTS] = "SELECT provider, upstream_service, service FROM imports",
    [STATEMENT_VISIT_PRICES] =
        "SELECT provider, upstream_service, rate, note, at FROM prices WHERE id IN"
        " (SELECT max(id) FROM prices GROUP BY provider, upstream_service)",
};

sqlite3_stmt *sqlite_statement(struct backend_connection *connection, enum statement which)
{
    sqlite3_stmt **kept = &connection->statements[which];
    if (*kept == NULL && sqlite3_prepare_v3(connection->db, texts[which], -1,
                                            SQLITE_PREPARE_PERSISTENT, kept, NULL) != SQLITE_OK)
        *kept = NULL;
    return *kept;
}

void sqlite_statements_finish(struct backend_connection *connection)
{
    for (unsigned i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(connection->statements[i]);
        connection->statements[i] = NULL;
    }
}

/* Bound without copying: whatever is bound lives until the step, and every use binds all. */
void sqlite_bind_str(sqlite3_stmt *statement, int at, struct str s)
{
    sqlite3_bind_text64(statement, at, s.len ? s.ptr : "", s.len, SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_bind_number(sqlite3_stmt *statement, int at, int64_t value)
{
    sqlite3_bind_int64(statement, at, value);
}

void sqlite_bind_word(sqlite3_stmt *statement, int at, const char *word)
{
    sqlite_bind_str(statement, at, str_of(word));
}

int sqlite_do(struct backend_connection *connection, sqlite3_stmt *statement)
{
    if (statement == NULL) {
        int error = sqlite3_extended_errcode(connection->db);
        return error != SQLITE_OK ? error : SQLITE_INTERNAL;
    }
    int code = sqlite3_step(statement);
    int reset = sqlite3_reset(statement);
    if (code == SQLITE_DONE || code == SQLITE_ROW)
        return SQLITE_OK;
    return reset != SQLITE_OK ? reset : code;
}

int sqlite_do_simple(struct backend_connection *connection, enum statement which)
{
    return sqlite_do(connection, sqlite_statement(connection, which));
}

struct str sqlite_text(sqlite3_stmt *statement, int column, struct arena *arena)
{
    const char *bytes = (const char *)sqlite3_column_text(statement, column);
    struct str text = str_make(bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, column));
    return arena ? arena_str(arena, text) : text;
}
