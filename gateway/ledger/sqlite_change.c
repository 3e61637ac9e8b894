/* One change in the books, in this order: the order itself, the end of an attempt, the order's
 * update, the start of an attempt, refill or cancel, money, event. The rules are asked first, of
 * what the order's row says; those that concern other rows are conditions of the statements. */
#include "base/log.h"
#include "ledger/rules.h"
#include "ledger/sqlite.h"

/* The order as it stands before the change; the texts live in the statement until it is reset. */
struct sqlite_change_row {
    struct rules_standing of;
    uint32_t events; /* how many; their numbers are 1 to this */
    struct money paid;
    struct str client, currency;
    struct ledger_attempt sent; /* the attempt that is being sent: what is known before its end */
    sqlite3_stmt *statement;    /* NULL for a new order */
};

static enum ledger_result sqlite_change_refuse(struct backend_connection *connection,
                                               const struct ledger_change *change, const char *why)
{
    /* Who asks for "only if unsettled" expects to be refused now and then. */
    bool is_expected = change->update && change->update->only_if_unsettled;
    log_event(is_expected ? LOG_DEBUG : LOG_WARN, "ledger_refused",
              "order=%u change=%s reason=\"%s\"", change->order,
              change->event ? change->event : "none", why);
    connection->refusal = why;
    return LEDGER_REFUSED;
}

/* A broken constraint is a refusal; any other error is the storage's. */
static enum ledger_result sqlite_change_judge(struct backend_connection *connection,
                                              const struct ledger_change *change, const char *why,
                                              int *code)
{
    if (*code == SQLITE_OK)
        return LEDGER_DONE;
    if ((*code & 0xff) != SQLITE_CONSTRAINT)
        return LEDGER_FAILED;
    *code = SQLITE_OK;
    return sqlite_change_refuse(connection, change, why);
}

static void sqlite_change_bind_optional_number(sqlite3_stmt *statement, int at, bool is_there,
                                               int64_t value)
{
    if (is_there)
        sqlite3_bind_int64(statement, at, value);
    else
        sqlite3_bind_null(statement, at);
}

static void sqlite_change_bind_optional_str(sqlite3_stmt *statement, int at, bool is_there,
                                            struct str s)
{
    if (is_there)
        sqlite_bind_str(statement, at, s);
    else
        sqlite3_bind_null(statement, at);
}

static struct str sqlite_change_first_of(struct str a, struct str b)
{
    return a.len ? a : b;
}

/* What an order's row keeps of the attempt that is being sent, beside its provider and service. */
static void sqlite_change_bind_attempt(sqlite3_stmt *statement, int at,
                                       const struct ledger_change *change,
                                       const struct ledger_attempt *attempt, int64_t at_ms)
{
    sqlite_bind_number(statement, at, attempt->cost.units);
    sqlite_bind_number(statement, at + 1, attempt->started_at_ms ? attempt->started_at_ms : at_ms);
    sqlite_bind_str(statement, at + 2,
                    sqlite_change_first_of(attempt->request_id, change->request_id));
}

static int sqlite_change_insert_order(struct backend_connection *connection,
                                      const struct ledger_change *change, int64_t at_ms)
{
    const struct ledger_order *order = change->insert;
    static const struct ledger_attempt none;
    const struct ledger_attempt *attempt =
        change->attempt_started ? change->attempt_started : &none;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ORDER_INSERT);
    sqlite_bind_number(s, 1, order->id);
    sqlite_bind_str(s, 2, order->client);
    sqlite_bind_number(s, 3, order->service);
    sqlite_bind_word(s, 4, ordertype_name(order->type));
    sqlite_bind_str(s, 5, order->fields);
    sqlite_bind_number(s, 6, order->quantity);
    sqlite_bind_number(s, 7, order->rate.units);
    sqlite_bind_number(s, 8, order->charge.units);
    sqlite_bind_number(s, 9, order->course.paid.units);
    sqlite_bind_str(s, 10, order->currency);
    sqlite_bind_word(s, 11, orderstate_name(order->course.state));
    sqlite_bind_number(s, 12, order->is_number_given);
    sqlite_change_bind_optional_number(s, 13, order->course.has_start_count,
                                       order->course.start_count);
    sqlite_bind_number(s, 14, order->course.remains);
    sqlite_bind_str(s, 15, sqlite_change_first_of(attempt->provider, order->provider));
    sqlite_bind_str(s, 16,
                    sqlite_change_first_of(attempt->upstream_service, order->upstream_service));
    sqlite_bind_str(s, 17, order->upstream_id);
    sqlite_bind_str(s, 18, order->extra);
    sqlite_bind_number(s, 19, order->parent);
    sqlite_bind_str(s, 20, sqlite_change_first_of(order->reason, change->reason));
    sqlite_bind_str(s, 21, sqlite_change_first_of(order->request_id, change->request_id));
    sqlite_bind_number(s, 22, order->created_at_ms ? order->created_at_ms : at_ms);
    sqlite_bind_number(s, 23, order->updated_at_ms ? order->updated_at_ms : at_ms);
    sqlite_bind_number(s, 24, attempt->number);
    sqlite_change_bind_optional_number(s, 25, orderstate_is_final(order->course.state), at_ms);
    sqlite_change_bind_attempt(s, 26, change, attempt, at_ms);
    return sqlite_do(connection, s);
}

/* SQLITE_ROW when it is there, SQLITE_DONE when not. */
static int sqlite_change_look_up(struct backend_connection *connection, uint32_t order,
                                 struct sqlite_change_row *out)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ORDER_STANDS);
    *out = (struct sqlite_change_row){.statement = s};
    if (s == NULL)
        return sqlite3_extended_errcode(connection->db);
    sqlite_bind_number(s, 1, order);
    int code = sqlite3_step(s);
    if (code != SQLITE_ROW)
        return code;
    if (!orderstate_find(sqlite_text(s, 0, NULL), &out->of.state))
        return SQLITE_CORRUPT;
    out->paid.units = sqlite3_column_int64(s, 1);
    out->client = sqlite_text(s, 2, NULL);
    out->currency = sqlite_text(s, 3, NULL);
    out->events = (uint32_t)sqlite3_column_int64(s, 4);
    out->of.live_attempt = (uint32_t)sqlite3_column_int64(s, 5);
    out->sent = (struct ledger_attempt){.number = out->of.live_attempt,
                                        .provider = sqlite_text(s, 6, NULL),
                                        .upstream_service = sqlite_text(s, 7, NULL),
                                        .cost = {sqlite3_column_int64(s, 8)},
                                        .started_at_ms = sqlite3_column_int64(s, 9),
                                        .request_id = sqlite_text(s, 10, NULL)};
    return code;
}

/* An attempt that was being sent gets its row. */
static int sqlite_change_insert_attempt(struct backend_connection *connection, uint32_t order,
                                        const struct ledger_attempt *sent,
                                        const struct ledger_attempt *ended, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ATTEMPT_INSERT);
    sqlite_bind_number(s, 1, order);
    sqlite_bind_number(s, 2, sent->number);
    sqlite_bind_str(s, 3, sent->provider);
    sqlite_bind_str(s, 4, sent->upstream_service);
    sqlite_bind_number(s, 5, sent->cost.units);
    sqlite_bind_word(s, 6, attemptstate_name(ended->state));
    sqlite_bind_str(s, 7, ended->upstream_id);
    sqlite_bind_str(s, 8, ended->text);
    sqlite_bind_str(s, 9, ended->evidence);
    sqlite_bind_str(s, 10, sent->request_id);
    sqlite_bind_number(s, 11, sent->started_at_ms);
    sqlite_bind_number(s, 12, ended->ended_at_ms ? ended->ended_at_ms : at_ms);
    return sqlite_do(connection, s);
}

/* Touches no row where there is no attempt of that number in doubt. */
static int sqlite_change_end_doubt(struct backend_connection *connection, uint32_t order,
                                   const struct ledger_attempt *ended, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ATTEMPT_END);
    sqlite_bind_number(s, 1, order);
    sqlite_bind_number(s, 2, ended->number);
    sqlite_bind_word(s, 3, attemptstate_name(ended->state));
    sqlite_bind_number(s, 4, ended->ended_at_ms ? ended->ended_at_ms : at_ms);
    sqlite_bind_str(s, 5, ended->upstream_id);
    sqlite_bind_str(s, 6, ended->text);
    sqlite_bind_str(s, 7, ended->evidence);
    return sqlite_do(connection, s);
}

static enum ledger_result sqlite_change_end_attempt(struct backend_connection *connection,
                                                    const struct ledger_change *change,
                                                    const struct sqlite_change_row *standing,
                                                    int64_t at_ms, int *code)
{
    const struct ledger_attempt *ended = change->attempt_ended;
    bool is_sent = standing->of.state == ORDERSTATE_PLACING && ended->number != 0 &&
                   ended->number == standing->of.live_attempt;
    if (!attemptstate_may_move(is_sent ? ATTEMPTSTATE_SENDING : ATTEMPTSTATE_DOUBT, ended->state))
        return sqlite_change_refuse(connection, change, "an attempt cannot end so");
    *code = is_sent ? sqlite_change_insert_attempt(connection, change->order, &standing->sent,
                                                   ended, at_ms)
                    : sqlite_change_end_doubt(connection, change->order, ended, at_ms);
    if (*code == SQLITE_OK && sqlite3_changes(connection->db) == 0)
        return sqlite_change_refuse(connection, change,
                                    "no such attempt, or it has ended otherwise");
    connection->has_written = connection->has_written || *code == SQLITE_OK;
    return sqlite_change_judge(connection, change, "the attempt cannot end so", code);
}

/* Of an order that was there before: a new one is inserted with its attempt. */
static enum ledger_result sqlite_change_start_attempt(struct backend_connection *connection,
                                                      const struct ledger_change *change,
                                                      int64_t at_ms, int *code)
{
    const struct ledger_attempt *attempt = change->attempt_started;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ATTEMPT_START);
    sqlite_bind_number(s, 1, change->order);
    sqlite_change_bind_attempt(s, 2, change, attempt, at_ms);
    sqlite_bind_number(s, 5, attempt->number);
    *code = sqlite_do(connection, s);
    if (*code == SQLITE_OK && sqlite3_changes(connection->db) == 0)
        return sqlite_change_refuse(connection, change, "the attempt's number is taken");
    return sqlite_change_judge(connection, change, "the attempt cannot start", code);
}

/* Also where the change is only told as an event: the row counts those. */
static enum ledger_result sqlite_change_update_order(struct backend_connection *connection,
                                                     const struct ledger_change *change,
                                                     const struct sqlite_change_row *after,
                                                     int64_t at_ms, int *code)
{
    static const struct ledger_update nothing;
    static const struct ledger_attempt none;
    const struct ledger_update *update = change->update ? change->update : &nothing;
    const struct ledger_attempt *attempt =
        change->attempt_started ? change->attempt_started : &none;
    struct str provider = sqlite_change_first_of(attempt->provider, update->provider);
    struct str service =
        sqlite_change_first_of(attempt->upstream_service, update->upstream_service);
    bool has_provider = provider.len && (attempt->provider.len || update->has_upstream);
    bool has_service = service.len && (attempt->upstream_service.len || update->has_upstream);
    bool is_settled = update->has_state && orderstate_is_final(update->course.state);
    sqlite3_stmt *s =
        sqlite_statement(connection, is_settled ? STATEMENT_ORDER_SETTLE : STATEMENT_ORDER_UPDATE);
    sqlite_bind_number(s, 1, change->order);
    sqlite_change_bind_optional_str(s, 2, update->has_state,
                                    str_of(orderstate_name(update->course.state)));
    sqlite_change_bind_optional_number(s, 3, update->has_paid, update->course.paid.units);
    sqlite_bind_number(s, 4, update->gives_number);
    sqlite_change_bind_optional_number(s, 5, update->course.has_start_count,
                                       update->course.start_count);
    sqlite_change_bind_optional_number(s, 6, update->has_remains, update->course.remains);
    sqlite_change_bind_optional_str(s, 7, has_provider, provider);
    sqlite_change_bind_optional_str(s, 8, has_service, service);
    sqlite_change_bind_optional_str(s, 9, update->has_upstream && update->upstream_id.len,
                                    update->upstream_id);
    sqlite_change_bind_optional_str(s, 10, update->has_extra, update->extra);
    sqlite_change_bind_optional_str(s, 11, update->has_state, change->reason);
    sqlite_change_bind_optional_number(s, 12, change->update || change->attempt_started, at_ms);
    sqlite_bind_number(s, 13, after->events);
    sqlite_bind_number(s, 14, after->of.live_attempt);
    *code = sqlite_do(connection, s);
    connection->has_written = connection->has_written || *code == SQLITE_OK;
    return sqlite_change_judge(connection, change, "the books do not take that", code);
}

/* from is "" for a new order. */
static enum ledger_result sqlite_change_add_event(struct backend_connection *connection,
                                                  const struct ledger_change *change,
                                                  uint32_t number, const char *from, const char *to,
                                                  int64_t at_ms, int *code)
{
    bool has_moved = strcmp(from, to) != 0;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_EVENT_INSERT);
    sqlite_bind_number(s, 1, change->order);
    sqlite_bind_number(s, 2, number);
    sqlite_bind_number(s, 3, at_ms);
    sqlite_bind_word(s, 4, change->event ? change->event : "state");
    sqlite_bind_word(s, 5, has_moved ? from : "");
    sqlite_bind_word(s, 6, has_moved ? to : "");
    sqlite_bind_str(s, 7, change->reason);
    sqlite_bind_str(s, 8, change->request_id);
    *code = sqlite_do(connection, s);
    return sqlite_change_judge(connection, change, "the event's number is taken", code);
}

static enum ledger_result sqlite_change_book(struct backend_connection *connection,
                                             const struct ledger_change *change,
                                             const struct sqlite_booking *booking, int *code)
{
    *code = sqlite_book(connection, booking);
    return sqlite_change_judge(connection, change, "the money cannot be booked", code);
}

static enum ledger_result sqlite_change_old(struct backend_connection *connection,
                                            const struct ledger_change *change,
                                            const struct sqlite_change_row *standing, int64_t at_ms,
                                            int *code)
{
    const struct ledger_update *update = change->update;
    const char *why = rules_refuse(change, &standing->of);
    if (why)
        return sqlite_change_refuse(connection, change, why);
    struct sqlite_change_row after = {.of = rules_after(change, &standing->of),
                                      .events = standing->events};
    bool has_booking =
        update && update->has_paid && update->course.paid.units != standing->paid.units;
    bool has_event = change->event || standing->of.state != after.of.state || has_booking;
    if (has_event)
        after.events++;
    enum ledger_result result = LEDGER_DONE;
    if (change->attempt_ended)
        result = sqlite_change_end_attempt(connection, change, standing, at_ms, code);
    if (result == LEDGER_DONE)
        result = sqlite_change_update_order(connection, change, &after, at_ms, code);
    if (result == LEDGER_DONE && change->attempt_started)
        result = sqlite_change_start_attempt(connection, change, at_ms, code);
    if (result == LEDGER_DONE && change->order_request)
        result = sqlite_request(connection, change, at_ms, code);
    if (result == LEDGER_DONE && has_booking)
        result =
            sqlite_change_book(connection, change,
                               &(struct sqlite_booking){change->order, after.events,
                                                        standing->client, standing->currency,
                                                        standing->paid, update->course.paid, at_ms},
                               code);
    if (result == LEDGER_DONE && has_event)
        result = sqlite_change_add_event(connection, change, after.events,
                                         orderstate_name(standing->of.state),
                                         orderstate_name(after.of.state), at_ms, code);
    return result;
}

static enum ledger_result sqlite_change_new(struct backend_connection *connection,
                                            const struct ledger_change *change, int64_t at_ms,
                                            int *code)
{
    const struct ledger_order *order = change->insert;
    const char *why = rules_refuse_insert(change);
    if (why)
        return sqlite_change_refuse(connection, change, why);
    *code = sqlite_change_insert_order(connection, change, at_ms);
    enum ledger_result result =
        sqlite_change_judge(connection, change, "the order number is taken", code);
    connection->has_written = result == LEDGER_DONE;
    if (result == LEDGER_DONE)
        result = sqlite_change_book(connection, change,
                                    &(struct sqlite_booking){order->id, 1, order->client,
                                                             order->currency, MONEY_ZERO,
                                                             order->course.paid, at_ms},
                                    code);
    if (result == LEDGER_DONE)
        result = sqlite_change_add_event(connection, change, 1, "",
                                         orderstate_name(order->course.state), at_ms, code);
    return result;
}

enum ledger_result sqlite_change(struct backend_connection *connection,
                                 const struct ledger_change *change, int64_t at_ms, int *code)
{
    if (change->insert)
        return sqlite_change_new(connection, change, at_ms, code);
    struct sqlite_change_row standing;
    enum ledger_result result = LEDGER_DONE;
    int found = sqlite_change_look_up(connection, change->order, &standing);
    if (found == SQLITE_DONE)
        result = sqlite_change_refuse(connection, change, "no such order");
    else if (found != SQLITE_ROW)
        *code = found;
    else
        result = sqlite_change_old(connection, change, &standing, at_ms, code);
    sqlite3_reset(standing.statement);
    return result;
}
