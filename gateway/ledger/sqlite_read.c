/* The questions of ledger.h, each within one read transaction, so that an order, its attempts and
 * its events belong together. Rows live in the caller's arena. */
#include <stdlib.h>

#include "base/log.h"
#include "base/table.h"
#include "ledger/sqlite.h"

enum {
    ROWS_MAX = 10000,
    LIST_DEFAULT = 100,
};

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

/* ORDER_COURSE_COLUMNS. */
static void sqlite_read_course(sqlite3_stmt *s, struct arena *arena, struct ledger_order *out)
{
    out->id = (uint32_t)sqlite3_column_int64(s, 0);
    out->course.paid.units = sqlite3_column_int64(s, 2);
    out->held.units = sqlite3_column_int64(s, 3);
    out->charge.units = sqlite3_column_int64(s, 4);
    out->client = sqlite_text(s, 5, arena);
    out->currency = sqlite_text(s, 6, arena);
    out->type = ordertype_fold(sqlite_text(s, 7, NULL));
    out->parent = (uint32_t)sqlite3_column_int64(s, 8);
    out->provider = sqlite_text(s, 12, arena);
    out->upstream_service = sqlite_text(s, 13, arena);
    out->upstream_id = sqlite_text(s, 14, arena);
    out->cost.units = sqlite3_column_int64(s, 15);
    out->request_id = sqlite_text(s, 18, arena);
    out->is_number_given = sqlite3_column_int(s, 19) != 0;
    out->is_claimed = sqlite3_column_int(s, 20) != 0;
    out->course.has_start_count = sqlite3_column_type(s, 21) != SQLITE_NULL;
    out->course.start_count = sqlite3_column_int64(s, 21);
    out->course.remains = sqlite3_column_int64(s, 22);
    out->quantity = sqlite3_column_int64(s, 23);
    out->sale.package_unit = sqlite3_column_int64(s, 24);
    out->ref = sqlite_text(s, 25, arena);
    out->extra = sqlite_text(s, 26, arena);
    out->reason = sqlite_text(s, 27, arena);
    out->created_at_ms = sqlite3_column_int64(s, 28);
    out->updated_at_ms = sqlite3_column_int64(s, 29);
    out->accepted_at_ms = sqlite3_column_int64(s, 30);
    out->reported_at_ms = sqlite3_column_int64(s, 31);
    out->settled_at_ms = sqlite3_column_int64(s, 32);
    out->moves = (unsigned)sqlite3_column_int64(s, 33);
    out->delivered = sqlite3_column_int64(s, 34);
    out->spent.units = sqlite3_column_int64(s, 35);
    /* Verify finds another word; a damaged row is nobody's to act on. */
    if (!orderstate_find(sqlite_text(s, 1, NULL), &out->course.state))
        out->course.state = ORDERSTATE_DOUBT;
}

void sqlite_plan_order_row(sqlite3_stmt *s, struct arena *arena, struct plan_order *out)
{
    sqlite_read_course(s, arena, &out->row);
    out->is_there = true;
    out->last_event = sqlite3_column_int64(s, 9);
    out->live_attempt = (uint32_t)sqlite3_column_int64(s, 10);
    out->last_attempt = (uint32_t)sqlite3_column_int64(s, 11);
    out->attempt_started_at_ms = sqlite3_column_int64(s, 16);
    out->attempt_request_id =
        sqlite3_column_type(s, 17) == SQLITE_NULL ? out->row.request_id : sqlite_text(s, 17, arena);
}

void sqlite_order_row(sqlite3_stmt *s, struct arena *arena, struct ledger_order *out)
{
    *out = (struct ledger_order){
        .service = (uint32_t)sqlite3_column_int64(s, 36),
        .fields = sqlite_text(s, 37, arena),
        .rate = {sqlite3_column_int64(s, 38)},
        .sale = {.decimals = (unsigned)sqlite3_column_int64(s, 39),
                 .cost = {sqlite3_column_int64(s, 40)},
                 .provider = sqlite_text(s, 41, arena),
                 .upstream_service = sqlite_text(s, 42, arena)},
        .link_hash = sqlite3_column_int64(s, 43),
    };
    sqlite_read_course(s, arena, out);
}

void sqlite_attempt_row(sqlite3_stmt *s, struct arena *arena, struct ledger_attempt *out)
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
        .delivered = sqlite3_column_int64(s, 11),
        .kept = {sqlite3_column_int64(s, 12)},
    };
    if (!attemptstate_find(sqlite_text(s, 4, NULL), &out->state))
        out->state = ATTEMPTSTATE_DOUBT;
}

/* from and to are empty where the state did not change. */
static void sqlite_read_event_row(sqlite3_stmt *s, struct arena *arena, struct ledger_event *out)
{
    bool has_moved = !str_equal(sqlite_text(s, 6, NULL), sqlite_text(s, 7, NULL));
    *out = (struct ledger_event){
        .number = sqlite3_column_int64(s, 0),
        .order = (uint32_t)sqlite3_column_int64(s, 1),
        .at_ms = sqlite3_column_int64(s, 2),
        .word = sqlite_text(s, 3, arena),
        .reason = sqlite_text(s, 4, arena),
        .request_id = sqlite_text(s, 5, arena),
        .from = has_moved ? sqlite_text(s, 6, arena) : STR(""),
        .to = has_moved ? sqlite_text(s, 7, arena) : STR(""),
    };
}

static void sqlite_read_posting_row(sqlite3_stmt *s, struct arena *arena,
                                    struct ledger_posting *out)
{
    *out = (struct ledger_posting){
        .number = sqlite3_column_int64(s, 0),
        .at_ms = sqlite3_column_int64(s, 1),
        .order = (uint32_t)sqlite3_column_int64(s, 2),
        .movement.amount = {sqlite3_column_int64(s, 4)},
        .movement.held = {sqlite3_column_int64(s, 5)},
        .balance = {sqlite3_column_int64(s, 6)},
        .held = {sqlite3_column_int64(s, 7)},
        .note = sqlite_text(s, 8, arena),
    };
    if (!account_kind_find(sqlite_text(s, 3, NULL), &out->movement.kind))
        out->movement.kind = ACCOUNT_CORRECTION;
}

static void sqlite_read_account_row(sqlite3_stmt *s, struct arena *arena,
                                    struct ledger_account *out)
{
    *out = (struct ledger_account){.client = sqlite_text(s, 0, arena),
                                   .currency = sqlite_text(s, 1, arena),
                                   .account = {.balance = {sqlite3_column_int64(s, 2)},
                                               .held = {sqlite3_column_int64(s, 3)},
                                               .day = sqlite3_column_int64(s, 4),
                                               .charged = {sqlite3_column_int64(s, 5)}}};
}

void sqlite_request_row(sqlite3_stmt *s, struct arena *arena, struct ledger_request *out)
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
        .status = orderstatus_fold_refill(sqlite_text(s, 7, NULL)),
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
    sqlite_digest(s, 2, out->sha256);
}

/* One reading: where the rows of each kind gather, and the first error. */
struct sqlite_reading {
    struct backend_connection *connection;
    struct arena *arena;
    int code;
    struct rows orders, attempts, events, order_requests, pauses, clients, client_keys, accounts,
        postings;
    struct ledger_sums *sums;
    size_t sums_count;
    struct ledger_ref *ref;
    uint32_t next_before;
};

enum kind {
    KIND_ORDER,
    KIND_ATTEMPT,
    KIND_EVENT,
    KIND_REQUEST,
    KIND_PAUSE,
    KIND_CLIENT,
    KIND_KEY,
    KIND_ACCOUNT,
    KIND_POSTING
};

static void sqlite_read_take_row(struct sqlite_reading *reading, enum kind kind, sqlite3_stmt *s)
{
    switch (kind) {
    case KIND_ORDER:
        sqlite_order_row(s, reading->arena, sqlite_read_next_row(&reading->orders));
        return;
    case KIND_ATTEMPT:
        sqlite_attempt_row(s, reading->arena, sqlite_read_next_row(&reading->attempts));
        return;
    case KIND_EVENT:
        sqlite_read_event_row(s, reading->arena, sqlite_read_next_row(&reading->events));
        return;
    case KIND_REQUEST:
        sqlite_request_row(s, reading->arena, sqlite_read_next_row(&reading->order_requests));
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
    case KIND_ACCOUNT:
        sqlite_read_account_row(s, reading->arena, sqlite_read_next_row(&reading->accounts));
        return;
    case KIND_POSTING:
        sqlite_read_posting_row(s, reading->arena, sqlite_read_next_row(&reading->postings));
        return;
    }
    UNREACHABLE();
}

static sqlite3_stmt *sqlite_read_statement(struct sqlite_reading *reading, enum statement which)
{
    sqlite3_stmt *s = sqlite_statement(reading->connection, which);
    if (s == NULL && reading->code == SQLITE_OK)
        reading->code = sqlite3_extended_errcode(reading->connection->db);
    return s;
}

static sqlite3_stmt *sqlite_read_query(struct sqlite_reading *reading, enum statement which,
                                       uint32_t id)
{
    sqlite3_stmt *s = sqlite_read_statement(reading, which);
    sqlite_bind_number(s, 1, id);
    return s;
}

/* True with a row; else the statement is reset, and the reading knows of an error. */
static bool sqlite_read_step(struct sqlite_reading *reading, sqlite3_stmt *s)
{
    int code = SQLITE_DONE;
    if (s && reading->code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        reading->code = code;
    sqlite3_reset(s);
    return false;
}

static void sqlite_read_take_all(struct sqlite_reading *reading, enum kind kind, sqlite3_stmt *s)
{
    while (sqlite_read_step(reading, s))
        sqlite_read_take_row(reading, kind, s);
}

/* One row by its number; the last of a chain of predecessors gives 0. */
static int64_t sqlite_read_link(struct sqlite_reading *reading, enum kind kind,
                                enum statement which, int64_t number, int previous)
{
    sqlite3_stmt *s = sqlite_read_query(reading, which, 0);
    sqlite_bind_number(s, 1, number);
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;
    int64_t before = 0;
    if (code == SQLITE_ROW) {
        sqlite_read_take_row(reading, kind, s);
        before = sqlite3_column_int64(s, previous);
    } else if (code != SQLITE_DONE && reading->code == SQLITE_OK) {
        reading->code = code;
    }
    sqlite3_reset(s);
    return before < number ? before : 0;
}

/* Rows that were read from the last to the first. */
static void sqlite_read_turn_round(struct rows *rows)
{
    char *one = arena_new(rows->arena, rows->size);
    for (size_t i = 0; i < rows->count / 2; i++) {
        char *a = rows->ptr + i * rows->size, *b = rows->ptr + (rows->count - 1 - i) * rows->size;
        memcpy(one, a, rows->size);
        memcpy(a, b, rows->size);
        memcpy(b, one, rows->size);
    }
}

static void sqlite_read_query_events_of(struct sqlite_reading *reading, uint32_t id)
{
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_LAST_EVENT, id);
    int64_t number = s && sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    while (number && reading->code == SQLITE_OK && reading->events.count < ROWS_MAX)
        number = sqlite_read_link(reading, KIND_EVENT, STATEMENT_QUERY_EVENT, number, 8);
    sqlite_read_turn_round(&reading->events);
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
                         sqlite_read_query(reading, STATEMENT_QUERY_LIVE_ATTEMPT, id));
    sqlite_read_query_events_of(reading, id);
    sqlite_read_take_all(reading, KIND_REQUEST,
                         sqlite_read_query(reading, STATEMENT_QUERY_REQUESTS_OF, id));
}

static unsigned sqlite_read_limit_of(const struct ledger_query *query, unsigned otherwise)
{
    unsigned limit = query->limit ? query->limit : otherwise;
    return limit < ROWS_MAX ? limit : ROWS_MAX;
}

static void sqlite_read_take_listed(sqlite3_stmt *s, void *arg)
{
    sqlite_read_take_row(arg, KIND_ORDER, s);
}

static void sqlite_read_query_list(struct sqlite_reading *reading, const struct ledger_query *query)
{
    const struct sqlite_list_take take = {sqlite_read_take_listed, reading};
    struct ledger_query bounded = *query;
    bounded.limit = sqlite_read_limit_of(query, LIST_DEFAULT);
    reading->code = sqlite_list(reading->connection, &bounded, &take, &reading->next_before);
}

static void sqlite_read_query_doubt(struct sqlite_reading *reading,
                                    const struct ledger_query *query)
{
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_DOUBT, 0);
    sqlite_bind_number(s, 1, query->after);
    sqlite_bind_number(s, 2, sqlite_read_limit_of(query, ROWS_MAX));
    sqlite_bind_str(s, 3, query->provider);
    sqlite_read_take_all(reading, KIND_ORDER, s);
    const struct ledger_order *orders = (const struct ledger_order *)(void *)reading->orders.ptr;
    for (size_t i = 0; i < reading->orders.count; i++)
        sqlite_read_take_all(
            reading, KIND_ATTEMPT,
            sqlite_read_query(reading, STATEMENT_QUERY_LAST_ATTEMPT, orders[i].id));
}

static void sqlite_read_bind_client(sqlite3_stmt *s, struct str client)
{
    if (client.ptr)
        sqlite_bind_str(s, 1, client);
    else
        sqlite3_bind_null(s, 1);
}

static void sqlite_read_query_clients(struct sqlite_reading *reading, struct str client)
{
    static const enum statement statements[] = {STATEMENT_QUERY_CLIENTS, STATEMENT_QUERY_KEYS};
    static const enum kind kinds[] = {KIND_CLIENT, KIND_KEY};
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        sqlite3_stmt *s = sqlite_read_query(reading, statements[i], 0);
        sqlite_read_bind_client(s, client);
        sqlite_read_take_all(reading, kinds[i], s);
    }
}

static void sqlite_read_query_accounts(struct sqlite_reading *reading, struct str client)
{
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_ACCOUNTS, 0);
    sqlite_read_bind_client(s, client);
    sqlite_read_take_all(reading, KIND_ACCOUNT, s);
}

struct sqlite_since { /* one client's orders in one currency */
    struct ledger_account account;
    char *name; /* client, NUL, currency; in the answer's arena */
    UT_hash_handle hh;
};

static void sqlite_read_count_since(struct sqlite_reading *reading, struct sqlite_since **sums,
                                    sqlite3_stmt *s)
{
    struct str client = sqlite_text(s, 0, NULL), currency = sqlite_text(s, 1, NULL);
    struct sqlite_since *sum;
    char key[512];
    size_t len = client.len + 1 + currency.len;
    if (len > sizeof key)
        return; /* never: names are short */
    memcpy(key, client.ptr, client.len);
    key[client.len] = '\0';
    memcpy(key + client.len + 1, currency.ptr, currency.len);
    HASH_FIND(hh, *sums, key, len, sum);
    if (sum == NULL) {
        sum = arena_new(reading->arena, sizeof *sum);
        sum->name = arena_new(reading->arena, len);
        memcpy(sum->name, key, len);
        sum->account.client = str_make(sum->name, client.len);
        sum->account.currency = str_make(sum->name + client.len + 1, currency.len);
        HASH_ADD_KEYPTR(hh, *sums, sum->name, len, sum);
    }
    sum->account.orders_since += sqlite3_column_int64(s, 2);
    sum->account.charges_since.units += sqlite3_column_int64(s, 3);
}

static int sqlite_read_compare_accounts(const void *a, const void *b)
{
    const struct ledger_account *first = a, *second = b;
    int order = str_compare(first->client, second->client);
    return order ? order : str_compare(first->currency, second->currency);
}

/* Into the accounts that are there; a client whose orders took nothing yet has none, and gets a
 * row of zeros. */
static void sqlite_read_join_since(struct sqlite_reading *reading, struct sqlite_since *sums)
{
    struct rows *rows = &reading->accounts;
    size_t known = rows->count;
    for (struct sqlite_since *sum = sums; sum; sum = sum->hh.next) {
        struct ledger_account *list = (struct ledger_account *)(void *)rows->ptr;
        struct ledger_account *found =
            known ? bsearch(&sum->account, list, known, sizeof *list, sqlite_read_compare_accounts)
                  : NULL;
        if (found) {
            found->orders_since = sum->account.orders_since;
            found->charges_since = sum->account.charges_since;
        } else {
            struct ledger_account *row = sqlite_read_next_row(rows);
            *row = sum->account;
        }
    }
    if (rows->count > known)
        qsort(rows->ptr, rows->count, rows->size, sqlite_read_compare_accounts);
    HASH_CLEAR(hh, sums);
}

static void sqlite_read_query_accounts_since(struct sqlite_reading *reading,
                                             const struct ledger_query *query)
{
    struct sqlite_since *sums = NULL;
    int code = SQLITE_DONE;
    sqlite_read_query_accounts(reading, query->client);
    int64_t first = 1;
    if (reading->code == SQLITE_OK)
        reading->code = sqlite_list_first_since(reading->connection, query->since_ms, &first);
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_SINCE, 0);
    sqlite_bind_number(s, 1, first);
    sqlite_bind_number(s, 2, query->since_ms);
    while (s && reading->code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW)
        if (query->client.ptr == NULL || str_equal(sqlite_text(s, 0, NULL), query->client))
            sqlite_read_count_since(reading, &sums, s);
    if (code != SQLITE_DONE && reading->code == SQLITE_OK)
        reading->code = code;
    sqlite3_reset(s);
    sqlite_read_join_since(reading, sums);
}

/* By the chain of each account's postings, from its last one back. */
static void sqlite_read_query_statement(struct sqlite_reading *reading,
                                        const struct ledger_query *query)
{
    sqlite_read_query_accounts(reading, query->client);
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_ACCOUNTS, 0);
    sqlite_read_bind_client(s, query->client);
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        int64_t number = sqlite3_column_int64(s, 6);
        while (number && reading->code == SQLITE_OK) {
            struct rows *rows = &reading->postings;
            number = sqlite_read_link(reading, KIND_POSTING, STATEMENT_QUERY_POSTING, number, 9);
            if (rows->count == 0)
                break;
            const struct ledger_posting *posting =
                (const struct ledger_posting *)(void *)(rows->ptr + (rows->count - 1) * rows->size);
            bool is_after = query->until_ms && posting->at_ms >= query->until_ms;
            bool is_before = posting->at_ms < query->since_ms;
            if (is_after || is_before)
                rows->count--;
            if (is_before)
                break;
        }
    }
    sqlite3_reset(s);
    sqlite_read_turn_round(&reading->postings);
}

static void sqlite_read_query_ref(struct sqlite_reading *reading, const struct ledger_query *query)
{
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_REF_LOAD, 0);
    sqlite_bind_str(s, 1, query->client);
    sqlite_bind_str(s, 2, query->text);
    uint32_t order = 0;
    if (s && sqlite3_step(s) == SQLITE_ROW) {
        reading->ref = arena_new(reading->arena, sizeof *reading->ref);
        reading->ref->ref = arena_str(reading->arena, query->text);
        sqlite_digest(s, 1, reading->ref->digest);
        order = (uint32_t)sqlite3_column_int64(s, 0);
    }
    sqlite3_reset(s);
    if (order)
        sqlite_read_take_all(reading, KIND_ORDER,
                             sqlite_read_query(reading, STATEMENT_QUERY_ORDER, order));
}

static int sqlite_read_compare_numbers(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* The orders whose answers were noted since then, sorted. */
static uint32_t *sqlite_read_answered(struct sqlite_reading *reading, int64_t since_ms,
                                      size_t *count)
{
    struct rows rows = {reading->arena, sizeof(uint32_t), 0, 0, NULL};
    sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_ANSWERS, 0);
    while (s && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int64(s, 1) >= since_ms) {
        const char *bytes = sqlite3_column_blob(s, 0);
        size_t len = (size_t)sqlite3_column_bytes(s, 0);
        for (size_t at = 0; at + sizeof(uint32_t) <= len; at += sizeof(uint32_t))
            memcpy(sqlite_read_next_row(&rows), bytes + at, sizeof(uint32_t));
    }
    sqlite3_reset(s);
    if (rows.count)
        qsort(rows.ptr, rows.count, rows.size, sqlite_read_compare_numbers);
    *count = rows.count;
    return (uint32_t *)(void *)rows.ptr;
}

/* From the newest order back, as far as they are young enough: numbers go with time, all but. */
static void sqlite_read_query_unclaimed(struct sqlite_reading *reading, int64_t since_ms)
{
    size_t count;
    const uint32_t *answered = sqlite_read_answered(reading, since_ms, &count);
    sqlite3_stmt *s = sqlite_statement(reading->connection, STATEMENT_QUERY_NEWEST);
    while (s && reading->orders.count < ROWS_MAX && sqlite3_step(s) == SQLITE_ROW) {
        uint32_t id = (uint32_t)sqlite3_column_int64(s, 0);
        int64_t created_at_ms = sqlite3_column_int64(s, 28);
        if (created_at_ms < since_ms - SQLITE_CREATED_SLACK_MS)
            break;
        bool is_out =
            created_at_ms < since_ms || sqlite3_column_int(s, 44) != 0 ||
            (count && bsearch(&id, answered, count, sizeof id, sqlite_read_compare_numbers));
        if (!is_out)
            sqlite_read_take_row(reading, KIND_ORDER, s);
    }
    sqlite3_reset(s);
}

/* Orders by a statement of which ?2 is the limit. */
static void sqlite_read_query_orders(struct sqlite_reading *reading, enum statement which,
                                     const struct ledger_query *query, int64_t first)
{
    sqlite3_stmt *s = sqlite_read_query(reading, which, 0);
    sqlite_bind_number(s, 1, first);
    sqlite_bind_number(s, 2, sqlite_read_limit_of(query, ROWS_MAX));
    if (which == STATEMENT_QUERY_SETTLED)
        sqlite_bind_number(s, 3, query->since_ms);
    if (which == STATEMENT_QUERY_UPSTREAM) {
        sqlite_bind_str(s, 3, query->provider);
        sqlite_bind_str(s, 4, query->text);
    }
    sqlite_read_take_all(reading, KIND_ORDER, s);
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
    case LEDGER_QUERY_DOUBT:
        sqlite_read_query_doubt(reading, query);
        return;
    case LEDGER_QUERY_REQUESTS:
        for (size_t i = 0; i < query->id_count; i++)
            sqlite_read_take_all(
                reading, KIND_REQUEST,
                sqlite_read_query(reading, STATEMENT_QUERY_REQUEST, query->ids[i]));
        return;
    case LEDGER_QUERY_CHILDREN:
        sqlite_read_query_orders(reading, STATEMENT_QUERY_CHILDREN, query, query->id);
        return;
    case LEDGER_QUERY_UPSTREAM:
        sqlite_read_query_orders(reading, STATEMENT_QUERY_UPSTREAM, query, 0);
        return;
    case LEDGER_QUERY_LINK:
        sqlite_read_query_orders(reading, STATEMENT_QUERY_LINK, query, query->link_hash);
        return;
    case LEDGER_QUERY_SETTLED:
        sqlite_read_query_orders(reading, STATEMENT_QUERY_SETTLED, query, query->after);
        return;
    case LEDGER_QUERY_REF:
        sqlite_read_query_ref(reading, query);
        return;
    case LEDGER_QUERY_UNCLAIMED:
        sqlite_read_query_unclaimed(reading, query->since_ms);
        return;
    case LEDGER_QUERY_EVENTS: {
        sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_EVENTS, 0);
        sqlite_bind_number(s, 1, query->after);
        sqlite_bind_number(s, 2, sqlite_read_limit_of(query, LIST_DEFAULT));
        sqlite_read_take_all(reading, KIND_EVENT, s);
        return;
    }
    case LEDGER_QUERY_ACCOUNTS:
        if (query->since_ms > 0)
            sqlite_read_query_accounts_since(reading, query);
        else
            sqlite_read_query_accounts(reading, query->client);
        return;
    case LEDGER_QUERY_SUMS:
        reading->code = sqlite_sums_read(reading->connection, reading->arena, &reading->sums,
                                         &reading->sums_count);
        return;
    case LEDGER_QUERY_STATEMENT:
        sqlite_read_query_statement(reading, query);
        return;
    case LEDGER_QUERY_REFILLS: {
        sqlite3_stmt *s = sqlite_read_query(reading, STATEMENT_QUERY_REFILLS, 0);
        sqlite_bind_str(s, 1, query->provider);
        sqlite_bind_number(s, 2, sqlite_read_limit_of(query, ROWS_MAX));
        sqlite_read_take_all(reading, KIND_REQUEST, s);
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
        .accounts = {arena, sizeof(struct ledger_account), 0, 0, NULL},
        .postings = {arena, sizeof(struct ledger_posting), 0, 0, NULL},
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
        .accounts = sqlite_read_rows_of(&reading.accounts),
        .account_count = reading.accounts.count,
        .postings = sqlite_read_rows_of(&reading.postings),
        .posting_count = reading.postings.count,
        .sums = reading.sums,
        .sums_count = reading.sums_count,
        .ref = reading.ref,
        .next_before = reading.next_before,
    };
}
