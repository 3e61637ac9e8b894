/* Every prepared statement of the SQLite backend in one table, and what binding and stepping take.
 * A statement is prepared at its first use and kept until its connection closes. */
#include "ledger/sqlite.h"

/* What a plan loads is the first part of what a reader gets; both as sqlite_order_row reads them
 * and sqlite_bind_order binds them. */
#define ORDER_COURSE_COLUMNS                                                                       \
    "id, state, paid, held, charge, client, currency, type, parent, last_event, live_attempt,"     \
    " last_attempt, provider, upstream_service, upstream_id, cost, attempt_started_at,"            \
    " attempt_request_id, request_id, is_number_given, is_claimed, start_count, remains,"          \
    " quantity, package_unit, ref, extra, reason, created_at, updated_at, accepted_at,"            \
    " reported_at, settled_at, moves, delivered, spent"
#define ORDER_COLUMNS                                                                              \
    ORDER_COURSE_COLUMNS                                                                           \
    ", service, fields, rate, decimals, sale_cost, sale_provider, sale_service, link_hash"
#define ATTEMPT_COLUMNS                                                                            \
    "number, provider, upstream_service, cost, state, upstream_id, text, evidence, request_id,"    \
    " started_at, ended_at, delivered, kept"
#define EVENT_COLUMNS                                                                              \
    "e.id, coalesce(e.order_id, 0), e.at, e.word, e.reason,"                                       \
    " coalesce(e.request_id, o.request_id), e.from_state, e.to_state, e.previous"
#define ORDER_REQUEST_COLUMNS                                                                      \
    "number, kind, order_id, client, provider, state, upstream_id, status, text, evidence,"        \
    " request_id, created_at, updated_at"
#define ORDER_UPDATE                                                                               \
    "UPDATE orders SET state = ?2, paid = ?3, held = ?4, last_event = ?10, live_attempt = ?11,"    \
    " last_attempt = ?12, cost = ?16, attempt_started_at = ?17, attempt_request_id = ?18,"         \
    " is_number_given = ?20, is_claimed = ?21, start_count = ?22, remains = ?23,"                  \
    " package_unit = ?25, extra = ?27, reason = ?28, updated_at = ?30, accepted_at = ?31,"         \
    " reported_at = ?32, moves = ?34, delivered = ?35, spent = ?36"
/* ?1: below it, ?2: from it on, ?3: the limit, ?4: client, ?6: service, ?7: states between commas,
 * ?8 and ?9: created from then until then, ?10: what its fields begin with. NULL or 0: any. */
#define LIST_FILTER                                                                                \
    "id < ?1 AND id >= ?2 AND (?4 IS NULL OR client = ?4) AND (?6 = 0 OR service = ?6)"            \
    " AND (?7 IS NULL OR instr(?7, ',' || state || ',') > 0)"                                      \
    " AND created_at >= ?8 AND created_at < ?9"                                                    \
    " AND (?10 IS NULL OR substr(fields, 1, length(?10)) = ?10)"
#define LIST_PROVIDER " AND (?5 IS NULL OR provider = ?5)"
#define FIRST_NOW "SELECT provider FROM orders WHERE upstream_id <> '' ORDER BY provider LIMIT 1"
#define NEXT_NOW                                                                                   \
    "SELECT provider FROM orders WHERE upstream_id <> '' AND provider > name"                      \
    " ORDER BY provider LIMIT 1"
#define FIRST_ONCE                                                                                 \
    "SELECT provider FROM attempts WHERE " SQLITE_ENDED_BY_PANEL " ORDER BY provider LIMIT 1"
#define NEXT_ONCE                                                                                  \
    "SELECT provider FROM attempts WHERE " SQLITE_ENDED_BY_PANEL " AND provider > name"            \
    " ORDER BY provider LIMIT 1"
#define ORDER_MOVE ", provider = ?13, upstream_service = ?14, upstream_id = ?15"
#define ORDER_SETTLE ", settled_at = ?33"

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
        "INSERT INTO orders (" ORDER_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,"
        " ?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28,?29,?30,?31,?32,?33,?34,"
        " ?35,?36,?37,?38,?39,?40,?41,?42,?43,?44)",
    [STATEMENT_ORDER_LOAD] = "SELECT " ORDER_COURSE_COLUMNS " FROM orders WHERE id = ?1",
    /* Four, for SQLite touches an index whenever one of its columns is set at all. */
    [STATEMENT_ORDER_UPDATE] = ORDER_UPDATE " WHERE id = ?1",
    [STATEMENT_ORDER_MOVE] = ORDER_UPDATE ORDER_MOVE " WHERE id = ?1",
    [STATEMENT_ORDER_SETTLE] = ORDER_UPDATE ORDER_SETTLE " WHERE id = ?1",
    [STATEMENT_ORDER_MOVE_SETTLE] = ORDER_UPDATE ORDER_MOVE ORDER_SETTLE " WHERE id = ?1",
    [STATEMENT_ATTEMPT_LOAD] =
        "SELECT " ATTEMPT_COLUMNS " FROM attempts WHERE order_id = ?1 AND number = ?2",
    [STATEMENT_ATTEMPT_INSERT] = "INSERT INTO attempts (order_id, " ATTEMPT_COLUMNS ")"
                                 " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
    [STATEMENT_ATTEMPT_UPDATE] = "UPDATE attempts SET state = ?6, upstream_id = ?7, text = ?8,"
                                 " evidence = ?9, ended_at = ?12, delivered = ?13, kept = ?14"
                                 " WHERE order_id = ?1 AND number = ?2",
    [STATEMENT_EVENT_INSERT] =
        "INSERT INTO events (id, order_id, previous, at, word, from_state, to_state, reason,"
        " request_id) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    [STATEMENT_POSTING_INSERT] =
        "INSERT INTO postings (id, previous, client, currency, order_id, kind, amount, held,"
        " balance_after, held_after) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
    [STATEMENT_ACCOUNT_LOAD] =
        "SELECT balance, held, last_posting, day, charged, floor FROM accounts"
        " WHERE client = ?1 AND currency = ?2",
    [STATEMENT_ACCOUNT_KEEP] =
        "INSERT INTO accounts (client, currency, balance, held, last_posting, day, charged, floor)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT DO UPDATE SET balance = ?3, held = ?4,"
        " last_posting = ?5, day = ?6, charged = ?7, floor = ?8",
    [STATEMENT_REF_LOAD] = "SELECT order_id, digest FROM refs WHERE client = ?1 AND ref = ?2",
    [STATEMENT_REF_INSERT] =
        "INSERT INTO refs (client, ref, digest, order_id, at) VALUES (?1,?2,?3,?4,?5)",
    [STATEMENT_REF_DELETE] = "DELETE FROM refs WHERE client = ?1 AND ref = ?2 AND order_id = ?3",
    [STATEMENT_CHILD_LOAD] = "SELECT id FROM orders WHERE parent = ?1 AND upstream_id = ?2"
                             " AND parent <> 0 AND upstream_id <> '' AND is_duplicate = 0",
    [STATEMENT_NUMBER_LOAD] = "SELECT id FROM orders WHERE provider = ?1"
                              " AND upstream_id = ?2 AND upstream_id <> '' LIMIT 1",
    [STATEMENT_ENDED_NUMBER_LOAD] =
        "SELECT order_id FROM attempts WHERE provider = ?1 AND upstream_id = ?2"
        " AND " SQLITE_ENDED_BY_PANEL " LIMIT 1",
    /* Without an end, and what its unfinished children may still cost. */
    [STATEMENT_SUBSCRIPTION_LOAD] =
        "SELECT fields NOT LIKE '%\"posts\":%', (SELECT coalesce(sum(max(charge - paid, 0)), 0)"
        " FROM orders WHERE parent = ?1 AND parent <> 0 AND " SQLITE_UNFINISHED ")"
        " FROM orders WHERE id = ?1",
    [STATEMENT_REFILL_LOAD] = "SELECT number, created_at FROM aftersales WHERE order_id = ?1"
                              " AND " SQLITE_IS_OPEN_REFILL " ORDER BY number DESC LIMIT 1",
    /* Asked for since the order came into the state it is in. */
    [STATEMENT_CANCEL_LOAD] =
        "SELECT number, created_at FROM aftersales WHERE order_id = ?1 AND kind = 'cancel'"
        " AND provider = ?2 AND " SQLITE_LIVE
        " AND created_at >= coalesce((WITH RECURSIVE chain(previous, at, from_state, to_state) AS"
        "  (SELECT previous, at, from_state, to_state FROM events"
        "    WHERE id = (SELECT last_event FROM orders WHERE id = ?1)"
        "   UNION ALL SELECT e.previous, e.at, e.from_state, e.to_state FROM chain"
        "    JOIN events AS e ON e.id = chain.previous WHERE chain.from_state = chain.to_state)"
        "  SELECT at FROM chain WHERE from_state <> to_state LIMIT 1), 0)"
        " ORDER BY number DESC LIMIT 1",
    [STATEMENT_CANCELS_LOAD] = "SELECT count(*) FROM aftersales WHERE order_id = ?1"
                               " AND kind = 'cancel' AND " SQLITE_LIVE,
    [STATEMENT_CREDIT_LOAD] = "SELECT amount FROM credits WHERE client = ?1 AND id = ?2",
    [STATEMENT_CREDIT_INSERT] =
        "INSERT INTO credits (client, id, amount, at, posting) VALUES (?1,?2,?3,?4,?5)",
    [STATEMENT_REQUEST_LOAD] = "SELECT " ORDER_REQUEST_COLUMNS " FROM aftersales WHERE number = ?1",
    [STATEMENT_REQUEST_INSERT] = "INSERT INTO aftersales (" ORDER_REQUEST_COLUMNS ")"
                                 " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
    [STATEMENT_REQUEST_UPDATE] = "UPDATE aftersales SET state = ?6, upstream_id = ?7, status = ?8, "
                                 "text = ?9, evidence = ?10,"
                                 " updated_at = ?13 WHERE number = ?1",
    [STATEMENT_ANSWERS_KEEP] = "INSERT INTO answers (at, orders) VALUES (?1,?2)",
    [STATEMENT_ANSWERS_SWEEP] = "DELETE FROM answers WHERE id < (SELECT id FROM answers"
                                " WHERE at >= ?1 ORDER BY id LIMIT 1)",
    [STATEMENT_REFS_SWEEP] = "DELETE FROM refs WHERE (client, ref) IN (SELECT client, ref FROM refs"
                             " WHERE at < ?1 ORDER BY at LIMIT 200)",
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
        " SELECT ?1, ?2, ?3, ?4, ?4 WHERE NOT EXISTS"
        " (SELECT 1 FROM client_keys WHERE sha256 = ?5) ON CONFLICT DO NOTHING",
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
    /* sqlite_list.c */
    [STATEMENT_LIST_NUMBER] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE " LIST_FILTER LIST_PROVIDER
        " ORDER BY id DESC LIMIT ?3",
    [STATEMENT_LIST_CLIENT] =
        "SELECT " ORDER_COLUMNS " FROM orders INDEXED BY orders_by_client WHERE client = ?4"
        " AND " LIST_FILTER LIST_PROVIDER " ORDER BY id DESC LIMIT ?3",
    [STATEMENT_LIST_UNFINISHED] =
        "SELECT " ORDER_COLUMNS " FROM orders INDEXED BY orders_unfinished WHERE " SQLITE_UNFINISHED
        " AND " LIST_FILTER LIST_PROVIDER " ORDER BY id DESC LIMIT ?3",
    [STATEMENT_LIST_DOUBT] =
        "SELECT " ORDER_COLUMNS " FROM orders INDEXED BY orders_in_doubt WHERE state = 'doubt'"
        " AND " LIST_FILTER LIST_PROVIDER " ORDER BY id DESC LIMIT ?3",
    /* Of a provider that is not named the indexes are asked once for each that there is. */
    [STATEMENT_LIST_UPSTREAM] =
        "WITH RECURSIVE now(name) AS (SELECT coalesce(?5, (" FIRST_NOW "))"
        "  UNION ALL SELECT (" NEXT_NOW ") FROM now WHERE name IS NOT NULL AND ?5 IS NULL),"
        " once(name) AS (SELECT coalesce(?5, (" FIRST_ONCE "))"
        "  UNION ALL SELECT (" NEXT_ONCE ") FROM once WHERE name IS NOT NULL AND ?5 IS NULL)"
        " SELECT " ORDER_COLUMNS " FROM orders WHERE id IN (SELECT o.id FROM now CROSS JOIN orders"
        "  AS o WHERE o.provider = now.name AND o.upstream_id = ?11 AND o.upstream_id <> ''"
        "  UNION ALL SELECT a.order_id FROM once CROSS JOIN attempts AS a WHERE a.provider = "
        "once.name"
        "  AND a.upstream_id = ?11 AND a." SQLITE_ENDED_BY_PANEL ") AND " LIST_FILTER
        " ORDER BY id DESC LIMIT ?3",
    [STATEMENT_LIST_HIGHEST] = "SELECT coalesce(max(id), 0) FROM orders WHERE id < ?1 AND id >= ?2",
    [STATEMENT_LIST_FLOOR_CLIENT] =
        "SELECT id FROM orders INDEXED BY orders_by_client WHERE id < ?1 AND id >= ?2"
        " AND client = ?4 ORDER BY id DESC LIMIT 1 OFFSET ?3",
    [STATEMENT_LIST_FLOOR_UNFINISHED] =
        "SELECT id FROM orders INDEXED BY orders_unfinished WHERE id < ?1 AND id >= ?2"
        " AND " SQLITE_UNFINISHED " ORDER BY id DESC LIMIT 1 OFFSET ?3",
    [STATEMENT_QUERY_DOUBT] =
        "SELECT " ORDER_COLUMNS " FROM orders AS o WHERE state = 'doubt' AND id > ?1"
        " AND EXISTS (SELECT 1 FROM attempts AS a WHERE a.order_id = o.id AND a.provider = ?3"
        "  AND a.number = (SELECT max(number) FROM attempts WHERE order_id = o.id))"
        " ORDER BY id LIMIT ?2",
    [STATEMENT_QUERY_CHILDREN] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE parent = ?1 AND parent <> 0"
        " ORDER BY id LIMIT ?2",
    [STATEMENT_QUERY_ATTEMPTS] =
        "SELECT " ATTEMPT_COLUMNS " FROM attempts WHERE order_id = ?1 ORDER BY number",
    [STATEMENT_QUERY_LIVE_ATTEMPT] =
        "SELECT live_attempt, provider, upstream_service, cost,"
        " CASE state WHEN 'placing' THEN 'sending' ELSE 'accepted' END,"
        " CASE state WHEN 'placing' THEN '' ELSE upstream_id END, '', '',"
        " coalesce(attempt_request_id, request_id), attempt_started_at,"
        " CASE state WHEN 'placing' THEN 0 ELSE accepted_at END, 0, 0 FROM orders"
        " WHERE id = ?1 AND live_attempt <> 0 AND NOT EXISTS"
        " (SELECT 1 FROM attempts WHERE order_id = ?1 AND number = live_attempt)",
    [STATEMENT_QUERY_LAST_ATTEMPT] = "SELECT " ATTEMPT_COLUMNS " FROM attempts WHERE order_id = ?1"
                                     " ORDER BY number DESC LIMIT 1",
    [STATEMENT_QUERY_LAST_EVENT] = "SELECT last_event FROM orders WHERE id = ?1",
    [STATEMENT_QUERY_EVENT] = "SELECT " EVENT_COLUMNS " FROM events AS e LEFT JOIN orders AS o"
                              " ON o.id = e.order_id WHERE e.id = ?1",
    [STATEMENT_QUERY_EVENTS] = "SELECT " EVENT_COLUMNS " FROM events AS e LEFT JOIN orders AS o"
                               " ON o.id = e.order_id WHERE e.id > ?1 ORDER BY e.id LIMIT ?2",
    [STATEMENT_QUERY_UPSTREAM] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE provider = ?3 AND upstream_id = ?4"
        " AND upstream_id <> '' UNION SELECT " ORDER_COLUMNS " FROM orders WHERE id IN"
        " (SELECT order_id FROM attempts WHERE provider = ?3 AND upstream_id = ?4"
        "  AND " SQLITE_ENDED_BY_PANEL ") ORDER BY id LIMIT ?2",
    [STATEMENT_QUERY_LINK] = "SELECT " ORDER_COLUMNS " FROM orders WHERE link_hash = ?1"
                             " AND link_hash <> 0 AND " SQLITE_UNFINISHED " LIMIT ?2",
    [STATEMENT_QUERY_SETTLED] = "SELECT " ORDER_COLUMNS " FROM orders WHERE settled_at IS NOT NULL"
                                " AND (settled_at, id) > (?3, ?1) ORDER BY settled_at, id LIMIT ?2",
    [STATEMENT_QUERY_NEWEST] =
        "SELECT " ORDER_COLUMNS ", is_claimed OR parent <> 0 OR state = 'refused'"
        " FROM orders ORDER BY id DESC",
    [STATEMENT_QUERY_ANSWERS] = "SELECT orders, at FROM answers ORDER BY id DESC",
    [STATEMENT_QUERY_ACCOUNTS] =
        "SELECT client, currency, balance, held, day, charged, last_posting FROM accounts"
        " WHERE ?1 IS NULL OR client = ?1 ORDER BY client, currency",
    [STATEMENT_QUERY_SINCE] = "SELECT client, currency, parent = 0 AND state <> 'refused', paid"
                              " FROM orders WHERE id >= ?1 AND created_at >= ?2",
    [STATEMENT_QUERY_CREATED] =
        "SELECT id, created_at FROM orders WHERE id >= ?1 ORDER BY id LIMIT 1",
    [STATEMENT_QUERY_SUMS] = "SELECT currency, balance, held, last_posting FROM accounts",
    [STATEMENT_QUERY_POSTED] = "SELECT id, currency, balance_after, held_after, amount, held"
                               " FROM postings WHERE id > ?1 ORDER BY id",
    [STATEMENT_QUERY_POSTING] =
        "SELECT p.id, e.at, p.order_id, p.kind, p.amount, p.held, p.balance_after, p.held_after,"
        " e.reason, p.previous FROM postings AS p JOIN events AS e ON e.id = p.id WHERE p.id = ?1",
    [STATEMENT_QUERY_REQUESTS_OF] =
        "SELECT " ORDER_REQUEST_COLUMNS " FROM aftersales WHERE order_id = ?1 ORDER BY number",
    [STATEMENT_QUERY_REQUEST] =
        "SELECT " ORDER_REQUEST_COLUMNS " FROM aftersales WHERE number = ?1",
    [STATEMENT_QUERY_REFILLS] =
        "SELECT " ORDER_REQUEST_COLUMNS " FROM aftersales WHERE provider = ?1"
        " AND " SQLITE_OPEN_REFILL " ORDER BY number LIMIT ?2",
    [STATEMENT_QUERY_PAUSES] =
        "SELECT provider, until, at, reason, who FROM pauses ORDER BY provider",
    [STATEMENT_QUERY_CLIENTS] = "SELECT name, settings, is_frozen, created_at, changed_at"
                                " FROM clients WHERE ?1 IS NULL OR name = ?1 ORDER BY name",
    [STATEMENT_QUERY_KEYS] = "SELECT client, label, sha256, created_at, last_used_at, revoked_at"
                             " FROM client_keys WHERE ?1 IS NULL OR client = ?1"
                             " ORDER BY client, label",
    [STATEMENT_LAST_ORDER] = "SELECT coalesce(max(id), 0) FROM orders",
    [STATEMENT_LAST_REQUEST] = "SELECT coalesce(max(number), 0) FROM aftersales",
    [STATEMENT_LAST_EVENT] = "SELECT coalesce(max(id), 0) FROM events",
    [STATEMENT_HAS_ENDED] =
        "SELECT EXISTS (SELECT 1 FROM attempts WHERE " SQLITE_ENDED_BY_PANEL ")",
    [STATEMENT_RECOVER_PLACING] = "SELECT " ORDER_COURSE_COLUMNS " FROM orders"
                                  " WHERE state = 'placing' AND " SQLITE_UNFINISHED " ORDER BY id",
    [STATEMENT_RECOVER_REQUESTS] = "SELECT " ORDER_REQUEST_COLUMNS " FROM aftersales"
                                   " WHERE state = 'sending' ORDER BY number",
    [STATEMENT_VISIT_ORDERS] =
        "SELECT " ORDER_COLUMNS " FROM orders WHERE " SQLITE_UNFINISHED " ORDER BY id",
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

void sqlite_bind_other(sqlite3_stmt *statement, int at, struct str s, struct str usual)
{
    if (str_equal(s, usual))
        sqlite3_bind_null(statement, at);
    else
        sqlite_bind_str(statement, at, s);
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
    if (text.len == 0)
        return STR("");
    return arena ? arena_str(arena, text) : text;
}

void sqlite_digest(sqlite3_stmt *statement, int column, uint8_t out[LEDGER_SHA256_BYTES])
{
    const void *bytes = sqlite3_column_blob(statement, column);
    if (bytes && sqlite3_column_bytes(statement, column) == LEDGER_SHA256_BYTES)
        memcpy(out, bytes, LEDGER_SHA256_BYTES);
}
