/* Loading what a plan wants and storing what it has become, within the writer's transaction. The
 * writer's connection is the only one that writes, so what is loaded there is locked. */
#include "base/crashpoint.h"
#include "ledger/sqlite.h"

/* ---- loading ---- */

/* Steps for the one row there may be. */
static bool sqlite_plan_found(struct backend_connection *connection, sqlite3_stmt *s, int *code)
{
    *code = s ? sqlite3_step(s) : sqlite3_extended_errcode(connection->db);
    if (*code == SQLITE_ROW) {
        *code = SQLITE_OK;
        return true;
    }
    if (*code == SQLITE_DONE)
        *code = SQLITE_OK;
    return false;
}

/* Numbers of new orders and events go on from the highest there is; what is read here is known
 * until a commit fails. */
static int sqlite_plan_load_numbers(struct backend_connection *connection)
{
    static const enum statement statements[] = {STATEMENT_LAST_EVENT, STATEMENT_LAST_ORDER,
                                                STATEMENT_HAS_ENDED};
    int64_t last[COUNT_OF(statements)] = {0};
    int code = SQLITE_OK;
    if (connection->next_event)
        return code;
    for (size_t i = 0; i < COUNT_OF(statements) && code == SQLITE_OK; i++) {
        sqlite3_stmt *s = sqlite_statement(connection, statements[i]);
        if (sqlite_plan_found(connection, s, &code))
            last[i] = sqlite3_column_int64(s, 0);
        sqlite3_reset(s);
    }
    if (code == SQLITE_OK) {
        connection->next_event = last[0] + 1;
        connection->last_order = (uint32_t)last[1];
        connection->has_ended = last[2] != 0;
    }
    return code;
}

static int sqlite_plan_load_attempt(struct backend_connection *connection, struct plan *plan,
                                    struct plan_order *order)
{
    int code;
    struct ledger_attempt row;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ATTEMPT_LOAD);
    sqlite_bind_number(s, 1, order->row.id);
    sqlite_bind_number(s, 2, order->live_attempt);
    if (sqlite_plan_found(connection, s, &code)) {
        sqlite_attempt_row(s, &plan->arena, &row);
        plan_add_attempt(plan, order, &row);
    }
    sqlite3_reset(s);
    return code;
}

static int sqlite_plan_load_order_row(struct backend_connection *connection, struct plan *plan,
                                      struct plan_order *order)
{
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ORDER_LOAD);
    sqlite_bind_number(s, 1, order->row.id);
    if (sqlite_plan_found(connection, s, &code))
        sqlite_plan_order_row(s, &plan->arena, order);
    sqlite3_reset(s);
    return code;
}

static int sqlite_plan_load_subscription(struct backend_connection *connection,
                                         struct plan_order *order)
{
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_SUBSCRIPTION_LOAD);
    sqlite_bind_number(s, 1, order->row.id);
    if (sqlite_plan_found(connection, s, &code)) {
        order->is_endless = sqlite3_column_int(s, 0) != 0;
        order->children_due.units = sqlite3_column_int64(s, 1);
    }
    sqlite3_reset(s);
    return code;
}

static int sqlite_plan_load_order(struct backend_connection *connection, struct plan *plan,
                                  struct plan_order *order)
{
    int code = SQLITE_OK;
    order->is_loaded = true;
    if (order->row.id > connection->last_order)
        return code;
    if (!sqlite_recent_load(connection, &plan->arena, order))
        code = sqlite_plan_load_order_row(connection, plan, order);
    bool is_subscription =
        order->is_there && order->row.type == ORDERTYPE_SUBSCRIPTIONS && order->row.parent == 0;
    if (code == SQLITE_OK && is_subscription)
        code = sqlite_plan_load_subscription(connection, order);
    bool has_row = order->live_attempt && order->row.course.state != ORDERSTATE_PLACING;
    if (code == SQLITE_OK && order->is_there && order->wants_attempt && has_row)
        code = sqlite_plan_load_attempt(connection, plan, order);
    return code;
}

static int sqlite_plan_load_account(struct backend_connection *connection,
                                    struct plan_account *account)
{
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ACCOUNT_LOAD);
    sqlite_bind_str(s, 1, account->client);
    sqlite_bind_str(s, 2, account->currency);
    account->is_loaded = true;
    if (sqlite_plan_found(connection, s, &code)) {
        account->is_there = true;
        account->account = (struct account){.balance = {sqlite3_column_int64(s, 0)},
                                            .held = {sqlite3_column_int64(s, 1)},
                                            .day = sqlite3_column_int64(s, 3),
                                            .charged = {sqlite3_column_int64(s, 4)}};
        account->last_posting = sqlite3_column_int64(s, 2);
        account->has_floor = sqlite3_column_type(s, 5) != SQLITE_NULL;
        account->floor.units = sqlite3_column_int64(s, 5);
    }
    sqlite3_reset(s);
    return code;
}

static int sqlite_plan_load_key(struct backend_connection *connection, struct plan_key *key)
{
    static const enum statement statements[] = {
        [PLAN_KEY_REF] = STATEMENT_REF_LOAD,       [PLAN_KEY_CHILD] = STATEMENT_CHILD_LOAD,
        [PLAN_KEY_CREDIT] = STATEMENT_CREDIT_LOAD, [PLAN_KEY_REFILL] = STATEMENT_REFILL_LOAD,
        [PLAN_KEY_CANCEL] = STATEMENT_CANCEL_LOAD, [PLAN_KEY_CANCELS] = STATEMENT_CANCELS_LOAD};
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, statements[key->kind]);
    bool is_request = key->kind == PLAN_KEY_REFILL || key->kind == PLAN_KEY_CANCEL;
    if (key->kind == PLAN_KEY_CHILD || key->kind == PLAN_KEY_CANCELS || is_request)
        sqlite_bind_number(s, 1, key->parent);
    else
        sqlite_bind_str(s, 1, key->client);
    if (key->kind != PLAN_KEY_REFILL && key->kind != PLAN_KEY_CANCELS)
        sqlite_bind_str(s, 2, key->text);
    key->is_loaded = true;
    key->is_there = sqlite_plan_found(connection, s, &code);
    if (key->is_there && key->kind == PLAN_KEY_CREDIT)
        key->amount.units = sqlite3_column_int64(s, 0);
    else if (key->is_there)
        key->order = (uint32_t)sqlite3_column_int64(s, 0);
    if (key->kind == PLAN_KEY_CANCELS)
        key->is_there = key->order > 0;
    if (key->is_there && is_request)
        key->at_ms = sqlite3_column_int64(s, 1);
    if (key->is_there && key->kind == PLAN_KEY_REF)
        sqlite_digest(s, 1, key->digest);
    sqlite3_reset(s);
    return code;
}

static int sqlite_plan_load_request(struct backend_connection *connection, struct plan *plan,
                                    struct plan_request *request)
{
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_REQUEST_LOAD);
    sqlite_bind_number(s, 1, request->row.number);
    request->is_loaded = true;
    request->is_there = sqlite_plan_found(connection, s, &code);
    if (request->is_there)
        sqlite_request_row(s, &plan->arena, &request->row);
    sqlite3_reset(s);
    return code;
}

int sqlite_plan_load(struct backend_connection *connection, struct plan *plan)
{
    struct plan_order *order;
    struct plan_account *account;
    struct plan_key *key;
    struct plan_request *request;
    int code = sqlite_plan_load_numbers(connection);
    sqlite_recent_check(connection);
    plan->next_event = connection->next_event;
    do {
        STAILQ_FOREACH(order, &plan->orders, next)
        if (code == SQLITE_OK && !order->is_loaded)
            code = sqlite_plan_load_order(connection, plan, order);
        STAILQ_FOREACH(account, &plan->accounts, next)
        if (code == SQLITE_OK && !account->is_loaded)
            code = sqlite_plan_load_account(connection, account);
    } while (code == SQLITE_OK && plan_want_more(plan));
    STAILQ_FOREACH(key, &plan->keys, next)
    if (code == SQLITE_OK && !key->is_loaded)
        code = sqlite_plan_load_key(connection, key);
    STAILQ_FOREACH(request, &plan->requests, next)
    if (code == SQLITE_OK && !request->is_loaded)
        code = sqlite_plan_load_request(connection, plan, request);
    return code;
}

static int sqlite_plan_find_number(struct backend_connection *connection, enum statement which,
                                   struct plan_number *number)
{
    int code;
    sqlite3_stmt *s = sqlite_statement(connection, which);
    sqlite_bind_str(s, 1, number->provider);
    sqlite_bind_str(s, 2, number->text);
    if (sqlite_plan_found(connection, s, &code))
        number->order = (uint32_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return code;
}

/* Whoever has it: of one that is there twice, of an older ledger, any of the two will do. */
int sqlite_plan_load_number(struct backend_connection *connection, struct plan *plan,
                            const struct ledger_change *change)
{
    struct plan_number *number = plan_number_given(plan, change);
    if (number == NULL || number->is_loaded)
        return SQLITE_OK;
    number->is_loaded = true;
    int code = sqlite_plan_find_number(connection, STATEMENT_NUMBER_LOAD, number);
    if (code == SQLITE_OK && number->order == 0 && connection->has_ended)
        code = sqlite_plan_find_number(connection, STATEMENT_ENDED_NUMBER_LOAD, number);
    return code;
}

/* ---- storing ---- */

/* The numbers are those of ORDER_COLUMNS. */
static void sqlite_plan_bind_course(sqlite3_stmt *s, const struct plan_order *order)
{
    const struct ledger_order *row = &order->row;
    sqlite_bind_number(s, 1, row->id);
    sqlite_bind_word(s, 2, orderstate_name(row->course.state));
    sqlite_bind_number(s, 3, row->course.paid.units);
    sqlite_bind_number(s, 4, row->held.units);
    sqlite_bind_number(s, 10, order->last_event);
    sqlite_bind_number(s, 11, order->live_attempt);
    sqlite_bind_number(s, 12, order->last_attempt);
    sqlite_bind_number(s, 16, row->cost.units);
    sqlite_bind_number(s, 17, order->attempt_started_at_ms);
    sqlite_bind_other(s, 18, order->attempt_request_id, row->request_id);
    sqlite_bind_number(s, 20, row->is_number_given);
    sqlite_bind_number(s, 21, row->is_claimed);
    if (row->course.has_start_count)
        sqlite_bind_number(s, 22, row->course.start_count);
    else
        sqlite3_bind_null(s, 22);
    sqlite_bind_number(s, 23, row->course.remains);
    sqlite_bind_number(s, 25, row->sale.package_unit);
    sqlite_bind_str(s, 27, row->extra);
    sqlite_bind_str(s, 28, row->reason);
    sqlite_bind_number(s, 30, row->updated_at_ms);
    sqlite_bind_number(s, 31, row->accepted_at_ms);
    sqlite_bind_number(s, 32, row->reported_at_ms);
    sqlite_bind_number(s, 34, row->moves);
    sqlite_bind_number(s, 35, row->delivered);
    sqlite_bind_number(s, 36, row->spent.units);
}

static void sqlite_plan_bind_upstream(sqlite3_stmt *s, const struct ledger_order *row)
{
    sqlite_bind_str(s, 13, row->provider);
    sqlite_bind_str(s, 14, row->upstream_service);
    sqlite_bind_str(s, 15, row->upstream_id);
}

static void sqlite_plan_bind_facts(sqlite3_stmt *s, const struct ledger_order *row)
{
    sqlite_bind_number(s, 5, row->charge.units);
    sqlite_bind_str(s, 6, row->client);
    sqlite_bind_str(s, 7, row->currency);
    sqlite_bind_word(s, 8, ordertype_name(row->type));
    sqlite_bind_number(s, 9, row->parent);
    sqlite_bind_str(s, 19, row->request_id);
    sqlite_bind_number(s, 24, row->quantity);
    sqlite_bind_str(s, 26, row->ref);
    sqlite_bind_number(s, 29, row->created_at_ms);
    sqlite_bind_number(s, 37, row->service);
    sqlite_bind_str(s, 38, row->fields);
    sqlite_bind_number(s, 39, row->rate.units);
    sqlite_bind_number(s, 40, row->sale.decimals);
    sqlite_bind_number(s, 41, row->sale.cost.units);
    sqlite_bind_str(s, 42, row->sale.provider);
    sqlite_bind_str(s, 43, row->sale.upstream_service);
    sqlite_bind_number(s, 44, row->link_hash);
}

static int sqlite_plan_store_order(struct backend_connection *connection,
                                   const struct plan_order *order)
{
    const struct ledger_order *row = &order->row;
    bool is_settled = order->is_new ? row->settled_at_ms != 0 : order->is_settling;
    enum statement which = order->is_new ? STATEMENT_ORDER_INSERT
                           : !order->has_moved
                               ? is_settled ? STATEMENT_ORDER_SETTLE : STATEMENT_ORDER_UPDATE
                           : order->is_settling ? STATEMENT_ORDER_MOVE_SETTLE
                                                : STATEMENT_ORDER_MOVE;
    sqlite3_stmt *s = sqlite_statement(connection, which);
    sqlite_plan_bind_course(s, order);
    if (order->is_new || order->has_moved)
        sqlite_plan_bind_upstream(s, row);
    if (is_settled)
        sqlite_bind_number(s, 33, row->settled_at_ms);
    else if (order->is_new)
        sqlite3_bind_null(s, 33);
    if (order->is_new)
        sqlite_plan_bind_facts(s, row);
    return sqlite_do(connection, s);
}

static int sqlite_plan_store_attempt(struct backend_connection *connection, uint32_t order,
                                     const struct plan_attempt *attempt)
{
    const struct ledger_attempt *row = &attempt->row;
    sqlite3_stmt *s = sqlite_statement(connection, attempt->is_new ? STATEMENT_ATTEMPT_INSERT
                                                                   : STATEMENT_ATTEMPT_UPDATE);
    sqlite_bind_number(s, 1, order);
    sqlite_bind_number(s, 2, row->number);
    if (attempt->is_new) {
        sqlite_bind_str(s, 3, row->provider);
        sqlite_bind_str(s, 4, row->upstream_service);
        sqlite_bind_number(s, 5, row->cost.units);
        sqlite_bind_str(s, 10, row->request_id);
        sqlite_bind_number(s, 11, row->started_at_ms);
    }
    sqlite_bind_word(s, 6, attemptstate_name(row->state));
    sqlite_bind_str(s, 7, row->upstream_id);
    sqlite_bind_str(s, 8, row->text);
    sqlite_bind_str(s, 9, row->evidence);
    sqlite_bind_number(s, 12, row->ended_at_ms);
    sqlite_bind_number(s, 13, row->delivered);
    sqlite_bind_number(s, 14, row->kept.units);
    connection->has_ended |= attemptstate_is_ended_by_panel(row->state);
    return sqlite_do(connection, s);
}

static int sqlite_plan_store_attempts(struct backend_connection *connection,
                                      const struct plan_order *order)
{
    struct plan_attempt *attempt;
    int code = SQLITE_OK;
    SLIST_FOREACH(attempt, &order->attempts, next)
    if (code == SQLITE_OK && attempt->is_changed)
        code = sqlite_plan_store_attempt(connection, order->row.id, attempt);
    return code;
}

static int sqlite_plan_store_request(struct backend_connection *connection,
                                     const struct plan_request *request)
{
    const struct ledger_request *row = &request->row;
    sqlite3_stmt *s = sqlite_statement(connection, request->is_new ? STATEMENT_REQUEST_INSERT
                                                                   : STATEMENT_REQUEST_UPDATE);
    sqlite_bind_number(s, 1, row->number);
    if (request->is_new) {
        sqlite_bind_word(s, 2, sqlite_kind_name(row->kind));
        sqlite_bind_number(s, 3, row->order);
        sqlite_bind_str(s, 4, row->client);
        sqlite_bind_str(s, 5, row->provider);
        sqlite_bind_str(s, 11, row->request_id);
        sqlite_bind_number(s, 12, row->created_at_ms);
    }
    sqlite_bind_word(s, 6, attemptstate_name(row->state));
    sqlite_bind_str(s, 7, row->upstream_id);
    sqlite_bind_word(s, 8, sqlite_refill_name(row->status));
    sqlite_bind_str(s, 9, row->text);
    sqlite_bind_str(s, 10, row->evidence);
    sqlite_bind_number(s, 13, row->updated_at_ms);
    return sqlite_do(connection, s);
}

static int sqlite_plan_store_event(struct backend_connection *connection, struct plan *plan,
                                   const struct plan_event *event)
{
    const struct ledger_event *row = &event->row;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_EVENT_INSERT);
    sqlite_bind_number(s, 1, row->number);
    if (row->order)
        sqlite_bind_number(s, 2, row->order);
    else
        sqlite3_bind_null(s, 2);
    sqlite_bind_number(s, 3, event->previous);
    sqlite_bind_number(s, 4, row->at_ms);
    sqlite_bind_str(s, 5, row->word);
    sqlite_bind_str(s, 6, row->from);
    sqlite_bind_str(s, 7, row->to);
    sqlite_bind_str(s, 8, row->reason);
    if (row->order)
        sqlite_bind_other(s, 9, row->request_id, plan_find_order(plan, row->order)->row.request_id);
    else
        sqlite_bind_str(s, 9, row->request_id);
    return sqlite_do(connection, s);
}

static void sqlite_plan_crash_point(enum account_kind kind)
{
    switch (kind) {
    case ACCOUNT_DEPOSIT:
    case ACCOUNT_CORRECTION:
        CRASH_POINT("ledger.credit");
        return;
    case ACCOUNT_HOLD:
        CRASH_POINT("ledger.hold");
        return;
    case ACCOUNT_CAPTURE:
        CRASH_POINT("ledger.capture");
        return;
    case ACCOUNT_RELEASE:
        CRASH_POINT("ledger.release");
        return;
    case ACCOUNT_REFUND:
        CRASH_POINT("ledger.refund");
        return;
    case ACCOUNT_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static int sqlite_plan_store_posting(struct backend_connection *connection,
                                     const struct plan_posting *posting)
{
    const struct ledger_posting *row = &posting->row;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_POSTING_INSERT);
    sqlite_bind_number(s, 1, row->number);
    sqlite_bind_number(s, 2, posting->previous);
    sqlite_bind_str(s, 3, posting->client);
    sqlite_bind_str(s, 4, posting->currency);
    if (row->order)
        sqlite_bind_number(s, 5, row->order);
    else
        sqlite3_bind_null(s, 5);
    sqlite_bind_word(s, 6, account_kind_name(row->movement.kind));
    sqlite_bind_number(s, 7, row->movement.amount.units);
    sqlite_bind_number(s, 8, row->movement.held.units);
    sqlite_bind_number(s, 9, row->balance.units);
    sqlite_bind_number(s, 10, row->held.units);
    int code = sqlite_do(connection, s);
    sqlite_plan_crash_point(row->movement.kind);
    return code;
}

static int sqlite_plan_store_account(struct backend_connection *connection,
                                     const struct plan_account *account)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ACCOUNT_KEEP);
    sqlite_bind_str(s, 1, account->client);
    sqlite_bind_str(s, 2, account->currency);
    sqlite_bind_number(s, 3, account->account.balance.units);
    sqlite_bind_number(s, 4, account->account.held.units);
    sqlite_bind_number(s, 5, account->last_posting);
    sqlite_bind_number(s, 6, account->account.day);
    sqlite_bind_number(s, 7, account->account.charged.units);
    if (account->has_floor)
        sqlite_bind_number(s, 8, account->floor.units);
    else
        sqlite3_bind_null(s, 8);
    return sqlite_do(connection, s);
}

/* A child is in its order's row already, a refill or cancel in its own. */
static int sqlite_plan_store_key(struct backend_connection *connection, const struct plan_key *key)
{
    sqlite3_stmt *s;
    if (key->kind == PLAN_KEY_CHILD || key->kind == PLAN_KEY_REFILL ||
        key->kind == PLAN_KEY_CANCEL || key->kind == PLAN_KEY_CANCELS ||
        (!key->is_new && !key->is_gone))
        return SQLITE_OK;
    if (key->kind == PLAN_KEY_CREDIT) {
        s = sqlite_statement(connection, STATEMENT_CREDIT_INSERT);
        sqlite_bind_number(s, 3, key->amount.units);
        sqlite_bind_number(s, 4, key->at_ms);
        sqlite_bind_number(s, 5, key->posting);
    } else if (key->is_new) {
        s = sqlite_statement(connection, STATEMENT_REF_INSERT);
        sqlite3_bind_blob64(s, 3, key->digest, sizeof key->digest, SQLITE_STATIC);
        sqlite_bind_number(s, 4, key->order);
        sqlite_bind_number(s, 5, key->at_ms);
    } else {
        s = sqlite_statement(connection, STATEMENT_REF_DELETE);
        sqlite_bind_number(s, 3, key->order);
    }
    sqlite_bind_str(s, 1, key->client);
    sqlite_bind_str(s, 2, key->text);
    return sqlite_do(connection, s);
}

static int sqlite_plan_store_orders(struct backend_connection *connection, struct plan *plan)
{
    struct plan_order *order;
    int code = SQLITE_OK;
    STAILQ_FOREACH(order, &plan->orders, next)
    {
        if (code == SQLITE_OK && (order->is_new || order->is_changed))
            code = sqlite_plan_store_order(connection, order);
        if (code == SQLITE_OK)
            code = sqlite_plan_store_attempts(connection, order);
        if (order->is_new && order->row.id > connection->last_order)
            connection->last_order = order->row.id;
        CRASH_POINT("ledger.batch");
    }
    return code;
}

int sqlite_plan_store(struct backend_connection *connection, struct plan *plan)
{
    struct plan_request *request;
    struct plan_event *event;
    struct plan_posting *posting;
    struct plan_account *account;
    struct plan_key *key;
    int code = sqlite_plan_store_orders(connection, plan);
    STAILQ_FOREACH(request, &plan->requests, next)
    if (code == SQLITE_OK && request->is_changed)
        code = sqlite_plan_store_request(connection, request);
    STAILQ_FOREACH(event, &plan->events, next)
    if (code == SQLITE_OK)
        code = sqlite_plan_store_event(connection, plan, event);
    STAILQ_FOREACH(posting, &plan->postings, next)
    if (code == SQLITE_OK)
        code = sqlite_plan_store_posting(connection, posting);
    STAILQ_FOREACH(account, &plan->accounts, next)
    if (code == SQLITE_OK && account->is_changed)
        code = sqlite_plan_store_account(connection, account);
    STAILQ_FOREACH(key, &plan->keys, next)
    if (code == SQLITE_OK)
        code = sqlite_plan_store_key(connection, key);
    connection->next_event = plan->next_event;
    return code;
}
