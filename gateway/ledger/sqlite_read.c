/* The questions of ledger.h, each within one read transaction, so that an order, its attempts and
 * its events belong together. Answers live in the arena of whoever asked. */
#include "base/log.h"
#include "ledger/sqlite.h"

enum { ROWS_MAX = 10000, LIST_DEFAULT = 100 };

/* Rows of one kind, growing in an arena. */
struct rows {
    struct arena *arena;
    size_t size, count, room;
    char *ptr;
};

static void *sqlite_read_next_row(struct rows *rows)
{
    if (rows->count == rows->room) {
        size_t room = rows->room ? rows->room * 2 : 4;
        char *larger = arena_new(rows->arena, room * rows->size);
        if (rows->count)
            memcpy(larger, rows->ptr, rows->count * rows->size);
        rows->ptr = larger;
        rows->room = room;
    }
    return rows->ptr + rows->size * rows->count++;
}

void sqlite_order_row(sqlite3_stmt *s, struct arena *arena, struct ledger_order *out)
{
    *out = (struct ledger_order){
        .id = (uint32_t)sqlite3_column_int64(s, 0),
        .client = sqlite_text(s, 1, arena),
        .service = (uint32_t)sqlite3_column_int64(s, 2),
        .type = ordertype_fold(sqlite_text(s, 3, NULL)),
        .fields = sqlite_text(s, 4, arena),
        .quantity = sqlite3_column_int64(s, 5),
        .rate = {sqlite3_column_int64(s, 6)},
        .charge = {sqlite3_column_int64(s, 7)},
        .course.paid = {sqlite3_column_int64(s, 8)},
        .currency = sqlite_text(s, 9, arena),
        .is_number_given = sqlite3_column_int(s, 11) != 0,
        .course.has_start_count = sqlite3_column_type(s, 12) != SQLITE_NULL,
        .course.start_count = sqlite3_column_int64(s, 12),
        .course.remains = sqlite3_column_int64(s, 13),
        .provider = sqlite_text(s, 14, arena),
        .upstream_service = sqlite_text(s, 15, arena),
        .upstream_id = sqlite_text(s, 16, arena),
        .extra = sqlite_text(s, 17, arena),
        .parent = (uint32_t)sqlite3_column_int64(s, 18),
        .reason = sqlite_text(s, 19, arena),
        .request_id = sqlite_text(s, 20, arena),
        .created_at_ms = sqlite3_column_int64(s, 21),
        .updated_at_ms = sqlite3_column_int64(s, 22),
    };
    /* The table's own check allows no other word; a damaged row is nobody's to act on. */
    if (!orderstate_find(sqlite_text(s, 10, NULL), &out->course.state))
        out->course.state = ORDERSTATE_DOUBT;
}

static void sqlite_read_attempt_row(sqlite3_stmt *s, struct arena *arena,
                                    struct ledger_attempt *out)
{
    *out = (struct ledger_attempt){
        .number = (unsigned)sqlite3_column_int64(s, 0),
        .provider = sqlite_text(s, 1, arena),
        .upstream_service = sqlite_text(s, 2, arena),
        .cost = {sqlite3_column_int64(s, 3)},
        .upstream_id = sqlite_text(s, 5, arena),
        .text = sqlite_text(s, 6, arena),
        .evidence = sqlite_text(s, 7, arena),
        .request_id = sqlite_text(s, 8, arena),
        .started_at_ms = sqlite3_column_int64(s, 9),
        .ended_at_ms = sqlite3_column_int64(s, 10),
    };
    if (!attemptstate_find(sqlite_text(s, 4, NULL), &out->state))
        out->state = ATTEMPTSTATE_DOUBT;
}

static void sqlite_read_event_row(sqlite3_stmt *s, struct arena *arena, struct ledger_event *out)
{
    *out = (struct ledger_event){
        .at_ms = sqlite3_column_int64(s, 0),
        .word = sqlite_text(s, 1, arena),
        .reason = sqlite_text(s, 2, arena),
        .request_id = sqlite_text(s, 3, arena),
        .from = sqlite_text(s, 4, arena),
        .to = sqlite_text(s, 5, arena),
    };
}

static void sqlite_read_request_row(sqlite3_stmt *s, struct arena *arena,
                                    struct ledger_request *out)
{
    *out = (struct ledger_request){
        .number = (uint32_t)sqlite3_column_int64(s, 0),
        .kind = str_is(sqlite_text(s, 1, NULL), sqlite_kind_name(ORDER_REQUEST_REFILL))
                    ? ORDER_REQUEST_REFILL
                    : ORDER_REQUEST_CANCEL,
        .order = (uint32_t)sqlite3_column_int64(s, 2),
        .client = sqlite_text(s, 3, arena),
        .provider = sqlite_text(s, 4, arena),
        .upstream_id = sqlite_text(s, 6, arena),
        .status = refillstatus_fold(sqlite_text(s, 7, NULL)),
        .text = sqlite_text(s, 8, arena),
        .evidence = sqlite_text(s, 9, arena),
        .request_id = sqlite_text(s, 10, arena),
        .created_at_ms = sqlite3_column_int64(s, 11),
        .updated_at_ms = sqlite3_column_int64(s, 12),
    };
    if (!attemptstate_find(sqlite_text(s, 5, NULL), &out->state))
        out->state = ATTEMPTSTATE_DOUBT;
}

void sqlite_pause_row(sqlite3_stmt *s, struct arena *arena, struct ledger_pause *out)
{
    *out = (struct ledger_pause){.provider = sqlite_text(s, 0, arena),
                                 .until_ms = sqlite3_column_int64(s, 1),
                                 .at_ms = sqlite3_column_int64(s, 2),
                                 .reason = sqlite_text(s, 3, arena),
                                 .who = sqlite_text(s, 4, arena)};
}

void sqlite_client_row(sqlite3_stmt *s, struct arena *arena, struct ledger_client *out)
{
    *out = (struct ledger_client){.name = sqlite_text(s, 0, arena),
                                  .settings = sqlite_text(s, 1, arena),
                                  .is_frozen = sqlite3_column_int(s, 2) != 0,
                                  .created_at_ms = sqlite3_column_int64(s, 3),
                                  .changed_at_ms = sqlite3_column_int64(s, 4)};
}

void sqlite_client_key_row(sqlite3_stmt *s, struct arena *arena, struct ledger_client_key *out)
{
    *out = (struct ledger_client_key){.client = sqlite_text(s, 0, arena),
                                      .label = sqlite_text(s, 1, arena),
                                      .created_at_ms = sqlite3_column_int64(s, 3),
                                      .last_used_at_ms = sqlite3_column_int64(s, 4),
                                      .revoked_at_ms = sqlite3_column_int64(s, 5)};
    const void *hash = sqlite3_column_blob(s, 2);
    if (hash && sqlite3_column_bytes(s, 2) == LEDGER_SHA256_BYTES)
        memcpy(out->sha256, hash, LEDGER_SHA256_BYTES);
}

/* One reading: where the rows of each kind gather, and the first error. */
struct sqlite_reading {
    struct backend_connection *connection;
    struct arena *arena;
    int code;
    struct rows orders, attempts, events, order_requests, pauses, clients, client_keys;
};

enum kind { KIND_ORDER, KIND_ATTEMPT, KIND_EVENT, KIND_REQUEST, KIND_PAUSE, KIND_CLIENT, KIND_KEY };

static void sqlite_read_take_row(struct sqlite_reading *reading, enum kind kind, sqlite3_stmt *s)
{
    switch (kind) {
    case KIND_ORDER:
        sqlite_order_row(s, reading->arena, sqlite_read_next_row(&reading->orders));
        return;
    case KIND_ATTEMPT:
        sqlite_read_attempt_row(s, reading->arena, sqlite_read_next_row(&reading->attempts));
        return;
    case KIND_EVENT:
        sqlite_read_event_row(s, reading->arena, sqlite_read_next_row(&reading->events));
        return;
    case KIND_REQUEST:
        sqlite_read_request_row(s, reading->arena, sqlite_read_next_row(&reading->order_requests));
        return;
    case KIND_PAUSE:
        sqlite_pause_row(s, reading->arena, sqlite_read_next_row(&reading->pauses));
        return;
    case KIND_CLIENT:
        sqlite_client_row(s, reading->arena, sqlite_read_next_row(&reading->clients));
        return;
    case KIND_KEY:
        sqlite_client_key_row(s, reading->arena, sqlite_read_next_row(&reading->client_keys));
        return;
    }
    UNREACHABLE();
}

static sqlite3_stmt *sqlite_read_query(struct sqlite_reading *reading, enum statement which,
                                       uint32_t id)
{
    sqlite3_stmt *s = sqlite_statement(reading->connection, which);
    if (s == NULL && reading->code == SQLITE_OK)
        reading->code = sqlite3_extended_errcode(reading->connection->db);
    sqlite_bind_number(s, 1, id);
    return s;
}

static void sqlite_read_take_all(struct sqlite_reading *reading, enum kind kind, sqlite3_stmt *s)
{
    int code = SQLITE_DONE;
    while (s && reading->code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW)
        sqlite_read_take_row(reading, kind, s);
    if (code != SQLITE_DONE && code != SQLITE_ROW && reading->code == SQLITE_OK)
        reading->code = code;
    sqlite3_reset(s);
}

static void sqlite_read_query_show(struct sqlite_reading *reading, uint32_t id)
{
    sqlite_read_take_all(reading, KIND_ORDER,
                         sqlite_read_query(reading, STATEMENT_QUERY_ORDER, id));
    if (reading->orders.count == 0)
        return;
    sqlite_read_take_all(reading, KIND_ATTEMPT,
                         sqlite_read_query(reading, STATEMENT_QUERY_ATTEMPTS, id));
    sqlite_read_take_all(reading, KIND_ATTEMPT,
                         sqlite_read_query(reading, STATEMENT_QUERY_SENDING, id));
    sqlite_read_take_all(reading, KIND_EVENT,
                         sqlite_read_query(reading, STATEMENT_QUERY_EVENTS, id));
    sqlite_read_take_all(reading, KIND_REQUEST,
                         sqlite_read_query(reading, STATEMENT_QUERY_REQUESTS_OF, id));
}

static unsigned sqlite_read_limit_of(const struct ledger_query *query, unsigned otherwise)
{
    unsigned limit = query->limit ? query->limit : otherwise;
    return limit < ROWS_MAX ? limit : ROWS_MAX;
}

static void sqlite_read_query_list(struct sqlite_reading *reading, const struct ledger_query *query)
{
    bool has_client = query->client.ptr != NULL;
    enum statement which = query->is_doubt ? STATEMENT_QUERY_LIST_DOUBT
                           : has_client    ? STATEMENT_QUERY_LIST_CLIENT
                                           : STATEMENT_QUERY_LIST;
    sqlite3_stmt *s = sqlite_read_query(reading, which, query->before ? query->before : UINT32_MAX);
    sqlite_bind_number(s, 2, sqlite_read_limit_of(query, LIST_DEFAULT));
    if (has_client)
        sqlite_bind_str(s, 3, query->client);
    else if (query->is_doubt)
        sqlite3_bind_null(s, 3);
    sqlite_read_take_all(reading, KIND_ORDER, s);
}

static void sqlite_read_query_doubt_text(struct sqlite_reading *reading,
                                         const struct ledger_query *query)
{
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_DOUBT_TEXT, 0);
    sqlite_bind_number(s, 2, sqlite_read_limit_of(query, ROWS_MAX));
    sqlite_bind_str(s, 3, query->provider);
    sqlite_bind_str(s, 4, query->text);
    sqlite_read_take_all(reading, KIND_ORDER, s);
    const struct ledger_order *orders = (const struct ledger_order *)(void *)reading->orders.ptr;
    for (size_t i = 0; i < reading->orders.count; i++)
        sqlite_read_take_all(
            reading, KIND_ATTEMPT,
            sqlite_read_query(reading, STATEMENT_QUERY_LAST_ATTEMPT, orders[i].id));
}

static void sqlite_read_query_clients(struct sqlite_reading *reading, struct str client)
{
    static const enum statement statements[] = {STATEMENT_QUERY_CLIENTS, STATEMENT_QUERY_KEYS};
    static const enum kind kinds[] = {KIND_CLIENT, KIND_KEY};
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        sqlite3_stmt *s = sqlite_read_query(reading, statements[i], 0);
        if (client.ptr)
            sqlite_bind_str(s, 1, client);
        else
            sqlite3_bind_null(s, 1);
        sqlite_read_take_all(reading, kinds[i], s);
    }
}

static void sqlite_read_answer(struct sqlite_reading *reading, const struct ledger_query *query)
{
    switch (query->request) {
    case LEDGER_QUERY_ORDER:
        sqlite_read_take_all(reading, KIND_ORDER,
                             sqlite_read_query(reading, STATEMENT_QUERY_ORDER, query->id));
        return;
    case LEDGER_QUERY_ORDERS:
        for (size_t i = 0; i < query->id_count; i++)
            sqlite_read_take_all(reading, KIND_ORDER,
                                 sqlite_read_query(reading, STATEMENT_QUERY_ORDER, query->ids[i]));
        return;
    case LEDGER_QUERY_SHOW:
        sqlite_read_query_show(reading, query->id);
        return;
    case LEDGER_QUERY_LIST:
        sqlite_read_query_list(reading, query);
        return;
    case LEDGER_QUERY_DOUBT_TEXT:
        sqlite_read_query_doubt_text(reading, query);
        return;
    case LEDGER_QUERY_REQUESTS:
        for (size_t i = 0; i < query->id_count; i++)
            sqlite_read_take_all(
                reading, KIND_REQUEST,
                sqlite_read_query(reading, STATEMENT_QUERY_REQUEST, query->ids[i]));
        return;
    case LEDGER_QUERY_CHILDREN: {
        sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_CHILDREN, query->id);
        sqlite_bind_number(s, 2, sqlite_read_limit_of(query, ROWS_MAX));
        sqlite_read_take_all(reading, KIND_ORDER, s);
        return;
    }
    case LEDGER_QUERY_PAUSES:
        sqlite_read_take_all(reading, KIND_PAUSE,
                             sqlite_read_query(reading, STATEMENT_QUERY_PAUSES, 0));
        return;
    case LEDGER_QUERY_CLIENTS:
        sqlite_read_query_clients(reading, query->client);
        return;
    }
    UNREACHABLE();
}

static void *sqlite_read_rows_of(const struct rows *rows)
{
    return rows->ptr;
}

void sqlite_read(struct backend_connection *connection, const struct ledger_query *query,
                 struct arena *arena, struct ledger_rows *rows_out)
{
    *rows_out = (struct ledger_rows){.result = LEDGER_FAILED};
    if (!sqlite_revive(connection, NULL)) {
        rows_out->result = connection->opening;
        return;
    }
    struct sqlite_reading reading = {
        .connection = connection,
        .arena = arena,
        .orders = {arena, sizeof(struct ledger_order), 0, 0, NULL},
        .attempts = {arena, sizeof(struct ledger_attempt), 0, 0, NULL},
        .events = {arena, sizeof(struct ledger_event), 0, 0, NULL},
        .order_requests = {arena, sizeof(struct ledger_request), 0, 0, NULL},
        .pauses = {arena, sizeof(struct ledger_pause), 0, 0, NULL},
        .clients = {arena, sizeof(struct ledger_client), 0, 0, NULL},
        .client_keys = {arena, sizeof(struct ledger_client_key), 0, 0, NULL},
    };
    reading.code = sqlite_do_simple(connection, STATEMENT_BEGIN_READING);
    if (reading.code == SQLITE_OK)
        sqlite_read_answer(&reading, query);
    if (reading.code == SQLITE_OK)
        reading.code = sqlite_do_simple(connection, STATEMENT_COMMIT);
    if (reading.code != SQLITE_OK) {
        rows_out->result = sqlite_result(connection, reading.code);
        log_event(LOG_ERROR, "ledger_read_failed", "code=%d reason=%s", reading.code,
                  log_value(str_of(connection->trouble)).text);
        if (!sqlite3_get_autocommit(connection->db))
            sqlite_do_simple(connection, STATEMENT_ROLLBACK);
        sqlite_reopen(connection);
        return;
    }
    *rows_out = (struct ledger_rows){
        .result = LEDGER_DONE,
        .orders = sqlite_read_rows_of(&reading.orders),
        .order_count = reading.orders.count,
        .attempts = sqlite_read_rows_of(&reading.attempts),
        .attempt_count = reading.attempts.count,
        .events = sqlite_read_rows_of(&reading.events),
        .event_count = reading.events.count,
        .order_requests = sqlite_read_rows_of(&reading.order_requests),
        .order_request_count = reading.order_requests.count,
        .pauses = sqlite_read_rows_of(&reading.pauses),
        .pause_count = reading.pauses.count,
        .clients = sqlite_read_rows_of(&reading.clients),
        .client_count = reading.clients.count,
        .client_keys = sqlite_read_rows_of(&reading.client_keys),
        .client_key_count = reading.client_keys.count,
    };
}
