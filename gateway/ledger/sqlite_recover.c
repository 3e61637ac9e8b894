/* What the books say after a restart: what was being sent may have been executed, so it is in
 * doubt; an order that was between two offers and whose number nobody has is over. One transaction,
 * so an interrupted recovery is simply done again. Then everything unfinished is visited. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/log.h"
#include "ledger/sqlite.h"

#define WHILE_SENDING "restart while it was being sent"

/* Numbers of one query, gathered before anything is changed under its feet. */
enum { COLUMNS = 5 };
struct found {
    int64_t column[COLUMNS];
};

static int sqlite_recover_gather(struct backend_connection *connection, enum statement which,
                                 struct found **list_out, size_t *count_out)
{
    struct found *list = NULL;
    size_t room = 0, count = 0;
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, which);
    if (s == NULL)
        return sqlite3_extended_errcode(connection->db);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        if (count == room) {
            room = room ? room * 2 : 64;
            list = memory_resize(list, room, sizeof *list);
        }
        for (int i = 0; i < COLUMNS; i++)
            list[count].column[i] = sqlite3_column_int64(s, i);
        count++;
    }
    sqlite3_reset(s);
    *list_out = list;
    *count_out = count;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

typedef int step_fn(struct backend_connection *connection, const struct found *found);

static int sqlite_recover_for_each(struct backend_connection *connection, enum statement which,
                                   step_fn *step, size_t *count)
{
    struct found *list = NULL;
    *count = 0;
    int code = sqlite_recover_gather(connection, which, &list, count);
    for (size_t i = 0; i < *count && code == SQLITE_OK; i++)
        code = step(connection, &list[i]);
    free(list);
    return code;
}

static int sqlite_recover_doubt_attempt(struct backend_connection *connection,
                                        const struct found *found)
{
    const struct ledger_attempt ended = {.number = (unsigned)found->column[1],
                                         .state = ATTEMPTSTATE_DOUBT,
                                         .evidence = STR(WHILE_SENDING)};
    /* Its client pays for it until somebody says otherwise, as for any doubt. */
    const struct ledger_update update = {.has_state = true,
                                         .has_paid = true,
                                         .course.state = ORDERSTATE_DOUBT,
                                         .course.paid = {found->column[4]}};
    struct ledger_change change = {.order = (uint32_t)found->column[0],
                                   .attempt_ended = &ended,
                                   .update = &update,
                                   .event = "doubt",
                                   .reason = STR(WHILE_SENDING)};
    int code = SQLITE_OK;
    sqlite_change(connection, &change, clock_wall_ms(), &code);
    return code;
}

static int sqlite_recover_doubt_request(struct backend_connection *connection,
                                        const struct found *found)
{
    int64_t now = clock_wall_ms();
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_DOUBT_REQUEST);
    sqlite_bind_number(s, 1, found->column[1]);
    sqlite_bind_number(s, 2, now);
    sqlite_bind_str(s, 3, STR(WHILE_SENDING));
    int code = sqlite_do(connection, s);
    const struct ledger_change change = {.order = (uint32_t)found->column[0],
                                         .event = found->column[2] ? "refill" : "cancel",
                                         .reason = STR("in doubt: " WHILE_SENDING)};
    if (code == SQLITE_OK)
        sqlite_change(connection, &change, now, &code);
    return code;
}

/* Between two offers. Whose number was given goes on; the caller sees it on its visit. */
static int sqlite_recover_settle_placing(struct backend_connection *connection,
                                         const struct found *found)
{
    const struct ledger_update update = {.has_state = true,
                                         .has_paid = true,
                                         .has_remains = true,
                                         .course.state = ORDERSTATE_CANCELED,
                                         .course.remains = found->column[1]};
    const struct ledger_change change = {.order = (uint32_t)found->column[0],
                                         .update = &update,
                                         .event = "canceled",
                                         .reason = STR("restart before the number was given")};
    int code = SQLITE_OK;
    if (found->column[2] == 0)
        sqlite_change(connection, &change, clock_wall_ms(), &code);
    return code;
}

static int sqlite_recover_settle_all(struct backend_connection *connection)
{
    static const struct {
        enum statement which;
        step_fn *step;
        const char *what;
    } steps[] = {
        {STATEMENT_RECOVER_ATTEMPTS, sqlite_recover_doubt_attempt, "attempts"},
        {STATEMENT_RECOVER_REQUESTS, sqlite_recover_doubt_request, "refills and cancels"},
        {STATEMENT_RECOVER_PLACING, sqlite_recover_settle_placing, "orders between two offers"},
    };
    int code = sqlite_do_simple(connection, STATEMENT_BEGIN);
    for (size_t i = 0; i < COUNT_OF(steps) && code == SQLITE_OK; i++) {
        size_t count;
        code = sqlite_recover_for_each(connection, steps[i].which, steps[i].step, &count);
        if (count)
            log_event(LOG_WARN, "ledger_recovered", "what=\"%s\" count=%zu", steps[i].what, count);
    }
    CRASH_POINT("ledger.recovering");
    if (code == SQLITE_OK)
        code = sqlite_do_simple(connection, STATEMENT_COMMIT);
    CRASH_POINT("ledger.recovered");
    return code;
}

static void sqlite_recover_visit_order(sqlite3_stmt *s, const struct ledger_visit *visit)
{
    struct ledger_order order;
    sqlite_order_row(s, NULL, &order);
    visit->order(&order, (unsigned)sqlite3_column_int64(s, 23), visit->arg);
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
                                     void (*tell)(sqlite3_stmt *s,
                                                  const struct ledger_visit *visit),
                                     const struct ledger_visit *visit)
{
    sqlite3_stmt *s = sqlite_statement(connection, which);
    int code;
    if (s == NULL)
        return sqlite3_extended_errcode(connection->db);
    sqlite3_clear_bindings(s);
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        tell(s, visit);
    sqlite3_reset(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Orders last: whoever takes them in knows the others by then. */
static int sqlite_recover_visit_all(struct backend_connection *connection,
                                    const struct ledger_visit *visit)
{
    const struct {
        bool is_wanted;
        enum statement which;
        void (*tell)(sqlite3_stmt *s, const struct ledger_visit *visit);
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
            code = sqlite_recover_visit_rows(connection, visits[i].which, visits[i].tell, visit);
    return code;
}

bool sqlite_recover(struct backend_connection *connection, const struct ledger_visit *visit,
                    struct fault *why)
{
    if (!sqlite_revive(connection, why))
        return false;
    int code = sqlite_recover_settle_all(connection);
    if (code == SQLITE_OK)
        code = sqlite_recover_visit_all(connection, visit);
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
