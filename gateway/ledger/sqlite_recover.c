/* What the ledger says after a restart: what was being sent may have been executed, so it is in
 * doubt; an order that was between two offers and whose number nobody has is over. One transaction,
 * so an interrupted recovery is simply done again. Then everything unfinished is visited. */
#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/log.h"
#include "ledger/sqlite.h"

#define WHILE_SENDING "restart while it was being sent"

/* What a restart changes, gathered before anything is changed under its feet. */
struct recovery {
    struct arena arena;
    STAILQ_HEAD(recovery_items, recovery_item) items, ends; /* in this order */
    size_t attempts, requests, between;
};
struct recovery_item {
    STAILQ_ENTRY(recovery_item) next;
    struct ledger_change change;
    struct ledger_attempt ended;
    struct ledger_update update;
    struct ledger_request request;
};

static struct recovery_item *sqlite_recover_add(struct recovery *recovery,
                                                struct recovery_items *list, uint32_t order,
                                                const char *event, struct str reason)
{
    struct recovery_item *item = arena_new(&recovery->arena, sizeof *item);
    item->change = (struct ledger_change){.order = order, .event = event, .reason = reason};
    STAILQ_INSERT_TAIL(list, item, next);
    return item;
}

/* Its client pays for it until somebody says otherwise, as for any doubt. */
static void sqlite_recover_doubt_attempt(struct recovery *recovery, const struct plan_order *order)
{
    struct recovery_item *item =
        sqlite_recover_add(recovery, &recovery->items, order->row.id, "doubt", STR(WHILE_SENDING));
    item->ended = (struct ledger_attempt){
        .number = order->live_attempt, .state = ATTEMPTSTATE_DOUBT, .evidence = STR(WHILE_SENDING)};
    item->update = (struct ledger_update){.has_course = true, .course = order->row.course};
    item->update.course.state = ORDERSTATE_DOUBT;
    item->update.course.paid = order->row.charge;
    item->change.attempt_ended = &item->ended;
    item->change.update = &item->update;
    recovery->attempts++;
}

/* Between two offers. Whose number was given, or what a panel accepted once, goes on; the caller
 * sees it on its visit. */
static void sqlite_recover_settle_placing(struct recovery *recovery, const struct plan_order *order)
{
    if (order->row.is_number_given || order->row.moves > 0)
        return;
    struct recovery_item *item =
        sqlite_recover_add(recovery, &recovery->ends, order->row.id, "canceled",
                           STR("restart before the number was given"));
    item->update = (struct ledger_update){.has_course = true, .course = order->row.course};
    item->update.course.state = ORDERSTATE_CANCELED;
    item->update.course.paid = MONEY_ZERO;
    item->update.course.remains = order->row.quantity;
    item->change.update = &item->update;
    recovery->between++;
}

static void sqlite_recover_doubt_request(struct recovery *recovery,
                                         const struct ledger_request *request)
{
    struct recovery_item *item =
        sqlite_recover_add(recovery, &recovery->items, request->order,
                           sqlite_kind_name(request->kind), STR("in doubt: " WHILE_SENDING));
    item->request = *request;
    item->request.state = ATTEMPTSTATE_DOUBT;
    item->request.updated_at_ms = 0;
    if (item->request.evidence.len == 0)
        item->request.evidence = STR(WHILE_SENDING);
    item->change.order_request = &item->request;
    recovery->requests++;
}

static int sqlite_recover_gather(struct backend_connection *connection, struct recovery *recovery)
{
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_RECOVER_PLACING);
    while (s && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct plan_order order = {0};
        sqlite_plan_order_row(s, &recovery->arena, &order);
        if (order.live_attempt)
            sqlite_recover_doubt_attempt(recovery, &order);
        else
            sqlite_recover_settle_placing(recovery, &order);
    }
    if (s == NULL || code != SQLITE_DONE)
        return sqlite3_extended_errcode(connection->db);
    sqlite3_reset(s);
    s = sqlite_statement(connection, STATEMENT_RECOVER_REQUESTS);
    while (s && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct ledger_request request;
        sqlite_request_row(s, &recovery->arena, &request);
        sqlite_recover_doubt_request(recovery, &request);
    }
    if (s == NULL || code != SQLITE_DONE)
        return sqlite3_extended_errcode(connection->db);
    sqlite3_reset(s);
    STAILQ_CONCAT(&recovery->items, &recovery->ends);
    return SQLITE_OK;
}

static int sqlite_recover_apply(struct backend_connection *connection, struct recovery *recovery)
{
    struct recovery_item *item;
    struct plan plan;
    int64_t now_ms = clock_wall_ms();
    plan_init(&plan);
    STAILQ_FOREACH(item, &recovery->items, next)
    plan_want_change(&plan, &item->change);
    int code = sqlite_plan_load(connection, &plan);
    if (code == SQLITE_OK)
        STAILQ_FOREACH(item, &recovery->items, next)
    (void)plan_change(&plan, &item->change, now_ms);
    if (code == SQLITE_OK)
        code = sqlite_plan_store(connection, &plan);
    plan_fini(&plan);
    return code;
}

static void sqlite_recover_log(const struct recovery *recovery)
{
    const struct {
        const char *what;
        size_t count;
    } counts[] = {{"attempts", recovery->attempts},
                  {"refills and cancels", recovery->requests},
                  {"orders between two offers", recovery->between}};
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        if (counts[i].count)
            log_event(LOG_WARN, "ledger_recovered", "what=\"%s\" count=%zu", counts[i].what,
                      counts[i].count);
}

static int sqlite_recover_settle_all(struct backend_connection *connection)
{
    struct recovery recovery = {.attempts = 0};
    arena_init(&recovery.arena);
    STAILQ_INIT(&recovery.items);
    STAILQ_INIT(&recovery.ends);
    int code = sqlite_do_simple(connection, STATEMENT_BEGIN);
    if (code == SQLITE_OK)
        code = sqlite_recover_gather(connection, &recovery);
    if (code == SQLITE_OK)
        code = sqlite_recover_apply(connection, &recovery);
    CRASH_POINT("ledger.recovering");
    if (code == SQLITE_OK)
        code = sqlite_do_simple(connection, STATEMENT_COMMIT);
    CRASH_POINT("ledger.recovered");
    if (code == SQLITE_OK)
        sqlite_recover_log(&recovery);
    arena_fini(&recovery.arena);
    return code;
}

static void sqlite_recover_visit_order(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    struct ledger_order order;
    sqlite_order_row(s, NULL, &order);
    visit->order(&order, (unsigned)sqlite3_column_int64(s, 11), visit->arg);
}

static void sqlite_recover_visit_list(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    visit->list(sqlite_text(s, 0, NULL), sqlite_text(s, 1, NULL), sqlite3_column_int64(s, 2),
                visit->arg);
}

static void sqlite_recover_visit_import(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    const struct ledger_import import = {.provider = sqlite_text(s, 0, NULL),
                                         .upstream_service = sqlite_text(s, 1, NULL),
                                         .service = (uint32_t)sqlite3_column_int64(s, 2)};
    visit->import(&import, visit->arg);
}

static void sqlite_recover_visit_price(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    const struct ledger_price price = {.provider = sqlite_text(s, 0, NULL),
                                       .upstream_service = sqlite_text(s, 1, NULL),
                                       .rate = {sqlite3_column_int64(s, 2)},
                                       .note = sqlite_text(s, 3, NULL).ptr};
    visit->price(&price, sqlite3_column_int64(s, 4), visit->arg);
}

static void sqlite_recover_visit_pause(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    struct ledger_pause pause;
    sqlite_pause_row(s, NULL, &pause);
    visit->pause(&pause, visit->arg);
}

static void sqlite_recover_visit_client(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    struct ledger_client client;
    sqlite_client_row(s, NULL, &client);
    visit->client(&client, visit->arg);
}

static void sqlite_recover_visit_client_key(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    struct ledger_client_key key;
    sqlite_client_key_row(s, NULL, &key);
    if (key.revoked_at_ms == 0)
        visit->client_key(&key, visit->arg);
}

static int sqlite_recover_visit_rows(struct backend_connection *connection, enum statement which,
                                     void (*visit_row)(sqlite3_stmt *s,
                                                       const struct ledger_visit *visit),
                                     const struct ledger_visit *visit)
{
    sqlite3_stmt *s = sqlite_statement(connection, which);
    int code;
    if (s == NULL)
        return sqlite3_extended_errcode(connection->db);
    sqlite3_clear_bindings(s);
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        visit_row(s, visit);
    sqlite3_reset(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Orders last: their visitor needs the others. */
static int sqlite_recover_visit_all(struct backend_connection *connection,
                                    const struct ledger_visit *visit)
{
    const struct {
        bool is_wanted;
        enum statement which;
        void (*visit_row)(sqlite3_stmt *s, const struct ledger_visit *visit);
    } visits[] = {
        {visit->list, STATEMENT_VISIT_LISTS, sqlite_recover_visit_list},
        {visit->import, STATEMENT_VISIT_IMPORTS, sqlite_recover_visit_import},
        {visit->price, STATEMENT_VISIT_PRICES, sqlite_recover_visit_price},
        {visit->pause, STATEMENT_QUERY_PAUSES, sqlite_recover_visit_pause},
        {visit->client, STATEMENT_QUERY_CLIENTS, sqlite_recover_visit_client},
        {visit->client_key, STATEMENT_QUERY_KEYS, sqlite_recover_visit_client_key},
        {visit->order, STATEMENT_VISIT_ORDERS, sqlite_recover_visit_order},
    };
    int code = SQLITE_OK;
    for (size_t i = 0; i < COUNT_OF(visits) && code == SQLITE_OK; i++)
        if (visits[i].is_wanted)
            code =
                sqlite_recover_visit_rows(connection, visits[i].which, visits[i].visit_row, visit);
    return code;
}

bool sqlite_visit(struct backend_connection *connection, const struct ledger_visit *visit,
                  struct fault *why)
{
    int code = sqlite_recover_visit_all(connection, visit);
    if (code != SQLITE_OK)
        sqlite_fault(connection, code, why);
    return code == SQLITE_OK;
}

bool sqlite_recover(struct backend_connection *connection, const struct ledger_visit *visit,
                    struct fault *why)
{
    if (!sqlite_revive(connection, why))
        return false;
    int code = sqlite_recover_settle_all(connection);
    if (code == SQLITE_OK)
        code = sqlite_recover_visit_all(connection, visit);
    sqlite3_db_release_memory(connection->db); /* pages that the writer hardly needs */
    if (code == SQLITE_OK)
        return true;
    sqlite_fault(connection, code, why);
    if (!sqlite3_get_autocommit(connection->db))
        sqlite_do_simple(connection, STATEMENT_ROLLBACK);
    return false;
}

uint32_t sqlite_last_number(struct backend_connection *connection, bool of_requests)
{
    sqlite3_stmt *s =
        sqlite_statement(connection, of_requests ? STATEMENT_LAST_REQUEST : STATEMENT_LAST_ORDER);
    uint32_t number = 0;
    if (s && sqlite3_step(s) == SQLITE_ROW)
        number = (uint32_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return number;
}
